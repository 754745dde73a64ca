"""The documents' controller as a strategy: what each setting does to the quotes, and what it tells."""

import itertools

import msgspec
import pytest
from hypothesis import Phase, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.strategies.hjb.control import ControlVector
from mmtui.strategies.quote import Rooms
from mmtui.strategies.registry import BUILT_IN
from mmtui.strategies.sizing import is_dust
from tests.checks.section_4_6 import GLFT
from tests.unit.strategies.ladder_checks import check_ladder
from tests.unit.strategies.quote_contexts import (
    balanced,
    context,
    estimates,
    random_contexts,
    random_settings,
    settings,
)

CYCLES_TO_SOLVE = 400
FREE = {"risk__min_half_spread_bps": 0.5, "strategy__min_full_skew_ratio": 0.0, "strategy__min_edge_bps": 0.0}


def hjb(mode="heuristic", **changes):
    return settings(strategy__strategy_type="hjb", strategy__hjb__mode=mode, **(FREE | changes))


def ladder_of(quote_context, values):
    """The ladder once the table, if there is one, has been solved."""
    strategy = BUILT_IN["hjb"]()
    for _ in range(CYCLES_TO_SOLVE):
        ladder = strategy.ladder(quote_context, values)
        if "until the table" not in ladder.insight.note and "anew" not in ladder.insight.note:
            return ladder
    raise AssertionError(ladder.insight.note)


def offsets(ladder):
    """Distance of bid and ask from the reference before rounding."""
    control = ladder.insight.vectors[1]
    return control.bid_offset_bps, control.ask_offset_bps


def terms_of(level):
    merged = {}
    for term in level.waterfall.terms:
        merged[term.name] = merged.get(term.name, 0.0) + term.bps
    return merged


def a_state(score=0.0, imbalance=0.0, position=0, **changes):
    return context(position=position, view=estimates(drift_score=score, depth_imbalance=imbalance, **changes))


@pytest.mark.parametrize(
    ("share", "score", "imbalance", "bid", "ask"),
    [
        (0.0, 0.0, 0.0, 5.0, 5.0),
        (0.5, 0.0, 0.0, 7.75, 3.5),
        (0.5, 0.3, 0.2, 7.35, 4.65),
        (-2.9 / 3.0, -0.2, -0.4, 3.4, 11.772222),
        (2.9 / 3.0, 0.0, 0.0, 12.572222, 2.1),
    ],
)
def test_the_quotes_of_the_heuristic_meet_the_documents_figures(share, score, imbalance, bid, ask):
    values = hjb(strategy__alpha_channel="none", risk__flow_sensitivity=0.0, risk__max_widening_bps=100.0)
    here = a_state(score, imbalance, round(share * 5000))
    assert offsets(ladder_of(here, values)) == pytest.approx((bid, ask), abs=2e-3)
    asked = BUILT_IN["hjb"]().calculate_optimal_control(here, values)
    assert (asked.bid_offset_bps, asked.ask_offset_bps) == pytest.approx((bid, ask), abs=2e-3)


@pytest.mark.parametrize("n", range(-4, 5))
def test_the_policy_without_signals_quotes_the_bounded_dealer(n):
    ladder = ladder_of(a_state(0.5, 0.5, n * 1000), hjb("policy", risk__inventory_sensitivity=0.0))
    bid, ask = offsets(ladder)
    assert bid == pytest.approx(GLFT[n + 5], abs=1e-5)
    assert ask == pytest.approx(GLFT[5 - n], abs=1e-5)


