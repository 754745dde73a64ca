"""Floors, caps, widening and skew: their order, their size and their terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.strategies.quote import Term
from mmtui.strategies.spread import (
    Shift,
    SpreadLimits,
    data_terms,
    mean_terms,
    side_spread,
    skew,
    warmup_extra,
)
from tests.unit.strategies.quote_contexts import context, settings

LIMITS = SpreadLimits.from_settings(settings())
MODEL = (Term("fill rate", 3.3), Term("fee", 1.5))


def total(terms):
    return sum(term.bps for term in terms)


@pytest.mark.parametrize(("age_s", "factor"), [(0.0, 2.0), (300.0, 1.367879), (900.0, 1.049787)])
def test_the_first_quotes_are_twice_as_wide_and_the_extra_decays(age_s, factor):
    assert 1 + warmup_extra(age_s, LIMITS) == pytest.approx(factor, abs=1e-6)


def test_quotes_from_priors_are_five_bps_wider():
    terms = data_terms(context(quoting_age_s=0.0, is_prior=True), 4.0, LIMITS)
    assert terms == [Term("warm-up", 4.0), Term("prior", 5.0)]


def test_caution_widens_by_what_is_asked_for_under_the_cap_on_all_widening():
    terms = data_terms(context(quoting_age_s=0.0, caution_bps=LIMITS.max_widening_bps), 4.0, LIMITS)
    assert terms == [Term("warm-up", 4.0), Term("caution", LIMITS.max_widening_bps)]
    spread = side_spread(MODEL, terms, 1.5, LIMITS)
    assert spread.half_bps == pytest.approx(total(MODEL) + LIMITS.max_widening_bps)


def test_without_widening_the_model_stands():
    spread = side_spread(MODEL, [], 1.5, LIMITS)
    assert spread.half_bps == spread.model_bps == pytest.approx(4.8)
    assert spread.terms == MODEL
    assert spread.widening == ()


def test_the_widening_is_capped_together_and_says_so():
    widening = [Term("gamma", 9.0), Term("tail risk", 20.0), Term("warm-up", 4.0)]
    spread = side_spread(MODEL, widening, 1.5, LIMITS)
    assert spread.half_bps == pytest.approx(4.8 + 15.0)
    assert spread.widening[-1] == Term("widening cap", -18.0)


def test_a_floor_is_never_undone_by_the_cap_on_widening():
    limits = SpreadLimits.from_settings(settings(risk__min_half_spread_bps=40.0, risk__max_widening_bps=1.0))
    spread = side_spread(MODEL, [Term("gamma", 30.0)], 1.5, limits)
    assert spread.half_bps == pytest.approx(40.0)


def test_the_floor_that_binds_is_named():
    low = SpreadLimits.from_settings(settings(risk__min_half_spread_bps=8.0))
    assert side_spread(MODEL, [], 1.5, low).terms[-1].name == "spread floor"
    costly = side_spread((Term("half-spread", 0.5),), [], 6.0, LIMITS)
    assert costly.terms[-1].name == "fee floor"
    assert costly.half_bps == pytest.approx(6.2)


@given(
    model=st.floats(0.0, 200.0),
    widening=st.lists(st.floats(-5.0, 200.0), max_size=7),
    cost=st.floats(-3.0, 20.0),
    cap=st.floats(0.0, 100.0),
)
def test_widening_never_exceeds_its_cap_and_the_terms_sum_to_the_half_spread(model, widening, cost, cap):
    limits = SpreadLimits.from_settings(settings(risk__max_widening_bps=cap))
    terms = [Term(f"cause {i}", bps) for i, bps in enumerate(widening)]
    spread = side_spread((Term("half-spread", model),), terms, cost, limits)
    assert total(spread.widening) <= cap + 1e-9
    assert total(spread.terms) == pytest.approx(spread.half_bps, abs=1e-9)
    assert spread.half_bps <= min(max(model + cap, spread.floor_bps), 100.0) + 1e-9
    assert spread.half_bps >= min(max(limits.min_half_bps, cost + limits.min_edge_bps), 100.0) - 1e-9


def test_a_full_position_shifts_by_at_least_the_set_share_of_the_half_spread():
    assert skew(0.01, 0.0, 1.0, 8.0, LIMITS).total_bps == pytest.approx(2.0)
    assert skew(-0.01, 0.0, -0.5, 8.0, LIMITS).total_bps == pytest.approx(-1.0)
    assert skew(3.0, 0.0, 1.0, 8.0, LIMITS) == Shift((Term("inventory skew", 3.0),), 3.0)


def test_the_skew_is_capped_and_the_least_skew_stands_above_the_cap():
    capped = skew(60.0, 0.0, 1.0, 8.0, LIMITS)
    assert capped.total_bps == pytest.approx(25.0)
    assert capped.terms[-1].name == "skew cap"
    none_allowed = SpreadLimits.from_settings(settings(strategy__max_skew_bps=0.0))
    assert skew(60.0, 0.0, 1.0, 8.0, none_allowed).total_bps == pytest.approx(2.0)


@given(
    inventory=st.floats(0.0, 1e4),
    balance=st.floats(-50.0, 50.0),
    share=st.floats(0.0, 1.5),
    half=st.floats(0.0, 100.0),
    sign=st.sampled_from([-1, 1]),
)
def test_the_terms_of_a_shift_sum_to_it_and_inventory_always_leans_the_right_way(inventory, balance, share, half, sign):
    shift = skew(sign * inventory, balance, sign * share, half, LIMITS)
    assert total(shift.terms) == pytest.approx(shift.total_bps, abs=1e-9)
    required = 0.25 * half * min(share, 1.0)
    assert abs(shift.total_bps) <= max(25.0, required + 12.5) + 1e-9
    if balance == 0.0:
        assert sign * shift.total_bps >= required - 1e-9


@given(
    balance=st.floats(-1e3, 1e3),
    inventory=st.floats(0.0, 1e3),
    half=st.floats(0.0, 100.0),
    cap=st.floats(0.0, 200.0),
    ratio=st.floats(0.0, 1.5),
)
def test_no_flow_and_no_cap_takes_the_least_shift_from_a_full_position(balance, inventory, half, cap, ratio):
    limits = SpreadLimits.from_settings(settings(strategy__max_skew_bps=cap, strategy__min_full_skew_ratio=ratio))
    flat = skew(0.0, balance, 0.0, half, limits).total_bps
    assert skew(inventory, balance, 1.0, half, limits).total_bps - flat >= ratio * half - 1e-9
    assert flat - skew(-inventory, balance, -1.0, half, limits).total_bps >= ratio * half - 1e-9


def test_the_terms_of_both_sides_are_averaged_by_name():
    merged = mean_terms([Term("a", 1.0), Term("b", 2.0)], [Term("a", 3.0)])
    assert merged == (Term("a", 2.0), Term("b", 1.0))
