"""From estimates and gamma to half-spreads and a skew, by the consistent forms or the documents' letter.

Owns the split of every widening by its cause, and the memo that keeps a model while its inputs stand still.
The inventory part of gamma steepens the skew and widens only the side that would add exposure: an exit
never moves away because the position grew. Source: models.md 1.3, 2.2 to 2.6, 2.9 step 1, 3.1.
"""

import math
from collections.abc import Callable, Sequence

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.estimators.arrivals.order_size import LotConsistency
from mmtui.strategies import avellaneda_stoikov, glft
from mmtui.strategies.bounds import clip
from mmtui.strategies.exact_tables import ExactInputs, ExactTables, lean_at, lots_of_limit
from mmtui.strategies.gamma import Gamma
from mmtui.strategies.glft_exact import Bounded
from mmtui.strategies.inputs import (
    SIGMA_MAX,
    AdverseCost,
    LiteralHorizon,
    ModelMode,
    ModelSettings,
    adverse_costs,
    effective_sigma,
    flows,
    horizon_sigma,
    inventory_lots,
    lot_base,
)
from mmtui.strategies.leaning import Pull
from mmtui.strategies.quote import QuoteContext, Term, total_bps
from mmtui.strategies.spread import (
    ADVERSE_NAME,
    SideSpread,
    SpreadLimits,
    data_terms,
    exit_width_bps,
    knife_term,
    mean_terms,
    side_spread,
)


class Model(msgspec.Struct, frozen=True, gc=False):
    """Both half-spreads and the skew, in bps.

    The skew of the inventory is per lot held, in the literal mode per full position; the exact mode gives it
    whole, as ``inventory_bps`` of the position that the model was made for. ``depth_slope_bps`` is the width of
    one lot more in a ladder priced by inventory. ``calm_bps`` is the half-spread before any widening, whatever is
    held. ``bound_lots`` is where the side that adds exposure ends.
    """

    bid: SideSpread
    ask: SideSpread
    skew_per_lot_bps: float
    skew_per_limit_bps: float
    balance_bps: float
    depth_slope_bps: float
    widening: tuple[Term, ...]
    flows: tuple[glft.Flow, glft.Flow]
    adverse: tuple[AdverseCost, AdverseCost]
    pull: Pull
    calm_bps: float
    inventory_bps: float | None = None
    bound_lots: int | None = None

    def skew_bps(self, lots: float, share: float) -> float:
        """Shift by ``lots`` held, which are ``share`` of the limit in force."""
        if self.inventory_bps is not None:
            return self.inventory_bps
        return lots * self.skew_per_lot_bps + share * self.skew_per_limit_bps


class Half(msgspec.Struct, frozen=True, gc=False):
    """Symmetric part of both half-spreads at one gamma, as fractions, without costs."""

    bid: float
    ask: float
    form: glft.ClosedForm
    inventory: float


class Held(msgspec.Struct, frozen=True, gc=False):
    """What an exact table says of the position: fractions, but ``bound_lots``.

    ``flat`` is what inventory risk widens the half-spread by when nothing is held, ``limit`` what the nearness
    of the bound adds, ``shift`` the skew of the position, ``lean`` that of no position, ``slope`` that of a lot.
    """

    flat: float
    limit: float
    shift: float
    lean: float
    slope: float
    bound_lots: int

    @classmethod
    def of(cls, calm: Bounded, table: Bounded, lots: float) -> "Held":
        """What ``table`` says of ``lots``, and ``calm``, where nothing is held to raise gamma, of none."""
        nothing, flat, here = lean_at(calm, 0.0), lean_at(table, 0.0), lean_at(table, lots)
        slope = lean_at(table, lots + 0.5).shift - lean_at(table, lots - 0.5).shift
        return cls(nothing.half, here.half - flat.half, here.shift - flat.shift, nothing.shift, slope, table.lots_max)


