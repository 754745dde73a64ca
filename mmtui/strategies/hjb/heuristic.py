"""The documents' rules as quotes: every rule a term of its own.

Owns the order in which the rules meet the floors of every strategy. The half-spread is the operator's and
gamma plays no part; the half-spread that the rules multiply is the one quoted, so that a wider quote makes
every rule as much stronger. Source: models.md 4.2, decisions.md S15, S93.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.strategies.hjb.components import HJBComponents
from mmtui.strategies.hjb.control import taker_rates
from mmtui.strategies.hjb.pricing import Pricing, SidePrice, control_of, depth_of, reducing_rates
from mmtui.strategies.hjb.state import StateVector
from mmtui.strategies.hjb.tuning import HjbTuning
from mmtui.strategies.inputs import adverse_costs, flows
from mmtui.strategies.leaning import Pull, leans
from mmtui.strategies.quote import QuoteContext, Term
from mmtui.strategies.spread import SideSpread, data_terms, knife_term, side_spread, skew


def heuristic_pricing(context: QuoteContext, tuning: HjbTuning, state: StateVector, *, is_fair: bool) -> Pricing:
    """The control by rule, and why it is what it is."""
    rules, limits, share = tuning.rules, tuning.limits, state.utilisation
    adverse_bid, adverse_ask = rules.adverse_bps(state.drift_score)
    bid_spread = _spread(context, Side.BUY, adverse_bid, tuning)
    ask_spread = _spread(context, Side.SELL, adverse_ask, tuning)
    half_bps = (bid_spread.half_bps + ask_spread.half_bps) / 2.0
    # Inventory takes its share of what both sides have in common, not of what one side is widened by.
    shared_bps = min(bid_spread.half_bps, ask_spread.half_bps)
    book = Term("book imbalance", rules.imbalance_shift_bps(state.lob_imbalance, rules.half_spread_bps))
    carried = leans(context, tuning.carry, Pull(), rules.half_spread_bps, is_fair=is_fair)
    shift = skew(
        rules.inventory_shift_bps(share, shared_bps),
        0.0,
        share,
        half_bps,
        limits,
        (book, *carried) if book.bps != 0.0 else carried,
    )
    risk_bid, risk_ask = rules.risk_multiples(share)
    least_bps = rules.min_offset_ratio * shared_bps
    bid = _side(bid_spread, risk_bid, least_bps - shift.total_bps)
    ask = _side(ask_spread, risk_ask, least_bps + shift.total_bps)
    rates = reducing_rates(context.position, *taker_rates(share), tuning.taker_max)
    bid_flow, ask_flow = flows(context, adverse_costs(context, tuning.model.adverse), tuning.model)
    lot = context.limit_config / tuning.model.lots_per_limit
    return Pricing(
        bid,
        ask,
        shift,
        control_of(bid, ask, shift, *rates),
        HJBComponents(bid=bid_flow, ask=ask_flow, lot_base=lot * context.instrument.size_base(1)),
        "hjb heuristic: the documents' rules",
    )


def _spread(context: QuoteContext, side: Side, adverse_bps: float, tuning: HjbTuning) -> SideSpread:
    half_bps = tuning.rules.half_spread_bps
    widening = [
        Term("adverse drift", adverse_bps),
        knife_term(context, side, half_bps, tuning.limits),
        *data_terms(context, half_bps, tuning.limits),
    ]
    return side_spread((Term("half-spread", half_bps),), widening, context.maker_rate * BPS, tuning.limits)


def _side(spread: SideSpread, risk_multiple: float, least_bps: float) -> SidePrice:
    risk = Term("inventory risk", (risk_multiple - 1.0) * spread.half_bps)
    return SidePrice(spread, depth_of(spread, (risk,), least_bps=least_bps))
