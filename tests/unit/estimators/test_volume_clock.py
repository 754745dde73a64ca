"""The volume clock: check values, bounds of the bucket, memory, time."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.volatility.volume_clock import VolumeBucket, VolumeClock, VolumeTick, VolumeWindow

TRADES = (
    (0.0, 100.00, 0.4),
    (0.5, 100.02, 0.3),
    (0.9, 100.01, 0.5),
    (1.4, 100.03, 0.8),
    (1.5, 99.99, 0.4),
    (2.6, 99.98, 0.9),
    (3.0, 100.02, 0.2),
    (3.3, 100.04, 1.3),
    (4.1, 100.01, 0.6),
    (4.2, 100.00, 0.5),
)


def a_clock(**changes: float) -> VolumeClock:
    settings = Settings.defaults().with_values({f"estimators.{key}": value for key, value in changes.items()})
    return VolumeClock(settings)


def fixed_buckets(threshold: float) -> list[tuple[float, VolumeTick]]:
    bucket, closed = VolumeBucket(), []
    for at, price, size in TRADES:
        bucket.add(at, price, size)
        if bucket.volume >= threshold:
            closed.append((at, bucket.close()))
    return closed


def test_check_values_of_the_fixed_threshold() -> None:
    closed = fixed_buckets(1.0)
    assert [at for at, _ in closed] == [0.9, 1.5, 3.0, 3.3, 4.2]
    vwaps = [tick.vwap for _, tick in closed]
    assert vwaps == pytest.approx([100.009166667, 100.016666667, 99.987272727, 100.040000000, 100.005454545], abs=5e-10)
    returns = [math.log(b / a) for a, b in pairwise(vwaps)]
    assert returns == pytest.approx([7.499031379e-05, -2.939336065e-04, 5.272008485e-04, -3.453760543e-04], rel=1e-6)


def test_the_overshoot_stays_in_the_bucket_it_closes() -> None:
    assert [tick.volume for _, tick in fixed_buckets(1.0)] == pytest.approx([1.2, 1.2, 1.1, 1.3, 1.1])


def test_mean_time_is_weighted_by_volume_and_keeps_its_digits_at_epoch_seconds() -> None:
    bucket = VolumeBucket()
    bucket.add(1.7e9, 100.0, 1.0)
    bucket.add(1.7e9 + 4.0, 100.0, 3.0)
    assert bucket.close().time_s - 1.7e9 == pytest.approx(3.0, abs=1e-6)


def test_equal_trades_count_fully_and_prints_of_one_instant_count_once() -> None:
    bucket = VolumeBucket()
    for second in range(8):
        bucket.add(float(second), 100.0, 2.0)
    assert bucket.close().n_eff == pytest.approx(8.0)
    for _ in range(8):
        bucket.add(1.0, 100.0, 2.0)
    assert bucket.close().n_eff == pytest.approx(1.0)


def test_a_first_print_that_is_huge_does_not_stop_the_clock() -> None:
    clock = a_clock()
    clock.on_trade(0.0, 100.0, 1e6)
    ticks = [clock.on_trade(i * 0.5, 100.0, 1.0) for i in range(1, 40)]
    assert sum(tick is not None for tick in ticks) >= 3


def test_about_a_hundred_ticks_in_a_window_once_warm() -> None:
    clock = a_clock()
    at, ticks = 0.0, 0
    for i in range(12_000):
        at = i * 0.1
        tick = clock.on_trade(at, 100.0, 1.0)
        ticks += tick is not None and at >= 900.0
    assert ticks == pytest.approx(100, abs=4)


def test_a_bucket_holds_at_least_five_median_trades() -> None:
    clock = a_clock(volume_bucket_ratio=0.0005)
    closed = [tick for i in range(3000) if (tick := clock.on_trade(i * 0.1, 100.0, 2.0))]
    assert all(tick.volume == pytest.approx(10.0) for tick in closed)


@given(st.lists(st.tuples(st.floats(0.0, 40.0), st.floats(0.01, 10.0)), min_size=1, max_size=200))
def test_the_window_holds_the_volume_of_its_seconds(steps: list[tuple[float, float]]) -> None:
    window, at, trades = VolumeWindow(60.0), 0.0, []
    for dt, size in steps:
        at += dt
        window.add(at, size)
        trades.append((at // 1.0, size))
        inside = sum(volume for second, volume in trades if second > at // 1.0 - 60.0)
        assert window.total == pytest.approx(inside, rel=1e-9, abs=1e-9)


def test_rounding_does_not_drift_over_many_updates() -> None:
    window = VolumeWindow(60.0)
    for i in range(20_000):
        window.add(i * 0.5, 1e9 if i % 7 == 0 else 1e-4)
    exact = sum(1e9 if i % 7 == 0 else 1e-4 for i in range(19_880, 20_000))
    assert window.total == pytest.approx(exact, rel=1e-9)


def test_memory_is_bounded_by_the_seconds_of_the_window() -> None:
    window = VolumeWindow(60.0)
    for i in range(50_000):
        window.add(i * 0.01, 1.0)
    assert len(window._cells) <= 61


@given(st.lists(st.tuples(st.floats(-50.0, 1e6), st.floats(1e-6, 1e6)), max_size=150))
def test_ticks_are_finite_and_forward_whatever_the_order_of_times(trades: list[tuple[float, float]]) -> None:
    clock, last = a_clock(), -math.inf
    for at, size in trades:
        tick = clock.on_trade(at, 100.0, size)
        if tick is not None:
            assert math.isfinite(tick.vwap) and math.isfinite(tick.n_eff) and tick.n_eff >= 1.0 - 1e-9
            assert tick.time_s >= last - 1e-6
            last = tick.time_s


def test_the_volume_rate_is_the_flow_and_dies_with_the_window() -> None:
    clock = a_clock()
    assert clock.volume_rate(0.0) == 0.0
    for i in range(6000):
        clock.on_trade(i * 0.1, 100.0, 0.2)
    assert clock.volume_rate(600.0) == pytest.approx(2.0, rel=0.01)
    assert clock.volume_rate(600.0 + 301.0) == 0.0
