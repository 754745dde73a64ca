"""What is under way about own orders: requests, questions and fences. Knows no order."""

import msgspec

FENCE_AGAIN_S = 1.0
FENCE_TRIES_MAX = 10
FENCES_MAX = 1_000


class Request(msgspec.Struct, frozen=True):
    """An action on its way: which orders it concerns and when it was sent."""

    cloids: tuple[str, ...]
    is_cancel: bool
    sent_at: float


class Inquiry(msgspec.Struct):
    """The questions asked about one order: when next, and how often the venue did not know it.

    Its request can run no more since before question ``decisive_from`` was asked; 0 while it may.
    """

    next_at: float
    misses: int = 0
    missed_at: float = 0.0
    decisive_from: int = 0


class Fences:
    """Owner of the fences under way: which request each is for, when it was sent last, how often."""

    __slots__ = ("_requests", "_tries")

    def __init__(self) -> None:
        self._requests: dict[int, int] = {}
        self._tries: dict[int, tuple[float, int]] = {}

    def is_due(self, request_id: int, now: float) -> bool:
        """Whether a fence for this request should be sent now."""
        at, count = self._tries.get(request_id, (-FENCE_AGAIN_S, 0))
        return count < FENCE_TRIES_MAX and now - at >= FENCE_AGAIN_S

    def sent(self, fence_id: int, request_id: int, now: float) -> None:
        """Notes a fence that leaves."""
        self._requests[fence_id] = request_id
        self._tries[request_id] = (now, self._tries.get(request_id, (now, 0))[1] + 1)
        for notes in (self._requests, self._tries):
            if len(notes) > FENCES_MAX:
                del notes[next(iter(notes))]

    def ended(self, fence_id: int) -> int | None:
        """The request a fence was for, now that its fate is known; None when it is none of ours."""
        return self._requests.pop(fence_id, None)
