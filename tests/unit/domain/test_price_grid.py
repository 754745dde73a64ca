"""The venue's price grid: five significant figures, a limit of decimals, and quotes away from the spread."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, Side

sides = st.sampled_from(list(Side))
instruments = st.builds(
    lambda decimals, is_spot: Instrument(coin="X", asset_id=0, size_decimals=decimals, max_leverage=5, is_spot=is_spot),
    st.integers(0, 6),
    st.booleans(),
)
prices_usd = st.floats(-4.0, 6.0).map(lambda exponent: 10.0**exponent)


def is_allowed(instrument, price):
    """The rule as the venue words it, on the decimal text of the price."""
    value = Decimal(price).scaleb(-instrument.price_decimals)
    digits = len(value.normalize().as_tuple().digits)
    return value == value.to_integral_value() or digits <= 5


@pytest.mark.incident("B27")
@given(instrument=instruments, price=st.integers(1, 10**13))
def test_a_price_is_on_the_grid_exactly_when_the_venue_would_take_it(instrument, price):
    assert instrument.is_price_on_grid(price) == is_allowed(instrument, price)


@given(instrument=instruments, exponent=st.integers(0, 12), offset=st.integers(-1, 1), digits=st.integers(1, 99_999))
def test_the_grid_holds_at_the_edges_of_each_decade(instrument, exponent, offset, digits):
    price = max(1, digits * 10**exponent + offset)
    assert instrument.is_price_on_grid(price) == is_allowed(instrument, price)


@pytest.mark.incident("B27")
@given(instrument=instruments, side=sides, wanted=st.lists(prices_usd, min_size=1, max_size=8))
def test_quotes_go_to_the_next_grid_price_away_from_the_spread(instrument, side, wanted):
    quoted = instrument.quote_prices(side, wanted)
    assert quoted == [instrument.quote_price(side, price) for price in wanted]
    for price_usd, price in zip(wanted, quoted, strict=True):
        exact = price_usd * instrument.price_scale
        assert price == 0 or is_allowed(instrument, price)
        assert side * (exact - price) >= -2e-9 * exact
        toward = instrument.step_toward(side, price) if price else 1
        assert side * (toward - exact) > -2e-9 * exact


@pytest.mark.parametrize("price_usd", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_price_cannot_be_quoted(price_usd):
    instrument = Instrument(coin="X", asset_id=0, size_decimals=3, max_leverage=5)
    with pytest.raises(ValueError, match="no price"):
        instrument.quote_price(Side.BUY, price_usd)
