"""What fills cost: by the public tape as a stand-in, and by own fills where a recording holds them.

Owns the question of one quote at each depth (see ``estimators.adverse.tape_costs``), at several horizons, and the
decay of the cost with depth. What orders of others did to quotes of others is a stand-in and is called so. Pure.
Source: models.md 7.1 and 7.3.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.adverse.depth_costs import BIN_BPS, BINS_MAX, DepthBin, fit_decay
from mmtui.estimators.adverse.tape_costs import Reached, order_costs
from mmtui.estimators.arrivals.intensity import reach_floor
from mmtui.research.calibration.findings import (
    Finding,
    Floats,
    Interval,
    Verdict,
    around,
    block_length_s,
    ratio_error,
    student,
    too_few,
)
from mmtui.research.calibration.observed import Fill, Observed

ORDERS_NEEDED = 50
FILLS_NEEDED = 20
HORIZONS_S = (0.1, 1.0, 5.0, 30.0)
REPEATS = 200
SEED = 7_003
SHARE_NEEDED = 0.8
PROXY = "stand-in: tape"
OWN = "own fills"


class Costs(msgspec.Struct, frozen=True):
    """Findings on the cost of fills, and the mean cost by depth of a quote for people to see."""

    findings: list[Finding]
    bins: tuple[DepthBin, ...]


def costs(observed: Observed, settings: Settings) -> Costs:
    """Fits the cost at each horizon and its decay with depth at the one that is priced."""
    horizon_s = settings.number("estimators.adverse_horizon_s")
    reached = observed.reached()
    findings = [
        _mean(_both_sides(observed, reached, each), observed, each, is_priced=each == horizon_s)
        for each in sorted({*HORIZONS_S, horizon_s})
    ]
    rows = _both_sides(observed, reached, horizon_s)
    deep = _beyond_touch(observed, rows)
    findings.append(_mean(deep, observed, horizon_s, is_priced=True, name=f"adverse deep {horizon_s:g} s"))
    reach, cost = np.array([order.reach for order, _ in rows]), np.array([cost for _, cost in rows])
    bins = _bins(reach, cost)
    findings += _decay(rows, reach, cost, bins)
    if observed.fills:
        findings.append(_own(observed, horizon_s))
    return Costs(findings, bins)


def _both_sides(observed: Observed, reached: Sequence[Reached], horizon_s: float) -> list[tuple[Reached, float]]:
    times, mids = observed.mid_times, observed.mids
    rows = [row for side in Side for row in order_costs(reached, times, mids, side, horizon_s=horizon_s)]
    return sorted(rows, key=lambda row: row[0].at)


def _beyond_touch(observed: Observed, rows: Sequence[tuple[Reached, float]]) -> list[tuple[Reached, float]]:
    """Costs of the orders that go beyond the touch: those that fill quotes which stand off it, as kappa and A count."""
    if not observed.mids:
        return []
    floor = reach_floor(observed.instrument, float(np.median(observed.mids)))
    return [row for row in rows if row[0].reach > floor]


def _mean(
    rows: Sequence[tuple[Reached, float]], observed: Observed, horizon_s: float, *, is_priced: bool, name: str = ""
) -> Finding:
    where = "beyond the touch" if name else "at the touch"
    name = name or f"adverse {horizon_s:g} s"
    if len(rows) < ORDERS_NEEDED:
        return too_few(name, "bp", len(rows), "orders")
    cost = np.array([cost for _, cost in rows])
    block_s = max(block_length_s(observed.span.watched_s), 2.0 * horizon_s)
    error = ratio_error([order.at for order, _ in rows], cost, np.ones(cost.size), block_s)
    if error is not None:
        error = max(error, student(cost.size - 1) * float(np.std(cost)) / math.sqrt(cost.size))
    return Finding(
        name=name,
        unit="bp",
        value=float(np.mean(cost)),
        interval=around(float(np.mean(cost)), error),
        n=cost.size,
        verdict=Verdict.TAKEN if is_priced and error is not None else Verdict.SHOWN,
        words=f"fills {where}, priced horizon" if is_priced else f"fills {where}",
        fit=PROXY,
        details={"deviation": float(np.std(cost))},
    )


def _bins(reach: Floats, cost: Floats) -> tuple[DepthBin, ...]:
    """Costs of quotes by depth: an order that reached beyond the middle of a bin fills the quote there."""
    if not reach.size:
        return ()
    depth = np.minimum(np.floor(reach * BPS / BIN_BPS + 0.5).astype(np.int64), BINS_MAX)
    counts = np.bincount(depth, minlength=BINS_MAX + 1)[::-1].cumsum()[::-1][1:]
    totals = np.bincount(depth, weights=cost, minlength=BINS_MAX + 1)[::-1].cumsum()[::-1][1:]
    return tuple(
        DepthBin((place + 0.5) * BIN_BPS, float(total / count), float(count))
        for place, (count, total) in enumerate(zip(counts, totals, strict=True))
        if count
    )


def _decay(
    rows: Sequence[tuple[Reached, float]], reach: Floats, cost: Floats, bins: Sequence[DepthBin]
) -> list[Finding]:
    """The law of a cost that falls with depth, its intervals from orders drawn again."""
    n = len(rows)
    law = fit_decay(bins) if n >= ORDERS_NEEDED else None
    if law is None:
        words = "does not fall with depth: one cost serves" if n >= ORDERS_NEEDED else "too few orders: prior kept"
        kept = Verdict.KEPT
        return [Finding(name="adverse decay", unit="bp", value=None, interval=None, n=n, verdict=kept, words=words)]
    zeros, decays = _drawn_again(reach, cost)
    total = sum(one.weight * (one.cost_bps - _centre(bins)) ** 2 for one in bins)
    explained = 1.0 - law.squares / total if total > 0.0 else 0.0
    is_known = len(decays) >= SHARE_NEEDED * REPEATS
    words = "cost at the mid and its decay" if is_known else "the decay is not certain: one cost serves"
    return [
        Finding(
            name=name,
            unit="bp",
            value=value,
            interval=_quantiles(drawn, value) if is_known else None,
            n=n,
            verdict=Verdict.SHOWN,
            words=words,
            fit=f"R2 {explained:.2f} of bins",
            details={"explained": explained, "share_that_decay": len(decays) / REPEATS},
        )
        for name, value, drawn in (
            ("adverse at mid", law.zero_bps, zeros),
            ("adverse decay", law.decay_bps, decays),
        )
    ]


def _centre(bins: Sequence[DepthBin]) -> float:
    return sum(one.weight * one.cost_bps for one in bins) / sum(one.weight for one in bins)


def _drawn_again(reach: Floats, cost: Floats) -> tuple[list[float], list[float]]:
    rng = np.random.default_rng(SEED)
    zeros, decays = [], []
    for _ in range(REPEATS):
        drawn = rng.integers(0, reach.size, reach.size)
        law = fit_decay(_bins(reach[drawn], cost[drawn]))
        if law is not None:
            zeros.append(law.zero_bps)
            decays.append(law.decay_bps)
    return zeros, decays


def _quantiles(drawn: Sequence[float], value: float) -> Interval:
    low, high = (float(end) for end in np.quantile(drawn, (0.025, 0.975)))
    return Interval(min(low, value), max(high, value))


def _own(observed: Observed, horizon_s: float) -> Finding:
    """What the fills of our own resting orders cost at the priced horizon."""
    times, mids = np.array(observed.mid_times), np.array(observed.mids)
    kept = [
        (fill.at, cost) for fill in observed.fills if math.isfinite(cost := _own_cost(fill, times, mids, horizon_s))
    ]
    name = f"adverse own {horizon_s:g} s"
    if len(kept) < FILLS_NEEDED:
        return too_few(name, "bp", len(kept), "own fills")
    own = np.array([cost for _, cost in kept])
    error = ratio_error([at for at, _ in kept], own, np.ones(own.size), block_length_s(observed.span.watched_s))
    return Finding(
        name=name,
        unit="bp",
        value=float(np.mean(own)),
        interval=around(float(np.mean(own)), error),
        n=own.size,
        verdict=Verdict.TAKEN if error is not None else Verdict.SHOWN,
        words="stands above the tape's",
        fit=OWN,
    )


def _own_cost(fill: Fill, times: Floats, mids: Floats, horizon_s: float) -> float:
    due = fill.at + horizon_s
    after = int(np.searchsorted(times, due, side="right")) - 1
    if after < 0 or after + 1 >= times.size or due - times[after] > horizon_s:
        return math.nan
    return float(-fill.side * (mids[after] - fill.mid) / fill.mid * BPS)
