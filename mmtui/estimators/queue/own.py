"""The queues that own orders stand in, followed through books, touches and prints.

Owns one ``QueueAhead`` an order, from the venue's time at which it rests. A level's size counts without what
is ours; a picture from before an order rested says nothing of it. Work per event grows with own orders alone.
Sizes base units, prices USD as on the wire, venue times ms. Source: models.md 9.1.
"""

from collections.abc import Iterable

from mmtui.domain.book import Book, Touch, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.queue.ahead import QueueAhead, QueueModel

ORDERS_MAX = 1_000


class Standing:
    """One own order in its queue."""

    __slots__ = ("ahead", "key", "price", "remaining", "rested_ms", "side")

    def __init__(self, key: str, side: Side, price: float, remaining: float, rested_ms: int) -> None:
        self.key = key
        self.side = side
        self.price = price
        self.remaining = remaining
        self.rested_ms = rested_ms
        self.ahead = QueueAhead()


class OwnQueues:
    """All own orders that rest, by key; at most ``ORDERS_MAX``, later ones are not followed."""

    __slots__ = ("_best", "_book", "_levels", "_model", "_power", "_prices", "_standing", "_touch")

    def __init__(self, settings: Settings) -> None:
        self._standing: dict[str, Standing] = {}
        self._prices: dict[Side, dict[float, list[Standing]]] = {Side.BUY: {}, Side.SELL: {}}
        self._best: dict[Side, float] = {Side.BUY: 0.0, Side.SELL: 0.0}
        self._book: Book | None = None
        self._levels: dict[Side, dict[float, float]] | None = None
        self._touch: Touch | None = None
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Takes an edited model; what is known of the queues stays."""
        self._model = QueueModel(settings.text("estimators.queue_model"))
        self._power = settings.number("estimators.queue_power")

    def __len__(self) -> int:
        return len(self._standing)

    def find(self, key: str) -> QueueAhead | None:
        """The queue before an order, if it is followed."""
        standing = self._standing.get(key)
        return None if standing is None else standing.ahead

    def front(self, ahead: QueueAhead) -> float | None:
        """Size before the order as the model in force has it; None while its level was not seen."""
        return ahead.cautious if self._model is QueueModel.CONSERVATIVE else ahead.probable

    def rest(self, now: float, key: str, side: Side, price: float, remaining: float, rested_ms: int) -> None:
        """An order rests since ``rested_ms``; a better time of one that is known replaces the first."""
        known = self._standing.get(key)
        if known is None:
            if len(self._standing) >= ORDERS_MAX:
                return
            known = self._standing[key] = Standing(key, side, price, remaining, rested_ms)
            self._prices[side].setdefault(price, []).append(known)
            self._best[side] = _best(side, self._prices[side])
        elif known.rested_ms == rested_ms or known.ahead.at_ms > max(rested_ms, known.rested_ms):
            return
        known.rested_ms = rested_ms
        level = self._seen(known)
        if level is not None:
            known.ahead.start(now, *level, joined_ms=rested_ms)

    def resize(self, key: str, remaining: float) -> None:
        """Some of an order was filled: nothing can stand before the rest of it."""
        standing = self._standing.get(key)
        if standing is not None and remaining < standing.remaining:
            standing.remaining = remaining
            standing.ahead.reach_front()

    def leave(self, key: str) -> None:
        """An order is over."""
        standing = self._standing.pop(key, None)
        if standing is None:
            return
        side, price = standing.side, standing.price
        self._prices[side][price].remove(standing)
        if not self._prices[side][price]:
            del self._prices[side][price]
            self._best[side] = _best(side, self._prices[side])

    def on_book(self, now: float, book: Book) -> None:
        """Takes a full book."""
        self._book, self._levels = book, None
        if not self._standing:
            return
        for side, prices in ((Side.BUY, book.bid_prices), (Side.SELL, book.ask_prices)):
            worst = prices[-1]
            for price, orders in self._prices[side].items():
                if side * (price - worst) < 0.0:
                    for standing in orders:
                        standing.ahead.out_of_sight(now)
                else:
                    size = self._by_price()[side].get(price, 0.0)
                    self._compare(now, book.venue_time_ms, size, orders)

    def on_touch(self, now: float, touch: Touch) -> None:
        """Takes best bid and ask: the sizes there, and that nothing of others is before them."""
        self._touch = touch
        for side, best, size in ((Side.BUY, touch.bid, touch.bid_size), (Side.SELL, touch.ask, touch.ask_size)):
            own_best = self._best[side]
            if not own_best or side * (own_best - best) < 0.0:
                continue
            for price, orders in self._prices[side].items():
                beyond = side * (price - best)
                if beyond >= 0.0:
                    self._compare(now, touch.venue_time_ms, size if beyond == 0.0 else 0.0, orders)

    def on_trade(self, trade: Trade) -> None:
        """Takes a print that counts once."""
        side = trade.side.opposite
        best = self._best[side]
        if not best or side * (best - trade.price) < 0.0:
            return
        for price, orders in self._prices[side].items():
            beyond = side * (price - trade.price)
            if beyond < 0.0:
                continue
            for standing in orders:
                if trade.venue_time_ms < standing.rested_ms:
                    continue
                if beyond > 0.0:
                    standing.ahead.reach_front(trade.venue_time_ms)
                else:
                    standing.ahead.on_trade(trade.venue_time_ms, trade.size, self._model, self._power)

    def others_at(self, side: Side, price: float) -> float:
        """Size of others at a price: as seen, or nothing where no picture reaches.

        Those who queue far from the market join when it has come, behind us.
        """
        level = self._raw(side, price)
        if level is None:
            return 0.0
        at_ms, size = level
        return max(0.0, size - _own(self._prices[side].get(price, ()), at_ms))

    def is_shown(self, side: Side, price: float) -> bool:
        """Whether the last pictures reach as far as a price."""
        return self._raw(side, price) is not None

    def _compare(self, now: float, at_ms: int, size: float, orders: list[Standing]) -> None:
        others = max(0.0, size - _own(orders, at_ms))
        for standing in orders:
            if standing.rested_ms <= at_ms:
                standing.ahead.on_level(now, at_ms, others, self._model, self._power)

    def _seen(self, standing: Standing) -> tuple[int, float] | None:
        level = self._raw(standing.side, standing.price)
        if level is None:
            return None
        at_ms, size = level
        return at_ms, max(0.0, size - _own(self._prices[standing.side][standing.price], at_ms))

    def _raw(self, side: Side, price: float) -> tuple[int, float] | None:
        """Venue time and size of a level in the latest picture that reaches it, ours included."""
        touch, book = self._touch, self._book
        if touch is not None and (book is None or touch.venue_time_ms >= book.venue_time_ms):
            best, size = (touch.bid, touch.bid_size) if side > 0 else (touch.ask, touch.ask_size)
            if side * (price - best) >= 0.0:
                return touch.venue_time_ms, size if price == best else 0.0
        if book is None:
            return None
        worst = book.bid_prices[-1] if side > 0 else book.ask_prices[-1]
        if side * (price - worst) < 0.0:
            return None
        return book.venue_time_ms, self._by_price()[side].get(price, 0.0)

    def _by_price(self) -> dict[Side, dict[float, float]]:
        if self._levels is None:
            book = self._book
            assert book is not None, "levels of a book"
            self._levels = {
                Side.BUY: dict(zip(book.bid_prices, book.bid_sizes, strict=False)),
                Side.SELL: dict(zip(book.ask_prices, book.ask_sizes, strict=False)),
            }
        return self._levels


def _own(orders: Iterable[Standing], at_ms: int) -> float:
    """Own size at one price that a picture of this venue time has in it."""
    total = 0.0
    for standing in orders:
        if standing.rested_ms <= at_ms:
            total += standing.remaining
    return total


def _best(side: Side, prices: Iterable[float]) -> float:
    return (max(prices, default=0.0)) if side > 0 else min(prices, default=0.0)
