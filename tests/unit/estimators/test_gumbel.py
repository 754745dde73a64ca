"""Kappa and A from interval maxima: the fit, its window, hostile data, and when it prices."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.gumbel import GumbelFit, Maxima, gumbel_fit, log_likelihood
from mmtui.estimators.arrivals.maxima import UNSEEN, WINDOW_S, IntervalMaxima, MaximaIntensity
from tests.unit.properties import examples

DEFAULTS = Settings.defaults()
FLOOR = 0.2e-4


def simulated(rng: random.Random, rate: float, intervals: int, *, kappa: float = 3000.0) -> Maxima:
    """Maxima of Poisson orders with exponential reach in intervals of a second."""
    reaches = []
    for _ in range(intervals):
        best, at = 0.0, rng.expovariate(rate)
        while at < 1.0:
            best = max(best, rng.expovariate(kappa))
            at += rng.expovariate(rate)
        if best > FLOOR:
            reaches.append(best)
    return Maxima(tuple(reaches), intervals - len(reaches), 1.0, FLOOR)


def fitted(data: Maxima) -> GumbelFit:
    fit = gumbel_fit(data)
    assert fit is not None
    return fit


@pytest.mark.parametrize(
    ("rate", "sd_kappa", "sd_rate"), [(0.1, 0.077, 0.071), (1.0, 0.028, 0.029), (5.0, 0.018, 0.032)]
)
def test_maxima_give_back_what_made_them_however_many_orders_an_interval_holds(
    rate: float, sd_kappa: float, sd_rate: float
) -> None:
    runs, rng = 6, random.Random(11)
    found = [fitted(simulated(rng, rate, 2000)) for _ in range(runs)]
    kappa = sum(fit.kappa for fit in found) / runs / 3000.0
    intensity = sum(fit.intensity for fit in found) / runs / rate
    assert kappa == pytest.approx(1.0, abs=4.0 * sd_kappa / math.sqrt(runs) + 0.01)
    assert intensity == pytest.approx(1.0, abs=4.0 * sd_rate / math.sqrt(runs) + 0.01)


def test_one_over_the_mean_of_maxima_is_far_too_low_where_orders_are_many() -> None:
    data = simulated(random.Random(3), 5.0, 2000)
    naive = len(data.reaches) / sum(data.reaches)
    assert naive / 3000.0 == pytest.approx(0.454, abs=0.05)
    assert fitted(data).kappa / 3000.0 == pytest.approx(1.0, abs=0.08)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = random.Random(7)
    covered = 0
    for _ in range(40):
        low, high = fitted(simulated(rng, 1.0, 300)).kappa_interval()
        covered += low <= 3000.0 <= high
    assert covered >= 34


@examples(100)
@given(
    st.lists(st.floats(FLOOR * 1.001, 0.02), min_size=3, max_size=40),
    st.integers(0, 600),
    st.floats(0.5, 60.0),
)
def test_a_fit_is_a_maximum_or_none(reaches: list[float], silent: int, interval_s: float) -> None:
    data = Maxima(tuple(reaches), silent, interval_s, FLOOR)
    fit = gumbel_fit(data)
    if fit is None:
        return
    assert all(0.0 < value < math.inf for value in (fit.kappa, fit.intensity, fit.kappa_error, fit.intensity_error))
    best = log_likelihood(data, fit.intensity, fit.kappa)
    for factor in (0.97, 1.03):
        assert log_likelihood(data, fit.intensity * factor, fit.kappa) <= best + 1e-9 * abs(best)
        assert log_likelihood(data, fit.intensity, fit.kappa * factor) <= best + 1e-9 * abs(best)


def test_a_start_nearby_leads_to_the_same_fit() -> None:
    rng = random.Random(5)
    data = simulated(rng, 1.0, 600)
    again = gumbel_fit(data, fitted(simulated(rng, 1.0, 600)))
    assert again is not None
    assert (again.kappa, again.intensity) == pytest.approx((fitted(data).kappa, fitted(data).intensity), rel=1e-9)


def test_too_few_reaches_tell_nothing() -> None:
    assert gumbel_fit(Maxima((1e-4, 2e-4), 100, 1.0, FLOOR)) is None
    assert gumbel_fit(Maxima((), 600, 1.0, FLOOR)) is None


def ring(interval_s: float = 1.0) -> IntervalMaxima:
    maxima = IntervalMaxima(interval_s)
    maxima.advance(1000.0)
    return maxima


def test_an_interval_keeps_its_farthest_reach_and_silence_counts() -> None:
    maxima = ring()
    maxima.advance(1003.5)
    for at, reach in ((1001.1, 2e-4), (1001.9, 5e-4), (1001.5, 1e-4)):
        maxima.reach(at, reach)
    assert maxima.maxima(FLOOR) == Maxima((5e-4,), 1, 1.0, FLOOR)


def test_a_late_print_counts_where_it_happened() -> None:
    maxima = ring()
    maxima.advance(1008.0)
    maxima.reach(1004.2, 3e-4)
    assert maxima.maxima(FLOOR) == Maxima((3e-4,), 6, 1.0, FLOOR)


def test_time_that_was_not_watched_is_no_silence() -> None:
    maxima = ring()
    maxima.advance(1010.0)
    maxima.advance(1100.0, is_watched=False)
    maxima.advance(1105.0)
    # 1001 to 1009 before the gap, which swallows the interval it began in, and 1101 to 1104 after it.
    assert maxima.maxima(FLOOR).silent == 9 + 1 + 4


def test_the_window_forgets_what_is_older_than_ten_minutes() -> None:
    maxima = ring()
    maxima.advance(1002.0)
    maxima.reach(1001.5, 9e-4)
    maxima.advance(1001.0 + WINDOW_S)
    assert maxima.maxima(FLOOR).reaches == ()


@examples(100)
@given(st.lists(st.tuples(st.floats(0.0, 1e12), st.floats(0.0, 1.0), st.booleans()), max_size=60))
def test_no_order_of_times_breaks_the_window(events: list[tuple[float, float, bool]]) -> None:
    maxima = ring()
    for at, reach, is_watched in events:
        maxima.advance(at, is_watched=is_watched)
        maxima.reach(at, reach)
    data = maxima.maxima(FLOOR)
    assert len(data.reaches) + data.silent <= WINDOW_S
    assert all(FLOOR < reach <= 1.0 for reach in data.reaches) and UNSEEN not in data.reaches


def a_watch(seconds: int, rng: random.Random) -> MaximaIntensity:
    maxima = MaximaIntensity(DEFAULTS)
    maxima.advance(1000.0)
    for i in range(seconds):
        maxima.advance(1000.0 + i)
        if rng.random() < 0.6:
            maxima.on_order(1000.0 + i, Side.SELL, rng.expovariate(3000.0))
    return maxima


def test_each_side_is_fitted_every_five_seconds_and_never_both_at_once() -> None:
    maxima = a_watch(300, random.Random(2))
    fitted_at = []
    for tenth in range(200):
        before = maxima.fitted
        maxima.refit(1300.0 + tenth / 10.0, FLOOR)
        if maxima.fitted != before:
            assert maxima.fitted == before + 1
            fitted_at.append(tenth)
    assert fitted_at == list(range(0, 200, 25))
    assert maxima.warm_fit(Side.BUY) is not None
    assert maxima.warm_fit(Side.SELL) is None


def test_another_interval_starts_the_window_over() -> None:
    maxima = a_watch(300, random.Random(2))
    maxima.refit(1300.0, FLOOR)
    maxima.reconfigure(DEFAULTS)
    assert maxima.fit(Side.BUY) is not None
    maxima.reconfigure(DEFAULTS.with_values({"estimators.gumbel_interval_s": 2.0}))
    assert maxima.fit(Side.BUY) is None
