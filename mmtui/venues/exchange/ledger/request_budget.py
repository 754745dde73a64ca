"""The address budget: requests an account may send for what it has traded.

Owns the count, the throttle of a spent budget and the larger allowance of cancels. Time is an
argument. Source: hyperliquid-protocol.md 12.2.
"""

from mmtui.domain.units import MICRO, UsdMicro
from mmtui.venues.exchange import refusals

CANCEL_EXTRA = 100_000
THROTTLE_MS = 10_000
EXPIRED_WEIGHT = 5


class RequestBudget:
    """Requests used by one address; a refusal costs nothing and does not restart the throttle."""

    __slots__ = ("_allowed_again_ms", "initial", "used")

    def __init__(self, initial: int) -> None:
        self.initial = initial
        self.used = 0
        self._allowed_again_ms = 0

    def cap(self, volume_micro: UsdMicro) -> int:
        """Requests earned so far."""
        return self.initial + volume_micro // MICRO

    def spend(self, now_ms: int, entries: int, volume_micro: UsdMicro, *, is_cancel: bool) -> str | None:
        """Count an action of ``entries``; the refusal's text when it may not run."""
        cap = self.cap(volume_micro)
        limit = min(cap + CANCEL_EXTRA, 2 * cap) if is_cancel else cap
        if self.used + entries > limit:
            if now_ms < self._allowed_again_ms:
                return refusals.too_many_requests(self.used + entries, limit, volume_micro)
            self._allowed_again_ms = now_ms + THROTTLE_MS
        self.used += entries
        return None

    def spend_expired(self, entries: int) -> None:
        """Count an action that came too late."""
        self.used += EXPIRED_WEIGHT * entries