def glft_model(
    context: QuoteContext, gamma: Gamma, settings: ModelSettings, limits: SpreadLimits, tables: "TablePair"
) -> Model:
    """The consistent modes: gamma per lot, fee and adverse selection inside the arrival rates."""
    fee = context.maker_rate
    costs = adverse_costs(context, settings.adverse)
    bid, ask = flows(context, costs, settings)
    sigma = effective_sigma(context)
    unit = settings.risk_unit
    risks = [glft.risk_per_lot(value, 1.0, unit) for value in (gamma.market, gamma.total)]
    held = None
    if settings.mode is ModelMode.EXACT:
        most = lots_of_limit(settings.lots_per_limit)
        calm_table, full_table = tables.solved(
            context.now, [ExactInputs(risk, sigma, bid, ask, most, settings.attitude) for risk in risks]
        )
        held = Held.of(calm_table, full_table, inventory_lots(context, settings))
    form_of = _forms(context, settings, sigma, bid, ask)

    def half_at(value: float) -> Half:
        form = form_of(glft.risk_per_lot(value, 1.0, unit))
        # Inventory risk grows with the root of gamma, as in the closed form.
        inventory = form.slope / 2.0 if held is None else held.flat * math.sqrt(value / gamma.market)
        factor = glft.spread_factor(value / gamma.base, settings.elasticity)
        return Half((form.base_bid + inventory) * factor, (form.base_ask + inventory) * factor, form, inventory)

    halves = _halves(gamma, half_at)
    calm, market, full = halves[0], halves[3], halves[4]
    common = [Term("inventory risk", calm.inventory * BPS), Term("fee", fee * BPS)]
    model_bid = [Term("fill rate", calm.form.base_bid * BPS), *common]
    model_ask = [Term("fill rate", calm.form.base_ask * BPS), *common]
    if held is not None:
        exit_bps = exit_width_bps(held.limit * BPS, held.shift * BPS, limits)
        model_bid.append(Term("position limit", exit_bps if context.position < 0 else held.limit * BPS))
        model_ask.append(Term("position limit", exit_bps if context.position > 0 else held.limit * BPS))
    widening_bid = _gamma_terms([h.bid for h in halves], is_increasing=context.position >= 0)
    widening_ask = _gamma_terms([h.ask for h in halves], is_increasing=context.position <= 0)
    factor = glft.spread_factor(gamma.market / gamma.base, settings.elasticity)
    spread_bid = _side(context, Side.BUY, model_bid, widening_bid, costs[0].mean, limits)
    spread_ask = _side(context, Side.SELL, model_ask, widening_ask, costs[1].mean, limits)
    calm_bps = ((calm.form.base_bid + calm.form.base_ask) / 2.0 + calm.inventory + fee) * BPS
    slope_bps = (full.form.slope if held is None else held.slope) * BPS
    balance = market.form.balance if held is None else held.lean - market.form.passing
    return Model(
        spread_bid,
        spread_ask,
        skew_per_lot_bps=slope_bps,
        skew_per_limit_bps=0.0,
        balance_bps=balance * BPS,
        depth_slope_bps=slope_bps * factor,
        widening=mean_terms(spread_bid.widening, spread_ask.widening),
        flows=(bid, ask),
        adverse=costs,
        pull=Pull(market.form.reversion, risks[0], sigma, market.form.slope * BPS),
        calm_bps=calm_bps,
        inventory_bps=None if held is None else held.shift * BPS,
        bound_lots=None if held is None else held.bound_lots,
    )


def literal_model(context: QuoteContext, gamma: Gamma, settings: ModelSettings, limits: SpreadLimits) -> Model:
    """The documents' mode: gamma as a bare number in their half-spread and their skew."""
    estimates = context.estimates
    costs = adverse_costs(context, settings.adverse)
    kappa = clip((estimates.kappa_bid.value + estimates.kappa_ask.value) / 2.0, settings.kappa_min, settings.kappa_max)
    sigma = clip(estimates.sigma.value, 0.0, SIGMA_MAX)
    values = (gamma.base, gamma.after_flow, gamma.after_regime, gamma.market, gamma.total)
    halves = [glft.literal_half_spread(value, kappa) for value in values]
    model = [Term("literal half-spread", halves[0] * BPS)]
    if settings.literal_add_fee:
        model.append(Term("fee", context.maker_rate * BPS))
    full = glft.literal_skew(1.0, gamma.total, sigma, literal_horizon_s(context, settings))
    widening_bid = _gamma_terms(halves, is_increasing=context.position >= 0)
    widening_ask = _gamma_terms(halves, is_increasing=context.position <= 0)
    spread_bid = _side(context, Side.BUY, model, widening_bid, costs[0].mean, limits)
    spread_ask = _side(context, Side.SELL, model, widening_ask, costs[1].mean, limits)
    return Model(
        spread_bid,
        spread_ask,
        skew_per_lot_bps=0.0,
        skew_per_limit_bps=full * BPS,
        balance_bps=0.0,
        depth_slope_bps=full / settings.lots_per_limit * BPS,
        widening=mean_terms(spread_bid.widening, spread_ask.widening),
        flows=flows(context, costs, settings),
        adverse=costs,
        pull=Pull(sigma=sigma),
        calm_bps=total_bps(model),
    )


