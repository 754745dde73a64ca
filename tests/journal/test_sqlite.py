"""The journal on disk: order, durability, failure, damage, versions."""

import enum
import queue
import sqlite3
import types
import typing
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.records import (
    CancelIntended,
    Checkpoint,
    DayMarked,
    EquitySampled,
    FillBooked,
    FundingBooked,
    ModeChanged,
    OrderAdopted,
    OrderChanged,
    OrderIntended,
    ParametersChanged,
    PositionAdjusted,
    Record,
    RiskRecorded,
    SessionOpened,
)
from mmtui.errors import JournalError
from mmtui.journal.memory import MemoryJournal
from mmtui.journal.port import SessionStart
from mmtui.journal.reader import DAY_S, JournalReader
from mmtui.journal.rows import SCHEMA_VERSION, TABLE_OF, schema
from mmtui.journal.sqlite import SqliteJournal, connect

START = SessionStart(
    run_id="run-1",
    started_at=100.0,
    version="0.1.0",
    network="sim",
    account="0xabc",
    coin="BTC",
    settings={"trading.asset": "BTC", "trading.risk_aversion": 0.3, "trading.dex": None},
)


def a_fill(tid: int = 1, *, venue_time_ms: int = 1_000, fee: int = 15) -> FillBooked:
    return FillBooked(
        at=venue_time_ms / 1000,
        coin="BTC",
        venue_time_ms=venue_time_ms,
        tid=tid,
        oid=7,
        cloid=None,
        side=Side.SELL,
        price=1_000_000,
        size=3,
        fee=fee,
        is_taker=False,
        is_foreign=False,
        mid2=2_000_001,
        realised=-4,
        position=-3,
        cash=3_000_000,
    )


def equity(at: float, total: int) -> EquitySampled:
    return EquitySampled(
        at=at,
        position=0,
        cash=0,
        mark=1,
        equity=total,
        total=total,
        spread_capture=total,
        adverse_selection=0,
        inventory=0,
        fees=0,
        funding=0,
    )


TERMS = OrderTerms(
    cloid="0x6d6d7475000000010000000000000001",
    side=Side.BUY,
    price=5,
    size=6,
    tif=next(iter(TimeInForce)),
    purpose=next(iter(Purpose)),
    reduce_only=True,
    level=2,
    created_at=1.5,
    expires_at_ms=99,
)
ONE_OF_EACH: list[Record] = [
    SessionOpened(at=0.0, coin="BTC", position=-1, cash=2, account_value=3),
    OrderIntended(at=1.25, request_id=1, terms=TERMS),
    CancelIntended(at=2.0, request_id=2, cloid=TERMS.cloid),
    OrderChanged(at=3.0, cloid=TERMS.cloid, oid=None, state="Unknown", filled=0, venue_filled=None, reason="µ"),
    a_fill(),
    FundingBooked(at=4.0, coin="BTC", venue_time_ms=5_000, amount=-7, rate=1e-5, position=-3, cash=1),
    ParametersChanged(at=5.0, version=2, by="k", before={"a.b": None, "a.c": True}, after={"a.b": 1.0, "a.c": False}),
    ModeChanged(at=6.0, mode="QUOTING", reason=""),
    RiskRecorded(at=7.0, code="KILL", monitor="loss", value=-0.0, limit=500.0, text="x"),
    PositionAdjusted(at=8.0, before=1, after=2, reason="venue"),
    equity(9.0, 10),
    OrderAdopted(at=10.0, terms=TERMS, oid=None, state="Unknown", filled=1),
    DayMarked(at=12.0, utc_day=20_000, opening_equity=7, peak_pnl=8, pnl=-9, mid2=10),
    Checkpoint(at=13.0, digest="ab", verified_ms=14, folded="{}"),
]


class Loop:
    """Stands for the event loop: calls posted by the writer run when the test says so."""

    def __init__(self) -> None:
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.errors: list[str] = []

    def run_next(self) -> None:
        self.calls.get(timeout=20)()

    def run_queued(self) -> None:
        while not self.calls.empty():
            self.calls.get()()


@pytest.fixture
def loop() -> Loop:
    return Loop()


def opened(path: Path, loop: Loop, **more: object) -> SqliteJournal:
    return SqliteJournal(path, post=loop.calls.put, on_error=loop.errors.append, **more)


