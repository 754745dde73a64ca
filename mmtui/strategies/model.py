"""From estimates and gamma to half-spreads and a skew, by the consistent GLFT form or the documents' letter.

Owns the conversion of estimates to the formulas' inputs and the split of every widening by its cause.
The inventory part of gamma steepens the skew and widens only the side that would add exposure: an exit
never moves away because the position grew. Source: models.md 1.3, 2.3 to 2.6, 2.9 step 1.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.strategies import glft
from mmtui.strategies.bounds import clip
from mmtui.strategies.gamma import Gamma
from mmtui.strategies.quote import QuoteContext, Term, total_bps
from mmtui.strategies.spread import (
    ADVERSE_MAX,
    SideSpread,
    SpreadLimits,
    data_terms,
    knife_term,
    mean_terms,
    side_spread,
)

INTENSITY_MIN = 1e-4
INTENSITY_MAX = 20.0
SIGMA_MAX = 1e-2


class ModelSettings(msgspec.Struct, frozen=True):
    """The settings of the model; kappas in 1/fraction, sigma in fraction per root second."""

    is_literal: bool
    attitude: glft.RiskAttitude
    literal_add_fee: bool
    elasticity: float
    persistence_s: float
    lots_per_limit: float
    reference_s: float
    sigma_baseline: float
    kappa_min: float
    kappa_max: float
    is_fair_wanted: bool

    @classmethod
    def from_settings(cls, settings: Settings) -> "ModelSettings":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            is_literal=settings.text("strategy.glft_mode") == "literal",
            attitude=glft.RiskAttitude(settings.text("strategy.xi_mode")),
            literal_add_fee=settings.flag("strategy.literal_add_fee"),
            elasticity=number("strategy.gamma_spread_elasticity"),
            persistence_s=number("strategy.asym_persistence_s"),
            lots_per_limit=number("strategy.lots_per_limit"),
            reference_s=number("risk.max_holding_time_s"),
            sigma_baseline=number("risk.sigma_baseline"),
            kappa_min=number("estimators.kappa_min"),
            kappa_max=number("estimators.kappa_max"),
            is_fair_wanted=settings.text("strategy.alpha_channel") == "microprice",
        )


class Model(msgspec.Struct, frozen=True, gc=False):
    """Both half-spreads and the skew, in bps.

    The skew of the inventory is per lot held in the consistent mode and per full position in the
    literal one; ``depth_slope_bps`` is the width of one lot more in a ladder priced by inventory.
    """

    bid: SideSpread
    ask: SideSpread
    skew_per_lot_bps: float
    skew_per_limit_bps: float
    balance_bps: float
    depth_slope_bps: float
    widening: tuple[Term, ...]


class Half(msgspec.Struct, frozen=True, gc=False):
    """Symmetric part of both half-spreads at one gamma, as fractions, without costs."""

    bid: float
    ask: float
    form: glft.ClosedForm


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


def adverse_costs(context: QuoteContext) -> tuple[float, float]:
    """Expected adverse move after a fill of our bid and of our ask, as fractions. Source: models.md 7.4."""
    signals = context.estimates.signals
    return clip(signals.adverse_bid, 0.0, ADVERSE_MAX), clip(signals.adverse_ask, 0.0, ADVERSE_MAX)


def glft_model(context: QuoteContext, gamma: Gamma, settings: ModelSettings, limits: SpreadLimits) -> Model:
    """The consistent mode: gamma per lot, fee and adverse selection inside the arrival rates."""
    estimates = context.estimates
    fee = context.maker_rate
    adverse_bid, adverse_ask = adverse_costs(context)
    low, high = settings.kappa_min, settings.kappa_max
    bid = glft.Flow(
        clip(estimates.kappa_bid.value, low, high),
        clip(estimates.intensity_bid.value, INTENSITY_MIN, INTENSITY_MAX),
        fee + adverse_bid,
    )
    ask = glft.Flow(
        clip(estimates.kappa_ask.value, low, high),
        clip(estimates.intensity_ask.value, INTENSITY_MIN, INTENSITY_MAX),
        fee + adverse_ask,
    )
    sigma = clip(estimates.sigma_effective.value, 0.0, SIGMA_MAX)
    unit = glft.risk_unit(settings.lots_per_limit, 1.0, settings.sigma_baseline, settings.reference_s)

    def half_at(value: float) -> Half:
        form = glft.closed_form(
            glft.risk_per_lot(value, 1.0, unit),
            sigma,
            bid,
            ask,
            persistence_s=settings.persistence_s,
            attitude=settings.attitude,
        )
        factor = glft.spread_factor(value / gamma.base, settings.elasticity)
        return Half((form.base_bid + form.slope / 2.0) * factor, (form.base_ask + form.slope / 2.0) * factor, form)

    halves = _halves(gamma, half_at)
    calm, market, full = halves[0], halves[3], halves[4]
    common = [Term("inventory risk", calm.form.slope / 2.0 * BPS), Term("fee", fee * BPS)]
    model_bid = [Term("fill rate", calm.form.base_bid * BPS), *common]
    model_ask = [Term("fill rate", calm.form.base_ask * BPS), *common]
    widening_bid = _gamma_terms([h.bid for h in halves], is_increasing=context.position >= 0)
    widening_ask = _gamma_terms([h.ask for h in halves], is_increasing=context.position <= 0)
    factor = glft.spread_factor(gamma.market / gamma.base, settings.elasticity)
    spread_bid = _side(context, Side.BUY, model_bid, widening_bid, adverse_bid, limits)
    spread_ask = _side(context, Side.SELL, model_ask, widening_ask, adverse_ask, limits)
    return Model(
        spread_bid,
        spread_ask,
        full.form.slope * BPS,
        0.0,
        market.form.balance * BPS,
        full.form.slope * factor * BPS,
        mean_terms(spread_bid.widening, spread_ask.widening),
    )


def literal_model(context: QuoteContext, gamma: Gamma, settings: ModelSettings, limits: SpreadLimits) -> Model:
    """The documents' mode: gamma as a bare number in their half-spread and their skew."""
    estimates = context.estimates
    adverse_bid, adverse_ask = adverse_costs(context)
    kappa = clip((estimates.kappa_bid.value + estimates.kappa_ask.value) / 2.0, settings.kappa_min, settings.kappa_max)
    sigma = clip(estimates.sigma.value, 0.0, SIGMA_MAX)
    horizon_s = glft.literal_horizon_s(estimates.signals.volume_rate, settings.reference_s)
    values = (gamma.base, gamma.after_flow, gamma.after_regime, gamma.market, gamma.total)
    halves = [glft.literal_half_spread(value, kappa) for value in values]
    model = [Term("literal half-spread", halves[0] * BPS)]
    if settings.literal_add_fee:
        model.append(Term("fee", context.maker_rate * BPS))
    full = glft.literal_skew(1.0, gamma.total, sigma, horizon_s)
    widening_bid = _gamma_terms(halves, is_increasing=context.position >= 0)
    widening_ask = _gamma_terms(halves, is_increasing=context.position <= 0)
    spread_bid = _side(context, Side.BUY, model, widening_bid, adverse_bid, limits)
    spread_ask = _side(context, Side.SELL, model, widening_ask, adverse_ask, limits)
    return Model(
        spread_bid,
        spread_ask,
        0.0,
        full * BPS,
        0.0,
        full / settings.lots_per_limit * BPS,
        mean_terms(spread_bid.widening, spread_ask.widening),
    )


