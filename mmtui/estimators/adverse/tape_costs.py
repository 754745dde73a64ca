"""What fills would have cost at each depth, read off a recorded tape, before there are own fills to learn from.

Owns the question of one quote at each depth: an aggressive order that reached beyond a depth would have filled
it, and the mid has moved so much a fixed time later. A quote that rests changes what orders do, so this is a
starting point and no truth: in particular the deep ones are reached by sweeps only. Pure, offline.
Source: models.md 7.1 and 7.3.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.estimators.adverse.depth_costs import BIN_BPS, BINS_MAX, DepthBin

Floats = npt.NDArray[np.float64]


class Reached(msgspec.Struct, frozen=True):
    """An aggressive order: when, its side, and how far beyond the mid before it it went, as a fraction."""

    at: float
    aggressor: Side
    reach: float


class TapeCosts(msgspec.Struct, frozen=True):
    """Costs by depth of one side's quotes, and of all its fills together with the error of that mean, bps."""

    bins: tuple[DepthBin, ...]
    mean_bps: float
    error_bps: float
    fills: int


def tape_costs(
    orders: Sequence[Reached], times: Sequence[float], mids: Sequence[float], side: Side, *, horizon_s: float
) -> TapeCosts:
    """Costs of quotes on ``side`` at ``horizon_s`` after orders, against mids (USD) known from ``times`` (s) on.

    ``times`` ascend. An order before the first mid, or whose horizon lies in a silence longer than the horizon
    or after the last mid, is left out. Raises ValueError when times and mids differ in number.
    """
    sums: dict[int, tuple[float, float]] = {}
    costs: list[float] = []
    for order, cost_bps in order_costs(orders, times, mids, side, horizon_s=horizon_s):
        costs.append(cost_bps)
        for place in range(min(math.floor(order.reach * BPS / BIN_BPS + 0.5), BINS_MAX)):
            weight, total = sums.get(place, (0.0, 0.0))
            sums[place] = (weight + 1.0, total + cost_bps)
    bins = tuple(DepthBin((place + 0.5) * BIN_BPS, total / weight, weight) for place, (weight, total) in sums.items())
    if not costs:
        return TapeCosts((), 0.0, 0.0, 0)
    error = float(np.std(costs)) / len(costs) ** 0.5
    return TapeCosts(bins, float(np.mean(costs)), error, len(costs))


def order_costs(
    orders: Sequence[Reached], times: Sequence[float], mids: Sequence[float], side: Side, *, horizon_s: float
) -> list[tuple[Reached, float]]:
    """What each order that would have filled a quote on ``side`` at the mid cost it, in bps; as ``tape_costs``."""
    at, mid = np.asarray(times, dtype=np.float64), np.asarray(mids, dtype=np.float64)
    if at.shape != mid.shape:
        raise ValueError("one mid for each time is needed")
    hits = (order for order in orders if order.aggressor is not side and order.reach > 0.0)
    costs = ((order, _cost_bps(order, at, mid, side, horizon_s)) for order in hits)
    return [(order, cost_bps) for order, cost_bps in costs if cost_bps is not None]


def _cost_bps(order: Reached, at: Floats, mid: Floats, side: Side, horizon_s: float) -> float | None:
    before = int(np.searchsorted(at, order.at, side="left")) - 1
    due = order.at + horizon_s
    after = int(np.searchsorted(at, due, side="right")) - 1
    if before < 0 or after + 1 >= at.size or due - at[after] > horizon_s:
        return None
    return float(-side * (mid[after] - mid[before]) / mid[before] * BPS)
