"""Effective risk aversion: how gamma answers volatility, jumps, inventory, cascades and the spread.

Every multiplier is a pure function, 1 in a normal market and 1 for an input that is not a number. The
only state is the rate limit. Market multipliers (volatility, jumps, order flow, spread regime, tail)
are kept apart from the inventory multiplier: the first widen both sides, the second steepens the skew
and widens only the side that would increase the position. Source: models.md 5.
"""

import enum
import math

import msgspec

from mmtui.domain.estimates import Estimates
from mmtui.domain.parameters import Settings
from mmtui.strategies.bounds import clip

TIGHT_PERCENTILE = 0.25
WIDE_PERCENTILE = 0.75
TIGHT_MULTIPLIER = 0.8
WIDE_MULTIPLIER = 1.5
RISE_PER_S_MAX = 2.0
FALL_PER_S_MAX = 1.1
STEP_S_MAX = 60.0
TAIL_STEPS = ((0.8, 5.0), (0.5, 2.5), (0.3, 1.5))


class TailMode(enum.Enum):
    """How the tail multiplier follows cascade severity."""

    CONTINUOUS = "continuous"
    STEPS = "steps"


class Ramp(msgspec.Struct, frozen=True, gc=False):
    """A multiplier that is 1 up to ``threshold`` and then rises by ``slope`` per unit, to ``ceiling``."""

    threshold: float
    slope: float
    ceiling: float

    def multiplier(self, value: float) -> float:
        """The multiplier at ``value``; 1 for anything not finite."""
        excess = value - self.threshold
        if not 0.0 < excess < math.inf:
            return 1.0
        return clip(1.0 + self.slope * excess, 1.0, self.ceiling)


HAWKES = Ramp(1.0, 0.25, 2.0)


class InventoryRamp(msgspec.Struct, frozen=True, gc=False):
    """Quadratic rise from ``threshold`` of utilisation to ``1 + sensitivity`` at a full position."""

    threshold: float
    sensitivity: float

    def multiplier(self, utilisation: float) -> float:
        """The multiplier at a signed or unsigned utilisation, flat beyond 1."""
        excess = min(abs(utilisation), 1.0) - self.threshold
        if not excess > 0.0:
            return 1.0
        share = excess / (1.0 - self.threshold)
        return 1.0 + self.sensitivity * share * share


class Tail(msgspec.Struct, frozen=True, gc=False):
    """Answer to a liquidation cascade."""

    base: float
    sensitivity: float
    knee: float
    ceiling: float
    mode: TailMode = TailMode.CONTINUOUS

    def multiplier(self, severity: float) -> float:
        """The multiplier at a severity of 0 to 1."""
        if self.mode is TailMode.STEPS:
            return next((min(step, self.ceiling) for level, step in TAIL_STEPS if severity >= level), 1.0)
        excess = severity - self.knee
        rise = 1.0 + self.sensitivity * excess if 0.0 < excess < math.inf else 1.0
        return clip(self.base * rise, 1.0, self.ceiling)


def spread_multiplier(percentile: float) -> float:
    """Multiplier of the spread regime; ``percentile`` of the market spread from 0 to 1."""
    if 0.0 <= percentile < TIGHT_PERCENTILE:
        return TIGHT_MULTIPLIER
    if WIDE_PERCENTILE < percentile <= 1.0:
        return WIDE_MULTIPLIER
    return 1.0


class GammaSettings(msgspec.Struct, frozen=True):
    """The settings of dynamic gamma."""

    base: float
    low: float
    high: float
    sigma_baseline: float
    volatility: Ramp
    toxicity: Ramp
    inventory: InventoryRamp
    tail: Tail

    @classmethod
    def from_settings(cls, settings: Settings) -> "GammaSettings":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            base=number("trading.risk_aversion"),
            low=number("risk.gamma_min"),
            high=number("risk.gamma_max"),
            sigma_baseline=number("risk.sigma_baseline"),
            volatility=Ramp(1.0, number("risk.volatility_weight"), number("risk.max_volatility_multiplier")),
            toxicity=Ramp(
                number("risk.toxicity_threshold"),
                number("risk.toxicity_sensitivity"),
                number("risk.max_toxicity_multiplier"),
            ),
            inventory=InventoryRamp(number("risk.inventory_threshold"), number("risk.inventory_sensitivity")),
            tail=Tail(
                number("risk.tail_risk_base"),
                number("risk.tail_risk_sensitivity"),
                number("risk.tail_risk_knee"),
                number("risk.max_tail_risk_multiplier"),
                TailMode(settings.text("risk.tail_risk_mode")),
            ),
        )


