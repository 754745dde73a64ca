"""The published simulation of Avellaneda and Stoikov, where it is exact: models.md 3.2."""

from mmtui.research import avellaneda_stoikov
from tests.checks.values import CheckValue

SPREADS = {0.1: 1.491770423, 0.01: 1.349008544, 1.0: 3.031651248, 0.5: 2.155728290}


def _spread(gamma: float) -> CheckValue:
    return CheckValue(
        "3.2", f"average spread, gamma {gamma:g}", SPREADS[gamma], lambda: avellaneda_stoikov.average_spread(gamma)
    )


CHECKS = (
    *(_spread(gamma) for gamma in SPREADS),
    CheckValue(
        "3.2",
        "symmetric, gamma 0.1: expected profit",
        68.222759,
        lambda: avellaneda_stoikov.symmetric_moments(0.1).profit,
    ),
    CheckValue(
        "3.2",
        "symmetric, gamma 0.1: deviation of the profit",
        13.455753,
        lambda: avellaneda_stoikov.symmetric_moments(0.1).profit_sd,
    ),
    CheckValue(
        "3.2",
        "symmetric, gamma 0.1: deviation of the position",
        8.399444,
        lambda: avellaneda_stoikov.symmetric_moments(0.1).position_sd,
    ),
)
