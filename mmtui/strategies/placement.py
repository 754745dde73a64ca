"""From distances to quotes: price each level on the venue's grid, explain it, and give it a size.

Owns the last steps before the controls: the least distance of the side that adds exposure, the
greatest distance of any, post-only against the market and against the own other side, rounding, and
the reason for every level that is missing. Decides no distance. Source: models.md 2.7, 2.9 steps 4
and 5.
"""

import msgspec

from mmtui.domain.book import touch_refusal
from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS, Price
from mmtui.strategies.bounds import clip
from mmtui.strategies.quote import Absence, AbsenceReason, Ladder, Level, QuoteContext, Term, Waterfall
from mmtui.strategies.sizing import SizeSettings, is_reducing, level_sizes, side_budget, wanted_total
from mmtui.strategies.spread import Shift, SpreadLimits

FAIR_OFF_MID_MAX = 0.01


class LevelDepth(msgspec.Struct, frozen=True, gc=False):
    """Distance of one level before the skew, and the terms that bring it there from the side's own."""

    bps: float
    terms: tuple[Term, ...] = ()


class SideShape(msgspec.Struct, frozen=True):
    """One side before the skew: its terms, a depth for each level, its size, and why it has no depths."""

    terms: tuple[Term, ...]
    depths: tuple[LevelDepth, ...]
    sizes: SizeSettings
    absence: AbsenceReason = AbsenceReason.NOT_WANTED


class Frame(msgspec.Struct, frozen=True):
    """What the quotes hang on: reference price (USD) and its name, the shift, and the two sides."""

    reference: float
    reference_name: str
    shift: Shift
    bid: SideShape
    ask: SideShape
    limits: SpreadLimits


class Placed(msgspec.Struct, frozen=True):
    """One side on the grid."""

    levels: tuple[Level, ...]
    absences: tuple[Absence, ...]


def reference_price(context: QuoteContext, is_fair_wanted: bool) -> tuple[float, str] | None:
    """Price to quote around, in USD, and its name; None when the touch is unusable.

    A fair price further than 1 % from the mid is not believed.
    """
    touch = context.touch
    if touch_refusal(touch) is not None:
        return None
    mid = touch.mid
    fair = context.estimates.fair.value
    if is_fair_wanted and abs(fair - mid) <= FAIR_OFF_MID_MAX * mid:
        return fair, "fair"
    return mid, "mid"


def no_ladder(reason: AbsenceReason, detail: str = "") -> Ladder:
    """A ladder without quotes, and why."""
    return Ladder(
        bids=(),
        asks=(),
        reference=0.0,
        reservation=0.0,
        absences=(Absence(Side.BUY, None, reason, detail), Absence(Side.SELL, None, reason, detail)),
    )


def place(context: QuoteContext, frame: Frame) -> tuple[Placed, Placed]:
    """Both sides on the grid, bids then asks; the reducing side is placed first and never gives way."""
    instrument, touch = context.instrument, context.touch
    bid_bound = instrument.step_away(Side.BUY, instrument.price_units(touch.ask))
    ask_bound = instrument.step_away(Side.SELL, instrument.price_units(touch.bid))
    if context.position > 0:
        asks = _place_side(context, frame, Side.SELL, ask_bound)
        if asks.levels:
            bid_bound = min(bid_bound, instrument.step_away(Side.BUY, asks.levels[0].price))
        return _place_side(context, frame, Side.BUY, bid_bound), asks
    bids = _place_side(context, frame, Side.BUY, bid_bound)
    if bids.levels:
        ask_bound = max(ask_bound, instrument.step_away(Side.SELL, bids.levels[0].price))
    return bids, _place_side(context, frame, Side.SELL, ask_bound)


def _place_side(context: QuoteContext, frame: Frame, side: Side, bound: Price) -> Placed:
    room = context.rooms.room(side)
    if context.rooms.is_reduce_only and not is_reducing(side, context.position):
        return _absent(side, AbsenceReason.REDUCE_ONLY, context.rooms.reason(side))
    if room <= 0:
        return _absent(side, AbsenceReason.NO_ROOM, context.rooms.reason(side))
    shape = frame.bid if side is Side.BUY else frame.ask
    if not shape.depths:
        return _absent(side, shape.absence)
    levels = _priced(context, frame, side, bound)
    if not levels:
        return _absent(side, AbsenceReason.NO_PRICE)
    wanted = wanted_total(context, side, shape.sizes, context.touch.mid)
    total = side_budget(context, side, wanted, levels[0][0])
    if total <= 0:
        return _absent(side, AbsenceReason.NO_SIZE)
    plan = level_sizes(total, room, shape.sizes.weights, [price for price, _ in levels], context.instrument)
    detail = context.rooms.reason(side)
    absences = [
        Absence(side, index, reason, detail if reason is AbsenceReason.NO_ROOM else "")
        for index, reason in plan.absences
    ]
    absences += [Absence(side, i, AbsenceReason.NO_PRICE) for i in range(len(levels), len(shape.depths))]
    quotes = tuple(
        Level(side, i, price, size, Waterfall(side, frame.reference, frame.reference_name, terms))
        for i, ((price, terms), size) in enumerate(zip(levels, plan.sizes, strict=True))
        if size
    )
    return Placed(quotes, tuple(absences))


def _priced(context: QuoteContext, frame: Frame, side: Side, bound: Price) -> list[tuple[Price, tuple[Term, ...]]]:
    """Price and terms of each level from the inside out, up to the first the venue has no price for."""
    instrument, limits = context.instrument, frame.limits
    reference, sign = frame.reference, int(side)
    is_increasing = not is_reducing(side, context.position)
    shape = frame.bid if side is Side.BUY else frame.ask
    shift_bps = frame.shift.total_bps * sign
    shift_terms = frame.shift.terms
    if sign < 0:
        shift_terms = tuple(Term(term.name, -term.bps) for term in shift_terms)
    unit_bps = BPS / (reference * instrument.price_scale)
    levels: list[tuple[Price, tuple[Term, ...]]] = []
    for depth in shape.depths:
        bps = depth.bps + shift_bps
        terms = shape.terms + depth.terms + shift_terms
        least_bps = min(limits.min_half_bps, depth.bps)
        if is_increasing and bps < least_bps:
            terms += (Term("exposure floor", least_bps - bps),)
            bps = least_bps
        if not -limits.max_half_bps <= bps <= limits.max_half_bps:
            allowed_bps = clip(bps, -limits.max_half_bps, limits.max_half_bps)
            terms += (Term("distance cap", allowed_bps - bps),)
            bps = allowed_bps
        price = instrument.quote_price(side, reference * (1.0 - sign * bps / BPS))
        name = "grid rounding"
        if sign * (price - bound) > 0:
            price, name = bound, "post-only"
        if price <= 0:
            break
        moved_bps = sign * (BPS - price * unit_bps) - bps
        levels.append((price, (*terms, Term(name, moved_bps)) if moved_bps != 0.0 else terms))
    return levels


def _absent(side: Side, reason: AbsenceReason, detail: str = "") -> Placed:
    return Placed((), (Absence(side, None, reason, detail),))
