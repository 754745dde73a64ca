"""The Poisson process of jumps: models.md 6.13."""

from mmtui.estimators.volatility.jumps import jump_probability, jump_rate, variance_rate
from tests.checks.values import CheckValue

CHECKS = (
    CheckValue("6.13", "rate of 3 jumps in 1800 s", 0.001666667, lambda: jump_rate(3.0, 1800.0), abs=5e-10),
    CheckValue(
        "6.13", "variance rate of 10 bps jumps", 1.666667e-09, lambda: variance_rate(jump_rate(3.0, 1800.0), 1e-6)
    ),
    CheckValue("6.13", "chance of a jump in 60 s", 0.095162582, lambda: jump_probability(jump_rate(3.0, 1800.0), 60.0)),
)
