"""Public prints made fit for estimation: fresh, seen once, sane, and grouped into orders.

Owns which prints count and which of them belong to one aggressive order. One order that sweeps
five levels is one observation, not five. Memory of seen prints is bounded.
Source: models.md 6.4 step 1; signals use prints at most five seconds old.
"""

from collections import deque

import msgspec

from mmtui.domain.book import PRICE_USD_MAX, SIZE_BASE_MAX, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.cascades.cascade import Cascade
from mmtui.estimators.flow import FlowImbalance
from mmtui.estimators.volatility.volume_clock import VolumeClock

PRINT_AGE_S = 5.0
PRINTS_REMEMBERED = 4096
PRINT_DEVIATION_MAX = 0.2
SMALLEST = 1e-12
MS = 0.001


class TapeFilter:
    """Decides whether a print counts, and at which second of the tape."""

    __slots__ = ("_order_of_arrival", "_seen", "_tape_at")

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()
        self._order_of_arrival: deque[tuple[int, int]] = deque()
        self._tape_at = 0.0

    def accept(self, received_at: float, trade: Trade, mid: float) -> float | None:
        """Time of a print that counts, in s, or None.

        The time is the venue's, held between five seconds ago and now, and never runs backward.
        ``mid`` of 0 means that none is known yet.
        """
        if not received_at - trade.venue_time_ms * MS <= PRINT_AGE_S:
            return None
        if not (SMALLEST <= trade.price <= PRICE_USD_MAX and SMALLEST <= trade.size <= SIZE_BASE_MAX):
            return None
        if mid > 0.0 and not abs(trade.price - mid) <= PRINT_DEVIATION_MAX * mid:
            return None
        if not self._is_first(trade.venue_time_ms, trade.tid):
            return None
        self._tape_at = max(min(trade.venue_time_ms * MS, received_at), self._tape_at)
        return self._tape_at

    def _is_first(self, venue_time_ms: int, tid: int) -> bool:
        key = (venue_time_ms, tid)
        if key in self._seen:
            return False
        self._seen.add(key)
        self._order_of_arrival.append(key)
        if len(self._order_of_arrival) > PRINTS_REMEMBERED:
            self._seen.discard(self._order_of_arrival.popleft())
        return True


class Reach(msgspec.Struct, frozen=True, gc=False):
    """How far an aggressive order has gone beyond the reference, as a fraction of it.

    ``previous`` is what the same order had reached by its earlier prints; None for its first. ``size`` is
    what it has traded so far, in base units.
    """

    now: float
    previous: float | None
    size: float = 0.0


class AggressiveOrders:
    """The latest aggressive order of each side, extended print by print."""

    __slots__ = ("_buy", "_sell")

    def __init__(self) -> None:
        self._buy = _OpenOrder()
        self._sell = _OpenOrder()

    def extend(self, trade: Trade, reference: float) -> Reach:
        """Reach after ``trade``; ``reference`` (USD, positive) counts for an order's first print only."""
        order = self._buy if trade.side is Side.BUY else self._sell
        return order.extend(order_key(trade), trade, reference)


class _OpenOrder:
    __slots__ = ("_key", "_reach", "_reference", "_size")

    def __init__(self) -> None:
        self._key: str | int | None = None
        self._reach = 0.0
        self._reference = 0.0
        self._size = 0.0

    def extend(self, key: str | int, trade: Trade, reference: float) -> Reach:
        if key != self._key:
            self._key = key
            self._reference = reference
            self._size = trade.size
            self._reach = trade.side * (trade.price - reference) / reference
            return Reach(self._reach, None, self._size)
        self._size += trade.size
        previous = self._reach
        reach = trade.side * (trade.price - self._reference) / self._reference
        self._reach = max(previous, reach)
        return Reach(self._reach, previous, self._size)


def order_key(trade: Trade) -> str | int:
    """What the prints of one order share beside their side: the order's key, else the venue's time."""
    return trade.order_key if trade.order_key.strip("0x") else trade.venue_time_ms


class Tape:
    """What prints feed: the filter, their orders, the volume clock, the flow and the cascade."""

    __slots__ = ("cascade", "clock", "filter", "flow", "orders", "ticked_at", "updated_at")

    def __init__(self, settings: Settings) -> None:
        self.filter = TapeFilter()
        self.orders = AggressiveOrders()
        self.clock = VolumeClock(settings)
        self.flow = FlowImbalance(settings.number("estimators.flow_time_constant_s"))
        self.cascade = Cascade(settings)
        self.updated_at = 0.0
        self.ticked_at = 0.0

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; state stays."""
        self.clock.reconfigure(settings)
        self.flow.set_time_constant(settings.number("estimators.flow_time_constant_s"))
        self.cascade.reconfigure(settings)
