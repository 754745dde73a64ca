"""Fill probabilities: always in [0, 1], falling with distance and front, exact at the edges."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.queue.chances import (
    Surroundings,
    chance,
    execution_probability,
    filled_share,
    intensity_probability,
    touch_probability,
)

DISTANCE = st.floats(-0.05, 0.05)
SIZE = st.floats(0.0, 1e9)
SECONDS = st.floats(0.0, 1e5)
AROUND = st.builds(
    Surroundings,
    st.floats(0.0, 0.01),
    st.floats(0.0, 1e9),
    st.floats(0.0, 100.0),
    st.floats(1.0, 1e5),
)


@given(DISTANCE, SIZE, SECONDS, AROUND)
def test_both_are_probabilities(distance: float, front: float, horizon_s: float, around: Surroundings) -> None:
    said = chance(distance, front, horizon_s, around)
    assert 0.0 <= said.touch <= 1.0
    assert 0.0 <= said.intensity <= 1.0


@given(st.floats(0.0, 0.01), st.floats(0.0, 0.01), SIZE, SIZE, AROUND)
def test_further_out_and_further_back_never_fills_more(
    distance: float, further: float, front: float, more: float, around: Surroundings
) -> None:
    here, there = chance(distance, front, 10.0, around), chance(distance + further, front + more, 10.0, around)
    assert there.touch <= here.touch
    assert there.intensity <= here.intensity


@given(SIZE, st.floats(1e-9, 1e9), st.floats(0.0, 1e9))
def test_the_filled_share_is_no_more_than_the_chance_of_a_first_unit(front: float, size: float, volume: float) -> None:
    share = filled_share(front, size, volume)
    assert 0.0 <= share <= execution_probability(front, volume) * (1.0 + 1e-6)


def test_no_time_fills_nothing() -> None:
    around = Surroundings(1e-4, 3.0, 0.2, 3000.0)
    assert touch_probability(0.0, 1e-4, 0.0) == 0.0
    assert intensity_probability(0.0, 0.0, 0.0, around) == 0.0


def test_without_volatility_only_a_price_that_is_reached_is_touched() -> None:
    assert touch_probability(1e-9, 0.0, 10.0) == 0.0
    assert touch_probability(0.0, 0.0, 10.0) == 1.0
    assert touch_probability(-1e-4, 0.0, 10.0) == 1.0


def test_a_queue_is_never_passed_where_nothing_trades() -> None:
    assert execution_probability(1.0, 0.0) == 0.0
    assert execution_probability(0.0, 0.0) == 1.0
