"""Informed share and the cost by depth: their check values, their bounds, and what makes them hold their tongue."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.estimators.adverse.depth_costs import BINS_MAX, DepthBin, DepthCosts, fit_at, fit_decay
from mmtui.estimators.adverse.informed import Informed, chance_beyond, informed_share, share_beyond

DEPTHS = (2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 20.0)
COSTS = (2.6, 2.1, 1.6, 1.45, 0.8, 0.62, 0.35)
WEIGHTS = (40.0, 35.0, 25.0, 20.0, 12.0, 8.0, 5.0)


def published() -> list[DepthBin]:
    return [DepthBin(d, y, w) for d, y, w in zip(DEPTHS, COSTS, WEIGHTS, strict=True)]


def test_the_informed_share_has_its_published_value() -> None:
    assert chance_beyond() == pytest.approx(0.158655253931, abs=1e-12)
    assert share_beyond(12, 40) == pytest.approx(0.271731051, abs=1e-9)
    assert informed_share(12, 40) == pytest.approx(0.134398886, abs=1e-9)
    assert informed_share(0, 0) == 0.0


def test_fills_beyond_the_usual_move_raise_the_share_and_others_lower_it() -> None:
    informed = Informed()
    shares = []
    for cost in [2e-4] * 10 + [0.0] * 60:
        informed.add(cost, 1e-4)
        shares.append(informed.share)
    assert shares[:10] == sorted(shares[:10])
    assert shares[9] > 0.3
    assert shares[-1] == 0.0


def test_chance_alone_makes_hardly_any_fill_informed() -> None:
    informed, source = Informed(), random.Random(7)
    seen = []
    for _ in range(2000):
        informed.add(source.gauss(0.0, 1e-4), 1e-4)
        seen.append(informed.share)
    assert sum(seen) / len(seen) < 0.04


def test_a_share_of_informed_fills_is_found() -> None:
    informed, source = Informed(), random.Random(3)
    seen = []
    for _ in range(4000):
        informed.add(5e-4 if source.random() < 0.4 else source.gauss(0.0, 1e-4), 1e-4)
        seen.append(informed.share)
    # The prior of ten fills in some 83 effective ones holds a little back.
    assert sum(seen[500:]) / len(seen[500:]) == pytest.approx(0.4 * 72.6 / 82.6, abs=0.03)


@pytest.mark.parametrize("deviation", [0.0, -1.0, math.nan, math.inf])
def test_without_a_usual_move_nothing_is_said(deviation: float) -> None:
    informed = Informed()
    informed.add(1.0, deviation)
    assert informed.share == 0.0
    assert informed.memory() == (0.0, 0.0)


def test_the_law_of_depth_has_its_published_values() -> None:
    law = fit_decay(published())
    assert law is not None
    assert law.zero_bps == pytest.approx(3.2298547, abs=5e-8)
    assert law.decay_bps == pytest.approx(9.171919, abs=5e-7)
    assert law.squares == pytest.approx(0.4507662, abs=5e-8)


@pytest.mark.parametrize("around", [9.1, 9.25])
def test_no_other_decay_fits_better(around: float) -> None:
    law = fit_decay(published())
    assert law is not None
    assert fit_at(published(), around).squares > law.squares


@pytest.mark.parametrize(
    "costs",
    [(1.0,) * 7, (0.5, 0.8, 1.0, 1.4, 1.9, 2.2, 3.0), (-2.6, -2.1, -1.6, -1.45, -0.8, -0.62, -0.35)],
    ids=["level", "growing", "a gain"],
)
def test_a_cost_that_does_not_fall_with_depth_has_no_law(costs: tuple[float, ...]) -> None:
    assert fit_decay([DepthBin(d, y, w) for d, y, w in zip(DEPTHS, costs, WEIGHTS, strict=True)]) is None


def test_too_few_depths_have_no_law() -> None:
    assert fit_decay(published()[:2]) is None
    assert fit_decay([DepthBin(one.depth_bps, one.cost_bps, 4.9) for one in published()]) is None


def test_a_law_is_found_from_fills_and_survives_a_restart() -> None:
    costs, source = DepthCosts(), random.Random(5)
    for _ in range(3000):
        depth = source.uniform(0.0, 24.0)
        costs.add(depth, 4.0 * math.exp(-depth / 8.0) + source.gauss(0.0, 1.0))
    law = costs.law
    assert law is not None
    assert law.zero_bps == pytest.approx(4.0, rel=0.12)
    assert law.decay_bps == pytest.approx(8.0, rel=0.2)
    later = DepthCosts()
    later.recall(costs.memory())
    assert later.bins() == costs.bins()
    assert later.law is not None
    assert later.law.cost_bps(5.0) == pytest.approx(law.cost_bps(5.0), rel=0.02)


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=120))
def test_no_fill_breaks_the_law_or_its_bounds(fills: list[tuple[float, float]]) -> None:
    costs = DepthCosts()
    for depth_bps, cost_bps in fills:
        costs.add(depth_bps, cost_bps)
    assert len(costs.bins()) <= BINS_MAX
    if costs.law is not None:
        assert 0.0 < costs.law.cost_bps(3.0) < math.inf
        assert 1.0 <= costs.law.decay_bps < 200.0
