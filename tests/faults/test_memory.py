"""What grows while a session lives, and where it stops: F66."""

from collections import deque
from collections.abc import Iterator

import msgspec

from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    Fill,
    FillsReceived,
    Outcome,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.instrument import Side
from mmtui.engine.orders.fill_keys import FILL_KEYS_MAX, FillKeys
from tests.faults.sessions import quoting

SMALL = 5_000
DEPTH_MAX = 12


def collections_of(
    thing: object, path: str = "state", depth: int = 0, seen: set[int] | None = None
) -> Iterator[tuple[str, int]]:
    """Every list, dict, set and deque that can be reached, by its path, with its size."""
    seen = set() if seen is None else seen
    if id(thing) in seen or depth > DEPTH_MAX or isinstance(thing, str | bytes | int | float | type):
        return
    seen.add(id(thing))
    if isinstance(thing, dict | list | set | frozenset | deque | tuple):
        yield path, len(thing)
        inside = [*thing.values()] if isinstance(thing, dict) else [*thing]
        for item in inside[:200]:
            yield from collections_of(item, f"{path}[]", depth + 1, seen)
        return
    for name in names_of(thing):
        yield from collections_of(getattr(thing, name, None), f"{path}.{name}", depth + 1, seen)


def names_of(thing: object) -> list[str]:
    if not type(thing).__module__.startswith("mmtui"):
        return []
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*slots, *getattr(thing, "__dict__", {})]


def largest(session) -> dict[str, int]:
    found: dict[str, int] = {}
    for path, size in collections_of(session.engine.state):
        found[path] = max(size, found.get(path, 0))
    return found


def foreign_fills(session, count: int) -> list[Fill]:
    """Fills of somebody on the account, buying and selling in turn."""
    start = session.engine.state.account.position.size
    return [
        Fill(
            coin="ETH", venue_time_ms=session.now_ms, tid=10**9 + n, oid=10**9 + n, price=430_000, size=10, fee=0,
            side=Side.SELL if n % 2 else Side.BUY, start_position=start + 10 * (n % 2), is_taker=True,
        )
        for n in range(count)
    ]  # fmt: skip


def test_f66_nothing_grows_beyond_its_cap_however_much_happens() -> None:
    session, faults = quoting(trading__max_bps_diff=0.2)
    faults.drop(AccountSnapshot)
    fills = foreign_fills(session, 1_500)
    for n in range(0, len(fills), 50):
        session.feed(FillsReceived(received_at=faults.now_s, fills=tuple(fills[n : n + 50])))
    novel = Outcome(kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text="no")
    for n in range(2_000):
        session.feed(ActionAnswered(received_at=faults.now_s, request_id=10**6 + n, outcomes=(novel,)))
    faults.heal()
    session.run(60)
    sizes = largest(session)
    assert sizes, "the walk must reach the collections"
    assert any(size > 1_000 for size in sizes.values()), "and something must have happened"
    assert {path: size for path, size in sizes.items() if size > SMALL} == {}
    assert len(list(session.engine.state.ledger.recent())) <= 500


def test_f66_the_keys_of_fills_are_shed_from_the_oldest_and_the_newest_still_count_once() -> None:
    keys = FillKeys()
    made = [("ETH", n, n, n) for n in range(FILL_KEYS_MAX + 1_000)]
    for key in made:
        keys.add(key)
    assert sum(key in keys for key in made) == FILL_KEYS_MAX
    assert all(key in keys for key in made[-FILL_KEYS_MAX:])
    assert not any(key in keys for key in made[:1_000])


def test_f66_a_view_never_shows_more_than_fits_a_frame() -> None:
    session, faults = quoting()
    fills = foreign_fills(session, 600)
    faults.drop(AccountSnapshot)
    for n in range(0, len(fills), 50):
        session.feed(FillsReceived(received_at=faults.now_s, fills=tuple(fills[n : n + 50])))
    assert len(msgspec.msgpack.encode(session.view)) < 256 * 1024
    assert len(session.view.fills) <= 200
