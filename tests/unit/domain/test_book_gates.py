"""The gate of the book: only sane prices on both sides get through. Source: models.md 0.2 rule 3."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import Book, BookRefusal, Touch, book_refusal, touch_refusal
from tests.unit.properties import examples

NAN, INF = math.nan, math.inf
numbers = st.one_of(
    st.floats(1.0, 10.0), st.integers(1, 10).map(float), st.floats(), st.sampled_from([0.0, -0.0, 1e12, 1e15])
)
rows = st.lists(numbers, max_size=4).map(tuple)


def book(bids=(100.0, 99.0), asks=(101.0, 102.0), bid_sizes=None, ask_sizes=None):
    return Book(0, bids, bid_sizes or (1.0,) * len(bids), asks, ask_sizes or (1.0,) * len(asks))


def touch(bid=100.0, ask=101.0, bid_size=1.0, ask_size=1.0):
    return Touch(0, bid, bid_size, ask, ask_size)


@pytest.mark.parametrize(
    ("shown", "refusal"),
    [
        (book(), None),
        (book(bids=(0.0038, 0.0037), asks=(0.0039, 0.004), bid_sizes=(0.001, 0.002)), None),
        (book(bids=(1.0,), asks=(1e12,), ask_sizes=(1e15,)), None),
        (book(asks=(101.0, 0.0)), BookRefusal.NOT_FINITE),
        (book(bids=()), BookRefusal.EMPTY_SIDE),
        (book(asks=()), BookRefusal.EMPTY_SIDE),
        (book(bids=(101.0,)), BookRefusal.LOCKED),
        (book(bids=(101.5,)), BookRefusal.CROSSED),
        (book(bids=(99.0, 100.0)), BookRefusal.UNSORTED),
        (book(asks=(102.0, 101.0)), BookRefusal.UNSORTED),
        (book(bids=(100.0, 0.0)), BookRefusal.NOT_FINITE),
        (book(bids=(NAN,)), BookRefusal.NOT_FINITE),
        (book(bids=(100.0, NAN)), BookRefusal.NOT_FINITE),
        (book(asks=(101.0, INF)), BookRefusal.NOT_FINITE),
        (book(asks=(-101.0,)), BookRefusal.NOT_FINITE),
        (book(bid_sizes=(1.0, 0.0)), BookRefusal.NOT_FINITE),
        (book(bid_sizes=(NAN, 1.0)), BookRefusal.NOT_FINITE),
        (book(ask_sizes=(1.0, INF)), BookRefusal.NOT_FINITE),
        (book(ask_sizes=(-1.0, 1.0)), BookRefusal.NOT_FINITE),
    ],
)
def test_a_book_is_refused_for_what_is_wrong_with_it(shown, refusal):
    assert book_refusal(shown) is refusal


@pytest.mark.parametrize(
    ("shown", "refusal"),
    [
        (touch(), None),
        (touch(bid=0.0038, ask=0.0039, bid_size=0.001, ask_size=0.001), None),
        (touch(ask=1e12, bid_size=1e15, ask_size=1e15), None),
        (touch(bid=0.0, bid_size=0.0), BookRefusal.EMPTY_SIDE),
        (touch(ask=0.0, ask_size=0.0), BookRefusal.EMPTY_SIDE),
        (touch(bid=101.0), BookRefusal.LOCKED),
        (touch(bid=101.5), BookRefusal.CROSSED),
        (touch(bid=NAN), BookRefusal.NOT_FINITE),
        (touch(ask=NAN), BookRefusal.NOT_FINITE),
        (touch(ask=INF), BookRefusal.NOT_FINITE),
        (touch(bid=-1.0), BookRefusal.NOT_FINITE),
        (touch(bid_size=0.0), BookRefusal.NOT_FINITE),
        (touch(ask_size=NAN), BookRefusal.NOT_FINITE),
    ],
)
def test_a_touch_is_refused_for_what_is_wrong_with_it(shown, refusal):
    assert touch_refusal(shown) is refusal


@given(bids=rows, bid_sizes=rows, asks=rows, ask_sizes=rows)
@examples(250)
def test_a_book_that_passes_has_a_sane_mid_spread_and_order(bids, bid_sizes, asks, ask_sizes):
    size_count = min(len(bids), len(bid_sizes)), min(len(asks), len(ask_sizes))
    shown = Book(
        0, bids[: size_count[0]], bid_sizes[: size_count[0]], asks[: size_count[1]], ask_sizes[: size_count[1]]
    )
    if book_refusal(shown) is not None:
        return
    every = (*shown.bid_prices, *shown.bid_sizes, *shown.ask_prices, *shown.ask_sizes)
    assert all(math.isfinite(number) and number > 0.0 for number in every)
    assert list(shown.bid_prices) == sorted(shown.bid_prices, reverse=True)
    assert list(shown.ask_prices) == sorted(shown.ask_prices)
    assert shown.bid_prices[0] < shown.ask_prices[0]
    assert shown.bid_prices[0] <= shown.mid <= shown.ask_prices[0]
    assert 0.0 < shown.spread < INF
    assert touch_refusal(shown.touch) is None
    assert (shown.touch.mid, shown.touch.spread) == (shown.mid, shown.spread)


@given(bid=numbers, ask=numbers, bid_size=numbers, ask_size=numbers)
@examples(250)
def test_a_touch_is_judged_as_the_book_of_one_level_it_is(bid, ask, bid_size, ask_size):
    refused = touch_refusal(Touch(0, bid, bid_size, ask, ask_size)) is not None
    assert refused == (book_refusal(Book(0, (bid,), (bid_size,), (ask,), (ask_size,))) is not None)
