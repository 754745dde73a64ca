"""Sizes: the geometric split, the venue's minimum, the rooms, and the exit that always exists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.strategies.quote import AbsenceReason, Rooms
from mmtui.strategies.sizing import (
    SizeSettings,
    geometric_weights,
    is_dust,
    level_sizes,
    side_budget,
    wanted_total,
)
from tests.unit.strategies.quote_contexts import BTC, context, settings

PRICE = 1_000_000


def test_the_geometric_split_meets_its_check_values():
    sizes = [0.25 * weight for weight in geometric_weights(5, 0.53)]
    wanted = [0.122628259, 0.064992977, 0.034446278, 0.018256527, 0.009675959]
    assert sizes == pytest.approx(wanted, abs=5e-10)
    assert sum(sizes) == pytest.approx(0.25, rel=1e-12)


def test_sizes_are_cut_to_whole_units_and_never_rounded_up():
    plan = level_sizes(25_000, 10**9, geometric_weights(5, 0.53), list(range(PRICE, PRICE - 50, -10)))
    assert plan.sizes == (12262, 6499, 3444, 1825, 967)
    assert plan.absences == ()


def test_levels_below_the_minimum_give_their_size_to_the_level_inside():
    # At 100,000 USD the minimum of 10 USD is 10 units; 40 units split into 18, 10, 5, 2 and 1.
    plan = level_sizes(40, 1000, geometric_weights(5, 0.53), list(range(PRICE, PRICE - 50, -10)))
    assert plan.sizes == (19, 18, 0, 0, 0)
    assert plan.absences == tuple((i, AbsenceReason.BELOW_MINIMUM) for i in (2, 3, 4))


def test_a_short_room_fills_the_inner_levels_first():
    plan = level_sizes(25_000, 15_000, geometric_weights(5, 0.53), list(range(PRICE, PRICE - 50, -10)))
    assert plan.sizes == (12262, 2738, 0, 0, 0)
    assert plan.absences == tuple((i, AbsenceReason.NO_ROOM) for i in (2, 3, 4))


def test_levels_on_one_price_become_one():
    plan = level_sizes(25_000, 10**9, geometric_weights(3, 0.5), [PRICE, PRICE, PRICE - 10])
    assert plan.sizes[1] == 0
    assert plan.absences == ((1, AbsenceReason.SAME_PRICE),)
    assert plan.sizes[0] + plan.sizes[2] == 14285 + 7142 + 3571


def test_a_side_below_the_minimum_is_absent_rather_than_rounded_up():
    plan = level_sizes(9, 1000, geometric_weights(5, 0.53), list(range(PRICE, PRICE - 50, -10)))
    assert plan.sizes == (0, 0, 0, 0, 0)
    assert plan.absences == ((None, AbsenceReason.SIDE_BELOW_MINIMUM),)


@given(
    total=st.integers(0, 10**7),
    room=st.integers(0, 10**7),
    levels=st.integers(1, 20),
    decay=st.floats(0.05, 1.0),
    price=st.integers(10, 10**7),
)
def test_no_split_exceeds_its_total_or_its_room_or_holds_an_order_too_small(total, room, levels, decay, price):
    prices = [max(1, price - i * BTC.tick(price)) for i in range(levels)]
    plan = level_sizes(total, room, geometric_weights(levels, decay), prices)
    assert sum(plan.sizes) <= min(total, room)
    assert all(size == 0 or size * at >= MIN_NOTIONAL_USD_MICRO for size, at in zip(plan.sizes, prices, strict=True))
    absent = {index for index, _ in plan.absences}
    if None not in absent:
        assert absent == {i for i, size in enumerate(plan.sizes) if size == 0}
    if min(total, room) >= max(BTC.min_size(at) for at in prices):
        assert plan.sizes[0] > 0


def test_a_side_wants_its_value_in_usd_or_its_size_in_base_units():
    usd = SizeSettings.from_settings(settings(trading__order_notional_usd=1000.0), 1)
    base = SizeSettings.from_settings(settings(trading__target_liquidity=0.02), 1)
    assert wanted_total(context(), Side.BUY, usd) == 1000
    assert wanted_total(context(), Side.BUY, base) == 2000


def test_priors_halve_the_size_and_a_size_factor_scales_it():
    usd = SizeSettings.from_settings(settings(), 1)
    assert wanted_total(context(is_prior=True), Side.BUY, usd) == 500
    rooms = Rooms(buy=5000, sell=5000, size_factor_buy=0.2)
    assert wanted_total(context(rooms=rooms), Side.BUY, usd) == 200
    assert wanted_total(context(rooms=rooms), Side.SELL, usd) == 1000


def test_reduce_only_holds_at_most_the_position_on_one_side_and_nothing_on_the_other():
    rooms = Rooms(buy=5000, sell=5000, is_reduce_only=True)
    long = context(position=300, rooms=rooms)
    assert side_budget(long, Side.SELL, 1000, PRICE) == 300
    assert side_budget(long, Side.BUY, 1000, PRICE) == 0


def test_a_position_that_is_not_dust_gets_an_exit_however_small_the_configured_size():
    assert side_budget(context(position=300), Side.SELL, 0, PRICE) == BTC.min_size(PRICE)
    assert side_budget(context(position=-300), Side.BUY, 3, PRICE) == BTC.min_size(PRICE)


@pytest.mark.fault("F97")
def test_a_position_below_the_minimum_order_is_dust():
    assert is_dust(BTC, 9, PRICE)
    assert is_dust(BTC, -9, PRICE)
    assert not is_dust(BTC, 10, PRICE)
    assert not is_dust(BTC, 0, PRICE)
    assert side_budget(context(position=9), Side.SELL, 3, PRICE) == 3
