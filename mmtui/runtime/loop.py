"""The live loop: events into the engine in one order, intents out to journal, venue and people.

Owns the inbox and the order of effects: a step's records are durable before its sends leave, and what
it places leaves only while nothing has ended trading. Books that wait are replaced by later ones; money
never is. The one broad exception boundary of the engine is here: a defect in a step or in its
effects cancels, latches, dumps and ends the run.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    AnyEvent,
    BookUpdate,
    Certainty,
    JournalStalled,
    LoopStalled,
    RefusalReason,
    Tick,
    TouchUpdate,
)
from mmtui.domain.intents import (
    Answer,
    CancelOrders,
    ClearLatch,
    Finish,
    Intent,
    Latch,
    Log,
    LogLevel,
    PlaceOrders,
    QueryAccount,
    QueryOrder,
    SaveDay,
    Send,
    SetLeverage,
)
from mmtui.domain.order import OrderState
from mmtui.domain.records import Record, Row
from mmtui.engine.engine import Engine
from mmtui.errors import MmtuiError
from mmtui.journal.port import Journal
from mmtui.runtime.clock import EngineClock, work_seconds
from mmtui.runtime.latency import LatencyBoard
from mmtui.venues.port import Venue

TICK_S = 0.1
SLEEP_MIN_S = 0.001
STALL_S = 0.25
INBOX_MAX = 50_000
DISK_WAIT_MAX_S = 1.0
DEFECT_GRACE_S = 1.5
LAST_CANCEL_EXPIRY_MS = 8_000
LATENCY_LIMITS_MS = {"event to intents": 5.0, "intents to sent": 50.0, "order ack": 0.0, "loop stall": 50.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where effects go that are neither journal nor venue."""

    log: Callable[[Log, float], None]
    latch: Callable[[Latch], None]
    clear_latch: Callable[[ClearLatch], None]
    save_day: Callable[[SaveDay], None]
    answer: Callable[[CommandResult], None]
    crash: Callable[[str], None]


