"""Bringing a journal of an earlier schema up to this one.

Owns what each version added. The rows of the earlier schema are checked first, then copied into tables of
this one, and the running checksums are made anew, all in one transaction: a crash leaves the old or the
whole. Answers F117.
"""

import heapq
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mmtui.domain.records import Record
from mmtui.errors import DamagedJournalError
from mmtui.journal.rows import SCHEMA_VERSION, TABLE_OF, Cell, Table, first_chain, next_chain
from mmtui.journal.schema import REMEDY, version_of

OLDEST = 1
TABLES_OF_2 = frozenset({"order_adoptions", "day_marks", "checkpoints"})
COLUMNS_OF_2: dict[str, tuple[str, ...]] = {
    "openings": (
        "run", "venue_time_ms", "entry_cost", "utc_day", "opening_equity", "peak_pnl", "day_base",
        "size_decimals", "version",
        "is_killed", "switch_fires", "switch_fired_ms", "relief",
    ),
    "fills": ("is_recovered",),
    "funding": ("is_recovered",),
    "position_adjustments": ("mark", "cash"),
    "equity": ("mid2", "day_pnl", "peak_pnl"),
}  # fmt: skip


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Turns a journal of version 1 into one of this version and leaves every other file alone.

    Raises DamagedJournalError when its rows are not as they were written.
    """
    if version_of(connection) != OLDEST:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        earlier = [_earlier(table) for table in TABLE_OF.values() if table.name not in TABLES_OF_2]
        _check(connection, path, earlier)
        for table in TABLE_OF.values():
            if table.name in TABLES_OF_2:
                connection.execute(table.create)
                connection.execute(table.index)
            elif table.name in COLUMNS_OF_2:
                _widen(connection, table)
        _chain_anew(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _earlier(table: Table) -> Table:
    added = COLUMNS_OF_2.get(table.name, ())
    columns = tuple(column for column in table.columns if column.name not in added)
    return msgspec.structs.replace(table, columns=columns)


def _check(connection: sqlite3.Connection, path: Path, tables: list[Table]) -> None:
    for number, run_id, sealed in connection.execute("SELECT seq, run_id, chain FROM sessions").fetchall():
        chain, seq = first_chain(run_id), number
        for seq, name, (*cells, kept) in heapq.merge(*(_rows(connection, table, number) for table in tables)):
            chain = next_chain(chain, name, seq, cells)
            if chain != kept:
                raise DamagedJournalError(f"the journal {path} is damaged at row {seq}", remedy=REMEDY)
        if chain != sealed:
            raise DamagedJournalError(f"the journal {path} is damaged at row {seq + 1}", remedy=REMEDY)


def _rows(connection: sqlite3.Connection, table: Table, number: int) -> Iterator[tuple[int, str, tuple[Cell, ...]]]:
    cells = ", ".join(f'"{column.name}"' for column in table.columns)
    statement = f"SELECT seq, {cells}, chain FROM {table.name} WHERE session = ? ORDER BY seq"  # noqa: S608 - own names
    for row in connection.execute(statement, (number,)):
        yield row[0], table.name, row[1:]


def _widen(connection: sqlite3.Connection, table: Table) -> None:
    """Copies a table into the present layout; the columns that are added hold their record's defaults."""
    added = COLUMNS_OF_2[table.name]
    defaults = {name: _default(table.record, name) for name in added}
    cells = ", ".join("?" if column.name in added else f'"{column.name}"' for column in table.columns)
    values = [defaults[column.name] for column in table.columns if column.name in added]
    old = f"{table.name}_earlier"
    connection.execute(f"DROP INDEX {table.name}_by_session")
    connection.execute(f"ALTER TABLE {table.name} RENAME TO {old}")
    connection.execute(table.create)
    connection.execute(
        f"INSERT INTO {table.name} SELECT seq, session, {cells}, chain FROM {old}",  # noqa: S608 - own names
        values,
    )
    connection.execute(f"DROP TABLE {old}")
    connection.execute(table.index)


def _default(record: type[Record], name: str) -> int | None:
    field = next(field for field in msgspec.structs.fields(record) if field.name == name)
    value = field.default
    assert value is None or isinstance(value, int), "columns are added with whole numbers"
    return value if value is None else int(value)


def _chain_anew(connection: sqlite3.Connection) -> None:
    for number, run_id in connection.execute("SELECT seq, run_id FROM sessions").fetchall():
        chain = first_chain(run_id)
        rows = [
            (row[0], table.name, row[2:-1])
            for table in TABLE_OF.values()
            for row in connection.execute(table.select, (number,))
        ]
        for seq, name, cells in sorted(rows):
            chain = next_chain(chain, name, seq, cells)
            connection.execute(f"UPDATE {name} SET chain = ? WHERE seq = ?", (chain, seq))  # noqa: S608 - own names
        connection.execute("UPDATE sessions SET chain = ? WHERE seq = ?", (chain, number))
