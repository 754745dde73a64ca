"""The live loop: what leaves, when, and what happens when the engine or the journal fails."""

import asyncio
from collections.abc import Sequence

import pytest

from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import ActionFailed, Certainty, CommandReceived, FillsReceived, Tick, TouchUpdate
from mmtui.domain.intents import CancelOrders, Latch, PlaceOrders, Query, Send
from mmtui.domain.parameters import Settings
from mmtui.domain.records import CancelIntended, Record
from mmtui.errors import InvariantError
from mmtui.journal.memory import MemoryJournal
from mmtui.journal.port import OnSynced
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.loop import EngineLoop, Outlets


class Wire:
    """A venue that keeps what it is given."""

    def __init__(self) -> None:
        self.sent: list[Send] = []
        self.asked: list[Query] = []

    def send(self, intents: Sequence[Send]) -> None:
        self.sent.extend(intents)

    def ask(self, intents: Sequence[Query]) -> None:
        self.asked.extend(intents)


class SlowJournal(MemoryJournal):
    """A journal whose disk answers when told to, or fails."""

    __slots__ = ("failed", "waiting")

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[OnSynced] = []
        self.failed = ""

    @property
    def failure(self) -> str:
        return self.failed

    def append(self, rows: Sequence[Record]) -> int:
        return self.synced_seq if self.failed else super().append(rows)

    def when_synced(self, seq: int, callback: OnSynced) -> None:
        if not self.failed:
            self.waiting.append(callback)

    def sync(self) -> None:
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class Bench:
    """A quoting engine inside a loop whose surroundings are visible."""

    def __init__(self) -> None:
        settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
        self.session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
        self.session.run(60)
        assert self.session.engine.state.ledger.live, "the bench needs resting orders"
        self.wire = Wire()
        self.journal = SlowJournal()
        self.latches: list[Latch] = []
        self.crashes: list[str] = []
        outlets = Outlets(
            log=lambda line, at: None,
            latch=self.latches.append,
            clear_latch=lambda intent: None,
            save_day=lambda intent: None,
            answer=lambda result: None,
            crash=self.crashes.append,
        )
        self.loop = EngineLoop(self.session.engine, self.wire, self.journal, outlets, clock=EngineClock())  # type: ignore[arg-type]

    @property
    def now(self) -> float:
        return self.session.now_ms / 1000.0

    def pause(self) -> None:
        command = Act(id="p", by="op", verb=Verb.PAUSE)
        self.loop.sink(CommandReceived(received_at=self.now, command=command))


async def turn() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_a_cancel_leaves_only_after_its_record_is_durable() -> None:
    bench = Bench()
    bench.pause()
    await turn()
    assert [row for _, row in bench.journal.rows if isinstance(row, CancelIntended)]
    assert bench.wire.sent == []
    bench.journal.sync()
    assert [type(intent) for intent in bench.wire.sent] == [CancelOrders]


@pytest.mark.fault("F39")
async def test_waiting_touches_are_replaced_by_later_ones_and_fills_never_are() -> None:
    bench = Bench()
    seen: list[object] = []
    step = bench.session.engine.step
    bench.loop.shell.engine = type("Watched", (), {"step": lambda self, event: seen.append(event) or step(event)})()
    touch = bench.session.engine.state.market.touch
    for offset in range(5):
        bench.loop.sink(TouchUpdate(received_at=bench.now + offset, touch=touch))
    for offset in range(3):
        bench.loop.sink(FillsReceived(received_at=bench.now + 5 + offset, fills=()))
    await turn()
    assert [event.received_at - bench.now for event in seen] == pytest.approx([4, 5, 6, 7])


@pytest.mark.fault("F94")
@pytest.mark.incident("B36")
async def test_a_defect_in_the_engine_cancels_everything_latches_and_ends() -> None:
    bench = Bench()
    live = set(bench.session.engine.state.ledger.live)

    def broken(event: object) -> list[object]:
        raise InvariantError("planted")

    real = bench.session.engine
    bench.loop.shell.engine = type("Broken", (), {"step": lambda self, event: broken(event), "state": real.state})()
    running = asyncio.create_task(bench.loop.run())
    await turn()
    bench.loop.sink(Tick(received_at=bench.now))
    finish = await running
    assert isinstance(bench.wire.sent[0], CancelOrders)
    assert set(bench.wire.sent[0].cloids) == live
    assert finish.unverified
    assert finish.orders_left == len(live)
    assert bench.latches[0].reason == "internal defect"
    assert "planted" in bench.crashes[0]
    bench.pause()
    await turn()
    assert len(bench.wire.sent) == 1, "a broken engine is not asked again"


