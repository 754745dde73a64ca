"""Sizes: how much each side wants in all, and how it is spread over the levels in whole size units.

Sizes are only ever rounded down. A level below the venue's minimum gives its size to the level inside
it, and no total exceeds the room it was given. Source: models.md 2.10, decisions.md S41.
"""

from collections.abc import Sequence

import msgspec

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import Price, Size
from mmtui.strategies.quote import AbsenceReason, QuoteContext

PRIOR_SHARE = 0.5
ROUNDING = 1e-9


class SizeSettings(msgspec.Struct, frozen=True):
    """Wanted size of a side: base units, or USD where ``liquidity_base`` is 0; and the level weights."""

    liquidity_base: float
    notional_usd: float
    weights: tuple[float, ...]

    @classmethod
    def from_settings(cls, settings: Settings, levels: int) -> "SizeSettings":
        """Read the schema's rows for a ladder of ``levels``."""
        return cls(
            liquidity_base=settings.number("trading.target_liquidity"),
            notional_usd=settings.number("trading.order_notional_usd"),
            weights=geometric_weights(levels, settings.number("strategy.ladder_config.decay_factor")),
        )


def scaled(settings: SizeSettings, share: float) -> SizeSettings:
    """The same wanted size times ``share``."""
    if share == 1.0:
        return settings
    return SizeSettings(settings.liquidity_base * share, settings.notional_usd * share, settings.weights)


class SidePlan(msgspec.Struct, frozen=True, gc=False):
    """Sizes by level, 0 where absent, and the reason of each absence by level (None: the whole side)."""

    sizes: tuple[Size, ...]
    absences: tuple[tuple[int | None, AbsenceReason], ...] = ()


def geometric_weights(levels: int, decay: float) -> tuple[float, ...]:
    """Shares of the levels, closest first, summing to 1. Source: models.md 2.10."""
    raw = [decay**i for i in range(levels)]
    total = sum(raw)
    return tuple(weight / total for weight in raw)


def is_dust(instrument: Instrument, position: Size, price: Price) -> bool:
    """Whether a position is too small for the venue to take an order of its size at ``price``."""
    return 0 < abs(position) < instrument.min_size(price)


def is_reducing(side: Side, position: Size) -> bool:
    """Whether a fill on ``side`` brings the position closer to zero."""
    return int(side) * position < 0


def wanted_total(context: QuoteContext, side: Side, settings: SizeSettings) -> Size:
    """Size units a side wants before its room caps it."""
    base = settings.liquidity_base if settings.liquidity_base > 0.0 else settings.notional_usd / context.touch.mid
    factor = context.rooms.size_factor(side)
    if factor < 1.0:
        base *= max(0.0, factor)
    return context.instrument.floor_size(base * PRIOR_SHARE if context.is_prior else base)


def side_budget(context: QuoteContext, side: Side, wanted: Size, price: Price) -> Size:
    """Wanted size of a side at its inner ``price`` once reducing and reduce-only have had their say.

    A position that is not dust always gets a reducing order the venue accepts, however small the
    configured size.
    """
    if not is_reducing(side, context.position):
        return 0 if context.rooms.is_reduce_only else wanted
    held = abs(context.position)
    if wanted * price < MIN_NOTIONAL_USD_MICRO and not is_dust(context.instrument, held, price):
        wanted = context.instrument.min_size(price)
    return min(wanted, held) if context.rooms.is_reduce_only else wanted


def level_sizes(total: Size, room: Size, weights: Sequence[float], prices: Sequence[Price]) -> SidePlan:
    """Spread ``total`` over the levels, inner ones first where the room is short, small ones inward."""
    count = len(prices)
    used = weights if len(weights) == count else weights[:count]
    sizes = [int(total * weight + ROUNDING) for weight in used]
    left = room - sum(sizes)
    # Weights never grow outward, so the last size at the lowest price is the smallest order.
    is_plain = left >= 0 and len(set(prices)) == count
    if is_plain and sizes[-1] * min(prices[0], prices[-1]) >= MIN_NOTIONAL_USD_MICRO:
        return SidePlan(tuple(sizes))
    if left < 0:
        left = _fill_inner(sizes, room)
    return _merged(sizes, prices, total, room, left)


def _fill_inner(sizes: list[Size], room: Size) -> Size:
    """Cut the sizes to the room from the outside in; the room that is left."""
    left = room
    for i, size in enumerate(sizes):
        sizes[i] = min(size, left)
        left -= sizes[i]
    return left


def _merged(sizes: list[Size], prices: Sequence[Price], total: Size, room: Size, left: Size) -> SidePlan:
    """The sizes with small levels, and those on a price already taken, added to the level inside."""
    absences: list[tuple[int | None, AbsenceReason]] = []
    for i in range(len(sizes) - 1, 0, -1):
        is_same = prices[i] == prices[i - 1]
        if is_same or sizes[i] * prices[i] < MIN_NOTIONAL_USD_MICRO:
            small = AbsenceReason.BELOW_MINIMUM if sizes[i] or left else AbsenceReason.NO_ROOM
            absences.append((i, AbsenceReason.SAME_PRICE if is_same else small))
            sizes[i - 1] += sizes[i]
            sizes[i] = 0
    outer = next((i for i in range(1, len(sizes)) if sizes[i]), 0)
    if outer and sizes[0] * prices[0] < MIN_NOTIONAL_USD_MICRO:
        sizes[0] += sizes[outer]
        sizes[outer] = 0
        absences.append((outer, AbsenceReason.BELOW_MINIMUM))
    if not any(sizes[1:]):
        sizes[0] = min(total, room)
    if sizes[0] * prices[0] < MIN_NOTIONAL_USD_MICRO:
        reason = AbsenceReason.NO_ROOM if room < total else AbsenceReason.SIDE_BELOW_MINIMUM
        return SidePlan((0,) * len(sizes), ((None, reason),))
    return SidePlan(tuple(sizes), tuple(sorted(absences, key=_by_level)))


def _by_level(absence: tuple[int | None, AbsenceReason]) -> int:
    return absence[0] or 0
