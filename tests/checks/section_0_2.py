"""The widening after the first quote: models.md 0.2."""

from functools import partial

from mmtui.domain.parameters import Settings
from mmtui.strategies.spread import SpreadLimits, warmup_extra
from tests.checks.values import CheckValue

LIMITS = SpreadLimits.from_settings(
    Settings.defaults().with_values({"strategy.warmup_width": 2.0, "strategy.warmup_decay_s": 300.0})
)


def _width(age_s: float) -> float:
    return 1.0 + warmup_extra(age_s, LIMITS)


CHECKS = tuple(
    CheckValue("0.2", f"width {age_s:g} s after the first quote", expected, partial(_width, age_s), abs=5e-7)
    for age_s, expected in ((0.0, 2.0), (300.0, 1.367879), (900.0, 1.049787))
)
