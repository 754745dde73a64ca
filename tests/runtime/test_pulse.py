"""What guard and service manager are told, and that only a processed tick tells it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import LoopStalled, Tick
from mmtui.domain.intents import Finish
from mmtui.domain.parameters import Settings
from mmtui.journal.memory import MemoryJournal
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.guard.pulse import Pulse
from mmtui.runtime.guard.systemd import Notifier
from mmtui.runtime.shell import Outlets, Shell


class Manager:
    """The service manager's end of the socket."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)

    def heard(self) -> list[str]:
        words = []
        while True:
            try:
                words.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return words


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    address = str(tmp_path / "notify") if request.param == "path" else f"@mmtui-test-{os.getpid()}"
    made = Manager(address)
    yield made
    made.socket.close()


def environment(manager: Manager, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.address, "PATH": "/bin", **more}


def test_words_reach_the_manager_and_the_variables_are_forgotten(manager: Manager) -> None:
    variables = environment(manager, WATCHDOG_USEC="9000000", WATCHDOG_PID=str(os.getpid()))
    notifier = Notifier.from_environment(variables)
    assert variables == {"PATH": "/bin"}
    assert notifier.pet_every_s == pytest.approx(3.0)
    notifier.ready()
    notifier.status("QUOTING\n5 orders")
    notifier.pet()
    notifier.stopping()
    notifier.close()
    notifier.ready()
    assert manager.heard() == ["READY=1", "STATUS=QUOTING 5 orders", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    "more",
    [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "x"}, {"WATCHDOG_USEC": "5000000", "WATCHDOG_PID": "1"}],
)
def test_a_watchdog_that_is_not_ours_is_not_petted(manager: Manager, more: dict[str, str]) -> None:
    notifier = Notifier.from_environment(environment(manager, **more))
    assert notifier.is_heard
    assert notifier.pet_every_s is None
    notifier.close()


@pytest.mark.parametrize("variables", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:3"}])
def test_without_a_manager_nothing_happens(variables: dict[str, str]) -> None:
    notifier = Notifier.from_environment(variables)
    assert not notifier.is_heard
    notifier.ready()
    notifier.close()


def test_a_manager_that_is_gone_or_does_not_read_never_blocks(manager: Manager) -> None:
    notifier = Notifier.from_environment(environment(manager, WATCHDOG_USEC="3000000"))
    for _ in range(2_000):
        notifier.pet()
    assert 0 < len(manager.heard()) < 2_000
    manager.socket.close()
    notifier.pet()
    notifier.close()


class Turns:
    """A host of the shell that runs nothing by itself."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def soon(self, call) -> None:  # type: ignore[no-untyped-def]
        self.calls.append(call)

    def later(self, delay_s: float, call) -> None:  # type: ignore[no-untyped-def]
        """Nothing is delayed here."""

    def ended(self, finish: Finish) -> None:
        """The end is not looked at here."""

    def failed(self, error: Exception) -> None:
        raise error

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()  # type: ignore[operator]


class Stepper:
    """An engine that steps, or hangs its tick by failing."""

    def __init__(self) -> None:
        self.fails = False

    def step(self, _event: object) -> list[object]:
        if self.fails:
            raise ZeroDivisionError
        return []


@pytest.mark.fault("F70")
def test_only_a_tick_that_was_processed_to_its_end_counts_as_life() -> None:
    told: list[str] = []
    outlets = Outlets(
        log=lambda *_: None,
        latch=lambda *_: None,
        clear_latch=lambda *_: None,
        save_day=lambda *_: None,
        answer=lambda *_: None,
        crash=lambda *_: None,
        ticked=lambda: told.append("tick"),
    )
    host, engine = Turns(), Stepper()
    shell = Shell(engine, None, MemoryJournal(), outlets, clock=lambda: 0.0, host=host)  # type: ignore[arg-type]
    shell._defect = lambda _: None  # type: ignore[method-assign]
    shell.sink(LoopStalled(received_at=0.0, stalled_s=1.0))
    host.turn()
    assert told == []
    shell.sink(Tick(received_at=0.1))
    assert told == []
    host.turn()
    assert told == ["tick"]
    engine.fails = True
    shell.sink(Tick(received_at=0.2))
    host.turn()
    assert told == ["tick"]
    assert list(shell.recent)[-1] == Tick(received_at=0.2)


@pytest.mark.fault("F69")
async def test_the_manager_hears_ready_once_the_account_is_known_and_stopping_once(manager: Manager) -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
    pulse = Pulse(
        Notifier.from_environment(environment(manager)), seconds=lambda: now[0], clock=lambda: session.engine.view().at
    )
    now = [0.0]
    pulse()
    assert manager.heard() == []
    pulse.attach(session.engine)
    pulse()
    assert not any(word.startswith("READY") for word in manager.heard())
    for _ in range(60):
        session.run(1)
        now[0] += 1.0
        pulse()
    told = manager.heard()
    assert told.count("READY=1") == 1
    assert any(word.startswith("STATUS=QUOTING, ") for word in told)
    assert len(told) <= 16
    session.act(Verb.STOP)
    for _ in range(10):
        session.run(1)
        now[0] += 1.0
        pulse()
    await pulse.end(is_clean=True)
    assert manager.heard().count("STOPPING=1") == 1


async def test_a_watchdog_is_petted_three_times_a_period_while_ticks_are_processed(manager: Manager) -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH"})
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
    variables = environment(manager, WATCHDOG_USEC="3000000")
    now = [0.0]
    pulse = Pulse(Notifier.from_environment(variables), seconds=lambda: now[0], clock=lambda: session.engine.view().at)
    pulse.attach(session.engine)
    for tick in range(100):
        now[0] = tick * 0.1
        pulse()
    await pulse.end(is_clean=True)
    assert manager.heard().count("WATCHDOG=1") == pytest.approx(10, abs=1)
