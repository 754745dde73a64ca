"""Calibration of a self-exciting process with an exponential kernel, offline, from recorded events.

Owns the likelihood, its maximum, the intervals around it, and how well the fitted process explains the
times. Rates in 1/s, times in s from the start of the watch. Never runs while trading: what it finds becomes
a setting. Pure. Source: models.md 8.2; the test of fit is the time-rescaling theorem.
"""

import math
from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

EVENTS_NEEDED = 200
BRANCHING_MAX = 0.999
Z_975 = 1.959963984540054
EXPONENT_MAX = 500.0
STARTS = (0.1, 0.3, 1.0, 3.0, 10.0)
SIMPLEX_STEP = 0.4
SCOUTING_STEPS = 60
SIMPLEX_STEPS = 600
SIMPLEX_TOLERANCE = 1e-9
CURVATURE_STEP = 1e-3
LOGIT_MAX = 12.0
KOLMOGOROV_TERMS = 100


class Interval(msgspec.Struct, frozen=True):
    """A fitted value between the bounds that hold it in 19 of 20 cases; bounds None where they are not known."""

    value: float
    low: float | None
    high: float | None


class HawkesFit(msgspec.Struct, frozen=True, kw_only=True):
    """The fitted process: ``mu`` and ``beta`` in 1/s, ``alpha`` the events that one of weight 1 causes.

    ``branching`` is alpha times the mean weight; a share of the events that large was caused by others.
    ``distance`` is the largest gap between the rescaled times and what they should be (Kolmogorov-Smirnov),
    ``probability`` that of one as large if the fit is true. ``is_enough`` says whether there were 200 events.
    """

    mu: Interval
    alpha: Interval
    beta: Interval
    branching: float
    log_likelihood: float
    events: int
    horizon_s: float
    distance: float
    probability: float
    is_enough: bool

    @property
    def half_life_s(self) -> float:
        """Time in which the excitement of an event halves."""
        return math.log(2.0) / self.beta.value


def merged(times: Sequence[float], marks: Sequence[float]) -> tuple[Floats, Floats]:
    """Events in order of time, those of one instant as one with the sum of their weights.

    Raises ValueError when a time or weight is not finite, a weight is not positive, or the counts differ.
    """
    at, weights = np.asarray(times, dtype=np.float64), np.asarray(marks, dtype=np.float64)
    if at.shape != weights.shape or at.ndim != 1:
        raise ValueError("one weight for each time is needed")
    if not (np.isfinite(at).all() and np.isfinite(weights).all() and (weights > 0.0).all()):
        raise ValueError("times must be finite and weights positive and finite")
    if not at.size:
        return at, weights
    distinct, place = np.unique(at, return_inverse=True)
    return distinct, np.bincount(place, weights=weights).astype(np.float64)


def excitement(at: Floats, weights: Floats, beta: float) -> Floats:
    """What the events before each event have left just before it: the sum of their faded weights."""
    out = np.empty(at.size)
    carried, start = 0.0, 0
    while start < at.size:
        # Exponents stay in range within a stretch; the sum before it enters as one number.
        stop = int(np.searchsorted(at, at[start] + EXPONENT_MAX / beta, side="right"))
        grown = np.exp(beta * (at[start:stop] - at[start]))
        before = np.concatenate(([0.0], np.cumsum(weights[start:stop] * grown)))
        out[start:stop] = (carried + before[:-1]) / grown
        if stop < at.size:
            fade = beta * (float(at[stop]) - float(at[stop - 1]))
            left = float(out[stop - 1] + weights[stop - 1])
            carried = left * math.exp(-min(fade, EXPONENT_MAX))
        start = stop
    return out


def intensities(at: Floats, weights: Floats, mu: float, alpha: float, beta: float) -> Floats:
    """Intensity just before each event, in 1/s."""
    return np.asarray(mu + alpha * beta * excitement(at, weights, beta), dtype=np.float64)


def intensity_at(at: Floats, weights: Floats, now: float, mu: float, alpha: float, beta: float) -> float:
    """Intensity at ``now``, not before the last event, in 1/s."""
    return float(mu + alpha * beta * np.sum(weights * np.exp(-beta * np.maximum(now - at, 0.0))))


def compensator(at: Floats, weights: Floats, horizon_s: float, mu: float, alpha: float, beta: float) -> float:
    """Events expected from 0 to ``horizon_s`` given those that happened."""
    return float(mu * horizon_s + alpha * np.sum(weights * -np.expm1(-beta * (horizon_s - at))))


def log_likelihood(at: Floats, weights: Floats, horizon_s: float, mu: float, alpha: float, beta: float) -> float:
    """Log-likelihood of the events from 0 to ``horizon_s``; minus infinity for rates that cannot be."""
    if not (mu > 0.0 and alpha >= 0.0 and beta > 0.0):
        return -math.inf
    rates = intensities(at, weights, mu, alpha, beta)
    value = float(np.sum(np.log(rates))) - compensator(at, weights, horizon_s, mu, alpha, beta)
    return value if math.isfinite(value) else -math.inf


