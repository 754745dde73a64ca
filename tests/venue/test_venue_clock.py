"""The exchange's clock moves forward, and one absurd frame does not move it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.venues.hyperliquid.venue_clock import VenueClock

NOW_S = 1_790_000_000.0
NOW_MS = 1_790_000_000_000


@given(st.lists(st.integers(NOW_MS - 10**6, NOW_MS + 10**6), max_size=30))
def test_it_never_goes_back(times_ms: list[int]) -> None:
    clock = VenueClock()
    before = 0
    for index, time_ms in enumerate(times_ms):
        clock.observe(time_ms, NOW_S + index)
        assert clock.time_ms >= before
        before = clock.time_ms


def test_one_frame_from_the_future_changes_nothing() -> None:
    clock = VenueClock()
    clock.observe(NOW_MS, NOW_S)
    clock.observe(NOW_MS + 3_600_000, NOW_S + 0.1)
    assert clock.time_ms == NOW_MS
    clock.observe(NOW_MS + 200, NOW_S + 0.2)
    assert clock.time_ms == NOW_MS + 200


@pytest.mark.fault("F55")
def test_a_wrong_local_clock_is_overruled_by_two_frames() -> None:
    clock = VenueClock()
    hour_ahead = NOW_MS + 3_600_000
    clock.observe(hour_ahead, NOW_S)
    assert clock.time_ms == 0
    clock.observe(hour_ahead + 100, NOW_S + 0.1)
    assert clock.time_ms == hour_ahead + 100
    assert clock.nonce_ms(NOW_S + 1.1) == hour_ahead + 1100


def test_nonces_follow_our_clock_while_it_agrees_with_the_exchange() -> None:
    clock = VenueClock()
    assert clock.nonce_ms(NOW_S) == NOW_MS
    clock.observe(NOW_MS - 4_000, NOW_S)
    assert clock.nonce_ms(NOW_S + 1) == NOW_MS + 1000
    assert clock.nonce_ms(NOW_S + 86_400) == NOW_MS + 86_400_000
