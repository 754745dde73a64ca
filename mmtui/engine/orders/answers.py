"""What the venue answers to requests: entry by entry, or as a whole."""

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, OutcomeKind, RefusalReason
from mmtui.domain.intents import LogLevel
from mmtui.domain.order import Happening, Order, OrderState
from mmtui.engine.control import governing, switching
from mmtui.engine.orders import envelope_faults, fences
from mmtui.engine.orders.rejections import Refused, rate_limited, take_refusals
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.errors import REMEDIES, VenueCode

# One that is known to rest goes on resting when its cancel was refused.
_CANCEL_MISSING = (OrderState.CANCEL_PENDING, OrderState.UNKNOWN)


def take_answer(state: EngineState, out: Outbox, event: ActionAnswered) -> None:
    """Applies the venue's answer to a request, entry by entry."""
    if fences.take_answer(state, out, event) or switching.take_answer(state, out, event):
        return
    request = state.ledger.requests.pop(event.request_id, None)
    if request is None:
        return
    governing.note_delivery(state, out.now, delivered=True, is_cancel=request.is_cancel)
    orders = [state.ledger.find(cloid, None) for cloid in request.cloids]
    if len(orders) != len(event.outcomes):
        for order in orders:
            if order is not None:
                state.ledger.doubt(order, out.now, "malformed answer")
        out.log(LogLevel.WARN, "Malformed answer", wanted=len(orders), found=len(event.outcomes))
        return
    refused: list[Refused] = []
    for order, outcome in zip(orders, event.outcomes, strict=True):
        if outcome.reason is RefusalReason.RATE_LIMITED:
            _rate_limited(state, out.now)
        if order is None:
            continue
        if request.is_cancel:
            state.ledger.cancel_answer(order, outcome, out.now)
        else:
            state.ledger.placed_answer(order, outcome, out.now)
            if outcome.kind is OutcomeKind.REFUSED:
                reason = outcome.reason or RefusalReason.OTHER
                _refused(state, order, reason, outcome.text, out)
                refused.append(Refused(order, reason, outcome.text, outcome.venue_touch))
            elif outcome.kind is OutcomeKind.RESTING:
                state.risk.refusals.accepted(order.side, order.terms.level)
    take_refusals(state, out, refused)
    envelope_faults.note_entries(state, out, event.outcomes)
    state.quoting.due = True


def take_failure(state: EngineState, out: Outbox, event: ActionFailed) -> None:
    """Applies the failure of a whole request: dead where that is proven, unknown otherwise."""
    request = state.ledger.requests.pop(event.request_id, None)
    if event.reason is RefusalReason.RATE_LIMITED:
        _rate_limited(state, out.now)
    code, remedy = named(event.text)
    text = event.text[:200]
    out.log(LogLevel.WARN, "Request failed", code=code, reason=event.reason.value, text=text, remedy=remedy)
    envelope_faults.note(state, out, event)
    is_other = fences.take_failure(state, out, event) or switching.take_failure(state, out, event)
    if is_other or request is None:
        return
    governing.note_delivery(state, out.now, delivered=False, is_cancel=request.is_cancel)
    if not request.is_cancel and envelope_faults.take_spent_nonce(state, out, event):
        return
    # A nonce that is spent may have been spent by this very request.
    never_ran = event.certainty is Certainty.NOT_EXECUTED and event.reason is not RefusalReason.BAD_NONCE
    refused: list[Refused] = []
    for cloid in request.cloids:
        order = state.ledger.live.get(cloid)
        if order is None:
            continue
        if never_ran and request.is_cancel:
            if order.state in _CANCEL_MISSING:
                state.ledger.doubt(order, out.now, text, Happening.CANCEL_FAILED)
        elif never_ran:
            _back_off(state, order, event.reason, out.now)
            refused.append(Refused(order, event.reason, text))
            state.ledger.refusal_answer(order, out.now, text)
        else:
            state.ledger.doubt(order, out.now, text)
    take_refusals(state, out, refused)
    if request.is_cancel and event.reason is RefusalReason.RATE_LIMITED:
        rate_limited(state, out)
    state.quoting.due = True


def _refused(state: EngineState, order: Order, reason: RefusalReason, text: str, out: Outbox) -> None:
    state.tape.count("refused")
    _back_off(state, order, reason, out.now)
    side = order.side.name
    code, remedy = named(text)
    rung = order.terms.level
    out.log(LogLevel.WARN, "Order refused", code=code, side=side, rung=rung, text=text[:200], remedy=remedy)


def _back_off(state: EngineState, order: Order, reason: RefusalReason, now: float) -> None:
    # One reducing quote is owed at all times, and the inner one is it.
    is_reducing = order.terms.level == 0 and order.side * state.account.position.size < 0
    is_crossing = reason is RefusalReason.POST_ONLY_WOULD_CROSS
    state.risk.refusals.refused(now, order.side, order.terms.level, is_reducing=is_reducing, is_steady=is_crossing)


def _rate_limited(state: EngineState, now: float) -> None:
    state.risk.rate_limit_errors.append(now)
    state.tape.count("rate_limit_errors")


def named(text: str) -> tuple[str, str]:
    """The name and the remedy of a refusal that the venue's client has named; empty for others."""
    name = text.partition(":")[0]
    known = next((code for code in VenueCode if code.value == name), None)
    return (name, REMEDIES[known]) if known is not None else ("", "")
