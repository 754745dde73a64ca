"""How fast requests are spent and earned, and when the venue will throttle at that pace.

Owns the count of single orders and cancels sent, of fills and of traded value, whole and by the minute.
Never refuses anything. The venue gives one request for each USD traded, a tenth of that on contracts in
growth mode.
"""

from collections import deque

import msgspec

MINUTE_S = 60.0
MINUTES_KEPT = 60
WATCHED_MIN_S = 60.0
HOURS_SHOWN_MAX = 10_000.0
GROWTH_SHARE = 0.1


class _Minute(msgspec.Struct):
    """What was spent and traded in one minute."""

    number: int
    spent: int = 0
    earned: float = 0.0


class Burn(msgspec.Struct, frozen=True, kw_only=True):
    """The burn as shown; None for what cannot be said yet, or never ends."""

    requests_left: int | None
    requests_per_fill: float | None
    usd_per_request: float | None
    hours_to_throttle: float | None


class BurnMeter:
    """Counts the requests of one session against what the venue leaves."""

    __slots__ = ("_left", "_minutes", "_share", "_spent_since", "_started", "cap", "spent", "usd")

    def __init__(self, *, growth_mode: bool) -> None:
        self._share = GROWTH_SHARE if growth_mode else 1.0
        self._minutes: deque[_Minute] = deque(maxlen=MINUTES_KEPT)
        self._left: int | None = None
        self._spent_since = 0
        self.cap = 0
        self._started: float | None = None
        self.spent = 0
        self.usd = 0.0

    def state(self, left: int, cap: int) -> None:
        """Takes what the client says is left of what the venue allows."""
        self._left, self.cap, self._spent_since = left, cap, 0

    def sent(self, now: float, entries: int) -> None:
        """Counts the single orders or cancels of one action."""
        self.spent += entries
        self._spent_since += entries
        self._minute(now).spent += entries

    def traded(self, now: float, usd: float) -> None:
        """Counts a fill worth ``usd``."""
        self.usd += usd
        self._minute(now).earned += usd * self._share

    @property
    def left(self) -> int | None:
        """Requests left now, as far as is known; what was earned counts once it is stated."""
        return None if self._left is None else max(0, self._left - self._spent_since)

    def burn(self, now: float, fills: int) -> Burn:
        """The burn at ``now`` after so many fills."""
        return Burn(
            requests_left=self.left,
            requests_per_fill=self.spent / fills if fills else None,
            usd_per_request=self.usd / self.spent if self.spent else None,
            hours_to_throttle=self._hours(now),
        )

    def _hours(self, now: float) -> float | None:
        left = self.left
        if left is None or self._started is None:
            return None
        while self._minutes and self._minutes[0].number <= int(now // MINUTE_S) - MINUTES_KEPT:
            self._minutes.popleft()
        watched_s = min(now - self._started, MINUTES_KEPT * MINUTE_S)
        if watched_s < WATCHED_MIN_S:
            return None
        net = sum(minute.spent for minute in self._minutes) - sum(minute.earned for minute in self._minutes)
        if not net > 0.0:
            return None
        hours = left / (net / watched_s) / 3600.0
        return hours if hours <= HOURS_SHOWN_MAX else None

    def _minute(self, now: float) -> _Minute:
        if self._started is None:
            self._started = now
        number = int(now // MINUTE_S)
        if not self._minutes or self._minutes[-1].number != number:
            self._minutes.append(_Minute(number))
        return self._minutes[-1]
