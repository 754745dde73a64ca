"""The exchange's time, as far as its own frames prove it.

Owns the highest block time seen and the nonce time derived from it. A single frame from the far
future or past changes nothing until a second one agrees, since the proof that an order can no longer
execute rests on this clock. Reads no clock itself. Faults F48, F54, F55; mechanism M4.
"""

SUSPECT_MS = 60_000
NONCE_LEAD_MS_MAX = 10_000


class VenueClock:
    """Latest exchange time in milliseconds, 0 before the first."""

    __slots__ = ("_observed_at", "_suspect_ms", "time_ms")

    def __init__(self) -> None:
        self.time_ms = 0
        self._observed_at = 0.0
        self._suspect_ms = 0

    def observe(self, venue_time_ms: int, now_s: float) -> None:
        """Takes the time of a frame received at engine second ``now_s``; never goes back."""
        expected_ms = self.estimate_ms(now_s)
        if abs(venue_time_ms - expected_ms) > SUSPECT_MS and venue_time_ms > self.time_ms:
            agrees = abs(venue_time_ms - self._suspect_ms) <= SUSPECT_MS
            self._suspect_ms = venue_time_ms
            if not agrees:
                return
        if venue_time_ms > self.time_ms:
            self.time_ms = venue_time_ms
            self._observed_at = now_s

    def estimate_ms(self, now_s: float) -> int:
        """The exchange's time now: the latest seen plus what has passed since; ours before the first."""
        if not self.time_ms:
            return int(now_s * 1000)
        return self.time_ms + int((now_s - self._observed_at) * 1000)

    def lead_ms(self, now_s: float) -> int:
        """How far our clock is ahead of the exchange's; 0 before its first time."""
        return int(now_s * 1000) - self.estimate_ms(now_s)

    def nonce_ms(self, now_s: float) -> int:
        """Our time, unless it is so far from the exchange's that the nonce would be refused."""
        local_ms = int(now_s * 1000)
        estimate_ms = self.estimate_ms(now_s)
        return local_ms if abs(local_ms - estimate_ms) <= NONCE_LEAD_MS_MAX else estimate_ms
