"""The GLFT strategies end to end: what is quoted, why, and what must hold in any market."""

import math

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmtui.domain.book import Touch
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.strategies.depth import inventory_offsets, spaced_bps
from mmtui.strategies.quote import AbsenceReason, Rooms
from mmtui.strategies.registry import BUILT_IN
from mmtui.strategies.sizing import is_dust
from tests.unit.strategies.ladder_checks import check_ladder
from tests.unit.strategies.quote_contexts import (
    BTC,
    P1,
    PURE,
    balanced,
    context,
    estimates,
    random_contexts,
    random_settings,
    settings,
)

DEFAULTS = Settings.defaults()


def ladder_of(quote_context, values=DEFAULTS, name="ladder"):
    return BUILT_IN[name]().ladder(quote_context, values)


def terms_of(level):
    merged = {}
    for term in level.waterfall.terms:
        merged[term.name] = merged.get(term.name, 0.0) + term.bps
    return merged


def test_the_worked_example_meets_its_prices():
    # models.md 2.13: gamma_eff = 0.45 comes from a severity of 0.4, adverse selection 0.6 and 0.4 bps.
    view = estimates(fair=100_003.0, cascade_severity=0.4, adverse_bid=0.6e-4, adverse_ask=0.4e-4)
    ladder = ladder_of(context(position=2000, view=view), PURE, "glft")
    assert ladder.gamma_eff == pytest.approx(0.45)
    (bid,), (ask,) = ladder.bids, ladder.asks
    assert (BTC.price_usd(bid.price), BTC.price_usd(ask.price)) == (99_931.0, 100_058.0)
    assert ladder.half_spread_bps == pytest.approx((6.407803 + 6.207803) / 2, abs=1e-6)
    for level, wanted in ((bid, 7.196792), (ask, 5.418814)):
        terms = terms_of(level)
        assert level.waterfall.total_bps - terms["grid rounding"] == pytest.approx(wanted, abs=1e-6)
        assert level.waterfall.reference_name == "fair"
    assert terms_of(bid)["flow balance"] == pytest.approx(-0.037364, abs=1e-6)
    assert terms_of(bid)["inventory skew"] == pytest.approx(2 * 0.413177, abs=2e-6)


def test_a_floor_does_not_undo_the_skew():
    view = estimates()
    floored = settings(risk__min_half_spread_bps=8.0, strategy__min_full_skew_ratio=0.0)
    plain = context(position=5000, view=view, rooms=Rooms(buy=5000, sell=5000))
    # Without the inventory multiplier of gamma, as in the check value.
    calm = floored.with_values({"risk.inventory_sensitivity": 0.0})
    ladder = ladder_of(plain, calm, "glft")
    bid, ask = ladder.bids[0], ladder.asks[0]
    assert bid.waterfall.total_bps - terms_of(bid)["grid rounding"] == pytest.approx(9.563134, abs=1e-6)
    assert ask.waterfall.total_bps - terms_of(ask)["grid rounding"] == pytest.approx(6.436866, abs=1e-6)


def test_depths_meet_their_check_values():
    assert spaced_bps(5.0, 50.0, 5, True) == pytest.approx([5.0, 8.891397, 15.811388, 28.117066, 50.0], abs=1e-6)
    assert spaced_bps(5.0, 50.0, 5, False) == pytest.approx([5.0, 16.25, 27.5, 38.75, 50.0])
    assert spaced_bps(5.0, 50.0, 1, True) == [5.0]
    assert spaced_bps(0.0, 10.0, 3, True) == [0.0, 5.0, 10.0]
    assert spaced_bps(60.0, 50.0, 3, True) == [60.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("n", "wanted"),
    [
        (0, [4.896368, 5.052681, 5.208994, 5.365308, 5.521621]),
        (2, [5.521621, 5.677935, 5.834248, 5.990562, 6.146875]),
    ],
)
def test_levels_by_inventory_meet_their_check_values(n, wanted):
    by_inventory = PURE.with_values(
        {
            "strategy.ladder_config.depth_mode": "inventory",
            "strategy.ladder_config.decay_factor": 1.0,
            "trading.target_liquidity": 0.025,
        }
    )
    ladder = ladder_of(context(position=n * 1000, rooms=Rooms(buy=9000, sell=9000)), by_inventory)
    distances = [level.waterfall.total_bps - terms_of(level).get("grid rounding", 0.0) for level in ladder.bids]
    # The 1 USD grid is 0.1 bps here, so that no two levels fall on one price.
    assert distances == pytest.approx(wanted, abs=1e-6)


