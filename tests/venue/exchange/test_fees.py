import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import MICRO
from mmtui.venues.exchange.actions import Tif
from mmtui.venues.exchange.ledger.fees import (
    DAY_MS,
    RATE_ONE,
    TIERS,
    Volumes,
    day_text,
    fee_scale,
)
from mmtui.venues.exchange.listing import Listing, default_listing
from tests.venue.exchange.quiet_market import ALICE, BOB, Desk

TAKER, MAKER = TIERS[0].taker_rate, TIERS[0].maker_rate


def a_contract(scale=0.0, *, growth=False):
    return Instrument(
        coin="x:Y", asset_id=1, size_decimals=5, max_leverage=40, deployer_fee_scale=scale, growth_mode=growth
    )


def test_a_makers_fee_is_truncated_to_the_micro_unit():
    assert fee_scale(a_contract()).charge(66_653_000, MAKER) == 9_997


@pytest.mark.parametrize(
    ("scale", "growth", "taker_pct", "maker_pct"),
    [
        (0.0, False, 0.045, 0.015),
        (0.5, False, 0.0675, 0.0225),
        (1.0, False, 0.09, 0.03),
        (1.0, True, 0.009, 0.003),
        (1.11, False, 0.0999, 0.0333),
        (3.0, False, 0.27, 0.09),
    ],
)
def test_builder_dexes_scale_the_users_rate(scale, growth, taker_pct, maker_pct):
    charged = fee_scale(a_contract(scale, growth=growth))
    assert charged.charge(100 * MICRO * MICRO, TAKER) == round(taker_pct * MICRO * MICRO)
    assert charged.charge(100 * MICRO * MICRO, MAKER) == round(maker_pct * MICRO * MICRO)


def test_a_rebate_is_not_scaled_up_but_shrinks_in_growth_mode():
    rebate = -RATE_ONE // 100_000
    assert fee_scale(a_contract(2.0)).charge(1_000_000_000, rebate) == -10_000
    assert fee_scale(a_contract(2.0, growth=True)).charge(1_000_000_000, rebate) == -1_000


@given(st.integers(0, 10**18), st.integers(-(10**9), 10**9), st.floats(0.0, 3.0), st.booleans())
def test_a_fee_never_exceeds_its_exact_value(notional, rate, scale, growth):
    contract = a_contract(scale, growth=growth)
    charged = fee_scale(contract)
    fee = charged.charge(notional, rate)
    exact = notional * rate * (charged.positive if rate > 0 else charged.rebate)
    assert abs(fee) * RATE_ONE * RATE_ONE <= abs(exact)
    assert abs(exact) - abs(fee) * RATE_ONE * RATE_ONE < RATE_ONE * RATE_ONE
    assert fee * rate >= 0


def test_the_tier_follows_the_fourteen_whole_days_before_today():
    volumes = Volumes()
    day = 20_000
    volumes.add(day * DAY_MS, 6_000_000 * MICRO, is_taker=True)
    assert volumes.tier(day * DAY_MS + 5) == TIERS[0]
    assert volumes.tier((day + 1) * DAY_MS) == TIERS[1]
    assert volumes.tier((day + 14) * DAY_MS) == TIERS[1]
    assert volumes.tier((day + 15) * DAY_MS) == TIERS[0]
    assert volumes.cumulative_micro == 6_000_000 * MICRO


def test_exactly_the_threshold_is_not_above_it():
    volumes = Volumes()
    volumes.add(0, 5_000_000 * MICRO, is_taker=False)
    assert volumes.tier(DAY_MS) == TIERS[0]


def test_days_are_written_as_dates():
    assert (day_text(0), day_text(20_777)) == ("1970-01-01", "2026-11-20")


def test_fills_of_a_builder_dex_are_charged_in_its_collateral_at_its_scale():
    desk = Desk("hyna:BTC")
    desk.rest(ALICE, Side.SELL, "100000", "0.01")
    desk.place(BOB, Side.BUY, "100000", "0.01", Tif.IOC)
    (maker,), (taker,) = desk.fills(ALICE), desk.fills(BOB)
    assert (maker.fee_micro, maker.fee_token) == (300_000, "USDE")
    assert (taker.fee_micro, taker.fee_token) == (900_000, "USDE")
    assert desk.raw_micro(BOB) == 100_000 * MICRO - 1_000 * MICRO - 900_000


def test_growth_mode_counts_a_tenth_of_the_volume():
    listing = default_listing()
    dex = listing.dex("hyna")
    assert dex is not None
    first = dex.contracts[0]
    grown = msgspec.structs.replace(first, instrument=msgspec.structs.replace(first.instrument, growth_mode=True))
    dexes = tuple(
        msgspec.structs.replace(each, contracts=(grown, *each.contracts[1:])) if each is dex else each
        for each in listing.dexes
    )
    desk = Desk("hyna:BTC", listing=Listing(dexes))
    desk.rest(ALICE, Side.SELL, "100000", "0.01")
    desk.place(BOB, Side.BUY, "100000", "0.01", Tif.IOC)
    assert desk.exchange.statements.rate_limit(BOB).cumulative_volume_micro == 100 * MICRO
    today = desk.exchange.statements.daily_volumes(BOB)[-1]
    assert (today.taker_micro, today.maker_micro, today.exchange_micro) == (100 * MICRO, 0, 200 * MICRO)
    assert len(desk.exchange.statements.daily_volumes(BOB)) == 15


def test_user_rates_are_shown_as_fractions():
    rates = Desk().exchange.statements.fee_rates(ALICE)
    assert (rates.taker, rates.maker) == (0.00045, 0.00015)
