"""Ticks, sizes and wire text of a contract, against check values of the venue's rules."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Instrument, Side
from mmtui.domain.units import UnitError
from tests.unit.properties import examples

sides = st.sampled_from(list(Side))
instruments = st.builds(
    lambda decimals, is_spot: Instrument(coin="X", asset_id=0, size_decimals=decimals, max_leverage=5, is_spot=is_spot),
    st.integers(0, 6),
    st.booleans(),
)
prices = st.one_of(st.integers(1, 10**6), st.integers(1, 10**13))


def contract(size_decimals, *, is_spot=False):
    return Instrument(coin="X", asset_id=0, size_decimals=size_decimals, max_leverage=5, is_spot=is_spot)


@pytest.mark.parametrize(
    ("size_decimals", "price_usd", "tick_usd"),
    [
        (5, "84000", "1"),
        (5, "9500", "0.1"),
        (4, "2640", "0.1"),
        (2, "95", "0.001"),
        (0, "0.0038", "0.000001"),
        (5, "100000", "1"),
        (5, "123456", "1"),
    ],
)
def test_the_tick_is_that_of_the_venues_table(size_decimals, price_usd, tick_usd):
    instrument = contract(size_decimals)
    price = instrument.parse_price(price_usd)
    assert instrument.tick(price) == instrument.parse_price(tick_usd)
    assert instrument.is_price_on_grid(price)
    assert instrument.is_price_on_grid(price + instrument.tick(price))


def test_whole_prices_are_allowed_at_any_length_and_six_figures_with_a_fraction_are_not():
    btc = contract(5)
    assert btc.is_price_on_grid(btc.parse_price("123456"))
    assert not btc.is_price_on_grid(btc.parse_price("12345.6"))
    assert not btc.is_price_on_grid(0)
    assert not btc.is_price_on_grid(-10)


def test_spot_prices_have_two_more_decimals_than_perps():
    assert contract(2).price_decimals == 4
    spot = contract(2, is_spot=True)
    assert spot.price_decimals == 6
    assert spot.is_price_on_grid(spot.parse_price("0.012345"))
    with pytest.raises(UnitError, match="decimals"):
        contract(2).parse_price("0.012345")


@given(instrument=instruments, price=prices)
@examples(150)
def test_floor_and_ceil_are_the_nearest_grid_prices_around(instrument, price):
    floor, ceil = instrument.floor_price(price), instrument.ceil_price(price)
    assert floor <= price <= ceil
    assert ceil - floor in (0, instrument.tick(price))
    assert instrument.is_price_on_grid(ceil)
    assert floor == 0 or instrument.is_price_on_grid(floor)
    assert (instrument.floor_price(floor), instrument.ceil_price(ceil)) == (floor, ceil)


@given(instrument=instruments, side=sides, price=prices)
@examples(150)
def test_one_step_away_and_back_is_the_same_grid_price(instrument, side, price):
    start = instrument.ceil_price(price)
    away = instrument.step_away(side, start)
    assert side * (start - away) > 0
    assume(away > 0)
    assert instrument.is_price_on_grid(away)
    assert instrument.step_toward(side, away) == start


@given(instrument=instruments, side=sides, price=prices)
@examples(150)
def test_quoting_a_grid_price_gives_that_price(instrument, side, price):
    start = instrument.ceil_price(price)
    assume(instrument.price_usd(start) < 1e15)
    assert instrument.quote_price(side, instrument.price_usd(start)) == start


@given(instrument=instruments, side=sides, wanted=st.floats(1e-4, 1e7))
@examples(150)
def test_a_quote_is_the_closest_price_the_venue_takes_that_is_not_nearer_to_the_spread(instrument, side, wanted):
    """Against a search over decimal texts of at most five significant figures."""
    with localcontext(prec=60):
        exact = Decimal(wanted)
        finest = Decimal(1).scaleb(-instrument.price_decimals)
        figures = Decimal(1).scaleb(exact.adjusted() - 4)
        step = max(finest, min(figures, Decimal(1)))
        below = exact // step * step
        oracle = below if side is Side.BUY or below == exact else below + step
        near_grid = abs(exact - (exact / step).to_integral_value() * step) <= Decimal("1e-8") * exact
        assume(not near_grid)
        assert instrument.quote_price(side, wanted) == int(oracle.scaleb(instrument.price_decimals))


@given(instrument=instruments, size=st.floats(0.0, 1e9))
@examples(150)
def test_a_size_is_cut_to_the_lot_and_never_grows(instrument, size):
    units = instrument.floor_size(size)
    exact = Decimal(size).scaleb(instrument.size_decimals)
    assert -1e-9 * max(float(exact), 1.0) <= exact - units < 1


@given(instrument=instruments, units=st.integers(0, 10**12))
@examples(200)
def test_a_size_of_whole_lots_survives_as_it_is(instrument, units):
    assert instrument.floor_size(instrument.size_base(units)) == units
    assert instrument.size_units(instrument.size_base(units)) == units


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf"), float("-inf"), 1e300])
def test_a_size_that_is_no_size_is_nothing(size):
    assert contract(5).floor_size(size) == 0


@given(decimals=st.integers(0, 6), price=st.integers(1, 10**9))
@examples(200)
def test_the_minimum_size_is_the_smallest_worth_ten_dollars(decimals, price):
    least = contract(decimals).min_size(price)
    assert least * price >= MIN_NOTIONAL_USD_MICRO
    assert (least - 1) * price < MIN_NOTIONAL_USD_MICRO


@given(instrument=instruments, price=prices, size=st.integers(0, 10**12))
@examples(200)
def test_wire_text_reads_back_as_the_same_units(instrument, price, size):
    assert instrument.parse_price(instrument.wire_price(price)) == price
    assert instrument.parse_size(instrument.wire_size(size)) == size


@given(decimals=st.integers(0, 6), price=st.integers(1, 10**9), size=st.integers(1, 10**9))
@examples(100)
def test_price_times_size_of_a_perp_is_micro_usd(decimals, price, size):
    perp = contract(decimals)
    usd = Decimal(perp.wire_price(price)) * Decimal(perp.wire_size(size))
    assert usd.scaleb(6) == price * size


@given(instrument=instruments, price=prices)
@examples(100)
def test_a_venue_price_that_became_a_float_is_the_same_units_again(instrument, price):
    assert instrument.price_units(instrument.price_usd(price)) == price


def test_a_side_is_the_sign_of_the_position_change_and_the_venues_letter():
    assert (Side.BUY * 5, Side.SELL * 5) == (5, -5)
    assert (Side.BUY.opposite, Side.SELL.opposite) == (Side.SELL, Side.BUY)
    assert (Side.BUY.wire, Side.SELL.wire) == ("B", "A")


def test_a_builder_deployed_coin_is_named_without_its_dex():
    named = Instrument(coin="hyna:BTC", dex="hyna", asset_id=110_000, size_decimals=5, max_leverage=40)
    assert named.asset == "BTC"
    assert contract(5).asset == "X"
