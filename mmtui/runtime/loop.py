"""The live loop: events into the engine in one order, intents out to journal, venue and people.

Owns the inbox and the order of effects: a step's records are durable before its sends leave. Books
that wait are replaced by later ones; money never is. The one broad exception boundary of the
engine is here: a defect cancels, latches, dumps and ends the run.
"""

import asyncio
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import (
    ActionAnswered,
    AnyEvent,
    BookUpdate,
    JournalStalled,
    LoopStalled,
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
from mmtui.domain.records import Record, Row
from mmtui.engine.engine import Engine
from mmtui.journal.port import Journal
from mmtui.runtime.clock import EngineClock, work_seconds
from mmtui.runtime.latency import LatencyBoard
from mmtui.venues.port import Venue

TICK_S = 0.1
SLEEP_MIN_S = 0.001
STALL_S = 0.25
INBOX_MAX = 50_000
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

    def sink(self, event: AnyEvent) -> None:
        """Takes an event from anywhere on this loop; it is applied in the next turn."""
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
            expires_at_ms = int((self._clock() + 8.0) * 1000)
            self._venue.send([CancelOrders(request_id=0, cloids=tuple(live), expires_at_ms=expires_at_ms)])

    def end(self, finish: Finish) -> None:
        """Ends the run from outside the engine."""
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
            try:
                intents = self.engine.step(event)
            except Exception:  # noqa: BLE001 - the engine's one boundary: cancel, latch, dump, stop
                self._defect(traceback.format_exc())
                return
            if intents:
                self.latency.add("event to intents", (work_seconds() - started) * 1e3)
                self._carry_out(intents)

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
                rest.append(intent)
        seq = self._journal.append(rows) if rows else 0
        if sends:
            self._send(seq, sends)
        for intent in rest:
            self._one(intent)

    def _send(self, seq: int, sends: list[Send]) -> None:
        if self._journal.failure:
            self._venue.send([intent for intent in sends if isinstance(intent, CancelOrders)])
            return
        decided = work_seconds()

        def leave() -> None:
            self.latency.add("intents to sent", (work_seconds() - decided) * 1e3)
            self._venue.send(sends)

        self._journal.when_synced(seq, leave)

    def _one(self, intent: Intent) -> None:
        match intent:
            case Log():
                self._outlets.log(intent, self._clock())
            case QueryOrder() | QueryAccount():
                self._venue.ask([intent])
            case Answer():
                self._outlets.answer(intent.result)
            case Latch():
                self._outlets.latch(intent)
            case ClearLatch():
                self._outlets.clear_latch(intent)
            case SaveDay():
                self._outlets.save_day(intent)
            case Finish():
                self.end(intent)

    def journal_failed(self, text: str) -> None:
        """The journal cannot be written: cancels must leave all the same, and the engine must know."""
        self.cancel_everything()
        self.sink(JournalStalled(received_at=self._clock(), text=text))

    def _defect(self, trace: str) -> None:
        self._is_broken = True
        self._inbox.clear()
        now = self._clock()
        self._outlets.crash(trace)
        self._outlets.log(
            Log(level=LogLevel.ERROR, message="Internal defect: cancelling everything and stopping", code="CRASH"), now
        )
        position = self.engine.state.instrument.size_base(self.engine.state.account.position.size)
        self._outlets.latch(
            Latch(reason="internal defect", detail="see the crash file", position_base=position, at=now)
        )
        self.cancel_everything()
        left = len(self.engine.state.ledger.live)
        self.end(Finish(exit_reason="internal defect", is_killed=False, orders_left=left, unverified=True))
