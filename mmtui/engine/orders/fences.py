"""Fences: proof that a request on its way can never run, by spending its nonce.

On the way to a stop, a kill or a flat position nobody waits for an order's expiry: a fence is sent with
the nonce that the order was signed with. Accepted, the order never ran and never will; refused for its
nonce, that is spent: the order ran or never will, and a question asked from then on tells which. Any
other answer proves nothing and the fence is sent again. Never guesses. Mechanism M4.
"""

from collections.abc import Iterator

from mmtui.domain.events import ActionAnswered, ActionFailed, RefusalReason
from mmtui.domain.intents import Fence, LogLevel, QueryOrder
from mmtui.domain.order import Order, OrderState
from mmtui.engine.orders.under_way import Inquiry
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.pulling import cancel_expiry_ms
from mmtui.engine.state import EngineState

ASK_AGAIN_S = 1.0


def fence_unknown(state: EngineState, out: Outbox) -> None:
    """Fences every request that left an order unknown which the venue has never shown us."""
    fences = state.ledger.fences
    requests = [order.placed_by for order in state.ledger.live.values() if _is_doubtful(state, order)]
    for request_id in dict.fromkeys(requests):
        if fences.is_due(request_id, out.now):
            fence_id = state.ledger.numbering.request()
            fences.sent(fence_id, request_id, out.now)
            expires = cancel_expiry_ms(state, out.now)
            state.risk.rate.sent(out.now)
            state.risk.burn.sent(out.now, 1)
            out.send(Fence(request_id=fence_id, of_request_id=request_id, expires_at_ms=expires))


def take_answer(state: EngineState, out: Outbox, event: ActionAnswered) -> bool:
    """Applies that a fence was accepted; False when the answer is not about a fence."""
    fenced = state.ledger.fences.ended(event.request_id)
    if fenced is None:
        return False
    for order in list(_orders_of(state, fenced)):
        state.ledger.prove_dead(order, "fenced before it ran")
        out.log(LogLevel.INFO, "Order fenced, proven dead", cloid=order.cloid)
    state.ledger.requests.pop(fenced, None)
    state.quoting.urgent = True
    return True


def take_failure(state: EngineState, out: Outbox, event: ActionFailed) -> bool:
    """Applies that a fence failed; False when the failure is not about a fence."""
    fenced = state.ledger.fences.ended(event.request_id)
    if fenced is None:
        return False
    if event.reason is RefusalReason.BAD_NONCE:
        nonce_is_spent(state, out, fenced)
    return True


def nonce_is_spent(state: EngineState, out: Outbox, request_id: int) -> None:
    """The request can run no more: asks what became of its orders, and believes that answer."""
    for order in list(_orders_of(state, request_id)):
        state.ledger.doubt(order, out.now, "its nonce is spent")
        inquiry = state.ledger.inquiries.setdefault(order.cloid, Inquiry(out.now))
        if inquiry.decisive_from:
            continue
        query_id = state.ledger.numbering.request()
        inquiry.decisive_from, inquiry.misses, inquiry.next_at = query_id, 0, out.now + ASK_AGAIN_S
        out.ask(QueryOrder(request_id=query_id, cloid=order.cloid))


def _is_doubtful(state: EngineState, order: Order) -> bool:
    if order.state is not OrderState.UNKNOWN or order.placed_by == 0 or _was_seen(order):
        return False
    inquiry = state.ledger.inquiries.get(order.cloid)
    return inquiry is None or inquiry.decisive_from == 0


def _orders_of(state: EngineState, request_id: int) -> Iterator[Order]:
    """Orders of a request that are still open and that the venue has never shown us."""
    open_states = (OrderState.SUBMITTED, OrderState.UNKNOWN, OrderState.CANCEL_PENDING)
    for order in state.ledger.live.values():
        if order.placed_by == request_id and order.state in open_states and not _was_seen(order):
            yield order


def _was_seen(order: Order) -> bool:
    return bool(order.acked_at or order.filled or order.oid is not None)
