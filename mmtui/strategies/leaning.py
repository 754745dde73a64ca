"""What moves the centre of the quotes besides the inventory: the short-term drift, one-sided flow, funding.

Each is a term of its own, positive when the quotes move down, and together they stay under the cap on the
skew. The microprice and the drift are one signal: only one of them is ever used. Source: models.md 2.5
(2.10), 5 and 6.15, decisions.md S15 and S24.
"""

import enum
import math

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.carry.drift import drift_rate
from mmtui.estimators.carry.rates import bounded_target, target_lots
from mmtui.strategies.quote import QuoteContext, Term


class AlphaChannel(enum.Enum):
    """Where a view of the next seconds enters the quotes."""

    MICROPRICE = "microprice"
    DRIFT = "drift"
    NONE = "none"


class LeanSettings(msgspec.Struct, frozen=True):
    """The settings of every lean; rates 1/s, times s."""

    alpha: AlphaChannel
    drift_decay: float
    drift_beta_bps: float
    flow_sensitivity: float
    funding_weight: float
    funding_window_s: float
    lots_per_limit: float

    @classmethod
    def from_settings(cls, settings: Settings) -> "LeanSettings":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            alpha=AlphaChannel(settings.text("strategy.alpha_channel")),
            drift_decay=number("strategy.kappa_mu"),
            drift_beta_bps=number("strategy.drift_beta_bps"),
            flow_sensitivity=number("risk.flow_sensitivity"),
            funding_weight=number("risk.funding_rate_weight"),
            funding_window_s=number("risk.funding_window_s"),
            lots_per_limit=number("strategy.lots_per_limit"),
        )

    @property
    def is_fair_wanted(self) -> bool:
        """Whether quotes centre on the learned price."""
        return self.alpha is AlphaChannel.MICROPRICE


class Pull(msgspec.Struct, frozen=True, gc=False):
    """What the model says of inventory, for the leans: how fast it reverts (1/s), and the price of a lot held.

    ``risk`` per lot in 1/fraction, ``sigma`` a fraction per root second, ``slope_bps`` per lot; zeros where the
    model has no inventory term of its own. None depends on the position, so that no lean does.
    """

    reversion: float = 0.0
    risk: float = 0.0
    sigma: float = 0.0
    slope_bps: float = 0.0


def leans(
    context: QuoteContext, settings: LeanSettings, pull: Pull, half_bps: float, *, is_fair: bool
) -> tuple[Term, ...]:
    """Every lean that is not zero; ``half_bps`` is the half-spread before widening.

    ``is_fair`` says that the reference is the learned price.
    """
    signals = context.estimates.signals
    is_funded = signals.funding_outlook != 0.0 and signals.funding_due_s <= settings.funding_window_s
    found = []
    if not is_fair:
        found.append(Term("drift", drift_lean_bps(context, settings, pull.reversion)))
        found.append(Term("flow", flow_lean_bps(context, settings, half_bps)))
    if is_funded:
        found.append(Term("funding target", -funding_target_lots(context, settings, pull) * pull.slope_bps))
    return tuple([term for term in found if term.bps != 0.0]) if found else ()


def drift_lean_bps(context: QuoteContext, settings: LeanSettings, reversion: float) -> float:
    """Shift by a drift that dies while inventory reverts at ``reversion`` (1/s). Source: (2.10)."""
    if settings.alpha is not AlphaChannel.DRIFT:
        return 0.0
    score = context.estimates.signals.drift_score
    drift = drift_rate(score, settings.drift_beta_bps, settings.drift_decay)
    lean = -drift / (settings.drift_decay + reversion) * BPS
    return lean if math.isfinite(lean) else 0.0


def flow_lean_bps(context: QuoteContext, settings: LeanSettings, half_bps: float) -> float:
    """Shift with one-sided order flow, a share of the half-spread at most."""
    if settings.flow_sensitivity == 0.0:
        return 0.0
    imbalance = context.estimates.flow_imbalance.value
    return -settings.flow_sensitivity * imbalance * half_bps if -1.0 <= imbalance <= 1.0 else 0.0


def funding_target_lots(context: QuoteContext, settings: LeanSettings, pull: Pull) -> float:
    """Lots that funding pays for holding, near a payment; within a quarter of the limit. Source: models.md 6.15."""
    signals = context.estimates.signals
    rate = signals.funding_outlook
    if rate == 0.0 or not signals.funding_due_s <= settings.funding_window_s or pull.slope_bps == 0.0:
        return 0.0
    lots = target_lots(rate, settings.funding_weight, pull.risk, pull.sigma)
    return bounded_target(lots, settings.lots_per_limit)
