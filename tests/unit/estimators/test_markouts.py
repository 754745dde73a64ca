"""Markouts by side, level and horizon: the check values, sweeps, silence, bounds, and what survives a restart."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.estimators.adverse.markouts import HORIZONS_S, PENDING_MAX, Markouts
from mmtui.estimators.adverse.memory import MarkoutMemory
from tests.unit.estimators.test_markout import FILLS, MIDS

BUY, SELL = Side.BUY, Side.SELL


def fill(markouts: Markouts, at: float, side: Side, **changes: float | int | None) -> None:
    values = {"size": 1.0, "price": 100.0, "mid": 100.0, "level": None, "key": 0, **changes}
    markouts.on_fill(at, side, values.pop("size"), **values)


def steady(markouts: Markouts, start: float, until: float, mid: float, step: float = 0.05) -> None:
    for tick in range(round((until - start) / step) + 1):
        markouts.observe(start + tick * step, mid)


def test_the_published_path_gives_the_published_costs_at_one_second() -> None:
    costs = []
    for at, side in FILLS:
        markouts = Markouts()
        for time, mid in MIDS:
            markouts.observe(time, mid)
            if time == at:
                fill(markouts, at, side, mid=mid, price=mid * (1 - side * 1e-4))
        record = markouts.reading(side, 1.0)
        assert record.markout == pytest.approx(1e-4 - record.adverse)
        costs.append(record.adverse * 1e4)
    assert costs == pytest.approx([-2.0, -2.999400120, 1.9990005, 2.00060018, 2.99970003], abs=1e-8)


def test_each_horizon_is_judged_at_its_own_time() -> None:
    markouts = Markouts()
    markouts.observe(0.0, 100.0)
    fill(markouts, 0.0, BUY, price=99.99)
    for tick in range(1, 7000):
        markouts.observe(tick * 0.05, 100.0 - tick * 0.05 * 1e-3)
    for horizon_s in HORIZONS_S:
        record = markouts.reading(BUY, horizon_s)
        assert record.count == 1
        assert record.edge == pytest.approx(1e-4)
        assert record.adverse == pytest.approx(horizon_s * 1e-5, abs=6e-7)


def test_a_sweep_is_one_event_for_its_side_and_one_for_each_level_it_hit() -> None:
    markouts = Markouts()
    steady(markouts, 0.0, 1.0, 100.0)
    for level, price in ((0, 99.99), (1, 99.97), (1, 99.97)):
        fill(markouts, 1.0, BUY, level=level, price=price, key=7)
    fill(markouts, 1.02, BUY, level=2, price=99.9, key=7)
    steady(markouts, 1.05, 3.0, 99.9)
    whole = markouts.reading(BUY, 1.0)
    assert (whole.count, whole.n_eff) == (1, 1.0)
    assert whole.edge == pytest.approx((1e-4 + 2 * 3e-4 + 1e-3) / 4)
    assert [markouts.reading(BUY, 1.0, level).edge for level in (0, 1, 2)] == pytest.approx([1e-4, 3e-4, 1e-3])
    assert markouts.reading(BUY, 1.0, 1).adverse == pytest.approx(1e-3)
    assert markouts.reading(SELL, 1.0).count == 0


def test_another_order_of_the_same_side_is_another_event() -> None:
    markouts = Markouts()
    steady(markouts, 0.0, 1.0, 100.0)
    fill(markouts, 1.0, BUY, key=7)
    fill(markouts, 1.01, BUY, key=8)
    steady(markouts, 1.05, 2.5, 100.0)
    assert markouts.reading(BUY, 1.0).count == 2


def test_a_silence_drops_the_horizons_that_fell_into_it_and_no_others() -> None:
    markouts = Markouts()
    steady(markouts, 0.0, 1.0, 100.0)
    fill(markouts, 1.0, SELL)
    steady(markouts, 1.05, 1.3, 100.0)
    steady(markouts, 8.0, 70.0, 100.0)
    judged = {horizon_s: markouts.reading(SELL, horizon_s).count for horizon_s in HORIZONS_S}
    assert judged == {0.1: 1, 0.5: 0, 1.0: 0, 5.0: 1, 30.0: 1, 60.0: 1, 300.0: 0}
    assert markouts.reading(SELL, 0.5).dropped == markouts.reading(SELL, 1.0).dropped == 1


def test_the_standard_error_is_that_of_the_weighted_mean() -> None:
    markouts = Markouts()
    at, costs = 0.0, [3e-4, -1e-4, 2e-4, 0.0]
    for cost in costs:
        steady(markouts, at, at + 0.3, 100.0)
        fill(markouts, at + 0.3, BUY)
        steady(markouts, at + 0.35, at + 2.0, 100.0 * (1 - cost))
        at += 10.0
    steady(markouts, at, at + 0.1, 100.0)
    weights = [2.0 ** (-(3 - place) / 50) for place in range(4)]
    n_eff = sum(weights) ** 2 / sum(w * w for w in weights)
    mean = sum(w * c for w, c in zip(weights, costs, strict=True)) / sum(weights)
    square = sum(w * c * c for w, c in zip(weights, costs, strict=True)) / sum(weights)
    record = markouts.reading(BUY, 1.0)
    assert record.adverse == pytest.approx(mean)
    assert record.n_eff == pytest.approx(n_eff)
    assert record.adverse_error == record.markout_error == pytest.approx(math.sqrt((square - mean * mean) / n_eff))


def test_fills_that_wait_for_their_horizon_are_bounded() -> None:
    markouts = Markouts()
    markouts.observe(0.0, 100.0)
    for number in range(PENDING_MAX + 50):
        fill(markouts, number * 1e-4, BUY, key=number + 1)
    assert markouts.reading(BUY, 300.0).dropped == 50
    assert max(len(pending) for pending in markouts._pending) == PENDING_MAX


def test_what_was_measured_survives_a_restart() -> None:
    markouts = Markouts()
    steady(markouts, 0.0, 1.0, 100.0)
    fill(markouts, 1.0, BUY, level=3, price=99.0)
    fill(markouts, 1.0, SELL, level=0, price=100.5)
    steady(markouts, 1.05, 40.0, 100.2)
    kept = msgspec.json.encode(markouts.memory())
    later = Markouts()
    later.recall(msgspec.json.decode(kept, type=tuple[MarkoutMemory, ...]))
    assert [r for r in later.readings() if r.count] == [r for r in markouts.readings() if r.count]


NUMBERS = st.floats(1e-9, 1e12)


@given(
    st.lists(
        st.tuples(
            st.floats(-1.0, 3.0),
            st.sampled_from((BUY, SELL, None)),
            NUMBERS,
            st.floats(),
            NUMBERS,
            st.integers(-3, 40) | st.none(),
            st.integers(0, 3),
        ),
        max_size=60,
    )
)
def test_no_path_gives_a_record_that_is_not_finite(
    events: list[tuple[float, Side | None, float, float, float, int | None, int]],
) -> None:
    markouts, now = Markouts(), 1.7e9
    for dt, side, mid, size, price, level, key in events:
        now += dt
        if side is None:
            markouts.observe(now, mid)
        else:
            markouts.on_fill(now, side, size, price=price, mid=mid, level=level, key=key)
    for record in markouts.readings():
        numbers = (record.edge, record.adverse, record.adverse_error, record.markout, record.markout_error)
        assert all(math.isfinite(number) and abs(number) <= 2.0 for number in numbers)
        assert record.count + record.dropped <= len(events)
