"""Reading a journal: past sessions, their records, sums. Never writes.

Owns the queries and the check of the running checksum: a row that was changed, or lost from the
middle, is named and nothing after it is given out. Answers F60.
"""

import contextlib
import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeGuard

import msgspec

from mmtui.domain.records import (
    CancelIntended,
    EquitySampled,
    FillBooked,
    OrderAdopted,
    OrderChanged,
    OrderIntended,
    Record,
)
from mmtui.errors import DamagedJournalError, JournalError
from mmtui.journal.port import Session, Totals
from mmtui.journal.rows import TABLE_OF, Cell, Table, first_chain, next_chain
from mmtui.journal.schema import REMEDY, check_schema

DAY_S = 86_400
ABOUT_ORDERS: tuple[type[Record], ...] = (OrderIntended, OrderAdopted, OrderChanged, CancelIntended, FillBooked)


class JournalReader:
    """One journal file, opened for reading; may be used while another process writes it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        if not path.is_file():
            raise JournalError(f"there is no journal at {path}")
        try:
            self._connection = self._connect()
            check_schema(self._connection, path)
        except sqlite3.Error as error:
            raise JournalError(f"the journal {path} cannot be read: {error}") from None

    def __enter__(self) -> "JournalReader":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def sessions(self) -> list[Session]:
        """Every session, oldest first."""
        rows = self._all(
            "SELECT run_id, started_at, version, network, account, coin, settings, ended_at, exit_reason"
            " FROM sessions ORDER BY seq"
        )
        return [_session(row) for row in rows]

    def last_session(self) -> Session | None:
        """The session opened last, None in an empty journal."""
        found = self.sessions()
        return found[-1] if found else None

    def records(self, run_id: str) -> Iterator[tuple[int, Record]]:
        """Every record of a session with its sequence number, in order, each checked.

        Raises JournalError naming the first row that is not as it was written.
        """
        with contextlib.closing(self._connect()) as snapshot:
            snapshot.execute("BEGIN")
            yield from self._checked(snapshot, run_id)

    def fills(self, run_id: str) -> list[FillBooked]:
        """The fills of a session, in order of booking."""
        table = TABLE_OF[FillBooked]
        booked = [table.decode(cells) for _, _, cells, _ in self._rows(self._connection, table, self._number(run_id))]
        return [fill for fill in booked if isinstance(fill, FillBooked)]

    def of_order(self, cloid: str) -> list[Record]:
        """Every row about one order of any session, in order."""
        found: list[tuple[int, Record]] = []
        for table in (TABLE_OF[kind] for kind in ABOUT_ORDERS):
            rows = self._all(
                f'SELECT * FROM {table.name} WHERE "cloid" = ?',  # noqa: S608 - own names
                (cloid,),
            )
            for seq, _, *cells, _ in rows:
                assert isinstance(seq, int)
                found.append((seq, table.decode([cell for cell in cells if _is_cell(cell)])))
        return [record for _, record in sorted(found, key=lambda row: row[0])]

    def rows_of(self, kind: type[Record], run_id: str) -> list[Record]:
        """The rows of one kind of a session, in order, not checked against the running checksum."""
        table, number = TABLE_OF[kind], self._number(run_id)
        return [table.decode(cells) for _, _, cells, _ in self._rows(self._connection, table, number)]

    def order_ends(self, run_id: str) -> list[tuple[str, str, int]]:
        """How many orders of a session were last known in which state, and refused ones for which reason."""
        rows = self._all(
            "SELECT o.state, CASE o.state WHEN 'Rejected' THEN o.reason ELSE '' END AS why, count(*)"
            " FROM (SELECT max(seq) AS newest FROM order_changes WHERE session = ? GROUP BY cloid) AS n"
            " JOIN order_changes AS o ON o.seq = n.newest GROUP BY 1, 2 ORDER BY 3 DESC",
            (self._number(run_id),),
        )
        return [(str(state), str(why), count) for state, why, count in rows if isinstance(count, int)]

    def day_totals(self, utc_day: int) -> Totals:
        """Sums of one UTC day (days since the epoch) over all sessions; a fill counts once."""
        first, after = utc_day * DAY_S, (utc_day + 1) * DAY_S
        fills, volume, fees = self._sums(
            "SELECT count(*), sum(price * size), sum(fee) FROM (SELECT DISTINCT coin, venue_time_ms, tid, oid,"
            " price, size, fee FROM fills WHERE is_foreign = 0 AND venue_time_ms >= ? AND venue_time_ms < ?)",
            (first * 1000, after * 1000),
        )
        (funding,) = self._sums(
            "SELECT sum(amount) FROM (SELECT DISTINCT coin, venue_time_ms, amount FROM funding"
            " WHERE venue_time_ms >= ? AND venue_time_ms < ?)",
            (first * 1000, after * 1000),
        )
        return Totals(fills=fills, volume=volume, fees=fees, funding=funding, pnl=self._day_pnl(first, after))

    def session_totals(self, run_id: str) -> Totals:
        """Sums of one session."""
        number = (self._number(run_id),)
        fills, volume, fees = self._sums(
            "SELECT count(*), sum(price * size), sum(fee) FROM fills"
            " WHERE is_foreign = 0 AND is_recovered = 0 AND session = ?",
            number,
        )
        (funding,) = self._sums("SELECT sum(amount) FROM funding WHERE is_recovered = 0 AND session = ?", number)
        (pnl,) = self._sums('SELECT (SELECT "total" FROM equity WHERE session = ? ORDER BY seq DESC LIMIT 1)', number)
        return Totals(fills=fills, volume=volume, fees=fees, funding=funding, pnl=pnl)

    def equity(self, run_id: str) -> list[EquitySampled]:
        """The equity samples of a session, in order."""
        table = TABLE_OF[EquitySampled]
        sampled = [table.decode(cells) for _, _, cells, _ in self._rows(self._connection, table, self._number(run_id))]
        return [row for row in sampled if isinstance(row, EquitySampled)]

    def _day_pnl(self, first: int, after: int) -> int:
        """The day's P&L as last sampled, time without a process included.

        Rows of version 1 do not have it: then each session's change of total P&L within the day, without
        what it had before midnight.
        """
        kept = self._all(
            'SELECT day_pnl FROM equity WHERE "at" >= ? AND "at" < ? AND mid2 > 0 ORDER BY seq DESC LIMIT 1',
            (first, after),
        )
        if kept and isinstance(kept[0][0], int):
            return kept[0][0]
        latest = 'SELECT "total" FROM equity e WHERE e.session = s.session AND e."at" < {} ORDER BY seq DESC LIMIT 1'
        (pnl,) = self._sums(
            f"SELECT sum(coalesce(({latest.format('?2')}), 0) - coalesce(({latest.format('?1')}), 0))"  # noqa: S608 - own names
            ' FROM (SELECT DISTINCT session FROM equity WHERE "at" >= ?1 AND "at" < ?2) s',
            (first, after),
        )
        return pnl

    def _number(self, run_id: str) -> int:
        (number,) = self._sums("SELECT (SELECT seq FROM sessions WHERE run_id = ?)", (run_id,))
        if not number:
            raise JournalError(f"the journal {self._path} has no session {run_id}")
        return number

    def _checked(self, snapshot: sqlite3.Connection, run_id: str) -> Iterator[tuple[int, Record]]:
        chain, seq, number = first_chain(run_id), 0, self._number(run_id)
        ((sealed,),) = snapshot.execute("SELECT chain FROM sessions WHERE seq = ?", (number,))
        streams = [self._rows(snapshot, table, number) for table in TABLE_OF.values()]
        for seq, table, cells, kept in heapq.merge(*streams, key=lambda row: row[0]):
            chain = next_chain(chain, table.name, seq, cells)
            if chain != kept:
                raise self._damaged(seq)
            try:
                yield seq, table.decode(cells)
            except msgspec.ValidationError:
                raise self._damaged(seq) from None
        if chain != sealed:
            raise self._damaged(seq + 1)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path.absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None)

    def _rows(
        self, connection: sqlite3.Connection, table: Table, number: int
    ) -> Iterator[tuple[int, Table, tuple[Cell, ...], int]]:
        try:
            for seq, _, *cells, chain in connection.execute(table.select, (number,)):
                yield seq, table, tuple(cells), chain
        except sqlite3.Error as error:
            raise self._unreadable(error) from None

    def _all(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._unreadable(error) from None

    def _sums(self, statement: str, values: tuple[object, ...]) -> list[int]:
        """The one row of whole numbers a statement gives; nothing counts as 0."""
        row = self._all(statement, values)[0]
        return [cell if isinstance(cell, int) else 0 for cell in row]

    def _unreadable(self, error: sqlite3.Error) -> JournalError:
        return JournalError(
            f"the journal {self._path} cannot be read: {error}",
            remedy=REMEDY,
        )

    def _damaged(self, seq: int) -> JournalError:
        return DamagedJournalError(
            f"the journal {self._path} is damaged at row {seq}",
            remedy=REMEDY,
        )


def _is_cell(cell: object) -> TypeGuard[Cell]:
    return cell is None or isinstance(cell, int | float | str)


def _session(row: tuple[object, ...]) -> Session:
    run_id, started_at, version, network, account, coin, settings, ended_at, exit_reason = row
    start = {
        "run_id": run_id,
        "started_at": started_at,
        "version": version,
        "network": network,
        "account": account,
        "coin": coin,
        "settings": msgspec.json.decode(str(settings)),
    }
    plain = {"start": start, "ended_at": ended_at, "exit_reason": exit_reason}
    return msgspec.convert(plain, Session)
