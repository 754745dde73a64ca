"""The wanted ladder against the resting orders: the fewest actions that bring them together.

An order whose price need not move keeps its place in the queue. A quote closer to the market than
it should be is moved sooner than one that is too far. An order whose fate is not known holds its
level: nothing is placed there until it is decided.
"""

from collections.abc import Iterable, Sequence

import msgspec

from mmtui.domain.order import Order, OrderState, Purpose
from mmtui.domain.units import BPS, Price, Size
from mmtui.strategies.quote import Level

AGGRESSIVE_SHARE = 0.5
DEPTH_TOLERANCE = 0.1
REMAINDER_MIN = 0.5


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """How far a resting order may be from its level: distance in bps, size as a share.

    With ``must_reduce`` only orders that the venue too knows as reduce-only may stay.
    """

    max_bps_diff: float
    size_share: float
    must_reduce: bool = False


class Plan(msgspec.Struct, frozen=True):
    """Orders to cancel, levels to place, and pairs that stay as they are."""

    cancel: tuple[Order, ...]
    place: tuple[Level, ...]
    keep: tuple[tuple[Level, Order], ...]


def plan(wanted: Sequence[Level], orders: Iterable[Order], tolerance: Tolerance) -> Plan:
    """Pairs each wanted level of one side with the closest acceptable order, inner levels first."""
    quotes = [order for order in orders if order.terms.purpose is Purpose.QUOTE and not order.is_terminal]
    free = [order for order in quotes if order.is_active or order.state is OrderState.SUBMITTED]
    held = {order.terms.level for order in quotes if order.state is OrderState.UNKNOWN}
    place: list[Level] = []
    keep: list[tuple[Level, Order]] = []
    for level in wanted:
        order = _closest(level, free, tolerance)
        if order is not None:
            free.remove(order)
            keep.append((level, order))
        elif level.index not in held:
            place.append(level)
    waiting = {order.terms.level for order in free if order.state is OrderState.SUBMITTED}
    return Plan(
        cancel=tuple(order for order in free if order.is_active),
        place=tuple(level for level in place if level.index not in waiting),
        keep=tuple(keep),
    )


def _closest(level: Level, orders: Iterable[Order], tolerance: Tolerance) -> Order | None:
    best: Order | None = None
    distance = 0
    for order in orders:
        away = abs(order.price - level.price)
        if (best is None or away < distance) and _fits(level, order, tolerance):
            best, distance = order, away
    return best


def _fits(level: Level, order: Order, tolerance: Tolerance) -> bool:
    if tolerance.must_reduce and not order.terms.reduce_only:
        return False
    return _price_fits(level, order.price, tolerance) and _size_fits(level.size, order, tolerance.size_share)


def _price_fits(level: Level, price: Price, tolerance: Tolerance) -> bool:
    if price == level.price:
        return True
    closer_bps = level.side * (price - level.price) / level.price * BPS
    depth = DEPTH_TOLERANCE * abs(level.distance_bps)
    allowed = max(tolerance.max_bps_diff, depth)
    return -allowed <= closer_bps <= AGGRESSIVE_SHARE * allowed


def _size_fits(wanted: Size, order: Order, share: float) -> bool:
    if order.remaining > wanted * (1.0 + share):
        return False
    least = REMAINDER_MIN if order.filled else 1.0 - share
    return order.remaining >= least * wanted
