"""What we believe against what the venue says: account snapshots, order reports, unanswered orders."""

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import (
    AccountSnapshot,
    Feed,
    OrderReport,
    OrderReports,
    OrderStatusAnswer,
)
from mmtui.domain.intents import LogLevel, QueryAccount, QueryOrder
from mmtui.domain.order import Order, OrderState
from mmtui.domain.records import PositionAdjusted
from mmtui.engine.control import switching
from mmtui.engine.control.governing import note_delivery
from mmtui.engine.orders import recovering
from mmtui.engine.orders.endings import check_engine, note_ending
from mmtui.engine.orders.fills import take_fills, take_funding
from mmtui.engine.orders.under_way import Inquiry
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineOptions, EngineState
from mmtui.engine.statements import take_statement

QUERY_TIMEOUT_S = 10.0
ASK_AGAIN_S = 1.0
SETTLE_PATIENCE_S = 2.0
WITNESS_S = 3.0
REST_DOWN_ASK_S = 2.0
FENCE_MARGIN_MS = 2_000
MISSES_NEEDED = 2


def ask_account(state: EngineState, out: Outbox) -> int:
    """Asks for the account, with the fills since all of them were known."""
    request_id = state.ledger.numbering.request()
    state.control.queries[request_id] = out.now
    if state.account.unanswered_since is None:
        state.account.unanswered_since = out.now
    out.ask(QueryAccount(request_id=request_id, fills_since_ms=state.account.verified_ms))
    return request_id


def ask_when_due(state: EngineState, out: Outbox) -> None:
    """Asks for the account at start, at the set interval, and sooner while something is uncertain."""
    queries = state.control.queries
    for request_id in [key for key, at in queries.items() if out.now - at >= QUERY_TIMEOUT_S]:
        del queries[request_id]
    interval_s = _ask_interval_s(state)
    last = max(queries.values(), default=state.account.asked_at)
    if not queries and out.now - last >= interval_s:
        state.account.asked_at = out.now
        ask_account(state, out)


def _ask_interval_s(state: EngineState) -> float:
    if state.account.uncertain_because or not state.account.is_anchored:
        return ASK_AGAIN_S
    if Feed.REST in state.control.down_since:
        return REST_DOWN_ASK_S
    interval_s = state.settings.number("execution.reconcile_interval_s")
    ledger = state.ledger
    return min(interval_s, WITNESS_S) if ledger.suspects or ledger.witnessed else interval_s


def take_snapshot(state: EngineState, out: Outbox, snapshot: AccountSnapshot, options: EngineOptions) -> None:
    """Applies the venue's account: anchor first, compare ever after."""
    account = state.account
    account.unanswered_since = None
    asked_at = state.control.queries.pop(snapshot.request_id, None)
    if not account.is_anchored:
        _anchor(state, out, snapshot, options)
        return
    take_fills(state, out, snapshot.fills)
    take_funding(state, out, snapshot.funding)
    take_statement(state, out, snapshot)
    size = account.compare(snapshot)
    if size is not None:
        _adjust(state, out, size)
    elif account.uncertain_because:
        state.tape.alarm("position", out.now, 2, f"position uncertain: {account.uncertain_because}")
        out.log(LogLevel.WARN, "Position uncertain", reason=account.uncertain_because)
    else:
        state.tape.clear("position")
    _compare_orders(state, out, snapshot, asked_at)


def take_reports(state: EngineState, out: Outbox, event: OrderReports) -> None:
    """Applies order updates pushed by the venue; orders that are not ours are left alone.

    One of ours that nobody knows here is a late one of an earlier run: it is counted and cancelled.
    """
    for report in event.reports:
        if report.coin != state.instrument.coin:
            continue
        order = state.ledger.find(report.cloid, report.oid)
        if order is None and is_ours(report.cloid) and report.status == "open":
            _adopt(state, out, report)
        if order is None:
            continue
        before = order.state
        _take_report(state, out, order, report)
        if order.state is not before:
            state.quoting.due = True


