"""Quotes between two bounds: models.md 2.2."""

import functools
import math
from collections.abc import Iterator

from mmtui.strategies import glft
from mmtui.strategies.avellaneda_stoikov import total_spread
from mmtui.strategies.glft_exact import Bounded, stationary
from mmtui.strategies.glft_horizon import finite_horizon
from tests.checks.preset import LIMIT_LOTS, LOT_USD, SIGMA, flow, risk
from tests.checks.printed import BPS, number, printed
from tests.checks.values import CheckValue

TICKS = glft.Flow(0.3, 0.9)
RISK, VOLATILITY = 0.01, 0.3
HOURS = (
    (-30, "0.427056151", None),
    (-10, "2.632801993", "3.992932562"),
    (-1, "3.244919155", "3.381168074"),
    (0, "3.313045410", "3.313045410"),
    (1, "3.381168074", "3.244919155"),
    (5, "3.653479443", "2.972521773"),
    (10, "3.992932562", "2.632801993"),
    (20, "4.665541985", "1.959199631"),
    (29, "6.130908414", "1.133791125"),
    (30, None, "0.427056151"),
)
PRESET = "2.322313 3.331051 3.858684 4.267038 4.637555 4.998867 5.369384 5.777738 6.305370 7.314109"
PRESET_ENDING = {
    10.0: "3.687931 4.832105 5.090005",
    60.0: "2.546557 4.929423 6.014110",
    600.0: "2.322313 4.998867 6.305370",
}


@functools.cache
def ticks(lots: int, horizon_s: float, impact: float = 0.0) -> Bounded:
    """The figures' own market with an end."""
    return finite_horizon(RISK, VOLATILITY, TICKS, TICKS, lots, horizon_s, impact=impact)


@functools.cache
def lasting() -> Bounded:
    """The same without one."""
    return stationary(RISK, VOLATILITY, TICKS, TICKS, 30)


@functools.cache
def preset(horizon_s: float = math.inf) -> Bounded:
    """Preset P1, for ever or with an end."""
    if math.isinf(horizon_s):
        return stationary(risk(), SIGMA, flow(), flow(), LIMIT_LOTS)
    return finite_horizon(risk(), SIGMA, flow(), flow(), LIMIT_LOTS, horizon_s)


def bid_bps(quotes: Bounded, n: int) -> float:
    """Distance of the bid in bps."""
    return number(quotes.bid_distance(n)) * BPS


def _hour_rows() -> Iterator[CheckValue]:
    for n, bid, ask in HOURS:
        if bid is not None:
            yield printed("2.2", f"T = 600: bid at {n}", bid, lambda n=n: ticks(30, 600.0).bid_distance(n))
        if ask is not None:
            yield printed("2.2", f"T = 600: ask at {n}", ask, lambda n=n: ticks(30, 600.0).ask_distance(n))


def _preset_rows() -> Iterator[CheckValue]:
    for n, figure in zip(range(-LIMIT_LOTS, LIMIT_LOTS), PRESET.split(), strict=True):
        yield printed("2.2", f"preset for ever: bid at {n}, bps", figure, lambda n=n: bid_bps(preset(), n))
        name = f"preset for ever: ask at {-n}, bps"
        yield printed("2.2", name, figure, lambda n=n: number(preset().ask_distance(-n)) * BPS)
    for horizon_s, figures in PRESET_ENDING.items():
        for n, figure in zip((-5, 0, 3), figures.split(), strict=True):
            name = f"preset, T = {horizon_s:g}: bid at {n}, bps"
            yield printed("2.2", name, figure, lambda n=n, t=horizon_s: bid_bps(preset(t), n))


def _expansion(n: int) -> float:
    return total_spread(RISK, VOLATILITY, TICKS.kappa, 1.0) / 2.0 + n * RISK * VOLATILITY**2


def _impact_form(n: int) -> float:
    struck = glft.Flow(TICKS.kappa, TICKS.intensity, 0.5)
    return glft.closed_form(RISK, VOLATILITY, struck, struck).bid_distance(n)


CHECKS = (
    printed(
        "2.2",
        "T = 600, 100 lots: bid at 65, where spectral sums fail",
        "7.459403",
        lambda: ticks(100, 600.0).bid_distance(65),
    ),
    *_hour_rows(),
    printed("2.2", "for ever: bid at 0", "3.313045419", lambda: lasting().bid_distance(0)),
    printed("2.2", "for ever: bid at 5", "3.653479541", lambda: lasting().bid_distance(5)),
    printed("2.2", "for ever: bid at 29", "6.130908654", lambda: lasting().bid_distance(29)),
    printed("2.2", "for ever: eigenvalue", "-0.644734430", lambda: -number(lasting().income) * TICKS.kappa),
    printed("2.2", "100 lots: bid at 0", "3.313045409", lambda: ticks(100, 600.0).bid_distance(0)),
    printed("2.2", "100 lots: bid at 65", "7.459403276", lambda: ticks(100, 600.0).bid_distance(65)),
    printed("2.2", "100 lots: bid at 99", "9.320167979", lambda: ticks(100, 600.0).bid_distance(99)),
    printed("2.2", "T = 1: bid at 0", "3.279432256", lambda: ticks(30, 1.0).bid_distance(0)),
    printed("2.2", "T = 1: bid at 5", "3.283931992", lambda: ticks(30, 1.0).bid_distance(5)),
    printed("2.2", "T = 1, expansion: bid at 0", "3.279432282", lambda: _expansion(0)),
    printed("2.2", "T = 1, expansion: bid at 5", "3.283932282", lambda: _expansion(5)),
    printed("2.2", "impact of one tick: bid at 0", "3.815709417", lambda: ticks(30, 600.0, 1.0).bid_distance(0)),
    printed("2.2", "impact of one tick: bid at 5", "4.182733388", lambda: ticks(30, 600.0, 1.0).bid_distance(5)),
    printed("2.2", "impact, closed form: bid at 0", "3.815558035", lambda: _impact_form(0)),
    printed("2.2", "impact, closed form: bid at 5", "4.181315561", lambda: _impact_form(5)),
    *_preset_rows(),
    printed("2.2", "preset: income, USD/s", "0.029491585", lambda: number(preset().income) * LOT_USD),
)
