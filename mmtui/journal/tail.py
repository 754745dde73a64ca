"""What a start reads of a journal: the last session that knew its account, and everything after it.

Owns the check of those rows and the choice of where to begin decoding, which is the last checkpoint.
A tail that is torn is cut off at the last sealed row, since the exchange knows what is missing; damage
before it is refused with the row's number, since nothing after it can be trusted. Never writes.
Answers F59, F60, F117.
"""

import contextlib
import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmtui.domain.records import Checkpoint, Record, SessionOpened
from mmtui.errors import DamagedJournalError
from mmtui.journal.rows import TABLE_OF, Cell, Table, first_chain, next_chain
from mmtui.journal.schema import REMEDY, check_schema

BOOTS_MAX = 100


class Boot(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the program; ``ended_at`` is None when it did not end as it should. Epoch seconds."""

    run_id: str
    started_at: float
    ended_at: float | None


class Tail(msgspec.Struct, frozen=True, kw_only=True):
    """The rows to fold, oldest first; how many unsealed ones were left out; the last starts, newest first."""

    rows: tuple[Record, ...] = ()
    dropped: int = 0
    is_torn: bool = False
    boots: tuple[Boot, ...] = ()


def read_tail(path: Path) -> Tail:
    """The end of the journal at ``path``; raises DamagedJournalError naming the first row that is not as written."""
    try:
        with contextlib.closing(
            sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None)
        ) as connection:
            connection.execute("BEGIN")
            check_schema(connection, path)
            return _tail(connection, path)
    except sqlite3.Error as error:
        raise DamagedJournalError(f"the journal {path} cannot be read: {error}", remedy=REMEDY) from None


def _tail(connection: sqlite3.Connection, path: Path) -> Tail:
    boots = tuple(
        Boot(run_id=run_id, started_at=started_at, ended_at=ended_at)
        for run_id, started_at, ended_at in connection.execute(
            "SELECT run_id, started_at, ended_at FROM sessions ORDER BY seq DESC LIMIT ?", (BOOTS_MAX,)
        )
    )
    opening = TABLE_OF[SessionOpened].name
    (first,) = connection.execute(f"SELECT max(session) FROM {opening}").fetchone()  # noqa: S608 - own names
    if first is None:
        return Tail(boots=boots)
    rows: list[Record] = []
    dropped, is_torn = 0, False
    sessions = connection.execute("SELECT seq, run_id, chain FROM sessions WHERE seq >= ? ORDER BY seq", (first,))
    for number, run_id, sealed in sessions.fetchall():
        kept, lost, torn = _session(connection, path, number, run_id, sealed)
        rows += kept
        dropped, is_torn = dropped + lost, is_torn or torn
    return Tail(rows=tuple(rows), dropped=dropped, is_torn=is_torn, boots=boots)


def _session(
    connection: sqlite3.Connection, path: Path, number: int, run_id: str, sealed: int
) -> tuple[list[Record], int, bool]:
    """Every row is checked; those before the last checkpoint need not be understood."""
    table = TABLE_OF[Checkpoint].name
    (start,) = connection.execute(
        f"SELECT max(seq) FROM {table} WHERE session = ?",  # noqa: S608 - own names
        (number,),
    ).fetchone()
    start = start or 0
    chain, rows, sealed_rows = first_chain(run_id), list[Record](), 0
    is_sealed = chain == sealed
    for seq, cells, kept, table_of in heapq.merge(*(_rows(connection, each, number) for each in TABLE_OF.values())):
        chain = next_chain(chain, table_of.name, seq, cells)
        if chain != kept:
            raise _damaged(path, seq)
        if seq >= start:
            rows.append(_decoded(path, seq, table_of, cells))
        if chain == sealed:
            sealed_rows, is_sealed = len(rows), True
    if not is_sealed:
        return rows, 0, True
    return rows[:sealed_rows], len(rows) - sealed_rows, len(rows) > sealed_rows


def _rows(
    connection: sqlite3.Connection, table: Table, number: int
) -> Iterator[tuple[int, tuple[Cell, ...], int, Table]]:
    for row in connection.execute(table.select, (number,)):
        yield row[0], row[2:-1], row[-1], table


def _decoded(path: Path, seq: int, table: Table, cells: tuple[Cell, ...]) -> Record:
    try:
        return table.decode(cells)
    except msgspec.MsgspecError:
        raise _damaged(path, seq) from None


def _damaged(path: Path, seq: int) -> DamagedJournalError:
    return DamagedJournalError(f"the journal {path} is damaged at row {seq}", remedy=REMEDY)