@pytest.mark.parametrize("n", [-3, 0, 3])
@pytest.mark.parametrize("score", [-1.0, 0.0, 1.0])
def test_the_policy_with_drift_quotes_the_solved_figures(n, score):
    # A score of 1 is a drift of 1e-4 a second here, two usual deviations.
    values = hjb(
        "policy",
        strategy__alpha_channel="drift",
        strategy__drift_beta_bps=2.0,
        strategy__hjb__drift_sd=0.5,
        strategy__hjb__imbalance_to_intensity=0.0,
        risk__inventory_sensitivity=0.0,
    )
    figures = {
        (-3, -1.0): (5.810254, 4.382361), (-3, 0.0): (3.861042, 6.305834), (-3, 1.0): (1.912639, 8.230255),
        (0, -1.0): (6.957567, 3.037808), (0, 0.0): (4.997849, 4.997849), (0, 1.0): (3.037808, 6.957567),
        (3, -1.0): (8.230255, 1.912639), (3, 0.0): (6.305834, 3.861042), (3, 1.0): (4.382361, 5.810254),
    }  # fmt: skip
    ladder = ladder_of(a_state(score, 0.0, n * 1000), values)
    assert offsets(ladder) == pytest.approx(figures[n, score], abs=1e-5)


@pytest.mark.parametrize(("n", "bid", "ask"), [(0, 5.0, 5.0), (3, 6.25, 3.75), (-4, 3.75, 7.5)])
def test_the_search_quotes_the_documents_best_points(n, bid, ask):
    values = hjb("grid", strategy__hjb__grid_points=5, risk__inventory_sensitivity=0.0)
    assert offsets(ladder_of(a_state(position=n * 1000), values)) == pytest.approx((bid, ask), abs=1e-9)


def test_the_fine_search_quotes_close_to_the_solution():
    search = hjb("grid", strategy__hjb__grid_points=401, risk__inventory_sensitivity=0.0)
    policy = hjb("policy", strategy__xi_mode="penalty", risk__inventory_sensitivity=0.0)
    for n in range(-4, 5):
        here = a_state(position=n * 1000)
        assert offsets(ladder_of(here, search)) == pytest.approx(offsets(ladder_of(here, policy)), abs=0.03)


def test_until_the_table_is_solved_the_closed_form_quotes_and_the_note_says_so():
    strategy, values = BUILT_IN["hjb"](), hjb("policy", strategy__alpha_channel="drift")
    first = strategy.ladder(a_state(position=2000), values)
    assert "closed form, until" in first.insight.note
    assert first.bids
    assert first.asks
    last = ladder_of(a_state(position=2000), values)
    assert "solved for" in last.insight.note
    assert offsets(first) == pytest.approx(offsets(last), abs=0.2)


SIGNALLED = a_state(0.6, 0.4, 2000)


@pytest.mark.parametrize(
    ("mode", "key", "value"),
    [
        ("heuristic", "strategy__half_spread_bps", 7.0),
        ("heuristic", "strategy__inventory_skew_factor", 0.9),
        ("heuristic", "strategy__hjb__book_imbalance_factor", 0.8),
        ("heuristic", "strategy__hjb__adverse_factor", 1.0),
        ("heuristic", "strategy__hjb__risk_both_sides", True),
        ("heuristic", "strategy__hjb__min_offset_ratio", 0.99),
        ("heuristic", "strategy__alpha_channel", "microprice"),
        ("policy", "strategy__kappa_mu", 2.0),
        ("policy", "strategy__drift_beta_bps", 2.0),
        ("policy", "strategy__hjb__imbalance_to_intensity", 0.9),
        ("policy", "strategy__hjb__imbalance_buckets", 3),
        ("policy", "strategy__hjb__drift_sd", 0.1),
        ("policy", "strategy__hjb__drift_points", 41),
        ("policy", "strategy__lots_per_limit", 8.0),
        ("policy", "strategy__xi_mode", "penalty"),
        ("policy", "strategy__hjb__mode", "grid"),
        ("policy", "trading__risk_aversion", 1.0),
        ("grid", "strategy__hjb__grid_points", 5),
        ("grid", "strategy__half_spread_bps", 6.1),
    ],
)
def test_every_setting_moves_a_quote(mode, key, value):
    base = {"strategy__alpha_channel": "drift"}
    before, after = (
        hjb(mode, **base),
        settings(strategy__strategy_type="hjb", **({"strategy__hjb__mode": mode} | FREE | base | {key: value})),
    )
    here = SIGNALLED if key != "strategy__hjb__min_offset_ratio" else a_state(0.0, 0.9, 4500)
    assert offsets(ladder_of(here, before)) != pytest.approx(offsets(ladder_of(here, after)), abs=1e-6)


