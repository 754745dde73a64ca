"""The local level of the mid: models.md 6.12."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.parameters import Settings
from mmtui.estimators.fair.kalman import FilteredMid, Level, update

DEFAULTS = Settings.defaults()


def test_a_bounce_within_the_spread_is_smoothed_and_the_level_kept() -> None:
    rng = random.Random(5)
    filtered, spread, raw, kept = FilteredMid(DEFAULTS), 20e-4, 0.0, 0.0
    for i in range(2000):
        mid = 100.0 * (1.0 + rng.uniform(-spread / 2.0, spread / 2.0))
        filtered.on_mid(i * 0.1, mid, spread, 1e-5)
        if i >= 500:
            raw += (mid / 100.0 - 1.0) ** 2
            kept += (filtered.value / 100.0 - 1.0) ** 2
    assert kept < 0.05 * raw


def test_a_tight_market_is_followed_closely() -> None:
    filtered = FilteredMid(DEFAULTS)
    filtered.on_mid(0.0, 100.0, 1e-6, 1e-4)
    filtered.on_mid(1.0, 100.02, 1e-6, 1e-4)
    assert filtered.value == pytest.approx(100.02, rel=1e-6)


def test_a_jump_beyond_the_gate_is_believed_at_once() -> None:
    settled = Level(100.0, 0.01)
    assert update(settled, 100.0 + 8.01 * math.sqrt(0.11), 0.01, 0.09) == Level(100.0 + 8.01 * math.sqrt(0.11), 0.09)
    assert update(settled, 100.0 + 7.9 * math.sqrt(0.11), 0.01, 0.09).value < 101.0


def test_an_observation_of_the_same_instant_or_the_past_adds_no_variance() -> None:
    first, second = FilteredMid(DEFAULTS), FilteredMid(DEFAULTS)
    for filtered, at in ((first, 5.0), (second, 1.0)):
        filtered.on_mid(5.0, 100.0, 1e-3, 1e-4)
        filtered.on_mid(at, 100.01, 1e-3, 1e-4)
    assert first.value == second.value
    assert first.deviation == second.deviation < 1e-3 / 2.0 / math.sqrt(3.0)


def test_after_an_interruption_it_starts_anew() -> None:
    filtered = FilteredMid(DEFAULTS)
    filtered.on_mid(0.0, 100.0, 1e-3, 1e-5)
    filtered.skip()
    assert filtered.value == 0.0
    filtered.on_mid(60.0, 90.0, 1e-3, 1e-5)
    assert filtered.value == pytest.approx(90.0)


@given(
    st.lists(
        st.tuples(st.floats(-1e9, 1e9), st.floats(1e-12, 1e12), st.floats(0.0, 2.0), st.floats(1e-6, 1e-2)),
        min_size=1,
        max_size=40,
    )
)
def test_no_stream_makes_a_level_that_is_not_finite(stream: list[tuple[float, float, float, float]]) -> None:
    filtered = FilteredMid(DEFAULTS)
    for at, mid, spread, sigma in stream:
        filtered.on_mid(at, mid, spread, sigma)
        assert 0.0 < filtered.value < math.inf
        assert 0.0 <= filtered.deviation < math.inf
