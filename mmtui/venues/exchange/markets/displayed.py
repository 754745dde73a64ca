"""A displayed book laid into a matching book in which account orders also rest.

Owns the background orders of a recorded market. Each snapshot says how much is displayed at each
price it covers; that size is brought about round the account orders:

- an increase joins the back of the queue;
- a decrease (prints have already taken theirs from the front) is a cancellation, of which nobody
  knows the place: by default it is spread over the queue in proportion, with ``FROM_BEHIND`` it
  leaves from the back, which never helps the account;
- a price first displayed while an account order already waits there, and that no earlier snapshot
  covered, is taken to have stood there before: it goes ahead of the account order;
- a displayed opposite touch at or through an account order trades with it, up to the size displayed.
"""

import enum

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size
from mmtui.venues.exchange.executions import BACKGROUND, BookOrder, MatchResult, MayFill, Settle
from mmtui.venues.exchange.markets.makers import OidSource
from mmtui.venues.exchange.markets.recording_rows import LevelRow, QuoteRow
from mmtui.venues.exchange.matching import MatchingBook

RETAINED_LEVELS = 200
"""Levels kept a side after they leave the displayed window, so that returning prices keep their queue."""


class DecreaseRule(enum.Enum):
    """Where in the queue an unexplained decrease of the displayed size is taken from."""

    PROPORTIONAL = "proportional"
    FROM_BEHIND = "behind"


