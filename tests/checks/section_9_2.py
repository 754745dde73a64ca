"""Fill probability: models.md 9.2."""

from mmtui.estimators.queue.chances import (
    Surroundings,
    chance,
    execution_probability,
    filled_share,
    intensity_probability,
    touch_probability,
)
from tests.checks.values import CheckValue

AROUND = Surroundings(sigma=1e-4, touch_volume=3.5, intensity=0.2, kappa=3000.0)


def _share() -> float:
    """The share in closed form from its two probabilities, as the section has it."""
    return filled_share(2.0, 0.5, 3.5)


CHECKS = (
    CheckValue("9.2", "touch 3 bps, 1e-4, 10 s", 0.342781711148, lambda: touch_probability(3e-4, 1e-4, 10), abs=5e-13),
    CheckValue("9.2", "touch 5 bps, 2e-4, 60 s", 0.746885633390, lambda: touch_probability(5e-4, 2e-4, 60), abs=5e-13),
    CheckValue("9.2", "touch 0.5 bps, 1e-4, 1 s", 0.617075077452, lambda: touch_probability(5e-5, 1e-4, 1), abs=5e-13),
    CheckValue("9.2", "executed when touched", 0.564718122008, lambda: execution_probability(2.0, 3.5), abs=5e-13),
    CheckValue("9.2", "all of 0.5 executed", 0.489541659557, lambda: execution_probability(2.5, 3.5), abs=5e-13),
    CheckValue("9.2", "filled share of 0.5", 3.5 / 0.5 * (0.564718122008 - 0.489541659557), _share, abs=1e-11),
    CheckValue("9.2", "fill by touch", 0.193575044178, lambda: chance(3e-4, 2.0, 10.0, AROUND).touch, abs=5e-13),
    CheckValue(
        "9.2",
        "fill by intensity",
        0.222764036978,
        lambda: intensity_probability(5e-4, 2.0, 10.0, AROUND),
        abs=5e-13,
    ),
)
