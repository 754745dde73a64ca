"""Kappa and A of a whole recording, by maximum likelihood and by interval maxima.

Owns the excesses over the touch of all aggressive orders, the intervals, and the test of the exponential law that
kappa stands for. Pure. Source: models.md 6.4 and 6.5.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.gumbel import GumbelFit, Maxima, gumbel_fit
from mmtui.estimators.arrivals.intensity import KAPPA_WARM, REACH_MAX, Gamma, at_touch, reach_floor
from mmtui.research.calibration.figures import probability
from mmtui.research.calibration.findings import (
    Finding,
    Floats,
    Interval,
    Verdict,
    block_length_s,
    ratio_error,
    scaled,
    too_few,
)
from mmtui.research.calibration.goodness import Survival, exponential_fit, survival
from mmtui.research.calibration.observed import Observed, Order

ORDERS_NEEDED = 30
REJECTED = 0.01
UNIT = "1/frac"
SIDES: tuple[tuple[str, Side | None], ...] = (("bid", Side.BUY), ("ask", Side.SELL), ("both", None))


class Arrivals(msgspec.Struct, frozen=True, kw_only=True):
    """Findings on kappa and A, the rate beyond the touch per side (1/s), and what share reached each depth.

    ``strength`` is how many observations a prior of kappa is worth, given how much kappa varies between stretches
    of the estimator's own memory; None when that cannot be told.
    """

    findings: list[Finding]
    rate: float
    strength: float | None
    survival: tuple[Survival, ...]
    floor_bps: float


def arrivals(observed: Observed, settings: Settings) -> Arrivals:
    """Fits both sides and their pool."""
    middle = float(np.median(observed.mids)) if observed.mids else 0.0
    floor = reach_floor(observed.instrument, middle) if middle else 0.0
    findings: list[Finding] = []
    for name, side in SIDES:
        hits = observed.orders if side is None else observed.hits(side)
        beyond = [order for order in hits if floor < order.reach <= REACH_MAX]
        findings += _side(name, beyond, observed, settings, floor=floor)
    beyond = [order for order in observed.orders if floor < order.reach <= REACH_MAX]
    excess = _excess(beyond, floor)
    watched_s = observed.span.watched_s
    return Arrivals(
        findings=findings,
        rate=len(beyond) / (2.0 * watched_s) if watched_s else 0.0,
        strength=_strength(beyond, floor, settings.number("estimators.kappa_half_life_s")),
        survival=survival(excess, 1.0 / float(np.mean(excess))) if excess.size else (),
        floor_bps=floor * 1e4,
    )


def _excess(orders: Sequence[Order], floor: float) -> Floats:
    return np.array([order.reach - floor for order in orders], dtype=np.float64)


def _side(name: str, orders: Sequence[Order], observed: Observed, settings: Settings, *, floor: float) -> list[Finding]:
    n = len(orders)
    if n < ORDERS_NEEDED:
        return [too_few(f"kappa {name}", UNIT, n, "orders"), too_few(f"A {name}", "1/s", n, "orders")]
    excess, watched_s = _excess(orders, floor), observed.span.watched_s
    block_s = block_length_s(watched_s)
    strength = settings.number("estimators.kappa_prior_strength")
    prior = strength / settings.number("estimators.kappa_prior")
    law, posterior = Gamma(n, float(np.sum(excess))), Gamma(strength + n, prior + float(np.sum(excess)))
    mean = float(np.mean(excess))
    blocks = ratio_error([order.watched_at for order in orders], excess, np.ones(n), block_s)
    interval = Interval(*law.interval()).wider(scaled(mean, blocks, power=-1.0))
    test = exponential_fit(excess)
    gumbel = _gumbel(orders, name, observed, settings, floor=floor)
    kappa = Finding(
        name=f"kappa {name}",
        unit=UNIT,
        value=law.mean,
        interval=interval,
        n=n,
        verdict=Verdict.TAKEN if name == "both" else Verdict.SHOWN,
        words="exponential law holds" if test.probability >= REJECTED else "not exponential: a mean slope only",
        fit=f"KS {test.distance:.3f} {probability(test.probability)}",
        details={
            "posterior": posterior.mean,
            "distance": test.distance,
            "probability": test.probability,
            **_of_gumbel(gumbel, "kappa"),
        },
    )
    return [kappa, _level(name, orders, observed, kappa=law.mean, floor=floor, gumbel=gumbel)]


def _level(
    name: str,
    orders: Sequence[Order],
    observed: Observed,
    *,
    kappa: float,
    floor: float,
    gumbel: GumbelFit | None,
) -> Finding:
    """A at distance zero, a side: the rate beyond the touch carried back."""
    watched_s = observed.span.watched_s
    sides = 2.0 if name == "both" else 1.0
    n = len(orders)
    law = Gamma(n, watched_s * sides)
    value = at_touch(law.mean, kappa, floor)
    block_s = block_length_s(watched_s)
    counts = np.bincount(
        [int(order.watched_at / block_s) for order in orders], minlength=max(math.ceil(watched_s / block_s), 1)
    )
    # The last block is cut short: its time counts as it is.
    lengths = np.full(counts.size, block_s)
    lengths[-1] = max(watched_s - block_s * (counts.size - 1), 1e-9)
    error = ratio_error(
        (np.arange(counts.size) * block_s).tolist(), counts.astype(np.float64), lengths * sides, block_s
    )
    poisson = Interval(*(end * value / law.mean for end in law.interval()))
    dispersion = float(np.var(counts) / np.mean(counts)) if counts.size > 1 else 1.0
    return Finding(
        name=f"A {name}",
        unit="1/s",
        value=value,
        interval=poisson.wider(_times(scaled(law.mean, error), value / law.mean)),
        n=n,
        verdict=Verdict.TAKEN if name == "both" else Verdict.SHOWN,
        words="orders come in bursts" if dispersion > 2.0 else "orders come evenly",
        fit=f"var/mean {dispersion:.1f}",
        details={"rate_beyond_touch": law.mean, "dispersion": dispersion, **_of_gumbel(gumbel, "intensity")},
    )


def _times(interval: Interval | None, factor: float) -> Interval | None:
    return None if interval is None else Interval(interval.low * factor, interval.high * factor)


def _gumbel(
    orders: Sequence[Order], name: str, observed: Observed, settings: Settings, *, floor: float
) -> GumbelFit | None:
    """The fit to the farthest reach of each interval; None where it has none, and for both sides together."""
    if name == "both":
        return None
    interval_s = settings.number("estimators.gumbel_interval_s")
    farthest: dict[int, float] = {}
    for order in orders:
        place = int(order.watched_at / interval_s)
        farthest[place] = max(farthest.get(place, 0.0), order.reach)
    intervals = max(int(observed.span.watched_s / interval_s), len(farthest))
    return gumbel_fit(Maxima(tuple(farthest.values()), intervals - len(farthest), interval_s, floor))


def _of_gumbel(fit: GumbelFit | None, name: str) -> dict[str, float]:
    if fit is None:
        return {}
    low, high = fit.kappa_interval() if name == "kappa" else fit.intensity_interval()
    value = fit.kappa if name == "kappa" else fit.intensity
    return {"gumbel": value, "gumbel_low": low, "gumbel_high": high}


def _strength(orders: Sequence[Order], floor: float, memory_s: float) -> float | None:
    """One over the squared variation of kappa between stretches of the estimator's memory, beyond chance."""
    if not orders:
        return None
    stretches: dict[int, list[float]] = {}
    for order in orders:
        stretches.setdefault(int(order.watched_at / memory_s), []).append(order.reach - floor)
    kept = [np.array(excess) for excess in stretches.values() if len(excess) >= KAPPA_WARM]
    if len(kept) < 4:
        return None
    logs = np.array([-math.log(float(np.mean(excess))) for excess in kept])
    chance = float(np.mean([1.0 / excess.size for excess in kept]))
    variation = float(np.var(logs, ddof=1)) - chance
    return 1.0 / variation if variation > 0.0 else math.inf
