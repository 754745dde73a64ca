"""The wanted ladder against the resting orders: the fewest actions that bring them together.

An order whose price need not move keeps its place in the queue. A quote closer to the market than
it should be is moved sooner than one that is too far. An order whose fate is not known holds its
level: nothing is placed there until it is decided.
"""

from collections.abc import Iterable, Sequence

import msgspec

from mmtui.domain.order import ACTIVE, Order, OrderState, Purpose
from mmtui.domain.units import BPS, Size
from mmtui.strategies.quote import Level

AGGRESSIVE_SHARE = 0.5
DEPTH_TOLERANCE = 0.1
REMAINDER_MIN = 0.5
FREE = ACTIVE | {OrderState.SUBMITTED}


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
        if closest is not None:
            free.remove(closest)
            keep.append((level, closest))
        elif level.index not in held:
            place.append(level)
    waiting = {order.terms.level for order in free if order.state is OrderState.SUBMITTED}
    return Plan(
        cancel=tuple(order for order in free if order.is_active),
        place=tuple(level for level in place if level.index not in waiting),
        keep=tuple(keep),
    )


def _closest(level: Level, orders: Iterable[Order], tolerance: Tolerance) -> Order | None:
    price, side = level.price, int(level.side)
    away_bps = max(tolerance.max_bps_diff, DEPTH_TOLERANCE * abs(level.distance_bps))
    closer_bps = AGGRESSIVE_SHARE * away_bps
    best: Order | None = None
    distance = 0
    for order in orders:
        terms = order.terms
        gap = terms.price - price
        if (best is not None and abs(gap) >= distance) or (tolerance.must_reduce and not terms.reduce_only):
            continue
        price_fits = gap == 0 or -away_bps <= side * gap / price * BPS <= closer_bps
        if price_fits and _size_fits(level.size, order, tolerance.size_share):
            best, distance = order, abs(gap)
    return best


def _size_fits(wanted: Size, order: Order, share: float) -> bool:
    least = REMAINDER_MIN if order.filled else 1.0 - share
    return least * wanted <= order.remaining <= wanted * (1.0 + share)
