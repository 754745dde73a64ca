"""Kappa and A from the farthest reach of each interval: a second opinion on the posteriors.

Owns the likelihood of interval maxima, cut off at the touch, and its solution by Newton steps in
(ln A, ln kappa). One over the mean of maxima is biased low, by half at five orders an interval; this
is not. Knows nothing of sides, clocks or orders. Source: models.md 6.5, equation (6.2).
"""

import math

import msgspec

from mmtui.estimators.arrivals.gamma_law import Z_975

STEPS_MAX = 25
STEP_MAX = 1.0
CONVERGED = 1e-10
REACHED_MIN = 3
KAPPA_LOW, KAPPA_HIGH = 1.0, 1e6
INTENSITY_LOW, INTENSITY_HIGH = 1e-9, 1e6
HALVINGS_MAX = 12
EXPONENT_MAX = 50.0


class Maxima(msgspec.Struct, frozen=True, gc=False):
    """Farthest reaches beyond the floor, one an interval of ``interval_s``, and how many intervals had none.

    Reaches and ``floor`` are fractions.
    """

    reaches: tuple[float, ...]
    silent: int
    interval_s: float
    floor: float


class GumbelFit(msgspec.Struct, frozen=True, gc=False):
    """The most likely A (1/s) and kappa (1/fraction), their relative standard errors, and what they rest on."""

    intensity: float
    kappa: float
    intensity_error: float
    kappa_error: float
    reached: int
    intervals: int

    def kappa_interval(self) -> tuple[float, float]:
        """95 % interval of kappa."""
        return _interval(self.kappa, self.kappa_error)

    def intensity_interval(self) -> tuple[float, float]:
        """95 % interval of A."""
        return _interval(self.intensity, self.intensity_error)


def log_likelihood(data: Maxima, intensity: float, kappa: float) -> float:
    """Log-likelihood of (6.2) at A and kappa, both positive."""
    count = len(data.reaches)
    scale = math.log(intensity) + math.log(kappa) + math.log(data.interval_s)
    tail, _, _ = _tail_sums(data, kappa)
    return count * scale - kappa * math.fsum(data.reaches) - intensity * data.interval_s * tail


def gumbel_fit(data: Maxima, start: GumbelFit | None = None) -> GumbelFit | None:
    """The maximum of (6.2), from ``start`` where one is known; None with too little to tell or without end.

    Costs one pass over the reaches a step, a handful of steps from a start nearby.
    """
    count = len(data.reaches)
    excess = math.fsum(data.reaches) - count * data.floor
    if count < REACHED_MIN or not excess > 0.0:
        return None
    # One over the mean excess is low where intervals hold several orders; Newton goes on from there.
    kappa = start.kappa if start is not None else count / excess
    kappa = min(max(kappa, KAPPA_LOW), KAPPA_HIGH, EXPONENT_MAX / min(data.reaches))
    tail, _, _ = _tail_sums(data, kappa)
    log_a = math.log(count / (data.interval_s * tail))
    log_k = math.log(kappa)
    for _ in range(STEPS_MAX):
        step = _newton_step(data, log_a, log_k)
        if step is None:
            return None
        log_a, log_k = _uphill(data, (log_a, log_k), step)
        if abs(step[0]) + abs(step[1]) < CONVERGED:
            return _fit_at(data, log_a, log_k)
    return None


def _newton_step(data: Maxima, log_a: float, log_k: float) -> tuple[float, float] | None:
    """Step in (ln A, ln kappa), along the gradient where the surface is not concave."""
    grad_a, grad_k, h_aa, h_ak, h_kk = _slopes(data, log_a, log_k)
    det = h_aa * h_kk - h_ak * h_ak
    if h_aa < 0.0 and det > 0.0:
        step_a = -(h_kk * grad_a - h_ak * grad_k) / det
        step_k = -(h_aa * grad_k - h_ak * grad_a) / det
    else:
        step_a, step_k = grad_a, grad_k
    size = max(abs(step_a), abs(step_k))
    if not size < math.inf:
        return None
    damping = min(1.0, STEP_MAX / size) if size > 0.0 else 1.0
    return step_a * damping, step_k * damping


def _uphill(data: Maxima, at: tuple[float, float], step: tuple[float, float]) -> tuple[float, float]:
    """The step, halved until the likelihood does not fall; near the top every step is taken whole."""
    if abs(step[0]) + abs(step[1]) < 1e-4:
        return _bounded(at[0] + step[0], at[1] + step[1])
    before = log_likelihood(data, math.exp(at[0]), math.exp(at[1]))
    share = 1.0
    for _ in range(HALVINGS_MAX):
        to = _bounded(at[0] + share * step[0], at[1] + share * step[1])
        if log_likelihood(data, math.exp(to[0]), math.exp(to[1])) >= before:
            return to
        share /= 2.0
    return at


def _bounded(log_a: float, log_k: float) -> tuple[float, float]:
    return (
        min(max(log_a, math.log(INTENSITY_LOW)), math.log(INTENSITY_HIGH)),
        min(max(log_k, math.log(KAPPA_LOW)), math.log(KAPPA_HIGH)),
    )


def _fit_at(data: Maxima, log_a: float, log_k: float) -> GumbelFit | None:
    """The fit with its errors from the curvature; None where the maximum is at a bound or flat."""
    _, _, h_aa, h_ak, h_kk = _slopes(data, log_a, log_k)
    det = h_aa * h_kk - h_ak * h_ak
    if not (h_aa < 0.0 and det > 0.0):
        return None
    kappa = math.exp(log_k)
    if not KAPPA_LOW * 1.01 < kappa < KAPPA_HIGH * 0.99:
        return None
    count = len(data.reaches)
    return GumbelFit(
        intensity=math.exp(log_a),
        kappa=kappa,
        intensity_error=math.sqrt(-h_kk / det),
        kappa_error=math.sqrt(-h_aa / det),
        reached=count,
        intervals=count + data.silent,
    )


def _slopes(data: Maxima, log_a: float, log_k: float) -> tuple[float, float, float, float, float]:
    """Gradient and Hessian of (6.2) in (ln A, ln kappa)."""
    count, kappa = len(data.reaches), math.exp(log_k)
    rate = math.exp(log_a) * data.interval_s
    tail, first, second = _tail_sums(data, kappa)
    grad_a = count - rate * tail
    grad_k = count - kappa * math.fsum(data.reaches) + rate * kappa * first
    cross = rate * kappa * first
    h_kk = -kappa * math.fsum(data.reaches) + cross - rate * kappa * kappa * second
    return grad_a, grad_k, -rate * tail, cross, h_kk


def _tail_sums(data: Maxima, kappa: float) -> tuple[float, float, float]:
    """Sums of e^(-kappa x), x e^(-kappa x) and x^2 e^(-kappa x), silent intervals at the floor."""
    floor = data.floor
    weight = data.silent * math.exp(-kappa * floor)
    tail, first, second = weight, weight * floor, weight * floor * floor
    exp = math.exp
    for reach in data.reaches:
        share = exp(-kappa * reach)
        tail += share
        share *= reach
        first += share
        second += share * reach
    return tail, first, second


def _interval(value: float, error: float) -> tuple[float, float]:
    factor = math.exp(min(Z_975 * error, 20.0))
    return value / factor, value * factor
