"""The published simulation of Avellaneda and Stoikov: paths of their dealer, and exact moments where they exist.

Owns the rules of that article's experiment (units: USD, one share an order, one trading session) and nothing of
a live market; the quotes are those of the strategies' room. Source: models.md 3.1 and 3.2.
"""

import math
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from mmtui.strategies import avellaneda_stoikov as dealer

SESSION = 1.0
STEPS = 200
STEP = SESSION / STEPS
SIGMA = 2.0
DECAY = 1.5
INTENSITY = 140.0

Floats = npt.NDArray[np.float64]


class Outcome(msgspec.Struct, frozen=True):
    """Moments over the paths: profit in USD, position in shares; ``spread`` is the average total spread in USD."""

    spread: float
    profit: float
    profit_sd: float
    position: float
    position_sd: float


def average_spread(gamma: float) -> float:
    """Mean of the total spread over the steps of a session, which the symmetric dealer quotes throughout."""
    return dealer.average_spread(gamma, SIGMA, DECAY, SESSION, STEPS)


def inventory_outcome(rng: np.random.Generator, gamma: float, paths: int) -> Outcome:
    """The dealer who centres on the reservation price."""

    def distances(remaining: float, held: Floats) -> tuple[Floats, Floats]:
        half = dealer.total_spread(gamma, SIGMA, DECAY, remaining) / 2.0
        # What one share held takes off the reservation price.
        shift = -dealer.reservation_price(0.0, 1.0, gamma, SIGMA, remaining)
        return half + held * shift, half - held * shift

    return _outcome(rng, paths, average_spread(gamma), distances)


def symmetric_outcome(rng: np.random.Generator, gamma: float, paths: int) -> Outcome:
    """The dealer who quotes the same average spread around the mid whatever is held."""
    spread = average_spread(gamma)

    def distances(_remaining: float, held: Floats) -> tuple[Floats, Floats]:
        half = np.full_like(held, spread / 2.0)
        return half, half

    return _outcome(rng, paths, spread, distances)


def symmetric_moments(gamma: float) -> Outcome:
    """What the symmetric dealer's paths have exactly, fills being independent of the position."""
    half = average_spread(gamma) / 2.0
    chance = INTENSITY * math.exp(-DECAY * half) * STEP
    rolls = 2.0 * chance * (1.0 - chance)
    variance = STEPS * rolls * half * half + SIGMA * SIGMA * STEP * rolls * STEPS * (STEPS + 1) / 2.0
    return Outcome(2.0 * half, 2.0 * STEPS * chance * half, math.sqrt(variance), 0.0, math.sqrt(STEPS * rolls))


def _outcome(
    rng: np.random.Generator, paths: int, spread: float, distances: Callable[[float, Floats], tuple[Floats, Floats]]
) -> Outcome:
    """Walk all paths; a step fills each side with a chance linear in time, then the mid moves up or down."""
    mid, held, cash = np.zeros(paths), np.zeros(paths), np.zeros(paths)
    move = SIGMA * math.sqrt(STEP)
    for step in range(STEPS):
        bid, ask = distances(SESSION - step * STEP, held)
        bought = rng.random(paths) < INTENSITY * STEP * np.exp(-DECAY * bid)
        sold = rng.random(paths) < INTENSITY * STEP * np.exp(-DECAY * ask)
        cash += sold * (mid + ask) - bought * (mid - bid)
        held += bought.astype(float) - sold
        mid += np.where(rng.random(paths) < 0.5, move, -move)
    profit = cash + held * mid
    return Outcome(spread, float(profit.mean()), float(profit.std(ddof=1)), float(held.mean()), float(held.std(ddof=1)))