def test_inventory_offsets_grow_by_the_lots_inside():
    assert inventory_offsets(2.0, [0.5, 0.5, 1.0]) == pytest.approx([-0.5, 0.5, 2.0])


def test_the_clamp_to_the_least_depth_is_its_own_term():
    ladder = ladder_of(context())
    first = terms_of(ladder.bids[0])
    model = ladder.model_half_spread_bps
    assert first["min_depth"] == pytest.approx(5.0 - model, abs=1e-3)
    assert ladder.half_spread_bps == pytest.approx(5.0)
    assert "level depth" in terms_of(ladder.bids[1])


def test_the_first_level_keeps_within_some_market_spreads_but_never_below_its_cost():
    narrow = ladder_of(context(), settings(strategy__ladder_config__cap_to_market_spread=3.0))
    assert narrow.half_spread_bps == pytest.approx(1.7)
    wide = context(touch=Touch(0, 99_900.0, 1.0, 100_100.0, 1.0))
    capped = ladder_of(wide, settings(strategy__ladder_config__cap_to_market_spread=0.2))
    assert capped.half_spread_bps == pytest.approx(4.0)
    assert terms_of(capped.bids[0])["market spread cap"] == pytest.approx(-1.0)
    assert capped.bids[1].waterfall.total_bps > 8.0


@pytest.mark.incident("B19")
def test_full_inventory_shifts_the_quotes_by_the_set_share_of_the_half_spread():
    for name in ("glft", "ladder"):
        for mode in ("glft", "literal"):
            values = settings(strategy__glft_mode=mode)
            ladder = ladder_of(context(position=5000), values, name)
            shift_bps = (ladder.reference - ladder.reservation) / ladder.reference * 1e4
            assert shift_bps >= 0.25 * ladder.half_spread_bps - 1e-9
            short = ladder_of(context(position=-5000), values, name)
            assert (short.reservation - short.reference) / short.reference * 1e4 == pytest.approx(shift_bps, rel=1e-9)


def test_literal_mode_quotes_the_documents_formula_with_and_without_the_fee():
    literal = PURE.with_values({"strategy.glft_mode": "literal"})
    ladder = ladder_of(context(), literal, "glft")
    assert ladder.model_half_spread_bps == pytest.approx(3.333166678 + 1.5, rel=1e-9)
    bare = ladder_of(context(), literal.with_values({"strategy.literal_add_fee": False}), "glft")
    assert bare.model_half_spread_bps == pytest.approx(3.333166678, rel=1e-9)
    skewed = ladder_of(context(position=2500, rooms=Rooms(buy=5000, sell=5000)), literal, "glft")
    assert terms_of(skewed.bids[0])["inventory skew"] == pytest.approx(0.0018, rel=1e-6)


def test_a_growing_position_never_moves_its_exit_away():
    view = estimates(sigma=3e-4)
    asks = []
    for position in range(0, 5001, 250):
        ladder = ladder_of(context(position=position, view=view, rooms=Rooms(buy=5000, sell=9000)))
        asks.append(ladder.asks[0].price)
    assert asks == sorted(asks, reverse=True)
    assert asks[-1] < asks[0]


def test_quotes_centre_on_the_mid_when_the_fair_price_is_not_believed_or_not_wanted():
    far = context(view=estimates(fair=102_000.0))
    assert ladder_of(far).reference == 100_000.0
    assert ladder_of(far).bids[0].waterfall.reference_name == "mid"
    near = context(view=estimates(fair=100_003.0))
    assert ladder_of(near, settings(strategy__alpha_channel="none")).reference == 100_000.0


