"""The heart of the program: one event in, a list of intents out. Pure.

``step`` applies the event to what it concerns, then measures against the limits, then advances what
is under way, then quotes if that is due. It reads no clock: time is what the events say.
"""

from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    AnyEvent,
    BookUpdate,
    BudgetUpdate,
    Certainty,
    CommandReceived,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    FundingReceived,
    JournalStalled,
    LoopStalled,
    OrderReports,
    OrderStatusAnswer,
    OutcomeKind,
    QueryFailed,
    RefusalReason,
    Tick,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import Intent, LogLevel, SetLeverage
from mmtui.domain.order import Order, OrderState
from mmtui.domain.parameters import Settings
from mmtui.domain.records import EquitySampled, ModeChanged, OrderChanged
from mmtui.domain.view import EngineView, Mode
from mmtui.engine import clearing, commanding, cycle, flattening, governing, modes, reconcile
from mmtui.engine.account import DayState
from mmtui.engine.fills import take_fills, take_funding
from mmtui.engine.outbox import Outbox
from mmtui.engine.picture import picture
from mmtui.engine.pulling import expiry_ms
from mmtui.engine.state import EngineOptions, EngineState
from mmtui.errors import REMEDIES, VenueCode
from mmtui.strategies.registry import Strategy

GOVERN_EVERY_S = 0.1
SAMPLE_EVERY_S = 10.0
SYNC_EVERY_S = 60.0
STALL_S = 2.0


