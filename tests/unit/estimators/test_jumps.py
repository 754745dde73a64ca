"""The single-jump test and the process it feeds: models.md 6.3 and 6.13."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.volatility.jumps import HALF_LIFE_S, PRIOR_S, Jumps
from mmtui.estimators.volatility.lee_mykland import WINDOW, JumpTest

SIGMA = 1e-4


def a_test(**changes: float) -> JumpTest:
    return JumpTest(Settings.defaults().with_values({f"estimators.jump_test_{k}": v for k, v in changes.items()}))


def warmed(rng: random.Random, test: JumpTest) -> JumpTest:
    while not test.is_ready:
        test.on_return(rng.gauss(0.0, SIGMA))
    return test


def found(test: JumpTest, *returns: float) -> list[float]:
    """Jumps reported for these returns and one that follows."""
    return [size for size in (test.on_return(one) for one in (*returns, 0.0)) if size]


def test_the_window_ends_before_the_tested_return() -> None:
    test = a_test()
    for _ in range(WINDOW - 2):
        test.on_return(SIGMA)
    assert not test.is_ready
    test.on_return(SIGMA)
    assert test.is_ready
    assert test.statistic(6.0 * SIGMA * math.sqrt(math.pi / 2.0)) == pytest.approx(6.0)


@pytest.mark.parametrize(("size", "power"), [(5.0, 0.64), (6.0, 0.88), (8.0, 1.0)])
def test_its_power_is_as_measured(size: float, power: float) -> None:
    rng, runs = random.Random(11), 300
    hits = 0
    for _ in range(runs):
        hits += bool(found(warmed(rng, a_test()), size * SIGMA + rng.gauss(0.0, SIGMA)))
    assert hits / runs == pytest.approx(power, abs=4.0 * math.sqrt(0.25 / runs))


def test_false_alarms_come_in_about_one_period_of_a_hundred() -> None:
    rng, periods, alarms = random.Random(12), 60, 0
    test = warmed(rng, a_test())
    for _ in range(periods):
        alarms += any(test.on_return(rng.gauss(0.0, SIGMA)) for _ in range(1000))
    assert alarms <= 4


def test_a_jump_that_two_buckets_share_is_one_jump() -> None:
    test = warmed(random.Random(1), a_test())
    assert found(test, 20.0 * SIGMA, 12.0 * SIGMA) == [pytest.approx(32.0 * SIGMA)]


def test_a_jump_and_its_way_back_are_two() -> None:
    test = warmed(random.Random(1), a_test())
    assert found(test, 20.0 * SIGMA, -20.0 * SIGMA) == [pytest.approx(20.0 * SIGMA), pytest.approx(-20.0 * SIGMA)]


def test_a_jump_does_not_hide_the_next_one() -> None:
    rng = random.Random(2)
    test = warmed(rng, a_test())
    for _ in range(3):
        assert found(test, 15.0 * SIGMA)
        for _ in range(5):
            test.on_return(rng.gauss(0.0, SIGMA))


@pytest.mark.parametrize("change", [{"ticks": 20.0, "alpha": 0.5}, {"ticks": 100_000.0, "alpha": 0.0001}])
def test_period_and_level_move_the_threshold_and_an_edit_keeps_the_window(change: dict[str, float]) -> None:
    test = warmed(random.Random(3), a_test())
    test.reconfigure(Settings.defaults().with_values({f"estimators.jump_test_{k}": v for k, v in change.items()}))
    assert test.is_ready
    assert bool(found(test, 4.0 * SIGMA)) is (change["ticks"] == 20.0)


def test_prices_that_do_not_move_have_no_jumps() -> None:
    test = a_test()
    assert [test.on_return(0.0) for _ in range(300)] == [0.0] * 300


def test_no_jump_spans_an_interruption() -> None:
    test = warmed(random.Random(4), a_test())
    test.on_return(20.0 * SIGMA)
    test.skip()
    assert test.on_return(20.0 * SIGMA) == 0.0


def test_jumps_are_forgotten_with_the_time_they_were_watched_in() -> None:
    jumps = Jumps()
    for _ in range(3):
        jumps.on_jump(1e-3)
    before = jumps.count
    jumps.watch(HALF_LIFE_S)
    assert jumps.count == pytest.approx(before / 2.0)
    assert jumps.typical_size == pytest.approx(1e-3)
    jumps.watch(1e9)
    assert jumps.rate == pytest.approx(1.0 / (PRIOR_S + HALF_LIFE_S / math.log(2.0)))


def test_the_rate_of_a_steady_process_is_found_within_its_interval() -> None:
    rng, rate, jumps = random.Random(5), 1.0 / 60.0, Jumps()
    for _ in range(4 * 3600):
        jumps.watch(1.0)
        if rng.random() < rate:
            jumps.on_jump(rng.gauss(0.0, 1e-3))
    low, high = jumps.rate_interval
    assert low < rate < high
    assert jumps.variance_rate == pytest.approx(rate * 1e-6, rel=0.6)


def test_what_was_learned_goes_on_elsewhere() -> None:
    first, second = Jumps(), Jumps()
    first.watch(900.0)
    first.on_jump(-2e-3)
    second.recall(first.memory())
    assert (second.rate, second.variance_rate, second.mean_size) == (first.rate, first.variance_rate, -2e-3)


@given(st.lists(st.floats(-30.0, 30.0), max_size=260), st.lists(st.floats(0.0, 1e9), max_size=5))
def test_nothing_is_ever_not_finite(returns: list[float], durations: list[float]) -> None:
    test, jumps = a_test(ticks=20.0, alpha=0.5), Jumps()
    for one in returns:
        size = test.on_return(one)
        assert math.isfinite(size)
        if size:
            jumps.on_jump(size)
    for duration_s in durations:
        jumps.watch(duration_s)
        assert 0.0 <= jumps.variance_rate < math.inf
        assert 0.0 < jumps.rate_interval[0] <= jumps.rate_interval[1] < math.inf
