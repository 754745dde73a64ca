"""The percentile of the market spread: models.md 6.14."""

from mmtui.estimators.fair.spread_regime import TimeByWidth, cell_of
from tests.checks.values import CheckValue

SHOWN = ((1.0, 2.0), (3.0, 1.0), (0.5, 4.0), (2.0, 1.5))


def _rank(present_bps: float) -> float:
    times = TimeByWidth()
    for duration_s, width_bps in SHOWN:
        times.add(cell_of(width_bps * 1e-4), round(duration_s * 1e6))
    return times.rank(cell_of(present_bps * 1e-4))


CHECKS = (CheckValue("6.14", "percentile of 1.5 bps", 0.615384615385, lambda: _rank(1.5)),)
