"""How the flow of orders excites itself, and how large orders are.

Owns the calibration of the Hawkes process behind the activity multiplier, offline. Pure. Source: models.md 8.2.
"""

import numpy as np

from mmtui.estimators.cascades.hawkes_fit import EVENTS_NEEDED, HawkesFit, fit_hawkes
from mmtui.estimators.cascades.hawkes_fit import Interval as HawkesInterval
from mmtui.research.calibration.arrivals import REJECTED, SIDES
from mmtui.research.calibration.figures import probability
from mmtui.research.calibration.findings import (
    Finding,
    Interval,
    Verdict,
    block_length_s,
    ratio_error,
    scaled,
    too_few,
)
from mmtui.research.calibration.observed import Observed

EVENTS_MAX = 20_000
SIZES_NEEDED = 30
# With thousands of orders any law is refused; so far from the truth the fitted one may be and still serve.
DISTANCE_MAX = 0.1


def flow(observed: Observed) -> list[Finding]:
    """Findings on the self-excitement of all aggressive orders, and on their sizes."""
    return [*_excitement(observed), *_sizes(observed)]


def _excitement(observed: Observed) -> list[Finding]:
    names = (("Hawkes mu", "1/s"), ("Hawkes alpha", ""), ("Hawkes decay", "1/s"))
    times = [order.watched_at for order in observed.orders][-EVENTS_MAX:]
    n = len(times)
    if n < EVENTS_NEEDED:
        return [too_few(name, unit, n, "orders") for name, unit in names]
    start = 0.0 if n == len(observed.orders) else times[0]
    horizon_s = max(observed.span.watched_s, *times) - start
    fit = fit_hawkes([max(time - start, 0.0) for time in times], None, horizon_s)
    if fit is None or not fit.is_enough or fit.beta.low is None:
        reason = "distinct times" if fit is None or not fit.is_enough else "bursts to tell their decay"
        return [too_few(name, unit, fit.events if fit else n, reason) for name, unit in names]
    holds = fit.distance <= DISTANCE_MAX
    words = "bursts of several kinds: decay not taken"
    if holds:
        is_true = fit.probability >= REJECTED
        words = "one exponential explains the bursts" if is_true else "nearly one exponential: a mean decay"
    values = (fit.mu, fit.alpha, fit.beta)
    return [
        _finding(name, unit, value, fit, words=words if name == "Hawkes decay" else "", holds=holds)
        for (name, unit), value in zip(names, values, strict=True)
    ]


def _finding(name: str, unit: str, value: HawkesInterval, fit: HawkesFit, *, words: str, holds: bool) -> Finding:
    is_known = value.low is not None and value.high is not None
    interval = Interval(value.low, value.high) if value.low is not None and value.high is not None else None
    is_decay = name == "Hawkes decay"
    return Finding(
        name=name,
        unit=unit,
        value=value.value,
        interval=interval,
        n=fit.events,
        verdict=Verdict.TAKEN if is_decay and holds and is_known else Verdict.SHOWN,
        words=words or f"{fit.branching:.0%} of orders caused by others",
        fit=f"KS {fit.distance:.3f} {probability(fit.probability)}" if is_decay else "",
        details={"branching": fit.branching, "distance": fit.distance, "probability": fit.probability},
    )


def _sizes(observed: Observed) -> list[Finding]:
    findings = []
    block_s = block_length_s(observed.span.watched_s)
    for name, side in SIDES:
        orders = observed.orders if side is None else observed.hits(side)
        if len(orders) < SIZES_NEEDED:
            findings.append(too_few(f"order size {name}", "base", len(orders), "orders"))
            continue
        sizes = np.array([order.size for order in orders])
        mean, median = float(np.mean(sizes)), float(np.median(sizes))
        error = ratio_error([order.watched_at for order in orders], sizes, np.ones(sizes.size), block_s)
        findings.append(
            Finding(
                name=f"order size {name}",
                unit="base",
                value=mean,
                interval=scaled(mean, error),
                n=len(orders),
                verdict=Verdict.SHOWN,
                words=f"median {median:.4g}",
                details={"median": median, "largest": float(np.max(sizes))},
            )
        )
    return findings
