"""Sigma and the jump ratio of a whole recording, with intervals that allow for volatility that changes.

Owns the sums behind models.md 6.2 without forgetting, and the comparison with the mid's own moves. Pure.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.readings import FEED_GAP_S
from mmtui.estimators.volatility.realised import correction
from mmtui.research.calibration.findings import (
    Finding,
    Floats,
    Verdict,
    around,
    block_length_s,
    ratio_error,
    scaled,
    too_few,
)
from mmtui.research.calibration.observed import Change, Observed

RETURNS_NEEDED = 50
MID_EVERY_S = 5.0
AGREES = (0.8, 1.25)
UNIT = "bp/rt s"


def volatility(observed: Observed, settings: Settings) -> list[Finding]:
    """Findings on sigma, in bps per root second, and on the jump ratio."""
    lag = settings.count("estimators.bv_lag")
    rows = list(_products(observed.changes, lag))
    if len(rows) < RETURNS_NEEDED:
        return [
            too_few("sigma", UNIT, len(rows), "volume ticks"),
            too_few("jump ratio", "", len(rows), "volume ticks"),
        ]
    at = [row[0] for row in rows]
    squares, products, durations = (np.array([row[place] for row in rows]) for place in (1, 2, 3))
    factors = correction(float(np.mean([change.trades for change in observed.changes])), lag)
    block_s = block_length_s(observed.span.watched_s)
    variance = float(np.sum(products)) / (factors.bv * float(np.sum(durations)))
    if not variance > 0.0:
        return [too_few("sigma", UNIT, 0, "price moves"), too_few("jump ratio", "", 0, "price moves")]
    error = ratio_error(at, products / factors.bv, durations, block_s)
    sigma_rv = math.sqrt(float(np.sum(squares)) / (factors.rv * float(np.sum(durations))))
    of_mid = mid_sigma(observed)
    agreement = sigma_rv / of_mid if of_mid else 0.0
    agrees = AGREES[0] <= agreement <= AGREES[1]
    interval = scaled(variance * BPS * BPS, error * BPS * BPS if error is not None else None, power=0.5)
    return [
        Finding(
            name="sigma",
            unit=UNIT,
            value=math.sqrt(variance) * BPS,
            interval=interval,
            n=len(rows),
            verdict=Verdict.TAKEN if interval else Verdict.KEPT,
            words=_words(agrees, has_interval=interval is not None),
            fit=f"RV {agreement:.2f} of mid's" if of_mid else "",
            details={"sigma_rv": sigma_rv * BPS, "sigma_of_mid": of_mid * BPS},
        ),
        _jump_ratio(at, squares / factors.rv, products / factors.bv, block_s),
    ]


def mid_sigma(observed: Observed) -> float:
    """Volatility of the mid sampled every five seconds, silences left out, as a fraction; 0 when not known."""
    times, mids = np.array(observed.mid_times), np.array(observed.mids)
    if times.size < 2:
        return 0.0
    grid = np.arange(times[0], times[-1], MID_EVERY_S)
    place = np.searchsorted(times, grid, side="right") - 1
    fresh = grid - times[place] <= FEED_GAP_S
    moves = np.diff(np.log(mids[place]))[fresh[1:] & fresh[:-1]]
    return math.sqrt(float(np.mean(moves**2)) / MID_EVERY_S) if moves.size else 0.0


def _products(changes: Sequence[Change], lag: int) -> Iterator[tuple[float, float, float, float]]:
    """Time, squared return, scaled neighbouring product and duration of each return that has a neighbour."""
    run = 0
    for place, change in enumerate(changes):
        run = run + 1 if change.is_linked else 0
        if run >= lag:
            other = changes[place - lag]
            product = math.pi / 2.0 * abs(change.log_return * other.log_return)
            yield change.at, change.log_return**2, product, change.duration_s


def _jump_ratio(at: Sequence[float], realised: Floats, bipower: Floats, block_s: float) -> Finding:
    ratio = float(np.sum(realised) / np.sum(bipower))
    interval = around(ratio, ratio_error(at, realised, bipower, block_s))
    has_jumps = interval is not None and interval.low > 1.0
    return Finding(
        name="jump ratio",
        unit="",
        value=ratio,
        interval=interval,
        n=len(at),
        verdict=Verdict.SHOWN,
        words="jumps or bursts: more than a diffusion" if has_jumps else "no jumps beyond chance",
    )


def _words(agrees: bool, *, has_interval: bool) -> str:
    if not has_interval:
        return "too short: prior kept"
    return "agrees with the mid's own moves" if agrees else "ticks differ from the mid: bounce or few prints"
