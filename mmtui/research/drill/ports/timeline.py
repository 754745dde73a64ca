"""The virtual clock and what is due on it. Owns the order of everything that happens in a world."""

import heapq
from collections.abc import Callable

NEVER_MS = 1 << 62


class Timeline:
    """Calls by time; two at one millisecond come in the order in which they were given."""

    __slots__ = ("_count", "_queue", "now_ms")

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._count = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []

    def at(self, due_ms: int, call: Callable[[], None]) -> None:
        """Calls at a time, or at once when that has passed."""
        self._count += 1
        heapq.heappush(self._queue, (max(due_ms, self.now_ms), self._count, call))

    def after(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Calls after a delay."""
        self.at(self.now_ms + delay_ms, call)

    def next_ms(self) -> int:
        """When something is due next."""
        return self._queue[0][0] if self._queue else NEVER_MS

    def play(self) -> None:
        """Moves to the next call and makes it."""
        self.now_ms, _, call = heapq.heappop(self._queue)
        call()