class Multipliers(msgspec.Struct, frozen=True, gc=False):
    """All multipliers of one moment; ``flow`` is volatility, jumps and order-flow activity together."""

    flow: float
    regime: float
    tail: float
    inventory: float

    @property
    def market(self) -> float:
        """Product without inventory."""
        return self.flow * self.regime * self.tail


def multipliers(estimates: Estimates, utilisation: float, settings: GammaSettings) -> Multipliers:
    """Every multiplier of (5.1) at one moment."""
    signals = estimates.signals
    return Multipliers(
        settings.volatility.multiplier(estimates.sigma_effective.value / settings.sigma_baseline)
        * settings.toxicity.multiplier(estimates.jump_ratio.value)
        * HAWKES.multiplier(signals.hawkes_ratio),
        spread_multiplier(signals.spread_percentile),
        settings.tail.multiplier(signals.cascade_severity),
        settings.inventory.multiplier(utilisation),
    )


class Gamma(msgspec.Struct, frozen=True, gc=False):
    """Effective gamma: ``total`` acts on the skew, ``market`` leaves the inventory multiplier out.

    ``after_flow`` and ``after_regime`` are the intermediate values on the way from ``base`` to
    ``market``, so that a widening can be split by cause.
    """

    base: float
    after_flow: float
    after_regime: float
    market: float
    total: float
    tail_multiplier: float


class RateLimit:
    """Keeps a factor from rising more than twofold or falling more than 1.1-fold a second."""

    __slots__ = ("_at", "_boost", "_is_held", "_value")

    def __init__(self) -> None:
        self._value = 0.0
        self._at = 0.0
        self._boost = 1.0
        self._is_held = False

    def limit(self, now: float, target: float, boost: float = 1.0) -> float:
        """The factor allowed at ``now`` (s); a rise of ``boost`` since the last call is not limited."""
        if self._value <= 0.0:
            self._value = target
        elif target != self._value:
            step_s = clip(now - self._at, 0.0, STEP_S_MAX)
            ceiling = self._value * RISE_PER_S_MAX**step_s * max(1.0, boost / self._boost)
            self._value = clip(target, self._value / FALL_PER_S_MAX**step_s, ceiling)
        self._at = max(now, self._at)
        self._boost = boost
        self._is_held = self._value != target
        return self._value

    def rest(self, now: float) -> bool:
        """Let time pass with the same target; False while the factor is still on its way to it."""
        if self._is_held:
            return False
        self._at = max(now, self._at)
        return True


class GammaState:
    """Dynamic gamma over time: the multipliers, their bounds and the rate limits."""

    __slots__ = ("_factors", "_gamma", "_market", "_settings", "_total")

    def __init__(self) -> None:
        self._market = RateLimit()
        self._total = RateLimit()
        self._factors: Multipliers | None = None
        self._settings: GammaSettings | None = None
        self._gamma: Gamma | None = None

    def update(self, now: float, factors: Multipliers, settings: GammaSettings) -> Gamma:
        """Effective gamma at ``now``; an edit of the base acts at once."""
        kept = self._gamma
        if kept is not None and factors == self._factors and settings is self._settings and self._is_settled(now):
            return kept
        base, low, high = settings.base, settings.low, settings.high
        wanted = factors.market
        market = base * self._market.limit(now, clip(base * wanted, low, high) / base, factors.tail)
        total = base * self._total.limit(now, clip(base * wanted * factors.inventory, low, high) / base, factors.tail)
        lag = market / (base * wanted)
        after_flow = clip(base * factors.flow * lag, low, high) if wanted != 1.0 or lag != 1.0 else base
        after_regime = clip(after_flow * factors.regime, low, high)
        gamma = Gamma(base, after_flow, after_regime, market, total, factors.tail)
        self._factors, self._settings, self._gamma = factors, settings, gamma
        return gamma

    def _is_settled(self, now: float) -> bool:
        """Whether neither limit holds anything back; notes the time for the next change."""
        return self._market.rest(now) and self._total.rest(now)
