"""The quotes between two bounds: against independent solutions, between whole lots, and on the way to an order."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.strategies import glft
from mmtui.strategies.exact_tables import ExactInputs, ExactTables, lean_at, lots_of_limit
from mmtui.strategies.glft import Flow, RiskAttitude
from mmtui.strategies.glft_exact import stationary
from mmtui.strategies.glft_horizon import finite_horizon
from mmtui.strategies.quote import AbsenceReason, Rooms
from mmtui.strategies.registry import BUILT_IN
from tests.checks.quotes import distance_bps, quotes
from tests.unit.properties import examples
from tests.unit.strategies.quote_contexts import PURE, context, estimates

FLOWS = st.builds(Flow, st.floats(200.0, 20_000.0), st.floats(1e-4, 20.0), st.floats(-3e-5, 1e-3))
RISKS = st.floats(0.05, 5000.0)
SIGMAS = st.floats(1e-6, 5e-3)
LOTS = st.integers(1, 30)
EXACT = PURE.with_values({"strategy.glft_mode": "glft_exact", "risk.inventory_sensitivity": 0.0})


def incomes(table, risk, sigma, bid, ask, attitude=RiskAttitude.CARA):
    """What every inventory earns a second under the table's own values: (2.4) without its left side."""
    on_fills = risk if attitude is RiskAttitude.CARA else 0.0
    values, found = table.values(), []
    for n in range(-table.lots_max, table.lots_max + 1):
        at = n + table.lots_max
        income = -0.5 * risk * sigma * sigma * n * n
        for flow, other in ((bid, at + 1), (ask, at - 1)):
            if 0 <= other < len(values):
                gain = values[other] - values[at]
                log = glft.log_risk_adjusted_intensity(on_fills, flow) + flow.kappa * gain
                income += math.exp(log) / flow.kappa
        found.append(income)
    return found


@given(risk=RISKS, sigma=SIGMAS, bid=FLOWS, ask=FLOWS, lots=LOTS, attitude=st.sampled_from(RiskAttitude))
@examples(150)
def test_every_inventory_earns_the_same_certainty_equivalent(risk, sigma, bid, ask, lots, attitude):
    table = stationary(risk, sigma, bid, ask, lots, attitude=attitude)
    # At the edges large numbers cancel: what inventory costs there and what its exit earns.
    scale = table.income + 0.5 * risk * sigma * sigma * lots * lots
    for income in incomes(table, risk, sigma, bid, ask, attitude):
        assert income == pytest.approx(table.income, abs=1e-7 * scale)


@given(
    risk=RISKS, sigma=SIGMAS, kappa=st.floats(200.0, 20_000.0), rates=st.tuples(*[st.floats(1e-2, 20.0)] * 2), lots=LOTS
)
@examples(60)
def test_with_one_kappa_the_income_is_the_smallest_eigenvalue(risk, sigma, kappa, rates, lots):
    bid, ask = (Flow(kappa, rate, 1e-4) for rate in rates)
    table = stationary(risk, sigma, bid, ask, lots)
    n = np.arange(-lots, lots + 1)
    up, down = (glft.risk_adjusted_intensity(risk, flow) for flow in (bid, ask))
    off = np.full(2 * lots, -math.sqrt(up * down))
    matrix = np.diag(0.5 * kappa * risk * sigma**2 * n**2) + np.diag(off, 1) + np.diag(off, -1)
    smallest = np.linalg.eigvalsh(matrix)[0]
    assert -table.income * kappa == pytest.approx(smallest, abs=1e-9 * np.abs(matrix).max())


@given(risk=RISKS, sigma=SIGMAS, bid=FLOWS, ask=FLOWS, lots=LOTS)
@examples(100)
def test_each_lot_more_lowers_both_quotes(risk, sigma, bid, ask, lots):
    table = stationary(risk, sigma, bid, ask, lots)
    slack = 1e-12 * (1.0 + max(abs(step) for step in table.steps))
    assert all(outer >= inner - slack for inner, outer in zip(table.steps, table.steps[1:], strict=False))
    assert table.bid_distance(lots) is None
    assert table.ask_distance(-lots) is None