class EngineLoop:
    """One engine at work; ``run`` returns how it ended."""

    def __init__(self, engine: Engine, venue: Venue, journal: Journal, outlets: Outlets, *, clock: EngineClock) -> None:
        self.engine = engine
        self.latency = LatencyBoard(LATENCY_LIMITS_MS)
        self._venue = venue
        self._journal = journal
        self._outlets = outlets
        self._clock = clock
        self._inbox: deque[AnyEvent] = deque()
        self._is_scheduled = False
        self._finished: asyncio.Future[Finish] | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._is_broken = False
        self._is_over = False
        self._is_killed = False

    def sink(self, event: AnyEvent) -> None:
        """Takes an event from anywhere on this loop; it is applied in the next turn."""
        if self._is_broken:
            return
        inbox = self._inbox
        if inbox and isinstance(event, BookUpdate | TouchUpdate) and type(inbox[-1]) is type(event):
            inbox[-1] = event
        else:
            inbox.append(event)
        assert len(inbox) <= INBOX_MAX, "the inbox has a bound"
        if not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._drain)

    async def run(self) -> Finish:
        """Ticks until the engine has come to rest."""
        self._finished = asyncio.get_running_loop().create_future()
        self._ticking = asyncio.create_task(self._tick())
        try:
            return await self._finished
        finally:
            self._ticking.cancel()

    def cancel_everything(self) -> None:
        """Sends one cancel for every own order that may rest, past the engine: the last resort."""
        live = self.engine.state.ledger.live
        if live:
            expires_at_ms = self.engine.state.market.venue_ms(self._clock()) + LAST_CANCEL_EXPIRY_MS
            self._venue.send([CancelOrders(request_id=0, cloids=tuple(live), expires_at_ms=expires_at_ms)])

    def end(self, finish: Finish) -> None:
        """Ends the run; nothing is placed any more."""
        self._is_over = True
        if self._finished is not None and not self._finished.done():
            self._finished.set_result(finish)

    async def _tick(self) -> None:
        due = self._clock() + TICK_S
        while True:
            await asyncio.sleep(max(SLEEP_MIN_S, (due - self._clock()) / self._clock.speed))
            now = self._clock()
            late = now - due
            self.latency.add("loop stall", max(0.0, late) * 1e3)
            if late > STALL_S:
                self.sink(LoopStalled(received_at=now, stalled_s=late))
            self.sink(Tick(received_at=now))
            due = now + TICK_S if late > TICK_S else due + TICK_S

    def _drain(self) -> None:
        self._is_scheduled = False
        inbox = self._inbox
        while inbox and not self._is_broken:
            event = inbox.popleft()
            started = work_seconds()
            if isinstance(event, ActionAnswered) and event.latency_ms:
                self.latency.add("order ack", event.latency_ms)
            self._guarded(partial(self._step, event, started))

    def _step(self, event: AnyEvent, started: float) -> None:
        intents = self.engine.step(event)
        if intents:
            self.latency.add("event to intents", (work_seconds() - started) * 1e3)
            self._carry_out(intents)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:  # noqa: BLE001 - the engine's one boundary: cancel, latch, dump, stop
            self._defect(traceback.format_exc())

    def _carry_out(self, intents: Sequence[Intent]) -> None:
        rows: list[Record] = []
        sends: list[Send] = []
        rest: list[Intent] = []
        for intent in intents:
            if isinstance(intent, Row):
                rows.append(intent)
            elif isinstance(intent, PlaceOrders | CancelOrders | SetLeverage):
                sends.append(intent)
            else:
                self._is_killed = self._is_killed or isinstance(intent, Latch)
                rest.append(intent)
        seq = self._journal.append(rows) if rows else 0
        if sends:
            self._send(seq, sends)
        for intent in rest:
            self._one(intent)

    def _send(self, seq: int, sends: list[Send]) -> None:
        if self._journal.failure:
            self._without_places(sends, "the journal has failed")
            return
        decided_at, decided = self._clock(), work_seconds()

        def leave() -> None:
            obstacle = self._obstacle(decided_at)
            if obstacle:
                self._without_places(sends, obstacle)
                return
            self.latency.add("intents to sent", (work_seconds() - decided) * 1e3)
            self._venue.send(sends)

        self._journal.when_synced(seq, lambda: self._guarded(leave))

    def _obstacle(self, decided_at: float) -> str:
        """Why what was decided then may not be placed now, or ""."""
        if self._is_broken or self._is_over:
            return "the run has ended"
        if self._is_killed:
            return "killed"
        waited_s = self._clock() - decided_at
        return "" if waited_s <= DISK_WAIT_MAX_S else f"the disk was {waited_s:.1f} s late"

    def _without_places(self, sends: Sequence[Send], why: str) -> None:
        """Sends the cancels; the engine hears that the rest never left."""
        cancels = [intent for intent in sends if isinstance(intent, CancelOrders)]
        if cancels:
            self._venue.send(cancels)
        now = self._clock()
        for intent in sends:
            if isinstance(intent, CancelOrders):
                continue
            self.sink(
                ActionFailed(
                    received_at=now,
                    request_id=intent.request_id,
                    certainty=Certainty.NOT_EXECUTED,
                    reason=RefusalReason.OTHER,
                    text=f"not sent: {why}",
                )
            )

    def _one(self, intent: Intent) -> None:
        match intent:
            case Log():
                self._outlets.log(intent, self._clock())
            case QueryOrder() | QueryAccount():
                self._venue.ask([intent])
            case Answer():
                self._outlets.answer(intent.result)
            case Latch():
                self._keep("The kill could not be latched", lambda: self._outlets.latch(intent))
            case ClearLatch():
                self._is_killed = False
                self._keep("The latch could not be removed", lambda: self._outlets.clear_latch(intent))
            case SaveDay():
                self._outlets.save_day(intent)
            case Finish():
                self.end(intent)

    def _keep(self, failure: str, write: Callable[[], None]) -> None:
        try:
            write()
        except (MmtuiError, OSError) as error:
            log = Log(level=LogLevel.ERROR, message=failure, fields={"reason": str(error)}, code="LATCH")
            self._outlets.log(log, self._clock())

    def journal_failed(self, text: str) -> None:
        """The journal cannot be written: cancels must leave all the same, and the engine must know."""
        self.cancel_everything()
        self.sink(JournalStalled(received_at=self._clock(), text=text))

    def _defect(self, trace: str) -> None:
        """Cancels first; then whatever else can still be done is, and the run ends after a moment for the wire."""
        if self._is_broken:
            return
        self._is_broken = True
        self._inbox.clear()
        now, state = self._clock(), self.engine.state
        left = len(state.ledger.live)
        line = Log(level=LogLevel.ERROR, message="Internal defect: cancelling everything and stopping", code="CRASH")
        position = state.instrument.size_base(state.account.position.size)
        latch = Latch(reason="internal defect", detail="see the crash file", position_base=position, at=now)
        for effect in (
            self.cancel_everything,
            lambda: self._outlets.log(line, now),
            lambda: self._outlets.latch(latch),
            lambda: self._outlets.crash(trace),
        ):
            self._attempt(effect)
        finish = Finish(exit_reason="internal defect", is_killed=False, orders_left=left, unverified=True)
        loop = asyncio.get_running_loop()
        if any(order.state is OrderState.SUBMITTED for order in state.ledger.live.values()):
            # A place on its way may arrive after the first cancel.
            loop.call_later(DEFECT_GRACE_S / 3.0, self._attempt, self.cancel_everything)
        loop.call_later(DEFECT_GRACE_S, self.end, finish)

    def _attempt(self, effect: Callable[[], None]) -> None:
        try:
            effect()
        except Exception as error:  # noqa: BLE001 - after a defect nothing may keep the next step from being tried
            asyncio.get_running_loop().call_exception_handler({"message": "after a defect", "exception": error})
