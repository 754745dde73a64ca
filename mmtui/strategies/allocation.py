"""How a side's size is best spread over its levels: five answers to one question, as pure functions.

``values`` are what a unit of size earns at a level each second (fill rate times edge, a fraction of price per
second); sizes, caps and budgets are all in one unit of size, whichever. A level that earns nothing gets nothing.
Knows no prices' grid and no venue. Source: models.md 2.11 and 2.12.
"""

import enum
import math
from collections.abc import Callable, Sequence

import msgspec

VARIANCE_MIN = 1e-12


class SizeMode(enum.Enum):
    """How sizes fall from level to level."""

    GEOMETRIC = "geometric"
    PROPORTIONAL = "proportional"
    LP = "lp"
    VARIATIONAL = "variational"
    KELLY = "kelly"


class Kelly(msgspec.Struct, frozen=True):
    """Settings of the stochastic Kelly rule: share of the full bet, deviations taken off the edge, horizons.

    ``edge_sd`` and ``adverse_sd`` are fractions: how uncertain the edge is, and how much one fill's adverse
    move varies.
    """

    fraction: float = 0.25
    deviations: float = 0.5
    horizon_s: float = 60.0
    queue_s: float = 10.0
    edge_sd: float = 0.5e-4
    adverse_sd: float = 1e-4


class Allocation(msgspec.Struct, frozen=True, gc=False):
    """Size of each level, and the marginal worth at which the last unit was placed (0 where the caps bind)."""

    sizes: tuple[float, ...]
    marginal: float


def fill_rate(intensity: float, kappa: float, distance: float) -> float:
    """Fills a second of a level at ``distance``, a fraction. Source: models.md 0.1."""
    return intensity * math.exp(-kappa * distance)


def expected_income(values: Sequence[float], sizes: Sequence[float], mean_order: float) -> float:
    """Concave worth of ``sizes`` when market orders are exponential with mean ``mean_order``, per second."""
    worth = (value * mean_order * -math.expm1(-size / mean_order) for value, size in zip(values, sizes, strict=True))
    return math.fsum(worth)


def proportional(values: Sequence[float], budget: float, cap: float) -> tuple[float, ...]:
    """Sizes in proportion to what levels earn; what a cap leaves over goes to the others alike."""
    sizes = [0.0] * len(values)
    open_levels = [i for i, value in enumerate(values) if value > 0.0]
    left = budget
    while open_levels:
        total = math.fsum(values[i] for i in open_levels)
        full = [i for i in open_levels if left * values[i] / total >= cap]
        if not full:
            for i in open_levels:
                sizes[i] = left * values[i] / total
            break
        for i in full:
            sizes[i] = cap
        left -= cap * len(full)
        open_levels = [i for i in open_levels if i not in full]
    return tuple(sizes)


def linear(values: Sequence[float], prices: Sequence[float], budget: float, cap: float) -> tuple[float, ...]:
    """Everything to the level that earns most for its price, up to the cap, then to the next best."""
    sizes = [0.0] * len(values)
    left = budget
    for i in sorted(range(len(values)), key=lambda i: (-values[i] / prices[i], i)):
        if not (values[i] > 0.0 and left > 0.0):
            break
        sizes[i] = min(cap, left)
        left -= sizes[i]
    return tuple(sizes)


def variational(values: Sequence[float], mean_order: float, budget: float, cap: float) -> Allocation:
    """Sizes that maximise ``expected_income`` within the budget and the caps. Source: models.md (2.12).

    A level's last unit earns the same at every level that is neither empty nor full. The sum of the sizes is
    linear between the points where a level opens or fills, so the solution is found without iterating.
    """
    logs = [math.log(value) if value > 0.0 else -math.inf for value in values]
    earning = [log for log in logs if log > -math.inf]
    full = Allocation(tuple(cap if log > -math.inf else 0.0 for log in logs), 0.0)
    if cap * len(earning) <= budget:
        return full
    depth = cap / mean_order
    # From the top down: each level opens at its log and is full one depth below.
    turns = sorted([(log, 1) for log in earning] + [(log - depth, -1) for log in earning], reverse=True)
    target = budget / mean_order
    filled, opened, level = 0.0, 0, turns[0][0]
    for turn, change in turns:
        gained = opened * (level - turn)
        if filled + gained >= target and opened:
            break
        filled, level, opened = filled + gained, turn, opened + change
    if not opened:
        return full
    level -= (target - filled) / opened
    sizes = tuple(min(max(mean_order * (log - level), 0.0), cap) for log in logs)
    return Allocation(sizes, math.exp(level))


def kelly_variance(sigma: float, settings: Kelly) -> float:
    """Variance of what a fill earns: diffusion while it is held, and the move after it."""
    return sigma * sigma * settings.horizon_s + settings.adverse_sd * settings.adverse_sd


def kelly_bets(edges: Sequence[float], sigma: float, settings: Kelly) -> tuple[float, ...]:
    """Share of the equity that each level's edge (a fraction of price) deserves on its own."""
    variance = max(kelly_variance(sigma, settings), VARIANCE_MIN)
    taken_off = settings.deviations * settings.edge_sd
    return tuple(settings.fraction * max(0.0, edge - taken_off) / variance for edge in edges)


def fill_chance(rate: float, horizon_s: float) -> float:
    """Chance of at least one fill within ``horizon_s`` at ``rate`` per second."""
    return -math.expm1(-rate * horizon_s)


def kelly(
    bets: Sequence[float], chances: Sequence[float], equity: float, budget: float, cap: float
) -> tuple[float, ...]:
    """Sizes weighted by chance of a fill times bet, none above its bet; ``equity`` in units of size, 0 unknown."""
    weights = [chance * bet for chance, bet in zip(chances, bets, strict=True)]
    total = math.fsum(weights)
    if not total > 0.0:
        return (0.0,) * len(weights)
    shares = (budget * weight / total for weight in weights)
    if not equity > 0.0:
        return tuple(min(share, cap) for share in shares)
    return tuple(min(bet * equity, share, cap) for bet, share in zip(bets, shares, strict=True))


def with_minimum(
    allocate: Callable[[Sequence[float]], Sequence[float]], values: Sequence[float], least: Sequence[float]
) -> tuple[float, ...]:
    """Sizes that are nothing or at least ``least``: the level that earns least of the small ones goes, and again."""
    kept = list(values)
    while True:
        sizes = allocate(kept)
        small = [i for i, size in enumerate(sizes) if 0.0 < size < least[i]]
        if not small:
            return tuple(sizes)
        kept[min(small, key=lambda i: (kept[i], -i))] = 0.0
