"""The trading process of a world: boot, death, stalls, and the guard that outlives it.

Owns which engine is alive and since when. A process starts the way the program does: from what the
disk kept, on the same account, and not while a latch is present. The guard is a model of the child
process: it cancels own orders when the engine is gone or silent.
"""

import random
from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import AnyEvent, GuardChanged, LoopStalled, Tick
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import ClearLatch, Finish, Intent, Latch, Log, SaveDay
from mmtui.domain.parameters import Settings
from mmtui.domain.records import Checkpoint, Record
from mmtui.domain.view import Mode
from mmtui.engine.account import DayState
from mmtui.engine.engine import Engine
from mmtui.engine.fold import fold
from mmtui.engine.folded import Folded
from mmtui.engine.state import EngineOptions
from mmtui.estimators.memory import PanelMemory
from mmtui.journal.memory import MemoryDisk
from mmtui.journal.port import SessionStart
from mmtui.journal.tail import Boot
from mmtui.research.drill.ports.clock import SimClock
from mmtui.research.drill.ports.disk import DeathPoints, SimJournal
from mmtui.research.drill.ports.network import SimNetwork
from mmtui.research.drill.ports.signer import SimSigner
from mmtui.research.drill.ports.strategy import SimStrategy
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.violation import ProcessDeath
from mmtui.runtime.recovery import CRASH_WINDOW_S, crash_loop
from mmtui.runtime.shell import Outlets, Shell
from mmtui.strategies.registry import BUILT_IN

STALL_TOLD_S = 0.25
SAVE_EVERY_MS = 60_000
CRASH_LOOKS_BACK = 20


class Parts(msgspec.Struct, kw_only=True):
    """What a process finds on its host."""

    timeline: Timeline
    clock: SimClock
    disk: MemoryDisk
    points: DeathPoints
    rng: random.Random
    network: SimNetwork
    signer: SimSigner
    instrument: Instrument
    settings: Settings
    account: str
    tick_ms: int
    finish_on_kill: bool
    has_guard: bool
    must_be_guarded: bool


class Watch(msgspec.Struct, kw_only=True):
    """Who is told what happens in the process."""

    starting: Callable[[], None]
    booted: Callable[["ObservedEngine"], None]
    stepped: Callable[[AnyEvent, list[Intent]], None]
    turned: Callable[[], None]
    logged: Callable[[Log], None]
    answered: Callable[[CommandResult], None]
    latched: Callable[[Latch], None]
    unlatched: Callable[[], None]
    crashed: Callable[[str], None]


