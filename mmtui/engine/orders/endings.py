"""How own orders end when it was not we who ended them, and orders of ours that are not this engine's.

Faults F30, F73, F81, F91.
"""

from mmtui.domain.cloid import is_ours, run_of
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.order import Order
from mmtui.engine.control.governing import fire
from mmtui.engine.control.standing import Ending
from mmtui.engine.orders.ledger import ADOPTED_LEVEL
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

WINDOW_S = 60.0
OUTSIDE_MAX = 3
ONE_OCCASION_S = 1.0
NOTICE_S = 300.0
SETTLEMENT_PATIENCE_S = 10.0
ARRIVAL_MARGIN_MS = 5_000

CANCELLED = "canceled"
SELF_TRADE = "selfTradeCanceled"
DELISTED = "delistedCanceled"


def note_ending(state: EngineState, out: Outbox, order: Order, status: str) -> None:
    """Draws the consequences of a final status of an order that was live until now."""
    if status == CANCELLED and not order.cancel_sent_at and order.terms.level != ADOPTED_LEVEL:
        _cancelled_outside(state, out, order)
    elif status == SELF_TRADE:
        _prevented(state, out, order)
    elif status == DELISTED:
        delisted(state, out)


def delisted(state: EngineState, out: Outbox) -> None:
    """The contract is gone: the venue's position is taken over, then trading ends."""
    if state.control.ending is None and state.control.killed is None:
        state.control.ending = Ending(
            reason="delisted",
            detail="the exchange delisted the contract and settles positions",
            deadline=out.now + SETTLEMENT_PATIENCE_S,
        )
        state.account.doubt("the contract is delisted", 0)
        state.account.asked_at = 0.0
        state.quoting.urgent = True
        out.log(LogLevel.ERROR, "Contract delisted", code="DELISTED", coin=state.instrument.coin)


def end_when_certain(state: EngineState, out: Outbox) -> None:
    """Ends trading once the position is certain again, or is not in time."""
    ending = state.control.ending
    if ending is None or (state.account.uncertain_because and out.now < ending.deadline):
        return
    state.control.ending = None
    size = state.instrument.wire_size(state.account.position.size)
    fire(state, out, ending.reason, f"{ending.detail}; position {size}")


def check_engine(state: EngineState, out: Outbox, cloid: str | None, venue_ms: int) -> None:
    """Ends trading when something with our mark, of another run, came to be well after we began."""
    if cloid is None or not is_ours(cloid) or run_of(cloid) == state.ledger.numbering.run:
        return
    last_arrival_ms = 1_000.0 * state.settings.number("execution.expires_after_s") + ARRIVAL_MARGIN_MS
    if state.account.is_anchored and venue_ms > state.account.anchor_ms + last_arrival_ms:
        detail = f"an order of run {run_of(cloid):08x} came after this run {state.ledger.numbering.run:08x} began"
        fire(state, out, "another engine trades this account", detail)


def _cancelled_outside(state: EngineState, out: Outbox, order: Order) -> None:
    occasions = state.risk.occasions
    last = occasions.last("cancelled outside")
    if last is not None and out.now - last < ONE_OCCASION_S:
        return
    count = occasions.count(out.now, "cancelled outside", WINDOW_S)
    state.tape.alarm("cancelled outside", out.now, 2, f"cancelled outside ×{count} in a minute", lasts_s=NOTICE_S)
    out.log(LogLevel.WARN, "Order cancelled outside", oid=order.oid or 0, count=count)
    control = state.control
    if count >= OUTSIDE_MAX and not control.paused_by:
        control.paused_by = "the engine: someone is fighting us, own orders are cancelled outside"
        state.tape.alarm("fighting", out.now, 3, "someone is fighting us: paused; resume when it is settled")
        state.quoting.urgent = True


def _prevented(state: EngineState, out: Outbox, order: Order) -> None:
    prices = [other.price for other in state.ledger.live.values() if other.side is not order.side and other.reserved]
    crossed = min(prices, default=order.price + 1) <= order.price
    if order.side is Side.SELL:
        crossed = max(prices, default=order.price - 1) >= order.price
    who = "an own order of this engine" if crossed else "an order of this account that is not ours"
    text = f"self-trade prevention cancelled a quote: it met {who}"
    state.tape.alarm("self-trade prevention", out.now, 3 if crossed else 2, text, lasts_s=NOTICE_S)
    out.log(LogLevel.ERROR if crossed else LogLevel.WARN, "Self-trade prevented", oid=order.oid or 0, met=who)
