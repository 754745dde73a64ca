"""Returns between volume ticks, kept with whether each has a neighbour before it. Pure."""

import math

from mmtui.estimators.volatility.volume_clock import VolumeTick
from mmtui.research.calibration.observed import Change


class ReturnChain:
    """Takes ticks in order of time."""

    __slots__ = ("_is_linked", "_last", "changes")

    def __init__(self) -> None:
        self._last: VolumeTick | None = None
        self._is_linked = False
        self.changes: list[Change] = []

    def on_tick(self, tick: VolumeTick) -> None:
        """Take a tick; one that is not later than the one before it makes no return."""
        last = self._last
        if last is None:
            self._last = tick
            return
        duration_s = tick.time_s - last.time_s
        if not duration_s > 0.0:
            return
        self._last = tick
        change = math.log(tick.vwap / last.vwap)
        self.changes.append(Change(tick.time_s, change, duration_s, tick.n_eff, self._is_linked))
        self._is_linked = True

    def skip(self) -> None:
        """Let no return span what comes next: the feed was interrupted."""
        self._last = None
        self._is_linked = False