def test_an_edit_keeps_the_table_that_still_fits():
    strategy, values = BUILT_IN["hjb"](), hjb("policy")
    for _ in range(CYCLES_TO_SOLVE):
        strategy.ladder(SIGNALLED, values)
    ladder = strategy.ladder(SIGNALLED, values.with_values({"trading.max_bps_diff": 3.0}))
    assert "until" not in ladder.insight.note


def test_with_the_microprice_as_the_centre_neither_book_nor_drift_moves_the_quotes_again():
    for mode in ("heuristic", "policy", "grid"):
        values = hjb(mode, strategy__hjb__adverse_factor=0.0)
        plain, signalled = ladder_of(a_state(position=2000), values), ladder_of(SIGNALLED, values)
        assert offsets(plain) == pytest.approx(offsets(signalled), abs=1e-12)


def test_each_rule_of_the_heuristic_is_a_term_of_its_own():
    ladder = ladder_of(a_state(0.5, 0.5, 2500), hjb(strategy__alpha_channel="none"))
    assert {"half-spread", "inventory risk", "inventory skew", "book imbalance"} <= terms_of(ladder.bids[0]).keys()
    assert {"half-spread", "adverse drift", "inventory skew", "book imbalance"} <= terms_of(ladder.asks[0]).keys()
    low = ladder_of(a_state(0.0, 1.0, -5000), hjb(strategy__alpha_channel="none", strategy__inventory_skew_factor=1.0))
    assert "minimum offset" in terms_of(low.bids[0])


def test_takers_are_asked_for_only_when_urgent_reducing_and_allowed():
    allowed = {"strategy__hjb__taker_enabled": True}
    for position, sign in ((4900, -1), (-4900, 1), (3000, 0), (0, 0)):
        here = a_state(position=position)
        rate = ladder_of(here, hjb(**allowed)).insight.taker_rate
        assert (rate > 0) - (rate < 0) == sign
        # At most one lot of a thousand size units a second.
        assert abs(rate) <= 1000.0
        assert ladder_of(here, hjb()).insight.taker_rate == 0.0
    slow = ladder_of(a_state(position=4900), hjb(strategy__hjb__nu_max=0.1, **allowed)).insight.taker_rate
    assert slow == pytest.approx(-100.0)


def test_the_solved_taker_waits_where_the_rule_would_pay_and_takes_where_risk_is_worth_it():
    allowed = {"strategy__hjb__taker_enabled": True, "risk__inventory_sensitivity": 0.0}
    calm, wild = a_state(position=5000), a_state(position=3000, sigma=4e-4)
    wild = msgspec.structs.replace(wild, taker_rate=4.5e-4)
    calm = msgspec.structs.replace(calm, taker_rate=4.5e-4)
    assert ladder_of(calm, hjb("policy", **allowed)).insight.taker_rate == 0.0
    values = hjb("policy", trading__risk_aversion=1.0, risk__volatility_weight=0.0, **allowed)
    assert ladder_of(wild, values).insight.taker_rate == pytest.approx(-1000.0)


def test_the_documents_functions_tell_state_control_and_fill_rates():
    strategy, values = BUILT_IN["hjb"](), hjb(strategy__alpha_channel="none")
    assert strategy.get_state_vector() is None
    assert strategy.get_control_vector() is None
    assert strategy.get_expected_fill_rates() is None
    strategy.ladder(SIGNALLED, values)
    state, control = strategy.get_state_vector(), strategy.get_control_vector()
    assert state.inventory == pytest.approx(0.02)
    assert state.adverse_selection_estimate == pytest.approx(0.6 * 2.5e-5)
    assert state.market_spread_bps == pytest.approx(0.2)
    assert state.bid_share == pytest.approx(0.7)
    assert control.total_spread_bps() == pytest.approx(control.ask_offset_bps + control.bid_offset_bps)
    assert control.spread_asymmetry_bps() == pytest.approx(control.ask_offset_bps - control.bid_offset_bps)
    bid, ask = strategy.get_expected_fill_rates()
    assert bid == pytest.approx(0.2 * 2.718281828459045 ** (-0.3 * control.bid_offset_bps))
    assert ask > bid
    searched = strategy.calculate_optimal_control_hjb(SIGNALLED, values)
    assert isinstance(searched, ControlVector)
    assert strategy.get_hjb_components().value_usd(state, 500.0) == pytest.approx(500.0 + 0.02 * 100_000.0)


