"""Own orders and fills: what we asked for, what the venue says, and what may still fill.

Position never changes here. An order leaves the live ones only when nothing of it can fill any
more and every fill the venue counted is known.
"""

from collections.abc import Iterable, Iterator

import msgspec

from mmtui.domain.events import Fill, OrderReport, Outcome, OutcomeKind
from mmtui.domain.instrument import Side
from mmtui.domain.order import Happening, Order, OrderState, OrderTerms, Purpose, TimeInForce
from mmtui.domain.units import Size
from mmtui.engine.folded import FoldedOrder
from mmtui.engine.orders.fill_keys import FillKeys
from mmtui.engine.orders.invariants import check_finished
from mmtui.engine.orders.numbering import Numbering
from mmtui.engine.orders.under_way import Fences, Inquiry, Request
from mmtui.errors import InvariantError

DONE_MAX = 500
ADOPTED_LEVEL = -1

_CANCELS = frozenset({"scheduledCancel", "internalCancel"})


class Booked(msgspec.Struct, frozen=True):
    """A fill that counts: the own order it belongs to, if any, and whether that was over already."""

    order: Order | None
    is_late: bool


class Ledger:
    """Owner of every own order, of the requests under way, and of the keys of known fills.

    ``suspects`` are orders that are over here and rest at the venue, by the time of the first sight;
    ``witnessed`` are settling ones, by the time since when the venue's position agrees with ours.
    """

    __slots__ = (
        "_by_oid",
        "_done",
        "changed",
        "fences",
        "fill_keys",
        "inquiries",
        "live",
        "numbering",
        "requests",
        "suspects",
        "witnessed",
    )

    def __init__(self, run: int) -> None:
        self.numbering = Numbering(run)
        self.fences = Fences()
        self.inquiries: dict[str, Inquiry] = {}
        self.live: dict[str, Order] = {}
        self.requests: dict[int, Request] = {}
        self.changed: list[Order] = []
        self.suspects: dict[str, float] = {}
        self.witnessed: dict[str, float] = {}
        self._done: dict[str, Order] = {}
        self._by_oid: dict[int, str] = {}
        self.fill_keys = FillKeys()

    def open(self, terms: OrderTerms) -> Order:
        """Registers an order that is about to be sent."""
        if terms.cloid in self.live or terms.cloid in self._done:
            raise InvariantError(f"client order id used twice: {terms.cloid}")
        order = Order(terms)
        self.live[terms.cloid] = order
        return order

    def adopt(self, report: OrderReport, now: float) -> Order:
        """Takes over an order of ours that rests at the venue and that we did not know."""
        assert report.cloid is not None, "only own orders are adopted, and they have a client id"
        order = self.open(
            OrderTerms(
                cloid=report.cloid,
                side=report.side,
                price=report.price,
                size=report.size,
                tif=TimeInForce.ALO,
                purpose=Purpose.QUOTE,
                reduce_only=report.reduce_only,
                level=ADOPTED_LEVEL,
                created_at=now,
                expires_at_ms=0,
            )
        )
        order.filled = report.filled
        order.rested_ms = report.status_time_ms
        self._bind(order, report.oid)
        self._rested(order, now)
        return order

    def take_over(self, left: FoldedOrder, now: float) -> None:
        """Takes over an order of an earlier run that may live; what became of it is to be asked.

        One that the venue has shown already, before the account was known, is in the ledger as shown.
        """
        known = self.live.get(left.terms.cloid) or self._done.get(left.terms.cloid)
        if known is not None:
            known.filled = max(known.filled, left.filled)
            if not known.is_terminal:
                self._settle(known)
            return
        order = self.open(msgspec.structs.replace(left.terms, level=ADOPTED_LEVEL))
        order.filled = left.filled
        self._bind(order, left.oid)
        if left.oid is not None:
            order.acked_at = now
        if left.state is OrderState.SETTLING:
            self.close(order, left.venue_filled, "over in an earlier run")
        else:
            self.doubt(order, now, "of an earlier run")

    def revive(self, order: Order, report: OrderReport, now: float) -> Order:
        """Takes back an order that is over here but rests at the venue; its known fills stay known."""
        self.live.pop(order.cloid, None)
        self._done.pop(order.cloid, None)
        again = self.adopt(report, now)
        again.filled = order.filled
        return again

    def request(self, request_id: int, cloids: tuple[str, ...], *, is_cancel: bool, now: float) -> None:
        """Registers an action on its way."""
        self.requests[request_id] = Request(cloids, is_cancel, now)
        for cloid in () if is_cancel else cloids:
            self.live[cloid].placed_by = request_id

    def find(self, cloid: str | None, oid: int | None) -> Order | None:
        """The own order with this client id or venue id, live or done."""
        key = cloid if cloid is not None else self._by_oid.get(oid or -1)
        return None if key is None else self.live.get(key) or self._done.get(key)

    def reserved(self, side: Side) -> Size:
        """Size of own orders on ``side`` that may still fill."""
        return sum([order.reserved for order in self.live.values() if order.terms.side is side])

    def recent(self) -> Iterator[Order]:
        """Orders that are over, newest first."""
        return reversed(self._done.values())

    def cancelling(self, order: Order, now: float) -> None:
        """Marks an order whose cancel is about to be sent."""
        order.happens(Happening.CANCEL_SENT)
        order.cancel_sent_at = now
        self._note(order)

    def placed_answer(self, order: Order, outcome: Outcome, now: float) -> None:
        """Applies the venue's answer to one placed order."""
        self._bind(order, outcome.oid)
        if order.is_terminal:
            return
        if outcome.kind is OutcomeKind.RESTING:
            if order.state is not OrderState.SETTLING:
                self._rested(order, now)
        elif outcome.kind is OutcomeKind.FILLED:
            self.close(order, outcome.filled, "filled at once")
        elif outcome.kind is OutcomeKind.REFUSED:
            self.refusal_answer(order, now, outcome.text or str(outcome.reason and outcome.reason.value))
        else:
            self.doubt(order, now, outcome.text or "answer not understood")

    def refusal_answer(self, order: Order, now: float, reason: str) -> None:
        """Applies a refusal of its request; one the venue has shown resting or filled is asked about instead."""
        if order.acked_at or order.filled:
            self.doubt(order, now, reason)
        else:
            self.refuse(order, reason)

    def cancel_answer(self, order: Order, outcome: Outcome, now: float) -> None:
        """Applies the venue's answer to one cancel."""
        if order.is_terminal or order.state is OrderState.SETTLING:
            return
        if outcome.kind is OutcomeKind.CANCELLED:
            self.close(order, None, "cancelled")
        else:
            self.doubt(order, now, outcome.text or outcome.kind.value)

    def report(self, order: Order, report: OrderReport, now: float) -> None:
        """Applies what the venue says of one order, pushed or queried."""
        self._bind(order, report.oid)
        if order.is_terminal:
            return
        status = report.status
        if status == "open":
            order.rested_ms = order.rested_ms or report.status_time_ms
            if order.state is not OrderState.SETTLING:
                self._rested(order, now)
        elif status == "filled":
            self.close(order, max(report.filled or order.size, order.filled), "filled")
        elif status in _CANCELS or status.lower().endswith("canceled"):
            self.close(order, report.filled, status)
        elif status.lower().endswith("rejected"):
            if report.filled == 0 and order.filled == 0:
                self.refuse(order, status)
            else:
                self.close(order, report.filled, status)
        else:
            self.doubt(order, now, f"unfamiliar status {status}")

    def close(self, order: Order, venue_filled: Size | None, reason: str) -> None:
        """The venue says the order is over; it settles when the fills it counted are known."""
        if order.is_terminal:
            return
        order.happens(Happening.CLOSED, reason)
        if venue_filled is not None:
            order.venue_filled = max(venue_filled, order.venue_filled or 0)
        self._settle(order)

    def refuse(self, order: Order, reason: str) -> None:
        """The venue refused the order: nothing of it exists."""
        if order.state in (OrderState.SUBMITTED, OrderState.UNKNOWN, OrderState.CANCEL_PENDING):
            order.happens(Happening.REFUSED, reason)
            self._finish(order)
        elif not order.is_terminal:
            self.close(order, order.filled, reason)

    def doubt(self, order: Order, now: float, reason: str, happening: Happening = Happening.UNANSWERED) -> None:
        """Nobody knows what became of it; it keeps its reservation until a query decides."""
        if order.is_terminal or order.state is OrderState.SETTLING:
            return
        if order.state is not OrderState.UNKNOWN:
            order.unknown_since = now
        order.happens(happening, reason)
        self._note(order)

    def prove_dead(self, order: Order, reason: str) -> None:
        """It can never execute: it was fenced, or the venue does not know it and its nonce or expiry is spent.

        One that the venue did know before is over, but how much of it filled is still open.
        """
        if order.filled or order.acked_at:
            self.close(order, order.filled or None, reason)
            return
        order.happens(Happening.PROVEN_DEAD, reason)
        self._finish(order)

    def settle_by_position(self, order: Order) -> None:
        """Ends a settling order whose fills are all known although the venue stated more."""
        order.venue_filled = order.filled
        self._settle(order)

    def has_fill(self, fill: Fill) -> bool:
        """Whether the fill is known already."""
        return fill.key in self.fill_keys

    def remember_fill(self, fill: Fill) -> None:
        """Notes a fill's key without applying it."""
        self.fill_keys.add(fill.key)

    def book(self, fill: Fill) -> Booked:
        """Applies an unknown fill to its order; raises InvariantError on a known one or an overfill."""
        if fill.key in self.fill_keys:
            raise InvariantError(f"fill applied twice: {fill.key}")
        self.remember_fill(fill)
        order = self.find(fill.cloid, fill.oid)
        if order is None:
            return Booked(None, is_late=False)
        self._bind(order, fill.oid)
        filled = order.filled + fill.size
        if order.terms.level == ADOPTED_LEVEL:
            # The report it was adopted from may have counted this fill already.
            filled = min(filled, order.size)
        if filled > order.size or order.side is not fill.side:
            raise InvariantError(f"order {order.cloid} filled beyond its size or on the wrong side")
        order.filled = filled
        if order.is_terminal:
            return Booked(order, is_late=True)
        if order.filled == order.size:
            order.happens(Happening.FILL_ALL)
            self._finish(order)
        else:
            order.happens(Happening.FILL_PART)
            self._settle(order)
            self._note(order)
        return Booked(order, is_late=False)

    def take_changed(self) -> list[Order]:
        """Orders that changed since the last call, each once."""
        changed = list(dict.fromkeys(self.changed))
        self.changed.clear()
        return changed

    def overdue(self, now: float, timeout_s: float) -> Iterable[tuple[int, Request]]:
        """Requests whose answer is late."""
        return [(key, request) for key, request in self.requests.items() if now - request.sent_at >= timeout_s]

    def _rested(self, order: Order, now: float) -> None:
        order.happens(Happening.RESTED)
        if order.filled and order.state is OrderState.RESTING:
            order.happens(Happening.FILL_PART)
        order.confirmed_at = now
        if not order.acked_at:
            order.acked_at = now
        if order.state is OrderState.RESTING:
            order.was_cancelling = False
        self._note(order)

    def _settle(self, order: Order) -> None:
        stated = order.venue_filled
        if order.state is OrderState.SETTLING and stated is not None and order.filled >= stated:
            order.happens(Happening.FILL_ALL if order.filled == order.size else Happening.SETTLED)
            self._finish(order)
        else:
            self._note(order)

    def _finish(self, order: Order) -> None:
        check_finished(order)
        self.live.pop(order.cloid, None)
        self.inquiries.pop(order.cloid, None)
        self.witnessed.pop(order.cloid, None)
        self._done[order.cloid] = order
        if len(self._done) > DONE_MAX:
            oldest = next(iter(self._done))
            gone = self._done.pop(oldest)
            if gone.oid is not None:
                self._by_oid.pop(gone.oid, None)
        self._note(order)

    def _bind(self, order: Order, oid: int | None) -> None:
        if oid is not None and order.oid is None:
            order.oid = oid
            self._by_oid[oid] = order.cloid

    def _note(self, order: Order) -> None:
        self.changed.append(order)
