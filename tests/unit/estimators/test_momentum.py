"""Momentum and knives: models.md 6.11."""

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.fair.momentum import SCORE_MAX, Momentum, falling_knife, rising_knife


def walked(steps: int, dt_s: float, sigma: float, seed: int) -> list[tuple[float, float]]:
    rng = random.Random(seed)
    momentum, log_mid, found = Momentum(), 0.0, []
    for i in range(steps):
        log_mid += sigma * math.sqrt(dt_s) * rng.gauss(0.0, 1.0)
        momentum.on_mid(i * dt_s, 100.0 * math.exp(log_mid))
        if i * dt_s > 20.0:
            found.append(momentum.scores(i * dt_s, sigma))
    return found


def test_the_score_of_a_brownian_mid_has_a_deviation_of_one_over_root_two() -> None:
    found = walked(60_000, 0.02, 1e-4, seed=3)
    assert statistics.pstdev(fast for fast, _ in found) == pytest.approx(1.0 / math.sqrt(2.0), rel=0.06)
    assert statistics.pstdev(slow for _, slow in found) == pytest.approx(1.0 / math.sqrt(2.0), rel=0.25)


def test_a_jump_after_a_quiet_second_is_seen_whole() -> None:
    momentum = Momentum()
    for at in (0.0, 1.0, 2.0, 3.0):
        momentum.on_mid(at, 100.0)
    momentum.on_mid(3.9, 99.9)
    fast, slow = momentum.scores(3.9, 1e-4)
    assert fast == pytest.approx(math.log(0.999) / (1e-4 * math.sqrt(0.5)))
    assert slow == pytest.approx(math.log(0.999) / (1e-4 * math.sqrt(5.0)))
    assert (falling_knife(fast), rising_knife(fast)) == (1.0, 0.0)


def test_a_move_is_forgotten_while_the_new_level_holds() -> None:
    momentum = Momentum()
    momentum.on_mid(0.0, 100.0)
    momentum.on_mid(10.0, 99.95)
    at_once = momentum.scores(10.0, 1e-4)[0]
    assert momentum.scores(10.5, 1e-4)[0] == pytest.approx(at_once * math.exp(-1.0), rel=1e-3)


def test_a_mid_older_than_a_second_tells_nothing() -> None:
    momentum = Momentum()
    momentum.on_mid(0.0, 100.0)
    momentum.on_mid(5.0, 99.0)
    assert momentum.scores(6.0, 1e-4)[0] < 0.0
    assert momentum.scores(6.001, 1e-4) == (0.0, 0.0)


def test_no_score_spans_an_interruption() -> None:
    momentum = Momentum()
    momentum.on_mid(0.0, 100.0)
    momentum.on_mid(5.0, 100.0)
    momentum.skip()
    momentum.on_mid(9.0, 80.0)
    assert momentum.scores(9.0, 1e-4) == (0.0, 0.0)


def test_before_the_first_mid_there_is_no_momentum() -> None:
    assert Momentum().scores(1.0, 1e-4) == (0.0, 0.0)


@given(st.floats(-50.0, 50.0))
def test_knives_are_mirrors_and_never_both(score: float) -> None:
    assert rising_knife(score) == falling_knife(-score)
    assert falling_knife(score) == 0.0 or rising_knife(score) == 0.0
    assert 0.0 <= falling_knife(score) <= 1.0


@given(
    st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(1e-12, 1e12)), min_size=1, max_size=30),
    st.floats(1e-6, 1e-2),
)
def test_no_path_makes_a_score_that_is_not_finite(path: list[tuple[float, float]], sigma: float) -> None:
    momentum = Momentum()
    for at, mid in path:
        momentum.on_mid(at, mid)
        for score in momentum.scores(at, sigma):
            assert -SCORE_MAX <= score <= SCORE_MAX
