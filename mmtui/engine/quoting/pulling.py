"""Taking own orders off the book."""

from collections.abc import Iterable

from mmtui.domain.intents import CancelOrders
from mmtui.domain.order import Order, OrderState, Purpose
from mmtui.domain.records import CancelIntended
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

RETRY_S = 1.0
BATCH_MAX = 100


def pull_quotes(state: EngineState, out: Outbox) -> None:
    """Cancels every own quote that may rest; repeats a cancel that has not worked after a second."""
    send_cancels(state, out, [o for o in state.ledger.live.values() if o.terms.purpose is Purpose.QUOTE])


def send_cancels(state: EngineState, out: Outbox, orders: Iterable[Order]) -> None:
    """Cancels these orders in as few actions as possible."""
    due = [order for order in orders if _is_due(order, out.now)]
    for start in range(0, len(due), BATCH_MAX):
        batch = due[start : start + BATCH_MAX]
        request_id = state.ledger.numbering.request()
        for order in batch:
            state.ledger.cancelling(order, out.now)
            out.record(CancelIntended(at=out.now, request_id=request_id, cloid=order.cloid))
        cloids = tuple(order.cloid for order in batch)
        state.ledger.request(request_id, cloids, is_cancel=True, now=out.now)
        state.risk.rate.sent(out.now)
        state.risk.burn.sent(out.now, len(batch))
        out.send(CancelOrders(request_id=request_id, cloids=cloids, expires_at_ms=cancel_expiry_ms(state, out.now)))


def expiry_ms(state: EngineState, now: float) -> int:
    """Exchange time after which an action sent now must not execute."""
    return int((now + state.settings.number("execution.expires_after_s")) * 1000.0)


def cancel_expiry_ms(state: EngineState, now: float) -> int:
    """As expiry_ms; a cancel must be in time also at an exchange that our clock has fallen behind."""
    return state.market.venue_ms(now) + expiry_ms(state, now) - int(now * 1000.0)


def _is_due(order: Order, now: float) -> bool:
    if order.is_terminal or order.state is OrderState.SETTLING:
        return False
    # Also one that the venue has since called open waits its turn: what was cancelled together is repeated together.
    return not order.cancel_sent_at or now - order.cancel_sent_at >= RETRY_S
