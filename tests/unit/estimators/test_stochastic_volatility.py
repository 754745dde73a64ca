"""The variance as a square-root process: models.md 6.3 (CIR)."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.volatility.realised import SIGMA_MAX, SIGMA_MIN
from mmtui.estimators.volatility.stochastic import SAMPLE_S, WARM_PAIRS, StochasticVolatility, average, forecast
from mmtui.estimators.volatility.swings import Swings

MEAN, REVERSION, NOISE = 1e-8, 1.0 / 60.0, 1.2e-5


def simulated(samples: int, seed: int) -> StochasticVolatility:
    rng, fit, variance = random.Random(seed), StochasticVolatility(), MEAN
    for i in range(samples):
        for _ in range(10):
            kick = NOISE * math.sqrt(max(variance, 0.0)) * rng.gauss(0.0, 1.0)
            variance = max(variance + REVERSION * (MEAN - variance) + kick, 0.0)
        fit.observe(i * SAMPLE_S, math.sqrt(variance))
    return fit


def test_a_simulated_process_is_found_again() -> None:
    fits = [simulated(1500, seed).process for seed in range(12)]
    found = [fit for fit in fits if fit is not None]
    count = len(found)
    assert count == 12
    assert sum(fit.mean for fit in found) / count == pytest.approx(MEAN, rel=0.15)
    # Slopes fitted to few samples lie low, so that reversion lies high: a bias of about 4 over the effective number.
    assert sum(fit.reversion for fit in found) / count == pytest.approx(REVERSION, rel=0.35)
    assert sum(fit.noise for fit in found) / count == pytest.approx(NOISE, rel=0.2)


def test_it_waits_for_five_minutes_of_samples() -> None:
    assert simulated(WARM_PAIRS, seed=1).process is None
    assert simulated(WARM_PAIRS + 1, seed=1).process is not None


def test_samples_are_ten_seconds_apart_however_often_it_is_asked() -> None:
    fit = StochasticVolatility()
    told = [fit.observe(i * 0.25, 1e-4) for i in range(401)]
    assert sum(told) == 10


def test_no_pair_spans_an_interruption() -> None:
    fit = StochasticVolatility()
    fit.observe(0.0, 1e-4)
    fit.skip()
    assert not fit.observe(100.0, 2e-4)
    assert fit.pairs == 0


@given(st.floats(0.0, 1e-4), st.floats(0.0, 1e-4), st.floats(0.0, 1.0), st.floats(0.0, 1e5))
def test_a_forecast_lies_between_the_present_and_the_mean(now: float, mean: float, rate: float, ahead: float) -> None:
    low, high = min(now, mean), max(now, mean)
    for value in (forecast(now, mean, rate, ahead), average(now, mean, rate, ahead)):
        assert low - 1e-12 <= value <= high + 1e-12


def test_the_average_is_the_mean_of_the_forecasts() -> None:
    steps = 20_000
    mean = sum(forecast(4e-8, 1e-8, 1 / 300, 60.0 * (i + 0.5) / steps) for i in range(steps)) / steps
    assert average(4e-8, 1e-8, 1 / 300, 60.0) == pytest.approx(mean, rel=1e-8)


def test_an_excited_market_is_expected_to_calm_down_and_a_calm_one_to_wake() -> None:
    swings = Swings(Settings.defaults())
    rng, log_variance = random.Random(9), 0.0
    for i in range(400):
        log_variance = 0.9 * log_variance + 0.3 * rng.gauss(0.0, 1.0)
        swings.on_time(i * SAMPLE_S, math.sqrt(MEAN * math.exp(log_variance)), is_known=True)
    usual = math.sqrt(MEAN)
    assert usual < swings.forecast(3.0 * usual, 120.0) < 3.0 * usual
    assert 0.3 * usual < swings.forecast(0.3 * usual, 120.0) < usual
    assert swings.forecast(3.0 * usual, 5.0) > swings.forecast(3.0 * usual, 600.0)


def test_before_the_fit_the_present_level_is_the_forecast() -> None:
    assert Swings(Settings.defaults()).forecast(3e-4, 120.0) == 3e-4


def test_a_volatility_that_still_owes_to_its_prior_is_not_sampled() -> None:
    swings = Swings(Settings.defaults())
    for i in range(100):
        swings.on_time(i * SAMPLE_S, 1e-4, is_known=False)
    assert swings.pairs == 0


def test_what_was_learned_goes_on_elsewhere() -> None:
    first, second = simulated(200, seed=2), StochasticVolatility()
    second.recall(first.memory())
    assert second.process == first.process


@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(1e-6, 1e-2)), max_size=80), st.floats(-10.0, 1e6))
def test_no_stream_makes_a_forecast_out_of_bounds(stream: list[tuple[float, float]], horizon_s: float) -> None:
    swings = Swings(Settings.defaults())
    for i, (at, sigma) in enumerate(stream):
        swings.on_time(at + 20.0 * i, sigma, is_known=True)
        assert SIGMA_MIN <= swings.forecast(sigma, horizon_s) <= SIGMA_MAX
