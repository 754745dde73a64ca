"""The journal on disk: SQLite in WAL mode, written by one thread of its own.

Owns the file, the thread and the hand-over of "durable now" to the event loop. ``append`` only
queues; the thread commits whatever has gathered in one transaction with a full sync (M2). The first
error ends it: it is reported once and nothing more is accepted or called durable. Never retries a
failed sync. Answers F58, F59, F61.
"""

import contextlib
import heapq
import itertools
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import msgspec

from mmtui.domain.records import Record
from mmtui.errors import JournalError
from mmtui.journal.lag import Lag
from mmtui.journal.migration import migrate
from mmtui.journal.port import OnError, OnSynced, SessionStart
from mmtui.journal.rows import TABLE_OF, TABLES, first_chain, next_chain
from mmtui.journal.schema import check_schema, make_schema

PENDING_MAX = 200_000
CLOSE_TIMEOUT_S = 10.0
# A quarter of SQLite's default: the log beside the file stays near 1 MB, so that a nearly full disk lasts longer.
WAL_PAGES = 256

Post: TypeAlias = Callable[[Callable[[], None]], object]
Connect: TypeAlias = Callable[[Path], sqlite3.Connection]


class SessionEnd(msgspec.Struct, frozen=True):
    """The closing of the current session, on its way to the writer."""

    ended_at: float
    exit_reason: str


Item: TypeAlias = Record | SessionStart | SessionEnd


