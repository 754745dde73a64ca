"""How posted liquidity thins out with distance: a diagnostic, never an input of prices.

It measures where makers post, not how far takers reach, which is another number by a factor of
twenty to a hundred. Source: models.md 6.6.
"""

import math

import msgspec

from mmtui.domain.book import PriceRow

DISTANCE_MAX = 0.01
LEVELS_MAX = 15
LEVELS_MIN = 5
WEIGHT_DISTANCE = 5e-4
# Variance of distances below which the levels lie on one spot and no slope can be told.
SPREAD_MIN = 1e-18


class DepthSlope(msgspec.Struct, frozen=True, gc=False):
    """Decay of depth at or beyond a distance (1/fraction), and the documents' literal slope.

    ``kappa_literal`` is the slope of the log of depth up to a level with its sign turned, hence
    negative; it exists for comparison with the documents only.
    """

    kappa: float
    intercept: float
    kappa_literal: float
    levels: int


def depth_slope(mid: float, prices: PriceRow, sizes: PriceRow) -> DepthSlope | None:
    """Weighted regression over one side of a book; None with fewer than five usable levels."""
    if not mid > 0.0:
        return None
    levels = [
        (abs(price - mid) / mid, size)
        for price, size in zip(prices[:LEVELS_MAX], sizes, strict=False)
        if abs(price - mid) / mid <= DISTANCE_MAX and size > 0.0
    ]
    total = sum(size for _, size in levels)
    if not 0.0 < total < math.inf:
        return None
    distances, weights, beyond, within = [], [], [], []
    before = 0.0
    for distance, size in levels:
        remaining = 1.0 - before / total
        if not remaining > 0.0:
            break
        distances.append(distance)
        weights.append(1.0 / (1.0 + distance / WEIGHT_DISTANCE))
        beyond.append(math.log(remaining))
        before += size
        within.append(math.log(before))
    if len(distances) < LEVELS_MIN:
        return None
    survival, literal = _line(distances, beyond, weights), _line(distances, within, weights)
    if survival is None or literal is None:
        return None
    return DepthSlope(-survival[0], survival[1], -literal[0], len(distances))


def _line(x: list[float], y: list[float], weights: list[float]) -> tuple[float, float] | None:
    total = sum(weights)
    mean_x = sum(w * a for w, a in zip(weights, x, strict=True)) / total
    mean_y = sum(w * b for w, b in zip(weights, y, strict=True)) / total
    spread = sum(w * (a - mean_x) ** 2 for w, a in zip(weights, x, strict=True))
    if not spread > SPREAD_MIN * total:
        return None
    joint = sum(w * (a - mean_x) * (b - mean_y) for w, a, b in zip(weights, x, y, strict=True))
    slope = joint / spread
    return slope, mean_y - slope * mean_x
