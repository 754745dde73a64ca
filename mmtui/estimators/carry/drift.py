"""The drift score: which way the depth of the book leans, smoothed by the clock, and what drift that is.

Owns the score in [-1, 1] and its conversion to a drift in fraction per second. The documents smooth by
events, which changes its meaning with the rate of the feed; here an event counts by the time since the
one before it. Source: models.md 4.1.
"""

import math

from mmtui.domain.book import Book, Touch
from mmtui.domain.estimates import Provenance
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.publish import provenance_of

SPREAD_SCALE_BPS = 100.0
EVENT_S = 0.1
STALE_S = 5.0


def smoothed_score(score: float, share: float, spread_bps: float, smoothing: float) -> float:
    """One step of the score; ``share`` is the bids' part of the depth, in [0, 1]. Source: models.md 4.1."""
    lean = 2.0 * (share - 0.5) / (1.0 + spread_bps / SPREAD_SCALE_BPS)
    return smoothing * lean + (1.0 - smoothing) * score


def smoothing_after(smoothing: float, dt_s: float) -> float:
    """Weight of an event that comes ``dt_s`` after the last, where ``smoothing`` is that after a tenth of a second."""
    if not dt_s > 0.0:
        return 0.0
    return 1.0 - math.pow(1.0 - smoothing, dt_s / EVENT_S)


def drift_rate(score: float, slope_bps: float, decay_per_s: float) -> float:
    """Drift in fraction/s of a score: the move it announces, spread over the time in which it dies.

    ``slope_bps`` is the forward return of a score of 1.
    """
    return score * slope_bps / BPS * decay_per_s


class DriftScore:
    """The score of one market, fed by books and touches."""

    __slots__ = ("_ask_deeper", "_at", "_bid_deeper", "_imbalance", "_levels", "_smoothing", "score")

    def __init__(self, settings: Settings) -> None:
        self.score = 0.0
        self._imbalance = 0.0
        self._at: float | None = None
        self._bid_deeper = 0.0
        self._ask_deeper = 0.0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; the score stays."""
        self._levels = settings.count("strategy.hjb.depth_analysis_levels")
        self._smoothing = settings.number("strategy.hjb.drift_filter_weight")

    def on_book(self, now: float, book: Book) -> None:
        """Take a full book with both sides."""
        bids, asks = sum(book.bid_sizes[: self._levels]), sum(book.ask_sizes[: self._levels])
        self._bid_deeper, self._ask_deeper = bids - book.bid_sizes[0], asks - book.ask_sizes[0]
        self._step(now, bids, asks, book.spread)

    def on_touch(self, now: float, touch: Touch) -> None:
        """Take a best bid and ask; what is behind them is that of the last book."""
        self._step(now, touch.bid_size + self._bid_deeper, touch.ask_size + self._ask_deeper, touch.spread)

    @property
    def updated_at(self) -> float:
        """When a book was last taken; 0 before the first."""
        return self._at or 0.0

    def trust(self, now: float) -> Provenance:
        """How far the score may be trusted."""
        return provenance_of(1.0 if self._at is not None else 0.0, 1.0, now - self.updated_at)

    def value(self, now: float) -> float:
        """The score at ``now``; 0 once the book it was read from is old."""
        return self.score if self._at is not None and now - self._at <= STALE_S else 0.0

    def imbalance(self, now: float) -> float:
        """Unsmoothed imbalance of the same depth, in [-1, 1]; 0 once the book is old. Source: models.md 4.1."""
        return self._imbalance if self._at is not None and now - self._at <= STALE_S else 0.0

    def _step(self, now: float, bids: float, asks: float, spread: float) -> None:
        total = bids + asks
        if not (0.0 < total < math.inf):
            return
        self._imbalance = 2.0 * bids / total - 1.0
        # The first event counts as a tenth of a second, as every one does in the documents.
        dt_s = EVENT_S if self._at is None else now - self._at
        weight = smoothing_after(self._smoothing, dt_s)
        score = smoothed_score(self.score, bids / total, max(spread, 0.0) * BPS, weight)
        self.score = min(max(score, -1.0), 1.0)
        self._at = now if self._at is None else max(self._at, now)
