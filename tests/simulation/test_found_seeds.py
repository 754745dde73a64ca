"""Seeds that once found a defect. They stay, so that it does not come back."""

import pytest

from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.seeds import run_seed

FOUND = [
    (30301, "hostile", 0.14, 5.0, "a renewal of the switch outlives its expiry when our clock is a minute ahead"),
    (3, "process", 0.2, 1.0, "a session's own fold held recovered fills against a position it did not have yet"),
    (2, "hostile", 0.2, 1.0, "the same, after a crash during a one-sided run"),
    (141, "clock", 0.25, 1.0, "a process that lives on with a clock a minute slow sees only books of the future"),
    (913, "network", 0.2, 5.0, "a side whose cancel still reserved its size stays without a quote for a slow cycle"),
    (839, "hostile", 0.2, 4.0, "a process killed between the decision to halt and its record starts again"),
    (13, "hostile", 0.2, 3.0, "an engine was re-armed although its journal could not be written any more"),
    (397, "hostile", 0.25, 4.0, "a late order rests beside a position that other hands have moved"),
]


@pytest.mark.parametrize(("seed", "profile", "hours", "intensity", "what"), FOUND, ids=lambda value: str(value)[:12])
def test_a_seed_that_found_a_defect_holds(seed, profile, hours, intensity, what) -> None:
    result = run_seed(make_scenario(seed, profile, hours=hours, intensity=intensity))
    assert not result.invariant, f"{what}: {result.text}\n{result.replay}"
