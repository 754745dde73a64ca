"""Kappa and A: check values, forgetting, pooling, clamps, the watched time."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.gamma_law import gamma_cdf, gamma_quantile, interval_factors
from mmtui.estimators.arrivals.intensity import REACH_MAX, Intensity, ReachCount, reach_floor
from mmtui.estimators.ewma import time_constant
from mmtui.estimators.tape import Reach

DEFAULTS = Settings.defaults()
NO_DECAY = DEFAULTS.with_values(
    {"estimators.kappa_half_life_s": 86_400.0, "estimators.intensity_half_life_s": 86_400.0}
)
Z_BPS = (1.2, 4.5, 0.8, 2.9, 7.7, 3.3, 0.4, 5.1, 2.2, 1.9)
TAUS = (time_constant(300.0), time_constant(300.0))


def an_intensity(reaches_bps: tuple[float, ...], *, aggressor: Side = Side.SELL, floor: float = 0.0) -> Intensity:
    intensity = Intensity(DEFAULTS)
    intensity.reach_floor = floor
    intensity.advance(0.0)
    for reach in reaches_bps:
        intensity.on_order(0.0, aggressor, Reach(reach * 1e-4, None))
    return intensity


def test_posterior_check_values() -> None:
    count = ReachCount()
    count.advance(0.0, TAUS)
    for z in Z_BPS:
        count.add(z * 1e-4, is_first=True)
    seen = count.reached(0.0, TAUS[0])
    n, excess = seen.n_eff, seen.excess
    a, b = 10 + n, 0.004 + excess
    assert (a, b) == pytest.approx((20, 0.007))
    assert (a / b, math.sqrt(a) / b) == pytest.approx((2857.142857143, 638.876565000))
    assert n / excess == pytest.approx(3333.333333333)
    low, high = interval_factors(a)
    assert (a / b * low, a / b * high) == pytest.approx((1745.217084, 4238.693367), rel=1e-8)


def test_one_step_of_forgetting() -> None:
    count = ReachCount()
    count.advance(0.0, TAUS)
    for _ in range(15):
        count.add(0.0045 / 15, is_first=True)
    count.advance(30.0, TAUS)
    count.add(2.5e-4, is_first=True)
    seen = count.reached(30.0, TAUS[0])
    n, excess = seen.n_eff, seen.excess
    a, b = 10 + n, 0.004 + excess
    assert (a, b, a / b) == pytest.approx((24.995494873, 0.008448648462, 2958.519932), rel=1e-9)


def test_intensity_check_value() -> None:
    intensity = Intensity(NO_DECAY)
    intensity.reach_floor = 1e-4
    intensity.advance(0.0)
    for i in range(10):
        intensity.on_order(4.0 * (i + 1), Side.SELL, Reach(3e-4, None))
    found = intensity.intensity(Side.BUY, 40.0, 2857.142857)
    assert found.value == pytest.approx(0.221785366, rel=2e-4)
    assert found.value * math.exp(-0.2857142857) == pytest.approx(0.166666667, rel=2e-4)


def test_without_orders_both_sides_show_the_prior() -> None:
    intensity = Intensity(DEFAULTS)
    for side in Side:
        kappa = intensity.kappa(side, 100.0)
        assert (kappa.value, kappa.n_eff) == (pytest.approx(2500.0), 0.0)
        assert kappa.low < 1250 and kappa.high > 4200
        assert intensity.intensity(side, 100.0, 2500.0).value == pytest.approx(0.1)


def test_sellers_teach_the_bid_and_buyers_the_ask() -> None:
    intensity = an_intensity(Z_BPS * 5, aggressor=Side.SELL)
    assert intensity.kappa(Side.BUY, 0.0).n_eff == 50
    assert intensity.kappa(Side.SELL, 0.0).n_eff == 0
    assert intensity.intensity(Side.BUY, 0.0, 2500.0).value > intensity.intensity(Side.SELL, 0.0, 2500.0).value


def test_a_silent_side_leans_on_the_pool() -> None:
    intensity = an_intensity((1.0,) * 400, aggressor=Side.SELL)
    pool = 410 / (0.004 + 400e-4)
    assert intensity.kappa(Side.SELL, 0.0).value == pytest.approx(pool)
    own = (400 + 20) / (400e-4 + 20 / pool)
    assert intensity.kappa(Side.BUY, 0.0).value == pytest.approx(own)


@pytest.mark.incident("B18")
def test_reaches_at_the_floor_or_beyond_reason_are_dropped() -> None:
    intensity = an_intensity((0.5, 1.0, 201.0, -3.0), floor=1e-4)
    assert intensity.kappa(Side.BUY, 0.0).n_eff == 0.0
    assert REACH_MAX == 0.02


def test_an_order_that_goes_on_counts_once_with_its_farthest_reach() -> None:
    intensity, single = an_intensity((), floor=0.2e-4), an_intensity((6.0,), floor=0.2e-4)
    intensity.on_order(0.0, Side.SELL, Reach(0.1e-4, None))
    intensity.on_order(0.0, Side.SELL, Reach(2e-4, 0.1e-4))
    intensity.on_order(0.0, Side.SELL, Reach(6e-4, 2e-4))
    assert intensity.kappa(Side.BUY, 0.0).value == pytest.approx(single.kappa(Side.BUY, 0.0).value)
    assert intensity.kappa(Side.BUY, 0.0).n_eff == 1.0


@pytest.mark.incident("B18")
def test_kappa_is_clamped_and_says_so() -> None:
    steep = an_intensity((0.01,) * 2000).kappa(Side.BUY, 0.0)
    flat = an_intensity((190.0,) * 2000).kappa(Side.BUY, 0.0)
    assert (steep.value, steep.is_clamped) == (20_000.0, True)
    assert (flat.value, flat.is_clamped) == (200.0, True)
    assert steep.low <= steep.value < steep.high, "an interval that leaves the published value out says nothing of it"
    assert flat.low < flat.value <= flat.high


def test_evidence_halves_in_a_half_life_and_the_prior_returns() -> None:
    intensity = an_intensity((1.0,) * 40)
    assert intensity.kappa(Side.BUY, 300.0).n_eff == pytest.approx(20.0)
    assert intensity.kappa(Side.BUY, 1e5).value == pytest.approx(2500.0, rel=1e-6)


def test_silence_lowers_the_intensity_only_while_it_is_watched() -> None:
    watched, unwatched = an_intensity((1.0,) * 10), an_intensity((1.0,) * 10)
    watched.advance(200.0)
    unwatched.advance(200.0, is_watched=False)
    low = watched.intensity(Side.BUY, 200.0, 2500.0).value
    high = unwatched.intensity(Side.BUY, 200.0, 2500.0).value
    assert low == pytest.approx((5 + 10 * 0.5 ** (2 / 3)) / (50 + TAUS[1] * (1 - 0.5 ** (2 / 3))))
    assert high == pytest.approx((5 + 10 * 0.5 ** (2 / 3)) / 50)


def test_reading_changes_nothing() -> None:
    intensity = an_intensity(Z_BPS)
    before = intensity.kappa(Side.BUY, 50.0)
    for now in (10.0, 500.0, 3.0):
        intensity.kappa(Side.BUY, now)
        intensity.intensity(Side.BUY, now, 2500.0)
    assert intensity.kappa(Side.BUY, 50.0) == before


@given(
    st.lists(
        st.tuples(
            st.floats(-1e3, 1e9),
            st.sampled_from(Side),
            st.floats(allow_nan=True, allow_infinity=True),
            st.none() | st.floats(-1.0, 1.0),
        ),
        max_size=50,
    ),
    st.floats(0.0, 0.5),
)
def test_no_order_makes_a_posterior_non_finite(
    orders: list[tuple[float, Side, float, float | None]], floor: float
) -> None:
    intensity, last = Intensity(DEFAULTS), 0.0
    for at, side, reach, previous in orders:
        intensity.reach_floor = floor
        intensity.on_order(at, side, Reach(reach, previous))
        last = at
    for side in Side:
        kappa = intensity.kappa(side, last)
        arrival = intensity.intensity(side, last, kappa.value)
        assert 200.0 <= kappa.value <= 20_000.0
        assert 1e-4 <= arrival.value <= 20.0
        numbers = (kappa.low, kappa.high, kappa.n_eff, arrival.low, arrival.high, arrival.n_eff)
        assert all(math.isfinite(number) for number in numbers)


@given(st.floats(0.1, 5000.0))
def test_quantiles_enclose_the_mean_and_grow(shape: float) -> None:
    low, high = interval_factors(shape)
    assert 0.0 <= low < 1.0 < high


@pytest.mark.parametrize("shape", [0.5, 5.0, 20.0, 49.0, 800.0])
def test_a_quantile_has_its_probability(shape: float) -> None:
    for probability, z in ((0.025, -1.959963984540054), (0.975, 1.959963984540054)):
        assert gamma_cdf(gamma_quantile(probability, z, shape), shape) == pytest.approx(probability, abs=1e-10)


@given(st.floats(5.0, 2000.0))
def test_an_interval_is_close_to_the_exact_quantiles(shape: float) -> None:
    low, high = interval_factors(shape)
    z = 1.959963984540054
    assert low * shape == pytest.approx(gamma_quantile(0.025, -z, shape), rel=6e-3)
    assert high * shape == pytest.approx(gamma_quantile(0.975, z, shape), rel=6e-3)


def test_the_distribution_agrees_with_a_sample() -> None:
    rng = random.Random(4)
    draws = [rng.gammavariate(7.0, 1.0) for _ in range(4000)]
    share = sum(draw <= 6.0 for draw in draws) / len(draws)
    assert gamma_cdf(6.0, 7.0) == pytest.approx(share, abs=0.03)


def test_the_floor_is_half_a_tick_but_at_least_a_fifth_of_a_basis_point() -> None:
    fine = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
    coarse = Instrument(coin="WLFI", asset_id=1, size_decimals=0, max_leverage=5)
    assert reach_floor(fine, 112_000.0) == pytest.approx(0.2e-4)
    assert reach_floor(coarse, 0.18212) == pytest.approx(0.5 * 0.00001 / 0.18212)
    assert reach_floor(coarse, 1e-9) == pytest.approx(0.5)
