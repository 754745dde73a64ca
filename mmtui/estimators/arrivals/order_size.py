"""How large aggressive orders are, by the side they hit, and what a lot may expect of them.

Owns an average over whole orders: the prints of one order are one observation, which grows while the
order does. Source: models.md 6.5, lot consistency.
"""

import bisect
import enum
import math
from collections import deque

from mmtui.domain.book import SIZE_BASE_MAX
from mmtui.domain.instrument import Side

HALF_LIFE_ORDERS = 100.0
MEDIAN_ORDERS = 101
# Five orders, the earlier ones forgotten a little.
ORDERS_WARM = 4.5


class LotConsistency(enum.Enum):
    """How arrivals count for a lot: all, those of at least a lot, or as if the lot were the mean order."""

    OFF = "off"
    PROBABILITY = "probability"
    REDUCED = "reduced"


class MeanOrderSize:
    """Average size (base units) of the orders that hit one side, halved in weight after a hundred more."""

    __slots__ = ("_sum", "_weight")

    def __init__(self) -> None:
        self._sum = 0.0
        self._weight = 0.0

    def begin(self, size: float) -> None:
        """Count another order by its first print."""
        self._sum = _KEEP * self._sum + size
        self._weight = _KEEP * self._weight + 1.0

    def extend(self, size: float) -> None:
        """Add a later print to the last order."""
        self._sum += size

    @property
    def orders(self) -> float:
        """Effective number of orders behind the average."""
        return self._weight

    @property
    def value(self) -> float:
        """The average, 0 while fewer than five orders are known."""
        return self._sum / self._weight if self._weight >= ORDERS_WARM else 0.0

    @property
    def weights(self) -> tuple[float, float]:
        """Weighted sum and weight: all there is to remember."""
        return self._sum, self._weight

    def recall(self, weights: tuple[float, float]) -> None:
        """Go on from what was remembered."""
        self._sum, self._weight = weights


class SizeMedian:
    """Median size of the last hundred orders of one side."""

    __slots__ = ("_arrived", "_sorted")

    def __init__(self) -> None:
        self._arrived: deque[float] = deque()
        self._sorted: list[float] = []

    def note(self, size: float, *, is_first: bool) -> float:
        """Take an order's size so far and return the median; a later print replaces what the order was."""
        if not is_first and self._arrived:
            self._drop(self._arrived.pop())
        elif len(self._arrived) >= MEDIAN_ORDERS:
            self._drop(self._arrived.popleft())
        self._arrived.append(size)
        bisect.insort(self._sorted, size)
        return self._sorted[len(self._sorted) // 2]

    def _drop(self, size: float) -> None:
        del self._sorted[bisect.bisect_left(self._sorted, size)]


class OrderSizes:
    """Mean order sizes of both sides: ``bid`` of the orders that hit bids."""

    __slots__ = ("ask", "bid")

    def __init__(self) -> None:
        self.bid = MeanOrderSize()
        self.ask = MeanOrderSize()

    def on_print(self, aggressor: Side, size: float, *, is_first: bool) -> None:
        """Take a print of an order; sizes beyond any market are ignored."""
        if not 0.0 < size <= SIZE_BASE_MAX:
            return
        side = self.bid if aggressor is Side.SELL else self.ask
        if is_first:
            side.begin(size)
        else:
            side.extend(size)

    def memory(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """What outlives the process, of bid and ask."""
        return self.bid.weights, self.ask.weights

    def recall(self, memory: tuple[tuple[float, float], tuple[float, float]]) -> None:
        """Go on from what was learned before."""
        self.bid.recall(memory[0])
        self.ask.recall(memory[1])


def share_of_orders(size: float, mean: float) -> float:
    """Share of orders of at least ``size``, in [0, 1], where sizes fall off exponentially with ``mean``."""
    if not size > 0.0:
        return 1.0
    return math.exp(-size / mean) if mean > 0.0 else 0.0


def lot_share(lot: float, mean: float) -> float:
    """Mean order over the lot, at most 1: as if the lot were the mean order, so that what trades stays the same."""
    return min(mean / lot, 1.0) if lot > 0.0 else 1.0


def arrival_share(lot: float, mean: float, mode: LotConsistency) -> float:
    """Factor of A for a lot (base units) among orders of ``mean`` size; 1 while either is not known."""
    if mode is LotConsistency.OFF or not (0.0 < mean < math.inf and 0.0 < lot < math.inf):
        return 1.0
    return lot_share(lot, mean) if mode is LotConsistency.REDUCED else share_of_orders(lot, mean)


_KEEP = 2.0 ** (-1.0 / HALF_LIFE_ORDERS)
