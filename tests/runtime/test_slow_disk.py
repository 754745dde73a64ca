"""A disk that does not keep up: nothing is placed meanwhile, cancels leave, and a long wait ends trading."""

from collections.abc import Callable, Sequence

import pytest

from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import CommandReceived, DiskSlow, Tick
from mmtui.domain.intents import CancelOrders, Finish, Latch, PlaceOrders, Query, Send
from mmtui.domain.parameters import Settings
from mmtui.journal.memory import MemoryDisk, MemoryJournal
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.shell import Outlets, Shell

TICK_MS = 100


class Desk:
    """A quoting engine in its shell, on an exchange, with a disk of its own."""

    def __init__(self) -> None:
        settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
        self.session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
        self.session.run(60)
        self.venue = self.session.venue
        self.now_ms = self.session.now_ms
        self.disk = MemoryDisk()
        self.sent: list[tuple[float, Send]] = []
        self.latches: list[Latch] = []
        self.queue: list[Callable[[], None]] = []
        self.failures: list[str] = []
        self.journal = MemoryJournal(self.disk, clock=self.clock, on_error=self.failed)
        outlets = Outlets(
            log=lambda line, at: None,
            latch=self.latches.append,
            clear_latch=lambda intent: None,
            save_day=lambda intent: None,
            answer=lambda result: None,
            crash=self.failures.append,
        )
        self.shell = Shell(self.session.engine, self, self.journal, outlets, clock=self.clock, host=self)

    def clock(self) -> float:
        return self.now_ms / 1000.0

    def failed(self, text: str) -> None:
        self.failures.append(text)
        self.shell.journal_failed(text)

    def send(self, intents: Sequence[Send]) -> None:
        self.sent += [(self.clock(), intent) for intent in intents]
        self.venue.send(self.now_ms, intents)

    def ask(self, intents: Sequence[Query]) -> None:
        self.venue.ask(intents)

    def soon(self, call: Callable[[], None]) -> None:
        self.queue.append(call)

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        raise AssertionError("nothing here ends in a defect")

    def ended(self, finish: Finish) -> None:
        pass

    @property
    def slow(self) -> list[float]:
        """What the engine was last told of the disk."""
        return [event.waited_s for event in self.shell.recent if isinstance(event, DiskSlow)]

    def run(self, seconds: float) -> None:
        end_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < end_ms:
            self.now_ms += TICK_MS
            self.journal.pump()
            for event in self.venue.advance(self.now_ms):
                self.shell.sink(event)
            self.shell.sink(Tick(received_at=self.clock()))
            while self.queue:
                self.queue.pop(0)()

    def placed_since(self, at: float) -> list[float]:
        return [when for when, intent in self.sent if isinstance(intent, PlaceOrders) and when > at]

    def cancelled_since(self, at: float) -> list[float]:
        return [when for when, intent in self.sent if isinstance(intent, CancelOrders) and when > at]


def quoting() -> Desk:
    desk = Desk()
    desk.run(20)
    assert desk.placed_since(desk.clock() - 15.0), "the desk must be quoting"
    return desk


@pytest.mark.fault("F62")
def test_a_disk_that_takes_two_seconds_holds_places_back_and_trading_goes_on_after_it() -> None:
    desk = quoting()
    desk.disk.sync_s = 2.2
    began = desk.clock()
    told: list[float] = []
    for _ in range(60):
        desk.run(0.1)
        told += desk.slow
    desk.disk.sync_s = 0.0
    assert max(told) > 1.0
    assert not any(when - began > 3.0 for when in desk.placed_since(began))
    for _ in range(30):
        desk.run(0.1)
        told += desk.slow
    assert told[-1] == 0.0
    desk.run(7.0)
    assert desk.latches == []
    assert desk.placed_since(desk.clock() - 8.0)


@pytest.mark.fault("F62")
def test_a_disk_that_hangs_ends_trading_and_every_order_is_cancelled_all_the_same() -> None:
    desk = quoting()
    desk.disk.sync_s = 1e9
    began = desk.clock()
    desk.run(12.0)
    assert [latch.reason for latch in desk.latches] == ["disk"]
    assert desk.latches[0].at - began < 6.5
    assert desk.placed_since(began + 1.2) == []
    assert desk.cancelled_since(began)
    assert list(desk.session.exchange.statements.open_orders(desk.session.account, "")) == []


def test_a_cancel_waits_for_a_quick_disk_and_not_for_a_slow_one() -> None:
    desk = quoting()
    desk.disk.sync_s = 1e9
    desk.run(0.2)
    asked = desk.clock()
    desk.shell.sink(CommandReceived(received_at=asked, command=Act(id="p", by="op", verb=Verb.PAUSE)))
    desk.run(0.5)
    assert desk.cancelled_since(asked) == []
    desk.run(1.5)
    assert desk.cancelled_since(asked)


@pytest.mark.fault("F58")
def test_a_full_disk_places_nothing_more_cancels_everything_and_latches() -> None:
    desk = quoting()
    desk.disk.room = 0
    began = desk.clock()
    desk.run(10.0)
    assert desk.failures == ["disk full"]
    assert [latch.reason for latch in desk.latches] == ["journal"]
    assert desk.placed_since(began + 0.1) == []
    assert list(desk.session.exchange.statements.open_orders(desk.session.account, "")) == []