@pytest.mark.fault("F58", "F61")
async def test_a_journal_that_cannot_be_written_lets_cancels_leave_and_nothing_else() -> None:
    bench = Bench()
    bench.journal.failed = "disk full"
    bench.loop.journal_failed("disk full")
    await turn()
    bench.journal.sync()
    assert bench.latches[0].reason == "journal"
    kinds = {type(intent) for intent in bench.wire.sent}
    assert CancelOrders in kinds
    assert PlaceOrders not in kinds


@pytest.mark.fault("F58", "F61")
async def test_what_waited_for_a_disk_that_failed_is_told_to_the_engine_as_never_sent() -> None:
    bench = Bench()
    place = next(intent for intent in bench.session.sends if isinstance(intent, PlaceOrders))
    seen: list[object] = []
    real = bench.session.engine
    planned = [[place], []]

    def step(event: object) -> list[object]:
        seen.append(event)
        return planned.pop(0) if planned else []

    bench.loop.shell.engine = type("Scripted", (), {"step": lambda self, event: step(event), "state": real.state})()
    bench.loop.sink(Tick(received_at=bench.now))
    await turn()
    assert bench.wire.sent == []
    bench.journal.failed = "disk full"
    bench.loop.journal_failed("disk full")
    await turn()
    (failed,) = [event for event in seen if isinstance(event, ActionFailed)]
    assert (failed.request_id, failed.certainty) == (place.request_id, Certainty.NOT_EXECUTED)
    bench.journal.sync()
    assert place not in bench.wire.sent


class SleepyClock:
    """A clock that counts the time a machine sleeps, and can be put forward by it."""

    speed = 1.0

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Watched:
    """An engine that only notes what it is given; ``ticked`` is set by the second tick."""

    def __init__(self, state: object) -> None:
        self.state = state
        self.seen: list[object] = []
        self.ticked = asyncio.Event()

    def step(self, event: object) -> list[object]:
        self.seen.append(event)
        if self.kinds.count("Tick") == 2:
            self.ticked.set()
        return []

    @property
    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.seen]


@pytest.mark.fault("F56")
async def test_after_a_sleep_the_engine_hears_of_it_before_anything_that_waited_in_the_sockets() -> None:
    bench, clock = Bench(), SleepyClock()
    engine = Watched(bench.session.engine.state)
    loop = EngineLoop(engine, bench.wire, bench.journal, bench.loop.shell._outlets, clock=clock)  # type: ignore[arg-type]
    touch = bench.session.engine.state.market.touch
    running = asyncio.create_task(loop.run())
    await turn()
    clock.now += 41.0
    loop.sink(TouchUpdate(received_at=clock.now, touch=touch))
    loop.sink(TouchUpdate(received_at=clock.now + 0.01, touch=touch))
    await turn()
    assert engine.kinds == ["LoopStalled", "TouchUpdate"]
    assert engine.seen[0].stalled_s == pytest.approx(40.9)  # type: ignore[attr-defined]
    await engine.ticked.wait()
    assert engine.kinds.count("LoopStalled") == 1
    running.cancel()


@pytest.mark.fault("F57")
async def test_a_late_tick_is_told_as_a_stall_and_the_ticks_that_were_missed_are_not_repeated() -> None:
    bench, clock = Bench(), SleepyClock()
    engine = Watched(bench.session.engine.state)
    loop = EngineLoop(engine, bench.wire, bench.journal, bench.loop.shell._outlets, clock=clock)  # type: ignore[arg-type]
    running = asyncio.create_task(loop.run())
    await turn()
    clock.now += 3.1
    await engine.ticked.wait()
    assert engine.kinds == ["LoopStalled", "Tick", "Tick"]
    assert engine.seen[0].stalled_s == pytest.approx(3.0)  # type: ignore[attr-defined]
    running.cancel()
