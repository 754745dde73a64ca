"""Momentum and the falling knife: models.md 6.11."""

from mmtui.estimators.fair.momentum import FAST_S, falling_knife, rising_knife, score
from tests.checks.values import CheckValue


def _score(move: float) -> float:
    return score(1.0 + move, 1.0, 1e-4, FAST_S)


CHECKS = (
    CheckValue("6.11", "fast score of -2.4 bps", -3.394520, lambda: _score(-2.4e-4)),
    CheckValue("6.11", "falling knife of -2.4 bps", 0.697260, lambda: falling_knife(_score(-2.4e-4))),
    CheckValue("6.11", "rising knife of -2.4 bps", 0.0, lambda: rising_knife(_score(-2.4e-4))),
    CheckValue("6.11", "falling knife at two deviations", 0.0, lambda: falling_knife(-2.0)),
    CheckValue("6.11", "falling knife at four deviations", 1.0, lambda: falling_knife(-4.0)),
)
