"""A real console on a pseudo terminal: no terminal can stop the loop, and losing one ends only the console."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
GAP_LIMIT_S = 0.25
FULL_BUFFER_BYTES = 4_000


class Terminal:
    """The far end of a pseudo terminal with a console on it."""

    def __init__(self, report: Path) -> None:
        self.report = report
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.before = termios.tcgetattr(slave)
        env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.console_child", str(report)],
            stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env=env, start_new_session=True, close_fds=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip
        self.slave = slave

    def read(self, seconds: float, until: bytes = b"\x00never") -> bytes:
        seen = b""
        end = time.monotonic() + seconds
        while time.monotonic() < end and until not in seen:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                try:
                    seen += os.read(self.master, 65_536)
                except OSError:
                    break
        return seen

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def result(self, seconds: float = 15.0) -> dict[str, object]:
        self.process.wait(seconds)
        loaded: dict[str, object] = json.loads(self.report.read_text())
        return loaded

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for fd in (self.master, self.slave):
            try:
                os.close(fd)
            except OSError:
                continue


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path / "report.json")
    try:
        screen = terminal.read(20.0, until=b"POSITION")
        assert b"POSITION" in screen
        yield terminal
    finally:
        terminal.close()


def quit_and_stop(terminal: Terminal) -> dict[str, object]:
    terminal.type(b"q")
    terminal.read(1.0)
    terminal.type(b"s")
    terminal.read(1.0)
    return terminal.result()


def test_keys_typed_at_the_terminal_reach_the_engine_and_quitting_restores_the_terminal(terminal: Terminal) -> None:
    terminal.read(0.5)
    terminal.type(b"p")
    terminal.read(0.3)
    terminal.type(b":\x0b")
    terminal.read(0.3)
    terminal.type(b"\x1b")
    terminal.read(0.5)
    terminal.type(b"q")
    terminal.read(1.0)
    terminal.type(b"s")
    tail = terminal.read(1.5)
    report = terminal.result()
    assert report["reason"] == "stop"
    assert report["verbs"] == ["pause", "kill"]
    assert report["factory"] is True
    assert b"\x1b[?1049l" in tail
    assert termios.tcgetattr(terminal.slave)[3] == terminal.before[3]


def test_a_terminal_that_stops_reading_does_not_stall_the_loop(terminal: Terminal) -> None:
    terminal.read(1.5)
    time.sleep(3.5)
    terminal.type(b"7")
    time.sleep(0.5)
    seen = terminal.read(2.0)
    assert len(seen) > FULL_BUFFER_BYTES
    assert b"LATENCY" in seen.rpartition(b"\x1b[?2026l")[2]
    report = quit_and_stop(terminal)
    assert report["reason"] == "stop"
    assert isinstance(report["longest_gap_s"], float)
    assert report["longest_gap_s"] < GAP_LIMIT_S


def test_leaving_while_the_terminal_does_not_read_does_not_hang(terminal: Terminal) -> None:
    terminal.read(1.0)
    time.sleep(2.0)
    terminal.type(b"\x03")
    time.sleep(0.3)
    terminal.type(b"\x03")
    report = terminal.result(5.0)
    assert report["reason"] == "stop"


def test_a_closed_terminal_ends_the_console_and_the_loop_goes_on(terminal: Terminal) -> None:
    terminal.read(0.5)
    os.close(terminal.slave)
    os.close(terminal.master)
    report = terminal.result()
    assert report["reason"] == "hangup"
    assert isinstance(report["ticks_after"], int)
    assert report["ticks_after"] > 10


def test_sighup_ends_the_console_and_the_loop_goes_on_even_after_a_second_one(terminal: Terminal) -> None:
    terminal.read(0.5)
    terminal.process.send_signal(signal.SIGHUP)
    terminal.read(0.3)
    terminal.process.send_signal(signal.SIGHUP)
    report = terminal.result()
    assert report["reason"] == "hangup"
    assert isinstance(report["ticks_after"], int)
    assert report["ticks_after"] > 10


def test_a_stop_signal_from_the_terminal_stops_nothing(terminal: Terminal) -> None:
    terminal.read(1.5)
    terminal.process.send_signal(signal.SIGTSTP)
    terminal.type(b"\x1a")
    seen = terminal.read(1.0)
    assert seen
    report = quit_and_stop(terminal)
    assert report["longest_gap_s"] < GAP_LIMIT_S  # type: ignore[operator]


def test_a_storm_of_resizes_ends_in_the_right_size(terminal: Terminal) -> None:
    terminal.read(0.5)
    for columns, rows in ((80, 24), (200, 60), (30, 4), (60, 14), (100, 30)):
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        terminal.read(0.15)
    terminal.read(1.0)
    terminal.type(b"q")
    question = terminal.read(0.5)
    # Two lines above the last row of a terminal of thirty.
    assert b"\x1b[29;" in question
    assert b"QUIT" in question
    terminal.type(b"s")
    assert terminal.result()["reason"] == "stop"
