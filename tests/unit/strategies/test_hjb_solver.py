"""The solved control problem against what must hold of any solution, and against another way to solve it."""

import math

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmtui.strategies import glft
from mmtui.strategies.glft_exact import stationary
from mmtui.strategies.hjb.policy import PolicyInputs, PolicyKeeper, PolicyShape, problem_of
from mmtui.strategies.hjb.problem import DriftChain, Problem, Taker
from mmtui.strategies.hjb.search import best_multiple, best_objective, fill_value, multiples
from mmtui.strategies.hjb.solver import Newton, solve
from tests.checks.preset import LIMIT_LOTS, SIGMA, flow, risk

BPS = 1e4
USUAL = DriftChain(0.5, 5e-5, 21)
TAKER = Taker(1.0, 4.55e-4)


def p1(drift=None, taker=None, *, lots=LIMIT_LOTS, attitude="cara", sigma=SIGMA, gamma=0.3):
    return Problem(
        flow(),
        flow(),
        sigma,
        risk(gamma),
        lots,
        glft.RiskAttitude(attitude),
        drift or DriftChain(),
        taker or Taker(),
    )


def value_iteration(problem, rounds):
    """The same equation by small explicit steps of time, in plain arithmetic: growth and values."""
    lots, grid = problem.lots, problem.drift.grid
    (up, down), (eta_bid, eta_ask) = problem.drift.rates(), problem.intensities
    kappa_bid, kappa_ask, taker = problem.bid.kappa, problem.ask.kappa, problem.taker
    theta = [[0.0] * len(grid) for _ in range(2 * lots + 1)]

    def change(i, j):
        n, here = i - lots, theta[i][j]
        total = grid[j] * n - 0.5 * problem.risk * problem.sigma**2 * n * n
        if i < 2 * lots:
            gain = theta[i + 1][j] - here
            total += eta_bid / kappa_bid * math.exp(kappa_bid * gain) + taker.rate * max(0.0, gain - taker.cost)
        if i:
            gain = theta[i - 1][j] - here
            total += eta_ask / kappa_ask * math.exp(kappa_ask * gain) + taker.rate * max(0.0, gain - taker.cost)
        if j + 1 < len(grid):
            total += up[j] * (theta[i][j + 1] - here)
        if j:
            total += down[j] * (theta[i][j - 1] - here)
        return total

    fastest = 2.0 * (eta_bid + eta_ask) * math.exp(2.0) + 2.0 * taker.rate + max(up) + max(down)
    step = 0.5 / fastest
    growth = 0.0
    for _ in range(rounds):
        changes = [[change(i, j) for j in range(len(grid))] for i in range(2 * lots + 1)]
        growth = changes[lots][len(grid) // 2]
        theta = [[theta[i][j] + step * (changes[i][j] - growth) for j in range(len(grid))] for i in range(2 * lots + 1)]
    return growth, theta


@pytest.mark.parametrize("attitude", ["cara", "penalty"])
@pytest.mark.parametrize("gamma", [0.1, 0.3, 1.0])
def test_without_drift_and_takers_it_is_the_bounded_dealer_exactly(attitude, gamma):
    problem = p1(attitude=attitude, gamma=gamma)
    ours = solve(problem)
    exact = stationary(risk(gamma), SIGMA, flow(), flow(), lots_max=LIMIT_LOTS, attitude=glft.RiskAttitude(attitude))
    for n in range(-LIMIT_LOTS, LIMIT_LOTS):
        distance = exact.bid_distance(n)
        assert problem.offsets[0] + ours.bid_gap(n, 0.0) == pytest.approx(distance, rel=1e-12)
    assert ours.growth == pytest.approx(exact.income, rel=1e-12)


@pytest.mark.parametrize("points", [17, 21, 41])
def test_a_drift_that_hardly_moves_changes_nothing(points):
    still, moving = p1(), p1(DriftChain(0.5, 1e-12, points))
    plain, drifting = solve(still), solve(moving)
    for n in range(-LIMIT_LOTS, LIMIT_LOTS):
        assert drifting.bid_gap(n, 0.0) == pytest.approx(plain.bid_gap(n, 0.0), abs=1e-12)
    assert drifting.growth == pytest.approx(plain.growth, rel=1e-9)


@pytest.mark.parametrize("problem", [p1(USUAL), p1(USUAL, TAKER, gamma=1.0, sigma=4e-4)], ids=["maker", "taker"])
def test_bid_and_ask_are_mirror_images(problem):
    value = solve(problem)
    for n in range(-LIMIT_LOTS, LIMIT_LOTS):
        for drift in USUAL.grid:
            assert value.bid_gap(n, drift) == pytest.approx(value.ask_gap(-n, -drift), abs=1e-14)


def test_bids_stand_further_off_with_more_inventory_and_closer_with_a_rising_price():
    value = solve(p1(USUAL))
    for drift in USUAL.grid:
        gaps = [value.bid_gap(n, drift) for n in range(-LIMIT_LOTS, LIMIT_LOTS)]
        assert gaps == sorted(gaps)
    for n in range(-LIMIT_LOTS, LIMIT_LOTS):
        gaps = [value.bid_gap(n, drift) for drift in USUAL.grid]
        assert gaps == sorted(gaps, reverse=True)


@pytest.mark.parametrize(
    "problem",
    [p1(), p1(attitude="penalty"), p1(USUAL), p1(USUAL, TAKER, gamma=1.0, sigma=4e-4), p1(taker=TAKER, sigma=8e-4)],
    ids=["plain", "penalty", "drift", "drift and taker", "taker"],
)
def test_the_best_objective_is_the_growth_rate_at_every_state(problem):
    value = solve(problem)
    found = [
        best_objective(problem, value, n, j)
        for n in range(-problem.lots, problem.lots + 1)
        for j in range(problem.drift.points)
    ]
    assert found == pytest.approx([value.growth] * len(found), rel=1e-9)


def test_a_finer_drift_and_a_wider_limit_hardly_change_the_inner_quotes():
    coarse, fine, wide = solve(p1(USUAL)), solve(p1(DriftChain(0.5, 5e-5, 41))), solve(p1(USUAL, lots=10))
    for n in (-1, 0, 1):
        for drift in (-4e-5, 0.0, 4e-5):
            assert abs(fine.bid_gap(n, drift) - coarse.bid_gap(n, drift)) * BPS < 0.01
    # The limit is felt from about two deviations of the inventory away.
    wider = solve(p1(USUAL, lots=20))
    for n in (-1, 0, 1):
        assert abs(wider.bid_gap(n, 0.0) - wide.bid_gap(n, 0.0)) * BPS < 0.01


def test_takers_that_are_ever_slower_come_to_none():
    without = solve(p1(gamma=1.0, sigma=4e-4))
    last = math.inf
    for rate in (1.0, 1e-2, 1e-4, 1e-6):
        value = solve(p1(taker=Taker(rate, 4.55e-4), gamma=1.0, sigma=4e-4))
        gap = max(abs(value.bid_gap(n, 0.0) - without.bid_gap(n, 0.0)) for n in range(-LIMIT_LOTS, LIMIT_LOTS))
        assert gap < last
        last = gap
    assert last * BPS < 1e-4


@pytest.mark.parametrize(
    ("problem", "rounds"),
    [(p1(), 20_000), (p1(taker=TAKER, gamma=1.0, sigma=8e-4), 20_000), (p1(DriftChain(0.5, 5e-5, 5), lots=2), 8_000)],
    ids=["plain", "taker", "drift"],
)
def test_small_steps_of_time_arrive_at_the_same_solution(problem, rounds):
    value = solve(problem)
    growth, theta = value_iteration(problem, rounds)
    assert growth == pytest.approx(value.growth, rel=1e-6)
    for mine, other in zip(value.theta, theta, strict=True):
        assert mine == pytest.approx(other, abs=1e-9)


flows_in_range = st.builds(glft.Flow, st.floats(200.0, 20_000.0), st.floats(1e-4, 20.0), st.floats(-3e-5, 1.6e-3))


@given(
    flow=flows_in_range,
    sigma=st.floats(1e-6, 1e-2),
    risk_per_lot=st.floats(0.5, 2000.0),
    lots=st.integers(1, 12),
    decay=st.floats(0.01, 5.0),
    sd_bps=st.floats(0.01, 5.0),
    imbalance=st.floats(0.0, 1.0),
    taker_rate=st.sampled_from([0.0, 1.0, 10.0]),
)
@hypothesis_settings(max_examples=40, deadline=None, phases=[Phase.explicit, Phase.generate])
def test_every_problem_that_a_market_in_its_sane_range_poses_is_solved(
    flow, sigma, risk_per_lot, lots, decay, sd_bps, imbalance, taker_rate
):
    chain = DriftChain(decay, sd_bps / BPS * decay, 17)
    posed = shape(lots=lots, drift=chain, thinning=0.9, taker_rate=taker_rate)
    problem = problem_of(posed, PolicyInputs(flow, sigma, risk_per_lot, 4.5e-4), imbalance, 1e-4)
    newton = Newton(problem)
    while not newton.is_over:
        newton.advance(1000)
    assert newton.solution is not None
    scale = sum(problem.intensities) / flow.kappa + problem.risk * sigma * sigma * lots * lots + chain.grid[-1] * lots
    scale += taker_rate * (abs(newton.solution.bid_gap(-lots, 0.0)) + problem.taker.cost)
    for n in (-lots, 0, lots):
        assert best_objective(problem, newton.solution, n, 8) == pytest.approx(newton.solution.growth, abs=1e-6 * scale)


@given(
    flow=flows_in_range,
    gap=st.floats(-5e-3, 5e-3),
    distance=st.floats(1e-5, 5e-3),
    points=st.sampled_from([5, 6, 41, 401]),
)
@hypothesis_settings(max_examples=80, deadline=None)
def test_the_search_finds_what_trying_every_point_finds(flow, gap, distance, points):
    tried = multiples(points)
    found, value = best_multiple(flow, gap, distance, tried)
    best = max(fill_value(flow, gap, multiple * distance) for multiple in tried)
    assert found in tried
    assert value == pytest.approx(best, rel=1e-12, abs=1e-300)


def test_work_in_pieces_and_work_at_once_give_the_same_bits():
    at_once = solve(p1(USUAL))
    newton = Newton(p1(USUAL))
    while not newton.is_over:
        newton.advance(1)
    assert newton.solution == at_once


def shape(**changes):
    return PolicyShape(
        **({"lots": 5, "attitude": glft.RiskAttitude.CARA, "drift": USUAL, "imbalances": (0.0, 0.5)} | changes)
    )


def settled(keeper, table_shape, inputs):
    keeper.update(table_shape, inputs)
    while keeper.is_solving:
        keeper.update(table_shape, inputs)
    return keeper.table


INPUTS = PolicyInputs(flow(), SIGMA, risk())


def test_the_table_is_solved_anew_once_an_input_moved_five_percent_and_the_old_one_serves_until_then():
    keeper = PolicyKeeper()
    first = settled(keeper, shape(), INPUTS)
    near = PolicyInputs(flow(), SIGMA * 1.04, risk() * 0.96)
    assert keeper.update(shape(), near) is first
    assert not keeper.is_solving
    far = PolicyInputs(flow(), SIGMA * 1.06, risk())
    assert keeper.update(shape(), far) is first
    assert keeper.is_solving
    second = settled(keeper, shape(), far)
    assert second is not first
    assert second.inputs == far


@pytest.mark.parametrize(
    "moved",
    [
        PolicyInputs(flow(), SIGMA, risk() * 1.06),
        PolicyInputs(glft.Flow(3200.0, 0.2, 1.5e-4), SIGMA, risk()),
        PolicyInputs(glft.Flow(3000.0, 0.215, 1.5e-4), SIGMA, risk()),
        PolicyInputs(flow(1.7e-4), SIGMA, risk()),
    ],
    ids=["gamma", "kappa", "A", "cost"],
)
def test_every_input_of_the_table_is_watched(moved):
    keeper = PolicyKeeper()
    settled(keeper, shape(imbalances=(0.0,), drift=DriftChain()), INPUTS)
    keeper.update(shape(imbalances=(0.0,), drift=DriftChain()), moved)
    assert keeper.table.inputs == moved or keeper.is_solving


def test_a_table_of_another_lot_size_is_not_used():
    keeper = PolicyKeeper()
    settled(keeper, shape(), INPUTS)
    assert keeper.update(shape(lots=7), INPUTS) is None


def test_a_negative_imbalance_is_the_mirror_image_of_its_positive_bucket():
    thinned = shape(imbalances=(0.0, 0.5, 1.0), thinning=0.5)
    table = settled(PolicyKeeper(), thinned, INPUTS)
    direct = solve(problem_of(thinned, INPUTS, -0.5, 0.0))
    for n in (-3, 0, 2):
        for drift in (-4e-5, 0.0, 6e-5):
            gaps = table.gaps(n, drift, -0.5, 0.0)
            assert gaps.bid == pytest.approx(direct.bid_gap(n, drift), abs=1e-13)
            assert gaps.ask == pytest.approx(direct.ask_gap(n, drift), abs=1e-13)


def test_between_the_points_the_table_is_read_linearly_and_beyond_them_held():
    value = solve(p1(USUAL))
    low, high = USUAL.grid[12], USUAL.grid[13]
    between = value.bid_gap(1.25, low + 0.25 * (high - low))
    corners = [value.bid_gap(n, drift) for n in (1, 2) for drift in (low, high)]
    wanted = 0.75 * (0.75 * corners[0] + 0.25 * corners[1]) + 0.25 * (0.75 * corners[2] + 0.25 * corners[3])
    assert between == pytest.approx(wanted, rel=1e-12)
    assert value.bid_gap(0, 1.0) == value.bid_gap(0, USUAL.grid[-1])
    assert value.ask_gap(LIMIT_LOTS + 3.0, 0.0) == value.ask_gap(LIMIT_LOTS, 0.0)
