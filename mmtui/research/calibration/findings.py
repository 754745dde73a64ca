"""What a fit says: the estimate, its interval, what it rests on, how well the model holds, and a verdict in words.

Owns intervals of ratios of sums that hold when neighbouring observations resemble each other: whole blocks of time
are what is counted as independent. Pure.
"""

import enum
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BLOCK_MIN_S = 10.0
BLOCK_MAX_S = 60.0
BLOCKS_WANTED = 20.0
BLOCKS_NEEDED = 5
EXPONENT_MAX = 20.0
FEW = "too few {things}: prior kept"


class Verdict(enum.Enum):
    """Whether a figure may stand in for a prior."""

    TAKEN = "taken"
    SHOWN = "shown"
    KEPT = "kept"


class Interval(msgspec.Struct, frozen=True):
    """Ends of a 95 % interval."""

    low: float
    high: float

    def wider(self, other: "Interval | None") -> "Interval":
        """The interval that holds both."""
        if other is None:
            return self
        return Interval(min(self.low, other.low), max(self.high, other.high))


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One figure: ``value`` None where nothing can be said, ``n`` observations, ``fit`` and ``words`` for people.

    ``details`` are further numbers of the same fit, by name.
    """

    name: str
    unit: str
    value: float | None
    interval: Interval | None
    n: int
    verdict: Verdict
    words: str
    fit: str = ""
    details: dict[str, float] = {}

    @property
    def is_taken(self) -> bool:
        """Whether the figure may become a setting."""
        return self.verdict is Verdict.TAKEN and self.value is not None


def too_few(name: str, unit: str, n: int, things: str) -> Finding:
    """A finding that there is nothing to find."""
    words = FEW.format(things=things)
    return Finding(name=name, unit=unit, value=None, interval=None, n=n, verdict=Verdict.KEPT, words=words)


def block_length_s(span_s: float) -> float:
    """Length of the blocks of time that count as independent, for a watch of ``span_s``."""
    return min(max(span_s / BLOCKS_WANTED, BLOCK_MIN_S), BLOCK_MAX_S)


def ratio_error(at: Sequence[float], above: Floats, below: Floats, block_s: float) -> float | None:
    """Half-width of the 95 % interval of sum(above) over sum(below), from blocks; None with fewer than five.

    ``at`` are times in s; blocks without observations are left out.
    """
    if not above.size:
        return None
    place = np.unique(np.floor(np.asarray(at, dtype=np.float64) / block_s), return_inverse=True)[1]
    tops, bottoms = np.bincount(place, weights=above), np.bincount(place, weights=below)
    count, total = tops.size, float(np.sum(bottoms))
    if count < BLOCKS_NEEDED or not total > 0.0:
        return None
    left = tops - float(np.sum(tops)) / total * bottoms
    error = math.sqrt(float(left @ left) * count / (count - 1)) / total
    return student(count - 1) * error


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's law, within 1 % from four degrees of freedom on."""
    return 1.96 + 2.4 / freedom + 3.5 / (freedom * freedom)


def around(value: float, half_width: float | None) -> Interval | None:
    """A symmetric interval."""
    return None if half_width is None else Interval(value - half_width, value + half_width)


def scaled(value: float, half_width: float | None, *, power: float = 1.0) -> Interval | None:
    """An interval of ``value`` to the ``power``, symmetric in its logarithm, for what cannot be negative."""
    if half_width is None or not value > 0.0:
        return None
    factor = math.exp(min(abs(power) * half_width / value, EXPONENT_MAX))
    raised = value**power
    return Interval(raised / factor, raised * factor)
