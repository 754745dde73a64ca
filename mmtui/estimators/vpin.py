"""How one-sided the traded volume is: imbalance over the last fifty buckets of equal volume.

Owns its buckets, which split a trade so that they are exactly equal while their size stands, and the past
hour of readings that tell what is usual. For information; no quote depends on it. Source: models.md 6.7
and 7.5.
"""

from bisect import bisect_left, insort
from collections import deque

from mmtui.domain.instrument import Side

BUCKETS = 50
HISTORY_S = 3600.0
HISTORY_MAX = 4096
QUANTILE = 0.9
TOXIC_MIN = 0.5
SAMPLES_MIN = 50


class History:
    """Readings of the past hour, and their upper quantile."""

    __slots__ = ("_arrival", "_sorted")

    def __init__(self) -> None:
        self._arrival: deque[tuple[float, float]] = deque()
        self._sorted: list[float] = []

    def add(self, at: float, value: float) -> None:
        """Take a reading and forget those too old or too many."""
        arrival = self._arrival
        arrival.append((at, value))
        insort(self._sorted, value)
        while at - arrival[0][0] > HISTORY_S or len(arrival) > HISTORY_MAX:
            del self._sorted[bisect_left(self._sorted, arrival.popleft()[1])]

    @property
    def count(self) -> int:
        """Readings remembered."""
        return len(self._sorted)

    @property
    def upper(self) -> float:
        """The 90 % quantile; 1 while too few readings were seen for one."""
        count = len(self._sorted)
        return self._sorted[min(int(QUANTILE * count), count - 1)] if count >= SAMPLES_MIN else 1.0


class Vpin:
    """Volume-synchronised imbalance of one market.

    ``value`` is imbalance over total volume of the window, in [0, 1], 0 before the first full bucket;
    ``is_toxic`` says that more than half of the volume is one-sided and that this is unusual here.
    """

    __slots__ = ("_buckets", "_history", "_open_signed", "_open_volume", "_size", "is_toxic", "value")

    def __init__(self) -> None:
        self._buckets: deque[tuple[float, float]] = deque()
        self._history = History()
        self._size = 0.0
        self._open_signed = 0.0
        self._open_volume = 0.0
        self.value = 0.0
        self.is_toxic = False

    def on_trade(self, at: float, side: Side, volume: float, bucket: float) -> None:
        """Take a print; ``bucket`` is the volume of the buckets opened from now on."""
        if not (volume > 0.0 and bucket > 0.0):
            return
        if self._size == 0.0:
            self._size = bucket
        left = volume
        while left > 0.0:
            # A print that fills more buckets than the window holds fills the window.
            left = min(left, (BUCKETS + 1) * self._size)
            room = self._size - self._open_volume
            taken = min(left, room)
            self._open_signed += side * taken
            self._open_volume += taken
            if left < room:
                return
            left -= taken
            self._close(at, bucket)

    @property
    def count(self) -> int:
        """Full buckets in the window."""
        return len(self._buckets)

    @property
    def usual(self) -> float:
        """What nine in ten of the past hour's readings stayed below; 1 while there are too few to say."""
        return self._history.upper

    @property
    def readings(self) -> int:
        """Readings behind ``usual``."""
        return self._history.count

    def _close(self, at: float, bucket: float) -> None:
        buckets = self._buckets
        buckets.append((abs(self._open_signed), self._open_volume))
        if len(buckets) > BUCKETS:
            buckets.popleft()
        imbalance, total = sum([one for one, _ in buckets]), sum([volume for _, volume in buckets])
        self.value = min(max(imbalance / total, 0.0), 1.0)
        self._open_signed = self._open_volume = 0.0
        self._size = bucket
        if len(buckets) == BUCKETS:
            self._history.add(at, self.value)
            self.is_toxic = self.value > TOXIC_MIN and self.value > self._history.upper
