"""Seeds that once found a defect. They stay, so that it does not come back."""

from typing import NamedTuple

import pytest

from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.seeds import run_seed


class Found(NamedTuple):
    """A seed as it was played, and what it found."""

    seed: int
    profile: str
    hours: float
    intensity: float
    what: str
    pace: str = "sparse"


FOUND = [
    Found(
        21380, "clock", 1.0, 5.0, "a process put to sleep by the last fault was judged as if it were awake", "coarse"
    ),
    Found(30301, "hostile", 0.14, 5.0, "a renewal of the switch outlives its expiry by a clock ahead", "coarse"),
    Found(20060, "upheaval", 0.5, 5.0, "an answer that was overtaken counted as a look that verifies a stop", "coarse"),
    Found(21640, "process", 0.34, 5.0, "a lost guard came back though the engine that starts it was stopped", "coarse"),
    Found(3, "process", 0.2, 1.0, "a session's own fold held recovered fills against a position it did not have yet"),
    Found(2, "hostile", 0.2, 1.0, "the same, after a crash during a one-sided run"),
    Found(141, "clock", 0.25, 1.0, "a process that lives on with a clock a minute slow sees only books of the future"),
    Found(913, "network", 0.2, 5.0, "a side whose cancel still held its room stays without a quote for a slow cycle"),
    Found(839, "hostile", 0.2, 4.0, "a process killed between the decision to halt and its record starts again"),
    Found(13, "hostile", 0.2, 3.0, "an engine was re-armed although its journal could not be written any more"),
    Found(397, "hostile", 0.25, 4.0, "a late order rests beside a position that other hands have moved"),
]


@pytest.mark.parametrize("found", FOUND, ids=lambda found: f"{found.profile} {found.seed}")
def test_a_seed_that_found_a_defect_holds(found: Found) -> None:
    scenario = make_scenario(found.seed, found.profile, hours=found.hours, intensity=found.intensity, pace=found.pace)
    result = run_seed(scenario)
    assert not result.invariant, f"{found.what}: {result.text}\n{result.replay}"
