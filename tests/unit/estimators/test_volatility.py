"""Volatility: the check series, the bias correction, zero returns, regimes, prior."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.volatility.realised import (
    JUMP_RATIO_MAX,
    SIGMA_MAX,
    SIGMA_MIN,
    Variation,
    Volatility,
    correction,
    next_regime,
)
from mmtui.estimators.volatility.volume_clock import VolumeTick

MANY = 1e9
DEFAULTS = Settings.defaults()


def a_series(*, jump: bool, lag: int, trades: float) -> Variation:
    variation = Variation(20, lag)
    for i in range(1, 41):
        log_return = 1e-4 * math.sin(1.7 * i) * (1 + 0.5 * math.cos(0.9 * i))
        if jump and i == 20:
            log_return += 8e-4
        variation.add(log_return, 1 + 0.3 * math.sin(i), trades)
    return variation


@pytest.mark.parametrize(
    ("jump", "lag", "trades", "expected"),
    [
        (False, 1, 1, (5.481207319e-09, 4.973100056e-09, 6.993250491e-05, 7.341817764e-05, 1.102171132)),
        (False, 1, MANY, (5.481207319e-09, 4.973100056e-09, 8.433499100e-05, 8.991853653e-05, 1.136796830)),
        (False, 2, MANY, (5.481207319e-09, 7.256576955e-09, 1.034610825e-04, 8.991853653e-05, 0.755343374)),
        (True, 1, 1, (2.257213653e-08, 1.108509942e-08, 1.044083619e-04, 1.489881818e-04, 2.036259278)),
        (True, 1, MANY, (2.257213653e-08, 1.108509942e-08, 1.259110949e-04, 1.824725115e-04, 2.100230196)),
        (True, 2, MANY, (2.257213653e-08, 9.639359410e-09, 1.192436338e-04, 1.824725115e-04, 2.341663545)),
    ],
)
def test_check_series(jump: bool, lag: int, trades: float, expected: tuple[float, ...]) -> None:
    variation = a_series(jump=jump, lag=lag, trades=trades)
    reading = variation.measure(0.0, 1.0)
    found = (variation.rv, variation.bv, reading.sigma, reading.sigma_rv, reading.jump_ratio)
    assert found == pytest.approx(expected, rel=1e-6)
    assert variation.duration_s == pytest.approx(1.016878414, rel=1e-9)


def test_effective_sigma_adds_the_jump_share_of_the_variance() -> None:
    variation = a_series(jump=True, lag=2, trades=MANY)
    none, half, full = (variation.measure(0.0, weight) for weight in (0.0, 0.5, 1.0))
    assert none.sigma_effective == pytest.approx(none.sigma)
    assert full.sigma_effective == pytest.approx(full.sigma_rv)
    middle = (none.sigma_effective**2 + full.sigma_effective**2) / 2
    assert half.sigma_effective**2 == pytest.approx(middle)


def test_effective_sigma_is_never_below_sigma_without_jumps() -> None:
    reading = a_series(jump=False, lag=2, trades=MANY).measure(0.0, 1.0)
    assert reading.sigma_effective == reading.sigma > reading.sigma_rv


@pytest.mark.parametrize(
    ("trades", "lag", "rv", "bv"),
    [
        (1, 1, 1.0, 1.0),
        (10, 1, 0.67, 0.690421768141),
        (MANY, 1, 2 / 3, 0.687610600225),
        (MANY, 2, 2 / 3, 2 / 3),
        (10, 2, 0.67, 0.67),
        (0.2, 1, 1.0, 1.0),
    ],
)
def test_correction_for_averaged_prices(trades: float, lag: int, rv: float, bv: float) -> None:
    factors = correction(trades, lag)
    assert (factors.rv, factors.bv) == pytest.approx((rv, bv), rel=1e-9)


def test_prices_that_do_not_move_keep_the_last_sigma_and_no_jump_ratio() -> None:
    variation = Variation(20, 2)
    for _ in range(30):
        variation.add(0.0, 1.0, 1.0)
    reading = variation.measure(3e-4, 1.0)
    assert (reading.sigma, reading.jump_ratio) == (3e-4, 1.0)


def test_a_lone_move_among_zeros_is_all_jump_and_sigma_falls_back_to_the_realised() -> None:
    variation = Variation(20, 2)
    for i in range(30):
        variation.add(5e-4 if i == 15 else 0.0, 1.0, 1.0)
    reading = variation.measure(1e-4, 1.0)
    assert reading.jump_ratio == JUMP_RATIO_MAX
    assert reading.sigma == reading.sigma_rv > 0.0


def test_regimes_change_at_their_bounds_with_ten_percent_of_hysteresis() -> None:
    assert [next_regime(0, ratio) for ratio in (1.0, 1.6, 1.7, 3.2, 3.4)] == [0, 0, 1, 1, 2]
    assert [next_regime(1, ratio) for ratio in (1.4, 1.3, 3.2, 3.4)] == [1, 0, 1, 2]
    assert [next_regime(2, ratio) for ratio in (2.8, 2.6, 1.4, 1.3)] == [2, 1, 1, 0]


def ticks(volatility: Volatility, returns: list[float], duration_s: float = 1.0) -> None:
    price, at = 100.0, 1.7e9
    volatility.on_tick(VolumeTick(price, at, 1.0, 1.0))
    for log_return in returns:
        price, at = price * math.exp(log_return), at + duration_s
        volatility.on_tick(VolumeTick(price, at, 1.0, 1.0))


def test_before_the_first_return_the_baseline_is_published() -> None:
    volatility = Volatility(DEFAULTS)
    assert volatility.reading.sigma == volatility.reading.sigma_effective == 0.0002
    assert volatility.reading.jump_ratio == 1.0
    assert volatility.n_eff == 0.0


def test_a_few_returns_move_the_prior_only_in_proportion() -> None:
    volatility = Volatility(DEFAULTS)
    ticks(volatility, [1e-3, -1e-3])
    variance = (2 / 19) * 1e-6 + (17 / 19) * 4e-8
    assert volatility.reading.sigma == pytest.approx(math.sqrt(variance), rel=1e-6)
    assert not volatility.is_warm


def test_from_the_twentieth_tick_on_the_prior_is_gone() -> None:
    volatility = Volatility(DEFAULTS)
    ticks(volatility, [1e-3 * (-1) ** i for i in range(19)])
    assert volatility.is_warm
    assert volatility.reading.sigma_rv == pytest.approx(1e-3, rel=1e-6)


def test_sigma_is_held_inside_its_bounds_and_says_so() -> None:
    wild, calm = Volatility(DEFAULTS), Volatility(DEFAULTS)
    ticks(wild, [0.1 * (-1) ** i for i in range(40)])
    ticks(calm, [1e-8 * (-1) ** i for i in range(40)])
    assert (wild.reading.sigma, wild.reading.is_clamped) == (SIGMA_MAX, True)
    assert (calm.reading.sigma, calm.reading.is_clamped) == (SIGMA_MIN, True)


def test_toxic_regime_enters_above_three_and_leaves_below_two_and_a_half() -> None:
    volatility = Volatility(DEFAULTS)
    ticks(volatility, [1e-4 * (-1) ** i for i in range(60)])
    assert not volatility.is_toxic
    price, at, seen = 100.0, 1.8e9, []
    for log_return in [3e-3, *[1e-4 * (-1) ** i for i in range(400)]]:
        price, at = price * math.exp(log_return), at + 1.0
        volatility.on_tick(VolumeTick(price, at, 1.0, 1.0))
        seen.append((volatility.reading.jump_ratio, volatility.is_toxic))
    assert seen[3][1]
    assert all(toxic for ratio, toxic in seen if ratio > 3.0)
    assert not any(toxic for ratio, toxic in seen if ratio <= 2.5)
    assert any(toxic for ratio, toxic in seen if 2.5 < ratio <= 3.0)


def test_no_return_spans_an_interruption() -> None:
    volatility = Volatility(DEFAULTS)
    ticks(volatility, [1e-4 * (-1) ** i for i in range(40)])
    before = volatility.reading
    volatility.skip()
    volatility.on_tick(VolumeTick(150.0, 1.8e9, 1.0, 1.0))
    assert volatility.reading == before


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(-1e3, 1e10),
            st.floats(1.0, 1e6),
        ),
        max_size=60,
    )
)
def test_no_tick_makes_a_reading_non_finite(points: list[tuple[float, float, float]]) -> None:
    volatility = Volatility(DEFAULTS)
    for vwap, at, n_eff in points:
        volatility.on_tick(VolumeTick(vwap, at, n_eff, 1.0))
        reading = volatility.reading
        for value in (reading.sigma, reading.sigma_rv, reading.sigma_effective):
            assert SIGMA_MIN <= value <= SIGMA_MAX
        assert 0.0 <= reading.jump_ratio <= JUMP_RATIO_MAX


def test_edits_keep_what_was_learned() -> None:
    volatility = Volatility(DEFAULTS)
    ticks(volatility, [1e-4 * (-1) ** i for i in range(60)])
    before = volatility.reading.sigma
    volatility.reconfigure(DEFAULTS.with_values({"estimators.sigma_half_life_ticks": 100.0}))
    assert volatility.reading.sigma == pytest.approx(before)
