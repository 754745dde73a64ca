"""How often the price jumps and by how much: a Poisson process with a prior of one jump in ten minutes.

Owns the count, the watched time and the moments of the sizes. Finding jumps is the test's business.
Source: models.md 6.13.
"""

import math

from mmtui.estimators.arrivals.gamma_law import interval_factors
from mmtui.estimators.ewma import EventEwma, decay, time_constant
from mmtui.estimators.memory import JumpMemory

PRIOR_JUMPS = 1.0
PRIOR_S = 600.0
HALF_LIFE_S = 3600.0
SIZE_HALF_LIFE_JUMPS = 20.0
SIZE_MAX = 1.0


def jump_rate(jumps: float, watched_s: float) -> float:
    """Jumps a second after ``jumps`` in ``watched_s``."""
    return (PRIOR_JUMPS + jumps) / (PRIOR_S + watched_s)


def jump_probability(rate: float, horizon_s: float) -> float:
    """Probability of at least one jump within the horizon."""
    return -math.expm1(-rate * horizon_s)


def variance_rate(rate: float, mean_square: float) -> float:
    """What jumps of this mean squared size add to the variance each second, fraction squared."""
    return rate * mean_square


def total_sigma(sigma: float, jump_variance: float) -> float:
    """Diffusion and jumps together, fraction per root second."""
    return math.sqrt(sigma * sigma + jump_variance)


class Jumps:
    """Rate and sizes of jumps; ``rate`` 1/s, ``variance_rate`` fraction squared per second."""

    __slots__ = ("_jumps", "_sizes", "_squares", "_watched_s", "rate", "variance_rate")

    def __init__(self) -> None:
        self._jumps = 0.0
        self._watched_s = 0.0
        self._sizes = EventEwma(SIZE_HALF_LIFE_JUMPS)
        self._squares = EventEwma(SIZE_HALF_LIFE_JUMPS)
        self._settle()

    def watch(self, duration_s: float) -> None:
        """Let watched time pass; it and the jumps before it fade."""
        tau_s = time_constant(HALF_LIFE_S)
        keep = decay(duration_s, tau_s)
        self._jumps *= keep
        self._watched_s = self._watched_s * keep + tau_s * (1.0 - keep)
        self._settle()

    def on_jump(self, size: float) -> None:
        """Count a jump of this signed size."""
        bounded = min(max(size, -SIZE_MAX), SIZE_MAX)
        self._jumps += 1.0
        self._sizes.add(bounded)
        self._squares.add(bounded * bounded)
        self._settle()

    @property
    def count(self) -> float:
        """Jumps remembered."""
        return self._jumps

    @property
    def rate_interval(self) -> tuple[float, float]:
        """95 % interval of the rate."""
        low, high = interval_factors(PRIOR_JUMPS + self._jumps)
        return self.rate * low, self.rate * high

    @property
    def typical_size(self) -> float:
        """Root mean square size; 0 before the first jump."""
        return math.sqrt(self._squares.mean())

    @property
    def mean_size(self) -> float:
        """Average signed size; 0 before the first jump."""
        return self._sizes.mean()

    def memory(self) -> JumpMemory:
        """What outlives the process."""
        return JumpMemory(
            jumps=self._jumps,
            watched_s=self._watched_s,
            signed_sizes=self._sizes.weights,
            squares=self._squares.weights,
        )

    def recall(self, memory: JumpMemory) -> None:
        """Go on from what was learned before."""
        self._jumps, self._watched_s = memory.jumps, memory.watched_s
        self._sizes.recall(memory.signed_sizes)
        self._squares.recall(memory.squares)
        self._settle()

    def _settle(self) -> None:
        self.rate = jump_rate(self._jumps, self._watched_s)
        self.variance_rate = variance_rate(self.rate, self._squares.mean())
