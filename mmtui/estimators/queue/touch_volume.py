"""How much trades at a price each time the market comes to it.

Owns the episodes of one side: one begins when a price becomes the best or is traded at, and ends when the
market has been away from it for a while, so that a flicker of the touch does not cut it in two. The average
begins at a prior of three mean orders, which fades as episodes are seen. Open episodes are bounded.
Source: models.md 9.2.
"""

from mmtui.domain.book import Trade
from mmtui.domain.instrument import Side
from mmtui.estimators.arrivals.order_size import OrderSizes
from mmtui.estimators.ewma import EventEwma
from mmtui.estimators.memory import TouchMemory
from mmtui.estimators.tape import order_key

HALF_LIFE_EPISODES = 50.0
PRIOR_ORDERS = 3.0
AWAY_S = 1.0
OPEN_MAX = 256


class TouchVolume:
    """Volume per episode of one side, base units."""

    __slots__ = ("_best", "_mean", "_open")

    def __init__(self) -> None:
        self._mean = EventEwma(HALF_LIFE_EPISODES)
        self._best = 0.0
        self._open: dict[float, tuple[float, float]] = {}

    def on_touch(self, now: float, best: float) -> None:
        """Takes the best price of the side; ends the episodes that the market has left."""
        if best == self._best:
            return
        volume, _ = self._open.get(self._best, (0.0, now))
        if self._best:
            self._open[self._best] = (volume, now)
        self._best = best
        self._open.setdefault(best, (0.0, now))
        for price in [price for price, (_, at) in self._open.items() if now - at > AWAY_S and price != best]:
            self._end(price)

    def on_trade(self, now: float, price: float, size: float) -> None:
        """Takes a print that hit this side."""
        volume, _ = self._open.pop(price, (0.0, now))
        self._open[price] = (volume + size, now)
        if len(self._open) > OPEN_MAX:
            self._end(next(iter(self._open)))

    def value(self, mean_order: float) -> float:
        """Expected volume of an episode; ``mean_order`` in base units makes the prior."""
        total, weight, _ = self._mean.weights
        return total + max(0.0, 1.0 - weight) * PRIOR_ORDERS * mean_order

    @property
    def n_eff(self) -> float:
        """Effective number of episodes seen."""
        return self._mean.n_eff

    def skip(self) -> None:
        """After a gap: what was open has not been seen to its end."""
        self._open.clear()
        self._best = 0.0

    @property
    def weights(self) -> tuple[float, float, float]:
        """All there is to remember."""
        return self._mean.weights

    def recall(self, weights: tuple[float, float, float]) -> None:
        """Goes on from weights remembered."""
        self._mean.recall(weights)

    def _end(self, price: float) -> None:
        self._mean.add(self._open.pop(price)[0])


class TouchVolumes:
    """Both sides, with the mean orders that make their priors."""

    __slots__ = ("_keys", "ask", "bid", "sizes")

    def __init__(self) -> None:
        self.bid = TouchVolume()
        self.ask = TouchVolume()
        self.sizes = OrderSizes()
        self._keys: dict[Side, str | int | None] = {Side.BUY: None, Side.SELL: None}

    def on_touch(self, now: float, bid: float, ask: float) -> None:
        """Takes best bid and ask."""
        self.bid.on_touch(now, bid)
        self.ask.on_touch(now, ask)

    def on_trade(self, now: float, trade: Trade) -> None:
        """Takes a print that counts."""
        key, aggressor = order_key(trade), trade.side
        self.sizes.on_print(aggressor, trade.size, is_first=key != self._keys[aggressor])
        self._keys[aggressor] = key
        hit = self.bid if aggressor < 0 else self.ask
        hit.on_trade(now, trade.price, trade.size)

    def skip(self) -> None:
        """After a gap in the feed."""
        self.bid.skip()
        self.ask.skip()

    def value(self, side: Side) -> float:
        """Volume expected to trade at a price of our ``side`` each time it is touched; 0 while not known."""
        return self.bid.value(self.sizes.bid.value) if side > 0 else self.ask.value(self.sizes.ask.value)

    def memory(self) -> TouchMemory:
        """What outlives the process."""
        return TouchMemory(
            bid=self.bid.weights,
            ask=self.ask.weights,
            orders_bid=self.sizes.bid.weights,
            orders_ask=self.sizes.ask.weights,
        )

    def recall(self, memory: TouchMemory) -> None:
        """Goes on from what was remembered."""
        self.bid.recall(memory.bid)
        self.ask.recall(memory.ask)
        self.sizes.bid.recall(memory.orders_bid)
        self.sizes.ask.recall(memory.orders_ask)
