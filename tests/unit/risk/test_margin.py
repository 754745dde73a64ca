"""Margin over tiers: continuous, monotone, and what the local exchange reckons for the same account."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import MarginTier
from mmtui.risk.margin import (
    initial_margin,
    is_short_of_margin,
    isolated_equity,
    liquidation_price,
    maintenance_margin,
    safe_distance,
    safe_leverage,
    safe_notional,
)
from mmtui.venues.exchange.ledger import margin as ledger
from mmtui.venues.exchange.listing import MarginTable
from mmtui.venues.exchange.listing import MarginTier as ListedTier
from tests.unit.properties import examples


@st.composite
def tier_tables(draw):
    leverages = sorted(draw(st.sets(st.integers(2, 50), min_size=1, max_size=4)), reverse=True)
    bounds = [0, *sorted(draw(st.sets(st.integers(1, 500), min_size=len(leverages) - 1, max_size=len(leverages) - 1)))]
    return tuple(MarginTier(bound * 1e6, leverage) for bound, leverage in zip(bounds, leverages, strict=True))


def listed(tiers):
    rows = tuple(ListedTier(round(tier.lower_bound_usd * 1e6), tier.max_leverage) for tier in tiers)
    return MarginTable(99, "test", rows)


@given(tiers=tier_tables(), notional=st.integers(0, 1_000_000_000))
@examples(200)
def test_the_local_exchange_wants_the_same_maintenance(tiers, notional):
    theirs = ledger.maintenance(listed(tiers), notional * 1_000_000) / 1e6
    assert maintenance_margin(tiers, float(notional)) == pytest.approx(theirs, abs=1e-3)


@given(
    tiers=tier_tables(),
    price=st.floats(0.5, 1e6),
    notional=st.floats(1e3, 1e9),
    backing=st.floats(0.05, 3.0),
    side=st.sampled_from([1.0, -1.0]),
)
@examples(300)
def test_at_the_liquidation_price_equity_is_the_maintenance_margin(tiers, price, notional, backing, side):
    size, equity = notional / price, backing * notional
    found = liquidation_price(tiers, price_usd=price, signed_size=side * size, equity_usd=equity)
    if found is None:
        assert side > 0
        assert equity >= notional * (1.0 - 1e-9)
        return
    left = equity + side * size * (found - price)
    assert left == pytest.approx(maintenance_margin(tiers, size * found), rel=1e-9, abs=1e-6 * notional)
    stated = isolated_equity(tiers, price_usd=price, signed_size=side * size, liquidation_usd=found)
    assert stated == pytest.approx(equity, rel=1e-9, abs=1e-6 * notional)


@given(tiers=tier_tables(), equity=st.floats(10.0, 1e8), distance=st.floats(0.0, 2.0))
@examples(200)
def test_the_largest_safe_position_is_liquidated_exactly_that_far_away(tiers, equity, distance):
    notional = safe_notional(tiers, equity_usd=equity, distance=distance)
    short = liquidation_price(tiers, price_usd=1.0, signed_size=-notional, equity_usd=equity)
    assert short == pytest.approx(1.0 + distance, rel=1e-9)
    long = liquidation_price(tiers, price_usd=1.0, signed_size=notional, equity_usd=equity)
    assert long is None or long <= 1.0 - distance + 1e-9


def test_a_flat_or_unbacked_position_has_no_price_and_nothing_is_safe_without_equity():
    tiers = (MarginTier(0.0, 40),)
    assert liquidation_price(tiers, price_usd=100.0, signed_size=0.0, equity_usd=10.0) is None
    assert liquidation_price(tiers, price_usd=100.0, signed_size=1.0, equity_usd=200.0) is None
    assert safe_notional(tiers, equity_usd=0.0, distance=0.1) == 0.0
    assert safe_notional(tiers, equity_usd=float("nan"), distance=0.1) == 0.0


def test_the_safe_distance_is_the_larger_of_the_two_rules():
    assert safe_distance(1e-4, 5.0, 0.02) == pytest.approx(0.03)
    assert safe_distance(1e-5, 5.0, 0.02) == 0.02
    assert safe_distance(float("nan"), 5.0, 0.02) == 0.02


def test_isolated_leverage_is_safe_while_its_margin_outlasts_the_distance():
    tiers = (MarginTier(0.0, 40),)
    assert 20.0 < safe_leverage(tiers, 0.03) < 25.0
    assert safe_leverage(tiers, 0.04) < 20.0
    assert initial_margin(1000.0, 20.0) == 50.0


def test_a_position_is_short_of_margin_below_twice_what_it_must_have():
    tiers = (MarginTier(0.0, 10),)
    assert not is_short_of_margin(tiers, notional_usd=10_000.0, equity_usd=1000.0)
    assert is_short_of_margin(tiers, notional_usd=10_000.0, equity_usd=999.0)
    assert is_short_of_margin(tiers, notional_usd=10_000.0, equity_usd=float("nan"))
