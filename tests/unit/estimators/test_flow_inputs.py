"""Mid, spread and imbalances: check values, which feed is fresher, what silence does."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import Book, Touch
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.flow import FlowImbalance, TopOfBook, imbalance, level_weights, weighted_depth, weighted_depths

DEFAULTS = Settings.defaults()


def a_book(time_ms: int, bid: float = 99.0, ask: float = 101.0, sizes: tuple[float, ...] = (1.0, 1.0)) -> Book:
    depth = range(len(sizes))
    return Book(time_ms, tuple(bid - i for i in depth), sizes, tuple(ask + i for i in depth), (1.0, 1.0))


def test_book_imbalance_check_values() -> None:
    bids, asks = (5.0, 8.0, 6.0), (4.0, 9.0, 3.0)
    weights = level_weights(3)
    weighted = imbalance(weighted_depth(bids, weights), weighted_depth(asks, weights))
    assert weighted == pytest.approx(0.066179466316, rel=1e-9)
    assert imbalance(sum(bids), sum(asks)) == pytest.approx(0.085714285714, rel=1e-9)


def test_levels_beyond_the_setting_do_not_count_and_missing_ones_count_nothing() -> None:
    assert weighted_depth((1.0, 1.0, 50.0), level_weights(2)) == pytest.approx(1 + math.exp(-0.5))
    assert weighted_depth((2.0,), level_weights(5)) == 2.0


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_an_imbalance_is_always_between_minus_one_and_one(bids: float, asks: float) -> None:
    assert -1.0 <= imbalance(bids, asks) <= 1.0


def test_flow_check_values() -> None:
    flow = FlowImbalance(2.0)
    for at, side, size in ((0.0, 1, 2.0), (0.4, -1, 1.0), (1.1, 1, 0.5), (1.3, -1, 3.0)):
        flow.on_trade(at, Side(side), size)
    assert flow.unfaded == pytest.approx(-0.417035482171, rel=1e-9)
    assert (flow._signed, flow._total) == pytest.approx((-2.141117889082, 5.134138414162), rel=1e-9)


def test_flow_fades_when_volume_dies_and_is_zero_without_trades() -> None:
    flow = FlowImbalance(5.0)
    assert flow.value(10.0) == 0.0
    for i in range(50):
        flow.on_trade(i * 0.1, Side.BUY, 1.0)
    assert flow.value(5.0) == pytest.approx(1.0, abs=1e-6)
    assert flow.value(30.0) == pytest.approx(1 - math.exp(-flow.n_eff(30.0)))
    assert 0.0 < flow.value(30.0) < 0.3
    assert flow.value(1e6) == 0.0


@given(
    st.lists(
        st.tuples(st.floats(-10, 1e6), st.sampled_from(Side), st.floats(allow_nan=True, allow_infinity=True)),
        max_size=60,
    ),
    st.floats(-10, 1e7),
)
def test_no_print_makes_the_flow_non_finite(trades: list[tuple[float, Side, float]], now: float) -> None:
    flow = FlowImbalance(5.0)
    for at, side, size in trades:
        flow.on_trade(at, side, size)
    assert -1.0 <= flow.value(now) <= 1.0
    assert math.isfinite(flow.n_eff(now))


def test_the_mid_follows_whichever_feed_the_venue_stamped_last() -> None:
    top = TopOfBook(DEFAULTS)
    assert top.on_book(1.0, a_book(1000))
    assert top.on_touch(1.1, Touch(1100, 100.0, 1.0, 102.0, 1.0))
    assert top.mid == 101.0
    assert not top.on_book(1.2, a_book(1050))
    assert top.mid == 101.0
    assert top.on_book(1.3, a_book(1200))
    assert top.mid == 100.0
    assert top.spread == pytest.approx(0.02)


def test_a_venue_time_from_the_future_holds_the_mid_for_seconds_only() -> None:
    top = TopOfBook(DEFAULTS)
    top.on_touch(10.0, Touch(9_999_999, 99.0, 1.0, 101.0, 1.0))
    assert not top.on_touch(11.0, Touch(11_000, 109.0, 1.0, 111.0, 1.0))
    assert top.on_touch(15.0, Touch(15_000, 109.0, 1.0, 111.0, 1.0))
    assert top.mid == 110.0


def test_a_touch_renews_the_first_level_of_the_imbalance_only() -> None:
    top = TopOfBook(DEFAULTS)
    top.on_book(1.0, a_book(1000, sizes=(1.0, 9.0)))
    deeper = 8.0 * math.exp(-0.5)
    assert top.imbalance == pytest.approx(deeper / (2.0 + 10.0 * math.exp(-0.5)))
    top.on_touch(1.1, Touch(1100, 99.0, 1.0, 101.0, 4.0))
    assert top.imbalance == pytest.approx((deeper - 3.0) / (5.0 + 10.0 * math.exp(-0.5)))


@pytest.mark.parametrize(
    ("bid", "ask"), [(101.0, 99.0), (100.0, 100.0), (math.nan, 100.0), (0.0, 1.0), (1.0, math.inf)]
)
def test_a_touch_that_slipped_through_the_gate_changes_nothing(bid: float, ask: float) -> None:
    top = TopOfBook(DEFAULTS)
    assert not top.on_touch(1.0, Touch(1000, bid, 1.0, ask, 1.0))
    assert not top.is_known


def test_the_mid_before_a_trade_is_not_moved_by_the_trade() -> None:
    top = TopOfBook(DEFAULTS)
    assert top.mid_before(1000) == 0.0
    for time_ms, mid in ((1000, 100.0), (1100, 101.0), (1100, 102.0), (1200, 103.0)):
        top.on_touch(time_ms / 1000, Touch(time_ms, mid - 1, 1.0, mid + 1, 1.0))
    assert [top.mid_before(ms) for ms in (500, 1000, 1050, 1100, 1101, 1200, 1300)] == [
        100.0,
        100.0,
        100.0,
        100.0,
        102.0,
        102.0,
        103.0,
    ]


@given(st.lists(st.floats(0.0, 1e6), max_size=9), st.lists(st.floats(0.0, 1e6), max_size=9), st.integers(1, 8))
def test_both_sides_at_once_are_the_sides_one_by_one(bids: list[float], asks: list[float], levels: int) -> None:
    weights = level_weights(levels)
    apart = weighted_depth(tuple(bids), weights), weighted_depth(tuple(asks), weights)
    assert weighted_depths(tuple(bids), tuple(asks), weights) == apart
