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
    CommandReceived,
    ConnectionChanged,
    ContextUpdate,
    DiskSlow,
    FillsReceived,
    FundingReceived,
    GuardChanged,
    JournalStalled,
    LoopStalled,
    OrderReports,
    OrderStatusAnswer,
    QueryFailed,
    Tick,
    TouchUpdate,
    TradePrints,
    VenueNotice,
)
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import Intent, LogLevel
from mmtui.domain.parameters import Settings
from mmtui.domain.records import ModeChanged
from mmtui.domain.view import EngineView, Mode
from mmtui.engine import conditions, connections, modes, tripping
from mmtui.engine.bookkeeping import Books
from mmtui.engine.control import clearing, commanding, flattening, governing, guarding, isolated, switching
from mmtui.engine.control.leverage import set_leverage
from mmtui.engine.folded import Folded
from mmtui.engine.orders import answers, endings, reconcile, recovering
from mmtui.engine.orders.fills import take_fills, take_funding
from mmtui.engine.outbox import Outbox
from mmtui.engine.picture import picture
from mmtui.engine.quoting import cycle, taking, weighing
from mmtui.engine.sampling import equity_row, sample
from mmtui.engine.state import EngineOptions, EngineState
from mmtui.engine.statements import take_contract
from mmtui.strategies.registry import Strategy

GOVERN_EVERY_S = 0.25