def test_a_far_end_is_no_end():
    flow = Flow(3000.0, 0.2, 1.5e-4)
    lasting, ending = (
        stationary(27.4, 1e-4, flow, flow, 5),
        finite_horizon(27.4, 1e-4, flow, flow, 5, 5000.0),
    )
    assert ending.steps == pytest.approx(lasting.steps, abs=1e-11)
    assert ending.income is None


def test_the_closed_form_is_right_away_from_the_bounds():
    flow = Flow(0.3, 0.9)
    exact, form = stationary(0.01, 0.3, flow, flow, 30), glft.closed_form(0.01, 0.3, flow, flow)
    gaps = {n: abs(exact.bid_distance(n) - form.bid_distance(n)) for n in range(-20, 21)}
    assert max(gaps.values()) < 0.005
    assert abs(exact.bid_distance(29) - form.bid_distance(29)) > 0.5


def test_only_what_can_be_solved_is():
    flow = Flow(3000.0, 0.2)
    with pytest.raises(ValueError, match="at least one lot"):
        stationary(1.0, 1e-4, flow, flow, 0)
    with pytest.raises(ValueError, match="at least one lot"):
        finite_horizon(1.0, 1e-4, flow, flow, 0, 10.0)
    with pytest.raises(ValueError, match="different kappas"):
        finite_horizon(1.0, 1e-4, flow, Flow(2000.0, 0.2), 3, 10.0)


def inputs(**changes):
    flow = Flow(3000.0, 0.2, 1.5e-4)
    values = {"risk": 27.0, "sigma": 1e-4, "bid": flow, "ask": flow, "lots_max": 5, "attitude": RiskAttitude.CARA}
    return ExactInputs(**(values | changes))


@pytest.mark.parametrize(
    "change",
    [
        {"risk": 28.0},
        {"sigma": 1.03e-4},
        {"bid": Flow(3100.0, 0.2, 1.5e-4)},
        {"ask": Flow(3000.0, 0.21, 1.5e-4)},
        {"ask": Flow(3000.0, 0.2, 1.6e-4)},
    ],
)
def test_a_table_is_made_again_when_an_input_has_moved_but_not_twice_a_second(change):
    tables = ExactTables()
    first = tables.table(100.0, inputs())
    assert tables.table(100.9, inputs(**change)) is first
    second = tables.table(101.0, inputs(**change))
    assert second is not first
    assert tables.table(150.0, inputs(**change)) is second


def test_a_table_stands_while_its_inputs_hardly_move_and_falls_with_the_bound():
    tables = ExactTables()
    first = tables.table(100.0, inputs())
    assert tables.table(200.0, inputs(risk=27.4, sigma=1.01e-4)) is first
    assert tables.table(200.1, inputs(lots_max=6)).lots_max == 6
    assert tables.table(200.2, inputs(lots_max=6, attitude=RiskAttitude.PENALTY)).base_bid == pytest.approx(1 / 3000)


@given(lots=st.floats(-7.0, 7.0), bid=FLOWS, ask=FLOWS)
@examples(80)
def test_between_whole_lots_the_lean_is_between_and_grows_with_what_is_held(lots, bid, ask):
    table = stationary(27.0, 1e-4, bid, ask, 5)
    here, below, above = (lean_at(table, held) for held in (lots, math.floor(lots), math.ceil(lots)))
    slack = 1e-12
    assert below.shift - slack <= here.shift <= above.shift + slack
    assert min(below.half, above.half) - slack <= here.half <= max(below.half, above.half) + slack


def test_the_lots_of_a_limit_are_whole_and_at_least_one():
    assert [lots_of_limit(value) for value in (1.0, 5.0, 5.9, 100.0, 0.3)] == [1, 5, 5, 100, 1]


