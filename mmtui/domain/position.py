"""The position and its average cost, changed by fills only."""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro


class Position:
    """Signed size, and the signed cost of what is held, in exact units.

    ``cost`` is the sum of price times signed size of the open part, so that the average entry is
    ``cost / size``; closing removes cost in proportion, rounded to the micro-USD.
    Source: models.md 10.1.
    """

    __slots__ = ("cost", "realised", "size")

    def __init__(self, size: Size = 0, cost: UsdMicro = 0, realised: UsdMicro = 0) -> None:
        self.size = size
        self.cost = cost
        self.realised = realised

    def apply(self, side: Side, price: Price, size: Size) -> UsdMicro:
        """Books a fill; returns the P&L it realised, before fees."""
        assert size > 0 and price > 0, "a fill needs a size and a price"
        signed = side * size
        if self.size * signed >= 0:
            self.size += signed
            self.cost += price * signed
            return 0
        closing = min(size, abs(self.size))
        cost_closed = self._share_of_cost(closing)
        held = 1 if self.size > 0 else -1
        realised = price * closing * held - cost_closed
        self.cost -= cost_closed
        self.size += int(side) * closing
        opening = size - closing
        if opening:
            assert self.size == 0 and self.cost == 0, "a flip must close everything first"
            self.size = int(side) * opening
            self.cost = price * self.size
        self.realised += realised
        return realised

    def unrealised(self, mark: Price) -> UsdMicro:
        """P&L of the open part at ``mark``, in micro-USD."""
        return mark * self.size - self.cost

    def entry(self, price_scale: int) -> float | None:
        """Average entry price in USD; None when flat."""
        return self.cost / self.size / price_scale if self.size else None

    def _share_of_cost(self, closing: Size) -> UsdMicro:
        total = abs(self.size)
        if closing == total:
            return self.cost
        share, rest = divmod(abs(self.cost) * closing, total)
        share += 1 if 2 * rest >= total else 0
        return share if self.cost >= 0 else -share
