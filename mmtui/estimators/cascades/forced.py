"""Liquidation-like orders of one side, and how much excitement they leave.

Owns the aggressive order in progress, the signs it has shown, and two memories of what counted: a fast one
and a slow one for the wave that follows the exchange's pause. Our own messages correct the public tape: an
order we sent is no liquidation, one that hit our quote as a liquidation is. They may come before the prints
or after them; an order is known by its time at the exchange. Source: models.md 8.1 and 8.3.
"""

import math
from collections import deque

from mmtui.domain.book import Trade
from mmtui.estimators.cascades.hawkes import Excitation
from mmtui.estimators.cascades.liquidations import OUR_QUOTE, SWEEP, SWEEP_S, SWEPT_LEVELS, SYSTEM, weight_of

ORDERS_REMEMBERED = 16


class OpenOrder:
    """The latest aggressive order of one side, as far as it has swept."""

    __slots__ = (
        "_last_price",
        "counted",
        "counted_at",
        "is_own",
        "key",
        "large",
        "levels",
        "mark",
        "notional",
        "signs",
        "started",
        "venue_time_ms",
    )

    def __init__(self, key: str | int | None, at: float, venue_time_ms: int, *, large: float, signs: int) -> None:
        self.key = key
        self.started = at
        self.venue_time_ms = venue_time_ms
        self.large = large
        self.signs = signs
        self.is_own = False
        self.notional = 0.0
        self.levels = 0
        self._last_price = 0.0
        self.mark = 0.0
        self.counted = 0.0
        self.counted_at = at

    def grow(self, at: float, trade: Trade) -> None:
        """Take another print of the order."""
        self.notional += trade.price * trade.size
        if trade.price != self._last_price:
            self._last_price = trade.price
            self.levels += 1
        if self.notional > self.large and self.levels >= SWEPT_LEVELS and at - self.started <= SWEEP_S:
            self.signs |= SWEEP | (SYSTEM if trade.is_system else 0)

    @property
    def weight(self) -> float:
        """How much of a liquidation it counts as."""
        return 0.0 if self.is_own else weight_of(self.signs)


class ForcedFlow:
    """What the liquidation-like orders of one side have left."""

    __slots__ = ("_early", "_fast", "_recent", "_slow", "order")

    def __init__(self) -> None:
        self.order = OpenOrder(None, 0.0, 0, large=math.inf, signs=0)
        self._fast = Excitation()
        self._slow = Excitation()
        self._recent: deque[OpenOrder] = deque(maxlen=ORDERS_REMEMBERED)
        # What was told of an order before its first print: its time, whether it is ours, and what was counted.
        self._early: deque[tuple[int, bool, float]] = deque(maxlen=ORDERS_REMEMBERED)

    def start(self, key: str | int, at: float, venue_time_ms: int, *, large: float, signs: int) -> None:
        """Begin another order, with the signs that hold without its own shape."""
        if self.order.notional > 0.0:
            self._recent.append(self.order)
        self.order = OpenOrder(key, at, venue_time_ms, large=large, signs=signs)
        for time_ms, is_own, counted in self._early:
            if time_ms == venue_time_ms:
                self.order.is_own = is_own
                self.order.counted = max(self.order.counted, counted)
                self.order.signs |= 0 if is_own else OUR_QUOTE

    def count(self, at: float, mark: float, fast: float, slow: float) -> bool:
        """Let the open order count as ``mark``, of which it may have counted a part; whether that changed anything."""
        order = self.order
        if not mark > order.counted:
            return False
        self._add(at, mark - order.counted, fast, slow)
        order.counted, order.counted_at = mark, at
        return True

    def disown(self, at: float, venue_time_ms: int, fast: float, slow: float) -> None:
        """The order of that time was ours: it counts for nothing, and what it counted is taken back."""
        order = self._find(venue_time_ms)
        if order is None:
            self._early.append((venue_time_ms, True, 0.0))
            return
        dt_s = max(at - order.counted_at, 0.0)
        self._fast.add(at, -order.counted * math.exp(-fast * dt_s), fast)
        self._slow.add(at, -order.counted * math.exp(-slow * dt_s), slow)
        order.is_own, order.counted = True, 0.0

    def confirm(self, at: float, venue_time_ms: int, mark: float, fast: float, slow: float) -> None:
        """The order of that time was a liquidation: it counts as ``mark`` at least."""
        order = self._find(venue_time_ms)
        counted = 0.0
        if order is not None:
            order.signs |= OUR_QUOTE
            counted = order.counted
        else:
            counted = max((kept for time_ms, _, kept in self._early if time_ms == venue_time_ms), default=0.0)
            self._early.append((venue_time_ms, False, counted + max(mark - counted, 0.0)))
        if mark > counted:
            self._add(at, mark - counted, fast, slow)
            if order is not None:
                order.counted, order.counted_at = mark, at

    def excitation(self, now: float, fast: float, slow: float, slow_weight: float) -> float:
        """The sum of what counted, faded to ``now``; the slow memory enters by its weight and its rate."""
        value = self._fast.value(now, fast)
        return value + slow_weight * slow / fast * self._slow.value(now, slow) if slow_weight else value

    def _add(self, at: float, mark: float, fast: float, slow: float) -> None:
        self._fast.add(at, mark, fast)
        self._slow.add(at, mark, slow)

    def _find(self, venue_time_ms: int) -> OpenOrder | None:
        if self.order.notional > 0.0 and self.order.venue_time_ms == venue_time_ms:
            return self.order
        return next((order for order in self._recent if order.venue_time_ms == venue_time_ms), None)
