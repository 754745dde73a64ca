"""Funding: what a premium is, what is predicted from it and when, and what is said while nothing is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext, Book
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings
from mmtui.estimators.carry.carry import UNKNOWN, Carry
from mmtui.estimators.carry.funding import Funding, impact_price
from mmtui.estimators.carry.rates import (
    HOURLY_MAX,
    FundingTerms,
    bounded_target,
    hourly_rate,
    predicted_premium,
    rate_over,
    target_lots,
)
from tests.unit.properties import examples

DEFAULTS = Settings.defaults()
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
BUILDERS = Instrument(coin="hyna:BTC", asset_id=110_000, size_decimals=5, max_leverage=40, dex="hyna")
HOUR = 3600.0
T0 = 472_000 * HOUR


def told(premium: float, *, oracle: float = 100_000.0) -> AssetContext:
    return AssetContext(oracle, oracle, 1.25e-5, 0.0, premium)


def with_impact(bid: float, ask: float, premium: float | None = None) -> AssetContext:
    return AssetContext(100_000.0, 100_000.0, 1.25e-5, 0.0, premium, bid, ask)


def a_funding(instrument: Instrument = BTC, **changes: float) -> Funding:
    values = {f"estimators.{key}": value for key, value in changes.items()}
    return Funding(DEFAULTS.with_values(values), instrument)


def sampled(funding: Funding, premium: float, *, start: float, seconds: int) -> Funding:
    for i in range(0, seconds, 5):
        funding.on_context(start + i, told(premium), None)
    return funding


def test_impact_prices_make_the_premium_and_stand_above_what_the_venue_calls_it() -> None:
    funding = a_funding()
    funding.on_context(T0, with_impact(100_080.0, 100_100.0, premium=0.5), None)
    assert funding.premium == pytest.approx(0.0008)


def test_a_builders_contract_takes_the_mean_of_the_impact_prices() -> None:
    funding = a_funding(BUILDERS)
    funding.on_context(T0, with_impact(100_080.0, 100_100.0), None)
    assert funding.premium == pytest.approx(0.0009)


def test_the_recorded_premium_of_a_contract_is_ours() -> None:
    # From a recorded frame: oracle, impact prices and the premium that the venue made of them.
    funding = a_funding()
    funding.on_context(T0, AssetContext(83757.0, 83778.1, 1.25e-5, 39338.8, None, 83757.0, 83766.8), None)
    assert funding.premium == pytest.approx(-0.0001348801, abs=5e-11)


def test_the_book_stands_in_for_impact_prices_that_are_not_told() -> None:
    book = Book(0, (100_090.0, 100_070.0), (0.1, 1.0), (100_100.0, 100_110.0), (0.1, 1.0))
    funding = a_funding()
    funding.on_context(T0, AssetContext(100_000.0, 100_000.0, 1.25e-5, 0.0), book)
    half = 20_000.0 / (0.1 + (20_000.0 - 10_009.0) / 100_070.0)
    assert funding.premium == pytest.approx(half / 100_000.0 - 1.0)
    thin = Book(0, (100_090.0,), (0.01,), (100_100.0,), (0.01,))
    assert impact_price(thin.bid_prices, thin.bid_sizes, 20_000.0) is None


def test_a_context_without_premium_and_rate_tells_nothing() -> None:
    book = Book(0, (100_090.0,), (10.0,), (100_100.0,), (10.0,))
    funding = a_funding()
    funding.on_context(T0, AssetContext(100_000.0, 100_000.0, 0.0, 0.0), book)
    assert not funding.is_known(T0)


def test_the_hour_so_far_weighs_by_its_time_and_the_outlook_the_rest() -> None:
    funding = sampled(a_funding(), 0.0008, start=T0, seconds=1500)
    now = T0 + 1500.0
    assert funding.running_rate(now) == pytest.approx(hourly_rate(0.0008, FundingTerms()))
    assert funding.due_s(now) == 2100.0
    swung = sampled(funding, 0.01, start=now, seconds=5)
    mean = (300 * 0.0008 + 0.01) / 301
    outlook = swung._outlook.mean()
    assert outlook > mean
    expected = hourly_rate(predicted_premium(1505.0, mean, outlook), FundingTerms())
    assert swung.running_rate(now + 5.0) == pytest.approx(expected)


def test_samples_come_every_five_seconds_however_often_the_venue_tells() -> None:
    funding = a_funding()
    for tenth in range(100):
        funding.on_context(T0 + tenth / 10.0, told(0.001), None)
    assert funding.samples == 2


def test_the_next_hour_begins_with_no_samples_and_the_outlook() -> None:
    funding = sampled(a_funding(), 0.002, start=T0, seconds=3600)
    funding.on_context(T0 + HOUR, told(-0.002), None)
    assert funding.samples == 1
    later = hourly_rate(funding._outlook.mean(), FundingTerms())
    assert funding.rate_over(T0 + HOUR - 1.0, HOUR) == pytest.approx(later, rel=1e-2)


def test_what_was_told_a_minute_ago_is_not_known_any_more() -> None:
    carry = Carry(DEFAULTS, BTC)
    assert carry.reading(T0) == UNKNOWN
    carry.on_context(T0, told(0.0008), None)
    assert carry.reading(T0 + 1.0).running > 0.0
    assert carry.reading(T0 + 61.0) == UNKNOWN


@pytest.mark.parametrize(
    ("key", "value", "factor"),
    [
        ("funding_divisor", 1.0, 8.0),
        ("funding_clamp", 0.0, 0.0008 / 0.0003),
        ("funding_interest", 0.0006, 2.0),
    ],
)
def test_every_term_of_the_rate_is_a_setting(key: str, value: float, factor: float) -> None:
    usual = sampled(a_funding(), 0.0008, start=T0, seconds=60).running_rate(T0 + 60.0)
    changed = sampled(a_funding(**{key: value}), 0.0008, start=T0, seconds=60).running_rate(T0 + 60.0)
    assert changed == pytest.approx(usual * factor)


def test_the_multiplier_holds_on_a_builders_contract_only() -> None:
    half = {"funding_multiplier": 0.5}
    rates = [
        sampled(a_funding(coin, **half), 0.0008, start=T0, seconds=60).running_rate(T0 + 60.0)
        for coin in (BTC, BUILDERS)
    ]
    assert rates[1] == pytest.approx(rates[0] / 2.0)


def test_an_edit_of_the_terms_keeps_the_samples() -> None:
    funding = sampled(a_funding(), 0.0008, start=T0, seconds=600)
    before = funding.running_rate(T0 + 600.0)
    funding.reconfigure(DEFAULTS.with_values({"estimators.funding_divisor": 4.0}))
    assert funding.samples == 120
    assert funding.running_rate(T0 + 600.0) == pytest.approx(2.0 * before)


def test_a_longer_horizon_reaches_into_the_hours_after_this_one() -> None:
    assert rate_over(600.0, 900.0, 1e-4, -1e-4) == 1e-4
    assert rate_over(1800.0, 900.0, 1e-4, -1e-4) == pytest.approx(0.0)
    assert rate_over(3600.0, 900.0, 1e-4, -1e-4) == pytest.approx(-0.5e-4)
    funding = sampled(a_funding(), 0.004, start=T0, seconds=1200)
    funding = sampled(funding, -0.004, start=T0 + 1200.0, seconds=2000)
    now = T0 + 3200.0
    assert funding.rate_over(now, 600.0) > funding.rate_over(now, 3600.0)


@examples(100)
@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 1e10),
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(0.0, 1e12),
            st.floats(0.0, 1e12),
        ),
        max_size=40,
    )
)
def test_no_stream_of_contexts_makes_a_rate_that_is_none(rows: list[tuple[float, float, float, float]]) -> None:
    carry = Carry(DEFAULTS, BTC)
    for at, premium, bid, ask in rows:
        carry.on_context(at, AssetContext(100_000.0, 100_000.0, 1e-5, 0.0, premium), None)
        carry.on_context(at, with_impact(bid, ask), None)
        reading = carry.reading(at)
        assert max(abs(reading.running), abs(reading.outlook)) <= HOURLY_MAX * (1.0 + 1e-12)
        assert math.isfinite(reading.premium) and 0.0 <= reading.due_s <= HOUR
        assert all(math.isfinite(row.value) for row in carry.published(at).values())


@examples(100)
@given(st.floats(-1.0, 1.0), st.floats(-1.0, 1.0), st.floats(0.1, 24.0))
def test_a_higher_premium_never_makes_a_lower_rate(first: float, second: float, divisor: float) -> None:
    low, high = sorted((first, second))
    terms = FundingTerms(divisor=divisor)
    assert hourly_rate(low, terms) <= hourly_rate(high, terms) + 1e-15


@examples(100)
@given(st.floats(-0.04, 0.04), st.floats(0.0, 1.0), st.floats(0.0, 1e4), st.floats(0.0, 1e-2), st.floats(-5.0, 50.0))
def test_the_target_leans_against_the_payer_and_keeps_to_a_quarter_of_the_limit(
    rate: float, weight: float, risk: float, sigma: float, limit: float
) -> None:
    lots = bounded_target(target_lots(rate, weight, risk, sigma), limit)
    assert abs(lots) <= 0.25 * max(limit, 0.0)
    assert lots * rate <= 0.0


def test_a_restart_goes_on_with_the_hour_and_the_fills() -> None:
    carry = Carry(DEFAULTS, BTC)
    sampled(carry.funding, 0.0008, start=T0, seconds=600)
    memory = carry.memory()
    again = Carry(DEFAULTS, BTC)
    again.recall(memory)
    assert again.memory() == memory
    assert again.reading(T0 + 600.0) == UNKNOWN
    again.on_context(T0 + 605.0, told(0.0008), None)
    assert again.funding.samples == 121
