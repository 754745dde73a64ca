"""Engines in the background and consoles on them, as real processes: whatever becomes of a console, quotes go on."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import sqlite3
import struct
import subprocess
import termios
from collections.abc import Iterator
from typing import ClassVar

import pytest
from eth_account import Account

from mmtui.domain.standing import InstanceView
from mmtui.runtime.attaching.survey import surveyed
from mmtui.runtime.instances import running_instances
from tests.process.books import journal_path
from tests.process.programs import KEY, MMTUI, Programs

pytestmark = pytest.mark.process
ACCOUNT = Account.from_key(KEY).address.lower()
PATIENCE_S = 30.0
STEP_S = 0.05
STATUS_REPORT, READY = b"\x1b[5n", b"\x1b[0n"
LEFT, KILLED, HUNG_UP = 0, 3, 129


class Console:
    """``mmtui attach`` on a pseudo terminal of its own."""

    opened: ClassVar[list["Console"]] = []

    def __init__(self, programs: Programs, *words: str) -> None:
        self.programs = programs
        self.opened.append(self)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 160, 0, 0))
        self.process = programs.start(
            [*MMTUI, "attach", *words], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)
        self.screen = b""

    def end(self) -> None:
        """Ends it if a test has failed before it could."""
        if self.process.poll() is None:
            self.process.kill()
        if self.master >= 0:
            os.close(self.master)

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def look(self) -> None:
        """Takes what has come without waiting for more, and answers as a terminal does."""
        while self.master >= 0 and select.select([self.master], [], [], 0)[0]:
            try:
                data = os.read(self.master, 65_536)
                os.write(self.master, READY * data.count(STATUS_REPORT))
                self.screen += data
            except OSError:
                os.close(self.master)
                self.master = -1

    def shows(self, text: bytes) -> None:
        """Reads the terminal until ``text`` has come since the last call."""

        def has_come() -> bool:
            self.look()
            return text in self.screen

        self.programs.wait_for(has_come, f"the console to show {text!r}", PATIENCE_S, step_s=STEP_S)
        self.screen = self.screen.partition(text)[2]

    def ended(self) -> int:
        """Its exit code, once it has ended."""

        def is_over() -> bool:
            self.look()
            return self.process.poll() is not None

        self.programs.wait_for(is_over, "the console to end", PATIENCE_S, step_s=STEP_S)
        self.look()
        return int(self.process.returncode)


def detached(programs: Programs) -> subprocess.CompletedProcess[bytes]:
    return programs.run("run", *programs.maker_flags(), "--detach")


def instance(programs: Programs) -> InstanceView | None:
    """The engine as the list of instances shows it, asked here: a process a question would cost most of the time."""
    return next((surveyed(programs.state, one) for one in running_instances(programs.state)), None)


def seen(programs: Programs) -> InstanceView:
    """The engine that must be there."""
    found = instance(programs)
    assert found is not None, programs.log_tail()
    return found


def control_rows(programs: Programs) -> list[str]:
    """What the journal keeps of who was in control."""
    with contextlib.closing(sqlite3.connect(f"file:{journal_path(programs)}?mode=ro", uri=True)) as rows:
        return [str(text) for (text,) in rows.execute("SELECT text FROM risk_events WHERE code = 'CONTROL'")]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """One exchange for all tests here, and the engine that the last of them leaves behind."""
    programs = Programs(tmp_path_factory.mktemp("attach"))
    try:
        programs.exchange()
        yield programs
        programs.run("ctl", "stop")
        programs.wait_for(lambda: not instance(programs), "the engine to stop")
        assert programs.orders(ACCOUNT) == []
    finally:
        programs.close()


@pytest.fixture
def running(shared: Programs) -> Iterator[Programs]:
    """An engine in the background that quotes, whatever the test before did to it; its consoles end with the test."""
    found = instance(shared)
    if found is None:
        shared.run("resume", "--network", "localhost", "--asset", "BTC", "--reason", "the next test")
        started = detached(shared)
        assert started.returncode == 0, started.stderr
        assert shared.market.encode() in started.stdout
    elif found.mode == "PAUSED":
        assert shared.run("ctl", "resume").returncode == 0
    shared.wait_for(lambda: shared.quotes_both_sides(ACCOUNT), "quotes on both sides")
    yield shared
    while Console.opened:
        Console.opened.pop().end()


@pytest.mark.fault("F110")
def test_an_engine_goes_on_whether_its_console_leaves_loses_its_terminal_or_is_killed(running: Programs) -> None:
    left, lost, killed = Console(running), Console(running), Console(running)
    for console in (left, lost, killed):
        console.shows(b"POSITION")
    assert seen(running).consoles == 3
    left.type(b"q")
    assert left.ended() == LEFT
    assert b"mmtui attach " + running.market.encode() in left.screen
    lost.process.send_signal(signal.SIGHUP)
    assert lost.ended() == HUNG_UP
    killed.process.kill()
    running.wait_for(lambda: seen(running).consoles == 0, "the engine to notice")
    assert seen(running).holder == ""
    running.wait_for_cycles(5)
    running.wait_for(lambda: running.quotes_both_sides(ACCOUNT), "quotes on both sides still")


@pytest.mark.fault("F63")
def test_a_console_finds_a_killed_engine_again_and_a_second_one_hands_on_why_it_cannot_start(running: Programs) -> None:
    console = Console(running)
    console.shows(b"POSITION")
    before = {order["oid"] for order in running.orders(ACCOUNT)}
    os.kill(seen(running).pid, signal.SIGKILL)
    console.shows(b"NO CONNECTION")
    running.wait_for(lambda: not instance(running), "the lock to be free")
    assert detached(running).returncode == 0
    console.shows(b"was started anew")
    running.wait_for(lambda: running.quotes_both_sides(ACCOUNT), "quotes of the second run")
    assert before.isdisjoint({order["oid"] for order in running.orders(ACCOUNT)})
    second = detached(running)
    assert (second.returncode, b"already traded by" in second.stderr) == (2, True)
    console.type(b"p")
    running.wait_for(lambda: not running.orders(ACCOUNT), "the quotes to go")
    console.type(b"q")
    assert console.ended() == LEFT


def test_who_looks_on_can_take_quotes_off_and_puts_them_back_only_once_he_is_in_control(running: Programs) -> None:
    first = Console(running)
    first.shows(b"POSITION")
    second = Console(running)
    second.shows(b"LOOKING ON")
    second.type(b"p")
    running.wait_for(lambda: not running.orders(ACCOUNT), "the quotes to go")
    second.type(b"P")
    second.shows(b":take to take over")
    assert seen(running).mode == "PAUSED"
    second.type(b":take\r")
    first.shows(b"took control from")
    assert f"/{second.process.pid} on " in seen(running).holder
    running.wait_for(lambda: any("took control from" in told for told in control_rows(running)), "the journal")
    assert running.run("ctl", "resume").returncode == 0
    running.wait_for(lambda: running.quotes_both_sides(ACCOUNT), "quotes again")
    first.type(b"\x0b")
    second.shows(b"KILLED")
    running.wait_for(lambda: not running.orders(ACCOUNT), "no order to rest")
    assert running.run("ctl", "stop").returncode == 0
    assert first.ended() == KILLED
    assert second.ended() == KILLED
    assert b"has ended" in second.screen


def test_attach_says_in_one_line_what_it_cannot_show(programs: Programs) -> None:
    nothing = programs.run("attach")
    assert (nothing.returncode, nothing.stderr.count(b"\n")) == (2, 1)
    assert b"no instance is running" in nothing.stderr
    wrong = programs.run("demo", "--set", "trading.risk_aversion=-3", "--detach")
    assert (wrong.returncode, b"risk_aversion" in wrong.stderr) == (2, True)
