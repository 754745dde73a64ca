"""What the touch, the book's depth and the last trades say right now.

Owns the freshest touch with its mid, spread and depth imbalance, and the imbalance of aggressive
flow. Which of book and touch is fresher is decided by the venue's own time. Never judges whether a
book may be used: that gate stands before. Source: models.md 6.7.
"""

import math
from collections import deque

from mmtui.domain.book import PRICE_USD_MAX, SIZE_BASE_MAX, Book, PriceRow, Touch
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.ewma import EventEwma, decay

LEVEL_DECAY = 0.5
MIDS_KEPT = 128
SIZE_BASE_MIN = 1e-12
MEAN_SIZE_HALF_LIFE_TRADES = 100.0
# A touch whose venue time lies behind is taken anyway after this long, so that one time from the
# future cannot hold the mid still.
OVERTAKE_S = 5.0


def level_weights(levels: int) -> PriceRow:
    """Weights e^(-l/2) of the best ``levels`` levels."""
    return tuple(math.exp(-LEVEL_DECAY * level) for level in range(levels))


def weighted_depth(sizes: PriceRow, weights: PriceRow) -> float:
    """Sum of sizes by level weight; missing levels count nothing."""
    total = 0.0
    for weight, size in zip(weights, sizes, strict=False):
        total += weight * size
    return total


def weighted_depths(bids: PriceRow, asks: PriceRow, weights: PriceRow) -> tuple[float, float]:
    """Weighted depth of both sides, in one pass where both have enough levels."""
    if len(bids) < len(weights) or len(asks) < len(weights):
        return weighted_depth(bids, weights), weighted_depth(asks, weights)
    bid_depth = ask_depth = 0.0
    for weight, bid_size, ask_size in zip(weights, bids, asks, strict=False):
        bid_depth += weight * bid_size
        ask_depth += weight * ask_size
    return bid_depth, ask_depth


def imbalance(bid_depth: float, ask_depth: float) -> float:
    """Difference over sum, in [-1, 1]; 0 when there is nothing to compare."""
    total = bid_depth + ask_depth
    if not 0.0 < total <= 1e18:
        return 0.0
    return min(max((bid_depth - ask_depth) / total, -1.0), 1.0)


class TopOfBook:
    """The freshest touch, the book behind it, and the mids of the recent past."""

    __slots__ = (
        "_ask_deeper",
        "_bid_deeper",
        "_mids",
        "_weights",
        "ask",
        "bid",
        "book",
        "imbalance",
        "mid",
        "received_at",
        "venue_time_ms",
    )

    def __init__(self, settings: Settings) -> None:
        self.bid = 0.0
        self.ask = 0.0
        self.mid = 0.0
        self.imbalance = 0.0
        self.venue_time_ms = 0
        self.received_at = 0.0
        self.book: Book | None = None
        self._bid_deeper = 0.0
        self._ask_deeper = 0.0
        self._mids: deque[tuple[int, float]] = deque(maxlen=MIDS_KEPT)
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited number of levels, from the next book on."""
        self._weights = level_weights(settings.count("estimators.imbalance_levels"))

    @property
    def is_known(self) -> bool:
        """Whether a usable touch was ever seen."""
        return self.mid > 0.0

    @property
    def spread(self) -> float:
        """Ask less bid as a fraction of the mid; call only when known."""
        return (self.ask - self.bid) / self.mid

    def on_touch(self, received_at: float, touch: Touch) -> bool:
        """Take a touch; False when it is older than what is known."""
        if not self._take(received_at, touch.venue_time_ms, touch.bid, touch.ask):
            return False
        self.imbalance = imbalance(touch.bid_size + self._bid_deeper, touch.ask_size + self._ask_deeper)
        return True

    def on_book(self, received_at: float, book: Book) -> bool:
        """Take a book with both sides; False when it is older than what is known."""
        if not self._take(received_at, book.venue_time_ms, book.bid_prices[0], book.ask_prices[0]):
            return False
        self.book = book
        bid_depth, ask_depth = weighted_depths(book.bid_sizes, book.ask_sizes, self._weights)
        self._bid_deeper = bid_depth - book.bid_sizes[0]
        self._ask_deeper = ask_depth - book.ask_sizes[0]
        self.imbalance = imbalance(bid_depth, ask_depth)
        return True

    def mid_before(self, venue_time_ms: int) -> float:
        """The last mid known strictly before a venue time, else the oldest one kept."""
        for time_ms, mid in reversed(self._mids):
            if time_ms < venue_time_ms:
                return mid
        return self._mids[0][1] if self._mids else 0.0

    def _take(self, received_at: float, venue_time_ms: int, bid: float, ask: float) -> bool:
        if not 0.0 < bid < ask <= PRICE_USD_MAX:
            return False
        if venue_time_ms < self.venue_time_ms and received_at - self.received_at < OVERTAKE_S:
            return False
        mid = (bid + ask) / 2.0
        if mid != self.mid:
            self._mids.append((venue_time_ms, mid))
        self.bid, self.ask, self.mid = bid, ask, mid
        self.venue_time_ms = venue_time_ms
        self.received_at = max(self.received_at, received_at)
        return True


class FlowImbalance:
    """Signed over total aggressive volume with exponential memory, faded when volume dies.

    ``unfaded`` is the ratio alone, in [-1, 1], 0 without trades.
    """

    __slots__ = ("_at", "_mean_size", "_signed", "_time_constant_s", "_total", "_trades", "unfaded")

    def __init__(self, time_constant_s: float) -> None:
        self._at = 0.0
        self._signed = 0.0
        self._total = 0.0
        self._trades = 0.0
        self._mean_size = EventEwma(MEAN_SIZE_HALF_LIFE_TRADES)
        self._time_constant_s = time_constant_s
        self.unfaded = 0.0

    def set_time_constant(self, time_constant_s: float) -> None:
        """Change the memory; what was gathered stays."""
        self._time_constant_s = time_constant_s

    def on_trade(self, at: float, side: Side, size: float) -> None:
        """Take a print; sizes beyond any market are ignored."""
        if not SIZE_BASE_MIN <= size <= SIZE_BASE_MAX:
            return
        keep = decay(at - self._at, self._time_constant_s)
        self._signed = self._signed * keep + side * size
        self._total = self._total * keep + size
        self._mean_size.add(size)
        self._at = max(self._at, at)
        self._trades = self._total / self._mean_size.mean(size)
        self.unfaded = min(max(self._signed / self._total, -1.0), 1.0)

    @property
    def signed(self) -> float:
        """Volume of buyers less that of sellers, as remembered at the last print."""
        return self._signed

    @property
    def total(self) -> float:
        """Volume remembered at the last print."""
        return self._total

    def n_eff(self, now: float) -> float:
        """Volume still remembered, in mean trades."""
        dt_s = now - self._at
        return self._trades * math.exp(-dt_s / self._time_constant_s) if dt_s > 0.0 else self._trades

    def value(self, now: float) -> float:
        """The imbalance at ``now``, in [-1, 1]."""
        return -self.unfaded * math.expm1(-self.n_eff(now))
