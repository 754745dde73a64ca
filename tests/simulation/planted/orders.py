"""Bugs of orders, fills and fences."""

import pytest

from mmtui.domain.cloid import is_ours
from mmtui.domain.order import Order, OrderState
from mmtui.engine.orders import fences, reconcile
from mmtui.engine.orders.fill_keys import FillKeys
from mmtui.engine.orders.ledger import Ledger
from mmtui.engine.orders.numbering import Numbering
from tests.simulation.planted.table import bug


def _unreserved(patch: pytest.MonkeyPatch, state: OrderState) -> None:
    reserved = Order.reserved.fget
    patch.setattr(Order, "reserved", property(lambda self: 0 if self.state is state else reserved(self)))


@bug("no fill de-duplication", "a fill that comes twice moves the position twice", "losses")
def doubled(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(FillKeys, "__contains__", lambda self, key: False)


@bug("time-out taken for a refusal", "an order without an answer in time counts as never placed", "losses")
def timed_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Ledger, "doubt", lambda self, order, now, why: None if order.is_terminal else self.refuse(order, why))


@bug("in-flight orders not counted", "what is sent and not answered holds no room under the limit", "losses")
def in_flight(patch: pytest.MonkeyPatch) -> None:
    _unreserved(patch, OrderState.SUBMITTED)


@bug("reservation released at cancel-sent", "an order whose cancel is on its way holds no room any more", "losses")
def released(patch: pytest.MonkeyPatch) -> None:
    _unreserved(patch, OrderState.CANCEL_PENDING)


@bug("not in open orders closes at once", "one statement without the order ends it, whatever is on its way", "losses")
def not_listed(patch: pytest.MonkeyPatch) -> None:
    compare = reconcile._compare_orders

    def close(state: object, out: object, snapshot: object, asked_at: float | None) -> None:
        compare(state, out, snapshot, asked_at)
        listed = {report.cloid for report in snapshot.open_orders}
        for order in list(state.ledger.live.values()):
            if order.cloid not in listed:
                state.ledger.close(order, order.filled, "not in open orders")

    patch.setattr(reconcile, "_compare_orders", close)


@bug("terminal status closes before its fills", "an order ends although fills that the exchange counts lack", "losses")
def unsettled(patch: pytest.MonkeyPatch) -> None:
    settle = Ledger._settle

    def at_once(self: Ledger, order: Order) -> None:
        if order.state is OrderState.SETTLING and order.venue_filled is not None:
            order.venue_filled = order.filled
        settle(self, order)

    patch.setattr(Ledger, "_settle", at_once)


@bug("cancel acknowledged closes before fills", "the answer to a cancel ends the order with the fills known here",
     "late fills")  # fmt: skip
def acknowledged(patch: pytest.MonkeyPatch) -> None:
    answer = Ledger.cancel_answer

    def closed(self: Ledger, order: Order, outcome: object, now: float) -> None:
        answer(self, order, outcome, now)
        if order.state is OrderState.SETTLING:
            self.close(order, order.filled, "cancelled")

    patch.setattr(Ledger, "cancel_answer", closed)


@bug("fills of closed orders dropped", "a fill that comes after the end of its order is not booked", "losses")
def dropped(patch: pytest.MonkeyPatch) -> None:
    has_fill = Ledger.has_fill

    def known(self: Ledger, fill: object) -> bool:
        order = self.find(fill.cloid, fill.oid)
        is_over = order is not None and (order.is_terminal or order.state is OrderState.SETTLING)
        return is_over or has_fill(self, fill)

    patch.setattr(Ledger, "has_fill", known)


@bug("foreign fills ignored", "a trade by hand does not move the position", "people")
def foreign_fill(patch: pytest.MonkeyPatch) -> None:
    has_fill = Ledger.has_fill
    patch.setattr(Ledger, "has_fill", lambda self, fill: not is_ours(fill.cloid) or has_fill(self, fill))


@bug("foreign orders cancelled", "orders that are not ours are taken for ours and cancelled", "people")
def foreign_order(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reconcile, "is_ours", lambda cloid: cloid is not None)


@bug("settling released by time", "two seconds after its end an order counts as settled, fills or not", "losses")
def by_time(patch: pytest.MonkeyPatch) -> None:
    inquire = reconcile.inquire

    def release(state: object, out: object) -> None:
        for order in list(state.ledger.live.values()):
            if order.state is OrderState.SETTLING and out.now - order.terms.created_at > 2.0:
                state.ledger.settle_by_position(order)
        inquire(state, out)

    patch.setattr(reconcile, "inquire", release)


@bug("lost before its expiry", "an order that the exchange does not know yet is given up while it may still arrive",
     "losses")  # fmt: skip
def not_yet(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reconcile, "FENCE_MARGIN_MS", -1_000_000)


@bug("fence result inverted", "a spent nonce counts as proof that the order never ran", "fences")
def inverted(patch: pytest.MonkeyPatch) -> None:
    def never_ran(state: object, out: object, request_id: int) -> None:
        for order in list(fences._orders_of(state, request_id)):
            state.ledger.prove_dead(order, "fenced")

    patch.setattr(fences, "nonce_is_spent", never_ran)


@bug("client ids counted anew after a restart", "orders of two runs bear the same client order id", "starts")
def same_ids(patch: pytest.MonkeyPatch) -> None:
    def one_run(self: Numbering, run: int) -> None:
        self._run, self._orders, self._requests = 1, 0, 0

    patch.setattr(Numbering, "__init__", one_run)


@bug("leftovers left alone", "orders of an earlier run that no journal tells of go on resting", "journal lost")
def left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reconcile, "_adopt", lambda state, out, report: None)


BUGS = (
    doubled, timed_out, in_flight, released, not_listed, unsettled, acknowledged, dropped, foreign_fill, foreign_order,
    by_time, not_yet, inverted, same_ids, left_alone,
)  # fmt: skip
