"""The version of a journal file: made where there is none, refused where it is another.

Owns the words for a file that cannot be used, each with what to do about it. Never changes one that is not empty.
"""

import sqlite3
from pathlib import Path

from mmtui.errors import DamagedJournalError
from mmtui.journal.rows import SCHEMA_VERSION, schema

REMEDY = "`mmtui resume --reason TEXT --rebuild` sets it aside and starts from what the exchange states"


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of a file; 0 when it is empty or another program's."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """Raises DamagedJournalError unless the file is empty or has the schema this program knows."""
    version = version_of(connection)
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        raise DamagedJournalError(
            f"the journal {path} is of a later version (schema {version}; this program knows {SCHEMA_VERSION})",
            remedy=f"start that version; or {REMEDY}",
        )
    if version:
        raise DamagedJournalError(
            f"the journal {path} is of an earlier version (schema {version})",
            remedy="a start of `mmtui run` on this market brings it up to date",
        )
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables:
        raise DamagedJournalError(f"{path} is not a journal of this program", remedy=REMEDY)


def make_schema(connection: sqlite3.Connection) -> None:
    """Makes every table in an empty file; does nothing in one that has them."""
    if version_of(connection):
        return
    connection.execute("BEGIN IMMEDIATE")
    for statement in schema():
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