@pytest.mark.parametrize(
    "touch",
    [
        Touch(0, 0.0, 0.0, 100_001.0, 1.0),
        Touch(0, 100_001.0, 1.0, 100_001.0, 1.0),
        Touch(0, 100_003.0, 1.0, 100_001.0, 1.0),
        Touch(0, math.nan, 1.0, 100_001.0, 1.0),
    ],
)
def test_a_touch_that_is_no_market_gives_no_quotes_and_says_why(touch):
    for name in BUILT_IN:
        ladder = ladder_of(context(touch=touch), name=name)
        assert ladder.bids == ladder.asks == ()
        assert [absence.reason for absence in ladder.absences] == [AbsenceReason.NO_REFERENCE] * 2


def test_a_side_without_room_is_absent_with_the_reason_it_was_given():
    rooms = Rooms(buy=0, sell=9000, buy_reason="position limit")
    ladder = ladder_of(context(position=5000, rooms=rooms))
    assert ladder.bids == ()
    (absence,) = ladder.absences
    assert (absence.side, absence.index, absence.reason) == (Side.BUY, None, AbsenceReason.NO_ROOM)
    assert "position limit" in absence.text
    assert ladder.asks


def test_the_reducing_side_may_cross_the_fair_price_but_not_the_market():
    urgent = settings(strategy__min_full_skew_ratio=1.5)
    ladder = ladder_of(context(position=5000), urgent)
    assert ladder.asks[0].price == BTC.price_units(100_000.0)
    assert terms_of(ladder.asks[0])["post-only"] > 0.0


def test_an_edit_of_the_settings_is_used_at_the_next_call():
    strategy = BUILT_IN["ladder"]()
    assert len(strategy.ladder(context(), DEFAULTS).bids) == 5
    assert len(strategy.ladder(context(), settings(strategy__ladder_config__num_levels=2)).bids) == 2


@pytest.mark.incident("B15")
def test_every_cause_of_widening_is_reported_and_their_sum_is_capped():
    view = estimates(
        sigma=8e-4, jump_ratio=6.0, cascade_severity=0.9, spread_percentile=0.9, adverse_bid=9e-4, adverse_ask=9e-4
    )
    wild = context(view=view, quoting_age_s=0.0, is_prior=True)
    ladder = ladder_of(wild, PURE, "glft")
    widening = {term.name: term.bps for term in ladder.widening}
    assert {"gamma", "spread regime", "tail risk", "adverse selection", "warm-up", "prior"} <= widening.keys()
    assert sum(widening.values()) == pytest.approx(15.0)
    assert ladder.half_spread_bps == pytest.approx(ladder.model_half_spread_bps + 15.0)


@given(quote_context=random_contexts(), values=random_settings(), name=st.sampled_from(sorted(BUILT_IN)))
@hypothesis_settings(max_examples=120, deadline=None)
def test_in_any_market_the_ladder_is_valid_and_explained(quote_context, values, name):
    ladder = ladder_of(quote_context, values, name)
    check_ladder(quote_context, values, ladder)
    wanted = values.count("strategy.ladder_config.num_levels") if name == "ladder" else 1
    for side, levels in ((Side.BUY, ladder.bids), (Side.SELL, ladder.asks)):
        absent = [absence.index for absence in ladder.absences if absence.side is side]
        if None in absent:
            assert levels == ()
        else:
            assert sorted([*absent, *(level.index for level in levels)]) == list(range(wanted))


@given(quote_context=random_contexts(), values=random_settings(), name=st.sampled_from(sorted(BUILT_IN)))
@hypothesis_settings(max_examples=80, deadline=None)
def test_a_position_that_is_not_dust_always_has_a_way_out(quote_context, values, name):
    position, instrument = quote_context.position, quote_context.instrument
    assume(position != 0)
    # Ten percent is further than any quote can be from the mid here.
    assume(not is_dust(instrument, position, instrument.price_units(quote_context.touch.mid * 0.9)))
    ladder = ladder_of(quote_context, values, name)
    assert ladder.asks if position > 0 else ladder.bids


