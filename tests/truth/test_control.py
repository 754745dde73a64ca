"""The control problem gives the bounded optimum back wherever its extra state is off: models.md 4.6."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.strategies import glft, glft_exact
from mmtui.strategies.hjb.problem import DriftChain, Problem, Taker
from mmtui.strategies.hjb.solver import solve
from tests.checks import preset

BPS = 1e4
PRECISE = 1e-11
POINTS = 21
INNER = slice(preset.LIMIT_LOTS - 1, preset.LIMIT_LOTS + 2)


def problem(
    limit: int = preset.LIMIT_LOTS, *, drift_sd: float = 0.0, points: int = POINTS, taker: float = 0.0
) -> Problem:
    drift = DriftChain(0.5, drift_sd, points) if drift_sd else DriftChain()
    flow = preset.flow()
    return Problem(flow, flow, preset.SIGMA, preset.risk(), limit, glft.RiskAttitude.CARA, drift, Taker(taker, 1e-4))


def bids(posed: Problem, drift: float = 0.0) -> list[float]:
    """Distances of the bid at every inventory that has one, as fractions."""
    value = solve(posed)
    return [posed.offsets[0] + value.bid_gap(n, drift) for n in range(-posed.lots, posed.lots)]


def bounded(posed: Problem) -> list[float]:
    found = glft_exact.stationary(posed.risk, posed.sigma, posed.bid, posed.ask, posed.lots, attitude=posed.attitude)
    distances = [found.bid_distance(n) for n in range(-posed.lots, posed.lots)]
    return [distance for distance in distances if distance is not None]


def farthest(left: list[float], right: list[float]) -> float:
    return max(abs(one - other) for one, other in zip(left, right, strict=True))


@settings(max_examples=25, deadline=None)
@given(
    st.floats(500.0, 10_000.0),
    st.floats(0.01, 2.0),
    st.floats(2e-5, 5e-4),
    st.floats(0.1, 2.0),
    st.integers(1, 12),
    st.sampled_from(glft.RiskAttitude),
)
def test_without_drift_and_taker_it_is_the_bounded_optimum(
    kappa: float, intensity: float, sigma: float, gamma: float, limit: int, attitude: glft.RiskAttitude
) -> None:
    flow = glft.Flow(kappa, intensity, preset.FEE)
    posed = Problem(flow, flow, sigma, preset.risk(gamma), limit, attitude)
    assert farthest(bids(posed), bounded(posed)) < PRECISE


def test_sides_that_differ_give_the_bounded_optimum_too() -> None:
    bid, ask = glft.Flow(4000.0, 0.3, 1e-4), glft.Flow(2500.0, 0.12, 2e-4)
    posed = Problem(bid, ask, preset.SIGMA, preset.risk(), 8)
    assert farthest(bids(posed), bounded(posed)) < PRECISE


def test_as_the_drift_dies_the_quotes_become_those_without_one() -> None:
    without = bounded(problem())
    away = [farthest(bids(problem(drift_sd=sd)), without) for sd in (4e-5, 2e-5, 1e-5, 5e-6)]
    # Without drift the quotes differ by its variance only: half the deviation, a quarter of the difference.
    for wider, narrower in pairwise(away):
        assert narrower == pytest.approx(wider / 4.0, rel=0.15)
    assert away[-1] * BPS < 0.01


def test_as_the_taker_dies_the_quotes_become_those_without_one() -> None:
    posed = [problem(taker=rate) for rate in (1e-2, 1e-3, 1e-4)]
    away = [farthest(bids(one), bounded(problem())) for one in posed]
    assert away == sorted(away, reverse=True)
    assert away[-1] * BPS < 1e-2


def test_a_finer_drift_and_a_wider_limit_hardly_move_the_inner_quotes() -> None:
    coarse, fine = (bids(problem(drift_sd=5e-5, points=points)) for points in (POINTS, 2 * POINTS - 1))
    assert farthest(coarse[INNER], fine[INNER]) * BPS < 0.01
    # Five lots are two deviations of the position: only beyond ten does the limit no longer reach the middle.
    narrow, wide = bids(problem(10))[9:12], bids(problem(20))[19:22]
    assert farthest(narrow, wide) * BPS < 0.01