def read_all(path: Path, run_id: str = "run-1") -> list[Record]:
    with JournalReader(path) as reader:
        return [record for _, record in reader.records(run_id)]


def test_every_kind_of_record_comes_back_as_it_went_in(tmp_path: Path, loop: Loop) -> None:
    assert {type(record) for record in ONE_OF_EACH} == set(TABLE_OF)
    journal = opened(tmp_path / "j.sqlite", loop)
    journal.begin_session(START)
    last = journal.append(ONE_OF_EACH)
    journal.end_session(200.0, "stopped")
    journal.close()
    assert last == 1 + len(ONE_OF_EACH)
    assert read_all(tmp_path / "j.sqlite") == ONE_OF_EACH
    with JournalReader(tmp_path / "j.sqlite") as reader:
        session = reader.last_session()
    assert session is not None
    assert (session.start, session.ended_at, session.exit_reason) == (START, 200.0, "stopped")


def test_callbacks_come_in_order_and_only_once_their_row_is_on_disk(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    journal.begin_session(START)
    seen: list[tuple[int, int]] = []
    for tid in range(1, 6):
        seq = journal.append([a_fill(tid)])
        journal.when_synced(seq, lambda tid=tid: seen.append((tid, len(read_all(path)))))
    while len(seen) < 5:
        loop.run_next()
    assert [tid for tid, _ in seen] == [1, 2, 3, 4, 5]
    assert all(on_disk >= tid for tid, on_disk in seen)
    journal.close()


def test_a_row_already_durable_calls_back_at_once(tmp_path: Path, loop: Loop) -> None:
    journal = opened(tmp_path / "j.sqlite", loop)
    journal.begin_session(START)
    seq = journal.append([a_fill()])
    journal.close()
    called: list[int] = []
    journal.when_synced(seq, lambda: called.append(seq))
    assert called == [seq]


def test_numbers_and_sessions_continue_in_an_existing_file(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    journal.begin_session(START)
    first = journal.append([a_fill(1)])
    journal.close()
    journal = opened(path, loop)
    journal.begin_session(
        SessionStart(**{**{f: getattr(START, f) for f in START.__struct_fields__}, "run_id": "run-2"})
    )
    assert journal.append([a_fill(2)]) > first
    journal.close()
    assert read_all(path, "run-1") == [a_fill(1)]
    assert read_all(path, "run-2") == [a_fill(2)]
    with JournalReader(path) as reader:
        assert [s.ended_at for s in reader.sessions()] == [None, None]


@pytest.mark.fault("F58")
def test_a_full_disk_is_reported_once_keeps_what_was_written_and_accepts_nothing_more(
    tmp_path: Path, loop: Loop
) -> None:
    def small(path: Path) -> sqlite3.Connection:
        connection = connect(path)
        connection.execute("PRAGMA max_page_count = 60")
        return connection

    path = tmp_path / "j.sqlite"
    journal = opened(path, loop, connect=small)
    journal.begin_session(START)
    durable = journal.append([a_fill(0)])
    released: list[int] = []
    journal.when_synced(durable, lambda: released.append(durable))
    while not released:
        loop.run_next()
    for number in range(1, 60):
        seq = journal.append([a_fill(number * 100 + i) for i in range(100)])
        journal.when_synced(seq, lambda seq=seq: released.append(seq))
    while not loop.errors:
        loop.run_next()
    assert loop.errors == ["disk full"]
    assert journal.failure == "disk full"
    late = journal.append([a_fill(-1)])
    journal.when_synced(late, lambda: released.append(late))
    journal.close()
    loop.run_queued()
    assert loop.errors == ["disk full"]
    assert late not in released
    kept = read_all(path)
    assert len(kept) >= max(released) - 1
    assert kept[0] == a_fill(0)


@pytest.mark.fault("F61")
def test_an_input_output_error_is_not_retried(tmp_path: Path, loop: Loop) -> None:
    class Failing(sqlite3.Connection):
        commits = 0

        def execute(self, statement: str, *values: object) -> sqlite3.Cursor:
            if statement == "COMMIT":
                Failing.commits += 1
                if Failing.commits == 2:  # the first one made the schema
                    raise sqlite3.OperationalError("disk I/O error")
            return super().execute(statement, *values)

    def failing(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Failing)

    journal = opened(tmp_path / "j.sqlite", loop, connect=failing)
    journal.begin_session(START)
    journal.append([a_fill()])
    loop.run_next()
    journal.append([a_fill(2)])
    journal.close()
    assert loop.errors == ["disk I/O error"]
    assert Failing.commits == 2
    assert journal.synced_seq == 0


@pytest.mark.parametrize(
    "unfit",
    [
        ModeChanged(at=1.0, mode="\ud800", reason=""),
        PositionAdjusted(at=1.0, before=2**70, after=0, reason=""),
        RiskRecorded(at=float("nan"), code="", monitor="", value=0.0, limit=0.0, text=""),
    ],
    ids=["surrogate", "too large", "not a number"],
)
def test_a_record_that_cannot_be_written_is_a_failure_and_not_a_silence(
    tmp_path: Path, loop: Loop, unfit: Record
) -> None:
    journal = opened(tmp_path / "j.sqlite", loop)
    journal.begin_session(START)
    journal.append([a_fill(), unfit])
    while not loop.errors:
        loop.run_next()
    journal.close()
    assert len(loop.errors) == 1
    assert journal.failure


def _values(kind: object) -> st.SearchStrategy[object]:
    if isinstance(kind, types.UnionType):
        return st.one_of([_values(option) for option in typing.get_args(kind)])
    if typing.get_origin(kind) is dict:
        numbers = st.floats(allow_nan=False, allow_infinity=False)
        texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)
        return st.dictionaries(texts, st.one_of(st.none(), st.booleans(), numbers, texts), max_size=3)
    assert isinstance(kind, type)
    if issubclass(kind, msgspec.Struct):
        fields = {field.name: _values(field.type) for field in msgspec.structs.fields(kind)}
        return st.builds(kind, **fields)
    if issubclass(kind, enum.Enum):
        return st.sampled_from(list(kind))
    simple = {
        bool: st.booleans(),
        int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False),
        str: st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        type(None): st.none(),
    }
    return simple[kind]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of([_values(kind) for kind in TABLE_OF]), min_size=1, max_size=20))
