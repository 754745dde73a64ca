"""Sizes by the stochastic Kelly rule: models.md 2.12."""

from collections.abc import Iterator

from mmtui.strategies import allocation
from tests.checks.printed import printed
from tests.checks.section_2_11 import DEPTHS, edge, edges
from tests.checks.values import CheckValue

SETTINGS = allocation.Kelly()
SIGMA = 2e-4
BETS = "16.386722 38.394070 70.989941 119.198752 187.911460"
CHANCES = "0.45249759 0.28150589 0.12576934 0.03424466 0.00494524"
SIZES = "0.00922182 0.01344187 0.01110401 0.00507660 0.00115571"


def _bets() -> tuple[float, ...]:
    return allocation.kelly_bets(edges(), SIGMA, SETTINGS)


def _chances() -> list[float]:
    return [allocation.fill_chance(edge().rate(depth), SETTINGS.queue_s) for depth in DEPTHS]


def _sizes() -> tuple[float, ...]:
    return allocation.kelly(_bets(), _chances(), 0.0, 0.04, 1.0)


def _rows() -> Iterator[CheckValue]:
    for i, figure in enumerate(BETS.split()):
        yield printed("2.12", f"bet of level {i}, shares of the equity", figure, lambda i=i: _bets()[i])
    for i, figure in enumerate(CHANCES.split()):
        yield printed("2.12", f"chance of a fill of level {i}", figure, lambda i=i: _chances()[i])
    for i, figure in enumerate(SIZES.split()):
        yield printed("2.12", f"size of level {i}", figure, lambda i=i: _sizes()[i])


CHECKS = (
    printed("2.12", "variance", "2.410000e-06", lambda: allocation.kelly_variance(SIGMA, SETTINGS)),
    *_rows(),
)
