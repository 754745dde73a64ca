"""The solved control as quotes: what a fill is worth, what it costs, and what inventory and signals add.

Owns the split of the solved distances into the half-spread of a flat book, the shift and the width that
inventory makes, and the shifts that drift and imbalance make; and the memory of the flat book, which
changes seldom. Source: models.md 2.6, 2.9, 4.3.
"""

import math

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.strategies import glft
from mmtui.strategies.gamma import Gamma
from mmtui.strategies.hjb.components import HJBComponents
from mmtui.strategies.hjb.market import Distances, Market, Place, Solution, market_of, place_of
from mmtui.strategies.hjb.policy import PolicyKeeper, PolicyTable
from mmtui.strategies.hjb.pricing import Pricing, SidePrice, control_of, depth_of, is_increasing
from mmtui.strategies.hjb.state import StateVector
from mmtui.strategies.hjb.tuning import HjbMode, HjbTuning
from mmtui.strategies.leaning import Pull, leans
from mmtui.strategies.quote import QuoteContext, Term
from mmtui.strategies.spread import (
    ADVERSE_NAME,
    Shift,
    SideSpread,
    data_terms,
    exit_width_bps,
    knife_term,
    side_spread,
    skew,
)


class FlatBook(msgspec.Struct, frozen=True):
    """What is quoted without inventory and signals: the wanted distances, and both sides with floors."""

    distances: Distances
    bid: SideSpread
    ask: SideSpread


class SolvedPricer:
    """Prices by the solution; each call advances it by one cycle's work."""

    __slots__ = ("_book", "_key", "_market", "_market_key", "keeper")

    def __init__(self) -> None:
        self.keeper = PolicyKeeper()
        self._market_key: tuple[object, ...] = ()
        self._market: Market | None = None
        self._key: tuple[object, ...] = ()
        self._book: FlatBook | None = None

    def pricing(
        self, context: QuoteContext, tuning: HjbTuning, state: StateVector, gamma: Gamma, *, is_fair: bool
    ) -> Pricing:
        """The control of the solution, and why it is what it is."""
        market = self._market_of(context, tuning, gamma)
        table = self.keeper.update(tuning.shape, market.inputs)
        solution = Solution(context, tuning, market, table)
        place = place_of(context, tuning, state)
        book = self._flat(context, tuning, gamma, solution, place.spread)
        bid, ask, shift = _quoted(context, tuning, state, book, solution, place=place, is_fair=is_fair)
        bid_flow, ask_flow = solution.flows(place.imbalance)
        lot = context.limit_config / tuning.model.lots_per_limit
        return Pricing(
            bid,
            ask,
            shift,
            control_of(bid, ask, shift, *solution.taker_rates(place)),
            HJBComponents(
                bid=bid_flow,
                ask=ask_flow,
                lot_base=lot * context.instrument.size_base(1),
                table=table,
                drift=place.drift,
                imbalance=place.imbalance,
            ),
            _note(tuning, self.keeper, table),
            gamma.total,
            gamma.factors,
        )

    def _market_of(self, context: QuoteContext, tuning: HjbTuning, gamma: Gamma) -> Market:
        estimates, signals = context.estimates, context.estimates.signals
        key = (
            tuning,
            estimates.sigma_effective.value,
            estimates.kappa_bid.value,
            estimates.kappa_ask.value,
            estimates.intensity_bid.value,
            estimates.intensity_ask.value,
            signals.adverse_bid,
            signals.adverse_ask,
            signals.mean_order_bid,
            signals.mean_order_ask,
            context.limit_config,
            context.maker_rate,
            context.taker_rate,
            gamma.market,
        )
        if self._market is None or key != self._market_key:
            self._market, self._market_key = market_of(context, tuning, gamma), key
        return self._market

    def _flat(
        self, context: QuoteContext, tuning: HjbTuning, gamma: Gamma, solution: Solution, spread: float
    ) -> FlatBook:
        signals, position = context.estimates.signals, context.position
        key = (
            solution.market,
            solution.table,
            gamma,
            (position > 0) - (position < 0),
            signals.falling_knife,
            signals.rising_knife,
            context.is_prior,
            context.caution_bps,
            math.floor(context.quoting_age_s),
            spread if tuning.taker_max > 0.0 else 0.0,
        )
        if self._book is None or key != self._key:
            self._book, self._key = _flat_book(context, tuning, gamma, solution, spread), key
        return self._book


def _flat_book(context: QuoteContext, tuning: HjbTuning, gamma: Gamma, solution: Solution, spread: float) -> FlatBook:
    flat = solution.distances(Place(0.0, 0.0, 0.0, spread))
    market = solution.market
    return FlatBook(
        flat,
        _spread(context, Side.BUY, tuning, gamma, market, flat.bid),
        _spread(context, Side.SELL, tuning, gamma, market, flat.ask),
    )


