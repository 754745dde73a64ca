"""Two simulated hours of one engine on a faulty line: every collection it holds stays within its cap."""

import pytest

from tests.process.collections_held import held_by
from tests.process.long_run import CAPS, LongRun, over_cap

pytestmark = pytest.mark.process

HOURS = 2


@pytest.mark.fault("F66")
def test_every_collection_of_the_engine_has_a_cap_and_keeps_it() -> None:
    run = LongRun(seed=1)
    for _ in run.hours(HOURS):
        continue
    lengths = held_by(run.engine)
    assert run.tally.boots == 1
    assert run.engine.view().counters.fills > 50
    assert over_cap(lengths) == {}
    # The walk has gone deep: what is known to fill within two hours is full, and every cap named is of something.
    full = {path: length for path, length in lengths.items() if path.endswith((".filter._seen", ".ledger._done"))}
    assert sorted(full.values()) == [500, 4096]
    for end in CAPS:
        assert any(path.endswith(end) for path in lengths), end


def test_the_walk_finds_collections_in_slots_dictionaries_and_elements() -> None:
    class Inner:
        __slots__ = ("__hidden", "rows")

        def __init__(self) -> None:
            self.rows = [1, 2, 3]
            self.__hidden = {"a": (1, 2)}

    class Outer:
        def __init__(self) -> None:
            self.inner = {"x": [Inner()]}

    found = held_by(Outer())
    assert found[".inner"] == 1
    assert found[".inner[][].rows"] == 3
    assert found[".inner[][]._Inner__hidden[]"] == 2