class Engine:
    """One market, one account, one strategy."""

    __slots__ = ("_day", "_mode", "_mode_since", "_now", "_options", "_reason", "_sampled_at", "_state", "_synced_at")

    def __init__(self, instrument: Instrument, settings: Settings, strategy: Strategy, options: EngineOptions) -> None:
        self._state = EngineState(instrument, settings, strategy, options)
        self._state.control.finish_on_kill = options.finish_on_kill
        self._options = options
        self._day: DayState | None = options.day
        self._now = 0.0
        self._mode = Mode.BOOTING
        self._reason = ""
        self._mode_since = 0.0
        self._sampled_at = 0.0
        self._synced_at = 0.0

    @property
    def state(self) -> EngineState:
        """The engine's memory, for tests and tools that read it."""
        return self._state

    def view(self) -> EngineView:
        """The picture at the last event."""
        return picture(self._state, self._now, self._mode, self._mode_since)

    def step(self, event: AnyEvent) -> list[Intent]:
        """Applies one event; returns what must be done, records first."""
        self._now = max(self._now, event.received_at)
        out = Outbox(self._now, self._options.log_level)
        self._apply(event, out)
        if self._state.control.finished:
            self._follow_mode(out)
            return self._closed(out)
        if isinstance(event, Tick) or self._now - self._state.risk.evaluated_at >= GOVERN_EVERY_S:
            self._pass_time(out)
        flattening.advance(self._state, out)
        clearing.advance(self._state, out)
        self._follow_mode(out)
        if not self._state.control.finished and cycle.is_due(self._state, self._now):
            cycle.run(self._state, out, self._mode, self._reason)
        return self._closed(out)

    def _apply(self, event: AnyEvent, out: Outbox) -> None:
        state = self._state
        match event:
            case TouchUpdate():
                if state.market.take_touch(self._now, event.touch):
                    state.panel.on_touch(self._now, event.touch)
                    self._priced()
            case BookUpdate():
                if state.market.take_book(self._now, event.book):
                    state.panel.on_book(self._now, event.book)
                    self._priced()
            case TradePrints():
                self._traded(event, out)
            case ContextUpdate():
                state.market.context = event.context
                own_base = state.instrument.size_base(abs(state.account.position.size))
                state.panel.on_context(self._now, event.context, own_base)
            case FillsReceived():
                self._filled(event, out)
            case OrderReports():
                reconcile.take_reports(state, out, event)
            case ActionAnswered():
                self._answered(event, out)
            case ActionFailed():
                self._failed(event, out)
            case AccountSnapshot():
                reconcile.take_snapshot(state, out, event, self._day)
                clearing.confirm(state, out, event)
            case OrderStatusAnswer():
                reconcile.take_status(state, out, event)
            case FundingReceived():
                if state.account.is_anchored:
                    take_funding(state, out, event.payments)
            case QueryFailed():
                state.control.queries.pop(event.request_id, None)
                clearing.query_failed(state, self._now)
            case ConnectionChanged():
                self._connection(event, out)
            case BudgetUpdate():
                state.risk.address = (event.address_left, event.address_cap)
                state.risk.ip = (event.ip_weight_left, event.ip_weight_cap)
            case CommandReceived():
                commanding.obey(state, out, event.command)
            case JournalStalled():
                governing.fire(state, out, "journal", event.text)
            case LoopStalled():
                self._stalled(event, out)
            case Tick():
                pass

    def _priced(self) -> None:
        state = self._state
        touch = state.market.touch
        assert touch is not None, "an accepted picture has a touch"
        instrument = state.instrument
        state.account.pnl.mark(self._now, instrument.price_units(touch.bid), instrument.price_units(touch.ask))
        state.tape.mark(self._now, touch.mid, state.settings.number("estimators.adverse_horizon_s"))
        state.quoting.due = True
        if cycle.is_urgent_move(state, touch.mid):
            state.quoting.urgent = True

    def _traded(self, event: TradePrints, out: Outbox) -> None:
        state = self._state
        for trade in event.trades:
            state.panel.on_trade(self._now, trade)
        state.market.trade_at = self._now
        state.quoting.due = True
        if out.wants(LogLevel.DEBUG):
            out.log(LogLevel.DEBUG, "Trades processed", count=len(event.trades))

    def _filled(self, event: FillsReceived, out: Outbox) -> None:
        if not self._state.account.is_anchored:
            self._state.control.hold_fills(event)
        else:
            take_fills(self._state, out, event.fills)

    def _answered(self, event: ActionAnswered, out: Outbox) -> None:
        state = self._state
        request = state.ledger.requests.pop(event.request_id, None)
        if request is None:
            return
        governing.note_delivery(state, self._now, delivered=True, is_cancel=request.is_cancel)
        orders = [state.ledger.find(cloid, None) for cloid in request.cloids]
        if len(orders) != len(event.outcomes):
            for order in orders:
                if order is not None:
                    state.ledger.doubt(order, self._now, "malformed answer")
            out.log(LogLevel.WARN, "Malformed answer", wanted=len(orders), found=len(event.outcomes))
            return
        for order, outcome in zip(orders, event.outcomes, strict=True):
            if outcome.reason is RefusalReason.RATE_LIMITED:
                self._rate_limited()
            if order is None:
                continue
            if request.is_cancel:
                state.ledger.cancel_answer(order, outcome, self._now)
            else:
                state.ledger.placed_answer(order, outcome, self._now)
                if outcome.kind is OutcomeKind.REFUSED:
                    self._refused(order, outcome.text, out)
                elif outcome.kind is OutcomeKind.RESTING:
                    state.risk.refusals.accepted(order.side, order.terms.level)
        state.quoting.due = True

    def _failed(self, event: ActionFailed, out: Outbox) -> None:
        state = self._state
        request = state.ledger.requests.pop(event.request_id, None)
        if event.reason is RefusalReason.RATE_LIMITED:
            self._rate_limited()
        code, remedy = named(event.text)
        text = event.text[:200]
        out.log(LogLevel.WARN, "Request failed", code=code, reason=event.reason.value, text=text, remedy=remedy)
        if event.reason is RefusalReason.SIGNER_UNKNOWN:
            governing.fire(state, out, "key refused", event.text[:200])
        if request is None:
            return
        governing.note_delivery(state, self._now, delivered=False, is_cancel=request.is_cancel)
        dead = event.certainty is Certainty.NOT_EXECUTED and not request.is_cancel
        for cloid in request.cloids:
            order = state.ledger.live.get(cloid)
            if order is None:
                continue
            if dead:
                self._back_off(order)
                state.ledger.refusal_answer(order, self._now, event.text[:200])
            else:
                state.ledger.doubt(order, self._now, event.text[:200])
        state.quoting.due = True

    def _refused(self, order: Order, text: str, out: Outbox) -> None:
        self._state.tape.count("refused")
        self._back_off(order)
        side = order.side.name
        code, remedy = named(text)
        rung = order.terms.level
        out.log(LogLevel.WARN, "Order refused", code=code, side=side, rung=rung, text=text[:200], remedy=remedy)

    def _back_off(self, order: Order) -> None:
        # One reducing quote is owed at all times, and the inner one is it.
        is_reducing = order.terms.level == 0 and order.side * self._state.account.position.size < 0
        self._state.risk.refusals.refused(self._now, order.side, order.terms.level, is_reducing=is_reducing)

    def _rate_limited(self) -> None:
        self._state.risk.rate_limit_errors.append(self._now)
        self._state.tape.count("rate_limit_errors")

    def _connection(self, event: ConnectionChanged, out: Outbox) -> None:
        state = self._state
        out.log(
            LogLevel.INFO if event.is_up else LogLevel.WARN,
            "Feed up" if event.is_up else "Feed down",
            feed=event.feed.value,
            text=event.text,
        )
        if not event.is_up:
            state.control.down_since.setdefault(event.feed, self._now)
            state.tape.alarm(f"feed:{event.feed.name}", self._now, 2, f"{event.feed.value} down, reconnecting")
            return
        gap = state.control.down_since.pop(event.feed, None)
        state.tape.clear(f"feed:{event.feed.name}")
        if event.feed is Feed.MARKET and gap is not None:
            state.market.distrust()
        if event.feed is Feed.USER and gap is not None and state.account.is_anchored:
            state.account.doubt("the account stream was interrupted", self._venue_ms())
            reconcile.ask_account(state, out)
        state.quoting.urgent = True

    def _venue_ms(self) -> int:
        touch = self._state.market.touch
        return touch.venue_time_ms if touch is not None else 0

    def _stalled(self, event: LoopStalled, out: Outbox) -> None:
        out.log(LogLevel.WARN, "Process stalled", seconds=round(event.stalled_s, 3))
        if event.stalled_s >= STALL_S:
            self._state.market.distrust()
            if self._state.account.is_anchored:
                self._state.account.doubt("the process was stalled", self._venue_ms())
                reconcile.ask_account(self._state, out)

    def _pass_time(self, out: Outbox) -> None:
        state = self._state
        state.risk.evaluated_at = self._now
        if not state.tape.started_at:
            state.tape.started_at = self._now
        reconcile.expire_requests(state, out)
        reconcile.inquire(state, out)
        reconcile.ask_when_due(state, out)
        governing.govern(state, out)
        self._set_leverage(out)
        self._sample(out)
        state.quoting.due = True

    def _set_leverage(self, out: Outbox) -> None:
        state = self._state
        control, snapshot = state.control, state.account.snapshot
        if control.is_leverage_set or snapshot is None or control.killed is not None or control.stop_reason:
            return
        control.is_leverage_set = True
        wanted = state.settings.text("trading.leverage")
        leverage = state.instrument.max_leverage if wanted == "max" else int(wanted or snapshot.leverage)
        leverage = min(leverage, state.instrument.max_leverage)
        is_cross = snapshot.is_cross and not state.settings.flag("trading.force_isolated")
        if (leverage, is_cross) == (snapshot.leverage, snapshot.is_cross):
            return
        request_id = state.ledger.numbering.request()
        expires = expiry_ms(state, self._now)
        out.send(SetLeverage(request_id=request_id, leverage=leverage, is_cross=is_cross, expires_at_ms=expires))
        out.log(LogLevel.INFO, "Leverage set", leverage=leverage, margin="cross" if is_cross else "isolated")
        reconcile.ask_account(state, out)

    def _sample(self, out: Outbox) -> None:
        state = self._state
        if not state.account.is_anchored or self._now - self._sampled_at < SAMPLE_EVERY_S:
            return
        self._sampled_at = self._now
        governing.save_day(state, out)
        out.record(equity_row(state, self._now))
        if self._now - self._synced_at >= SYNC_EVERY_S:
            self._synced_at = self._now
            self._log_sync(out)

    def _log_sync(self, out: Outbox) -> None:
        state = self._state
        age = state.market.age(self._now)
        unknown = sum(1 for order in state.ledger.live.values() if order.state is OrderState.UNKNOWN)
        out.log(
            LogLevel.INFO,
            "Safety sync",
            orders=len(state.ledger.live),
            unknown=unknown,
            foreign=len(state.account.foreign),
            position=state.instrument.wire_size(state.account.position.size),
            data_age_s=round(age, 3) if age is not None else -1.0,
            certain=not state.account.uncertain_because,
        )

    def _follow_mode(self, out: Outbox) -> None:
        state = self._state
        mode, reason = modes.mode(state, self._now)
        self._reason = reason
        if mode is self._mode:
            return
        out.record(ModeChanged(at=self._now, mode=mode.value, reason=reason))
        if mode is Mode.WARMING:
            out.log(LogLevel.INFO, "Warming up parameter estimator", reason=reason)
        elif mode is Mode.REDUCE_ONLY:
            out.log(LogLevel.WARN, "Reduce-only mode", reason=reason)
        if mode is Mode.QUOTING and state.tape.ready_at is None:
            state.tape.ready_at = self._now
            out.log(LogLevel.INFO, "Parameter estimation warmed up")
        if mode is Mode.STOPPED and state.account.is_anchored:
            out.record(equity_row(state, self._now))
        out.log(LogLevel.INFO, "Mode", mode=mode.value, reason=reason)
        self._mode, self._mode_since = mode, self._now
        state.quoting.urgent = True

    def _closed(self, out: Outbox) -> list[Intent]:
        state = self._state
        for order in state.ledger.take_changed():
            if order.state is OrderState.CANCELLED:
                state.tape.count("cancelled")
            out.record(
                OrderChanged(
                    at=self._now,
                    cloid=order.cloid,
                    oid=order.oid,
                    state=order.shown_state,
                    filled=order.filled,
                    venue_filled=order.venue_filled,
                    reason=order.reason,
                )
            )
        sides = {order.terms.side for order in state.ledger.live.values() if order.is_active}
        state.tape.two_sided(self._now, is_open=len(sides) == len(Side))
        return out.intents()


def equity_row(state: EngineState, now: float) -> EquitySampled:
    """Equity and P&L by cause as they stand."""
    account, touch = state.account, state.market.touch
    attribution = account.pnl.attribution()
    return EquitySampled(
        at=now,
        position=account.position.size,
        cash=account.cash,
        mark=state.instrument.price_units(touch.mid) if touch else 0,
        equity=account.equity(),
        total=attribution.total,
        spread_capture=attribution.spread_capture,
        adverse_selection=attribution.adverse_selection,
        inventory=attribution.inventory,
        fees=attribution.fees,
        funding=attribution.funding,
    )


def named(text: str) -> tuple[str, str]:
    """The name and the remedy of a refusal that the venue's client has named; empty for others."""
    name = text.partition(":")[0]
    known = next((code for code in VenueCode if code.value == name), None)
    return (name, REMEDIES[known]) if known is not None else ("", "")
