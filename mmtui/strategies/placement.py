"""From distances to quotes: price each level on the venue's grid, explain it, and give it a size.

Owns the last steps before the controls: the least distance of the side that adds exposure, the
greatest distance of any, post-only against the market and against the own other side, rounding, and
the reason for every level that is missing. Decides no distance. Source: models.md 2.7, 2.9 steps 4
and 5.
"""

import math

import msgspec

from mmtui.domain.book import touch_refusal
from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS, Price, Size
from mmtui.strategies.bounds import clip
from mmtui.strategies.edge_sizing import PlanMemo, SideEdge, SideRequest
from mmtui.strategies.quote import Absence, AbsenceReason, Ladder, Level, QuoteContext, Rooms, Term
from mmtui.strategies.sizing import SidePlan, SizeSettings, is_reducing, level_sizes, side_budget, wanted_total
from mmtui.strategies.spread import Shift, SpreadLimits

FAIR_OFF_MID_MAX = 0.01
# Sizes answer moves of a tenth of a basis point, so that a reference that trembles leaves them alone.
SIZING_DECIMALS = 1


class LevelDepth(msgspec.Struct, frozen=True, gc=False):
    """Distance of one level before the skew, and the terms that bring it there from the side's own."""

    bps: float
    terms: tuple[Term, ...] = ()


class SideShape(msgspec.Struct, frozen=True, gc=False):
    """One side before the skew: its terms, a depth for each level, its size, and why it has no depths.

    ``edge`` is what sizes follow where they follow what levels earn.
    """

    terms: tuple[Term, ...]
    depths: tuple[LevelDepth, ...]
    sizes: SizeSettings
    absence: AbsenceReason = AbsenceReason.NOT_WANTED
    edge: SideEdge | None = None


class Frame(msgspec.Struct, frozen=True, gc=False):
    """What the quotes hang on: reference price (USD) and its name, the shift, and the two sides."""

    reference: float
    reference_name: str
    shift: Shift
    bid: SideShape
    ask: SideShape
    limits: SpreadLimits


class SideBasis(msgspec.Struct, frozen=True, gc=False):
    """How one side was made; ``clamped`` is how many inner levels the post-only bound moved.

    ``wanted`` and ``room`` in size units, for the whole side.
    """

    frame: Frame
    shape: SideShape
    sign: int
    is_increasing: bool
    clamped: int
    wanted: Size
    room: Size

    @property
    def reference(self) -> float:
        """Reference price in USD."""
        return self.frame.reference

    @property
    def reference_name(self) -> str:
        """``"fair"`` or ``"mid"``."""
        return self.frame.reference_name

    def terms(self, index: int, total_bps: float) -> tuple[Term, ...]:
        """The terms of a level that stands ``total_bps`` from the reference."""
        frame, depth, sign = self.frame, self.shape.depths[index], self.sign
        terms = [*self.shape.terms, *depth.terms]
        terms += (Term(term.name, sign * term.bps) for term in frame.shift.terms)
        skewed_bps = depth.bps + sign * frame.shift.total_bps
        floored_bps = max(skewed_bps, _least_bps(depth, self.is_increasing, frame.limits))
        wanted_bps = clip(floored_bps, -frame.limits.max_half_bps, frame.limits.max_half_bps)
        closing = "post-only" if index < self.clamped else "grid rounding"
        last = (
            ("exposure floor", floored_bps - skewed_bps),
            ("distance cap", wanted_bps - floored_bps),
            (closing, total_bps - wanted_bps),
        )
        terms += (Term(name, bps) for name, bps in last if bps != 0.0)
        return tuple(terms)


class Placed(msgspec.Struct, frozen=True, gc=False):
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


def place(context: QuoteContext, frame: Frame, plans: PlanMemo | None = None) -> tuple[Placed, Placed]:
    """Both sides on the grid, bids then asks; the reducing side is placed first and never gives way.

    ``plans`` remembers sizes from call to call.
    """
    if plans is None:
        plans = PlanMemo()
    instrument, touch = context.instrument, context.touch
    bid_bound = instrument.step_away(Side.BUY, instrument.price_units(touch.ask))
    ask_bound = instrument.step_away(Side.SELL, instrument.price_units(touch.bid))
    if context.position > 0:
        asks = _place_side(context, frame, Side.SELL, ask_bound, plans)
        if asks.levels and asks.levels[0].price <= bid_bound:
            bid_bound = instrument.step_away(Side.BUY, asks.levels[0].price)
        return _place_side(context, frame, Side.BUY, bid_bound, plans), asks
    bids = _place_side(context, frame, Side.BUY, bid_bound, plans)
    if bids.levels and bids.levels[0].price >= ask_bound:
        ask_bound = instrument.step_away(Side.SELL, bids.levels[0].price)
    return bids, _place_side(context, frame, Side.SELL, ask_bound, plans)


