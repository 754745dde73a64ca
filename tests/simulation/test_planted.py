"""Every planted bug is found at its recorded seed, and such a seed of each world is clean without it."""

import pytest

from tests.simulation.planted.search import BUGS, play, play_clean
from tests.simulation.planted.table import recorded

CAUGHT = recorded()
CLEAN = sorted({bug.world: CAUGHT[bug.name].seed for bug in BUGS if bug.name in CAUGHT}.items())


def test_every_planted_bug_has_a_seed_that_shows_it() -> None:
    assert {bug.name for bug in BUGS} == set(CAUGHT)
    assert len(BUGS) >= 36


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug) -> None:
    result = play(bug, CAUGHT[bug.name].seed)
    assert result.invariant == CAUGHT[bug.name].invariant, result.text or "nothing noticed it"


@pytest.mark.parametrize(("world", "seed"), CLEAN)
def test_the_same_seed_is_clean_without_the_bug(world, seed) -> None:
    result = play_clean(world, seed)
    assert not result.invariant, f"{result.text}\n" + "\n".join(result.recent)