def _take_report(state: EngineState, out: Outbox, order: Order, report: OrderReport) -> None:
    switching.note_report(state, out, report)
    was_over = order.is_terminal or order.state is OrderState.SETTLING
    state.ledger.report(order, report, out.now)
    if not was_over and (order.is_terminal or order.state is OrderState.SETTLING):
        note_ending(state, out, order, report.status)


def take_status(state: EngineState, out: Outbox, answer: OrderStatusAnswer) -> None:
    """Applies the answer to a question about one order; unknown and expired twice means it never ran."""
    order = state.ledger.live.get(answer.cloid)
    state.control.queries.pop(answer.request_id, None)
    if order is None:
        return
    if answer.report is not None:
        _take_report(state, out, order, answer.report)
        if not _is_open_question(order, out.now):
            state.ledger.inquiries.pop(answer.cloid, None)
        state.quoting.urgent = True
        return
    if order.state is not OrderState.UNKNOWN:
        return
    inquiry = state.ledger.inquiries.setdefault(answer.cloid, Inquiry(out.now))
    is_decisive = 0 < inquiry.decisive_from <= answer.request_id
    # The exchange's time of the answer and no later one: what came to the exchange since is not in it.
    if not is_decisive and answer.venue_time_ms <= order.terms.expires_at_ms + FENCE_MARGIN_MS:
        return
    if inquiry.misses == 0 or out.now - inquiry.missed_at >= ASK_AGAIN_S:
        inquiry.misses += 1
        inquiry.missed_at = out.now
    if inquiry.misses >= MISSES_NEEDED:
        why = "its nonce is spent" if is_decisive else "its expiry has passed"
        state.ledger.prove_dead(order, f"the venue does not know it and {why}")
        out.log(LogLevel.WARN, "Order lost, proven", cloid=order.cloid)
        state.quoting.urgent = True


def inquire(state: EngineState, out: Outbox) -> None:
    """Asks about every order whose fate is open, once a second each."""
    for order in state.ledger.live.values():
        if not _is_open_question(order, out.now):
            continue
        inquiry = state.ledger.inquiries.setdefault(order.cloid, Inquiry(out.now))
        if out.now >= inquiry.next_at:
            inquiry.next_at = out.now + ASK_AGAIN_S
            request_id = state.ledger.numbering.request()
            out.ask(QueryOrder(request_id=request_id, cloid=order.cloid))


def expire_requests(state: EngineState, out: Outbox) -> None:
    """Orders whose answer is late become unknown."""
    for request_id, request in state.ledger.overdue(out.now, state.settings.number("execution.reply_timeout_s")):
        del state.ledger.requests[request_id]
        note_delivery(state, out.now, delivered=False, is_cancel=request.is_cancel)
        for cloid in request.cloids:
            order = state.ledger.live.get(cloid)
            if order is not None:
                state.ledger.doubt(order, out.now, "no answer in time")
        out.log(LogLevel.WARN, "No answer in time", orders=len(request.cloids), cancel=request.is_cancel)


def _is_open_question(order: Order, now: float) -> bool:
    if order.state is OrderState.UNKNOWN:
        return True
    waits = order.state is OrderState.SETTLING
    return waits and now - max(order.cancel_sent_at, order.acked_at, order.terms.created_at) >= SETTLE_PATIENCE_S


def _anchor(state: EngineState, out: Outbox, snapshot: AccountSnapshot, options: EngineOptions) -> None:
    account = state.account
    recovering.anchor(state, out, snapshot, options)
    touch = state.market.touch
    if touch is not None:
        account.pnl.mark(out.now, state.instrument.price_units(touch.bid), state.instrument.price_units(touch.ask))
    take_fills(state, out, snapshot.fills)
    for event in state.control.early_fills:
        take_fills(state, out, event.fills)
    state.control.early_fills.clear()
    account.asked_at = out.now
    _compare_orders(state, out, snapshot, None)
    out.log(
        LogLevel.INFO,
        "Account read",
        position=state.instrument.wire_size(snapshot.position),
        equity_usd=snapshot.account_value / 1e6,
        leverage=snapshot.leverage,
        maker_fee_bps=round(snapshot.maker_rate * 1e4, 4),
    )


