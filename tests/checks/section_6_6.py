"""Decay of posted depth: models.md 6.6."""

from mmtui.estimators.arrivals.depth import DepthSlope, depth_slope
from tests.checks.values import CheckValue


def _slope() -> DepthSlope:
    prices = (99.995, 99.99, 99.985, 99.98, 99.97, 99.95, 99.92, 99.90)
    slope = depth_slope(100.0, prices, (5.0, 8.0, 6.0, 10.0, 12.0, 9.0, 15.0, 7.0))
    assert slope is not None
    return slope


CHECKS = (
    CheckValue("6.6", "kappa of the book", 2097.753968, lambda: _slope().kappa),
    CheckValue("6.6", "intercept", 0.131379546, lambda: _slope().intercept),
    CheckValue("6.6", "literal slope", 2510.106345, lambda: -_slope().kappa_literal),
)
