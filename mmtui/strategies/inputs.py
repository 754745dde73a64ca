"""What a quoting model reads: its settings, and the market as its formulas want it.

Owns the step from estimates to flows, volatility and costs in sane ranges. Prices nothing. Source: models.md
1.3, 2.1, 2.3 and 7.4.
"""

import enum
import math

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.arrivals.order_size import LotConsistency, arrival_share
from mmtui.estimators.volatility.stochastic import average
from mmtui.strategies import glft
from mmtui.strategies.bounds import clip
from mmtui.strategies.quote import QuoteContext

INTENSITY_MIN = 1e-4
INTENSITY_MAX = 20.0
SIGMA_MAX = 1e-2


class ModelMode(enum.Enum):
    """Which formulas make the half-spread and the skew."""

    GLFT = "glft"
    EXACT = "glft_exact"
    HORIZON = "as_horizon"
    LITERAL = "literal"


class LiteralHorizon(enum.Enum):
    """What the documents' T is taken to be."""

    VOLUME_CLOCK = "volume_clock"
    HOLDING = "holding"
    MAX = "max"


class ModelSettings(msgspec.Struct, frozen=True):
    """The settings of the model; kappas in 1/fraction, sigma in fraction per root second."""

    mode: ModelMode
    attitude: glft.RiskAttitude
    literal_add_fee: bool
    literal_horizon: LiteralHorizon
    elasticity: float
    persistence_s: float
    lots_per_limit: float
    reference_s: float
    sigma_baseline: float
    kappa_min: float
    kappa_max: float
    adverse: "AdverseSettings"
    lot_consistency: LotConsistency

    @classmethod
    def from_settings(cls, settings: Settings) -> "ModelSettings":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            mode=ModelMode(settings.text("strategy.glft_mode")),
            attitude=glft.RiskAttitude(settings.text("strategy.xi_mode")),
            literal_add_fee=settings.flag("strategy.literal_add_fee"),
            literal_horizon=LiteralHorizon(settings.text("strategy.literal_horizon")),
            elasticity=number("strategy.gamma_spread_elasticity"),
            persistence_s=number("strategy.asym_persistence_s"),
            lots_per_limit=number("strategy.lots_per_limit"),
            reference_s=number("risk.max_holding_time_s"),
            sigma_baseline=number("risk.sigma_baseline"),
            kappa_min=number("estimators.kappa_min"),
            kappa_max=number("estimators.kappa_max"),
            adverse=AdverseSettings(number("strategy.as_weight"), number("strategy.as_cap_bps") / BPS),
            lot_consistency=LotConsistency(settings.text("strategy.lot_consistency")),
        )

    @property
    def is_literal(self) -> bool:
        """Whether the documents' formulas hold to the letter."""
        return self.mode is ModelMode.LITERAL

    @property
    def risk_unit(self) -> float:
        """One-sigma loss of a full position over the reference time, where a lot is worth 1."""
        return glft.risk_unit(self.lots_per_limit, 1.0, self.sigma_baseline, self.reference_s)


class AdverseSettings(msgspec.Struct, frozen=True, gc=False):
    """Share of the adverse move that is charged for, and the most that is (a fraction)."""

    weight: float
    cap: float


class AdverseCost(msgspec.Struct, frozen=True, gc=False):
    """What a fill of one side is charged for the move after it, fractions: on the whole, and by depth.

    ``zero`` and ``decay`` (1/fraction) are the law of a charge that falls with depth, both 0 where there is none.
    """

    mean: float
    zero: float = 0.0
    decay: float = 0.0

    def at(self, depth: float) -> float:
        """Charge at a depth; never below half of the mean. Source: models.md 7.3."""
        if not (self.zero > 0.0 and self.decay > 0.0):
            return self.mean
        return max(self.zero * math.exp(-self.decay * max(depth, 0.0)), self.mean / 2.0)


def adverse_costs(context: QuoteContext, settings: AdverseSettings) -> tuple[AdverseCost, AdverseCost]:
    """The charges of our bid and of our ask. Source: models.md 7.3, 7.4."""
    signals = context.estimates.signals
    return (
        _adverse_cost(signals.adverse_bid, signals.adverse_zero_bid, signals.adverse_decay_bid, settings),
        _adverse_cost(signals.adverse_ask, signals.adverse_zero_ask, signals.adverse_decay_ask, settings),
    )


def _adverse_cost(mean: float, zero: float, decay: float, settings: AdverseSettings) -> AdverseCost:
    weight, cap = settings.weight, settings.cap
    charged = weight * clip(mean, 0.0, cap)
    if not (zero > 0.0 and decay > 0.0 and charged > 0.0):
        return AdverseCost(charged)
    return AdverseCost(charged, weight * clip(zero, 0.0, cap), decay)


def flows(
    context: QuoteContext, costs: tuple[AdverseCost, AdverseCost], settings: ModelSettings
) -> tuple[glft.Flow, glft.Flow]:
    """What our bid and our ask meet, costs included: arrivals of a lot, where orders may be smaller."""
    estimates, fee = context.estimates, context.maker_rate
    low, high = settings.kappa_min, settings.kappa_max
    share_bid, share_ask = arrival_shares(context, settings)
    bid = glft.Flow(
        clip(estimates.kappa_bid.value, low, high),
        clip(estimates.intensity_bid.value * share_bid, INTENSITY_MIN, INTENSITY_MAX),
        fee + costs[0].mean,
    )
    ask = glft.Flow(
        clip(estimates.kappa_ask.value, low, high),
        clip(estimates.intensity_ask.value * share_ask, INTENSITY_MIN, INTENSITY_MAX),
        fee + costs[1].mean,
    )
    return bid, ask


def arrival_shares(context: QuoteContext, settings: ModelSettings) -> tuple[float, float]:
    """Share of the arrivals on our bid and our ask that counts for a whole lot. Source: models.md 6.5."""
    signals, mode, lot = context.estimates.signals, settings.lot_consistency, lot_base(context, settings)
    return arrival_share(lot, signals.mean_order_bid, mode), arrival_share(lot, signals.mean_order_ask, mode)


def lot_base(context: QuoteContext, settings: ModelSettings) -> float:
    """Size of a standard fill in base units."""
    return context.instrument.size_base(context.limit_config) / settings.lots_per_limit


def effective_sigma(context: QuoteContext) -> float:
    """Volatility with jumps, fraction per root second."""
    return clip(context.estimates.sigma_effective.value, 0.0, SIGMA_MAX)


def horizon_sigma(context: QuoteContext, horizon_s: float) -> float:
    """Volatility with jumps, expected on average over a horizon: the diffusion on its way back to its mean."""
    estimates, signals = context.estimates, context.estimates.signals
    effective, now = effective_sigma(context), estimates.sigma.value
    if not signals.variance_reversion > 0.0:
        return effective
    ahead = average(now * now, signals.variance_mean, signals.variance_reversion, horizon_s)
    return clip(math.sqrt(max(effective * effective - now * now + ahead, 0.0)), 0.0, SIGMA_MAX)


def utilisation(context: QuoteContext) -> float:
    """Signed share of the effective limit in use; a full share when there is no limit left."""
    if context.limit > 0:
        return context.position / context.limit
    return float((context.position > 0) - (context.position < 0))


def inventory_lots(context: QuoteContext, settings: ModelSettings) -> float:
    """Position in lots of the configured limit."""
    if context.limit_config <= 0:
        return 0.0
    return context.position * settings.lots_per_limit / context.limit_config
