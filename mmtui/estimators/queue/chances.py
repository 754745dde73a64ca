"""How likely an order is to fill within a horizon, by two models.

Owns the formulas. By touch: the fair price reaches ours, and what then trades there reaches us. By intensity:
fills arrive at the rate that arrivals have shown at this distance, less what stands before us. Distances are
fractions of the price, sizes base units, times s. Every result is in [0, 1]. Source: models.md 9.2.
"""

import math

import msgspec

EXPONENT_MAX = 700.0
SIZE_MIN = 1e-12


class Surroundings(msgspec.Struct, frozen=True):
    """What one side's chances depend on, as estimated: sigma in fraction per root second, A 1/s, kappa 1/fraction."""

    sigma: float
    touch_volume: float
    intensity: float
    kappa: float


class Chance(msgspec.Struct, frozen=True):
    """The probability that a first unit fills, by each model, and the share of the size expected to by touch."""

    touch: float
    intensity: float
    share: float = 0.0


def touch_probability(distance: float, sigma: float, horizon_s: float) -> float:
    """First passage of the fair price to a price ``distance`` behind it; 1 for one that it has passed."""
    if not horizon_s > 0.0:
        return 0.0
    if distance <= 0.0:
        return 1.0
    spread = sigma * math.sqrt(2.0 * horizon_s)
    return math.erfc(distance / spread) if spread > 0.0 else 0.0


def execution_probability(front: float, touch_volume: float) -> float:
    """Whether what trades at a touched price reaches beyond ``front``."""
    if front <= 0.0:
        return 1.0
    return math.exp(-min(front / touch_volume, EXPONENT_MAX)) if touch_volume > 0.0 else 0.0


def filled_share(front: float, size: float, touch_volume: float) -> float:
    """Expected filled share of an order of ``size`` behind ``front`` once its price is touched."""
    some = execution_probability(front, touch_volume)
    if not (size > SIZE_MIN and touch_volume > 0.0):
        return some if front > 0.0 else float(touch_volume > 0.0)
    return min(some, some * touch_volume / size * -math.expm1(-min(size / touch_volume, EXPONENT_MAX)))


def intensity_probability(distance: float, front: float, horizon_s: float, around: Surroundings) -> float:
    """One arrival at least within the horizon, at the rate of this distance and front."""
    if not horizon_s > 0.0:
        return 0.0
    reach = math.exp(-min(around.kappa * max(distance, 0.0), EXPONENT_MAX))
    rate = around.intensity * reach * execution_probability(front, around.touch_volume)
    return -math.expm1(-min(rate * horizon_s, EXPONENT_MAX))


def chance(distance: float, front: float, horizon_s: float, around: Surroundings, size: float = 0.0) -> Chance:
    """Both probabilities of an order of ``size`` at ``distance`` with ``front`` before it."""
    touched = touch_probability(distance, around.sigma, horizon_s)
    return Chance(
        touch=touched * execution_probability(front, around.touch_volume),
        intensity=intensity_probability(distance, front, horizon_s, around),
        share=touched * filled_share(front, size, around.touch_volume),
    )