@pytest.mark.parametrize("n", [-4, -1, 0, 2, 4])
def test_the_strategy_quotes_the_table(n):
    table = stationary(
        glft.risk_per_lot(0.3, 1.0, glft.risk_unit(5.0, 1.0, 2e-4, 120.0)), 1e-4, *[Flow(3000.0, 0.2, 1.5e-4)] * 2, 5
    )
    ladder = quotes(context(position=n * 1000), EXACT)
    assert distance_bps(ladder, 1) == pytest.approx(table.bid_distance(n) * 1e4, abs=1e-6)
    assert distance_bps(ladder, -1) == pytest.approx(table.ask_distance(n) * 1e4, abs=1e-6)


def test_at_the_bound_only_the_way_out_is_quoted_and_the_other_says_why():
    free = Rooms(buy=9000, sell=9000)
    ladder = BUILT_IN["ladder"]().ladder(context(position=5000, rooms=free), EXACT)
    assert ladder.bids == ()
    assert [absence.reason for absence in ladder.absences if absence.side is Side.BUY] == [AbsenceReason.AT_BOUND]
    table = stationary(27.386128, 1e-4, *[Flow(3000.0, 0.2, 1.5e-4)] * 2, 5)
    assert distance_bps(quotes(context(position=5000), EXACT), -1) == pytest.approx(
        table.ask_distance(5) * 1e4, abs=1e-5
    )
    short = BUILT_IN["ladder"]().ladder(context(position=-5000, rooms=free), EXACT)
    assert short.asks == ()
    assert short.bids


def test_a_one_sided_flow_that_passes_moves_the_exact_quotes_less_than_one_that_lasts():
    one_sided = estimates(intensity=(0.4, 0.1))
    shifts = [
        quotes(context(view=one_sided), EXACT.with_values({"strategy.asym_persistence_s": seconds}))
        for seconds in (1.0, 60.0, 3600.0)
    ]
    downs = [1.0 - ladder.reservation / ladder.reference for ladder in shifts]
    assert 0.0 < downs[0] < downs[1] < downs[2]
    closed = PURE.with_values({"risk.inventory_sensitivity": 0.0})
    like = quotes(context(view=one_sided), closed)
    assert downs[1] == pytest.approx(1.0 - like.reservation / like.reference, rel=0.05)


def test_a_table_is_not_made_twice_a_second_on_the_way_to_a_quote():
    strategy = BUILT_IN["glft"]()
    first = strategy.ladder(context(now=50.2), EXACT)
    moved = estimates(sigma=1.5e-4)
    within = strategy.ladder(context(now=50.9, view=moved), EXACT)
    after = strategy.ladder(context(now=51.3, view=moved), EXACT)
    fresh = BUILT_IN["glft"]().ladder(context(now=51.3, view=moved), EXACT)
    assert within.half_spread_bps == pytest.approx(first.half_spread_bps, abs=1e-9)
    assert after.half_spread_bps == fresh.half_spread_bps > within.half_spread_bps


def test_an_edit_of_the_lots_is_solved_at_once():
    strategy = BUILT_IN["glft"]()
    strategy.ladder(context(now=50.0), EXACT)
    edited = EXACT.with_values({"strategy.lots_per_limit": 3.0})
    assert strategy.ladder(context(now=50.1), edited) == BUILT_IN["glft"]().ladder(context(now=50.1), edited)


def test_a_known_horizon_is_the_measured_holding_time_up_to_its_cap():
    values = PURE.with_values({"strategy.glft_mode": "as_horizon", "risk.inventory_sensitivity": 0.0})

    def skew(holding_s):
        ladder = quotes(context(position=5000, view=estimates(holding_s=holding_s)), values)
        return 1.0 - ladder.reservation / ladder.reference

    assert skew(30.0) == pytest.approx(skew(120.0) / 4.0, rel=1e-9)
    assert skew(600.0) == skew(0.0) == skew(120.0)