class ModelMemo:
    """The last model, given again while everything it depends on stands still.

    Books come many times a second; most estimates, and the warm-up's decay, move once a second.
    """

    __slots__ = ("_key", "_model")

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._model: Model | None = None

    def model(self, context: QuoteContext, gamma: Gamma, settings: ModelSettings, limits: SpreadLimits) -> Model:
        """The model of ``context``; one memo serves one set of settings."""
        estimates, position = context.estimates, context.position
        signals = estimates.signals
        key = (
            estimates.sigma_effective.value,
            estimates.kappa_bid.value,
            estimates.kappa_ask.value,
            estimates.intensity_bid.value,
            estimates.intensity_ask.value,
            signals.adverse_bid,
            signals.adverse_ask,
            signals.falling_knife,
            signals.rising_knife,
            context.maker_rate,
            gamma,
            (position > 0) - (position < 0),
            context.is_prior,
            context.caution_bps,
            math.floor(context.quoting_age_s),
            (estimates.sigma.value, signals.volume_rate) if settings.is_literal else None,
        )
        if self._model is None or key != self._key:
            build = literal_model if settings.is_literal else glft_model
            self._model = build(context, gamma, settings, limits)
            self._key = key
        return self._model


def _halves(gamma: Gamma, half_at: Callable[[float], Half]) -> list[Half]:
    """Half-spreads from the base gamma to the total one, computed once where nothing changes between."""
    last_value, last = gamma.base, half_at(gamma.base)
    halves = [last]
    for value in (gamma.after_flow, gamma.after_regime, gamma.market, gamma.total):
        if value != last_value:
            last_value, last = value, half_at(value)
        halves.append(last)
    return halves


def _gamma_terms(halves: Sequence[float], *, is_increasing: bool) -> list[Term]:
    base, flow, regime, market, total = halves
    if base == flow == regime == market == total:
        return []
    terms = [
        Term("gamma", (flow - base) * BPS),
        Term("spread regime", (regime - flow) * BPS),
        Term("tail risk", (market - regime) * BPS),
    ]
    if is_increasing:
        terms.append(Term("inventory gamma", (total - market) * BPS))
    return terms


def _side(
    context: QuoteContext, side: Side, model: list[Term], widening: list[Term], adverse: float, limits: SpreadLimits
) -> SideSpread:
    if adverse > 0.0:
        widening.append(Term("adverse selection", adverse * BPS))
    model_bps = total_bps(model)
    widening.append(knife_term(context, side, model_bps, limits))
    widening += data_terms(context, model_bps, limits)
    return side_spread(model, widening, (context.maker_rate + adverse) * BPS, limits)
