"""The live loop: nothing placed leaves before it is durable or after the end, whatever breaks on the way."""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import CommandReceived, Tick
from mmtui.domain.intents import CancelOrders, Fence, Finish, Latch, PlaceOrders, Send
from mmtui.domain.parameters import Settings
from mmtui.errors import JournalError
from mmtui.journal.memory import MemoryJournal
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.ending.stopping import StopLadder
from mmtui.runtime.loop import EngineLoop, Outlets
from mmtui.runtime.state import MarketFiles


@pytest.fixture(autouse=True)
def no_grace(monkeypatch) -> None:
    monkeypatch.setattr("mmtui.runtime.shell.DEFECT_GRACE_S", 0.0)


class SlowJournal(MemoryJournal):
    """Durable only when told so."""

    __slots__ = ("is_stuck", "waiting")

    def __init__(self) -> None:
        super().__init__()
        self.is_stuck = False
        self.waiting: list[Callable[[], None]] = []

    def when_synced(self, seq: int, callback: Callable[[], None]) -> None:
        if self.is_stuck:
            self.waiting.append(callback)
        else:
            callback()

    def release(self) -> None:
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            callback()


class Wire:
    """A venue that passes on to the simulated one and remembers what left."""

    def __init__(self, session: SimulatedSession) -> None:
        self.session = session
        self.sent: list[Send] = []

    def send(self, intents: Sequence[Send]) -> None:
        self.sent += intents
        self.session.venue.send(self.session.now_ms, intents)

    def ask(self, intents) -> None:
        self.session.venue.ask(intents)


class Clock:
    speed = 1.0

    def __init__(self, session: SimulatedSession) -> None:
        self._session = session

    def __call__(self) -> float:
        return self._session.now_ms / 1000.0


