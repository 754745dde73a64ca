"""The test of the exponential law and the intervals from blocks: right as often as they say."""

import math

import numpy as np
import pytest

from mmtui.research.calibration.figures import figure
from mmtui.research.calibration.findings import Interval, ratio_error, scaled, student
from mmtui.research.calibration.goodness import exponential_fit, survival


def test_a_true_law_is_refused_as_seldom_as_the_probability_says() -> None:
    rng = np.random.default_rng(1)
    for count in (30, 400, 3000):
        found = [exponential_fit(rng.exponential(3e-4, count)).probability for _ in range(200)]
        assert np.mean(np.array(found) < 0.1) == pytest.approx(0.1, abs=0.07)
        assert np.mean(np.array(found) < 0.01) <= 0.04


@pytest.mark.parametrize("shape", [0.5, 2.0])
def test_another_law_is_refused(shape: float) -> None:
    rng = np.random.default_rng(2)
    assert exponential_fit(rng.gamma(shape, 3e-4, 500)).probability < 0.01


def test_survival_compares_what_was_seen_with_the_law_and_ends_where_nobody_went() -> None:
    rows = survival(np.array([0.4e-4, 0.9e-4, 1.5e-4, 4e-4]), 5000.0)
    assert [(row.depth_bps, row.seen) for row in rows] == [
        (0.25, 1.0), (0.5, 0.75), (1.0, 0.5), (2.0, 0.25), (3.0, 0.25), (5.0, 0.0),
    ]  # fmt: skip
    assert rows[2].law == pytest.approx(math.exp(-0.5))


def test_blocks_give_intervals_that_hold_where_neighbours_resemble_each_other() -> None:
    """Each minute has a level of its own: intervals for independent draws would hold in a third of the cases."""
    rng = np.random.default_rng(3)
    at = np.arange(1800.0)
    held = naive = 0
    for _ in range(200):
        values = np.repeat(rng.standard_normal(30), 60) + rng.standard_normal(1800)
        error = ratio_error(at.tolist(), values, np.ones(1800), 60.0)
        assert error is not None
        held += abs(float(np.mean(values))) <= error
        naive += abs(float(np.mean(values))) <= 1.96 * float(np.std(values)) / math.sqrt(1800)
    assert 180 <= held <= 199
    assert naive < 100


def test_too_few_blocks_say_nothing() -> None:
    assert ratio_error([0.0, 1.0, 100.0], np.ones(3), np.ones(3), 60.0) is None
    assert ratio_error([], np.array([]), np.array([]), 60.0) is None


def test_an_interval_of_a_power_lies_around_the_power() -> None:
    between = scaled(4.0, 1.0, power=0.5)
    assert between is not None
    assert between.low < 2.0 < between.high
    assert between.high / 2.0 == pytest.approx(math.exp(0.125))
    assert between.wider(Interval(1.0, 1.9)) == Interval(1.0, between.high)
    assert scaled(0.0, 1.0) is None


def test_student_is_near_its_tables() -> None:
    for freedom, quantile in ((4, 2.776), (9, 2.262), (19, 2.093), (60, 2.000)):
        assert student(freedom) == pytest.approx(quantile, rel=0.01)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (15808.6, "15810"),
        (0.445, "0.445"),
        (4.45e-5, "4.450e-05"),
        (-0.0214, "-0.0214"),
        (0.0, "0"),
        (3e12, "3.000e+12"),
    ],
)
def test_figures_have_four_digits(value: float, text: str) -> None:
    assert figure(value) == text
