"""Where the present market spread stands among those of the last minutes, weighted by how long each was shown.

Owns a window of whole seconds and the time spent at each width. Widths within one percent of each other
are the same width. Time is counted in whole microseconds, so that sums never drift. An update and a
reading cost the logarithm of the number of widths. A touch flickers several times a second, which is no
regime: what quotes answer to is the percentile averaged over the last seconds. Source: models.md 6.14.
"""

import math
from collections import deque

from mmtui.domain.parameters import Settings
from mmtui.estimators.fair.momentum import HeldAverage

WIDTH_MIN = 1e-8
WIDTH_MAX = 1.0
STEP = 0.01
CELLS = math.ceil(math.log(WIDTH_MAX / WIDTH_MIN) / STEP) + 1
WARM_S = 60.0
NEUTRAL = 0.5
SETTLING_S = 3.0
US = 1_000_000


class TimeByWidth:
    """Microseconds spent at each cell of width, with sums of all narrower cells: a binary indexed tree."""

    __slots__ = ("_spent", "_tree", "total")

    def __init__(self) -> None:
        self._spent = [0] * CELLS
        self._tree = [0] * (CELLS + 1)
        self.total = 0

    def add(self, cell: int, duration_us: int) -> None:
        """Add time to a cell, or take it away when negative."""
        self._spent[cell] += duration_us
        self.total += duration_us
        index = cell + 1
        tree = self._tree
        while index <= CELLS:
            tree[index] += duration_us
            index += index & -index

    def rank(self, cell: int) -> float:
        """Share of time at narrower cells plus half of that at this one; call only when there is any time."""
        narrower = 0
        index = cell
        while index > 0:
            narrower += self._tree[index]
            index -= index & -index
        return (narrower + self._spent[cell] / 2.0) / self.total


class SpreadRegime:
    """Percentile of the market spread in its window."""

    __slots__ = ("_at", "_cell", "_memo", "_smoothed", "_times", "_uncounted_us", "_window", "window_s")

    def __init__(self, settings: Settings) -> None:
        self._times = TimeByWidth()
        self._window: deque[tuple[int, dict[int, int]]] = deque()
        self._at: float | None = None
        self._cell = 0
        # Time at the present width that the sums have yet to take.
        self._uncounted_us = 0
        self._memo: float | None = None
        self._smoothed = HeldAverage(SETTLING_S)
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited window; what was seen stays until it is too old."""
        self.window_s = settings.number("estimators.spread_percentile_window_s")

    def on_spread(self, at: float, spread: float) -> None:
        """Take the width of a usable touch, as a fraction of the mid."""
        if self._at is not None:
            self._smoothed.hold(self.percentile(), at - self._at)
        self._count(at)
        cell = cell_of(spread)
        if cell != self._cell:
            self._settle()
            self._cell, self._memo = cell, None

    def skip(self) -> None:
        """Do not count the time until the next touch: nobody watched."""
        self._at = None
        self._smoothed.clear()

    @property
    def watched_s(self) -> float:
        """Time in the window."""
        return (self._times.total + self._uncounted_us) / US

    def percentile(self) -> float:
        """Share of the window narrower than the present spread; 0.5 while less than a minute was seen."""
        if self._memo is None:
            self._settle()
            self._memo = self._times.rank(self._cell) if self._times.total >= WARM_S * US else NEUTRAL
        return self._memo

    def settled(self, now: float) -> float:
        """The percentile averaged over the last seconds up to ``now``; a flicker of the touch hardly moves it."""
        held_s = 0.0 if self._at is None else now - self._at
        return self._smoothed.mean_after(self.percentile(), held_s)

    def _count(self, at: float) -> None:
        last = self._at
        self._at = at if last is None else max(at, last)
        if last is None or not at > last:
            return
        duration_us = int(at * US) - int(last * US)
        second = int(last)
        window, cell = self._window, self._cell
        if not (window and window[-1][0] == second):
            window.append((second, {}))
            self._memo = None
            self._drop(second)
        spent = window[-1][1]
        spent[cell] = spent.get(cell, 0) + duration_us
        self._uncounted_us += duration_us

    def _settle(self) -> None:
        if self._uncounted_us:
            self._times.add(self._cell, self._uncounted_us)
            self._uncounted_us = 0

    def _drop(self, second: int) -> None:
        while self._window[0][0] <= second - self.window_s:
            for cell, duration_us in self._window.popleft()[1].items():
                self._times.add(cell, -duration_us)


def cell_of(spread: float) -> int:
    """Cell of a width; anything out of range counts as the nearest one in range."""
    if not spread > WIDTH_MIN:
        return 0
    return min(int(math.log(min(spread, WIDTH_MAX) / WIDTH_MIN) / STEP), CELLS - 1)
