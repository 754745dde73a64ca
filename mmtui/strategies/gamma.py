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
from mmtui.domain.parameters.checks import hours_of
from mmtui.strategies.bounds import clip

SECONDS_AN_HOUR = 3600.0
HOURS_A_DAY = 24
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


class SpreadRegime(msgspec.Struct, frozen=True, gc=False):
    """A multiplier for a market spread that is tight, and one for a wide one; percentiles from 0 to 1."""

    tight_below: float
    wide_above: float
    tight: float
    wide: float

    def multiplier(self, percentile: float) -> float:
        """The multiplier at a percentile of the market spread; 1 for anything outside 0 to 1."""
        if 0.0 <= percentile < self.tight_below:
            return self.tight
        if self.wide_above < percentile <= 1.0:
            return self.wide
        return 1.0


class ToxicHours(msgspec.Struct, frozen=True):
    """A multiplier for hours of the UTC day; without hours it is always 1."""

    hours: frozenset[int]
    ceiling: float

    def multiplier(self, now: float) -> float:
        """The multiplier at an engine second."""
        if not self.hours or not 0.0 <= now < math.inf:
            return 1.0
        return self.ceiling if int(now // SECONDS_AN_HOUR) % HOURS_A_DAY in self.hours else 1.0


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
    hawkes: Ramp
    regime: SpreadRegime
    toxic_hours: ToxicHours
    pace: "Pace"

    @classmethod
    def from_settings(cls, settings: Settings) -> "GammaSettings":
        """Read the schema's rows."""
        number = settings.number
        hours = hours_of(settings.text("risk.toxic_hours_utc")) if settings.flag("risk.tod_enabled") else None
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
            hawkes=Ramp(1.0, number("risk.hawkes_activity_weight"), number("risk.max_hawkes_multiplier")),
            regime=SpreadRegime(
                number("risk.spread_tight_percentile"),
                number("risk.spread_wide_percentile"),
                number("risk.spread_regime_tight_mult"),
                number("risk.spread_regime_wide_mult"),
            ),
            toxic_hours=ToxicHours(hours or frozenset(), number("risk.toxic_hour_mult")),
            pace=Pace(number("risk.gamma_rise_max"), number("risk.gamma_fall_max")),
        )


class Multipliers(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All multipliers of one moment, each 1 when it has nothing to say."""

    volatility: float = 1.0
    toxicity: float = 1.0
    hawkes: float = 1.0
    hour: float = 1.0
    regime: float = 1.0
    tail: float = 1.0
    inventory: float = 1.0

    @property
    def flow(self) -> float:
        """Volatility, jumps, order-flow activity and the hour together."""
        return self.volatility * self.toxicity * self.hawkes * self.hour

    @property
    def market(self) -> float:
        """Product without inventory."""
        return self.flow * self.regime * self.tail


CALM = Multipliers()


def multipliers(estimates: Estimates, utilisation: float, settings: GammaSettings, now: float) -> Multipliers:
    """Every multiplier of (5.1) at one moment; ``now`` in engine seconds, for the hour of the day."""
    signals = estimates.signals
    return Multipliers(
        volatility=settings.volatility.multiplier(estimates.sigma_effective.value / settings.sigma_baseline),
        toxicity=settings.toxicity.multiplier(estimates.jump_ratio.value),
        hawkes=settings.hawkes.multiplier(signals.hawkes_ratio),
        hour=settings.toxic_hours.multiplier(now),
        regime=settings.regime.multiplier(signals.spread_percentile),
        tail=settings.tail.multiplier(signals.cascade_severity),
        inventory=settings.inventory.multiplier(utilisation),
    )


def unusable_inputs(estimates: Estimates) -> tuple[str, ...]:
    """The inputs that are not finite numbers, whose multipliers are therefore 1."""
    signals = estimates.signals
    inputs = {
        "sigma_effective": estimates.sigma_effective.value,
        "jump_ratio": estimates.jump_ratio.value,
        "hawkes_ratio": signals.hawkes_ratio,
        "spread_percentile": signals.spread_percentile,
        "cascade_severity": signals.cascade_severity,
    }
    return tuple([name for name, value in inputs.items() if not math.isfinite(value)])


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
    factors: Multipliers


class Pace(msgspec.Struct, frozen=True, gc=False):
    """Most that a factor may be multiplied or divided by within a second."""

    rise: float
    fall: float


class RateLimit:
    """Keeps a factor from rising or falling faster than its pace."""

    __slots__ = ("_at", "_boost", "_is_held", "_value")

    def __init__(self) -> None:
        self._value = 0.0
        self._at = 0.0
        self._boost = 1.0
        self._is_held = False

    def limit(self, now: float, target: float, pace: Pace, boost: float = 1.0) -> float:
        """The factor allowed at ``now`` (s); a rise of ``boost`` since the last call is not limited."""
        if self._value <= 0.0:
            self._value = target
        elif target != self._value:
            step_s = clip(now - self._at, 0.0, STEP_S_MAX)
            ceiling = self._value * pace.rise**step_s * max(1.0, boost / self._boost)
            self._value = clip(target, self._value / pace.fall**step_s, ceiling)
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
        base, low, high, pace = settings.base, settings.low, settings.high, settings.pace
        wanted, tail = factors.market, factors.tail
        market = base * self._market.limit(now, clip(base * wanted, low, high) / base, pace, tail)
        total = base * self._total.limit(now, clip(base * wanted * factors.inventory, low, high) / base, pace, tail)
        lag = market / (base * wanted)
        after_flow = clip(base * factors.flow * lag, low, high) if wanted != 1.0 or lag != 1.0 else base
        after_regime = clip(after_flow * factors.regime, low, high)
        gamma = Gamma(base, after_flow, after_regime, market, total, factors)
        self._factors, self._settings, self._gamma = factors, settings, gamma
        return gamma

    def _is_settled(self, now: float) -> bool:
        """Whether neither limit holds anything back; notes the time for the next change."""
        return self._market.rest(now) and self._total.rest(now)
