"""Quotes of the strategies themselves, before the grid: what figures of whole quotes are held to."""

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.strategies.quote import Ladder, Level, QuoteContext, Rooms
from mmtui.strategies.registry import BUILT_IN


def quotes(quote_context: QuoteContext, values: Settings, name: str = "glft") -> Ladder:
    """One quote a side with room on both."""
    free = msgspec.structs.replace(quote_context, rooms=Rooms(buy=10**6, sell=10**6))
    return BUILT_IN[name]().ladder(free, values)


def first(ladder: Ladder, side: int) -> Level:
    """The innermost quote of a side."""
    return (ladder.bids if side > 0 else ladder.asks)[0]


def term_bps(level: Level, name: str) -> float:
    """Sum of the terms of one name."""
    return sum(term.bps for term in level.waterfall.terms if term.name == name)


def distance_bps(ladder: Ladder, side: int) -> float:
    """Distance of the innermost quote of a side from the reference, before it is put on the grid."""
    level = first(ladder, side)
    return level.waterfall.total_bps - term_bps(level, "grid rounding")
