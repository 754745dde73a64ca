"""The shell round the engine: what its intents do to journal, venue and people, and in which order.

Owns the inbox and the order of effects: a step's records are durable before its sends leave, and what
it places leaves only while nothing has ended trading. Books that wait are replaced by later ones; money
never is. The one broad exception boundary of the engine is here: a defect in a step or in its
effects cancels, latches, dumps and ends the run. Knows no event loop: a ``Host`` calls it back.
"""

import itertools
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import (
    ActionAnswered,
    ActionFailed,
    AnyEvent,
    BookUpdate,
    Certainty,
    DiskSlow,
    JournalStalled,
    RefusalReason,
    Tick,
    TouchUpdate,
)
from mmtui.domain.intents import (
    Answer,
    CancelOrders,
    ClearLatch,
    Committing,
    Finish,
    Intent,
    Latch,
    Log,
    LogLevel,
    Query,
    QueryAccount,
    QueryOrder,
    SaveDay,
    Send,
)
from mmtui.domain.order import OrderState
from mmtui.domain.records import FillBooked, Record, Row
from mmtui.engine.engine import Engine
from mmtui.errors import InvariantError, MmtuiError
from mmtui.journal.port import Journal
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.latency import LatencyBoard

INBOX_MAX = 50_000
RECENT_MAX = 200
DISK_WAIT_MAX_S = 1.0
DISK_TELL_EVERY_S = 0.9
DEFECT_GRACE_S = 1.5
LAST_CANCEL_EXPIRY_MS = 8_000
LATENCY_LIMITS_MS = {"event to intents": 5.0, "intents to sent": 50.0, "order ack": 0.0, "loop stall": 50.0}


def _nothing() -> None:
    """Nobody listens."""


