"""The journal in memory, for simulation, replay and tests: everything is durable at once.

Owns nothing outside the object; same order and numbering as the one on disk.
"""

from collections.abc import Sequence

from mmtui.domain.records import Record
from mmtui.journal.port import OnSynced, Session, SessionStart


class MemoryJournal:
    """A ``Journal`` that keeps its records in lists; ``rows`` are those of every session, in order."""

    __slots__ = ("_seq", "rows", "sessions")

    def __init__(self) -> None:
        self._seq = 0
        self.rows: list[tuple[int, Record]] = []
        self.sessions: list[Session] = []

    @property
    def synced_seq(self) -> int:
        """The last sequence number given out."""
        return self._seq

    @property
    def failure(self) -> str:
        """Memory does not fail."""
        return ""

    def begin_session(self, start: SessionStart) -> int:
        """Opens a session."""
        self._seq += 1
        self.sessions.append(Session(start=start, ended_at=None, exit_reason=""))
        return self._seq

    def append(self, rows: Sequence[Record]) -> int:
        """Takes records, in order; returns the sequence number of the last one."""
        assert rows, "an empty batch has no sequence number"
        for row in rows:
            self._seq += 1
            self.rows.append((self._seq, row))
        return self._seq

    def when_synced(self, seq: int, callback: OnSynced) -> None:
        """Calls ``callback`` at once."""
        assert seq <= self._seq, "that number was never given out"
        callback()

    def end_session(self, ended_at: float, exit_reason: str) -> int:
        """Closes the session opened last."""
        self._seq += 1
        self.sessions[-1] = Session(start=self.sessions[-1].start, ended_at=ended_at, exit_reason=exit_reason)
        return self._seq

    def close(self) -> None:
        """Keeps the rows: there is no file to let go of."""