def fit_hawkes(times: Sequence[float], marks: Sequence[float] | None, horizon_s: float) -> HawkesFit | None:
    """The most likely process behind events at ``times`` in a watch of ``horizon_s``; None for fewer than 3.

    ``marks`` are weights; None gives every event a weight of 1. The parameters are searched as ln mu, logit of
    the branching ratio and ln beta from several starts. Raises ValueError for input that cannot be events of
    the watch.
    """
    at, weights = merged(times, marks if marks is not None else [1.0] * len(times))
    if not (0.0 < horizon_s < math.inf and (not at.size or (at[0] >= 0.0 and at[-1] <= horizon_s))):
        raise ValueError("events must lie within the watch")
    if at.size < 3:
        return None
    mean_weight = float(np.mean(weights))

    def objective(point: Floats) -> float:
        mu, alpha, beta = _unfolded(point, mean_weight)
        return -log_likelihood(at, weights, horizon_s, mu, alpha, beta)

    rate = at.size / horizon_s
    typical_s = max(float(np.median(np.diff(at))), 1e-6)
    starts = [np.array([math.log(rate * 0.5), 0.0, math.log(factor / typical_s)]) for factor in STARTS]
    best = min((_simplex(objective, start, SCOUTING_STEPS) for start in starts), key=objective)
    best = _simplex(objective, best, SIMPLEX_STEPS)
    mu, alpha, beta = _unfolded(best, mean_weight)
    distance, probability = goodness(at, weights, mu, alpha, beta)
    reach = _reach(objective, best)
    low, high = _unfolded(best - reach, mean_weight), _unfolded(best + reach, mean_weight)
    known = [bool(math.isfinite(width)) for width in reach]
    return HawkesFit(
        mu=_interval(mu, low[0], high[0], is_known=known[0]),
        alpha=_interval(alpha, low[1], high[1], is_known=known[1]),
        beta=_interval(beta, low[2], high[2], is_known=known[2]),
        branching=alpha * mean_weight,
        log_likelihood=log_likelihood(at, weights, horizon_s, mu, alpha, beta),
        events=int(at.size),
        horizon_s=horizon_s,
        distance=distance,
        probability=probability,
        is_enough=at.size >= EVENTS_NEEDED,
    )


def goodness(at: Floats, weights: Floats, mu: float, alpha: float, beta: float) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance of the rescaled gaps from unit exponentials, and its probability.

    In the time of the fitted process, in which one event is expected every second, true gaps are unit
    exponentials. The probability leaves out that the process was fitted to the same events: it is a little
    too kind.
    """
    left = excitement(at, weights, beta)
    gaps = np.diff(at)
    inner = (left[:-1] + weights[:-1]) * -np.expm1(-beta * gaps)
    rescaled = np.concatenate(([mu * at[0]], mu * gaps + alpha * inner))
    uniform = np.sort(-np.expm1(-rescaled))
    count = uniform.size
    steps = np.arange(count + 1) / count
    distance = float(max(np.max(steps[1:] - uniform), np.max(uniform - steps[:-1])))
    return distance, kolmogorov(distance, count)


def kolmogorov(distance: float, count: int) -> float:
    """Probability of a distance at least as large between ``count`` draws and their true law."""
    root = math.sqrt(count)
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return 1.0
    terms = (
        (-1.0) ** (term - 1) * math.exp(-2.0 * term * term * scaled * scaled) for term in range(1, KOLMOGOROV_TERMS)
    )
    return min(max(2.0 * math.fsum(terms), 0.0), 1.0)


def _unfolded(point: Floats, mean_weight: float) -> tuple[float, float, float]:
    """mu, alpha and beta of a point of the search."""
    log_mu, logit, log_beta = (float(value) for value in point)
    branching = BRANCHING_MAX / (1.0 + math.exp(-min(max(logit, -LOGIT_MAX), LOGIT_MAX)))
    return math.exp(min(log_mu, 50.0)), branching / mean_weight, math.exp(min(max(log_beta, -50.0), 50.0))


def _interval(value: float, low: float, high: float, *, is_known: bool) -> Interval:
    return Interval(value, low, high) if is_known else Interval(value, None, None)


def _reach(objective: Callable[[Floats], float], best: Floats) -> Floats:
    """Half-widths of the intervals of the search's coordinates, from the curvature; infinite where it is flat."""
    size = best.size
    curvature = np.empty((size, size))
    steps = np.eye(size) * CURVATURE_STEP
    for row in range(size):
        for column in range(size):
            corners = [objective(best + a * steps[row] + b * steps[column]) for a in (1, -1) for b in (1, -1)]
            curvature[row, column] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4.0 * CURVATURE_STEP**2)
    try:
        variance = np.diag(np.linalg.inv(curvature))
    except np.linalg.LinAlgError:
        return np.full(size, math.inf)
    finite = np.isfinite(variance) & (variance > 0.0)
    return np.where(finite, Z_975 * np.sqrt(np.where(finite, variance, 1.0)), math.inf)


def _simplex(objective: Callable[[Floats], float], start: Floats, steps: int) -> Floats:
    """The minimum by the simplex of Nelder and Mead."""
    points = [start, *(start + SIMPLEX_STEP * axis for axis in np.eye(start.size))]
    values = [objective(point) for point in points]
    for _ in range(steps):
        order = np.argsort(values)
        points, values = [points[i] for i in order], [values[i] for i in order]
        if values[-1] - values[0] <= SIMPLEX_TOLERANCE:
            break
        centre = np.mean(points[:-1], axis=0)
        reflected = centre + (centre - points[-1])
        at_reflected = objective(reflected)
        if at_reflected < values[0]:
            stretched = centre + 2.0 * (centre - points[-1])
            at_stretched = objective(stretched)
            chosen = (stretched, at_stretched) if at_stretched < at_reflected else (reflected, at_reflected)
        elif at_reflected < values[-2]:
            chosen = (reflected, at_reflected)
        else:
            towards = reflected if at_reflected < values[-1] else points[-1]
            drawn = centre + 0.5 * (towards - centre)
            at_drawn = objective(drawn)
            if not at_drawn < min(at_reflected, values[-1]):
                points = [points[0], *(points[0] + 0.5 * (point - points[0]) for point in points[1:])]
                values = [values[0], *(objective(point) for point in points[1:])]
                continue
            chosen = (drawn, at_drawn)
        points[-1], values[-1] = chosen
    return points[int(np.argmin(values))]