def literal_horizon_s(context: QuoteContext, settings: ModelSettings) -> float:
    """The documents' T, by the chosen reading of it."""
    signals = context.estimates.signals
    if settings.literal_horizon is LiteralHorizon.VOLUME_CLOCK:
        return glft.literal_horizon_s(signals.volume_rate, settings.reference_s)
    if settings.literal_horizon is LiteralHorizon.HOLDING:
        return avellaneda_stoikov.horizon_of(signals.holding_s, settings.reference_s)
    return settings.reference_s


class TablePair:
    """The exact solutions with and without what the inventory adds to gamma."""

    __slots__ = ("_calm", "_full")

    def __init__(self) -> None:
        self._calm = ExactTables()
        self._full = ExactTables()

    def solved(self, now: float, inputs: Sequence[ExactInputs]) -> tuple[Bounded, Bounded]:
        """Both solutions, one where they are the same."""
        calm, full = inputs
        table = self._calm.table(now, calm)
        return table, table if full == calm else self._full.table(now, full)


class ModelMemo:
    """The last model, given again while everything it depends on stands still.

    Books come many times a second; most estimates, and the warm-up's decay, move once a second.
    """

    __slots__ = ("_key", "_model", "_tables")

    def __init__(self) -> None:
        self._key: tuple[object, ...] = ()
        self._model: Model | None = None
        self._tables = TablePair()

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
            signals.adverse_zero_bid,
            signals.adverse_zero_ask,
            signals.falling_knife,
            signals.rising_knife,
            *_orders_key(context, settings),
            context.maker_rate,
            gamma,
            (position > 0) - (position < 0),
            context.is_prior,
            context.caution_bps,
            math.floor(context.quoting_age_s),
            None if settings.mode is ModelMode.GLFT else _key_of_mode(context, settings.mode),
        )
        if self._model is None or key != self._key:
            if settings.is_literal:
                self._model = literal_model(context, gamma, settings, limits)
            else:
                self._model = glft_model(context, gamma, settings, limits, self._tables)
            self._key = key
        return self._model


def _orders_key(context: QuoteContext, settings: ModelSettings) -> tuple[float, float, float]:
    """What the shares of the arrivals follow, without making them: orders larger than a lot count as one."""
    signals, lot = context.estimates.signals, lot_base(context, settings)
    if settings.lot_consistency is not LotConsistency.REDUCED:
        return lot, signals.mean_order_bid, signals.mean_order_ask
    return lot, min(signals.mean_order_bid, lot), min(signals.mean_order_ask, lot)


def _key_of_mode(context: QuoteContext, mode: ModelMode) -> tuple[float, ...]:
    """What one mode's model depends on besides what every mode's does."""
    signals = context.estimates.signals
    if mode is ModelMode.LITERAL:
        return context.estimates.sigma.value, signals.volume_rate, signals.holding_s
    if mode is ModelMode.EXACT:
        # A table that had to wait for its second is looked at again when that is over.
        return context.position, math.floor(context.now)
    return context.estimates.sigma.value, signals.holding_s, signals.variance_mean, signals.variance_reversion


def _forms(
    context: QuoteContext, settings: ModelSettings, sigma: float, bid: glft.Flow, ask: glft.Flow
) -> Callable[[float], glft.ClosedForm]:
    """The closed form of the mode as a function of the risk aversion per lot."""
    attitude = settings.attitude
    if settings.mode is ModelMode.HORIZON:
        horizon_s = avellaneda_stoikov.horizon_of(context.estimates.signals.holding_s, settings.reference_s)
        ahead = horizon_sigma(context, horizon_s)
        return lambda risk: avellaneda_stoikov.horizon_form(risk, ahead, bid, ask, horizon_s, attitude)
    return lambda risk: glft.closed_form(risk, sigma, bid, ask, persistence_s=settings.persistence_s, attitude=attitude)


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
        widening.append(Term(ADVERSE_NAME, adverse * BPS))
    model_bps = total_bps(model)
    widening.append(knife_term(context, side, model_bps, limits))
    widening += data_terms(context, model_bps, limits)
    return side_spread(model, widening, (context.maker_rate + adverse) * BPS, limits)
