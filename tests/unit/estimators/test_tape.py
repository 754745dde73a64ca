"""Prints: which count, when, and which belong to one order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.book import Trade
from mmtui.domain.instrument import Side
from mmtui.estimators.tape import PRINTS_REMEMBERED, AggressiveOrders, TapeFilter, order_key


def a_trade(time_ms: int = 10_000, *, tid: int = 1, price: float = 100.0, size: float = 1.0, **rest: object) -> Trade:
    side = rest.get("side", Side.BUY)
    assert isinstance(side, Side)
    return Trade(time_ms, side, price, size, tid, str(rest.get("key", "")))


@pytest.mark.fault("F46")
def test_a_print_counts_once_at_the_venues_second() -> None:
    tape = TapeFilter()
    assert tape.accept(10.2, a_trade(), 100.0) == pytest.approx(10.0)
    assert tape.accept(10.3, a_trade(), 100.0) is None
    assert tape.accept(10.3, a_trade(tid=2), 100.0) == pytest.approx(10.0)


def test_the_same_trade_id_at_another_time_is_another_print() -> None:
    tape = TapeFilter()
    tape.accept(10.2, a_trade(10_000), 100.0)
    assert tape.accept(10.3, a_trade(10_001), 100.0) is not None


@pytest.mark.fault("F46")
def test_prints_older_than_five_seconds_are_history() -> None:
    assert TapeFilter().accept(15.0, a_trade(10_000), 100.0) is not None
    assert TapeFilter().accept(15.001, a_trade(10_000), 100.0) is None


def test_a_venue_time_from_the_future_is_held_to_now() -> None:
    tape = TapeFilter()
    assert tape.accept(10.0, a_trade(99_000_000), 100.0) == 10.0
    assert tape.accept(10.5, a_trade(10_400, tid=2), 100.0) == pytest.approx(10.4)


@pytest.mark.parametrize("price", [float("nan"), float("inf"), 0.0, -1.0, 79.0, 121.0])
def test_absurd_prices_are_ignored(price: float) -> None:
    assert TapeFilter().accept(10.0, a_trade(price=price), 100.0) is None


@pytest.mark.parametrize("size", [float("nan"), float("inf"), 0.0, -1.0, 1e-300])
def test_absurd_sizes_are_ignored(size: float) -> None:
    assert TapeFilter().accept(10.0, a_trade(size=size), 100.0) is None


def test_any_sane_price_counts_while_no_mid_is_known() -> None:
    assert TapeFilter().accept(10.0, a_trade(price=7.0), 0.0) is not None


def test_memory_of_seen_prints_is_bounded() -> None:
    tape = TapeFilter()
    for tid in range(3 * PRINTS_REMEMBERED):
        tape.accept(10.0, a_trade(tid=tid), 100.0)
    assert len(tape._seen) == PRINTS_REMEMBERED
    assert tape.accept(10.0, a_trade(tid=3 * PRINTS_REMEMBERED - 1), 100.0) is None


@given(st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(-(10**6), 10**6)), max_size=80))
def test_tape_time_never_runs_backward_nor_ahead_of_now(steps: list[tuple[float, int]]) -> None:
    tape, now, last = TapeFilter(), 1000.0, 0.0
    for tid, (dt, offset_ms) in enumerate(steps):
        now += dt
        at = tape.accept(now, a_trade(int(now * 1000) + offset_ms, tid=tid), 0.0)
        if at is not None:
            assert last <= at <= now
            assert at >= now - 5.0 - 1e-6
            last = at


def test_prints_of_one_order_share_one_reference_and_extend_one_reach() -> None:
    orders = AggressiveOrders()
    first = orders.extend(a_trade(price=100.01, key="0xab"), 100.0)
    second = orders.extend(a_trade(price=100.05, key="0xab", tid=2), 100.04)
    assert first.previous is None
    assert (second.now, second.previous) == pytest.approx((5e-4, 1e-4))
    inner = orders.extend(a_trade(price=100.02, key="0xab", tid=3), 100.0)
    assert (inner.now, inner.previous) == pytest.approx((5e-4, 5e-4))


def test_a_sellers_reach_is_measured_downwards() -> None:
    reach = AggressiveOrders().extend(a_trade(price=99.97, side=Side.SELL), 100.0)
    assert reach.now == pytest.approx(3e-4)


def test_another_key_side_or_instant_is_another_order() -> None:
    orders = AggressiveOrders()
    orders.extend(a_trade(key="0xab"), 100.0)
    assert orders.extend(a_trade(key="0xcd"), 100.0).previous is None
    assert orders.extend(a_trade(key="0xcd", side=Side.SELL), 100.0).previous is None
    assert orders.extend(a_trade(10_001), 100.0).previous is None
    assert orders.extend(a_trade(10_001), 100.0).previous is not None


def test_prints_of_the_other_side_do_not_end_an_order() -> None:
    orders = AggressiveOrders()
    orders.extend(a_trade(key="0xab"), 100.0)
    orders.extend(a_trade(key="0xcd", side=Side.SELL), 100.0)
    assert orders.extend(a_trade(key="0xab"), 100.0).previous is not None


@pytest.mark.parametrize("key", ["", "0x", "0x" + "0" * 64])
def test_a_key_of_zeros_is_no_key(key: str) -> None:
    assert order_key(a_trade(key=key)) == 10_000
