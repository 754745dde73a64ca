"""The percentile of the market spread: models.md 6.14."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.fair.spread_regime import NEUTRAL, SpreadRegime, TimeByWidth, cell_of

BPS = 1e-4


def a_regime(window_s: float = 300.0) -> SpreadRegime:
    return SpreadRegime(Settings.defaults().with_values({"estimators.spread_percentile_window_s": window_s}))


def test_it_counts_by_time_and_not_by_updates() -> None:
    regime = a_regime()
    regime.on_spread(0.0, 1 * BPS)
    for i in range(1000):
        regime.on_spread(90.0 + i * 0.01, 3 * BPS)
    regime.on_spread(100.0, 2 * BPS)
    assert regime.percentile() == pytest.approx(0.9, abs=0.001)


def test_less_than_a_minute_is_neutral() -> None:
    regime = a_regime()
    regime.on_spread(0.0, 1 * BPS)
    regime.on_spread(59.0, 9 * BPS)
    assert regime.percentile() == NEUTRAL
    regime.on_spread(60.5, 9 * BPS)
    assert regime.percentile() > 0.9


def test_a_spread_that_never_changes_is_neutral() -> None:
    regime = a_regime()
    for i in range(400):
        regime.on_spread(float(i), 0.1 * BPS)
    assert regime.percentile() == pytest.approx(0.5)


def test_what_left_the_window_no_longer_counts() -> None:
    regime = a_regime(window_s=60.0)
    regime.on_spread(0.0, 9 * BPS)
    for i in range(100, 201):
        regime.on_spread(float(i), 1 * BPS)
    regime.on_spread(201.0, 2 * BPS)
    assert regime.percentile() == pytest.approx(1.0)
    assert 59.0 <= regime.watched_s <= 61.0


def test_time_in_which_nobody_watched_does_not_count() -> None:
    regime = a_regime()
    regime.on_spread(0.0, 1 * BPS)
    regime.on_spread(70.0, 1 * BPS)
    regime.skip()
    regime.on_spread(270.0, 5 * BPS)
    assert regime.watched_s == pytest.approx(70.0)


def test_it_agrees_with_the_sum_over_all_durations() -> None:
    rng = random.Random(7)
    regime, shown, at, width = a_regime(), [], 0.0, 1.0
    regime.on_spread(at, width * BPS)
    for _ in range(400):
        lasted, following = rng.expovariate(2.0), float(rng.randint(1, 9))
        shown.append((width, lasted))
        at, width = at + lasted, following
        regime.on_spread(at, width * BPS)
    total = sum(lasted for _, lasted in shown)
    rank = sum(lasted * ((w < width) + (w == width) / 2.0) for w, lasted in shown) / total
    assert total < 300.0
    assert regime.percentile() == pytest.approx(rank, abs=0.01)


@given(st.lists(st.tuples(st.floats(-1e9, 1e9), st.floats(allow_nan=False)), min_size=1, max_size=40))
def test_no_stream_leaves_the_unit_interval(stream: list[tuple[float, float]]) -> None:
    regime = a_regime()
    for at, spread in stream:
        regime.on_spread(at, spread)
        assert 0.0 <= regime.percentile() <= 1.0


@given(st.lists(st.tuples(st.integers(0, 1800), st.integers(0, 10**9)), max_size=30))
def test_what_is_taken_away_leaves_nothing(entries: list[tuple[int, int]]) -> None:
    times = TimeByWidth()
    for cell, duration_us in entries:
        times.add(cell, duration_us)
    for cell, duration_us in entries:
        times.add(cell, -duration_us)
    times.add(cell_of(BPS), 1)
    assert times.total == 1
    assert times.rank(cell_of(BPS)) == 0.5
