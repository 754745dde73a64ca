"""The price axis of a ladder: which prices have a row, and how many ticks a row holds. No clock, no drawing.

Owns the anchor. Prices keep their rows while the mid stays in the middle third of the axis, so that a moving
market moves through the rows and not the rows under the eye. Both touches are always on the axis.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mmtui.console.ladder.rungs import Rung, index_of

GROUPS: tuple[int, ...] = tuple(digit * scale for scale in (1, 10, 100, 1_000, 10_000, 100_000) for digit in (1, 2, 5))
SPREAD_SHARE_MAX = 0.25
LEVELS_SHARE = 3
# Fewer rows than this share with a known size, and the axis is too coarse for the book it was laid over.
KNOWN_SHARE_MIN = 0.4


class Market(NamedTuple):
    """What an axis is laid over: both sides best price first, and the tick."""

    bids: Sequence[Rung]
    asks: Sequence[Rung]
    tick: float

    @property
    def mid(self) -> float:
        """Middle of the touches; orders of ours that were only sent make no touch."""
        bid, ask = (next((rung for rung in side if rung.size > 0), side[0]) for side in (self.bids, self.asks))
        return (bid.price + ask.price) / 2.0


class Span(NamedTuple):
    """Rows ``low`` to ``high`` of an axis in steps of ``group`` ticks."""

    low: int
    high: int
    group: int
    tick: float

    @property
    def step(self) -> float:
        """Price from row to row."""
        return self.tick * self.group

    def holds(self, rung: Rung, *, is_bid: bool) -> bool:
        """Whether a rung's price has a row."""
        return self.low <= index_of(rung.price, self.step, is_bid=is_bid) <= self.high


class Axis:
    """The anchor and the grouping, kept from picture to picture; ``chosen`` is a person's grouping, 0 the axis' own."""

    __slots__ = ("_centre", "_key", "_wants_centre", "chosen", "group")

    def __init__(self) -> None:
        self.chosen = 0
        self.group = 1
        self._centre = 0
        self._key: tuple[str, float] = ("", 0.0)
        self._wants_centre = True

    def recentre(self) -> None:
        """Put the mid in the middle at the next drawing, and choose the grouping anew."""
        self.chosen = 0
        self._wants_centre = True

    def regroup(self, step: int) -> int:
        """Coarser (+1) or finer (-1) rows; the ticks a row then holds."""
        place = min(range(len(GROUPS)), key=lambda i: abs(GROUPS[i] - self.group)) + step
        self.chosen = GROUPS[min(max(place, 0), len(GROUPS) - 1)]
        self._wants_centre = True
        return self.chosen

    def span(self, market: Market, rows: int, name: str = "") -> Span:
        """The prices that have one of ``rows`` rows; moves the anchor only when it must."""
        if (name, market.tick) != self._key:
            self._key, self.chosen, self._wants_centre = (name, market.tick), 0, True
        if self._wants_centre or not self._is_centred(market, rows) or self._is_coarse(market, rows):
            self.group = max(self.chosen, _finest(market, rows)) if self.chosen else _fitting(market, rows)
            self._centre = round(market.mid / (market.tick * self.group))
            self._wants_centre = False
        low = self._centre - rows // 2
        return Span(low, low + rows - 1, self.group, market.tick)

    def _is_centred(self, market: Market, rows: int) -> bool:
        step = market.tick * self.group
        low = self._centre - rows // 2
        if not 1 / 3 <= (market.mid / step - low) / rows <= 2 / 3:
            return False
        span = Span(low, low + rows - 1, self.group, market.tick)
        return span.holds(market.bids[0], is_bid=True) and span.holds(market.asks[0], is_bid=False)

    def _is_coarse(self, market: Market, rows: int) -> bool:
        """Whether the known book has shrunk to a few rows that finer ones would spread."""
        known = [rung.price for side in (market.bids, market.asks) for rung in side if rung.size > 0]
        if self.chosen or not known:
            return False
        seen = (max(known) - min(known)) / (market.tick * self.group)
        return seen < rows * KNOWN_SHARE_MIN and _fitting(market, rows) < self.group


def _finest(market: Market, rows: int) -> int:
    """Least ticks a row with which the spread leaves most rows to the book."""
    spread = (market.asks[0].price - market.bids[0].price) / market.tick
    most = max(rows * SPREAD_SHARE_MAX, 1.0)
    return next((group for group in GROUPS if spread / group <= most), GROUPS[-1])


def _fitting(market: Market, rows: int) -> int:
    """Least ticks a row with which a third of the rows' number of levels is seen on each side."""
    finest = _finest(market, rows)
    wanted = max(rows // LEVELS_SHARE, 1)
    reach = 0.0
    for side in (market.bids, market.asks):
        known = [rung.price for rung in side if rung.size > 0][:wanted]
        reach = max(reach, abs(known[-1] - market.mid) / market.tick if known else 0.0)
    half = max(rows // 2 - 1, 1)
    return next((group for group in GROUPS if group >= finest and math.ceil(reach / group) <= half), GROUPS[-1])