class Rig:
    """A live loop around the engine of a simulated session, on the session's virtual time."""

    def __init__(self) -> None:
        settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
        self.session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
        self.session.run(60)
        self.journal = SlowJournal()
        self.wire = Wire(self.session)
        self.latches: list[Latch] = []
        self.crashes: list[str] = []
        self.outlets = {
            "log": lambda log, at: None,
            "latch": self.latches.append,
            "clear_latch": lambda intent: None,
            "save_day": lambda day: None,
            "answer": lambda result: None,
            "crash": self.crashes.append,
        }

    def loop(self) -> EngineLoop:
        return EngineLoop(
            self.session.engine, self.wire, self.journal, Outlets(**self.outlets), clock=Clock(self.session)
        )

    async def advance(self, loop: EngineLoop, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.session.now_ms += 100
            for event in self.session.venue.advance(self.session.now_ms):
                loop.sink(event)
            loop.sink(Tick(received_at=self.session.now_ms / 1000.0))
            await asyncio.sleep(0)

    def command(self, loop: EngineLoop, verb: Verb) -> None:
        at = self.session.now_ms / 1000.0
        loop.sink(CommandReceived(received_at=at, command=Act(id="x", by="op", verb=verb)))

    def placed(self) -> list[PlaceOrders]:
        return [intent for intent in self.wire.sent if isinstance(intent, PlaceOrders)]


async def waiting_place(rig: Rig, loop: EngineLoop) -> None:
    rig.journal.is_stuck = True
    for _ in range(200):
        await rig.advance(loop, 0.1)
        if any(not request.is_cancel for request in rig.session.engine.state.ledger.requests.values()):
            return
    raise AssertionError("the engine must have decided to place")


@pytest.mark.incident("B22")
async def test_orders_waiting_for_the_disk_do_not_leave_after_a_kill() -> None:
    rig = Rig()
    loop = rig.loop()
    await waiting_place(rig, loop)
    rig.command(loop, Verb.KILL)
    await asyncio.sleep(0)
    before = len(rig.placed())
    rig.journal.is_stuck = False
    rig.journal.release()
    await rig.advance(loop, 8)
    assert len(rig.placed()) == before
    assert any(isinstance(intent, CancelOrders) for intent in rig.wire.sent)
    assert rig.session.engine.state.ledger.live == {}


@pytest.mark.fault("F62")
async def test_at_a_kill_what_waits_for_a_hanging_disk_is_known_never_to_have_left() -> None:
    rig = Rig()
    loop = rig.loop()
    await waiting_place(rig, loop)
    rig.command(loop, Verb.KILL)
    await rig.advance(loop, 2)
    assert rig.session.engine.state.ledger.live == {}
    assert not any(isinstance(intent, Fence) for intent in rig.wire.sent)


async def test_the_cancels_of_a_kill_do_not_wait_for_the_disk() -> None:
    rig = Rig()
    loop = rig.loop()
    for _ in range(200):
        await rig.advance(loop, 0.1)
        if any(order.is_active for order in rig.session.engine.state.ledger.live.values()):
            break
    rig.journal.is_stuck = True
    before = len(rig.wire.sent)
    rig.command(loop, Verb.KILL)
    await asyncio.sleep(0)
    assert CancelOrders in [type(intent) for intent in rig.wire.sent[before:]]
    assert PlaceOrders not in [type(intent) for intent in rig.wire.sent[before:]]


async def test_orders_waiting_for_the_disk_do_not_leave_after_the_end() -> None:
    rig = Rig()
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    await waiting_place(rig, loop)
    before = len(rig.placed())
    rig.command(loop, Verb.STOP)
    await rig.advance(loop, 12)
    finish = await ending
    assert finish.unverified
    rig.journal.release()
    assert len(rig.placed()) == before


async def test_orders_waiting_for_the_disk_do_not_leave_once_everything_was_cancelled_past_the_engine() -> None:
    rig = Rig()
    loop = rig.loop()
    await waiting_place(rig, loop)
    before = len(rig.placed())
    loop.cancel_everything()
    rig.journal.release()
    assert len(rig.placed()) == before


async def test_an_end_that_comes_before_the_first_tick_ends_the_run() -> None:
    loop = Rig().loop()
    finish = Finish(exit_reason="interrupted twice by SIGTERM", is_killed=False, orders_left=0, unverified=True)
    loop.end(finish)
    assert await asyncio.wait_for(loop.run(), 10) is finish


async def test_the_first_signal_stops_with_verification_also_when_the_time_was_up_before_it(tmp_path) -> None:
    rig = Rig()
    loop, verbs = rig.loop(), []
    ladder = StopLadder(
        loop,
        MarketFiles(tmp_path, "sim-ETH-local"),
        on_hangup="detach",
        act=lambda verb, by: verbs.append((verb, by)),
        say=lambda level, message, **fields: None,
    )
    ladder.stop_after(0.0)
    await asyncio.sleep(0.01)
    ladder.interrupted("SIGTERM")
    assert verbs == [(Verb.STOP, "duration"), (Verb.STOP, "SIGTERM")]
    assert rig.wire.sent == []
    ladder.interrupted("SIGTERM")
    assert [type(intent) for intent in rig.wire.sent] == [CancelOrders]


async def test_orders_waiting_for_the_disk_do_not_leave_after_a_defect() -> None:
    rig = Rig()
    loop = rig.loop()
    await waiting_place(rig, loop)
    before = len(rig.placed())
    rig.session.engine.state.quoting.strategy = None
    rig.session.engine.state.panel = None
    await rig.advance(loop, 0.2)
    assert rig.crashes
    rig.journal.release()
    assert len(rig.placed()) == before
    assert isinstance(rig.wire.sent[-1], CancelOrders)


@pytest.mark.parametrize("broken", ["crash", "latch", "log"])
async def test_a_defect_cancels_and_ends_although_the_disk_is_full(broken) -> None:
    rig = Rig()

    def refuse(*_: object) -> None:
        raise JournalError("disk full")

    rig.outlets[broken] = refuse
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    rig.session.engine.state.panel = None
    await rig.advance(loop, 0.2)
    assert isinstance(rig.wire.sent[-1], CancelOrders)
    finish = await asyncio.wait_for(ending, 10)
    assert finish.unverified


async def test_a_kill_is_carried_out_although_it_cannot_be_latched() -> None:
    rig = Rig()

    def refuse(*_: object) -> None:
        raise JournalError("disk full")

    rig.outlets["latch"] = refuse
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    rig.command(loop, Verb.KILL)
    await rig.advance(loop, 8)
    finish = await asyncio.wait_for(ending, 10)
    assert finish.is_killed
    assert not finish.unverified


async def test_a_step_whose_effects_fail_is_a_defect_and_not_a_line_in_a_log() -> None:
    rig = Rig()
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    send, failures = rig.wire.send, []

    def fail(intents: Sequence[Send]) -> None:
        if any(isinstance(intent, PlaceOrders) for intent in intents):
            failures.append(intents)
            raise ValueError("a defect in the venue")
        send(intents)

    rig.wire.send = fail
    for _ in range(200):
        await rig.advance(loop, 0.1)
        if failures:
            break
    assert failures
    assert rig.crashes
    finish = await asyncio.wait_for(ending, 10)
    assert finish.unverified


async def test_cancels_leave_at_once_when_the_journal_has_failed() -> None:
    rig = Rig()
    loop = rig.loop()
    await rig.advance(loop, 1)
    type(rig.journal).failure = property(lambda self: "disk full")
    try:
        loop.journal_failed("disk full")
        await rig.advance(loop, 6)
        assert rig.session.engine.state.control.killed is not None
        assert rig.session.engine.state.ledger.live == {}
        statements = rig.session.exchange.statements
        assert statements.open_orders(rig.session.account) == []
    finally:
        del type(rig.journal).failure


def refuse_to_send(intents: Sequence[Send]) -> None:
    raise ValueError("a defect in the venue")


async def test_a_failed_journal_ends_the_run_although_nothing_can_be_sent() -> None:
    rig = Rig()
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    await waiting_place(rig, loop)
    rig.wire.send = refuse_to_send
    loop.journal_failed("disk full")
    finish = await asyncio.wait_for(ending, 10)
    assert finish.unverified
    assert rig.latches


async def test_a_second_signal_leaves_although_nothing_can_be_sent(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mmtui.runtime.ending.stopping.SECOND_SIGNAL_GRACE_S", 0.0)
    rig = Rig()
    loop = rig.loop()
    ending = asyncio.create_task(loop.run())
    await asyncio.sleep(0)
    await waiting_place(rig, loop)
    rig.wire.send = refuse_to_send
    ladder = StopLadder(
        loop,
        MarketFiles(tmp_path, "sim-ETH-local"),
        on_hangup="detach",
        act=lambda verb, by: None,
        say=lambda level, message, **fields: None,
    )
    ladder.interrupted("SIGTERM")
    with pytest.raises(ValueError, match="defect"):
        ladder.interrupted("SIGTERM")
    finish = await asyncio.wait_for(ending, 10)
    assert finish.unverified
    assert finish.orders_left > 0


async def test_a_kill_file_kills_once_and_is_left_to_whoever_latches(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("mmtui.runtime.ending.stopping.KILL_FILE_EVERY_S", 0.0)
    files, verbs = MarketFiles(tmp_path, "sim-ETH-local"), []
    ladder = StopLadder(
        Rig().loop(),
        files,
        on_hangup="detach",
        act=lambda verb, by: verbs.append(verb),
        say=lambda level, message, **fields: None,
    )
    watch = asyncio.create_task(ladder.watch_kill_file())
    for expected in (1, 2):
        files.kill_file.touch()
        for _ in range(20):
            await asyncio.sleep(0)
        assert verbs == [Verb.KILL] * expected
        files.withdraw_kill()
        for _ in range(20):
            await asyncio.sleep(0)
    watch.cancel()
