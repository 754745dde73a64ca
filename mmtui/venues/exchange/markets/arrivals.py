"""When market orders arrive: a self-exciting (Hawkes) point process with an exponential kernel.

Source: Ogata's thinning; the stationary rate is base / (1 - branching ratio).
"""

import math
import random


class SelfExcitingArrivals:
    """Successive arrival times in seconds."""

    __slots__ = ("_base", "_decay", "_excitation", "_jump", "_now_s", "_rng")

    def __init__(self, rate_per_s: float, branching_ratio: float, half_life_s: float, rng: random.Random) -> None:
        if not (rate_per_s > 0.0 and 0.0 <= branching_ratio < 1.0 and half_life_s > 0.0):
            raise ValueError("arrivals need a positive rate and half-life, and a branching ratio in [0, 1)")
        self._base = rate_per_s * (1.0 - branching_ratio)
        self._decay = math.log(2.0) / half_life_s
        self._jump = branching_ratio * self._decay
        self._excitation = rate_per_s * branching_ratio
        self._now_s = 0.0
        self._rng = rng

    def next_s(self) -> float:
        """Time of the next arrival, later than the last one."""
        while True:
            bound = self._base + self._excitation
            wait = self._rng.expovariate(bound)
            self._now_s += wait
            self._excitation *= math.exp(-self._decay * wait)
            if self._rng.random() * bound <= self._base + self._excitation:
                self._excitation += self._jump
                return self._now_s
