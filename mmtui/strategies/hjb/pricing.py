"""What both ways of setting the control hand on: the two sides before the shift, the shift, the control.

Owns the last step from a control to quotes; decides no distance. Floors, caps, grid, rooms and sizes are
those of every strategy. Source: models.md 2.7, 2.9.
"""

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.strategies.gamma import CALM, Multipliers
from mmtui.strategies.hjb.components import HJBComponents
from mmtui.strategies.hjb.control import ControlVector
from mmtui.strategies.hjb.state import StateVector
from mmtui.strategies.hjb.tuning import HjbTuning
from mmtui.strategies.placement import Frame, LevelDepth, SideShape, place
from mmtui.strategies.quote import Insight, Ladder, QuoteContext, Term
from mmtui.strategies.spread import Shift, SideSpread, mean_terms


class SidePrice(msgspec.Struct, frozen=True, gc=False):
    """One side: its half-spread with floors, and what inventory adds to the distance before the shift."""

    spread: SideSpread
    depth: LevelDepth


class Pricing(msgspec.Struct, frozen=True):
    """A control ready to be placed; ``note`` says in words how it was set."""

    bid: SidePrice
    ask: SidePrice
    shift: Shift
    control: ControlVector
    components: HJBComponents
    note: str
    gamma_eff: float = 0.0
    factors: Multipliers = CALM


def control_of(
    bid: SidePrice, ask: SidePrice, shift: Shift, taker_buy_rate: float, taker_sell_rate: float
) -> ControlVector:
    """The control vector of two sides and their shift."""
    return ControlVector(
        bid_offset_bps=bid.depth.bps + shift.total_bps,
        ask_offset_bps=ask.depth.bps - shift.total_bps,
        taker_buy_rate=taker_buy_rate,
        taker_sell_rate=taker_sell_rate,
    )


def depth_of(spread: SideSpread, extras: tuple[Term, ...], *, least_bps: float) -> LevelDepth:
    """The side's half-spread and what inventory adds to it, never closer than ``least_bps``."""
    bps = spread.half_bps
    terms = []
    for term in extras:
        if term.bps != 0.0:
            bps += term.bps
            terms.append(term)
    if bps < least_bps:
        terms.append(Term("minimum offset", least_bps - bps))
        bps = least_bps
    return LevelDepth(bps, tuple(terms))


def priced_ladder(
    context: QuoteContext, tuning: HjbTuning, state: StateVector, pricing: Pricing, reference: tuple[float, str]
) -> Ladder:
    """The quotes of a pricing on the venue's grid."""
    bid, ask, shift = pricing.bid, pricing.ask, pricing.shift
    frame = Frame(
        *reference,
        shift,
        SideShape(bid.spread.terms, (bid.depth,), tuning.sizes),
        SideShape(ask.spread.terms, (ask.depth,), tuning.sizes),
        tuning.limits,
    )
    bids, asks = place(context, frame)
    return Ladder(
        bids=bids.levels,
        asks=asks.levels,
        reference=frame.reference,
        reservation=frame.reference * (1.0 - shift.total_bps / BPS),
        absences=bids.absences + asks.absences,
        gamma_eff=pricing.gamma_eff,
        factors=pricing.factors,
        half_spread_bps=(bid.spread.half_bps + ask.spread.half_bps) / 2.0,
        model_half_spread_bps=(bid.spread.model_bps + ask.spread.model_bps) / 2.0,
        widening=mean_terms(bid.spread.widening, ask.spread.widening),
        uncharged_bps=(bid.spread.uncharged_bps, ask.spread.uncharged_bps),
        insight=_insight(context, tuning, state, pricing),
    )


def _insight(context: QuoteContext, tuning: HjbTuning, state: StateVector, pricing: Pricing) -> Insight:
    control, components = pricing.control, pricing.components
    lot = context.limit_config / tuning.model.lots_per_limit
    figures: tuple[tuple[str, float, str], ...] = ()
    if components.table is not None:
        figures = (
            ("expected_income", components.income_usd_per_s(state) * 3600.0, "USD/h"),
            ("inventory_value", components.inventory_value_usd(state), "USD"),
        )
    return Insight(
        note=pricing.note,
        fill_rates=components.expected_fill_rates(control),
        taker_rate=(control.taker_buy_rate - control.taker_sell_rate) * lot,
        figures=figures,
        vectors=(state, control),
    )


def reducing_rates(position: int, buying: float, selling: float, most: float) -> tuple[float, float]:
    """Taker rates kept to the side that reduces the position, and to the most that is allowed."""
    buys = min(buying, most) if position < 0 else 0.0
    sells = min(selling, most) if position > 0 else 0.0
    return buys, sells


def is_increasing(side: Side, position: int) -> bool:
    """Whether a fill on ``side`` adds to the position, or opens one."""
    return int(side) * position >= 0
