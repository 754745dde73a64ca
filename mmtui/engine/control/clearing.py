"""Clearing the book for a kill or a stop: cancel, verify by two queries, report what may remain."""

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import AccountSnapshot
from mmtui.domain.intents import Finish, LogLevel
from mmtui.domain.order import Purpose
from mmtui.engine.control import guarding, switching
from mmtui.engine.control.governing import save_day
from mmtui.engine.control.standing import Clearance
from mmtui.engine.orders import fences
from mmtui.engine.orders.reconcile import ask_account
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.pulling import send_cancels
from mmtui.engine.state import EngineState

CONFIRMATIONS = 2
DISARM_PATIENCE_S = 3.0
QUERY_EVERY_S = 0.25
QUERY_LOST_S = 3.0


def advance(state: EngineState, out: Outbox) -> None:
    """Takes the next step of the clearing under way, if any."""
    clearance = state.control.clearance
    if clearance is None:
        return
    live = list(state.ledger.live.values())
    send_cancels(state, out, [order for order in live if order.terms.purpose is Purpose.QUOTE])
    fences.fence_unknown(state, out)
    undecided = sum(1 for order in live if order.reserved)
    if undecided and not clearance.is_verified:
        clearance.confirmations = 0
    _describe(state, clearance, undecided)
    if not clearance.is_over and out.now >= clearance.deadline:
        _end(state, out, clearance, verified=False)
    if clearance.is_verified:
        _come_to_rest(state, out, clearance)
        return
    if undecided == 0 and out.now >= clearance.next_query_at:
        clearance.next_query_at = out.now + QUERY_LOST_S
        query_id = ask_account(state, out)
        clearance.first_query_id = clearance.first_query_id or query_id


def _come_to_rest(state: EngineState, out: Outbox, clearance: Clearance) -> None:
    """Nothing of ours rests: takes the exchange's switch off, then ends the run if it is to end."""
    if clearance.is_at_rest or not switching.disarm(state, out, DISARM_PATIENCE_S):
        return
    clearance.is_at_rest = True
    if _ends(state):
        finish(state, out, left=0, verified=True)


def _ends(state: EngineState) -> bool:
    return bool(state.control.stop_reason) or (state.control.killed is not None and state.control.finish_on_kill)


def query_failed(state: EngineState, now: float) -> None:
    """A query is lost: another is due soon."""
    clearance = state.control.clearance
    if clearance is not None:
        clearance.next_query_at = min(clearance.next_query_at, now + QUERY_EVERY_S)


def confirm(state: EngineState, out: Outbox, snapshot: AccountSnapshot) -> None:
    """Counts a snapshot that was asked for since everything of ours was decided."""
    clearance = state.control.clearance
    if clearance is None or not state.control.is_answer_to_clearance(snapshot):
        return
    clearance.next_query_at = min(clearance.next_query_at, out.now + QUERY_EVERY_S)
    if snapshot.venue_time_ms <= clearance.resting_ms:
        # An answer that was overtaken by one with our orders in it proves nothing.
        return
    clearance.seen_resting = sum(1 for report in snapshot.open_orders if is_ours(report.cloid))
    if clearance.seen_resting:
        clearance.resting_ms = snapshot.venue_time_ms
    undecided = any(order.reserved for order in state.ledger.live.values())
    clean = clearance.seen_resting == 0 and not undecided
    clearance.confirmations = clearance.confirmations + 1 if clean else 0
    if clearance.confirmations >= CONFIRMATIONS and not clearance.is_verified:
        clearance.is_verified = True
        _end(state, out, clearance, verified=True)


def orders_left(state: EngineState, clearance: Clearance) -> int:
    """How many own orders may still rest."""
    live = sum(1 for order in state.ledger.live.values() if order.reserved)
    return max(live, clearance.seen_resting)


def _describe(state: EngineState, clearance: Clearance, undecided: int) -> None:
    killed = state.control.killed
    if killed is not None and not clearance.is_over:
        done = max(0, clearance.cancelled - undecided)
        killed.progress = f"{done} of {clearance.cancelled} cancels settled"


def _end(state: EngineState, out: Outbox, clearance: Clearance, *, verified: bool) -> None:
    clearance.is_over = True
    left = 0 if verified else orders_left(state, clearance)
    killed = state.control.killed
    took_ms = (out.now - clearance.started_at) * 1000.0
    size = state.instrument.wire_size(state.account.position.size)
    if killed is not None:
        killed.progress = (
            f"{clearance.cancelled} orders cleared and verified in {took_ms:.0f} ms; position {size}"
            if verified
            else f"{left} own orders may still rest; position {size}"
        )
    if verified:
        state.tape.clear("orders")
        out.log(LogLevel.INFO, "All own orders verified gone", took_ms=round(took_ms), position=size)
    else:
        remedy = f"run `mmtui cancel-all`; {guarding.rest_notice(state, out.now)}"
        state.tape.alarm("orders", out.now, 3, f"{left} own orders may still rest: {remedy}")
        out.log(LogLevel.ERROR, "Own orders may remain", code="ORDERS_MAY_REMAIN", count=left)
    if not verified and _ends(state):
        finish(state, out, left=left, verified=False)


def finish(state: EngineState, out: Outbox, *, left: int, verified: bool) -> None:
    """Comes to rest."""
    killed = state.control.killed
    reason = f"killed: {killed.reason}" if killed else state.control.stop_reason
    state.control.finished = True
    save_day(state, out)
    attribution = state.account.pnl.attribution()
    out.log(
        LogLevel.INFO,
        "Market maker stopped",
        reason=reason,
        position=state.instrument.wire_size(state.account.position.size),
        pnl_usd=attribution.total / 1e6,
        adverse_selection_usd=attribution.adverse_selection / 1e6,
        fills=state.tape.counts["fills"],
    )
    out.add(Finish(exit_reason=reason, is_killed=killed is not None, orders_left=left, unverified=not verified))