class DisplayedBook:
    """The background of one recorded coin."""

    __slots__ = ("_book", "_levels", "_oids", "_reach", "_rule", "_seen_depth", "_touch_time_ms")

    def __init__(self, book: MatchingBook, oids: OidSource, rule: DecreaseRule) -> None:
        self._book = book
        self._oids = oids
        self._rule = rule
        self._levels: dict[Side, dict[Price, list[BookOrder]]] = {Side.BUY: {}, Side.SELL: {}}
        self._reach: dict[Side, Price | None] = {Side.BUY: None, Side.SELL: None}
        self._seen_depth = False
        self._touch_time_ms = 0

    def show(self, row: QuoteRow, may_fill: MayFill, settle: Settle) -> list[MatchResult]:
        """Bring the background to what ``row`` displays; returns trades with account orders it caused.

        A depth snapshot older than the last touch keeps that touch and changes only what lies behind it.
        """
        self._seen_depth = self._seen_depth or not row.is_touch
        is_late = not row.is_touch and row.venue_time_ms < self._touch_time_ms
        if is_late:
            shown = {side: self._behind_touch(side, levels) for side, levels in _sides(row)}
        else:
            shown = dict(_sides(row))
            self._touch_time_ms = row.venue_time_ms
            for side, levels in shown.items():
                self._clear_better(side, levels[0][0] if levels else None)
        results = []
        for side, levels in shown.items():
            results.extend(self._lay(side, levels, may_fill, settle))
            if not row.is_touch:
                self._clear_unlisted(side, levels, is_late=is_late)
            elif levels and not self._seen_depth:
                self._keep_touch_only(side, levels)
            self._reach[side] = self._worst(side, levels, row.is_touch)
        return results

    def keep_side(self, side: Side, price: Price) -> None:
        """Leave one unit at ``price`` when a print has emptied a side: deeper levels were not displayed."""
        if self._book.best(side) is None and not self._book.crosses(side, price):
            self._set(side, price, 1)

    def _behind_touch(self, side: Side, levels: list[LevelRow]) -> list[LevelRow]:
        best = max((side * price for price in self._levels[side]), default=None)
        return [] if best is None else [level for level in levels if side * level[0] < best]

    def _clear_better(self, side: Side, best: Price | None) -> None:
        """Remove background at prices better than the displayed best; all of it when the side is empty."""
        standing = self._book.best(side)
        if standing is None or (best is not None and side * (standing - best) <= 0):
            return
        for price in list(self._levels[side]):
            if best is None or side * (price - best) > 0:
                self._set(side, price, 0)

    def _clear_unlisted(self, side: Side, levels: list[LevelRow], *, is_late: bool) -> None:
        """Remove what a depth snapshot covers but does not list, and the deepest of what is retained."""
        if not levels:
            return
        kept, listed = self._levels[side], {price for price, _ in levels}
        best, worst = levels[0][0], levels[-1][0]
        for price in list(kept):
            is_covered = side * (price - worst) > 0 and not (is_late and side * (price - best) > 0)
            if is_covered and price not in listed:
                self._set(side, price, 0)
        if len(kept) > RETAINED_LEVELS:
            for price in sorted(kept, key=lambda price: side * price)[:-RETAINED_LEVELS]:
                if not self._accounts_at(side, price):
                    self._set(side, price, 0)

    def _keep_touch_only(self, side: Side, levels: list[LevelRow]) -> None:
        """In a recording without depth, forget old touches at which no account order waits."""
        for price in list(self._levels[side]):
            if price != levels[0][0] and not self._accounts_at(side, price):
                self._set(side, price, 0)

    def _worst(self, side: Side, levels: list[LevelRow], is_touch: bool) -> Price | None:
        """Deepest price whose queue is known: everything better has been displayed."""
        if not levels:
            return self._reach[side]
        shown, reach = levels[-1][0], self._reach[side]
        return reach if is_touch and reach is not None and side * (reach - shown) < 0 else shown

    def _lay(self, side: Side, levels: list[LevelRow], may_fill: MayFill, settle: Settle) -> list[MatchResult]:
        book, results = self._book, []
        is_touching = bool(levels) and book.crosses(side, levels[0][0])
        for price, displayed in levels:
            size = displayed
            if is_touching and book.crosses(side, price):
                taker = BookOrder(self._oids.take(), BACKGROUND, side, price, size, tif="Ioc")
                results.append(book.match(taker, price, may_fill, settle))
                size = taker.size
            self._set(side, price, size)
        return results

    def _set(self, side: Side, price: Price, displayed: Size) -> None:
        kept = self._levels[side]
        queue = kept.get(price)
        if queue is None:
            if displayed:
                is_first = bool(self._accounts_at(side, price)) and not self._was_covered(side, price)
                kept[price] = [self._rest(side, price, displayed, is_first)]
            return
        if len(queue) == 1 and queue[0].size == displayed:
            return
        change = displayed - sum(order.size for order in queue)
        if change < 0:
            self._decrease(queue, -change)
        queue[:] = [order for order in queue if order.size > 0]
        if change > 0:
            self._increase(side, price, queue, change)
        if not displayed and not self._accounts_at(side, price):
            del kept[price]

    def _was_covered(self, side: Side, price: Price) -> bool:
        reach = self._reach[side]
        return reach is not None and side * (price - reach) >= 0

    def _increase(self, side: Side, price: Price, queue: list[BookOrder], change: Size) -> None:
        """Join the back; a background order already last there is replaced by a larger one."""
        waiting = self._book.orders_at(side, price)
        if queue and waiting and waiting[-1] is queue[-1]:
            change += queue.pop().size
            self._book.cancel(waiting[-1].oid)
        queue.append(self._rest(side, price, change, False))

    def _decrease(self, queue: list[BookOrder], change: Size) -> None:
        total = sum(order.size for order in queue)
        cuts = [0] * len(queue)
        if self._rule is DecreaseRule.PROPORTIONAL:
            cuts = [change * order.size // total for order in queue]
        left = change - sum(cuts)
        for index in range(len(queue) - 1, -1, -1):
            more = min(left, queue[index].size - cuts[index])
            cuts[index] += more
            left -= more
        for order, cut in zip(queue, cuts, strict=True):
            if cut == order.size:
                self._book.cancel(order.oid)
                order.size = 0
            elif cut:
                self._book.shrink(order.oid, order.size - cut)

    def _rest(self, side: Side, price: Price, size: Size, is_first: bool) -> BookOrder:
        order = BookOrder(self._oids.take(), BACKGROUND, side, price, size)
        self._book.rest(order, first=is_first)
        return order

    def _accounts_at(self, side: Side, price: Price) -> bool:
        return any(order.account for order in self._book.orders_at(side, price))


def _sides(row: QuoteRow) -> list[tuple[Side, list[LevelRow]]]:
    return [(Side.BUY, row.bids), (Side.SELL, row.asks)]
