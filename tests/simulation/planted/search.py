"""Plays worlds with a bug planted, and looks for the first seed that shows it."""

from collections.abc import Iterator

import pytest

from mmtui.research.drill.seeds import SeedResult, run_seed
from tests.simulation.planted import limits, market, orders, people, records
from tests.simulation.planted.table import Bug, Catch
from tests.simulation.planted.worlds import scenario

BUGS: tuple[Bug, ...] = (*orders.BUGS, *market.BUGS, *limits.BUGS, *people.BUGS, *records.BUGS)
HOURS_MAX = 40.0
TEXT_MAX = 80


def play(bug: Bug, seed: int) -> SeedResult:
    """One seed of the bug's world, with the bug in it."""
    with pytest.MonkeyPatch.context() as patch:
        bug.plant(patch)
        return run_seed(scenario(bug.world, seed))


def play_clean(world: str, seed: int) -> SeedResult:
    """The same seed without any bug."""
    return run_seed(scenario(world, seed))


def find(bug: Bug, *, hours_max: float = HOURS_MAX) -> Catch | None:
    """The first seed that shows the bug and is clean without it; None after so many simulated hours."""
    hours, seed = 0.0, 0
    while hours < hours_max:
        result = play(bug, seed)
        hours += result.simulated_s / 3600.0
        if result.invariant and not play_clean(bug.world, seed).invariant:
            text = result.text.strip().splitlines()[-1].removeprefix("mmtui.errors.")[:TEXT_MAX]
            return Catch(seed=seed, hours=round(hours, 2), invariant=result.invariant, text=text)
        seed += 1
    return None


def find_all(names: list[str], *, hours_max: float) -> Iterator[tuple[Bug, Catch | None]]:
    """Every bug, or those whose name has one of the words."""
    for bug in BUGS:
        if not names or any(name in bug.name for name in names):
            yield bug, find(bug, hours_max=hours_max)
