"""The journal of a simulated process: the faithful one in memory, with the points at which a process may die.

Owns when a sync is over on the virtual clock. What survives is the disk's business.
"""

from collections.abc import Callable, Sequence

from mmtui.domain.records import CancelIntended, OrderIntended, Record
from mmtui.journal.memory import MemoryDisk, MemoryJournal
from mmtui.journal.port import OnError
from mmtui.research.drill.ports.timeline import Timeline

SYNC_S = 0.001
NO_ROOM = 0


class DeathPoints:
    """Where a process may be killed between a decision and its effect; each does nothing unless set."""

    __slots__ = ("after_send", "before_append", "before_send", "before_sync")

    def __init__(self) -> None:
        self.before_append: Callable[[], None] = _nothing
        self.before_sync: Callable[[], None] = _nothing
        self.before_send: Callable[[], None] = _nothing
        self.after_send: Callable[[], None] = _nothing


class SimJournal(MemoryJournal):
    """One process's journal. ``hand_over`` runs something inside the process; ``intended`` is each order's record."""

    __slots__ = ("_hand_over", "_is_planned", "_points", "_timeline", "intended")

    def __init__(
        self,
        disk: MemoryDisk,
        *,
        clock: Callable[[], float],
        on_error: OnError,
        timeline: Timeline,
        hand_over: Callable[[Callable[[], None]], None],
        points: DeathPoints,
    ) -> None:
        super().__init__(disk, clock=clock, on_error=on_error)
        self._timeline = timeline
        self._hand_over = hand_over
        self._points = points
        self._is_planned = False
        self.intended: dict[str, int] = {}

    def append(self, rows: Sequence[Record]) -> int:
        """Takes records, in order; returns the sequence number of the last one."""
        self._points.before_append()
        last = super().append(rows)
        for seq, row in enumerate(rows, start=last - len(rows) + 1):
            if isinstance(row, OrderIntended):
                self.intended[row.terms.cloid] = seq
            elif isinstance(row, CancelIntended):
                self.intended[f"{row.request_id}/{row.cloid}"] = seq
        self._plan()
        return last

    def _plan(self) -> None:
        due_at = self.due_at
        if due_at is None or self._is_planned:
            return
        self._is_planned = True
        wait_ms = max(1, round((due_at - self._clock()) * 1000.0))
        self._timeline.after(wait_ms, lambda: self._hand_over(self._sync))

    def _sync(self) -> None:
        self._is_planned = False
        if self.failure:
            return
        self._points.before_sync()
        self.pump()
        self._plan()


def _nothing() -> None:
    """The process lives on."""
