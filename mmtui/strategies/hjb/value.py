"""The solved value of inventory and drift, and the gaps between inventories that set the quotes.

Owns the interpolation: linear in inventory (fractions of lots) and drift, held at the edges. Plain
tuples, because it is read at every book. Source: models.md 4.3, 4.4.
"""

import itertools

import msgspec

Rows = tuple[tuple[float, ...], ...]


class ValueFunction(msgspec.Struct, frozen=True):
    """``theta`` by inventory (-lots to lots) and drift, fractions; 0 when flat without drift.

    ``growth`` is the certainty-equivalent income per second and unit of lot notional. ``bid_gaps`` are
    what one lot more costs at each inventory but the highest, ``ask_gaps`` what one lot less costs at
    each but the lowest.
    """

    lots: int
    drifts: tuple[float, ...]
    theta: Rows
    growth: float
    bid_gaps: Rows
    ask_gaps: Rows

    @classmethod
    def of(cls, lots: int, drifts: tuple[float, ...], theta: Rows, growth: float) -> "ValueFunction":
        """From the values alone."""
        gaps = tuple(
            tuple(here - above for here, above in zip(low, high, strict=True))
            for low, high in itertools.pairwise(theta)
        )
        return cls(lots, drifts, theta, growth, gaps, tuple(tuple(-gap for gap in row) for row in gaps))

    def value(self, n: float, drift: float) -> float:
        """Value of holding ``n`` lots under ``drift``, a fraction of lot notional."""
        return self._read(self.theta, n + self.lots, drift)

    def bid_gap(self, n: float, drift: float) -> float:
        """Value of ``n`` lots less that of one more; at the limit that of the last lot but one."""
        return self._read(self.bid_gaps, n + self.lots, drift)

    def ask_gap(self, n: float, drift: float) -> float:
        """Value of ``n`` lots less that of one fewer."""
        return self._read(self.ask_gaps, n + self.lots - 1, drift)

    def _read(self, rows: Rows, place: float, drift: float) -> float:
        i, share = _cell(place, len(rows) - 1)
        drifts = self.drifts
        last = len(drifts) - 1
        low = rows[i]
        high = rows[i + 1] if share else low
        if not last:
            return low[0] + share * (high[0] - low[0])
        j, weight = _cell((drift - drifts[0]) / (drifts[1] - drifts[0]), last)
        k = j + 1 if weight else j
        here = low[j] + weight * (low[k] - low[j])
        there = high[j] + weight * (high[k] - high[j])
        return here + share * (there - here)


def _cell(place: float, last: int) -> tuple[int, float]:
    """Index below ``place`` and the share of the next, held at both ends."""
    if not place > 0.0:
        return 0, 0.0
    if place >= last:
        return last, 0.0
    index = int(place)
    return index, place - index