def _place_side(context: QuoteContext, frame: Frame, side: Side, bound: Price, plans: PlanMemo) -> Placed:
    rooms = context.rooms
    room = rooms.room(side)
    is_increasing = not is_reducing(side, context.position)
    if rooms.is_reduce_only and is_increasing:
        return _absent(side, AbsenceReason.REDUCE_ONLY, rooms.reason(side))
    if room <= 0:
        return _absent(side, AbsenceReason.NO_ROOM, rooms.reason(side))
    shape = frame.bid if side > 0 else frame.ask
    if not shape.depths:
        return _absent(side, shape.absence)
    prices, clamped = _prices(context, frame, side, bound, shape)
    if not prices:
        return _absent(side, AbsenceReason.NO_PRICE)
    wanted = wanted_total(context, side, shape.sizes)
    total = side_budget(context, side, wanted, prices[0])
    if total <= 0:
        return _absent(side, AbsenceReason.NO_SIZE, rooms.scaled(side))
    basis = SideBasis(frame, shape, int(side), is_increasing, clamped, total, room)
    # price = reference * (1 - sign * bps / 1e4), solved for bps.
    start_bps = int(side) * BPS
    slope_bps = start_bps / (frame.reference * context.instrument.price_scale)
    if shape.edge is None:
        plan = level_sizes(total, room, shape.sizes.weights, prices)
    else:
        distances = tuple([round(start_bps - price * slope_bps, SIZING_DECIMALS) for price in prices])
        depths = tuple([depth.bps for depth in shape.depths])
        request = SideRequest(total, room, shape.sizes.weights, tuple(prices), distances, depths)
        plan = plans.plan(side, shape.edge, request)
    quotes = []
    for i, size in enumerate(plan.sizes):
        if size:
            price = prices[i]
            quotes.append(Level(side, i, price, size, start_bps - price * slope_bps, basis))
    if not plan.absences and len(prices) == len(shape.depths):
        return Placed(tuple(quotes), ())
    return Placed(tuple(quotes), _absences(side, plan, len(prices), len(shape.depths), rooms))


def _prices(context: QuoteContext, frame: Frame, side: Side, bound: Price, shape: SideShape) -> tuple[list[Price], int]:
    """Grid price of each level up to the first the venue has none for, and how many the bound moved."""
    sign, limits, depths = int(side), frame.limits, shape.depths
    shift_bps = sign * frame.shift.total_bps
    most_bps = limits.max_half_bps
    is_increasing = not is_reducing(side, context.position)
    min_bps = limits.min_half_bps if is_increasing else -most_bps
    reference = frame.reference
    usd_per_bps = sign * reference / BPS
    if depths[0].bps + shift_bps < min_bps or depths[-1].bps + shift_bps > most_bps:
        distances = [
            clip(max(depth.bps + shift_bps, _least_bps(depth, is_increasing, limits)), -most_bps, most_bps)
            for depth in depths
        ]
        wanted = [reference - usd_per_bps * bps for bps in distances]
    else:
        wanted = [reference - usd_per_bps * (depth.bps + shift_bps) for depth in depths]
    prices = context.instrument.quote_prices(side, wanted)
    clamped = 0
    for i, price in enumerate(prices):
        if sign * (price - bound) <= 0:
            break
        prices[i] = bound
        clamped += 1
    if prices[-1] <= 0:
        prices = [price for price in prices if price > 0]
    return prices, clamped


def _least_bps(depth: LevelDepth, is_increasing: bool, limits: SpreadLimits) -> float:
    """Distance inside which the skew may not bring a level that adds exposure."""
    return min(limits.min_half_bps, depth.bps) if is_increasing else -math.inf


def _absences(side: Side, plan: SidePlan, priced: int, levels: int, rooms: Rooms) -> tuple[Absence, ...]:
    details = {
        AbsenceReason.NO_ROOM: rooms.reason(side),
        AbsenceReason.SIDE_BELOW_MINIMUM: rooms.scaled(side),
    }
    absences = [Absence(side, index, reason, details.get(reason, "")) for index, reason in plan.absences]
    if (None, AbsenceReason.SIDE_BELOW_MINIMUM) not in plan.absences:
        absences += [Absence(side, i, AbsenceReason.NO_PRICE) for i in range(priced, levels)]
    return tuple(absences)


def _absent(side: Side, reason: AbsenceReason, detail: str = "") -> Placed:
    return Placed((), (Absence(side, None, reason, detail),))
