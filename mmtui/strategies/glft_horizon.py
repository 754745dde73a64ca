"""Optimal quotes between two bounds of inventory when trading ends at a known time.

Owns the matrix solution for sides with one kappa, by uniformisation: only sums of positive numbers, so that
ratios of neighbours that span hundreds of orders of magnitude stay exact. For studies and checks, never on
the way from a book to a quote. Source: models.md 2.2, equations (2.5) and (2.6).
"""

import math

import numpy as np
import numpy.typing as npt

from mmtui.strategies.glft import Flow, RiskAttitude, base_half_spread, log_risk_adjusted_intensity
from mmtui.strategies.glft_exact import Bounded

TAYLOR_TERMS = 25
HALVINGS_MAX = 60


def finite_horizon(
    risk: float,
    sigma: float,
    bid: Flow,
    ask: Flow,
    lots_max: int,
    horizon_s: float,
    *,
    impact: float = 0.0,
    drift: float = 0.0,
    attitude: RiskAttitude = RiskAttitude.CARA,
) -> Bounded:
    """The best quotes ``horizon_s`` before the end, at most ``lots_max`` lots held either way.

    ``impact`` is the move of the mid against us that each of our own fills causes, a fraction; ``drift`` in
    fraction/s. Raises ValueError for sides with different kappas, which no matrix solves, and for fewer than
    one lot.
    """
    if bid.kappa != ask.kappa:
        raise ValueError("sides with different kappas have no matrix solution; use the stationary one")
    if lots_max < 1:
        raise ValueError(f"at least one lot either way, not {lots_max}")
    kappa = bid.kappa
    on_fills = risk if attitude is RiskAttitude.CARA else 0.0
    lots = np.arange(-lots_max, lots_max + 1, dtype=np.float64)
    loss = math.exp(-kappa * impact / 2.0)
    up = math.exp(log_risk_adjusted_intensity(on_fills, bid)) * loss
    down = math.exp(log_risk_adjusted_intensity(on_fills, ask)) * loss
    diagonal = 0.5 * kappa * risk * sigma * sigma * lots**2 - kappa * drift * lots
    ending = np.exp(-0.5 * kappa * impact * lots**2)
    values = _evolved(diagonal, up, down, ending, horizon_s)
    steps = np.diff(-np.log(values)) / kappa
    base = base_half_spread(on_fills, kappa)
    half_impact = impact / 2.0
    return Bounded(
        lots_max,
        tuple(float(step) for step in steps),
        base,
        base,
        bid.cost + half_impact,
        ask.cost + half_impact,
    )


def _evolved(
    diagonal: npt.NDArray[np.float64], up: float, down: float, ending: npt.NDArray[np.float64], horizon_s: float
) -> npt.NDArray[np.float64]:
    """``exp(-M t) ending`` up to a factor, every entry to full relative accuracy."""
    count = len(diagonal)
    positive = np.diag(diagonal.max() - diagonal)
    positive += np.diag(np.full(count - 1, up), 1) + np.diag(np.full(count - 1, down), -1)
    largest = float(positive.sum(axis=1).max()) * horizon_s
    halvings = min(max(0, math.ceil(math.log2(largest)) if largest > 1.0 else 0), HALVINGS_MAX)
    scaled = positive * (horizon_s / 2.0**halvings)
    power = total = np.eye(count)
    for order in range(1, TAYLOR_TERMS + 1):
        power = power @ scaled / order
        total = total + power
    for _ in range(halvings):
        total = total @ total
        total /= total.max()
    evolved: npt.NDArray[np.float64] = total @ ending
    return evolved
