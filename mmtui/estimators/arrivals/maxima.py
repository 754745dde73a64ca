"""The farthest reach of each interval on either side, and what is fitted to them every few seconds.

Owns the window of intervals and when a fit is due; one side is fitted at a time, so that no step bears
both. Intervals in which nothing could be seen are not counted. Source: models.md 6.5.
"""

import math

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.gumbel import GumbelFit, Maxima, gumbel_fit

WINDOW_S = 600.0
FIT_EVERY_S = 5.0
REACHED_WARM = 20
REACH_MAX = 0.02
UNSEEN = -1.0


class IntervalMaxima:
    """A ring of the last intervals: what each reached at most, nothing, or not seen."""

    __slots__ = ("_first", "_last", "_ring", "interval_s")

    def __init__(self, interval_s: float) -> None:
        self.interval_s = interval_s
        self._ring = [UNSEEN] * max(round(WINDOW_S / interval_s), 1)
        self._first: int | None = None
        self._last = 0

    def advance(self, now: float, *, is_watched: bool = True) -> None:
        """Open the intervals up to ``now``; the one in which the watch began counts for nothing."""
        index = math.floor(now / self.interval_s)
        if self._first is None:
            self._first, self._last = index, index
            return
        ring, size = self._ring, len(self._ring)
        if index - self._last > size:
            self._last = index - size
        blank = 0.0 if is_watched else UNSEEN
        for opened in range(self._last + 1, index + 1):
            ring[opened % size] = blank
        if not is_watched and index >= self._last:
            ring[index % size] = UNSEEN
        self._last = max(self._last, index)

    def reach(self, at: float, reach: float) -> None:
        """Note a reach at ``at``, which may lie a few intervals back."""
        index = math.floor(at / self.interval_s)
        slot = index % len(self._ring)
        is_kept = self._last - len(self._ring) < index <= self._last
        if is_kept and 0.0 <= self._ring[slot] < reach:
            self._ring[slot] = reach

    def maxima(self, floor: float) -> Maxima:
        """The intervals that are over, cut off at ``floor``."""
        open_slot = self._last % len(self._ring)
        seen = [value for slot, value in enumerate(self._ring) if value >= 0.0 and slot != open_slot]
        reaches = tuple([value for value in seen if value > floor])
        return Maxima(reaches, len(seen) - len(reaches), self.interval_s, floor)


class MaximaIntensity:
    """Kappa and A of both sides from interval maxima; a side without a fit that holds has none."""

    __slots__ = ("_ask", "_bid", "_due_at", "_fits", "_interval_s", "_turn", "fitted")

    def __init__(self, settings: Settings) -> None:
        self._interval_s = 0.0
        self._due_at = -math.inf
        self._turn = Side.BUY
        self._fits: dict[Side, GumbelFit | None] = {Side.BUY: None, Side.SELL: None}
        self.fitted = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; intervals of another length are not comparable and start over."""
        interval_s = settings.number("estimators.gumbel_interval_s")
        if interval_s == self._interval_s:
            return
        self._interval_s = interval_s
        self._bid, self._ask = IntervalMaxima(interval_s), IntervalMaxima(interval_s)
        self._fits = {Side.BUY: None, Side.SELL: None}
        self.fitted += 1

    def advance(self, now: float, *, is_watched: bool = True) -> None:
        """Let time pass on both sides; the first call starts the watch."""
        self._bid.advance(now, is_watched=is_watched)
        self._ask.advance(now, is_watched=is_watched)

    def on_order(self, at: float, aggressor: Side, reach: float) -> None:
        """Take how far an aggressive order has reached so far, as a fraction; absurd reaches are dropped."""
        if 0.0 < reach <= REACH_MAX:
            side = self._bid if aggressor is Side.SELL else self._ask
            side.advance(at)
            side.reach(at, reach)

    def refit(self, now: float, floor: float) -> None:
        """Fit the side whose turn it is, when that is due: each every five seconds."""
        if now < self._due_at or not floor > 0.0:
            return
        self._due_at = now + FIT_EVERY_S / 2.0
        side = self._turn
        self._turn = side.opposite
        own = self._bid if side is Side.BUY else self._ask
        self._fits[side] = gumbel_fit(own.maxima(floor), self._fits[side])
        self.fitted += 1

    def fit(self, side: Side) -> GumbelFit | None:
        """The last fit of our quotes on ``side``."""
        return self._fits[side]

    def warm_fit(self, side: Side) -> GumbelFit | None:
        """The last fit of ``side`` once enough intervals were reached to price with it."""
        fit = self._fits[side]
        return fit if fit is not None and fit.reached >= REACHED_WARM else None
