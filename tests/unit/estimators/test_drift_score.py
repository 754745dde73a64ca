"""The drift score and the holding time: time-aware, bounded, and what settings change."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import Book, Touch
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.carry.drift import DriftScore, drift_rate, smoothing_after
from mmtui.estimators.carry.holding import HoldingTime, holding_time_s
from tests.unit.properties import examples

DEFAULTS = Settings.defaults()


def a_book(bid_size: float, ask_size: float, *, deeper: float = 1.0) -> Book:
    depth = (deeper,) * 11
    return Book(
        0,
        tuple(100.0 - i for i in range(12)),
        (bid_size, *depth),
        tuple(100.08 + i for i in range(12)),
        (ask_size, *depth),
    )


def scored(times: list[float], **changes: float) -> float:
    drift = DriftScore(DEFAULTS.with_values({f"strategy.hjb.{key}": value for key, value in changes.items()}))
    for at in times:
        drift.on_book(at, a_book(31.0, 1.0))
    return drift.score


def test_a_feed_ten_times_as_fast_gives_the_same_score() -> None:
    slow = scored([i * 0.1 for i in range(11)])
    fast = scored([i * 0.01 for i in range(101)])
    assert fast == pytest.approx(slow, rel=1e-9)
    assert slow > 0.3


def test_a_tenth_of_a_second_weighs_as_one_event_of_the_documents() -> None:
    assert smoothing_after(0.1, 0.1) == pytest.approx(0.1)
    assert smoothing_after(0.1, 0.2) == pytest.approx(0.19)
    assert smoothing_after(0.1, -1.0) == 0.0


def test_the_first_book_counts_as_one_event() -> None:
    # Bids hold 31 + 9 of 50 in ten levels: 0.8; a spread of 8 bps.
    assert scored([0.0]) == pytest.approx(0.1 * 0.6 / 1.08, rel=1e-3)


def test_settings_change_what_is_read_and_how_fast_it_fades() -> None:
    assert scored([0.0], depth_analysis_levels=1) > scored([0.0])
    assert scored([0.0, 0.1], drift_filter_weight=0.5) > scored([0.0, 0.1])


def test_a_touch_is_read_with_the_depth_behind_it() -> None:
    drift = DriftScore(DEFAULTS)
    drift.on_book(0.0, a_book(1.0, 1.0))
    drift.on_touch(0.1, Touch(0, 100.0, 31.0, 100.08, 1.0))
    assert drift.score == pytest.approx(0.1 * 0.6 / 1.08, rel=1e-3)


def test_a_score_of_a_book_that_is_gone_is_none() -> None:
    drift = DriftScore(DEFAULTS)
    drift.on_book(0.0, a_book(31.0, 1.0))
    assert drift.value(5.0) == drift.score
    assert drift.value(5.1) == 0.0


@examples(100)
@given(
    st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.floats(0.0, 1e15), st.floats(0.0, 1e15), st.floats(1e-6, 1e6)), max_size=40
    )
)
def test_no_stream_leaves_the_unit_interval(books: list[tuple[float, float, float, float]]) -> None:
    drift = DriftScore(DEFAULTS)
    for at, bids, asks, width in books:
        drift.on_touch(at, Touch(0, 1.0, bids, 1.0 + width, asks))
        assert -1.0 <= drift.score <= 1.0


def test_a_drift_is_the_announced_move_over_the_time_in_which_it_dies() -> None:
    assert drift_rate(0.5, 2.0, 0.25) == pytest.approx(0.5 * 2e-4 * 0.25)


def test_without_fills_a_position_is_held_for_the_longest_time() -> None:
    holding = HoldingTime(DEFAULTS)
    assert holding.value_s == 120.0
    holding.reconfigure(DEFAULTS.with_values({"risk.max_holding_time_s": 30.0}))
    assert holding.value_s == 30.0


def test_fills_shorten_the_holding_time_to_what_their_rate_says() -> None:
    holding = HoldingTime(DEFAULTS)
    for i in range(20_000):
        holding.pass_time(float(i) / 10.0)
        if i % 5 == 0:
            holding.on_fill(float(i) / 10.0, Side.BUY if i % 10 else Side.SELL)
    # Two fills a second, one a side; the watched minute that is assumed makes 14 % of the memory.
    rate = holding.fills_per_s(Side.BUY)
    assert rate == pytest.approx(1.0 * 433.0 / 493.0, rel=0.03)
    assert holding.value_s == pytest.approx(holding_time_s(rate, 120.0), rel=0.01)


def test_a_night_without_feed_is_not_a_night_without_fills() -> None:
    holding = HoldingTime(DEFAULTS)
    for i in range(600):
        holding.on_fill(float(i), Side.BUY)
    before = holding.fills_per_s(Side.BUY)
    holding.pass_time(600.0 + 300.0)
    after = holding.fills_per_s(Side.BUY)
    assert 0.6 * before < after < before


@examples(100)
@given(st.lists(st.tuples(st.floats(allow_nan=False), st.sampled_from(Side)), max_size=60))
def test_no_stream_of_fills_makes_a_time_that_is_none(fills: list[tuple[float, Side]]) -> None:
    holding = HoldingTime(DEFAULTS)
    for at, side in fills:
        holding.on_fill(at, side)
        assert 0.0 < holding.value_s <= 120.0 and math.isfinite(holding.fills_per_s(side))
