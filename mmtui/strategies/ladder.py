"""The GLFT strategies: one quote a side (``glft``), or a ladder of them (``ladder``).

Owns the order of the steps from context to ladder; every step is a function of its own module. The
only state kept between calls is the rate limit of gamma; what else is remembered could be made again.
"""

from collections.abc import Callable

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.strategies.allocation import SizeMode
from mmtui.strategies.depth import DepthSettings, side_depths
from mmtui.strategies.edge_sizing import AllocationSettings, PlanMemo, side_edge
from mmtui.strategies.gamma import GammaSettings, GammaState, multipliers
from mmtui.strategies.inputs import ModelSettings, inventory_lots, utilisation
from mmtui.strategies.leaning import LeanSettings, leans
from mmtui.strategies.model import Model, ModelMemo
from mmtui.strategies.placement import Frame, SideShape, no_ladder, place, reference_price
from mmtui.strategies.quote import AbsenceReason, Insight, Ladder, QuoteContext
from mmtui.strategies.sizing import SizeSettings
from mmtui.strategies.spread import SpreadLimits, skew

AT_BOUND = SideShape((), (), SizeSettings(0.0, 0.0, (1.0,)), AbsenceReason.AT_BOUND)

REVERSION_MIN = 1e-9


class Tuning(msgspec.Struct, frozen=True):
    """All settings of a GLFT strategy, read once for each edit."""

    gamma: GammaSettings
    model: ModelSettings
    limits: SpreadLimits
    depth: DepthSettings
    sizes: SizeSettings
    leans: LeanSettings
    allocation: AllocationSettings | None


def ladder_tuning(settings: Settings) -> Tuning:
    """Settings of the ladder."""
    depth = DepthSettings.from_settings(settings)
    allocation = AllocationSettings.from_settings(settings)
    return Tuning(
        GammaSettings.from_settings(settings),
        ModelSettings.from_settings(settings),
        SpreadLimits.from_settings(settings),
        depth,
        SizeSettings.from_settings(settings, depth.levels),
        LeanSettings.from_settings(settings),
        None if allocation.mode is SizeMode.GEOMETRIC else allocation,
    )


def single_tuning(settings: Settings) -> Tuning:
    """Settings of one quote a side, where the model alone sets the distance."""
    tuning = ladder_tuning(settings)
    single = msgspec.structs.replace(tuning.depth, levels=1, min_bps=0.0, is_by_inventory=False)
    return msgspec.structs.replace(tuning, depth=single, sizes=SizeSettings.from_settings(settings, 1))


