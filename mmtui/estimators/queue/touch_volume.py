"""How much trades at a price each time the market comes to it.

Owns the episodes of one side: one begins when a price becomes the best or is traded at, and ends when the
market has been away from it for a while, so that a flicker of the touch does not cut it in two. The average
begins at a prior of three mean orders, which fades as episodes are seen. Open episodes are bounded.
Source: models.md 9.2.
"""

from mmtui.estimators.ewma import EventEwma

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