@given(
    quote_context=random_contexts(),
    values=random_settings(),
    shares=st.tuples(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0)),
    name=st.sampled_from(["glft", "ladder", "inventory_aware"]),
)
@hypothesis_settings(max_examples=80, deadline=None)
def test_more_inventory_never_raises_a_bid(quote_context, values, shares, name):
    limit = quote_context.limit
    free = Rooms(buy=10 * limit, sell=10 * limit)
    values = values.with_values({"strategy.gamma_spread_elasticity": 0.5})
    low, high = (
        ladder_of(msgspec.structs.replace(quote_context, position=round(limit * share), rooms=free), values, name)
        for share in sorted(shares)
    )
    assume(low.bids and high.bids)
    assert high.bids[0].price <= low.bids[0].price


@given(quote_context=random_contexts(), share=st.floats(0.5, 1.0), sign=st.sampled_from([-1, 1]))
@hypothesis_settings(max_examples=60, deadline=None)
def test_inventory_leans_by_its_share_of_the_least_skew_in_any_balanced_market(quote_context, share, sign):
    held = round(quote_context.limit * share) * sign
    leaning = msgspec.structs.replace(quote_context, position=held, estimates=balanced(quote_context.estimates))
    ladder = ladder_of(leaning, P1)
    assert ladder.half_spread_bps <= 100.0
    lean_bps = (1.0 - ladder.reservation / ladder.reference) * 1e4 * sign
    assert lean_bps >= 0.25 * ladder.half_spread_bps * abs(held) / quote_context.limit - 1e-6


@given(st.lists(random_contexts(), min_size=2, max_size=5))
@hypothesis_settings(max_examples=30, deadline=None)
def test_the_same_contexts_give_the_same_ladders(contexts):
    first, second = BUILT_IN["ladder"](), BUILT_IN["ladder"]()
    assert [first.ladder(each, DEFAULTS) for each in contexts] == [second.ladder(each, DEFAULTS) for each in contexts]


@given(quote_context=random_contexts(), moves=st.lists(st.tuples(st.floats(0, 3), st.integers(-2, 2)), max_size=6))
@hypothesis_settings(max_examples=60, deadline=None)
def test_what_is_remembered_between_calls_changes_no_quote(quote_context, moves):
    remembering, forgetting = BUILT_IN["ladder"](), BUILT_IN["ladder"]()
    for seconds, fifths in [(0.0, 0), *moves]:
        quote_context = msgspec.structs.replace(
            quote_context,
            now=quote_context.now + seconds,
            quoting_age_s=quote_context.quoting_age_s + seconds,
            position=quote_context.limit * fifths // 5,
        )
        # Settings that are equal but not the same object make a strategy read everything again.
        afresh = forgetting.ladder(quote_context, DEFAULTS.with_values({}))
        assert remembering.ladder(quote_context, DEFAULTS) == afresh


def test_a_position_turned_around_is_priced_afresh():
    free = Rooms(buy=50_000, sell=50_000)
    wild = estimates(sigma=5e-4)
    turned = BUILT_IN["glft"]()
    turned.ladder(context(position=5000, view=wild, rooms=free), PURE)
    short = turned.ladder(context(position=-5000, view=wild, rooms=free), PURE)
    assert short == ladder_of(context(position=-5000, view=wild, rooms=free), PURE, "glft")
    assert "inventory gamma" in terms_of(short.asks[0])
    assert "inventory gamma" not in terms_of(short.bids[0])


def test_the_flow_balance_does_not_depend_on_the_inventory():
    one_sided = estimates(intensity=(0.4, 0.1), sigma=3e-4)
    free = Rooms(buy=50_000, sell=50_000)
    terms = [
        terms_of(ladder_of(context(position=position, view=one_sided, rooms=free), PURE, "glft").bids[0])
        for position in (0, 5000)
    ]
    assert terms[0]["flow balance"] == pytest.approx(terms[1]["flow balance"], rel=1e-12)


def test_a_first_level_priced_by_inventory_keeps_to_the_floor():
    values = settings(
        risk__min_half_spread_bps=6.0,
        strategy__ladder_config__depth_mode="inventory",
        strategy__ladder_config__min_depth_bps=0.0,
    )
    ladder = ladder_of(context(view=estimates(sigma=5e-4), maker_rate=-3e-5), values)
    assert ladder.half_spread_bps >= 6.0
