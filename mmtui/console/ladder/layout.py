"""Which rungs stand in which lines of a ladder: on an axis of prices where there is room, else the rows that matter.

Our quotes are never all out of sight: those beyond the axis stand behind a gap, the nearest first, and the number
left out is said.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

from mmtui.console.ladder.axis import Axis, Market, Span
from mmtui.console.ladder.book import SideRows, choose
from mmtui.console.ladder.rungs import Rung, grouped

AXIS_ROWS_MIN = 12
# Rows the axis keeps for itself, whatever our quotes further out would like.
AXIS_KEPT = 6


class Laid(NamedTuple):
    """Both sides from the price outwards, and the axis they stand on; ``hidden`` own quotes did not fit."""

    asks: SideRows
    bids: SideRows
    span: Span | None = None
    hidden: int = 0


def lay(market: Market, axis: Axis, rows: int, name: str) -> Laid:
    """The rungs of ``rows`` lines around the spread."""
    has_axis = rows >= AXIS_ROWS_MIN and market.tick > 0 and bool(market.bids) and bool(market.asks)
    if has_axis and market.bids[0].price < market.asks[0].price:
        return _on_axis(market, axis, rows, name)
    asks, bids = choose(market.asks, (rows + 1) // 2), choose(market.bids, rows // 2)
    shown = sum(rung.own_size > 0 for side in (asks, bids) for rung in (*side.near, *side.far))
    return Laid(asks, bids, None, _own(market.asks) + _own(market.bids) - shown)


def _own(side: Sequence[Rung]) -> int:
    return sum(rung.own_size > 0 for rung in side)


def _on_axis(market: Market, axis: Axis, rows: int, name: str) -> Laid:
    """Each price of the axis has a rung: an empty one where nothing is, an unknown one beyond the book."""
    most = (rows - AXIS_KEPT) // 2 - 1
    room = rows
    for _ in range(rows):
        span = axis.span(market, room, name)
        far_asks, far_bids = _far(market.asks, span, is_bid=False), _far(market.bids, span, is_bid=True)
        needed = sum(min(len(far), most) + bool(far) for far in (far_asks, far_bids))
        if rows - needed >= room:
            break
        room = rows - needed
    asks = grouped(market.asks, span.step, is_bid=False)
    bids = grouped(market.bids, span.step, is_bid=True)
    first_bid = max(min(max(bids), span.high), span.low)
    first_ask = max(first_bid + 1, min(*asks, span.high))
    border = (first_bid + first_ask) // 2
    worst_ask = max((rung.price for rung in market.asks if rung.size > 0), default=-math.inf)
    worst_bid = min((rung.price for rung in market.bids if rung.size > 0), default=math.inf)
    step = span.step
    near_asks = tuple(
        asks.get(place) or Rung(place * step, is_known=place * step <= worst_ask)
        for place in range(border + 1, span.high + 1)
    )
    near_bids = tuple(
        bids.get(place) or Rung(place * step, is_known=place * step >= worst_bid)
        for place in range(border, span.low - 1, -1)
    )
    hidden = sum(max(len(far) - most, 0) for far in (far_asks, far_bids))
    return Laid(
        SideRows(near_asks, far_asks[:most], bool(far_asks)),
        SideRows(near_bids, far_bids[:most], bool(far_bids)),
        span,
        hidden,
    )


def _far(side: Sequence[Rung], span: Span, *, is_bid: bool) -> tuple[Rung, ...]:
    return tuple(rung for rung in side if rung.own_size > 0 and not span.holds(rung, is_bid=is_bid))
