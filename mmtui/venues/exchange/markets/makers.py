"""Background makers of the synthetic market: they follow a fair price late and stand exponentially deep.

Owns the background orders at rest. Account orders are never touched and never crossed: a background
quote that would trade with one is withheld, and informed takers correct the price instead.
"""

import random

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import BPS, Price
from mmtui.venues.exchange.executions import BACKGROUND, BookOrder
from mmtui.venues.exchange.markets.presets import MakerFlow
from mmtui.venues.exchange.matching import MatchingBook

_LEVELS_ALL = 1_000_000
_NOTIONAL_MIN_USD = 10.0
_TOUCH_PRESENCE = 0.92
_FAR_SHARE = 0.18
_FAR_FACTOR = 6.0
_BACKSTOP_DEPTHS = 15.0
"""Distance of the one order a side always keeps, in mean depths; no sweep reaches it."""


class OidSource:
    """Oids of background orders: negative, so that they never meet an account's."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def take(self) -> int:
        """An oid never given before."""
        self._last -= 1
        return self._last


class BackgroundMakers:
    """Both sides' resting background orders."""

    __slots__ = ("_backstop", "_fair_usd", "_flow", "_instrument", "_oids", "_resting", "_rng", "_scale")

    def __init__(
        self, instrument: Instrument, flow: MakerFlow, fair_usd: float, oids: OidSource, rng: random.Random
    ) -> None:
        self._fair_usd = fair_usd
        self._instrument = instrument
        self._flow = flow
        self._oids = oids
        self._rng = rng
        self._scale: float = float(10**instrument.price_decimals)
        self._backstop: dict[Side, int] = {}
        self._resting: dict[Side, list[int]] = {Side.BUY: [], Side.SELL: []}

    def open(self, book: MatchingBook, now_ms: int) -> None:
        """Fill an empty book."""
        for side in Side:
            self._restore_touch(side, book, now_ms)
            self._deepen(side, self._flow.orders_per_side, book, now_ms)
            self._keep_backstop(side, book, now_ms)

    def learn(self, efficient_usd: float, elapsed_s: float) -> None:
        """Move the makers' fair price towards the efficient one."""
        share = 1.0 - 0.5 ** (elapsed_s / self._flow.lag_half_life_s)
        self._fair_usd += share * (efficient_usd - self._fair_usd)

    def requote(self, book: MatchingBook, now_ms: int) -> None:
        """Withdraw what the fair price has made too good, restore the touch, turn part of the depth over."""
        flow = self._flow
        for side in Side:
            self._withdraw_better(side, self._touch(side), book)
        for side in Side:
            if self._rng.random() < _TOUCH_PRESENCE:
                self._restore_touch(side, book, now_ms)
            self._thin_out(side, book)
            missing = flow.orders_per_side - len(self._resting[side])
            if missing > 0:
                self._deepen(side, 1 + int(missing * flow.recovery), book, now_ms)
            self._keep_backstop(side, book, now_ms)

    def _touch(self, side: Side) -> Price:
        """The best price makers would show on ``side``."""
        half = self._fair_usd * self._flow.half_spread_bps / BPS
        return max(1, self._instrument.quote_price(side, self._fair_usd - side * half))

    def _withdraw_better(self, side: Side, limit: Price, book: MatchingBook) -> None:
        best = book.best(side)
        if best is None or side * (best - limit) <= 0:
            return
        for price, _size, _count in book.levels(side, _LEVELS_ALL):
            if side * (price - limit) <= 0:
                return
            for order in book.orders_at(side, price):
                if not order.account:
                    book.cancel(order.oid)

    def _restore_touch(self, side: Side, book: MatchingBook, now_ms: int) -> None:
        price = self._touch(side)
        best = book.best(side)
        if best is None or side * (price - best) > 0:
            order = self._place(side, price, self._flow.touch_usd, book, now_ms)
            if order is not None:
                self._resting[side].append(order.oid)

    def _keep_backstop(self, side: Side, book: MatchingBook, now_ms: int) -> None:
        touch = self._touch(side)
        distance = min(_BACKSTOP_DEPTHS * self._flow.depth_bps / BPS, 0.5) * touch
        kept = book.get(self._backstop.get(side, 0))
        if kept is not None and side * (touch - kept.price) > distance / 2:
            return
        if kept is not None:
            book.cancel(kept.oid)
        raw = max(1, touch - side * round(distance))
        price = self._instrument.floor_price(raw) if side is Side.BUY else self._instrument.ceil_price(raw)
        order = self._place(side, price, self._flow.order_usd, book, now_ms)
        self._backstop[side] = order.oid if order else 0

    def _deepen(self, side: Side, count: int, book: MatchingBook, now_ms: int) -> None:
        touch = self._touch(side)
        step_units = self._flow.depth_bps / BPS * touch
        instrument = self._instrument
        for _ in range(count):
            scale = step_units * _FAR_FACTOR if self._rng.random() < _FAR_SHARE else step_units
            raw = touch - side * round(self._rng.expovariate(1.0) * scale)
            price = instrument.floor_price(raw) if side is Side.BUY else instrument.ceil_price(raw)
            order = self._place(side, price, self._flow.order_usd, book, now_ms) if price > 0 else None
            if order is not None:
                self._resting[side].append(order.oid)

    def _place(self, side: Side, price: Price, mean_usd: float, book: MatchingBook, now_ms: int) -> BookOrder | None:
        if book.crosses(side, price):
            return None
        notional_usd = max(_NOTIONAL_MIN_USD, self._rng.expovariate(1.0) * mean_usd)
        size = max(1, self._instrument.floor_size(notional_usd * self._scale / price))
        order = BookOrder(self._oids.take(), BACKGROUND, side, price, size, placed_ms=now_ms)
        book.rest(order)
        return order

    def _thin_out(self, side: Side, book: MatchingBook) -> None:
        """Forget what traded or was withdrawn, and withdraw a share of the rest."""
        turnover, draw = self._flow.turnover, self._rng.random
        kept: list[int] = []
        for oid in self._resting[side]:
            if book.get(oid) is None:
                continue
            if draw() < turnover:
                book.cancel(oid)
            else:
                kept.append(oid)
        self._resting[side] = kept
