"""What a start reads of a journal: damage, torn tails, earlier versions, and no more than it needs."""

import queue
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.records import Checkpoint, FillBooked, ModeChanged, Record, SessionOpened
from mmtui.engine.fold import fold
from mmtui.engine.folded import Folded
from mmtui.errors import DamagedJournalError, ExitCode
from mmtui.journal.port import SessionStart
from mmtui.journal.reader import JournalReader
from mmtui.journal.rows import SCHEMA_VERSION, TABLE_OF
from mmtui.journal.sqlite import SqliteJournal
from mmtui.journal.tail import read_tail

START = SessionStart(
    run_id="run-1", started_at=100.0, version="0.1.0", network="sim", account="0xabc", coin="BTC", settings={}
)
OPENED = SessionOpened(at=1.0, coin="BTC", position=5, cash=-7, account_value=100, run=1, venue_time_ms=900)


def mode(number: int) -> ModeChanged:
    return ModeChanged(at=float(number), mode="QUOTING", reason=str(number))


def written(path: Path, *sessions: list[Record], ends: bool = True) -> None:
    calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    for number, rows in enumerate(sessions, start=1):
        journal = SqliteJournal(path, post=calls.put, on_error=pytest.fail)
        journal.begin_session(msgspec.structs.replace(START, run_id=f"run-{number}", started_at=100.0 * number))
        if rows:
            journal.append(rows)
        if ends:
            journal.end_session(50.0, "stopped")
        journal.close()


def changed(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_a_start_reads_from_the_last_session_that_knew_its_account(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED, mode(1)], [OPENED, mode(2)], [mode(3)], [])
    tail = read_tail(path)
    assert list(tail.rows) == [OPENED, mode(2), mode(3)]
    assert [boot.run_id for boot in tail.boots] == ["run-4", "run-3", "run-2", "run-1"]
    assert (tail.dropped, tail.is_torn) == (0, False)


def test_an_empty_journal_has_nothing_to_say(tmp_path: Path) -> None:
    written(tmp_path / "j.sqlite")
    SqliteJournal(tmp_path / "j.sqlite", post=lambda call: None, on_error=pytest.fail).close()
    assert read_tail(tmp_path / "j.sqlite").rows == ()


def test_rows_before_the_last_checkpoint_are_checked_and_left_undecoded(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    stated = Folded(position=5, cash=-7, coin="BTC", verified_ms=1_000)
    point = Checkpoint(at=2.0, digest=stated.digest, verified_ms=1_000, folded=msgspec.json.encode(stated).decode())
    written(path, [OPENED, *(mode(n) for n in range(50)), point, mode(99)])
    tail = read_tail(path)
    assert list(tail.rows) == [point, mode(99)]
    folded = fold(tail.rows)
    assert (folded.position, folded.cash, folded.verified_ms, folded.mismatches) == (5, -7, 1_000, ())
    changed(path, "UPDATE mode_changes SET reason = 'other' WHERE seq = 10")
    with pytest.raises(DamagedJournalError, match="damaged at row 10"):
        read_tail(path)


@pytest.mark.fault("F60")
def test_damage_in_the_middle_is_refused_with_its_row_and_the_remedy_and_ends_in_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED, *(mode(n) for n in range(20))])
    changed(path, "DELETE FROM mode_changes WHERE seq = 7")
    with pytest.raises(DamagedJournalError, match=r"damaged at row 8; .*resume --reason TEXT --rebuild") as caught:
        read_tail(path)
    assert caught.value.exit_code is ExitCode.USAGE


def test_flipped_bytes_never_change_what_a_start_reads(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED, *(mode(n) for n in range(60))])
    clean, rows = path.read_bytes(), read_tail(path).rows
    refused = 0
    for position in range(100, len(clean), 499):
        path.write_bytes(clean[:position] + bytes([clean[position] ^ 0x41]) + clean[position + 1 :])
        try:
            tail = read_tail(path)
        except DamagedJournalError:
            refused += 1
        else:
            assert tail.rows == rows[: len(tail.rows)]
            assert tail.is_torn or tail.rows == rows
    assert refused > 5


@pytest.mark.fault("F59")
def test_rows_behind_the_seal_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED, mode(1), mode(2)])
    sealed = read_tail(path)
    with sqlite3.connect(path) as connection:
        (chain,) = connection.execute("SELECT chain FROM mode_changes WHERE seq = 3").fetchone()
        connection.execute("UPDATE sessions SET chain = ?", (chain,))
    connection.close()
    tail = read_tail(path)
    assert tail.rows == sealed.rows[:2]
    assert (tail.dropped, tail.is_torn) == (1, True)


@pytest.mark.fault("F59")
def test_a_tail_lost_behind_the_last_row_is_torn_and_not_damaged(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED, mode(1), mode(2)])
    changed(path, "DELETE FROM mode_changes WHERE seq = 4")
    tail = read_tail(path)
    assert list(tail.rows) == [OPENED, mode(1)]
    assert tail.is_torn


@pytest.mark.fault("F117")
def test_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    written(path, [OPENED])
    changed(path, f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(DamagedJournalError, match="later version"):
        read_tail(path)


def version_1(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.executescript((Path(__file__).parent / "version_1.sql").read_text())
    connection.close()


def test_a_journal_of_version_1_is_brought_up_to_date_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    version_1(path)
    with pytest.raises(DamagedJournalError, match="earlier version"):
        read_tail(path)
    SqliteJournal(path, post=lambda call: None, on_error=pytest.fail).close()
    with JournalReader(path) as reader:
        first = [record for _, record in reader.records("run-1")]
        second = [record for _, record in reader.records("run-2")]
        assert [session.ended_at for session in reader.sessions()] == [200.0, None]
    assert {type(record) for record in first} == set(TABLE_OF) - {
        kind for kind in TABLE_OF if kind.__name__ in ("OrderAdopted", "DayMarked", "Checkpoint")
    }
    fill = next(record for record in second if isinstance(record, FillBooked))
    assert (fill.tid, fill.price, fill.is_recovered) == (9, 1_000_000, False)
    assert fold(read_tail(path).rows).verified_ms == 0


def test_a_migrated_journal_takes_rows_as_a_fresh_one_does(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    version_1(path)
    journal = SqliteJournal(path, post=lambda call: None, on_error=pytest.fail)
    journal.begin_session(msgspec.structs.replace(START, run_id="run-3"))
    journal.append([OPENED, mode(1)])
    journal.close()
    assert list(read_tail(path).rows) == [OPENED, mode(1)]


def test_a_damaged_journal_of_version_1_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "j.sqlite"
    version_1(path)
    changed(path, "UPDATE fills SET size = size + 1 WHERE seq = 6")
    with pytest.raises(DamagedJournalError, match="damaged at row 6"):
        SqliteJournal(path, post=lambda call: None, on_error=pytest.fail)
    with sqlite3.connect(path) as connection:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (size,) = connection.execute("SELECT size FROM fills WHERE seq = 6").fetchone()
    connection.close()
    assert (version, size) == (1, 4)
