"""What the estimators have learned, in a shape that outlives the process.

Owns the shapes, their version, and the check that every number in them can have been learned. Volatility,
arrivals, the volume clock, the cost of fills and the warm-up counts are kept. Not kept: the book, whose
confirmation is never inherited, the slopes of the microprice, which are those of the last minute, and the
severity of a cascade, which would be over. Source: reliability G6.
"""

from typing import TypeAlias

import msgspec

from mmtui.estimators.adverse.memory import AdverseMemory
from mmtui.estimators.carry.memory import CarryMemory

VERSION = 1
COUNT_MAX = 2**53
CELLS_MAX = 100_000
SIZES_MAX = 1_000
# Beyond any time, volume or weight that can be; squares and quotients of such numbers stay finite.
NUMBER_MAX = 1e18

Weights: TypeAlias = tuple[float, float, float]


class VolatilityMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Averages over ticks as sum, weight and squared weight, and the regimes read off them."""

    realised: Weights
    bipower: Weights
    duration: Weights
    trades: Weights
    returns: int
    sigma_last: float
    regime: int
    is_toxic: bool


class ClockMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Volume by second, the last sizes, and the bucket's target."""

    cells: tuple[tuple[float, float], ...]
    sizes: tuple[float, ...]
    threshold: float
    first_at: float
    last_at: float
    has_ticked: bool


class ReachMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that hit one side, as remembered ``at`` a time in s; without ``squares`` each weighed 1."""

    at: float
    reached: float
    excess: float
    events: float
    exposure_s: float
    updated_at: float
    squares: float | None = None


class CostMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What fills of one side cost."""

    from_mid: Weights
    from_fair: Weights
    squares: Weights


class JumpMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Jumps, the time watched, and their sizes and squared sizes."""

    jumps: float
    watched_s: float
    signed_sizes: Weights
    squares: Weights


class VarianceMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Moments of the variance's samples and of the samples before them."""

    pairs: int
    weight: float
    mean: float
    mean_before: float
    square: float
    square_before: float
    signed_product: float


class TouchMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Volume by episode of a touched price, and sums and weights of order sizes, by side."""

    bid: Weights
    ask: Weights
    orders_bid: tuple[float, float]
    orders_ask: tuple[float, float]


class PanelMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Everything kept; ``at`` is the last market event, ``horizon_s`` that of the costs."""

    at: float
    coin: str
    ticks: int
    trades: int
    observations: int
    ticked_at: float
    reach_floor: float
    volatility: VolatilityMemory
    clock: ClockMemory | None
    bid: ReachMemory | None
    ask: ReachMemory | None
    horizon_s: float
    buys: CostMemory
    sells: CostMemory
    version: int = VERSION
    adverse: AdverseMemory | None = None
    jumps: JumpMemory | None = None
    variance: VarianceMemory | None = None
    carry: CarryMemory | None = None
    touch: TouchMemory | None = None


def is_sound(memory: PanelMemory, coin: str) -> bool:
    """Whether a memory is of this market and version and every number in it can be."""
    if memory.version != VERSION or memory.coin != coin:
        return False
    clock = memory.clock
    if clock is not None and not (len(clock.cells) <= CELLS_MAX and 0 < len(clock.sizes) <= SIZES_MAX):
        return False
    counts = (memory.ticks, memory.trades, memory.observations, memory.volatility.returns)
    if not (all(0 <= count <= COUNT_MAX for count in counts) and memory.volatility.regime in (0, 1, 2)):
        return False
    return memory.volatility.sigma_last > 0.0 and _are_weights(msgspec.to_builtins(memory))


def _are_weights(value: object) -> bool:
    """No number is negative or beyond what can be, but for sums of what has a sign: a cost may be a gain."""
    if isinstance(value, dict):
        return all(_are_weights(inner) or (key in _SIGNED and _can_be(inner)) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(_are_weights(inner) for inner in value)
    return not isinstance(value, float | int) or 0.0 <= value <= NUMBER_MAX


_SIGNED = frozenset(
    {"from_mid", "from_fair", "costs", "signed_sizes", "signed_product", "premium_total", "outlook_sum"}
)


def _can_be(value: object) -> bool:
    if isinstance(value, float | int):
        return -NUMBER_MAX <= value <= NUMBER_MAX
    return isinstance(value, list | tuple) and all(isinstance(one, float | int) and _can_be(one) for one in value)