class GlftStrategy:
    """Quotes by the GLFT model around the learned fair price."""

    __slots__ = ("_gamma", "_memo", "_name", "_plans", "_read", "_settings", "_shapes", "_tuning")

    def __init__(self, name: str, read: Callable[[Settings], Tuning]) -> None:
        self._name = name
        self._read = read
        self._gamma = GammaState()
        self._memo = ModelMemo()
        self._plans = PlanMemo()
        self._shapes: tuple[Model, SideShape, SideShape] | None = None
        self._settings: Settings | None = None
        self._tuning: Tuning | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return self._name

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The quotes wanted now."""
        tuning = self._tuning_of(settings)
        reference = reference_price(context, tuning.leans.is_fair_wanted)
        if reference is None:
            return no_ladder(AbsenceReason.NO_REFERENCE)
        share = utilisation(context)
        factors = multipliers(context.estimates, share, tuning.gamma, context.now)
        gamma = self._gamma.update(context.now, factors, tuning.gamma)
        model = self._memo.model(context, gamma, tuning.model, tuning.limits)
        bid, ask = self._shapes_of(context, model, tuning)
        half_bps = (bid.depths[0].bps + ask.depths[0].bps) / 2.0
        lots = inventory_lots(context, tuning.model)
        leaning = leans(context, tuning.leans, model.pull, model.calm_bps, is_fair=reference[1] == "fair")
        shift = skew(model.skew_bps(lots, share), model.balance_bps, share, half_bps, tuning.limits, leaning)
        if tuning.allocation is not None:
            bid = _with_edge(bid, Side.BUY, context, model, tuning)
            ask = _with_edge(ask, Side.SELL, context, model, tuning)
        if model.bound_lots is not None and abs(lots) >= model.bound_lots:
            bid, ask = (AT_BOUND, ask) if lots > 0.0 else (bid, AT_BOUND)
        frame = Frame(*reference, shift, bid, ask, tuning.limits)
        bids, asks = place(context, frame, self._plans)
        return Ladder(
            bids=bids.levels,
            asks=asks.levels,
            reference=frame.reference,
            reservation=frame.reference * (1.0 - shift.total_bps / BPS),
            absences=bids.absences + asks.absences,
            gamma_eff=gamma.total,
            factors=gamma.factors,
            half_spread_bps=half_bps,
            model_half_spread_bps=(model.bid.model_bps + model.ask.model_bps) / 2.0,
            widening=model.widening,
            uncharged_bps=(model.bid.uncharged_bps, model.ask.uncharged_bps),
            insight=_insight(model),
        )

    def _tuning_of(self, settings: Settings) -> Tuning:
        if self._tuning is None or settings is not self._settings:
            self._tuning = self._read(settings)
            self._settings = settings
            self._memo = ModelMemo()
            self._shapes = None
        return self._tuning

    def _shapes_of(self, context: QuoteContext, model: Model, tuning: Tuning) -> tuple[SideShape, SideShape]:
        """Both sides before the skew, kept while the model is and nothing else shapes them."""
        kept, depth = self._shapes, tuning.depth
        if kept is not None and kept[0] is model and not depth.follows_market:
            return kept[1], kept[2]
        market_bps = context.touch.spread * BPS
        lots = _level_lots(context, tuning) if depth.is_by_inventory else ()
        slope_bps = model.depth_slope_bps
        bid = SideShape(
            model.bid.terms, side_depths(model.bid, depth, market_bps, slope_bps, lots, model.adverse[0]), tuning.sizes
        )
        ask = SideShape(
            model.ask.terms, side_depths(model.ask, depth, market_bps, slope_bps, lots, model.adverse[1]), tuning.sizes
        )
        self._shapes = model, bid, ask
        return bid, ask


def _insight(model: Model) -> Insight | None:
    """How long inventory takes to revert; nothing where the model has no pull on it. Source: models.md 2.3."""
    reversion = model.pull.reversion
    return Insight(figures=(("inventory_relaxation", 1.0 / reversion, "s"),)) if reversion > REVERSION_MIN else None


def _with_edge(shape: SideShape, side: Side, context: QuoteContext, model: Model, tuning: Tuning) -> SideShape:
    """The side with what its allocator must know."""
    assert tuning.allocation is not None, "geometric sizes know no edge"
    first = 0 if side > 0 else 1
    lot = context.limit_config / tuning.model.lots_per_limit
    edge = side_edge(
        context,
        side,
        tuning.allocation,
        model.flows[first],
        adverse=model.adverse[first],
        sigma=model.pull.sigma,
        lot=lot,
    )
    return msgspec.structs.replace(shape, edge=edge)


def _level_lots(context: QuoteContext, tuning: Tuning) -> tuple[float, ...]:
    """Wanted size of each level in lots, before rooms and rounding."""
    sizes = tuning.sizes
    base = sizes.liquidity_base or sizes.notional_usd / context.touch.mid
    limit_base = context.instrument.size_base(context.limit_config)
    total = base * tuning.model.lots_per_limit / limit_base if limit_base > 0.0 else 1.0
    return tuple(total * weight for weight in sizes.weights)


def ladder_strategy() -> GlftStrategy:
    """Several levels a side."""
    return GlftStrategy("ladder", ladder_tuning)


def glft_strategy() -> GlftStrategy:
    """One level a side, at the model's distance."""
    return GlftStrategy("glft", single_tuning)
