"""The journal on a disk that is only simulated: what a process leaves behind when it dies is exact.

Owns the difference between accepted and durable: a sync takes virtual time, takes all that has gathered
as one, and can be refused, fail, or be cut off by the end of the process. A disk outlives the journals
that write it. Nothing here waits: whoever owns the virtual clock calls ``pump``. Answers F58 to F62.
"""

import heapq
import itertools
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from mmtui.domain.records import Record
from mmtui.journal.port import OnError, OnSynced, Session, SessionStart

DISK_FULL = "disk full"
SYNC_FAILED = "disk I/O error"


class _SessionEnd(msgspec.Struct, frozen=True):
    ended_at: float
    exit_reason: str


_Item: TypeAlias = Record | SessionStart | _SessionEnd


class _Batch(msgspec.Struct):
    first: int
    items: list[_Item]
    since: float

    @property
    def last(self) -> int:
        return self.first + len(self.items) - 1


class MemoryDisk:
    """What survives: ``rows`` of every session with their numbers, and the ``sessions`` themselves.

    ``sync_s`` is how long a sync takes, ``room`` how many rows still fit (None: any number), ``is_broken``
    makes every further sync fail.
    """

    __slots__ = ("is_broken", "last_seq", "room", "rows", "sessions", "sync_s")

    def __init__(self, *, sync_s: float = 0.0) -> None:
        self.rows: list[tuple[int, Record]] = []
        self.sessions: list[Session] = []
        self.last_seq = 0
        self.sync_s = sync_s
        self.room: int | None = None
        self.is_broken = False

    def records(self) -> list[Record]:
        """Every row, oldest first, as a fold takes them."""
        return [row for _, row in self.rows]

    def tear(self, rows: int) -> None:
        """Loses the last rows although they were said to be durable: a disk that lied."""
        assert rows >= 0, "a tear loses rows"
        del self.rows[max(0, len(self.rows) - rows) :]
        self.last_seq = max((seq for seq, _ in self.rows[-1:]), default=0)

    def write(self, batch: _Batch) -> str:
        """Makes a batch durable as a whole or not at all; returns why not."""
        if self.is_broken:
            return SYNC_FAILED
        if self.room is not None:
            if len(batch.items) > self.room:
                return DISK_FULL
            self.room -= len(batch.items)
        for seq, item in enumerate(batch.items, start=batch.first):
            self._keep(seq, item)
        self.last_seq = batch.last
        return ""

    def _keep(self, seq: int, item: _Item) -> None:
        if isinstance(item, SessionStart):
            self.sessions.append(Session(start=item, ended_at=None, exit_reason=""))
        elif isinstance(item, _SessionEnd):
            start = self.sessions[-1].start
            self.sessions[-1] = Session(start=start, ended_at=item.ended_at, exit_reason=item.exit_reason)
        else:
            self.rows.append((seq, item))


class MemoryJournal:
    """A ``Journal`` on a ``MemoryDisk``; with a disk that syncs in no time everything is durable at once.

    ``clock`` is virtual seconds; ``on_error`` is called once, from ``append`` or ``pump``.
    """

    __slots__ = (
        "_accepted",
        "_clock",
        "_due",
        "_failure",
        "_gathering",
        "_on_error",
        "_syncing",
        "_tickets",
        "_waiting",
        "disk",
    )

    def __init__(
        self,
        disk: MemoryDisk | None = None,
        *,
        clock: Callable[[], float] = lambda: 0.0,
        on_error: OnError = lambda _: None,
    ) -> None:
        self.disk = disk or MemoryDisk()
        self._clock = clock
        self._on_error = on_error
        self._accepted = self.disk.last_seq
        self._gathering: _Batch | None = None
        self._syncing: _Batch | None = None
        self._due = 0.0
        self._failure = ""
        self._waiting: list[tuple[int, int, OnSynced]] = []
        self._tickets = itertools.count()

    @property
    def rows(self) -> list[tuple[int, Record]]:
        """Every durable row of every session."""
        return self.disk.rows

    @property
    def sessions(self) -> list[Session]:
        """Every durable session."""
        return self.disk.sessions

    @property
    def synced_seq(self) -> int:
        """The highest sequence number known to be durable."""
        return self.disk.last_seq

    @property
    def pending(self) -> int:
        """How many rows are accepted and not durable."""
        return self._accepted - self.disk.last_seq

    @property
    def failure(self) -> str:
        """Why nothing more is accepted; empty while all is well."""
        return self._failure

    @property
    def due_at(self) -> float | None:
        """When ``pump`` has something to do; None while nothing is being synced."""
        return self._due if self._syncing is not None else None

    def begin_session(self, start: SessionStart) -> int:
        """Opens a session."""
        return self._take([start])

    def append(self, rows: Sequence[Record]) -> int:
        """Takes records, in order; returns the sequence number of the last one."""
        return self._take(list(rows))

    def when_synced(self, seq: int, callback: OnSynced) -> None:
        """Calls ``callback`` once ``seq`` is durable; at once when it is already."""
        assert seq <= self._accepted, "that number was never given out"
        heapq.heappush(self._waiting, (seq, next(self._tickets), callback))
        self._release()

    def waiting_s(self, now: float) -> float:
        """How long the oldest row that is not durable waits."""
        oldest = self._syncing or self._gathering
        return 0.0 if oldest is None or self._failure else max(0.0, now - oldest.since)

    def end_session(self, ended_at: float, exit_reason: str) -> int:
        """Closes the session opened last."""
        return self._take([_SessionEnd(ended_at, exit_reason)])

    def pump(self) -> None:
        """Ends the syncs that are over by now and begins the next."""
        while self._syncing is not None and self._due <= self._clock() and not self._failure:
            batch, self._syncing = self._syncing, None
            refused = self.disk.write(batch)
            if refused:
                self._fail(refused)
                return
            self._begin()
            self._release()

    def die(self, *, keeps: bool = False) -> None:
        """The process ends here: what was not synced is gone, but for a sync under way that ``keeps`` its rows."""
        if keeps and self._syncing is not None and not self._failure:
            self.disk.write(self._syncing)
        self._syncing = self._gathering = None
        self._waiting.clear()
        self._failure = "the process is dead"

    def close(self) -> None:
        """Makes everything accepted durable."""
        while self._syncing is not None and not self._failure:
            self._due = self._clock()
            self.pump()

    def _take(self, items: list[_Item]) -> int:
        assert items, "an empty batch has no sequence number"
        first = self._accepted + 1
        self._accepted += len(items)
        if self._failure:
            return self._accepted
        if self._gathering is None:
            self._gathering = _Batch(first, items, self._clock())
        else:
            self._gathering.items.extend(items)
        if self._syncing is None:
            self._begin()
            self.pump()
        return self._accepted

    def _begin(self) -> None:
        self._syncing, self._gathering = self._gathering, None
        self._due = self._clock() + self.disk.sync_s

    def _release(self) -> None:
        while self._waiting and self._waiting[0][0] <= self.disk.last_seq:
            heapq.heappop(self._waiting)[2]()

    def _fail(self, reason: str) -> None:
        self._failure = reason
        self._on_error(reason)