def _adjust(state: EngineState, out: Outbox, size: int) -> None:
    before = state.account.position.size
    touch = state.market.touch
    mark = state.instrument.price_units(touch.mid) if touch else 0
    if mark <= 0:
        return
    state.account.adjust(size, mark)
    cash = state.account.cash
    text = "the venue's position, stated twice, differs from our fills"
    out.record(PositionAdjusted(at=out.now, before=before, after=size, reason=text, mark=mark, cash=cash))
    state.tape.alarm("position", out.now, 2, f"position taken from the venue: {before} to {size} units")
    out.log(LogLevel.WARN, "Position adjusted", before=before, after=size, reason=text)
    state.quoting.urgent = True


def _compare_orders(state: EngineState, out: Outbox, snapshot: AccountSnapshot, asked_at: float | None) -> None:
    resting = {report.cloid: report for report in snapshot.open_orders if is_ours(report.cloid)}
    state.account.foreign = tuple(report for report in snapshot.open_orders if not is_ours(report.cloid))
    if state.account.foreign:
        state.tape.alarm("foreign", out.now, 1, f"{len(state.account.foreign)} foreign orders on this market")
    else:
        state.tape.clear("foreign")
    suspects = dict(state.ledger.suspects)
    state.ledger.suspects.clear()
    for report in resting.values():
        _match_resting(state, out, report, asked_at, suspects)
    if asked_at is None:
        state.ledger.suspects.update(suspects)
        return
    _settle_by_position(state, out, resting, asked_at)
    for order in list(state.ledger.live.values()):
        known_before = 0.0 < order.acked_at < asked_at
        if known_before and order.is_active and order.cloid not in resting:
            state.ledger.doubt(order, out.now, "not among the venue's open orders")
            state.quoting.urgent = True


def _match_resting(
    state: EngineState, out: Outbox, report: OrderReport, asked_at: float | None, suspects: dict[str, float]
) -> None:
    order = state.ledger.find(report.cloid, report.oid)
    if order is None:
        _adopt(state, out, report)
    elif asked_at is None:
        return
    elif order.is_active:
        order.confirmed_at = out.now
    elif order.state is OrderState.UNKNOWN:
        if order.unknown_since < asked_at:
            state.ledger.report(order, report, out.now)
    elif order.remaining and (order.is_terminal or order.state is OrderState.SETTLING):
        since = suspects.get(order.cloid, out.now)
        if since < asked_at:
            state.ledger.revive(order, report, out.now)
            state.quoting.urgent = True
            out.log(LogLevel.WARN, "Order rests although it was over; cancelling it", oid=report.oid)
        else:
            state.ledger.suspects[order.cloid] = since


def _adopt(state: EngineState, out: Outbox, report: OrderReport) -> None:
    if report.size <= 0 or report.price <= 0:
        return
    check_engine(state, out, report.cloid, report.status_time_ms)
    state.ledger.adopt(report, out.now)
    state.quoting.urgent = True
    out.log(LogLevel.INFO, "Own order of an earlier run found; cancelling it", oid=report.oid)


def _settle_by_position(
    state: EngineState, out: Outbox, resting: dict[str | None, OrderReport], asked_at: float
) -> None:
    """Ends settling orders that wait for fills which cannot exist: the venue's position agrees without them."""
    ledger = state.ledger
    settling = [order for order in ledger.live.values() if order.state is OrderState.SETTLING]
    if state.account.uncertain_because:
        ledger.witnessed.clear()
        return
    for order in settling:
        since = ledger.witnessed.setdefault(order.cloid, out.now)
        if order.cloid not in resting and asked_at - since >= WITNESS_S:
            ledger.settle_by_position(order)
            state.quoting.urgent = True
            out.log(LogLevel.WARN, "Order settled by the position", oid=order.oid or 0, cloid=order.cloid)
