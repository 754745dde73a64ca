"""Closed form of the quotes: models.md 2.3."""

from mmtui.strategies import glft
from tests.checks import section_12_3
from tests.checks.preset import KAPPA, SIGMA, flow, risk
from tests.checks.printed import BPS, printed

TICKS = glft.Flow(0.3, 0.9)
TUTORIAL = glft.Flow(0.04235741115084049, 2.986162360812285)


def _ticks() -> glft.ClosedForm:
    return glft.closed_form(0.01, 0.3, TICKS, TICKS)


def _tutorial() -> glft.ClosedForm:
    return glft.closed_form(0.05, 10.69, TUTORIAL, TUTORIAL)


def _slope(cost_flow: glft.Flow) -> float:
    return glft.inventory_slope(risk(), SIGMA, cost_flow)


def _almost_without_risk() -> float:
    return glft.closed_form(1e-9, SIGMA, flow(0.0), flow(0.0)).bid_distance(0) * BPS


CHECKS = (
    printed("2.3", "slope in ticks", "0.0678658325", lambda: _ticks().slope),
    printed("2.3", "bid at 0 in ticks", "3.3129151986", lambda: _ticks().bid_distance(0)),
    printed("2.3", "bid at 5 in ticks", "3.6522443612", lambda: _ticks().bid_distance(5)),
    printed("2.3", "ask at 5 in ticks", "2.9735860359", lambda: _ticks().ask_distance(5)),
    printed(
        "2.3",
        "how much steeper the fee makes the slope, %",
        "25.2",
        lambda: (_slope(flow()) / _slope(flow(0.0)) - 1.0) * 100.0,
    ),
    printed(
        "2.3",
        "relaxation of the inventory, s",
        "114.155199",
        lambda: glft.relaxation_time_s(risk(), SIGMA, _slope(flow())),
    ),
    printed(
        "2.3",
        "deviation of an unbounded inventory, lots",
        "2.308932",
        lambda: glft.inventory_deviation(KAPPA, _slope(flow())),
    ),
    printed(
        "2.3",
        "deviation between bounds, lots",
        "1.960972",
        lambda: section_12_3.figures(section_12_3.exact(0.3)).position_sd,
    ),
    printed("2.3", "public tutorial: half-spread", "20.472085338444", lambda: _tutorial().bid_distance(0)),
    printed("2.3", "public tutorial: slope", "9.763268650292", lambda: _tutorial().slope),
    printed("2.3", "almost no aversion to risk: half-spread, bps", "3.333334086", _almost_without_risk),
)
