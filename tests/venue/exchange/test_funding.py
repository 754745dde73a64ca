import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Side
from mmtui.venues.exchange.actions import Tif
from mmtui.venues.exchange.ledger.funding import hourly_rate, impact_price, payment, premium
from mmtui.venues.exchange.ledger.mark_price import MarkPrice
from mmtui.venues.exchange.listing import default_listing
from tests.venue.exchange.quiet_market import ALICE, BOB, START_MS, Desk

HOUR_MS = 3_600_000


def test_without_a_premium_the_rate_is_an_eighth_of_the_interest():
    assert hourly_rate(0.0, 0.0001) == pytest.approx(0.0000125)


def test_a_large_premium_is_pulled_half_a_basis_point_toward_the_interest():
    assert hourly_rate(0.002, 0.0001) == pytest.approx((0.002 - 0.0005) / 8)
    assert hourly_rate(-0.002, 0.0001) == pytest.approx((-0.002 + 0.0005) / 8)


@given(st.floats(-10.0, 10.0), st.floats(-0.01, 0.01), st.floats(0.0, 10.0))
def test_the_rate_never_exceeds_four_per_cent_an_hour(mean, interest, multiplier):
    assert abs(hourly_rate(mean, interest, multiplier)) <= 0.04


@given(st.floats(-0.05, 0.05), st.floats(0.0, 0.01))
def test_the_rate_rises_with_the_premium(mean, more):
    assert hourly_rate(mean + more, 0.0001) >= hourly_rate(mean, 0.0001) - 1e-15


def test_the_premium_of_a_builder_dex_is_the_mean_of_the_impact_prices_over_the_oracle():
    assert premium(1000, 1002.0, 1004.0, is_builder=True) == pytest.approx(0.003)
    assert premium(1000, 1002.0, 1004.0, is_builder=False) == pytest.approx(0.002)
    assert premium(1000, 998.0, 1001.0, is_builder=False) == 0.0
    assert premium(1000, 990.0, 996.0, is_builder=False) == pytest.approx(-0.004)
    assert premium(1000, None, 996.0, is_builder=False) is None


def test_the_impact_price_is_the_average_of_trading_the_notional():
    levels = [(100, 10, 1), (110, 100, 1)]
    assert impact_price(levels, 500) == pytest.approx(100.0)
    assert impact_price(levels, 2_100) == pytest.approx(2_100 / 20)
    assert impact_price(levels, 10**9) is None


@given(st.integers(-(10**9), 10**9), st.integers(1, 10**8), st.floats(-0.04, 0.04))
def test_longs_and_shorts_of_one_size_pay_each_other(size, oracle, rate):
    assert payment(size, oracle, rate) == -payment(-size, oracle, rate)


def test_a_long_pays_a_short_at_the_full_hour_and_the_books_still_balance():
    desk = Desk()
    desk.rest(BOB, Side.SELL, "100000", "0.1")
    desk.place(ALICE, Side.BUY, "100000", "0.1", Tif.IOC)
    before = desk.raw_micro(ALICE)
    desk.wait(HOUR_MS)
    (paid,), (received,) = desk.exchange.statements.fundings(ALICE), desk.exchange.statements.fundings(BOB)
    assert paid.amount_micro == -125_000
    assert received.amount_micro == 125_000
    assert paid.rate == pytest.approx(0.0000125)
    assert paid.time_ms // HOUR_MS == START_MS // HOUR_MS + 1
    assert paid.time_ms % HOUR_MS < 70
    assert desk.raw_micro(ALICE) == before - 125_000
    (row,) = desk.exchange.statements.statement(ALICE, "").positions
    assert (row.funding_all_time_micro, row.funding_since_open_micro) == (125_000, 125_000)
    assert desk.exchange.unaccounted_micro("") == 0
    assert desk.exchange.funding_history("BTC")[-1].rate == paid.rate


def test_funding_paid_against_the_background_is_received_by_it():
    desk = Desk()
    desk.market.send(START_MS + 70, Side.SELL, 1_000_000, 10_000, takes=False)
    desk.wait(70)
    desk.place(ALICE, Side.BUY, "100000", "0.1", Tif.IOC)
    desk.wait(HOUR_MS)
    assert desk.exchange.statements.fundings(ALICE)[0].amount_micro == -125_000
    assert desk.exchange.unaccounted_micro("") == 0


def test_a_market_may_dictate_mark_oracle_and_funding():
    desk = Desk()
    desk.market.dictated = AssetContext(100_500.0, 100_400.0, 0.0, 7.5)
    desk.wait(3_070)
    context = desk.exchange.context("BTC")
    assert (context.mark, context.oracle, context.funding_rate) == (100_500.0, 100_400.0, 0.0)
    assert context.open_interest == 750_000


def test_a_bid_above_the_oracle_shows_as_premium_and_funding():
    desk = Desk(balance_usd=1_000_000)
    desk.rest(BOB, Side.BUY, "100200", "1")
    desk.rest(BOB, Side.SELL, "100300", "1")
    desk.wait(HOUR_MS)
    history = desk.exchange.funding_history("BTC")
    assert history[-1].premium == pytest.approx(0.002, rel=0.01)
    context = desk.exchange.context("BTC")
    assert context.premium == pytest.approx(0.002)
    assert context.mid == 100_250.0
    assert context.impact_bid == pytest.approx(100_200.0)
    assert context.impact_ask == pytest.approx(100_300.0)


def test_a_one_sided_book_has_no_mid_premium_or_impact():
    desk = Desk()
    desk.rest(BOB, Side.BUY, "99900", "0.1")
    context = desk.exchange.context("BTC")
    assert (context.mid, context.premium, context.impact_bid, context.impact_ask) == (None, None, None, None)
    assert context.mark == 100_000.0


def a_mark(coin):
    instrument = default_listing().instrument(coin)
    assert instrument is not None
    return MarkPrice(instrument)


def test_the_mark_is_the_median_of_oracle_basis_local_price_and_its_average():
    price = a_mark("BTC")
    price.update(0, 100_000.0, bid=None, ask=None, last=None)
    assert (price.mark, price.oracle) == (1_000_000, 1_000_000)
    price = a_mark("BTC")
    price.update(1, 100_000.0, bid=1_000_990, ask=1_001_010, last=1_001_000)
    assert price.mark == 1_001_000
    price.update(3_001, 110_000.0, bid=1_000_990, ask=1_001_010, last=1_001_000)
    assert price.mark == 1_001_000


@given(st.lists(st.integers(1, 2_000_000), min_size=1, max_size=30))
def test_the_mark_of_a_builder_dex_moves_one_per_cent_an_update_at_most(mids):
    price = a_mark("hyna:BTC")
    for number, mid in enumerate(mids):
        before = price.mark
        price.update(3_000 * number + 1, mid / 10, bid=mid, ask=mid + 1, last=mid)
        if before:
            assert abs(price.mark - before) <= before * 0.01 + 1
        assert price.mark >= 1


@given(st.sampled_from([float("nan"), float("inf"), -1.0, 0.0, -float("inf")]))
def test_a_useless_oracle_leaves_the_last_prices(bad):
    price = a_mark("BTC")
    price.update(1, 100_000.0, bid=None, ask=None, last=None)
    price.update(3_001, bad, bid=None, ask=None, last=None)
    price.dictate(bad, bad, 6_001)
    assert (price.mark, price.oracle) == (1_000_000, 1_000_000)
