"""The Gamma law: its distribution function, its quantiles, and 95 % intervals as factors of the mean.

Owns special functions only. Nothing here raises or returns a non-finite number for a positive shape.
"""

import functools
import math

Z_975 = 1.959963984540054
TERMS_MAX = 2000
STEPS_MAX = 60
PRECISION = 1e-15
STEP_PRECISION = 1e-12
# Above this shape the cube-root approximation is closer than one part in two thousand.
SHAPE_EXACT_MAX = 20.0
MEMO_STEPS = 10.0


def gamma_cdf(x: float, shape: float) -> float:
    """Probability that a Gamma variable of unit rate is at most ``x``."""
    if not x > 0.0:
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1.0:
        return min(scale * _series(x, shape), 1.0)
    return max(1.0 - scale * _fraction(x, shape), 0.0)


def gamma_quantile(probability: float, z: float, shape: float) -> float:
    """The ``x`` below which a Gamma variable of unit rate lies with ``probability``.

    ``z`` is the standard normal quantile of the same probability, from which the search starts.
    """
    x = shape * cube_root_factor(z, shape)
    low, high = 0.0, math.inf
    for _ in range(STEPS_MAX):
        error = gamma_cdf(x, shape) - probability
        if error > 0.0:
            high = x
        else:
            low = x
        density = math.exp((shape - 1.0) * math.log(x) - x - math.lgamma(shape))
        step = x - error / density if density > 0.0 else 0.0
        if not low < step < high:
            step = (low + high) / 2.0 if high < math.inf else 2.0 * x
        if abs(step - x) <= STEP_PRECISION * x:
            return step
        x = step
    return x


def cube_root_factor(z: float, shape: float) -> float:
    """Quantile over mean after Wilson and Hilferty: the cube root of a Gamma variable is nearly normal."""
    root = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * math.sqrt(shape))
    return max(root, 0.01) ** 3


def interval_factors(shape: float) -> tuple[float, float]:
    """Lower and upper end of the 95 % interval of a Gamma posterior over its mean.

    Shapes up to 20 are solved at the nearest tenth, so that each is solved once; for shapes of 5 and
    more the error stays below 0.5 %.
    """
    if shape > SHAPE_EXACT_MAX:
        return cube_root_factor(-Z_975, shape), cube_root_factor(Z_975, shape)
    return _exact_factors(max(round(shape * MEMO_STEPS), 1))


@functools.cache
def _exact_factors(tenths: int) -> tuple[float, float]:
    shape = tenths / MEMO_STEPS
    return gamma_quantile(0.025, -Z_975, shape) / shape, gamma_quantile(0.975, Z_975, shape) / shape


def _series(x: float, shape: float) -> float:
    term = total = 1.0 / shape
    for n in range(1, TERMS_MAX):
        term *= x / (shape + n)
        total += term
        if term < total * PRECISION:
            break
    return total


def _fraction(x: float, shape: float) -> float:
    tiny = 1e-300
    b = x + 1.0 - shape
    c = 1.0 / tiny
    d = 1.0 / b
    total = d
    for n in range(1, TERMS_MAX):
        a = -n * (n - shape)
        b += 2.0
        d = a * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        change = d * c
        total *= change
        if abs(change - 1.0) < PRECISION:
            break
    return total
