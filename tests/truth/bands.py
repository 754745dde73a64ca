"""How far an estimate may be from the truth, and what was found: one experiment, many runs.

A published row gives mean and deviation of estimate over truth. The mean over the runs may differ from it by four
standard errors, and the deviation between runs may exceed the published one by four of its own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

K = 4.0
FIRST_SEED = 100
RUNS_OF_A_QUANTILE = 100


@dataclass(frozen=True)
class Band:
    """One published row: what is estimated, with the mean and deviation of estimate over truth.

    ``closer`` lets the mean lie nearer the truth than published, for estimators that do better;
    ``slack`` is what is known to differ by construction, with the reason in ``why``; ``quantile`` is the 99 %
    quantile where one is published, ``published_runs`` how many runs the published row is an average of where
    those are few.
    """

    what: str
    mean: float
    sd: float
    closer: bool = False
    slack: float = 0.0
    why: str = ""
    quantile: float | None = None
    published_runs: float = math.inf


@dataclass(frozen=True)
class Experiment:
    """``measure`` plays one market from a seed and gives one ratio for each band."""

    size: str
    bands: tuple[Band, ...]
    measure: Callable[[int], tuple[float, ...]]
    runs: int
    runs_full: int

    @property
    def name(self) -> str:
        return f"{self.bands[0].what}, {self.size}"


@dataclass(frozen=True)
class Finding:
    """What the runs gave for one band."""

    band: Band
    size: str
    runs: int
    mean: float
    sd: float
    quantile: float

    @property
    def mean_allowed(self) -> float:
        """Largest difference of the mean from the published one."""
        return K * self.band.sd * math.sqrt(1.0 / self.runs + 1.0 / self.band.published_runs) + self.band.slack

    @property
    def is_near(self) -> bool:
        if self.band.closer:
            return abs(self.mean - 1.0) <= abs(self.band.mean - 1.0) + self.mean_allowed
        return abs(self.mean - self.band.mean) <= self.mean_allowed

    @property
    def is_steady(self) -> bool:
        both = 0.5 / (self.runs - 1) + 0.5 / (self.band.published_runs - 1)
        return self.sd <= self.band.sd * (1.0 + K * math.sqrt(both))

    @property
    def is_tailed(self) -> bool:
        """Whether the 99 % quantile agrees; few runs say nothing about one."""
        if self.band.quantile is None or self.runs < RUNS_OF_A_QUANTILE:
            return True
        # The quantile of so many Gaussian runs has a deviation of 3.7 of the mean's.
        return abs(self.quantile - self.band.quantile) <= 3.7 * K * self.band.sd / math.sqrt(self.runs)

    @property
    def holds(self) -> bool:
        return self.is_near and self.is_steady and self.is_tailed


def findings(experiment: Experiment, *, is_full: bool = False) -> list[Finding]:
    """Play the runs, each from a seed of its own."""
    runs = experiment.runs_full if is_full else experiment.runs
    found = np.array([experiment.measure(seed) for seed in range(FIRST_SEED, FIRST_SEED + runs)])
    assert np.isfinite(found).all()
    return [_finding(band, experiment.size, column) for band, column in zip(experiment.bands, found.T, strict=True)]


def _finding(band: Band, size: str, ratios: np.ndarray) -> Finding:
    mean, sd = float(ratios.mean()), float(ratios.std(ddof=1))
    return Finding(band, size, len(ratios), mean, sd, float(np.quantile(ratios, 0.99)))
