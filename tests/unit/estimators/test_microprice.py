"""The microprice: check values of the ridge, honest labels, warm-up, shrinking and clamps."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError
from mmtui.estimators.fair.microprice import Microprice, clamp_fraction
from mmtui.estimators.fair.ridge import Fit, RegressionSums, RollingRegression, shrink_factor

DEFAULTS = Settings.defaults()


def check_sums() -> RegressionSums:
    sums = RegressionSums()
    for i in range(1, 61):
        x1, x2 = math.sin(0.7 * i), 0.8 * math.cos(1.3 * i)
        sums.add(x1, x2, 4e-5 * x1 + 2e-5 * x2 + 1e-5 * math.sin(5 * i) + 1e-6)
    return sums


@pytest.mark.parametrize(
    ("penalty", "beta_book", "beta_flow"),
    [
        (0.0, 4.033185520e-05, 2.596366084e-05),
        (1e-3, 4.025075468e-05, 2.588063005e-05),
        (0.1, 3.357463900e-05, 1.964815667e-05),
    ],
)
def test_ridge_check_values(penalty: float, beta_book: float, beta_flow: float) -> None:
    fit = check_sums().fit(penalty)
    assert (fit.beta_book, fit.beta_flow) == pytest.approx((beta_book, beta_flow), rel=1e-6)


def test_microprice_check_value_at_the_clamp_of_two_bps() -> None:
    microprice = Microprice(DEFAULTS.with_values({"estimators.microprice_clamp": "2"}))
    microprice.fit = check_sums().fit(1e-3)
    deviation, is_clamped = microprice.deviation(0.4, -0.25, 1e-5)
    assert 100_000 * (1 + deviation) == pytest.approx(100_000.96301444, abs=1e-6)
    assert not is_clamped


def test_by_default_the_microprice_stays_inside_the_touch() -> None:
    microprice = Microprice(DEFAULTS)
    microprice.fit = Fit(2e-4, 0.0)
    assert microprice.deviation(1.0, 0.0, 1e-4) == (0.5e-4, True)
    assert microprice.deviation(-1.0, 0.0, 1e-4) == (-0.5e-4, True)
    assert microprice.deviation(0.1, 0.0, 1e-4) == (pytest.approx(0.2e-4), False)


def test_a_clamp_in_bps_gives_way_to_a_wider_spread() -> None:
    microprice = Microprice(DEFAULTS.with_values({"estimators.microprice_clamp": "2"}))
    microprice.fit = Fit(20e-4, 0.0)
    assert microprice.deviation(1.0, 0.0, 1e-5)[0] == pytest.approx(2e-4)
    assert microprice.deviation(1.0, 0.0, 10e-4)[0] == pytest.approx(5e-4)


@pytest.mark.parametrize("text", ["", "wide", "nan", "-1", "inf"])
def test_a_clamp_that_is_no_number_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ConfigError, match="bbo"):
        clamp_fraction(text)


def feed(microprice: Microprice, seconds: float, *, beta: float, seed: int = 1, start: float = 0.0) -> None:
    """A mid that moves by ``beta`` times the imbalance over the horizon, plus little noise."""
    rng = random.Random(seed)
    log_mid, imbalance = math.log(100.0), 0.0
    for i in range(int(seconds / 0.1)):
        microprice.observe(start + i * 0.1, math.exp(log_mid), imbalance, 0.0)
        log_mid += beta * imbalance * 0.1 + rng.gauss(0.0, 1e-7)
        imbalance = 0.9995 * imbalance + rng.gauss(0.0, 0.03)
        imbalance = min(max(imbalance, -1.0), 1.0)


def test_slopes_are_zero_until_fifty_observations_are_in_the_window() -> None:
    microprice = Microprice(DEFAULTS)
    feed(microprice, 5.9, beta=1e-4)
    assert microprice.n < 50
    assert microprice.fit == Fit()
    assert microprice.deviation(1.0, 1.0, 1e-3) == (0.0, False)
    feed(microprice, 20.0, beta=1e-4, start=6.0)
    assert microprice.is_warm
    assert microprice.fit.beta_book > 0.0


def test_a_strong_signal_is_learned_at_its_size() -> None:
    microprice = Microprice(DEFAULTS.with_values({"estimators.microprice_ridge": 1e-9}))
    feed(microprice, 60.0, beta=1e-4)
    assert microprice.fit.beta_book == pytest.approx(1e-4, rel=0.1)


def slope_of_noise(seed: int, settings: Settings) -> float:
    microprice = Microprice(settings)
    rng = random.Random(seed)
    log_mid = 0.0
    for i in range(600):
        microprice.observe(i * 0.1, math.exp(log_mid), rng.uniform(-1, 1), rng.uniform(-1, 1))
        log_mid += rng.gauss(0.0, 1e-5)
    return abs(microprice.fit.beta_book)


def test_noise_is_shrunk_away() -> None:
    kept = [slope_of_noise(seed, DEFAULTS) for seed in range(20)]
    assert sum(beta < 1e-6 for beta in kept) >= 15


def test_without_shrinking_noise_is_taken_for_a_signal() -> None:
    whole = DEFAULTS.with_values({"estimators.microprice_shrink": False})
    assert all(slope_of_noise(seed, whole) > slope_of_noise(seed, DEFAULTS) for seed in range(5))


def test_a_label_uses_the_last_mid_at_or_before_its_end() -> None:
    microprice = Microprice(DEFAULTS)
    microprice.observe(0.0, 100.0, 0.5, 0.0)
    microprice.observe(1.0, 101.0, 0.5, 0.0)
    assert microprice.observations == 0
    microprice.observe(1.01, 150.0, 0.5, 0.0)
    assert microprice.observations == 1
    total = RegressionSums()
    total.include(microprice._regression._open)
    assert total._y == pytest.approx(math.log(1.01))


def test_observations_are_at_least_fifty_milliseconds_apart() -> None:
    microprice = Microprice(DEFAULTS)
    for i in range(3001):
        microprice.observe(i * 0.001, 100.0, 0.0, 0.0)
    assert microprice.observations == 40


def test_labels_across_an_interruption_are_given_up() -> None:
    microprice = Microprice(DEFAULTS)
    microprice.observe(0.0, 100.0, 0.5, 0.0)
    microprice.skip()
    microprice.observe(60.0, 200.0, 0.5, 0.0)
    assert microprice.observations == 0


def test_absurd_slopes_are_refused_and_flagged() -> None:
    microprice = Microprice(DEFAULTS)
    feed(microprice, 60.0, beta=0.05)
    assert microprice.fit == Fit(is_refused=True)
    assert microprice.deviation(1.0, 0.0, 1e-4) == (0.0, True)


def test_another_horizon_starts_over_and_other_edits_do_not() -> None:
    microprice = Microprice(DEFAULTS)
    feed(microprice, 60.0, beta=1e-4)
    before = microprice.fit
    microprice.reconfigure(DEFAULTS.with_values({"estimators.microprice_ridge": 1e-2}))
    assert microprice.fit == before
    microprice.reconfigure(DEFAULTS.with_values({"estimators.microprice_horizon_ms": 300.0}))
    assert (microprice.n, microprice.fit) == (0, Fit())


def test_the_window_forgets_whole_blocks_and_never_holds_older_ones() -> None:
    regression = RollingRegression(60.0)
    for i in range(3000):
        regression.add(i * 0.1, 1.0, 0.0, float(i))
        if i > 700:
            oldest = regression._blocks[0][0]
            assert i * 0.1 - 60.0 <= oldest <= i * 0.1 - 50.0
    assert 530 <= regression.n <= 600


def test_the_window_equals_a_recount_of_what_it_holds() -> None:
    rng = random.Random(3)
    regression, seen = RollingRegression(60.0), []
    for i in range(5000):
        point = (rng.uniform(-1, 1), rng.uniform(-1, 1), rng.gauss(0, 1e-4))
        regression.add(i * 0.06, *point)
        seen.append(point)
    recount = RegressionSums()
    for point in seen[-regression.n :]:
        recount.add(*point)
    found, expected = regression.fit(1e-3), recount.fit(1e-3)
    assert (found.beta_book, found.beta_flow) == pytest.approx((expected.beta_book, expected.beta_flow), rel=1e-9)


@given(st.floats(0.0, 1.0), st.floats(0.0, 1e5))
def test_the_shrink_factor_is_a_share(r_squared: float, n_eff: float) -> None:
    assert 0.0 <= shrink_factor(r_squared, n_eff) < 1.0 or r_squared == 1.0


@given(
    st.lists(
        st.tuples(st.floats(-5.0, 5.0), st.floats(1e-6, 1e12), st.floats(-1.0, 1.0), st.floats(-1.0, 1.0)),
        max_size=150,
    )
)
def test_no_market_makes_a_slope_non_finite(events: list[tuple[float, float, float, float]]) -> None:
    microprice, now = Microprice(DEFAULTS), 0.0
    for dt, mid, book, flow in events:
        now += dt
        microprice.observe(now, mid, book, flow)
        deviation, _ = microprice.deviation(book, flow, 1e-3)
        assert abs(deviation) <= 0.5e-3
        assert math.isfinite(microprice.fit.beta_book) and math.isfinite(microprice.fit.beta_flow)
