"""How much of a passing one-sided cost each side should charge, against the control problem solved for it.

The cost difference is a mean-reverting process on a grid; the closed form must agree with that solution for
differences that pass in seconds and for those that stay. Source: models.md 2.5.
"""

import math

import numpy as np
import pytest

from mmtui.strategies import glft
from tests.checks import preset

LIMIT = 8
POINTS = 21
STEP = 0.2e-4
COST = 0.4e-4
BPS = 1e4
ROUNDS = 30
PUBLISHED = {10.0: 0.3684, 60.0: 0.2634, 300.0: 0.1110, 3000.0: 0.0148}


def reversion_rates(persistence_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates up and down of a birth-death chain that reverts to 0 with this time constant, over four deviations."""
    grid = STEP * (np.arange(POINTS) - POINTS // 2)
    deviation = STEP * (POINTS // 2) / 4.0
    spread = deviation**2 / (persistence_s * STEP**2)
    pull = grid / (2.0 * STEP * persistence_s)
    up, down = spread - pull, spread + pull
    up[-1] = down[0] = 0.0
    return up, down


def solved_charge(persistence_s: float) -> float:
    """Half of what the bid is farther than the ask, flat, when bids cost ``COST`` more and asks as much less; bps."""
    risk, flow = preset.risk(), preset.flow()
    eta = preset.INTENSITY * math.exp(-glft.utility_exponent(risk / preset.KAPPA))
    up, down = reversion_rates(persistence_s)
    lots, extras = np.arange(-LIMIT, LIMIT + 1), STEP * (np.arange(POINTS) - POINTS // 2)
    slope = glft.inventory_slope(risk, preset.SIGMA, flow)
    value = np.repeat(-0.5 * slope * lots.astype(float)[:, None] ** 2, POINTS, axis=1)
    size = value.size
    index = np.arange(size).reshape(value.shape)
    pinned = int(index[LIMIT, POINTS // 2])
    for _ in range(ROUNDS):
        matrix, right = np.zeros((size + 1, size + 1)), np.zeros(size + 1)
        matrix[:size, size] = -1.0
        right[:size] = 0.5 * risk * preset.SIGMA**2 * (lots.astype(float)[:, None] ** 2 * np.ones(POINTS)).ravel()
        for rate, shift in ((up, 1), (down, -1)):
            for j in np.flatnonzero(rate):
                matrix[index[:, j], index[:, j + shift]] += rate[j]
                matrix[index[:, j], index[:, j]] -= rate[j]
        for sign in (1, -1):
            held = slice(None, -1) if sign > 0 else slice(1, None)
            after = slice(1, None) if sign > 0 else slice(None, -1)
            gap = value[held] - value[after]
            # The risk-adjusted fill rate is minus the slope of the gain by the gap: one Newton step.
            rate = eta * np.exp(-preset.KAPPA * (gap + preset.FEE + sign * extras))
            rows, others = index[held].ravel(), index[after].ravel()
            matrix[rows, rows] -= rate.ravel()
            matrix[rows, others] += rate.ravel()
            right[rows] -= (rate / preset.KAPPA + rate * gap).ravel()
        matrix[size, pinned] = 1.0
        found = np.linalg.solve(matrix, right)[:size].reshape(value.shape)
        step = np.abs(found - value).max()
        value = found
        if preset.KAPPA * step < 1e-10:
            break
    at = POINTS // 2 + round(COST / STEP)
    return float(COST + (value[LIMIT - 1, at] - value[LIMIT + 1, at]) / 2.0) * BPS


@pytest.mark.parametrize("persistence_s", PUBLISHED)
def test_the_closed_form_charges_a_passing_cost_as_the_solution_does(persistence_s: float) -> None:
    bid, ask = preset.flow(preset.FEE + COST), preset.flow(preset.FEE - COST)
    form = glft.closed_form(preset.risk(), preset.SIGMA, bid, ask, persistence_s=persistence_s)
    ours = (form.bid_distance(0.0) - form.ask_distance(0.0)) / 2.0 * BPS
    solved = solved_charge(persistence_s)
    assert solved == pytest.approx(PUBLISHED[persistence_s], rel=0.01)
    assert ours == pytest.approx(solved, rel=0.01)
