"""How far the mid has run from its recent average, and whether it is falling or rising like a knife.

Owns two averages of the mid over time. The mid counts for as long as it was shown, so that a jump after
a quiet second is seen whole. Never says what to do about it. Source: models.md 6.11.
"""

import math

from mmtui.estimators.ewma import decay

FAST_S = 0.5
SLOW_S = 5.0
STALE_S = 1.0
KNIFE_FROM = 2.0
KNIFE_FULL = 4.0
SCORE_MAX = 100.0


def score(mid: float, average: float, sigma: float, time_constant_s: float) -> float:
    """Distance of the mid from its average in standard deviations of ``sigma`` over the time constant."""
    if not (mid > 0.0 and average > 0.0 and sigma > 0.0):
        return 0.0
    value = math.log(mid / average) / (sigma * math.sqrt(time_constant_s))
    return min(max(value, -SCORE_MAX), SCORE_MAX)


def falling_knife(fast_score: float) -> float:
    """0 down to two standard deviations below the average, 1 from four on."""
    return min(max((-fast_score - KNIFE_FROM) / (KNIFE_FULL - KNIFE_FROM), 0.0), 1.0)


def rising_knife(fast_score: float) -> float:
    """The mirror of ``falling_knife``."""
    return falling_knife(-fast_score)


class HeldAverage:
    """Average over time of a value that holds until the next one; the value itself before any time has passed."""

    __slots__ = ("_sum", "_time_constant_s", "_weight")

    def __init__(self, time_constant_s: float) -> None:
        self._time_constant_s = time_constant_s
        self._sum = 0.0
        self._weight = 0.0

    def hold(self, value: float, dt_s: float) -> None:
        """Count ``value`` for the ``dt_s`` seconds in which it held."""
        keep = decay(dt_s, self._time_constant_s)
        self._sum = keep * self._sum + (1.0 - keep) * value
        self._weight = keep * self._weight + (1.0 - keep)

    def mean_after(self, value: float, dt_s: float) -> float:
        """The average after ``value`` has held for ``dt_s`` seconds more."""
        if not dt_s > 0.0:
            return self._sum / self._weight if self._weight > 0.0 else value
        keep = decay(dt_s, self._time_constant_s)
        weight = keep * self._weight + (1.0 - keep)
        return (keep * self._sum + (1.0 - keep) * value) / weight if weight > 0.0 else value

    def clear(self) -> None:
        """Forget everything."""
        self._sum = self._weight = 0.0


class Momentum:
    """The mid against its averages over half a second and five seconds."""

    __slots__ = ("_at", "_fast", "_mid", "_slow")

    def __init__(self) -> None:
        self._at = 0.0
        self._mid = 0.0
        self._fast = HeldAverage(FAST_S)
        self._slow = HeldAverage(SLOW_S)

    def on_mid(self, at: float, mid: float) -> None:
        """Take the mid of a usable touch, also when it has not moved."""
        if self._mid > 0.0:
            dt_s = at - self._at
            self._fast.hold(self._mid, dt_s)
            self._slow.hold(self._mid, dt_s)
            at = max(at, self._at)
        self._at, self._mid = at, mid

    def skip(self) -> None:
        """Forget the path: a part of it is missing."""
        self._mid = 0.0
        self._fast.clear()
        self._slow.clear()

    def scores(self, now: float, sigma: float) -> tuple[float, float]:
        """Fast and slow score at ``now``; both 0 once the mid is older than a second."""
        dt_s = now - self._at
        if not (self._mid > 0.0 and dt_s <= STALE_S):
            return 0.0, 0.0
        mid = self._mid
        fast_mean, slow_mean = self._fast.mean_after(mid, dt_s), self._slow.mean_after(mid, dt_s)
        fast = 0.0 if fast_mean == mid else score(mid, fast_mean, sigma, FAST_S)
        return fast, 0.0 if slow_mean == mid else score(mid, slow_mean, sigma, SLOW_S)