class SimProcess:
    """At most one live engine at a time."""

    def __init__(self, parts: Parts, watch: Watch) -> None:
        self._parts = parts
        self._watch = watch
        self._epoch = 0
        self._ready: deque[Callable[[], None]] = deque()
        self._backlog: list[AnyEvent] = []
        self._held: list[Callable[[], None]] = []
        self._stalled_from_ms: int | None = None
        self._day: DayState | None = None
        self._engine: ObservedEngine | None = None
        self._cleared: set[tuple[str, float]] = set()
        self._cleared_at = 0.0
        self._memory: PanelMemory | None = None
        self.run = 0
        self.is_fickle = False
        self.strategy: SimStrategy | None = None
        self.is_guarded = parts.has_guard
        self.journal: SimJournal | None = None
        self.shell: Shell | None = None
        self.latch: Latch | None = None
        self.finish: Finish | None = None
        self.dead_since_ms: int | None = None

    @property
    def engine(self) -> "ObservedEngine | None":
        """The live engine."""
        return self._engine if self.shell is not None else None

    @property
    def is_stalled(self) -> bool:
        """Whether the process is stopped or its machine asleep."""
        return self._stalled_from_ms is not None

    def boot(self) -> None:
        """Starts a process, unless one lives or a latch or the disk forbids it."""
        parts = self._parts
        if self.shell is not None or self.latch is not None or parts.disk.is_broken or parts.disk.room is not None:
            return
        folded = fold(_since_checkpoint(parts.disk.records()))
        if self._refuses_forgotten_kill(folded) or self._refuses_crash_loop():
            return
        self.run += 1
        self._epoch += 1
        self.finish, self.dead_since_ms = None, None
        parts.clock.restart()
        parts.signer.restart()
        self._watch.starting()
        options = EngineOptions(
            run=self.run,
            day=self._day,
            finish_on_kill=parts.finish_on_kill,
            resume=folded if self.run > 1 else None,
            panel=_young(self._memory, parts),
            must_be_guarded=parts.must_be_guarded,
        )
        inner = BUILT_IN[parts.settings.text("strategy.strategy_type")]()
        self.strategy = SimStrategy(inner, is_fickle=self.is_fickle)
        engine = ObservedEngine(parts.instrument, parts.settings, self.strategy, options)
        engine.watch(self._watch.stepped)
        journal = SimJournal(
            parts.disk, clock=parts.clock, on_error=self._journal_failed, timeline=parts.timeline,
            hand_over=self.hand_over, points=parts.points,
        )  # fmt: skip
        journal.begin_session(_session(parts, self.run))
        journal.close()
        self.journal = journal
        shell = Shell(engine, parts.network, journal, self._outlets(), clock=parts.clock, host=self)
        self._engine, self.shell = engine, shell
        self._watch.booted(engine)
        parts.network.connect(self.receive)
        self.guard(is_armed=True)
        self._tick(self._epoch)
        self._parts.timeline.after(SAVE_EVERY_MS, partial(self._keep_memory, self._epoch))

    def guard(self, *, is_armed: bool) -> None:
        """The guard process comes up or is lost, where there is one; only an engine that runs starts another."""
        if is_armed and self.is_stalled:
            self._held.append(partial(self.guard, is_armed=True))
        elif self._parts.has_guard and self.shell is not None:
            self.is_guarded = is_armed
            self.receive(GuardChanged(received_at=0.0, name="guard", is_armed=is_armed, text="simulated"))

    def receive(self, event: AnyEvent) -> None:
        """Takes an event off the wire, from the keys or from the host."""
        if self.shell is None:
            return
        if self._stalled_from_ms is not None:
            self._backlog.append(event)
            return
        self._take([event])

    def die(self, *, is_power_cut: bool = False) -> None:
        """The process is gone this instant."""
        if self.shell is None:
            return
        self.shell = None
        self._epoch += 1
        self._ready.clear()
        self._backlog.clear()
        self._held.clear()
        self._stalled_from_ms = None
        self.dead_since_ms = self._parts.timeline.now_ms
        assert self.journal is not None, "a process has a journal"
        self.journal.die(keeps=not is_power_cut and self._parts.rng.random() < 0.5)
        self._parts.network.disconnect()

    def stall(self, duration_ms: int) -> None:
        """Nothing of the process runs for a while; what arrives waits."""
        if self.shell is None or self._stalled_from_ms is not None:
            return
        self._stalled_from_ms = self._parts.timeline.now_ms
        self._parts.timeline.after(duration_ms, partial(self._wake, self._epoch))

    def turn_fickle(self, *, is_fickle: bool) -> None:
        """The strategy loses or finds its mind, also over restarts."""
        self.is_fickle = is_fickle
        if self.strategy is not None:
            self.strategy.is_fickle = is_fickle

    @property
    def stalled_ms(self) -> int:
        """For how long it has been stopped."""
        return 0 if self._stalled_from_ms is None else self._parts.timeline.now_ms - self._stalled_from_ms

    def soon(self, call: Callable[[], None]) -> None:
        """The shell's next turn."""
        self._ready.append(call)

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        """The shell's timers; they die with the process."""
        self._parts.timeline.after(round(delay_s * 1000.0), partial(self.guarded, self._epoch, call))

    def ended(self, finish: Finish) -> None:
        """The engine has come to rest; the process ends in the next moment."""
        if self.finish is None:
            self.finish = finish
            self._parts.timeline.after(1, partial(self._exit, self._epoch, finish.exit_reason))

    def failed(self, error: Exception) -> None:
        """A step of the ending after a defect failed."""
        self._watch.crashed(repr(error))

    def guarded(self, epoch: int, call: Callable[[], None]) -> None:
        """Runs something of the process that started as ``epoch``, which may kill it; a stopped one does it later."""
        if epoch != self._epoch:
            return
        if self._stalled_from_ms is not None:
            self._held.append(call)
            return
        try:
            call()
            while self._ready:
                self._ready.popleft()()
        except ProcessDeath:
            self.die()
        self._watch.turned()

    def hand_over(self, call: Callable[[], None]) -> None:
        """Runs something in the process that lives now."""
        self.guarded(self._epoch, call)

    def _take(self, events: list[AnyEvent]) -> None:
        shell = self.shell
        assert shell is not None, "a living process"
        now_s = self._parts.clock()
        for event in events:
            msgspec.structs.force_setattr(event, "received_at", now_s)

        def take() -> None:
            for event in events:
                shell.sink(event)

        self.guarded(self._epoch, take)

    def _tick(self, epoch: int) -> None:
        if epoch != self._epoch:
            return
        self._parts.timeline.after(self._parts.tick_ms, partial(self._tick, epoch))
        if self._stalled_from_ms is None:
            self._take([Tick(received_at=0.0)])

    def _wake(self, epoch: int) -> None:
        if epoch != self._epoch or self._stalled_from_ms is None:
            return
        stalled_s = (self._parts.timeline.now_ms - self._stalled_from_ms) / 1000.0
        self._stalled_from_ms = None
        held, self._held = self._held, []
        for call in held:
            self.guarded(epoch, call)
        events, self._backlog = self._backlog, []
        if stalled_s > STALL_TOLD_S:
            events.append(LoopStalled(received_at=0.0, stalled_s=stalled_s))
        if events and epoch == self._epoch:
            self._take(events)

    def _exit(self, epoch: int, reason: str) -> None:
        if epoch == self._epoch:
            self.guarded(epoch, partial(self._close, reason))
            self.die()

    def _close(self, reason: str) -> None:
        assert self.journal is not None, "a process has a journal"
        self.journal.end_session(self._parts.clock(), reason)
        self.journal.close()

    def _journal_failed(self, text: str) -> None:
        if self.shell is not None:
            self.shell.journal_failed(text)

    def _outlets(self) -> Outlets:
        return Outlets(
            log=lambda line, _: self._watch.logged(line),
            latch=self._set_latch,
            clear_latch=self._clear_latch,
            save_day=self._save_day,
            answer=self._watch.answered,
            crash=self._watch.crashed,
        )

    def _set_latch(self, latch: Latch) -> None:
        self.latch = latch
        self._watch.latched(latch)

    def _refuses_forgotten_kill(self, folded: Folded) -> bool:
        """A kill that stands in the journal holds although its latch could not be written."""
        kill = folded.kill
        if kill is None or (kill.reason, kill.at) in self._cleared:
            return False
        self._set_latch(Latch(reason=kill.reason, detail=kill.detail, position_base=0.0, at=kill.at))
        return True

    def _refuses_crash_loop(self) -> bool:
        now, settings = self._parts.clock.wall(), self._parts.settings
        boots = _boots(self._parts.disk)
        since = max(self._cleared_at, now - CRASH_WINDOW_S)
        latch = crash_loop(boots, now=now, since=since, most=settings.count("risk.unclean_starts_max"))
        if latch is None:
            return False
        self._set_latch(latch)
        return True

    def _keep_memory(self, epoch: int) -> None:
        if epoch != self._epoch:
            return
        self._parts.timeline.after(SAVE_EVERY_MS, partial(self._keep_memory, epoch))
        if self._engine is not None and not self.is_stalled:
            self._memory = self._engine.state.panel.memory() or self._memory

    def _clear_latch(self, _: ClearLatch | None = None) -> None:
        if self.latch is not None:
            self._cleared.add((self.latch.reason, self.latch.at))
        self._cleared_at = self._parts.clock.wall()
        self.latch = None
        self._watch.unlatched()

    def clear_latch(self) -> None:
        """A person resumes: the next boot is allowed."""
        self._clear_latch()

    def _save_day(self, day: SaveDay) -> None:
        self._day = msgspec.convert(day, DayState, from_attributes=True)