def connect(path: Path) -> sqlite3.Connection:
    """A connection with the durability the journal needs; the file is made with mode 0600."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=5.0)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


class SqliteJournal:
    """A ``Journal`` in one file, for one writing process.

    ``post`` hands a call to the event loop from another thread (``loop.call_soon_threadsafe``);
    ``on_error`` runs there, once. Raises JournalError when the file cannot be used.
    """

    def __init__(self, path: Path, *, post: Post, on_error: OnError, connect: Connect = connect) -> None:
        self._connection = _opened(path, connect)
        self._seq = itertools.count(_last_seq(self._connection) + 1)
        self._post = post
        self._on_error = on_error
        self._inbox: queue.SimpleQueue[tuple[int, Sequence[Item]] | None] = queue.SimpleQueue()
        self._accepted = self._synced = _last_seq(self._connection)
        self._failure = ""
        self._waiting: list[tuple[int, int, OnSynced]] = []
        self._tickets = itertools.count()
        self._session = _Session()
        self._lag = Lag()
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    @property
    def synced_seq(self) -> int:
        """The highest sequence number known to be durable."""
        return self._synced

    @property
    def pending(self) -> int:
        """How many rows are accepted and not yet durable."""
        return self._accepted - self._synced

    @property
    def failure(self) -> str:
        """Why nothing more is accepted; empty while all is well."""
        return self._failure

    def begin_session(self, start: SessionStart) -> int:
        """Opens a session: later records belong to it."""
        return self._queue((start,))

    def append(self, rows: Sequence[Record]) -> int:
        """Takes records, in order; returns the sequence number of the last one. Never blocks."""
        return self._queue(rows)

    def end_session(self, ended_at: float, exit_reason: str) -> int:
        """Closes the session."""
        return self._queue((SessionEnd(ended_at, exit_reason),))

    def when_synced(self, seq: int, callback: OnSynced) -> None:
        """Calls ``callback`` once ``seq`` is durable, in order of ``seq``; from the loop only."""
        heapq.heappush(self._waiting, (seq, next(self._tickets), callback))
        self._release()

    def waiting_s(self, now: float) -> float:
        """Seconds that the oldest row not yet durable has waited; asked from the loop, at least every second."""
        if self._failure:
            return 0.0
        return self._lag.waiting_s(now, accepted=self._accepted, synced=self._synced)

    def close(self) -> None:
        """Makes everything accepted durable and closes the file; waits for the writer, so not for the loop.

        Callbacks of ``when_synced`` still come through ``post``.
        """
        self._inbox.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)
        if self._thread.is_alive():
            raise JournalError("the journal could not be closed in time", remedy="check the disk")
        self._connection.close()

    def _queue(self, items: Sequence[Item]) -> int:
        assert items, "an empty batch has no sequence number"
        for _ in items:
            self._accepted = next(self._seq)
        if self._failure:
            return self._accepted
        if self.pending > PENDING_MAX:
            self._fail(f"the disk is {self.pending} rows behind")
            return self._accepted
        self._inbox.put((self._accepted - len(items) + 1, items))
        return self._accepted

    def _release(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._synced:
            heapq.heappop(self._waiting)[2]()

    def _write(self) -> None:
        reason = "the writer ended without a reason"
        try:
            while (batch := self._gather()) is not None and not self._failure:
                self._commit(batch)
                self._synced = batch[-1][0] + len(batch[-1][1]) - 1
                self._tell(self._release)
            reason = ""
        except (sqlite3.Error, OSError, ValueError, OverflowError, msgspec.MsgspecError) as error:
            reason = _in_words(error)
        finally:
            if reason:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                self._fail(reason)

    def _gather(self) -> list[tuple[int, Sequence[Item]]] | None:
        """Everything that has queued up, at least one batch; None when closing."""
        first = self._inbox.get()
        if first is None:
            return None
        gathered = [first]
        with contextlib.suppress(queue.Empty):
            while (more := self._inbox.get_nowait()) is not None:
                gathered.append(more)
            self._inbox.put(None)
        return gathered

    def _commit(self, batches: list[tuple[int, Sequence[Item]]]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        for first, items in batches:
            for seq, item in enumerate(items, start=first):
                self._session.insert(self._connection, seq, item)
        self._session.seal(self._connection)
        self._connection.execute("COMMIT")

    def _fail(self, reason: str) -> None:
        if not self._failure:
            self._failure = reason
            self._tell(lambda: self._on_error(reason))

    def _tell(self, call: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is waiting any more
            self._post(call)


class _Session:
    """The session rows are written to, and their running checksum."""

    __slots__ = ("_chain", "_seq")

    def __init__(self) -> None:
        self._seq = 0
        self._chain = 0

    def insert(self, connection: sqlite3.Connection, seq: int, item: Item) -> None:
        if isinstance(item, SessionStart):
            self.seal(connection)
            self._seq, self._chain = seq, first_chain(item.run_id)
            connection.execute(
                "INSERT INTO sessions (seq, run_id, started_at, version, network, account, coin, settings, chain)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    seq,
                    item.run_id,
                    item.started_at,
                    item.version,
                    item.network,
                    item.account,
                    item.coin,
                    msgspec.json.encode(item.settings).decode(),
                    self._chain,
                ),
            )
        elif isinstance(item, SessionEnd):
            connection.execute(
                "UPDATE sessions SET ended_at = ?, exit_reason = ? WHERE seq = ?",
                (item.ended_at, item.exit_reason, self._seq),
            )
        else:
            table = TABLE_OF[type(item)]
            cells = table.encode(item)
            self._chain = next_chain(self._chain, table.name, seq, cells)
            connection.execute(table.insert, (seq, self._seq, *cells, self._chain))

    def seal(self, connection: sqlite3.Connection) -> None:
        """Keep the checksum with the session, so that rows lost from the end are noticed as well."""
        connection.execute("UPDATE sessions SET chain = ? WHERE seq = ?", (self._chain, self._seq))


def _opened(path: Path, connect: Connect) -> sqlite3.Connection:
    try:
        connection = connect(path)
        migrate(connection, path)
        check_schema(connection, path)
        make_schema(connection)
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"the journal {path} cannot be opened: {_in_words(error)}",
            remedy="check the disk and the file's owner, or move the file away to begin another journal",
        ) from None
    return connection


def _last_seq(connection: sqlite3.Connection) -> int:
    parts = " UNION ALL ".join(f"SELECT max(seq) AS seq FROM {name}" for name in ["sessions", *TABLES.values()])  # noqa: S608 - own names
    (seq,) = connection.execute(f"SELECT max(seq) FROM ({parts})").fetchone()  # noqa: S608 - own names
    return int(seq or 0)


def _in_words(error: Exception) -> str:
    text = str(error)
    return "disk full" if "disk is full" in text else text