def _quoted(
    context: QuoteContext,
    tuning: HjbTuning,
    state: StateVector,
    book: FlatBook,
    solution: Solution,
    *,
    place: Place,
    is_fair: bool,
) -> tuple[SidePrice, SidePrice, Shift]:
    """Both sides and the shift: what the signals ask of a flat book, then what the inventory asks under them."""
    market, wanted, limits = solution.market, solution.wanted(place, book.distances), tuning.limits
    flat, half_bps = wanted.flat, (book.bid.half_bps + book.ask.half_bps) / 2.0
    signals = [
        Term("drift", _shift_bps(flat, wanted.drifted)),
        Term("book imbalance", _shift_bps(wanted.drifted, wanted.signalled)),
    ]
    pull = Pull(market.reversion, market.inputs.risk, market.inputs.sigma, market.slope * BPS)
    carried = leans(context, tuning.carry, pull, (flat.bid + flat.ask) / 2.0, is_fair=is_fair)
    inventory_bps = _shift_bps(wanted.signalled, wanted.final)
    shift = skew(
        inventory_bps,
        wanted.balance_bps,
        state.utilisation,
        half_bps,
        limits,
        (*[lean for lean in signals if lean.bps != 0.0], *carried),
    )
    width_bps = (wanted.final.bid - flat.bid + wanted.final.ask - flat.ask) / 2.0
    exit_bps = exit_width_bps(width_bps, inventory_bps, limits)
    bid, ask = (
        SidePrice(
            spread,
            depth_of(
                spread,
                (Term("inventory width", width_bps if is_increasing(side, context.position) else exit_bps),),
                least_bps=spread.floor_bps,
            ),
        )
        for side, spread in ((Side.BUY, book.bid), (Side.SELL, book.ask))
    )
    return bid, ask, shift


def _shift_bps(before: Distances, after: Distances) -> float:
    """How far the centre moves down between two pairs of distances."""
    return ((after.bid - before.bid) - (after.ask - before.ask)) / 2.0


def _spread(
    context: QuoteContext, side: Side, tuning: HjbTuning, gamma: Gamma, market: Market, flat_bps: float
) -> SideSpread:
    fee_bps = context.maker_rate * BPS
    if tuning.mode is HjbMode.GRID:
        start = tuning.rules.half_spread_bps
        model = [Term("half-spread", start), Term("best multiple", flat_bps - start)]
    else:
        base_bps = (market.base_bid if side > 0 else market.base_ask) * BPS
        model = [Term("fill rate", base_bps), Term("inventory risk", flat_bps - fee_bps - base_bps)]
        model.append(Term("fee", fee_bps))
    cost = (market.bid if side > 0 else market.ask).cost
    widening = _gamma_terms(flat_bps - fee_bps, gamma, tuning, grows=is_increasing(side, context.position))
    widening.append(Term(ADVERSE_NAME, cost * BPS - fee_bps))
    widening.append(knife_term(context, side, flat_bps, tuning.limits))
    widening += data_terms(context, flat_bps, tuning.limits)
    return side_spread(model, widening, cost * BPS, tuning.limits)


def _gamma_terms(edge_bps: float, gamma: Gamma, tuning: HjbTuning, *, grows: bool) -> list[Term]:
    """Widening by the multiples of gamma; that of inventory only where a fill adds to the position."""
    steps = [("gamma", gamma.after_flow), ("spread regime", gamma.after_regime), ("tail risk", gamma.market)]
    if grows:
        steps.append(("inventory gamma", gamma.total))
    terms, last = [], 1.0
    for name, value in steps:
        factor = glft.spread_factor(value / gamma.base, tuning.model.elasticity)
        terms.append(Term(name, edge_bps * (factor - last)))
        last = factor
    return terms


def _note(tuning: HjbTuning, keeper: PolicyKeeper, table: PolicyTable | None) -> str:
    name = f"hjb {tuning.mode.value}"
    solved, buckets = keeper.progress
    if table is None:
        if keeper.is_solving:
            return f"{name}: the closed form, until the table is solved ({solved} of {buckets} parts)"
        return f"{name}: the closed form, since the control problem has no solution for these estimates"
    states = (2 * table.shape.lots + 1) * table.shape.drift.points * len(table.values) * len(table.shape.imbalances)
    doing = f", being solved anew ({solved} of {buckets} parts)" if keeper.is_solving else ""
    return f"{name}: solved for {states} states{doing}" if math.isfinite(table.growth) else name