def _ignored(_: FillBooked) -> None:
    """Nobody consumes fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """Where effects go that are neither journal nor venue.

    ``ticked`` is called when a tick has been processed to its end, and never else: whoever must know that
    the engine is alive listens there.
    """

    log: Callable[[Log, float], None]
    latch: Callable[[Latch], None]
    clear_latch: Callable[[ClearLatch], None]
    save_day: Callable[[SaveDay], None]
    answer: Callable[[CommandResult], None]
    crash: Callable[[str], None]
    ticked: Callable[[], None] = _nothing
    filled: Callable[[FillBooked], None] = _ignored


class Host(Protocol):
    """Whatever runs the shell: an event loop, or a simulation on a virtual clock."""

    def soon(self, call: Callable[[], None]) -> None:
        """Calls back in the next turn."""
        ...

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        """Calls back after a delay."""
        ...

    def ended(self, finish: Finish) -> None:
        """The run is over; called once or more."""
        ...

    def failed(self, error: Exception) -> None:
        """A step of the ending after a defect failed itself."""
        ...


class Wire(Protocol):
    """The part of a venue that takes requests."""

    def send(self, intents: Sequence[Send]) -> None:
        """Sends each intent as one action, in order."""
        ...

    def ask(self, intents: Sequence[Query]) -> None:
        """Starts queries."""
        ...


@dataclass(slots=True)
class _Waiting:
    """Requests of one step that wait for its records to be durable."""

    decided_at: float
    sends: list[Send]


class Shell:
    """One engine and its effects."""

    def __init__(
        self,
        engine: Engine,
        wire: Wire,
        journal: Journal,
        outlets: Outlets,
        *,
        clock: Callable[[], float],
        host: Host,
    ) -> None:
        self.engine = engine
        self.latency = LatencyBoard(LATENCY_LIMITS_MS)
        self.recent: deque[AnyEvent] = deque(maxlen=RECENT_MAX)
        self._wire = wire
        self._journal = journal
        self._outlets = outlets
        self._clock = clock
        self._host = host
        self._inbox: deque[AnyEvent] = deque()
        self._waiting: dict[int, _Waiting] = {}
        self._tickets = itertools.count()
        self._is_scheduled = False
        self._is_broken = False
        self._is_over = False
        self._is_killed = False
        self._disk_waited_s = 0.0

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
            self._host.soon(self._drain)

    def cancel_everything(self) -> None:
        """Sends one cancel for every own order that may rest, past the engine: the last resort.

        What waits for the disk to be placed does not leave after it.
        """
        self._is_over = True
        live = self.engine.state.ledger.live
        if live:
            expires_at_ms = self.engine.state.market.venue_ms(self._clock()) + LAST_CANCEL_EXPIRY_MS
            self._wire.send([CancelOrders(request_id=0, cloids=tuple(live), expires_at_ms=expires_at_ms)])

    def end(self, finish: Finish) -> None:
        """Ends the run; nothing is placed any more."""
        self._is_over = True
        self._host.ended(finish)

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
        self.recent.append(event)
        if isinstance(event, Tick):
            self._watch_disk(event.received_at)
        intents = self.engine.step(event)
        if intents:
            self.latency.add("event to intents", (work_seconds() - started) * 1e3)
            self._carry_out(intents)
        if isinstance(event, Tick):
            self._outlets.ticked()

    def _watch_disk(self, now: float) -> None:
        """Tells the engine while a durable write waits, about once a second, and when it is over."""
        waited_s = self._journal.waiting_s(now)
        is_slow, was_slow = waited_s > DISK_WAIT_MAX_S, self._disk_waited_s > 0.0
        if is_slow and waited_s - self._disk_waited_s >= DISK_TELL_EVERY_S:
            self._disk_waited_s = waited_s
            self.sink(DiskSlow(received_at=now, waited_s=waited_s))
            self._release_safe()
        elif was_slow and not is_slow:
            self._disk_waited_s = 0.0
            self.sink(DiskSlow(received_at=now, waited_s=0.0))

    def _release_safe(self) -> None:
        """The disk is slow, or trading was killed: what takes risk off the book does not wait. What places waits
        while it may still leave; of what may not, the engine hears at once that it never left, so that nobody has to
        find out at the exchange what became of it.
        """
        for ticket, waiting in tuple(self._waiting.items()):
            obstacle = self._obstacle(waiting.decided_at)
            if obstacle:
                del self._waiting[ticket]
                self._without_places(waiting.sends, obstacle)
                continue
            safe = [intent for intent in waiting.sends if not isinstance(intent, Committing)]
            if safe:
                waiting.sends = [intent for intent in waiting.sends if isinstance(intent, Committing)]
                self._wire.send(safe)

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
            elif isinstance(intent, Send):
                sends.append(intent)
            else:
                self._is_killed = self._is_killed or isinstance(intent, Latch)
                rest.append(intent)
        seq = self._journal.append(rows) if rows else 0
        for row in rows:
            if isinstance(row, FillBooked):
                self._outlets.filled(row)
        if sends:
            self._send(seq, sends)
        for intent in rest:
            self._one(intent)

    def _send(self, seq: int, sends: list[Send]) -> None:
        if self._journal.failure:
            self._without_places(sends, "the journal has failed")
            return
        decided_at, decided = self._clock(), work_seconds()
        ticket = next(self._tickets)
        self._waiting[ticket] = _Waiting(decided_at, sends)
        if self._disk_waited_s > 0.0 or self._is_killed:
            self._release_safe()

        def leave() -> None:
            waiting = self._waiting.pop(ticket, None)
            if waiting is None or not waiting.sends:
                return
            if self._journal.synced_seq < seq:
                raise InvariantError(f"row {seq} is not durable and its request was about to leave")
            obstacle = self._obstacle(decided_at)
            if obstacle:
                self._without_places(waiting.sends, obstacle)
                return
            self._wire.send(waiting.sends)
            self.latency.add("intents to sent", (work_seconds() - decided) * 1e3)

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
        """Sends what takes or keeps risk off the book; the engine hears that the rest never left."""
        safe = [intent for intent in sends if not isinstance(intent, Committing)]
        if safe:
            self._wire.send(safe)
        now = self._clock()
        for intent in sends:
            if not isinstance(intent, Committing):
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
                self._wire.ask([intent])
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
        """The journal cannot be written: cancels must leave all the same, and the engine must know, also of what
        waited for the disk and now never leaves.
        """
        self._guarded(partial(self._lose_journal, text))

    def _lose_journal(self, text: str) -> None:
        self.cancel_everything()
        lost, self._waiting = self._waiting, {}
        for waiting in lost.values():
            self._without_places(waiting.sends, "the journal has failed")
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
        if any(order.state is OrderState.SUBMITTED for order in state.ledger.live.values()):
            # A place on its way may arrive after the first cancel.
            self._host.later(DEFECT_GRACE_S / 3.0, partial(self._attempt, self.cancel_everything))
        self._host.later(DEFECT_GRACE_S, partial(self.end, finish))

    def _attempt(self, effect: Callable[[], None]) -> None:
        try:
            effect()
        except Exception as error:  # noqa: BLE001 - after a defect nothing may keep the next step from being tried
            self._host.failed(error)
