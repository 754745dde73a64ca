"""One price of the ladder with all that is known of it: the market's size, our orders and what becomes of them. Pure.

Joins the picture's book with its orders, so that an order on its way to the exchange, or being taken off, is not
shown as one that rests. Owns the rule of grouping: sizes add up, the least size ahead and the best chance stand.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mmtui.domain.view import BookRow, OrderRow, View

SENT, LEAVING, UNSURE = ">", "x", "?"
SUBMITTED = "Submitted"
DOING = {SUBMITTED: SENT, "CancelPending": LEAVING, "Unknown": UNSURE}
RESTS = ("Resting", "PartialFilled")
_NEAR = 1e-6


class Rung(NamedTuple):
    """A price. ``doing`` says what becomes of our size there: "" rests, sent, leaving or unsure.

    ``is_known`` is False where the exchange sends no book.
    """

    price: float
    size: float = 0.0
    own_size: float = 0.0
    ahead: float | None = None
    chance: float | None = None
    doing: str = ""
    age_s: float | None = None
    is_changed: bool = False
    is_known: bool = True


def rungs(view: View, *, is_bid: bool) -> tuple[Rung, ...]:
    """One side, best price first, with our orders that rest, go and come."""
    ladder = view.engine.ladder
    side = "BUY" if is_bid else "SELL"
    orders: dict[float, list[OrderRow]] = {}
    for order in view.engine.orders:
        if order.side.upper() == side and (order.state in RESTS or order.state in DOING):
            orders.setdefault(order.price, []).append(order)
    rows = ladder.bids if is_bid else ladder.asks
    shown = {row.price: _rung(row, orders.pop(row.price, [])) for row in rows}
    for price, others in orders.items():
        coming = [order for order in others if order.state == SUBMITTED]
        if coming and math.isfinite(price) and price > 0:
            shown[price] = _rung(BookRow(price=price, size=0.0), coming)
    return tuple(shown[price] for price in sorted(shown, reverse=is_bid))


def _rung(row: BookRow, orders: Sequence[OrderRow]) -> Rung:
    # The book's own size leaves out orders that were only sent; the list has them.
    sent = sum(max(order.size - order.filled, 0.0) for order in orders if order.state == SUBMITTED)
    marks = {DOING.get(order.state, "") for order in orders}
    doing = next((mark for mark in (UNSURE, LEAVING, SENT) if mark in marks), "")
    ages = [order.age_s for order in orders]
    return Rung(
        row.price,
        row.size,
        row.own_size + sent,
        row.ahead,
        row.fill_probability,
        doing,
        max(ages, default=None),
    )


def index_of(price: float, step: float, *, is_bid: bool) -> int:
    """The row of a price: bids go down to it and asks up, so that no row shows a price as better than it is."""
    exact = price / step
    return math.floor(exact + _NEAR) if is_bid else math.ceil(exact - _NEAR)


def grouped(side: Iterable[Rung], step: float, *, is_bid: bool) -> dict[int, Rung]:
    """Rungs by row; several in one row become one."""
    rows: dict[int, Rung] = {}
    for rung in side:
        place = index_of(rung.price, step, is_bid=is_bid)
        old = rows.get(place)
        rows[place] = rung if old is None else _merged(old, rung)
    return {place: rung._replace(price=place * step) for place, rung in rows.items()}


def _merged(one: Rung, other: Rung) -> Rung:
    return Rung(
        one.price,
        one.size + other.size,
        one.own_size + other.own_size,
        min((value for value in (one.ahead, other.ahead) if value is not None), default=None),
        max((value for value in (one.chance, other.chance) if value is not None), default=None),
        next((mark for mark in (UNSURE, LEAVING, SENT) if mark in (one.doing, other.doing)), ""),
        max((value for value in (one.age_s, other.age_s) if value is not None), default=None),
        one.is_changed or other.is_changed,
    )


class Changes:
    """Which prices of the book changed much within the last second, by the engine's time."""

    __slots__ = ("_at", "_seen", "_when")

    SHARE_MIN = 0.25
    SHOWN_S = 1.0

    def __init__(self) -> None:
        self._at = -math.inf
        self._seen: dict[float, float] = {}
        self._when: dict[float, float] = {}

    def see(self, at: float, sides: Sequence[Sequence[Rung]]) -> None:
        """Take in one picture; an older one, or one after a gap, begins anew."""
        now = {rung.price: rung.size for side in sides for rung in side if rung.size > 0}
        if not 0 <= at - self._at <= 2 * self.SHOWN_S:
            self._when.clear()
        elif at > self._at:
            self._when = {price: when for price, when in self._when.items() if at - when < self.SHOWN_S}
            low, high = min(self._seen, default=0.0), max(self._seen, default=0.0)
            for price, size in now.items():
                before = self._seen.get(price, 0.0)
                if low <= price <= high and abs(size - before) >= self.SHARE_MIN * max(size, before):
                    self._when[price] = at
        self._at, self._seen = at, now

    def has(self, price: float) -> bool:
        """Whether the size at a price changed just now."""
        return price in self._when
