"""Nonces of a world: the live rule with its high-water mark kept in the world.

Owns the proof that nonces rise, across restarts and clock errors. The venue's own window is the exchange's.
"""

from collections.abc import Callable
from pathlib import Path

from mmtui.domain.intents import Fence, Send
from mmtui.research.drill.violation import Violation
from mmtui.venues.hyperliquid.nonces import BLOCK, NonceSource

REMEMBERED = 1_000


class _Source(NonceSource):
    """The live source with its file kept in the world."""

    __slots__ = ("_mark",)

    def __init__(self, mark: list[int]) -> None:
        super().__init__(Path("nonces"))
        self._mark = mark

    def _reserve(self, wall_ms: int) -> tuple[int, int]:
        low = max(self._mark[0], self._last) + 1
        high = max(low, wall_ms) + BLOCK
        self._mark[0] = high
        return low, high


class SimSigner:
    """One key's nonces over all processes of a world."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._mark = [0]
        self._source = _Source(self._mark)
        self._last = 0
        self._of_request: dict[int, int] = {}

    def restart(self) -> None:
        """A process starts: it knows only what was kept."""
        self._source = _Source(self._mark)
        self._of_request.clear()

    def sign(self, intent: Send) -> int:
        """The nonce of an action: a fresh one, or for a fence that of its request."""
        if isinstance(intent, Fence) and intent.of_request_id in self._of_request:
            return self._of_request[intent.of_request_id]
        nonce = self._source.take(int(self._clock() * 1000.0))
        if nonce <= self._last:
            raise Violation("I9", f"nonce {nonce} after {self._last}")
        self._last = nonce
        self._of_request[intent.request_id] = nonce
        if len(self._of_request) > REMEMBERED:
            del self._of_request[next(iter(self._of_request))]
        return nonce
