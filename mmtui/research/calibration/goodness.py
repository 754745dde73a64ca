"""Whether excesses follow an exponential law whose rate was fitted to them.

The distance between what was seen and the law is judged against draws from exponential laws fitted in the same
way, since tables for a known law would be far too kind. Seeded and so repeatable. Pure otherwise.
Source: Lilliefors' test for the exponential law, with the scaling of Stephens (1974) for the number of draws.
"""

import functools
import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

SEED = 20_250_904
DRAWS = 400
REPEATS = 2_000
DEPTHS = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 50.0)


class Exponential(msgspec.Struct, frozen=True):
    """Largest gap between the distribution seen and the law, and the probability of one as large if it is true."""

    distance: float
    probability: float


class Survival(msgspec.Struct, frozen=True):
    """Share of orders that went beyond a depth (bps over the floor), as seen and by the law."""

    depth_bps: float
    seen: float
    law: float


def exponential_fit(excess: Floats) -> Exponential:
    """How well ``excess`` (positive) follows the exponential law of its own mean."""
    distance = _distance(np.sort(excess)[None, :])[0]
    scaled = _scaled(float(distance), excess.size)
    beyond = int(np.sum(_null() >= scaled))
    return Exponential(float(distance), (beyond + 1) / (REPEATS + 1))


def survival(excess: Floats, rate: float, depths_bps: Sequence[float] = DEPTHS) -> tuple[Survival, ...]:
    """What share went beyond each depth, and what the law of ``rate`` (1/fraction) says, up to one nobody reached."""
    rows = []
    for depth in depths_bps:
        seen = float(np.mean(excess > depth * 1e-4))
        rows.append(Survival(depth, seen, math.exp(-rate * depth * 1e-4)))
        if seen == 0.0:
            break
    return tuple(rows)


def _distance(rows: Floats) -> Floats:
    """Kolmogorov-Smirnov distance of each sorted row from the exponential law of its own mean."""
    count = rows.shape[1]
    law = -np.expm1(-rows / np.mean(rows, axis=1, keepdims=True))
    steps = np.arange(count + 1) / count
    above, below = np.max(steps[1:] - law, axis=1), np.max(law - steps[:-1], axis=1)
    return np.asarray(np.maximum(above, below), dtype=np.float64)


def _scaled(distance: float, count: int) -> float:
    root = math.sqrt(count)
    return (distance - 0.2 / count) * (root + 0.26 + 0.5 / root)


@functools.cache
def _null() -> Floats:
    rows = np.random.default_rng(SEED).exponential(size=(REPEATS, DRAWS))
    rows.sort(axis=1)
    root = math.sqrt(DRAWS)
    return np.asarray((_distance(rows) - 0.2 / DRAWS) * (root + 0.26 + 0.5 / root), dtype=np.float64)
