"""Weight-keeping averages: unbiased from the start, forward in time, never NaN."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.ewma import ClockEwma, EventEwma, decay

ANY = st.floats(allow_nan=True, allow_infinity=True)
VALUE = st.floats(-1e6, 1e6)


def test_an_average_without_observations_is_the_prior() -> None:
    assert EventEwma(50).mean(2.5) == 2.5
    assert ClockEwma(50).mean(2.5) == 2.5
    assert EventEwma(50).n_eff == 0.0


def test_the_first_observation_is_the_average() -> None:
    event, clock = EventEwma(50), ClockEwma(50)
    event.add(3.0)
    clock.add(100.0, 3.0)
    assert event.mean() == pytest.approx(3.0, rel=1e-12)
    assert clock.mean() == 3.0


def test_the_bias_corrected_average_of_models_7_1() -> None:
    # alpha = 0.1 on the buy-side markouts in the order they resolve.
    average = EventEwma(-1 / math.log2(0.9))
    for value in (-2.000000000, -2.999400120, 2.999700030):
        average.add(value)
    assert average.mean() == pytest.approx(-0.486996339, abs=1e-8)


def test_half_a_life_later_an_observation_weighs_half() -> None:
    average = EventEwma(10)
    average.add(1.0)
    for _ in range(10):
        average.add(0.0)
    fresh = EventEwma(10)
    fresh.add(1.0)
    weight_after = average.mean() * average._weight
    assert weight_after == pytest.approx(0.5 * fresh._weight)


def test_effective_number_settles_at_that_of_an_exponential_window() -> None:
    average = EventEwma(50)
    for _ in range(5000):
        average.add(1.0)
    alpha = 1 - 2 ** (-1 / 50)
    assert average.n_eff == pytest.approx((2 - alpha) / alpha, rel=1e-6)


@given(st.lists(VALUE, min_size=1, max_size=60), st.floats(1, 500))
def test_an_average_stays_between_the_smallest_and_the_largest(values: list[float], half_life: float) -> None:
    average = EventEwma(half_life)
    for value in values:
        average.add(value)
    slack = 1e-9 * max(1.0, *(abs(value) for value in values))
    assert min(values) - slack <= average.mean() <= max(values) + slack
    assert average.n_eff <= len(values) * (1 + 1e-9)


@given(st.lists(st.tuples(st.floats(-1e3, 1e9), ANY), max_size=40))
def test_no_input_makes_a_clock_average_non_finite(points: list[tuple[float, float]]) -> None:
    average = ClockEwma(5.0)
    for now, value in points:
        average.add(now, value)
    assert math.isfinite(average.mean())


def test_an_observation_from_the_past_adds_no_weight() -> None:
    average = ClockEwma(5.0)
    average.add(10.0, 1.0)
    average.add(11.0, 2.0)
    before = average.mean()
    average.add(4.0, 50.0)
    assert average.mean() == before


@given(ANY, st.floats(1e-3, 1e6))
def test_decay_is_a_share_for_any_time(dt_s: float, tau_s: float) -> None:
    assert 0.0 <= decay(dt_s, tau_s) <= 1.0
