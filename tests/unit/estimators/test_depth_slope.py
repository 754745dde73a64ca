"""The depth diagnostic: check values and what it refuses."""

import pytest

from mmtui.estimators.arrivals.depth import depth_slope

PRICES = (99.995, 99.99, 99.985, 99.98, 99.97, 99.95, 99.92, 99.90)
SIZES = (5.0, 8.0, 6.0, 10.0, 12.0, 9.0, 15.0, 7.0)


def test_check_values() -> None:
    slope = depth_slope(100.0, PRICES, SIZES)
    assert slope is not None
    assert (slope.kappa, slope.intercept) == pytest.approx((2097.753968, 0.131379546), rel=1e-8)
    assert slope.kappa_literal == pytest.approx(-2510.106345, rel=1e-8)


def test_both_sides_measure_alike() -> None:
    mirrored = depth_slope(100.0, tuple(200.0 - price for price in PRICES), SIZES)
    assert mirrored is not None
    assert mirrored.kappa == pytest.approx(2097.753968, rel=1e-8)


def test_levels_beyond_one_percent_and_beyond_the_fifteenth_are_left_out() -> None:
    far = depth_slope(100.0, (*PRICES, 98.9, 98.0), (*SIZES, 1e6, 1e6))
    assert far == depth_slope(100.0, PRICES, SIZES)
    prices = tuple(100.0 - 0.01 * i for i in range(1, 21))
    slope = depth_slope(100.0, prices, (1.0,) * 20)
    assert slope is not None
    assert slope.levels == 15


@pytest.mark.parametrize(
    ("mid", "prices", "sizes"),
    [
        (100.0, PRICES[:4], SIZES[:4]),
        (0.0, PRICES, SIZES),
        (float("nan"), PRICES, SIZES),
        (100.0, PRICES, (0.0,) * 8),
        (100.0, (99.99,) * 8, SIZES),
        (100.0, PRICES, (float("inf"), *SIZES[1:])),
    ],
)
def test_too_little_to_measure_is_none(mid: float, prices: tuple[float, ...], sizes: tuple[float, ...]) -> None:
    assert depth_slope(mid, prices, sizes) is None
