"""Activity of all orders against its running mean: one on average, more in a burst, and a memory that can be set."""

import random

import pytest

from mmtui.estimators.cascades.liquidations import OrderBursts


def ratio_after(bursts: OrderBursts, spans: list[tuple[float, float]], seed: int = 3) -> float:
    """The ratio at the end of spans of (seconds, orders a second)."""
    rng, at = random.Random(seed), 0.0
    for seconds, rate in spans:
        end = at + seconds
        while True:
            at += rng.expovariate(rate)
            if at >= end:
                at = end
                break
            bursts.grow(at, 1.0)
            bursts.finish(at, 1000.0, 1.0)
    return bursts.ratio(at)


def test_a_steady_market_is_about_as_active_as_its_mean():
    ratios = [ratio_after(OrderBursts(), [(7200.0, 2.0)], seed) for seed in range(20)]
    assert sum(ratios) / len(ratios) == pytest.approx(1.0, abs=0.1)


def test_a_busier_market_is_active_until_its_mean_has_followed():
    calm_then_busy = [(3600.0, 0.5), (600.0, 4.0)]
    slow = ratio_after(OrderBursts(base_half_life_s=14_400.0), calm_then_busy)
    quick = ratio_after(OrderBursts(base_half_life_s=300.0), calm_then_busy)
    assert slow > 2.0
    assert quick < 0.7 * slow
