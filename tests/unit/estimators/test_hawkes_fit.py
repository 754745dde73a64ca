"""Calibration of the self-exciting process: its published figures, known processes found again, and its refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.estimators.cascades.hawkes_fit import (
    compensator,
    excitement,
    fit_hawkes,
    goodness,
    intensities,
    kolmogorov,
    log_likelihood,
    merged,
)

TIMES = [0.5, 1.1, 1.3, 4.0, 4.2, 4.25, 9.0]
MARKS = [0.5, 2.0, 1.0, 3.0, 1.0, 0.4, 1.5]


def process(mu: float, alpha: float, beta: float, horizon_s: float, seed: int) -> list[float]:
    """Events by thinning; the excitement fades on every draw, taken or not."""
    source = np.random.default_rng(seed)
    now, left, times = 0.0, 0.0, []
    while True:
        bound = mu + alpha * beta * left
        wait = source.exponential(1.0 / bound)
        now += wait
        left *= math.exp(-beta * wait)
        if now > horizon_s:
            return times
        if source.random() * bound <= mu + alpha * beta * left:
            times.append(now)
            left += 1.0


def test_the_likelihood_without_weights_has_its_published_value() -> None:
    at, ones = merged(TIMES, [1.0] * 7)
    assert log_likelihood(at, ones, 12.0, 0.3, 0.5, 1.2) == pytest.approx(-10.955471254, abs=5e-10)
    assert compensator(at, ones, 12.0, 0.3, 0.5, 1.2) == pytest.approx(7.086212635, abs=5e-10)
    assert intensities(at, ones, 0.3, 0.5, 1.2)[-1] == pytest.approx(0.305511865, abs=5e-10)


def test_the_likelihood_with_weights_has_its_published_value() -> None:
    at, weights = merged(TIMES, MARKS)
    assert log_likelihood(at, weights, 12.0, 0.3, 0.3, 1.2) == pytest.approx(-10.347876622, abs=5e-10)
    assert compensator(at, weights, 12.0, 0.3, 0.3, 1.2) == pytest.approx(6.407604368, abs=5e-10)


def test_excitement_is_the_plain_sum_also_across_stretches() -> None:
    at, weights = merged(TIMES, MARKS)
    for beta in (0.01, 1.2, 80.0, 400.0):
        plain = [sum(w * math.exp(-beta * (t - s)) for s, w in zip(TIMES, MARKS, strict=True) if s < t) for t in TIMES]
        assert excitement(at, weights, beta) == pytest.approx(plain, rel=1e-9, abs=1e-12)


def test_events_of_one_instant_are_one_with_the_sum_of_their_weights() -> None:
    at, weights = merged([2.0, 1.0, 2.0], [1.0, 4.0, 0.5])
    assert (list(at), list(weights)) == ([1.0, 2.0], [4.0, 1.5])


def test_a_known_process_is_found_within_its_intervals() -> None:
    fit = fit_hawkes(process(0.5, 0.6, 1.5, 1600.0, seed=4), None, 1600.0)
    assert fit is not None
    assert fit.is_enough
    for found, truth in ((fit.mu, 0.5), (fit.alpha, 0.6), (fit.beta, 1.5)):
        assert found.low is not None
        assert found.high is not None
        assert found.low < truth < found.high
        assert found.high - found.low < 0.8 * truth
    assert fit.probability > 0.05
    assert fit.half_life_s == pytest.approx(math.log(2.0) / fit.beta.value)


def test_no_neighbour_is_more_likely_than_the_fit() -> None:
    times = process(0.4, 0.5, 1.0, 600.0, seed=9)
    at, ones = merged(times, [1.0] * len(times))
    fit = fit_hawkes(times, None, 600.0)
    assert fit is not None
    found = np.array([fit.mu.value, fit.alpha.value, fit.beta.value])
    for place in range(3):
        for factor in (0.99, 1.01):
            other = found.copy()
            other[place] *= factor
            assert log_likelihood(at, ones, 600.0, *other) < fit.log_likelihood


def test_weights_matter() -> None:
    source = np.random.default_rng(2)
    times = process(0.5, 0.6, 1.5, 600.0, seed=4)
    marks = source.exponential(size=len(times))
    plain, weighted = fit_hawkes(times, None, 600.0), fit_hawkes(times, list(marks), 600.0)
    doubled = fit_hawkes(times, list(2.0 * marks), 600.0)
    assert plain is not None
    assert weighted is not None
    assert doubled is not None
    assert weighted.branching < plain.branching
    assert doubled.alpha.value == pytest.approx(weighted.alpha.value / 2.0, rel=1e-3)
    assert doubled.branching == pytest.approx(weighted.branching, rel=1e-3)


def test_events_by_pure_chance_fit_and_a_wrong_process_does_not() -> None:
    times = process(0.5, 0.8, 2.0, 2000.0, seed=6)
    at, ones = merged(times, [1.0] * len(times))
    rate = len(times) / 2000.0
    _, as_chance = goodness(at, ones, rate, 1e-9, 1.0)
    _, as_true = goodness(at, ones, 0.5, 0.8, 2.0)
    assert as_chance < 1e-6
    assert as_true > 0.05


@pytest.mark.parametrize(("distance", "probability"), [(0.0, 1.0), (0.13403, 0.05), (0.16081, 0.01), (1.0, 0.0)])
def test_the_probability_of_a_distance_between_a_hundred_draws_and_their_law_is_that_of_the_tables(
    distance: float, probability: float
) -> None:
    assert kolmogorov(distance, 100) == pytest.approx(probability, abs=4e-4)


@pytest.mark.parametrize(
    ("times", "marks", "horizon_s"),
    [([1.0, 2.0, 3.0], [1.0], 9.0), ([1.0, 2.0, 30.0], None, 9.0), ([-1.0, 2.0, 3.0], None, 9.0),
     ([1.0, math.nan, 3.0], None, 9.0), ([1.0, 2.0, 3.0], [1.0, 0.0, 1.0], 9.0), ([1.0, 2.0, 3.0], None, math.inf)],
)  # fmt: skip
def test_what_cannot_be_events_of_the_watch_is_refused(
    times: list[float], marks: list[float] | None, horizon_s: float
) -> None:
    with pytest.raises(ValueError, match=r"must|needed"):
        fit_hawkes(times, marks, horizon_s)


def test_too_few_events_give_nothing_and_few_say_so() -> None:
    assert fit_hawkes([], None, 10.0) is None
    assert fit_hawkes([1.0, 2.0], None, 10.0) is None
    fit = fit_hawkes(TIMES, MARKS, 12.0)
    assert fit is not None
    assert not fit.is_enough


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.0, 1e4), min_size=3, max_size=30))
def test_no_events_give_a_fit_that_is_not_finite(times: list[float]) -> None:
    fit = fit_hawkes(times, None, 1e4)
    if fit is None:
        return
    numbers = [fit.branching, fit.log_likelihood, fit.distance, fit.probability]
    for one in (fit.mu, fit.alpha, fit.beta):
        numbers += [bound for bound in (one.value, one.low, one.high) if bound is not None]
    assert all(math.isfinite(number) for number in numbers)
    assert 0.0 < fit.branching < 1.0
