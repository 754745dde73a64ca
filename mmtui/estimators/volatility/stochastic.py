"""Where volatility is heading: a square-root process fitted to variance sampled every ten seconds.

Owns the samples' moments and the forecast. What is fitted is the published variance, which is an average
itself, so that its reversion is slower than that of the market behind it. Source: models.md 6.3 (CIR).
"""

import math

import msgspec

from mmtui.estimators.memory import VarianceMemory

SAMPLE_S = 10.0
HALF_LIFE_S = 1800.0
KEEP = 2.0 ** (-SAMPLE_S / HALF_LIFE_S)
SLOPE_MIN = 0.5
SLOPE_MAX = 0.9999
WARM_PAIRS = 30
REACH_SMALL = 1e-8


class SquareRootProcess(msgspec.Struct, frozen=True, gc=False):
    """Mean variance (fraction squared per s), rate of return to it (1/s), and volatility of the variance."""

    mean: float
    reversion: float
    noise: float


def forecast(variance: float, mean: float, reversion: float, horizon_s: float) -> float:
    """Expected variance rate ``horizon_s`` ahead."""
    return mean + (variance - mean) * math.exp(-reversion * max(horizon_s, 0.0))


def average(variance: float, mean: float, reversion: float, horizon_s: float) -> float:
    """Expected variance rate over the next ``horizon_s`` seconds; times the horizon it is the variance of the move."""
    reach = reversion * max(horizon_s, 0.0)
    if reach < REACH_SMALL:
        return variance
    return mean - (variance - mean) * math.expm1(-reach) / reach


class StochasticVolatility:
    """Online fit of one market's variance to a square-root process."""

    __slots__ = ("_co", "_last", "_mean", "_mean_before", "_square", "_square_before", "_weight", "pairs")

    def __init__(self) -> None:
        self._last: tuple[float, float] | None = None
        self._weight = 0.0
        self._mean = 0.0
        self._mean_before = 0.0
        self._square = 0.0
        self._square_before = 0.0
        self._co = 0.0
        self.pairs = 0

    def observe(self, at: float, sigma: float) -> bool:
        """Sample the present volatility once ten seconds have passed; whether that told something."""
        last = self._last
        if last is None:
            self._last = (at, sigma * sigma)
            return False
        if at - last[0] < SAMPLE_S:
            return False
        self._last = (at, sigma * sigma)
        self._add(last[1], sigma * sigma)
        return True

    def skip(self) -> None:
        """The feed was interrupted: the next sample has none before it."""
        self._last = None

    @property
    def is_warm(self) -> bool:
        """Whether five minutes of samples back the fit."""
        return self.pairs >= WARM_PAIRS

    @property
    def process(self) -> SquareRootProcess | None:
        """The fit; None until it is warm."""
        if not self.is_warm:
            return None
        slope = self._co / self._square_before if self._square_before > 0.0 else SLOPE_MAX
        reversion = -math.log(min(max(slope, SLOPE_MIN), SLOPE_MAX)) / SAMPLE_S
        mean = self._mean
        spread = self._square / self._weight
        noise = math.sqrt(2.0 * reversion * spread / mean) if mean > 0.0 else 0.0
        return SquareRootProcess(mean, reversion, noise)

    def memory(self) -> VarianceMemory:
        """What outlives the process."""
        return VarianceMemory(
            pairs=self.pairs,
            weight=self._weight,
            mean=self._mean,
            mean_before=self._mean_before,
            square=self._square,
            square_before=self._square_before,
            signed_product=self._co,
        )

    def recall(self, memory: VarianceMemory) -> None:
        """Go on from what was learned before; the next sample has none before it."""
        self._last = None
        # The last pair alone weighs 1.
        if not (memory.pairs and memory.weight >= 1.0):
            return
        self.pairs, self._weight = memory.pairs, memory.weight
        self._mean, self._mean_before = memory.mean, memory.mean_before
        self._square, self._square_before, self._co = memory.square, memory.square_before, memory.signed_product

    def _add(self, before: float, now: float) -> None:
        self.pairs += 1
        self._weight = KEEP * self._weight + 1.0
        ahead, behind = now - self._mean, before - self._mean_before
        self._mean += ahead / self._weight
        self._mean_before += behind / self._weight
        self._square = KEEP * self._square + ahead * (now - self._mean)
        self._square_before = KEEP * self._square_before + behind * (before - self._mean_before)
        self._co = KEEP * self._co + behind * (now - self._mean)
