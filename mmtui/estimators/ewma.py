"""Exponential averages that keep their accumulated weight.

Owns forgetting: by observation and by the clock. An average here divides by the weight it has
gathered, so it is unbiased from its first observation on, and reports a prior while it has none.
Never sees a clock: time comes with each observation, and an observation from the past has dt = 0.
Source: models.md 0.2 rules 4 and 5.
"""

import math

LN2 = math.log(2.0)
VALUE_MAX = 1e30


def time_constant(half_life_s: float) -> float:
    """Time constant of a half-life, in s."""
    return half_life_s / LN2


def decay(dt_s: float, time_constant_s: float) -> float:
    """Share left after ``dt_s`` seconds; 1 when no time has passed."""
    if not dt_s > 0.0:
        return 1.0
    return math.exp(-dt_s / time_constant_s)


class EventEwma:
    """Average in which each observation counts half as much after ``half_life_events`` more."""

    __slots__ = ("_alpha", "_sum", "_weight", "_weight_squares")

    def __init__(self, half_life_events: float) -> None:
        self._sum = 0.0
        self._weight = 0.0
        self._weight_squares = 0.0
        self.set_half_life(half_life_events)

    def set_half_life(self, half_life_events: float) -> None:
        """Change how fast later observations displace earlier ones; what was gathered stays."""
        self._alpha = 1.0 - 2.0 ** (-1.0 / half_life_events)

    def add(self, value: float) -> None:
        """Take one observation; one that is not a finite number is ignored."""
        if not -VALUE_MAX <= value <= VALUE_MAX:
            return
        alpha = self._alpha
        keep = 1.0 - alpha
        self._sum = keep * self._sum + alpha * value
        self._weight = keep * self._weight + alpha
        self._weight_squares = keep * keep * self._weight_squares + alpha * alpha

    @property
    def weights(self) -> tuple[float, float, float]:
        """Weighted sum, weight and squared weight: all there is to remember."""
        return (self._sum, self._weight, self._weight_squares)

    def recall(self, weights: tuple[float, float, float]) -> None:
        """Go on from weights remembered."""
        self._sum, self._weight, self._weight_squares = weights

    @property
    def is_empty(self) -> bool:
        """Whether nothing was observed."""
        return self._weight == 0.0

    @property
    def n_eff(self) -> float:
        """Effective number of observations: squared sum of weights over sum of squared weights."""
        if self._weight_squares <= 0.0:
            return 0.0
        return self._weight * self._weight / self._weight_squares

    def mean(self, prior: float = 0.0) -> float:
        """The average, or ``prior`` while nothing was observed."""
        return self._sum / self._weight if self._weight > 0.0 else prior


class ClockEwma:
    """Average in which an observation's weight follows the seconds since the one before it.

    Until time has passed between two observations it reports the latest one.
    """

    __slots__ = ("_at", "_latest", "_sum", "_time_constant_s", "_weight")

    def __init__(self, half_life_s: float) -> None:
        self._at: float | None = None
        self._latest: float | None = None
        self._sum = 0.0
        self._time_constant_s = time_constant(half_life_s)
        self._weight = 0.0

    def add(self, now: float, value: float) -> None:
        """Take the value seen at ``now``; one that is not a finite number is ignored."""
        if not -VALUE_MAX <= value <= VALUE_MAX:
            return
        self._latest = value
        if self._at is None:
            self._at = now
        keep = decay(now - self._at, self._time_constant_s)
        self._sum = keep * self._sum + (1.0 - keep) * value
        self._weight = keep * self._weight + (1.0 - keep)
        self._at = max(self._at, now)

    @property
    def weights(self) -> tuple[float, float]:
        """Weighted sum and weight: all there is to remember beside the time."""
        return self._sum, self._weight

    def recall(self, at: float, weights: tuple[float, float]) -> None:
        """Go on from weights remembered, last added to ``at`` a time."""
        self._at, (self._sum, self._weight) = at, weights

    def mean(self, prior: float = 0.0) -> float:
        """The average, or ``prior`` while nothing was observed."""
        if self._weight > 0.0:
            return self._sum / self._weight
        return prior if self._latest is None else self._latest
