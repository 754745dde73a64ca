"""The wanted ladder against the resting orders: the fewest actions that bring them together.

An order whose price need not move keeps its place in the queue. A quote closer to the market than
it should be is moved sooner than one that is too far. An order whose fate is not known holds its
level: nothing is placed there until it is decided. With a judge, an order that is too far out stays
while moving it is not worth more, and one within the tolerance goes when it loses or is stale.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from mmtui.domain.order import ACTIVE, Order, OrderState, Purpose
from mmtui.domain.units import BPS, Size
from mmtui.engine.quoting.refresh import Gap, Verdict
from mmtui.strategies.quote import Level

AGGRESSIVE_SHARE = 0.5
DEPTH_TOLERANCE = 0.1
REMAINDER_MIN = 0.5
FREE = ACTIVE | {OrderState.SUBMITTED}


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How far a resting order may be from its level: distance in bps, size as a share.

    ``passive_factor`` widens the distance of orders further out than wanted, never of closer ones.
    With ``must_reduce`` only orders that the venue too knows as reduce-only may stay.
    """

    max_bps_diff: float
    size_share: float
    must_reduce: bool = False
    passive_factor: float = 1.0


class Worth(Protocol):
    """Decides between keeping and moving by what each is worth."""

    def verdict(self, level: Level, order: Order, gap: Gap) -> Verdict:
        """What becomes of an order that could serve a level."""


class Plan(msgspec.Struct, frozen=True):
    """Orders to cancel, levels to place, and pairs that stay as they are."""

    cancel: tuple[Order, ...]
    place: tuple[Level, ...]
    keep: tuple[tuple[Level, Order], ...]


def plan(wanted: Sequence[Level], orders: Iterable[Order], tolerance: Tolerance, judge: Worth | None = None) -> Plan:
    """Pairs each wanted level of one side with the closest acceptable order, inner levels first."""
    free: list[Order] = []
    held: set[int] = set()
    for order in orders:
        if order.terms.purpose is not Purpose.QUOTE:
            continue
        if order.state in FREE:
            free.append(order)
        elif order.state is OrderState.UNKNOWN:
            held.add(order.terms.level)
    place: list[Level] = []
    keep: list[tuple[Level, Order]] = []
    for level in wanted:
        closest = _closest(level, free, tolerance)
        if closest is not None and _stays(level, closest, tolerance, judge):
            free.remove(closest)
            keep.append((level, closest))
        elif level.index not in held:
            place.append(level)
    if judge is not None and place and free:
        place = _weighed(place, free, keep, tolerance, judge)
        keep.sort(key=lambda pair: pair[0].index)
    waiting = {order.terms.level for order in free if order.state is OrderState.SUBMITTED}
    return Plan(
        cancel=tuple(order for order in free if order.is_active),
        place=tuple(level for level in place if level.index not in waiting),
        keep=tuple(keep),
    )


def away_bps(level: Level, tolerance: Tolerance) -> float:
    """How much further out than wanted an order of this level may be before it is moved or weighed."""
    return max(tolerance.max_bps_diff, DEPTH_TOLERANCE * abs(level.distance_bps))


def _gap(level: Level, order: Order, tolerance: Tolerance) -> Gap:
    closer_bps = int(level.side) * (order.price - level.price) / level.price * BPS
    factor = tolerance.passive_factor if closer_bps < 0.0 else 1.0
    return Gap(closer_bps, factor * away_bps(level, tolerance))


def _stays(level: Level, order: Order, tolerance: Tolerance, judge: Worth | None) -> bool:
    if judge is None or not order.is_active or order.price == level.price:
        return True
    return judge.verdict(level, order, _gap(level, order, tolerance)) is Verdict.HOLD


def _weighed(
    place: list[Level], free: list[Order], keep: list[tuple[Level, Order]], tolerance: Tolerance, judge: Worth
) -> list[Level]:
    """Levels still to place once orders that are too far out, but worth keeping there, serve some of them."""
    left: list[Level] = []
    for level in place:
        order = _next_out(level, free, tolerance)
        if order is not None and judge.verdict(level, order, _gap(level, order, tolerance)) is Verdict.HOLD:
            free.remove(order)
            keep.append((level, order))
        else:
            left.append(level)
    return left


def _next_out(level: Level, orders: Iterable[Order], tolerance: Tolerance) -> Order | None:
    """The closest resting order further out than the level that is of its size."""
    side = int(level.side)
    best: Order | None = None
    for order in orders:
        out = side * (level.price - order.price)
        if out <= 0 or not order.is_active or (tolerance.must_reduce and not order.terms.reduce_only):
            continue
        is_closer = best is None or out < side * (level.price - best.price)
        if is_closer and _size_fits(level.size, order, tolerance.size_share):
            best = order
    return best


def _closest(level: Level, orders: Iterable[Order], tolerance: Tolerance) -> Order | None:
    price, side = level.price, int(level.side)
    most_bps = away_bps(level, tolerance)
    closer_bps = AGGRESSIVE_SHARE * most_bps
    further_bps = tolerance.passive_factor * most_bps
    best: Order | None = None
    distance = 0
    for order in orders:
        terms = order.terms
        gap = terms.price - price
        if (best is not None and abs(gap) >= distance) or (tolerance.must_reduce and not terms.reduce_only):
            continue
        price_fits = gap == 0 or -further_bps <= side * gap / price * BPS <= closer_bps
        if price_fits and _size_fits(level.size, order, tolerance.size_share):
            best, distance = order, abs(gap)
            if not gap:
                break
    return best


def _size_fits(wanted: Size, order: Order, share: float) -> bool:
    least = REMAINDER_MIN if order.filled else 1.0 - share
    return least * wanted <= order.remaining <= wanted * (1.0 + share)
