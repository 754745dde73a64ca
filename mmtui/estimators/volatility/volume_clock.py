"""Economic time: buckets of equal traded volume, each emitted as one tick.

Owns the open bucket, the rolling window of volume and the bucket's target size. A trade is never
split: the overshoot stays in the bucket it closes. Memory is bounded by one cell a second of the
window. Never looks at the book. Source: models.md 6.1.
"""

from collections import deque

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.estimators.memory import ClockMemory

WARM_S = 60.0
FLOOR_MEDIAN_TRADES = 5.0
CEILING_THRESHOLDS = 20.0
MEDIAN_TRADES = 101
RECOUNT_UPDATES = 1000


class VolumeTick(msgspec.Struct, frozen=True, gc=False):
    """One closed bucket: its average price (USD), mean time (s), effective trades and volume (base)."""

    vwap: float
    time_s: float
    n_eff: float
    volume: float


class VolumeBucket:
    """Sums over the trades of one bucket; prints of one instant count as one trade in ``n_eff``."""

    __slots__ = ("_instant_at", "_instant_volume", "_moment", "_notional", "_opened_at", "_squares", "volume")

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Open an empty bucket."""
        self.volume = 0.0
        self._notional = 0.0
        self._moment = 0.0
        self._squares = 0.0
        self._opened_at = 0.0
        self._instant_at = 0.0
        self._instant_volume = 0.0

    def add(self, at: float, price: float, size: float) -> None:
        """Take a trade; times count from the first one so that epoch seconds lose no digits."""
        if self.volume == 0.0:
            self._opened_at = self._instant_at = at
        self.volume += size
        self._notional += price * size
        self._moment += (at - self._opened_at) * size
        if at != self._instant_at:
            self._instant_at = at
            self._instant_volume = 0.0
        self._squares += size * (2.0 * self._instant_volume + size)
        self._instant_volume += size

    def close(self) -> VolumeTick:
        """The tick of a bucket that holds at least one trade; the bucket is empty afterwards."""
        volume = self.volume
        tick = VolumeTick(
            vwap=self._notional / volume,
            time_s=self._opened_at + self._moment / volume,
            n_eff=volume * volume / self._squares,
            volume=volume,
        )
        self.clear()
        return tick


class VolumeWindow:
    """Volume of the last ``window_s`` seconds, in cells of one second."""

    __slots__ = ("_cells", "_updates", "total", "window_s")

    def __init__(self, window_s: float) -> None:
        self._cells: deque[tuple[float, float]] = deque()
        self._updates = 0
        self.total = 0.0
        self.window_s = window_s

    @property
    def cells(self) -> tuple[tuple[float, float], ...]:
        """Second and volume of each cell, oldest first."""
        return tuple(self._cells)

    def recall(self, cells: tuple[tuple[float, float], ...]) -> None:
        """Go on from cells remembered; those that are too old leave with the next trade."""
        self._cells = deque(cells)
        self.total = sum(volume for _, volume in cells)

    def add(self, at: float, size: float) -> None:
        """Count ``size`` at ``at`` and forget what has left the window."""
        cells = self._cells
        second = at // 1.0
        if cells and cells[-1][0] >= second:
            cells[-1] = (cells[-1][0], cells[-1][1] + size)
        else:
            cells.append((second, size))
        self.total += size
        oldest = second - self.window_s
        while cells[0][0] <= oldest:
            self.total -= cells.popleft()[1]
        self._updates += 1
        if self._updates >= RECOUNT_UPDATES:
            self._updates = 0
            self.total = sum(volume for _, volume in cells)


class VolumeClock:
    """Turns trades into ticks of about a fixed share of the window's volume."""

    __slots__ = (
        "_bucket",
        "_first_at",
        "_has_ticked",
        "_last_at",
        "_ratio",
        "_sizes",
        "_threshold",
        "_window",
    )

    def __init__(self, settings: Settings) -> None:
        self._bucket = VolumeBucket()
        self._window = VolumeWindow(settings.number("strategy.estimation_window_s"))
        self._sizes: deque[float] = deque(maxlen=MEDIAN_TRADES)
        self._threshold = 0.0
        self._first_at: float | None = None
        self._last_at = 0.0
        self._has_ticked = False
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; the open bucket keeps its threshold."""
        self._ratio = settings.number("estimators.volume_bucket_ratio")
        self._window.window_s = settings.number("strategy.estimation_window_s")

    def memory(self) -> ClockMemory | None:
        """What outlives the process: all but the open bucket; None before the first trade."""
        if self._first_at is None:
            return None
        return ClockMemory(
            cells=self._window.cells,
            sizes=tuple(self._sizes),
            threshold=self._threshold,
            first_at=self._first_at,
            last_at=self._last_at,
            has_ticked=self._has_ticked,
        )

    def recall(self, memory: ClockMemory) -> None:
        """Go on from the volume remembered, with an empty bucket."""
        self._window.recall(memory.cells)
        self._sizes.extend(memory.sizes)
        self._threshold, self._has_ticked = memory.threshold, memory.has_ticked
        self._first_at, self._last_at = memory.first_at, memory.last_at

    def on_trade(self, at: float, price: float, size: float) -> VolumeTick | None:
        """Take a trade with positive finite price and size; the tick it closes, if it does."""
        if self._first_at is None:
            self._first_at = self._last_at = at
        at = self._last_at = max(self._last_at, at)
        self._window.add(at, size)
        self._sizes.append(size)
        # Until the first tick the threshold follows the median, so that one large first print
        # cannot hold the clock back.
        if not self._has_ticked:
            self._threshold = self._target()
        self._bucket.add(at, price, size)
        if self._bucket.volume < self._threshold:
            return None
        self._has_ticked = True
        self._threshold = self._target()
        return self._bucket.close()

    @property
    def threshold(self) -> float:
        """Volume that closes the open bucket; 0 before the first trade."""
        return self._threshold

    def drop_bucket(self) -> None:
        """Forget the open bucket, which would otherwise average over an outage."""
        self._bucket.clear()

    def volume_rate(self, now: float) -> float:
        """Base units a second: the window's volume at the last trade over the time it covers."""
        if self._first_at is None or now - self._last_at >= self._window.window_s:
            return 0.0
        return max(self._window.total, 0.0) / min(max(now - self._first_at, 1.0), self._window.window_s)

    def _target(self) -> float:
        median_size = sorted(self._sizes)[len(self._sizes) // 2]
        floor = FLOOR_MEDIAN_TRADES * median_size
        if self._first_at is None or self._last_at - self._first_at < WARM_S:
            return floor
        ceiling = max(floor, CEILING_THRESHOLDS * self._threshold)
        return min(max(self._ratio * self._window.total, floor), ceiling)
