"""Records and tables: how each record becomes a row and a row becomes the record again.

Owns the schema, its version, and the running checksum that chains the rows of a session. The
columns follow the fields of ``domain.records``; a change there needs another schema version.
Never opens a file.
"""

import enum
import types
import typing
import zlib
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from mmtui.domain import records
from mmtui.domain.records import Record

SCHEMA_VERSION = 2

Cell: TypeAlias = int | float | str | None

TABLES: dict[type[Record], str] = {
    records.SessionOpened: "openings",
    records.OrderIntended: "order_intents",
    records.CancelIntended: "cancel_intents",
    records.OrderAdopted: "order_adoptions",
    records.OrderChanged: "order_changes",
    records.FillBooked: "fills",
    records.FundingBooked: "funding",
    records.DayMarked: "day_marks",
    records.ParametersChanged: "parameter_edits",
    records.ModeChanged: "mode_changes",
    records.RiskRecorded: "risk_events",
    records.PositionAdjusted: "position_adjustments",
    records.EquitySampled: "equity",
    records.Checkpoint: "checkpoints",
}

SESSIONS = """CREATE TABLE sessions (
 seq INTEGER PRIMARY KEY, run_id TEXT NOT NULL UNIQUE, started_at REAL NOT NULL, ended_at REAL,
 exit_reason TEXT NOT NULL DEFAULT '', version TEXT NOT NULL, network TEXT NOT NULL,
 account TEXT NOT NULL, coin TEXT NOT NULL, settings TEXT NOT NULL, chain INTEGER NOT NULL) STRICT"""


class Column(msgspec.Struct, frozen=True):
    """One column; ``path`` leads to the field, through a nested struct where there is one."""

    name: str
    sql_type: str
    path: tuple[str, ...]
    is_json: bool
    may_be_null: bool


class Table(msgspec.Struct, frozen=True):
    """One record type's table; every row also has ``seq``, ``session`` and ``chain``."""

    record: type[Record]
    name: str
    columns: tuple[Column, ...]

    @property
    def create(self) -> str:
        """The statement that makes the table."""
        cells = (f'"{c.name}" {c.sql_type}{"" if c.may_be_null else " NOT NULL"}' for c in self.columns)
        return (
            f"CREATE TABLE {self.name} (seq INTEGER PRIMARY KEY, session INTEGER NOT NULL, "
            f"{', '.join(cells)}, chain INTEGER NOT NULL) STRICT"
        )

    @property
    def index(self) -> str:
        """The statement that makes reading one session fast."""
        return f"CREATE INDEX {self.name}_by_session ON {self.name} (session, seq)"

    @property
    def insert(self) -> str:
        """The statement that adds a row of ``encode``."""
        return f"INSERT INTO {self.name} VALUES ({', '.join('?' * (len(self.columns) + 3))})"  # noqa: S608 - own names

    @property
    def select(self) -> str:
        """The statement that reads a session's rows in order."""
        return f"SELECT * FROM {self.name} WHERE session = ? ORDER BY seq"  # noqa: S608 - own names

    def encode(self, record: Record) -> tuple[Cell, ...]:
        """The cells of ``record``, without seq, session and chain."""
        plain = msgspec.to_builtins(record)
        return tuple(_cell(plain, column) for column in self.columns)

    def decode(self, cells: Sequence[Cell]) -> Record:
        """The record of cells that ``encode`` made; raises msgspec.ValidationError for others."""
        plain: dict[str, object] = {}
        for column, cell in zip(self.columns, cells, strict=True):
            value = msgspec.json.decode(cell) if column.is_json and isinstance(cell, str) else cell
            target = plain
            for step in column.path[:-1]:
                inner = target.setdefault(step, {})
                assert isinstance(inner, dict)
                target = inner
            target[column.path[-1]] = value
        return msgspec.convert({"type": self.record.__name__, **plain}, self.record, strict=False)


def next_chain(chain: int, table: str, seq: int, cells: Sequence[Cell]) -> int:
    """The running checksum after one row: the same rows in the same order give the same value."""
    return zlib.crc32(repr((table, seq, tuple(cells))).encode(), chain)


def first_chain(run_id: str) -> int:
    """The checksum that a session starts from."""
    return zlib.crc32(run_id.encode())


def _columns(struct: type[msgspec.Struct], path: tuple[str, ...]) -> list[Column]:
    columns: list[Column] = []
    for field in msgspec.structs.fields(struct):
        here = (*path, field.name)
        inner = field.type
        if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
            columns.extend(_columns(inner, here))
            continue
        options = typing.get_args(inner) if isinstance(inner, types.UnionType) else (inner,)
        bare = next(option for option in options if option is not type(None))
        is_json = typing.get_origin(bare) is dict
        columns.append(Column(field.name, _sql_type(bare, is_json), here, is_json, type(None) in options))
    return columns


def _sql_type(kind: object, is_json: bool) -> str:
    if is_json:
        return "TEXT"
    assert isinstance(kind, type), kind
    if issubclass(kind, int):
        return "INTEGER"
    if issubclass(kind, float):
        return "REAL"
    assert issubclass(kind, str | enum.Enum), kind
    return "TEXT"


def _cell(plain: object, column: Column) -> Cell:
    value = plain
    for step in column.path:
        assert isinstance(value, dict)
        value = value[step]
    if column.is_json:
        return msgspec.json.encode(value, order="deterministic").decode()
    if isinstance(value, bool):
        return int(value)
    if column.sql_type == "REAL" and isinstance(value, int | float):
        return float(value) + 0.0  # SQLite keeps no negative zero, and the checksum must come out the same
    assert value is None or isinstance(value, int | float | str), value
    return value


TABLE_OF: dict[type[Record], Table] = {
    record: Table(record, name, tuple(_columns(record, ()))) for record, name in TABLES.items()
}


def schema() -> list[str]:
    """Every statement that makes an empty journal, in order."""
    tables = TABLE_OF.values()
    return [SESSIONS, *(table.create for table in tables), *(table.index for table in tables)]
