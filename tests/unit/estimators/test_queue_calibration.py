"""Predictions of fills against fills: the score of what is known to be true, and what is left out."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.queue.calibration import PENDING_MAX, FillCalibration
from mmtui.estimators.queue.chances import Chance


def decided(pairs: list[tuple[float, bool]]) -> FillCalibration:
    calibration = FillCalibration(10.0)
    for place, (said, has_filled) in enumerate(pairs):
        key = str(place)
        calibration.predict(0.0, key, Chance(said, 0.5))
        if has_filled:
            calibration.filled(5.0, key)
    calibration.pass_time(11.0)
    return calibration


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=50))
def test_the_score_is_the_mean_squared_error_and_the_reference_that_of_the_rate(
    pairs: list[tuple[float, bool]],
) -> None:
    found = decided(pairs).reading()
    assert found is not None
    rate = sum(hit for _, hit in pairs) / len(pairs)
    assert found.n == len(pairs)
    assert found.filled == pytest.approx(rate)
    assert found.reference == pytest.approx(rate * (1.0 - rate))
    assert found.touch.brier == pytest.approx(sum((p - hit) ** 2 for p, hit in pairs) / len(pairs))
    assert found.intensity.brier == pytest.approx(0.25)
    assert sum(one.n for one in found.touch.bins) == found.n


def test_a_model_that_is_right_beats_the_rate_and_lies_on_the_diagonal() -> None:
    rng = random.Random(7)
    chances = [rng.random() for _ in range(20_000)]
    found = decided([(p, rng.random() < p) for p in chances[:PENDING_MAX]]).reading()
    calibration = FillCalibration(10.0)
    for start in range(0, len(chances), PENDING_MAX):
        now = start * 20.0
        for place, p in enumerate(chances[start : start + PENDING_MAX]):
            calibration.predict(now, str(place), Chance(p, p))
            if rng.random() < p:
                calibration.filled(now + 1.0, str(place))
        calibration.pass_time(now + 11.0)
    found = calibration.reading()
    assert found is not None and found.n == len(chances)
    assert found.touch.brier < 0.8 * found.reference
    assert all(abs(one.predicted - one.filled) < 0.05 for one in found.touch.bins)


def test_an_order_taken_off_before_its_horizon_says_nothing_but_is_counted() -> None:
    calibration = FillCalibration(10.0)
    calibration.predict(0.0, "a", Chance(0.5, 0.5))
    calibration.predict(0.0, "b", Chance(0.5, 0.5))
    calibration.ended(4.0, "a")
    calibration.filled(4.0, "b")
    found = calibration.reading()
    assert found is not None and (found.n, found.abandoned, found.filled) == (1, 1, 1.0)


def test_a_fill_after_the_horizon_came_too_late() -> None:
    calibration = FillCalibration(10.0)
    calibration.predict(0.0, "a", Chance(0.5, 0.5))
    calibration.filled(10.5, "a")
    found = calibration.reading()
    assert found is not None and found.filled == 0.0


def test_another_horizon_begins_anew_and_the_same_one_does_not() -> None:
    calibration = decided([(0.5, True)])
    calibration.set_horizon(10.0)
    assert calibration.reading() is not None
    calibration.set_horizon(5.0)
    assert calibration.reading() is None


def test_memory_is_bounded() -> None:
    calibration = FillCalibration(10.0)
    for place in range(2 * PENDING_MAX):
        calibration.predict(0.0, str(place), Chance(0.1, 0.1))
    calibration.pass_time(11.0)
    found = calibration.reading()
    assert found is not None and found.n == PENDING_MAX
