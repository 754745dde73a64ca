"""Which nonces a signer may still use.

Owns the hundred highest nonces of each signing key and the time they must lie in. Time is an
argument. Source: hyperliquid-protocol.md 4.4.
"""

import heapq

NONCES_KEPT = 100
PAST_MS = 2 * 86_400_000
FUTURE_MS = 86_400_000


class NonceWindow:
    """The nonces of one signer."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest: list[int] = []
        self._seen: set[int] = set()

    def spend(self, nonce: int, now_ms: int) -> str | None:
        """Remember the nonce; the refusal's text when it may not be used, which remembers nothing."""
        if nonce in self._seen:
            return f"Invalid nonce: duplicate nonce {nonce}"
        floor = now_ms - PAST_MS
        if len(self._highest) == NONCES_KEPT:
            floor = max(floor, self._highest[0])
        if nonce <= floor:
            return f"Invalid nonce: nonce too low {nonce} < {floor}"
        if nonce >= now_ms + FUTURE_MS:
            return f"Invalid nonce: nonce too high {nonce} > {now_ms + FUTURE_MS}"
        self._seen.add(nonce)
        if len(self._highest) == NONCES_KEPT:
            self._seen.discard(heapq.heappushpop(self._highest, nonce))
        else:
            heapq.heappush(self._highest, nonce)
        return None
