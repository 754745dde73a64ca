"""One-sidedness of volume: models.md 6.7 and 7.5."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.estimators.vpin import BUCKETS, HISTORY_S, History, Vpin


def fed(vpin: Vpin, start: float, trades: int, buys: float, seed: int) -> Vpin:
    rng = random.Random(seed)
    for i in range(trades):
        side = Side.BUY if rng.random() < buys else Side.SELL
        vpin.on_trade(start + i / 5.0, side, rng.expovariate(1.0), 20.0)
    return vpin


def test_one_sided_flow_is_one_and_fair_flow_is_small() -> None:
    assert fed(Vpin(), 0.0, 3000, 1.0, seed=1).value == pytest.approx(1.0)
    assert fed(Vpin(), 0.0, 3000, 0.5, seed=1).value < 0.35


def test_a_print_is_split_over_the_buckets_it_fills() -> None:
    vpin = Vpin()
    vpin.on_trade(0.0, Side.BUY, 25.0, 10.0)
    assert (vpin.count, vpin.value) == (2, 1.0)
    vpin.on_trade(1.0, Side.SELL, 5.0, 10.0)
    assert (vpin.count, vpin.value) == (3, pytest.approx(2.0 / 3.0))


def test_a_print_larger_than_the_window_fills_it_in_bounded_time() -> None:
    vpin = Vpin()
    vpin.on_trade(0.0, Side.SELL, 1e15, 1e-6)
    assert (vpin.count, vpin.value) == (BUCKETS, pytest.approx(1.0))


def test_it_is_toxic_only_when_one_sided_and_more_than_usual() -> None:
    vpin = fed(Vpin(), 0.0, 15_000, 0.5, seed=2)
    assert not vpin.is_toxic
    assert fed(vpin, 3000.0, 900, 1.0, seed=3).is_toxic
    always = fed(Vpin(), 0.0, 6000, 1.0, seed=4)
    assert not always.is_toxic, "what is always so is usual"


def test_the_quantile_is_of_the_last_hour() -> None:
    history = History()
    for i in range(100):
        history.add(float(i), 0.9)
    assert history.upper == 0.9
    for i in range(100):
        history.add(HISTORY_S + 200.0 + i, i / 1000.0)
    assert history.upper == pytest.approx(0.09)


@given(
    st.lists(
        st.tuples(
            st.floats(-1e9, 1e9),
            st.sampled_from(list(Side)),
            st.floats(1e-12, 1e15),
            st.floats(0.0, 1e15),
        ),
        max_size=40,
    )
)
def test_no_stream_leaves_the_unit_interval(stream: list[tuple[float, Side, float, float]]) -> None:
    vpin = Vpin()
    for at, side, volume, bucket in stream:
        vpin.on_trade(at, side, volume, bucket)
        assert 0.0 <= vpin.value <= 1.0
