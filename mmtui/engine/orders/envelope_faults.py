"""Refusals that concern a request as such and not what it asks: its expiry, its nonce, its key, our clock.

Draws the consequences once a request, whatever kind it was. Faults F31, F33, F34, F55, F83.
"""

from collections.abc import Iterable

from mmtui.domain.events import ActionFailed, Outcome, RefusalReason
from mmtui.domain.intents import LogLevel
from mmtui.engine.control.governing import fire
from mmtui.engine.control.restraining import restrain
from mmtui.engine.orders.fences import nonce_is_spent
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Effect, Restraint

EXPIRED_WINDOW_S = 600.0
EXPIRED_MAX = 5
SLOW_S = 60.0
NOTICE_S = 600.0
CLOCK_S = 10.0
CLOCK_REFUSED = "clock refused"
KEY_REFUSED = "key refused"


def note(state: EngineState, out: Outbox, event: ActionFailed) -> None:
    """Notes what a failure says about our clock and our key, whatever the request was for."""
    match event.reason:
        case RefusalReason.EXPIRED:
            _expired(state, out)
        case RefusalReason.CLOCK:
            state.tape.alarm(CLOCK_REFUSED, out.now, 3, event.text, lasts_s=CLOCK_S)
        case RefusalReason.NONCE_AHEAD:
            text = "nonces are ahead of the exchange's time by more than it takes: is the clock right?"
            state.tape.alarm(CLOCK_REFUSED, out.now, 3, text, lasts_s=CLOCK_S)
        case RefusalReason.SIGNER_UNKNOWN:
            fire(state, out, KEY_REFUSED, event.text[:200])
        case RefusalReason.DUPLICATE_CLOID:
            _duplicate(state, out, event.text)


def take_spent_nonce(state: EngineState, out: Outbox, event: ActionFailed) -> bool:
    """Has the orders of a request asked about whose nonce was refused; False for any other failure.

    The client takes its next nonces above the refused one; what is placed instead is another order.
    """
    if event.reason is not RefusalReason.BAD_NONCE:
        return False
    count = state.risk.occasions.count(out.now, "nonce", NOTICE_S)
    nonce_is_spent(state, out, event.request_id)
    state.tape.alarm("nonce", out.now, 2, f"nonce repaired ×{count}: {event.text[:100]}", lasts_s=NOTICE_S)
    out.log(LogLevel.WARN, "Nonce repaired", text=event.text[:200], count=count)
    return True


def note_entries(state: EngineState, out: Outbox, outcomes: Iterable[Outcome]) -> None:
    """Notes a client order id that the exchange says it has seen before: our numbering is broken."""
    for outcome in outcomes:
        if outcome.reason is RefusalReason.DUPLICATE_CLOID:
            _duplicate(state, out, outcome.text)
            return


def _duplicate(state: EngineState, out: Outbox, text: str) -> None:
    fire(state, out, "duplicate client order id", f"the exchange has seen it before: {text[:120]}")


def _expired(state: EngineState, out: Outbox) -> None:
    count = state.risk.occasions.count(out.now, "expired", EXPIRED_WINDOW_S)
    if count > EXPIRED_MAX:
        text = f"expired {count} in ten minutes: our clock or the way to the exchange is slow; quoting less often"
        restrain(state, out, Restraint(key="expired", effect=Effect.SLOW, text=text, until=out.now + SLOW_S))
