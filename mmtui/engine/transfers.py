"""Money that comes to the account or leaves it without a trade of ours, told apart from profit and loss.

Owns the difference between the venue's cash and the cash that our fills, fees and funding make. A step in
it that repeats, while the position agrees and the account's value moved by as much, is a transfer; trading
of other coins moves cash without moving the value, and is only noted. Fault F82.
"""

from mmtui.domain.events import AccountSnapshot
from mmtui.domain.units import UsdMicro

LEAST: UsdMicro = 1_000_000
APART_MS = 500
VALUE_SHARE = 0.2
MARK_SHARE = 0.02


class CashWatch:
    """Follows the difference from snapshot to snapshot."""

    __slots__ = ("_base", "_level", "_moved", "_seen", "_seen_ms")

    def __init__(self) -> None:
        self._base: UsdMicro | None = None
        self._level: UsdMicro = 0
        self._seen: UsdMicro = 0
        self._seen_ms = 0
        self._moved: UsdMicro = 0

    def start(self, account_value: UsdMicro) -> None:
        """The session begins: its cash is the venue's, and nothing is earned yet."""
        self._base, self._level = 0, account_value

    def look(self, snapshot: AccountSnapshot, *, cash: UsdMicro, earned: UsdMicro, value: UsdMicro) -> UsdMicro:
        """Looks at a snapshot that is as old as our books; returns what was transferred, once it is proven.

        ``cash`` is ours, ``earned`` the session's P&L, ``value`` that of the position. The account's value is
        compared with that of the last look at which nothing had moved, however many snapshots came between.
        """
        difference, level = snapshot.cash - cash, snapshot.account_value - earned
        if self._base is None:
            self._base, self._level = difference, level
        step = difference - self._base
        if abs(step) < LEAST:
            self._seen, self._level = 0, level
            return 0
        if abs(step - self._seen) >= LEAST:
            self._seen, self._seen_ms = step, snapshot.venue_time_ms
            self._moved = level - self._level
            return 0
        if snapshot.venue_time_ms - self._seen_ms < APART_MS:
            return 0
        self._base, self._seen, self._level = difference, 0, level
        tolerance = max(LEAST, VALUE_SHARE * abs(step) + MARK_SHARE * abs(value))
        return step if abs(self._moved - step) <= tolerance else 0

    def forget(self) -> None:
        """The position was taken over from the venue: the next snapshot is where looking starts anew."""
        self._base = None