def _boots(disk: MemoryDisk) -> list[Boot]:
    return [
        Boot(run_id=one.start.run_id, started_at=one.start.started_at, ended_at=one.ended_at)
        for one in disk.sessions[-CRASH_LOOKS_BACK:]
    ]


def _young(memory: PanelMemory | None, parts: Parts) -> PanelMemory | None:
    """What the estimators of an earlier run had learned, while that is young enough."""
    if memory is None:
        return None
    is_young = 0.0 <= parts.clock() - memory.at <= parts.settings.number("estimators.checkpoint_max_age_s")
    return memory if is_young else None


def _since_checkpoint(rows: list[Record]) -> list[Record]:
    """The last checkpoint and what came after it: a start reads no more."""
    for index in range(len(rows) - 1, -1, -1):
        if isinstance(rows[index], Checkpoint):
            return rows[index:]
    return rows


class ObservedEngine(Engine):
    """The engine, with every step reported."""

    __slots__ = ("_stepped",)

    def watch(self, stepped: Callable[[AnyEvent, list[Intent]], None]) -> None:
        """Whom to tell."""
        self._stepped = stepped

    @property
    def mode(self) -> Mode:
        """The mode after the last step."""
        return self._mode

    def step(self, event: AnyEvent) -> list[Intent]:
        """One step of the real engine."""
        intents = super().step(event)
        self._stepped(event, intents)
        return intents


def _session(parts: Parts, run: int) -> SessionStart:
    return SessionStart(
        run_id=f"{run:08x}",
        started_at=parts.clock(),
        version="simulated",
        network="sim",
        account=parts.account,
        coin=parts.instrument.coin,
        settings={},
    )