def test_any_records_come_back_equal_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    path, loop = tmp_path_factory.mktemp("any") / "j.sqlite", Loop()
    journal = opened(path, loop)
    journal.begin_session(START)
    journal.append(records)
    journal.close()
    assert journal.failure == ""
    assert read_all(path) == records


@pytest.mark.fault("F59")
def test_a_truncated_write_ahead_log_loses_only_its_tail(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    journal.begin_session(START)
    for tid in range(1, 40):
        seq = journal.append([a_fill(tid)])
        done: list[int] = []
        journal.when_synced(seq, lambda seq=seq, done=done: done.append(seq))
        while not done:
            loop.run_next()
    crashed = tmp_path / "crashed.sqlite"
    crashed.write_bytes(path.read_bytes())
    log = (tmp_path / "j.sqlite-wal").read_bytes()
    (tmp_path / "crashed.sqlite-wal").write_bytes(log[: len(log) - 5_000])
    journal.close()
    kept = read_all(crashed)
    assert 0 < len(kept) < 39
    assert kept == [a_fill(tid) for tid in range(1, len(kept) + 1)]
    again = opened(crashed, loop)
    assert again.append([ModeChanged(at=1.0, mode="PAUSED", reason="")]) == len(kept) + 2
    again.close()


@pytest.mark.fault("F60")
@pytest.mark.parametrize(
    "damage",
    ["UPDATE fills SET size = size + 1 WHERE seq = 4", "DELETE FROM fills WHERE seq = 4"],
    ids=["changed", "lost"],
)
def test_a_row_changed_or_lost_in_the_middle_is_named(tmp_path: Path, loop: Loop, damage: str) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    journal.begin_session(START)
    journal.append([a_fill(tid) for tid in range(6)])
    journal.close()
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    with pytest.raises(JournalError, match=r"damaged at row [45]"):
        read_all(path)


def test_flipped_bytes_never_pass_for_records(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    journal.begin_session(START)
    written = [a_fill(tid) for tid in range(50)]
    journal.append(written)
    journal.close()
    clean = path.read_bytes()
    for position in range(100, len(clean), 997):
        path.write_bytes(clean[:position] + bytes([clean[position] ^ 0x41]) + clean[position + 1 :])
        try:
            assert read_all(path) == written
        except JournalError:
            continue


@pytest.mark.fault("F117")
def test_a_later_schema_is_refused_with_a_remedy(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    opened(path, loop).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(JournalError, match="later version") as caught:
        opened(path, loop)
    assert "start that version" in str(caught.value)
    with pytest.raises(JournalError, match="later version"):
        JournalReader(path)


@pytest.mark.parametrize("content", [b"not a database, but long enough to be looked at" * 40, b"\0" * 5000])
def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path: Path, loop: Loop, content: bytes) -> None:
    path = tmp_path / "j.sqlite"
    path.write_bytes(content)
    with pytest.raises(JournalError):
        opened(path, loop)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    with pytest.raises(JournalError, match="not a journal"):
        opened(path, loop)


def test_the_file_is_readable_by_its_owner_alone(tmp_path: Path, loop: Loop) -> None:
    journal = opened(tmp_path / "j.sqlite", loop)
    journal.begin_session(START)
    journal.append([a_fill()])
    journal.close()
    assert {oct(p.stat().st_mode & 0o777) for p in tmp_path.iterdir()} == {"0o600"}


def test_a_change_of_the_records_needs_another_schema_version() -> None:
    """When this fails: raise SCHEMA_VERSION, then write the fingerprint here."""
    import hashlib

    fingerprint = hashlib.sha256("\n".join(schema()).encode()).hexdigest()[:16]
    assert (SCHEMA_VERSION, fingerprint) == (2, "3c2acf07a9a3403a")


def test_day_totals_count_a_fill_once_and_split_profit_at_midnight(tmp_path: Path, loop: Loop) -> None:
    path = tmp_path / "j.sqlite"
    journal = opened(path, loop)
    midnight = 20_000 * DAY_S
    ms = midnight * 1000
    journal.begin_session(START)
    journal.append([equity(midnight - 10, 5_000_000), a_fill(1, venue_time_ms=ms - 1)])
    journal.append([a_fill(2, venue_time_ms=ms), equity(midnight + 10, 7_000_000)])
    journal.begin_session(
        SessionStart(**{**{f: getattr(START, f) for f in START.__struct_fields__}, "run_id": "run-2"})
    )
    journal.append([a_fill(2, venue_time_ms=ms), a_fill(3, venue_time_ms=ms + 5, fee=-2)])
    journal.append([FundingBooked(at=midnight, coin="BTC", venue_time_ms=ms, amount=-9, rate=0.0, position=0, cash=0)])
    journal.append([equity(midnight + 20, -500_000)])
    journal.close()
    with JournalReader(path) as reader:
        day, before = reader.day_totals(20_000), reader.day_totals(19_999)
        second = reader.session_totals("run-2")
    assert (day.fills, day.volume, day.fees, day.funding) == (2, 6_000_000, 13, -9)
    assert day.pnl == 2_000_000 - 500_000
    assert (before.fills, before.pnl) == (1, 5_000_000)
    assert (second.fills, second.pnl) == (2, -500_000)


def test_the_days_profit_is_what_was_sampled_last_and_recovered_fills_are_no_sessions(
    tmp_path: Path, loop: Loop
) -> None:
    path, midnight = tmp_path / "j.sqlite", 20_000 * DAY_S
    journal = opened(path, loop)
    journal.begin_session(START)
    sampled = msgspec.structs.replace(equity(midnight + 10, 7_000_000), mid2=200, day_pnl=9_000_000)
    late = msgspec.structs.replace(a_fill(4, venue_time_ms=midnight * 1000), is_recovered=True)
    journal.append([late, a_fill(5, venue_time_ms=midnight * 1000), sampled])
    journal.close()
    with JournalReader(path) as reader:
        day, session = reader.day_totals(20_000), reader.session_totals("run-1")
    assert (day.pnl, day.fills) == (9_000_000, 2)
    assert (session.pnl, session.fills) == (7_000_000, 1)


def test_memory_numbers_its_rows_as_the_file_does(tmp_path: Path, loop: Loop) -> None:
    on_disk, in_memory = opened(tmp_path / "j.sqlite", loop), MemoryJournal()
    for journal in (on_disk, in_memory):
        journal.begin_session(START)
        journal.append(ONE_OF_EACH)
    assert on_disk.append([a_fill()]) == in_memory.append([a_fill()])
    on_disk.close()
    with JournalReader(tmp_path / "j.sqlite") as reader:
        assert list(reader.records("run-1")) == in_memory.rows