@given(quote_context=random_contexts(), values=random_settings(), mode=st.sampled_from(["heuristic", "grid", "policy"]))
@hypothesis_settings(max_examples=50, deadline=None)
def test_in_any_market_every_mode_is_valid_explained_and_has_a_way_out(quote_context, values, mode):
    values = values.with_values({"strategy.hjb.mode": mode})
    strategy = BUILT_IN["hjb"]()
    for _ in range(6):
        ladder = strategy.ladder(quote_context, values)
        check_ladder(quote_context, values, ladder)
    position, instrument = quote_context.position, quote_context.instrument
    if position and not is_dust(instrument, position, instrument.price_units(quote_context.touch.mid * 0.9)):
        assert ladder.asks if position > 0 else ladder.bids
    if mode == "heuristic":
        assert ladder.insight.vectors[1].broken_constraint(0.0) == ""


@given(quote_context=random_contexts(), share=st.floats(0.5, 1.0), sign=st.sampled_from([-1, 1]))
@hypothesis_settings(max_examples=30, deadline=None)
def test_inventory_leans_by_its_share_of_the_least_skew_in_every_mode(quote_context, share, sign):
    held = round(quote_context.limit * share) * sign
    assume(held != 0)
    leaning = msgspec.structs.replace(quote_context, position=held, estimates=balanced(quote_context.estimates))
    for mode in ("heuristic", "policy", "grid"):
        values = Settings.defaults().with_values({"strategy.hjb.mode": mode, "risk.min_half_spread_bps": 1.0})
        strategy = BUILT_IN["hjb"]()
        for _ in range(4):
            ladder = strategy.ladder(leaning, values)
        lean_bps = (1.0 - ladder.reservation / ladder.reference) * 1e4 * sign
        assert lean_bps >= 0.25 * ladder.half_spread_bps * abs(held) / quote_context.limit - 1e-6


def solved_at(quote_context, values, position):
    """The ladder of a solved table at another position, with room on both sides."""
    free = Rooms(buy=100 * quote_context.limit, sell=100 * quote_context.limit)
    held = msgspec.structs.replace(quote_context, position=position, rooms=free, limit_config=quote_context.limit)
    return held, ladder_of(held, values)


SIGNALS = st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0))
SMALL = {
    "strategy.hjb.drift_points": 17,
    "strategy.hjb.imbalance_buckets": 3,
    "risk.inventory_sensitivity": 0.0,
    "strategy.max_skew_bps": 25.0,
}


@given(quote_context=random_contexts(), signals=SIGNALS, shares=st.tuples(*[st.floats(0.0, 1.0)] * 2))
@hypothesis_settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
@pytest.mark.parametrize("mode", ["policy", "grid"])
def test_a_solved_position_leans_enough_and_its_exit_never_moves_away(mode, quote_context, signals, shares):
    score, imbalance = signals
    view = quote_context.estimates
    view = msgspec.structs.replace(
        view, signals=msgspec.structs.replace(view.signals, drift_score=score, depth_imbalance=imbalance)
    )
    quote_context = msgspec.structs.replace(quote_context, estimates=view)
    values = settings(strategy__hjb__mode=mode, strategy__alpha_channel="drift").with_values(SMALL)
    positions = [round(quote_context.limit * share) for share in sorted((*shares, 0.0, 1.0))]
    ladders = [solved_at(quote_context, values, position)[1] for position in positions]
    centres = [(1.0 - ladder.reservation / ladder.reference) * 1e4 for ladder in ladders]
    assert centres[-1] - centres[0] >= 0.25 * ladders[-1].half_spread_bps - 1e-6
    held = [ladder for ladder, position in zip(ladders, positions, strict=True) if position > 0]
    asks = [ladder.insight.vectors[1].ask_offset_bps for ladder in held]
    assert all(later <= earlier + 1e-6 for earlier, later in itertools.pairwise(asks))
