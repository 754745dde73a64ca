"""The effective position limit: the smallest of all caps, each of which binds once. Source: models.md 11."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, MarginMode
from mmtui.domain.parameters import Settings
from mmtui.risk.limits import QUIET, Funding, Surroundings, addable_usd, configured_limit, effective_limit
from mmtui.risk.margin import liquidation_price
from tests.unit.properties import examples
from tests.unit.risk.desk import BTC, NONSENSE

WIDE = Settings.defaults().with_values(
    {
        "trading.max_absolute_position_size": 1000.0,
        "risk.max_position_value_usd": 1e9,
        "risk.max_effective_leverage": 50.0,
        "trading.initial_isolated_margin": 1e8,
        "risk.liquidation_sigmas": 0.0,
        "risk.liquidation_distance_min_pct": 0.0,
    }
)
RICH = Funding(equity_usd=1e9, leverage=20, is_cross=True)
SMALL = Funding(equity_usd=10_000.0, leverage=20, is_cross=True)
ISOLATED = Funding(equity_usd=1e9, leverage=20, is_cross=False)


def limit(changes=None, *, price_usd=100_000.0, funding=RICH, instrument=BTC, around=QUIET):
    values = WIDE.with_values(changes or {})
    return effective_limit(instrument, values, price_usd=price_usd, funding=funding, around=around)


@pytest.mark.parametrize(
    ("changes", "funding", "binding", "base"),
    [
        ({"trading.max_absolute_position_size": 0.5}, RICH, "configured", 0.5),
        ({"risk.max_position_value_usd": 10_000.0}, RICH, "max_position_value_usd", 0.1),
        ({"risk.max_effective_leverage": 2.0}, SMALL, "max_effective_leverage", 0.2),
        ({}, SMALL, "margin", 1.0),
        ({"trading.initial_isolated_margin": 1000.0}, ISOLATED, "initial_isolated_margin", 0.2),
    ],
)
def test_each_cap_binds_when_it_is_the_smallest(changes, funding, binding, base):
    found = limit(changes, funding=funding)
    assert (found.binding, BTC.size_base(found.size)) == (binding, base)


def test_the_check_values_of_the_account_of_ten_thousand_come_out():
    assert BTC.size_base(limit(funding=SMALL).size) == 1.0
    capped = limit({"risk.max_position_value_usd": 10_000.0}, funding=SMALL)
    assert BTC.size_base(capped.size) == 0.1


@pytest.mark.parametrize("mode", [MarginMode.NO_CROSS, MarginMode.STRICT_ISOLATED])
def test_a_market_without_cross_margin_is_isolated_whatever_the_account_says(mode):
    instrument = Instrument(coin="X", asset_id=1, size_decimals=5, max_leverage=20, margin_mode=mode)
    found = limit({"trading.initial_isolated_margin": 1000.0}, instrument=instrument)
    assert (found.binding, instrument.size_base(found.size)) == ("initial_isolated_margin", 0.2)
    assert limit({"trading.initial_isolated_margin": 1000.0}).binding == "configured"


def test_the_limit_in_the_assets_own_unit_stands_over_the_one_in_usd():
    values = Settings.defaults().with_values({"trading.max_position_usd": 5000.0})
    assert configured_limit(BTC, values, 100_000.0) == 5000
    own = values.with_values({"trading.max_absolute_position_size": 0.003})
    assert configured_limit(BTC, own, 100_000.0) == 300


def test_nothing_is_allowed_before_the_account_is_known():
    found = limit(funding=None)
    assert (found.size, found.binding, found.configured) == (0, "account unknown", 100_000_000)


@pytest.mark.parametrize("price", NONSENSE)
def test_nothing_is_allowed_without_a_price(price):
    found = limit(price_usd=price)
    assert (found.size, found.configured) == (0, 0)


@pytest.mark.parametrize("equity", [0.0, -500.0, float("nan"), float("inf")])
def test_nothing_is_allowed_on_an_account_without_money(equity):
    assert limit(funding=Funding(equity_usd=equity, leverage=20, is_cross=True)).size == 0


@given(
    price=st.floats(0.01, 1e6),
    equity=st.floats(0.0, 1e7),
    leverage=st.integers(1, 50),
    own=st.floats(1e-4, 1e4),
    value=st.floats(10.0, 1e7),
    effective=st.floats(0.1, 50.0),
    margin=st.floats(1.0, 1e6),
    is_cross=st.booleans(),
)
@examples(200)
def test_the_limit_is_never_above_any_cap_and_reaches_one(
    price, equity, leverage, own, value, effective, margin, is_cross
):
    found = limit(
        {
            "trading.max_absolute_position_size": own,
            "risk.max_position_value_usd": value,
            "risk.max_effective_leverage": effective,
            "trading.initial_isolated_margin": margin,
        },
        price_usd=price,
        funding=Funding(equity_usd=equity, leverage=leverage, is_cross=is_cross),
    )
    caps = [own, value / price, effective * equity / price, 0.5 * leverage * equity / price]
    caps += [] if is_cross else [margin * leverage / price]
    lot = BTC.size_base(1)
    assert min(caps) - lot < BTC.size_base(found.size) <= min(caps) * (1 + 1e-9) + 1e-9 * lot
    assert found.size <= found.configured


SAFE = {"risk.liquidation_sigmas": 5.0, "risk.liquidation_distance_min_pct": 2.0}


@given(
    price=st.floats(0.1, 1e6),
    equity=st.floats(100.0, 1e7),
    sigma=st.floats(0.0, 5e-3),
    others=st.floats(0.0, 50.0),
    side=st.sampled_from([1.0, -1.0]),
    max_leverage=st.integers(3, 50),
)
@examples(200)
def test_after_the_worst_fill_the_liquidation_price_is_far_enough_away(
    price, equity, sigma, others, side, max_leverage
):
    instrument = Instrument(coin="X", asset_id=1, size_decimals=5, max_leverage=max_leverage)
    found = effective_limit(
        instrument,
        WIDE.with_values({**SAFE, "trading.max_absolute_position_size": 1e9}),
        price_usd=price,
        funding=Funding(equity_usd=equity, leverage=max_leverage, is_cross=True, others_usd=others),
        around=Surroundings(sigma=sigma),
    )
    size = instrument.size_base(found.size)
    away = liquidation_price(
        instrument.tiers, price_usd=price, signed_size=side * size, equity_usd=equity - others / 2.0
    )
    least = max(0.02, 5.0 * sigma * 60.0)
    assert away is None or abs(away / price - 1.0) >= least * (1.0 - 1e-9)


def test_wild_markets_take_the_limit_down_and_an_edit_takes_it_further():
    def at(sigma, **changes):
        return limit({**SAFE, **changes}, funding=SMALL, around=Surroundings(sigma=sigma))

    assert at(1e-4).binding == "margin"
    wild = at(2e-3)
    assert wild.binding == "liquidation distance"
    assert BTC.size_base(wild.size) * 100_000.0 == pytest.approx(10_000.0 / (0.6 + 1.6 / 80), abs=1.0)
    assert at(2e-3, **{"risk.liquidation_sigmas": 10.0}).size < wild.size


def test_an_isolated_market_is_quoted_only_with_a_leverage_that_keeps_liquidation_away():
    def at(leverage):
        return limit(SAFE, funding=Funding(equity_usd=1e9, leverage=leverage, is_cross=False), around=HOURLY)

    assert at(10).size > 0
    assert (at(20).size, at(20).binding) == (0, "liquidation distance")


HOURLY = Surroundings(sigma=2e-4)


def test_a_cap_on_open_interest_leaves_a_quarter_of_what_is_left_to_us():
    capped = msgspec.structs.replace(BTC, open_interest_cap_usd=1_000_000.0)
    half = limit(instrument=capped, around=Surroundings(open_interest=5.0))
    assert (half.binding, BTC.size_base(half.size)) == ("open interest", 1.25)
    held = limit(instrument=capped, around=Surroundings(open_interest=20.0, position=-3000))
    assert held.size == 3000
    assert limit(instrument=capped).binding != "open interest"
    assert limit(around=Surroundings(open_interest=5.0)).binding != "open interest"
    tight = limit({"risk.open_interest_share_pct": 1.0}, instrument=capped, around=Surroundings(open_interest=5.0))
    assert BTC.size_base(tight.size) == 0.05


def test_free_margin_bears_orders_on_both_sides_after_others_and_the_position():
    funding = Funding(equity_usd=1000.0, leverage=10, is_cross=True, others_usd=400.0)
    plain = WIDE.with_values({"trading.margin_buffer": 0.0})

    def addable(settings=plain, position_usd=0.0, foreign_usd=0.0):
        return addable_usd(settings, funding, position_usd=position_usd, foreign_usd=foreign_usd)

    assert 2.0 * addable() == pytest.approx(6000.0)
    assert 2.0 * addable(position_usd=-2000.0) == pytest.approx(4000.0)
    assert 2.0 * addable(foreign_usd=1000.0) == pytest.approx(5000.0)
    assert 2.0 * addable(WIDE) == pytest.approx(6000.0 / 1.1)
    assert addable(position_usd=1e9) == 0.0