class Engine:
    """One market, one account, one strategy."""

    __slots__ = ("_books", "_mode", "_mode_since", "_now", "_options", "_reason", "_state")

    def __init__(self, instrument: Instrument, settings: Settings, strategy: Strategy, options: EngineOptions) -> None:
        self._state = EngineState(instrument, settings, strategy, options)
        self._state.control.finish_on_kill = options.finish_on_kill
        self._state.control.must_be_guarded = options.must_be_guarded
        self._options = options
        self._books = Books()
        recovering.inherit(self._state, options.resume)
        self._now = 0.0
        self._mode = Mode.BOOTING
        self._reason = ""
        self._mode_since = 0.0

    @property
    def state(self) -> EngineState:
        """The engine's memory, for tests and tools that read it."""
        return self._state

    @property
    def now(self) -> float:
        """Time of the last event."""
        return self._now

    @property
    def folded(self) -> Folded:
        """What the rows of this session make: it must equal the state."""
        return self._books.folded

    def digest(self) -> str:
        """A hash of position, cash, live orders, day and edits in force; ``folded.digest`` is the rows'."""
        return self._books.own_digest(self._state)

    def view(self) -> EngineView:
        """The picture at the last event."""
        return picture(self._state, self._now, self._mode, self._mode_since)

    def step(self, event: AnyEvent) -> list[Intent]:
        """Applies one event; returns what must be done, records first."""
        self._now = max(self._now, event.received_at)
        out = Outbox(self._now, self._options.log_level)
        is_tick = isinstance(event, Tick)
        if not is_tick:
            self._apply(event, out)
        if self._state.control.finished:
            self._follow_mode(out)
            return self._closed(out)
        if is_tick or self._now - self._state.risk.evaluated_at >= GOVERN_EVERY_S:
            self._pass_time(out)
        flattening.advance(self._state, out)
        clearing.advance(self._state, out)
        self._follow_mode(out)
        if not self._state.control.finished and cycle.is_due(self._state, self._now):
            cycle.run(self._state, out, self._mode, self._reason)
            taking.advance(self._state, out, self._mode)
        return self._closed(out)

    def _apply(self, event: AnyEvent, out: Outbox) -> None:
        state = self._state
        match event:
            case TouchUpdate():
                if state.market.take_touch(self._now, event.touch):
                    state.panel.on_touch(self._now, event.touch)
                    state.quoting.queues.own.on_touch(self._now, event.touch)
                    self._priced()
            case BookUpdate():
                if state.market.take_book(self._now, event.book):
                    state.panel.on_book(self._now, event.book)
                    state.quoting.queues.own.on_book(self._now, event.book)
                    self._priced()
            case TradePrints():
                self._traded(event, out)
            case ContextUpdate():
                self._stated(event)
            case FillsReceived():
                self._filled(event, out)
            case OrderReports():
                reconcile.take_reports(state, out, event)
            case ActionAnswered():
                answers.take_answer(state, out, event)
            case ActionFailed():
                answers.take_failure(state, out, event)
            case AccountSnapshot():
                reconcile.take_snapshot(state, out, event, self._options)
                clearing.confirm(state, out, event)
            case OrderStatusAnswer():
                reconcile.take_status(state, out, event)
            case FundingReceived():
                if state.account.is_anchored:
                    take_funding(state, out, event.payments)
            case QueryFailed():
                state.control.queries.pop(event.request_id, None)
                clearing.query_failed(state, self._now)
                take_contract(state, out, event.instrument)
            case ConnectionChanged():
                connections.take_connection(state, out, event)
            case BudgetUpdate():
                self._allowed(event)
            case CommandReceived():
                commanding.obey(state, out, event.command)
            case _:
                self._apply_condition(event, out)

    def _apply_condition(self, event: AnyEvent, out: Outbox) -> None:
        """What the process and its guards tell of themselves."""
        state = self._state
        match event:
            case GuardChanged():
                guarding.take_guard(state, out, event)
            case JournalStalled():
                governing.lose_journal(state, out, event.text)
            case LoopStalled():
                connections.take_stall(state, out, event)
            case DiskSlow():
                conditions.take_disk(state, out, event)
            case VenueNotice():
                conditions.take_notice(state, out, event)

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
            if state.panel.on_trade(self._now, trade):
                state.quoting.queues.own.on_trade(trade)
        state.market.trade_at = self._now
        state.quoting.due = True
        if out.wants(LogLevel.DEBUG):
            out.log(LogLevel.DEBUG, "Trades processed", count=len(event.trades))

    def _stated(self, event: ContextUpdate) -> None:
        state = self._state
        if state.market.take_context(self._now, event.context):
            own_base = state.instrument.size_base(abs(state.account.position.size))
            state.panel.on_context(self._now, event.context, own_base)

    def _allowed(self, event: BudgetUpdate) -> None:
        risk = self._state.risk
        risk.address = (event.address_left, event.address_cap)
        risk.ip = (event.ip_weight_left, event.ip_weight_cap)
        risk.burn.state(event.address_left, event.address_cap)

    def _filled(self, event: FillsReceived, out: Outbox) -> None:
        if not self._state.account.is_anchored:
            self._state.control.hold_fills(event)
        else:
            take_fills(self._state, out, event.fills)

    def _pass_time(self, out: Outbox) -> None:
        state = self._state
        state.risk.evaluated_at = self._now
        if not state.tape.started_at:
            state.tape.started_at = self._now
        reconcile.expire_requests(state, out)
        reconcile.inquire(state, out)
        reconcile.ask_when_due(state, out)
        conditions.watch(state, out)
        governing.govern(state, out)
        switching.advance(state, out)
        guarding.keep_warning(state, out)
        endings.end_when_certain(state, out)
        set_leverage(state, out)
        isolated.advance(state, out)
        tripping.follow(state, self._now)
        sample(state, out)
        weighing.sample(state, self._now)
        state.quoting.due = True

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
        has_changed = bool(state.ledger.changed)
        for order in state.ledger.changed:
            state.quoting.queues.follow(self._now, order, state.instrument)
        self._books.close_step(state, out)
        if has_changed:
            sides = {order.terms.side for order in state.ledger.live.values() if order.is_active}
            state.tape.two_sided(self._now, is_open=len(sides) == len(Side))
        for result in out.answers:
            state.control.remember(result)
        return out.intents()
