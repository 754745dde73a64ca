"""Costs by depth from a recorded tape: which orders fill which depths, and which horizons are left out."""

import random

import pytest

from mmtui.domain.instrument import Side
from mmtui.estimators.adverse.tape_costs import Reached, tape_costs

BUY, SELL = Side.BUY, Side.SELL
TIMES = [tick / 10.0 for tick in range(200)]


def test_an_order_fills_every_depth_it_reaches_and_only_of_the_other_side() -> None:
    mids = [100.0 if at < 5.0 else 99.98 for at in TIMES]
    found = tape_costs([Reached(4.95, SELL, 5.2e-4), Reached(4.95, BUY, 9e-4)], TIMES, mids, BUY, horizon_s=1.0)
    assert [(one.depth_bps, one.weight) for one in found.bins] == [(1.0, 1.0), (3.0, 1.0), (5.0, 1.0)]
    assert [one.cost_bps for one in found.bins] == pytest.approx([2.0] * 3)
    assert (found.fills, found.mean_bps) == (1, pytest.approx(2.0))


def test_orders_without_a_mid_before_or_after_them_are_left_out() -> None:
    times = [1.0, 2.0, 9.0, 9.5]
    orders = [Reached(0.5, SELL, 1e-3), Reached(3.0, SELL, 1e-3), Reached(9.2, SELL, 1e-3)]
    assert tape_costs(orders, times, [100.0] * 4, BUY, horizon_s=1.0).fills == 0
    assert tape_costs([Reached(1.5, SELL, 1e-3)], times, [100.0] * 4, BUY, horizon_s=1.0).fills == 1


def test_a_share_of_informed_orders_costs_what_it_should_at_every_depth() -> None:
    source, at, mid = random.Random(11), 0.0, 100.0
    times, mids, orders = [0.0], [mid], []
    for _ in range(4000):
        at += 5.0
        orders.append(Reached(at - 1.0, SELL, source.expovariate(1.0 / 6e-4)))
        if source.random() < 0.25:
            mid *= 1.0 - 4e-4
        times += [at - 0.9, at]
        mids += [mid, mid]
    found = tape_costs(orders, times, mids, BUY, horizon_s=2.0)
    assert found.mean_bps == pytest.approx(1.0, abs=4 * found.error_bps)
    assert found.error_bps == pytest.approx(4.0 * (0.25 * 0.75) ** 0.5 / 4000**0.5, rel=0.05)
    for one in found.bins[:5]:
        assert one.cost_bps == pytest.approx(1.0, abs=4 * 1.8 / one.weight**0.5)


def test_times_and_mids_must_match() -> None:
    with pytest.raises(ValueError, match="one mid for each time"):
        tape_costs([], [1.0], [], BUY, horizon_s=1.0)
