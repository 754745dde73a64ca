"""A real console on a pseudo terminal: no terminal can stop the loop, and losing one ends only the console.

Nothing here measures time: whatever must go on is counted in ticks of the loop that the console lives in.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from tests.process.console_child import Told

pytestmark = pytest.mark.process
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0
PATIENCE_TICKS = 3_000
FULL_BUFFER_BYTES = 4_000
SCREEN_TICKS = 300
ALIVE_TICKS = 100
ARMING_TICKS = 60  # a question takes keys 0.3 s after it was drawn; a tick is at least 10 ms


class Terminal:
    """The far end of a pseudo terminal with a console on it, and the pipe that tells how its loop does."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(120, 40)
        self.before = termios.tcgetattr(self.slave)
        self.telling, child_telling = os.pipe()
        child_enough, self.enough = os.pipe()
        env = {**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **environment}
        env.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.console_child", str(child_telling), str(child_enough), *words],
            stdin=self.slave, stdout=self.slave, stderr=self.slave, cwd=ROOT, env=env, start_new_session=True,
            pass_fds=(child_telling, child_enough),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
        )  # fmt: skip
        os.close(child_telling)
        os.close(child_enough)
        self.told = Told()
        self.screen = b""
        self.everything = b""
        self._partial = b""

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def shows(self, text: bytes) -> None:
        """Reads the terminal until ``text`` has come since the last call."""
        self.wait(lambda: text in self.screen, f"the screen to show {text!r}")
        self.screen = self.screen.partition(text)[2]

    def ticks(self, count: int, *, is_reading: bool = True) -> None:
        """Lets the loop tick; it hangs in a write to a terminal that nobody reads, or it does not."""
        until = self.told.ticks + count
        self.wait(lambda: self.told.ticks >= until, f"{count} ticks of the loop", is_reading=is_reading)

    def wait(self, claim: Callable[[], bool], what: str, *, is_reading: bool = True) -> None:
        """Takes what comes from the child until the claim holds; silence or ticks in vain fail."""
        last = self.told.ticks + PATIENCE_TICKS
        while not claim():
            assert self.told.ticks < last, f"{PATIENCE_TICKS} ticks passed while waiting for {what}"
            watched = [self.telling, self.master] if is_reading and self.master >= 0 else [self.telling]
            ready, _, _ = select.select(watched, [], [], PATIENCE_S)
            assert ready, f"nothing came for {PATIENCE_S:.0f} s while waiting for {what}"
            if self.telling in ready:
                self._hear()
            if self.master in ready:
                self._look()

    def _hear(self) -> None:
        lines = (self._partial + os.read(self.telling, 65_536)).split(b"\n")
        self._partial = lines.pop()
        assert lines or self._partial, "the child ended"
        if lines:
            self.told = msgspec.json.decode(lines[-1], type=Told)

    def _look(self) -> None:
        try:
            came = os.read(self.master, 65_536)
        except OSError:  # the console has left the terminal
            os.close(self.master)
            self.master = -1
        else:
            self.screen += came
            self.everything += came

    def lose(self) -> None:
        """Closes the terminal under the console."""
        os.close(self.slave)
        os.close(self.master)
        self.slave = self.master = -1

    def ended(self) -> str:
        """Waits for the end of the console; returns how it ended."""
        self.wait(lambda: bool(self.told.reason), "the console to end")
        return self.told.reason

    def close(self) -> None:
        for fd in (self.master, self.slave, self.telling, self.enough):
            if fd >= 0:
                os.close(fd)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.process.wait()


@contextmanager
def a_terminal(*words: str, **environment: str) -> Iterator[Terminal]:
    terminal = Terminal(*words, **environment)
    try:
        terminal.shows(b"POSITION")
        yield terminal
    finally:
        terminal.close()


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    with a_terminal() as terminal:
        yield terminal


def quit_and_stop(terminal: Terminal) -> str:
    terminal.type(b"q")
    terminal.shows(b"QUIT")
    terminal.ticks(ARMING_TICKS)
    terminal.type(b"s")
    return terminal.ended()


def test_keys_typed_at_the_terminal_reach_the_engine_and_quitting_restores_the_terminal(terminal: Terminal) -> None:
    terminal.type(b"p")
    terminal.wait(lambda: terminal.told.verbs == ("pause",), "the pause to be sent")
    terminal.type(b":\x0b")
    terminal.wait(lambda: terminal.told.verbs == ("pause", "kill"), "the kill to be sent from the command line")
    terminal.type(b"\x1b")
    terminal.ticks(ALIVE_TICKS)
    assert quit_and_stop(terminal) == "stop"
    terminal.shows(b"\x1b[?1049l")
    assert terminal.told.verbs == ("pause", "kill")
    assert terminal.told.has_no_task_factory
    assert termios.tcgetattr(terminal.slave)[3] == terminal.before[3]


@pytest.mark.fault("F111")
def test_a_terminal_that_stops_reading_does_not_stall_the_loop(terminal: Terminal) -> None:
    terminal.ticks(ALIVE_TICKS)
    terminal.ticks(SCREEN_TICKS, is_reading=False)
    terminal.type(b"7")
    terminal.ticks(ALIVE_TICKS, is_reading=False)
    terminal.screen = b""
    terminal.ticks(ALIVE_TICKS)
    assert len(terminal.screen) > FULL_BUFFER_BYTES
    terminal.shows(b"LATENCY")
    assert quit_and_stop(terminal) == "stop"


def test_leaving_while_the_terminal_does_not_read_does_not_hang(terminal: Terminal) -> None:
    terminal.ticks(SCREEN_TICKS, is_reading=False)
    terminal.type(b"\x03")
    terminal.ticks(20, is_reading=False)
    terminal.type(b"\x03")
    terminal.wait(lambda: bool(terminal.told.reason), "the console to end", is_reading=False)
    assert terminal.told.reason == "stop"


def test_a_closed_terminal_ends_the_console_and_the_loop_goes_on(terminal: Terminal) -> None:
    terminal.lose()
    assert terminal.ended() == "hangup"
    terminal.ticks(ALIVE_TICKS)


def test_sighup_ends_the_console_and_the_loop_goes_on_even_after_a_second_one(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.ended() == "hangup"
    terminal.process.send_signal(signal.SIGHUP)
    terminal.ticks(ALIVE_TICKS)


@pytest.mark.fault("F112")
def test_a_stop_signal_from_the_terminal_stops_nothing(terminal: Terminal) -> None:
    terminal.ticks(ALIVE_TICKS)
    terminal.process.send_signal(signal.SIGTSTP)
    terminal.type(b"\x1a")
    terminal.screen = b""
    terminal.ticks(ALIVE_TICKS)
    assert terminal.screen
    assert quit_and_stop(terminal) == "stop"


@pytest.mark.fault("F113")
def test_a_storm_of_resizes_ends_in_the_right_size(terminal: Terminal) -> None:
    for columns, rows in ((80, 24), (200, 60), (30, 4), (60, 14), (100, 30)):
        terminal.resize(columns, rows)
        terminal.ticks(15)
    terminal.ticks(ALIVE_TICKS)
    terminal.screen = b""
    terminal.type(b"q")
    # Two lines above the last row of a terminal of thirty.
    terminal.wait(lambda: b"\x1b[29;" in terminal.screen and b"QUIT" in terminal.screen, "the question at its row")
    terminal.ticks(ARMING_TICKS)
    terminal.type(b"s")
    assert terminal.ended() == "stop"


@pytest.mark.fault("F113")
def test_two_hundred_resizes_at_once_are_drawn_once(terminal: Terminal) -> None:
    terminal.ticks(ALIVE_TICKS)
    terminal.screen = b""
    for step in range(200):
        terminal.resize(1 + step % 300, 1 + step % 100)
        terminal.process.send_signal(signal.SIGWINCH)
    terminal.resize(110, 36)
    terminal.process.send_signal(signal.SIGWINCH)
    terminal.ticks(ALIVE_TICKS)
    assert 1 <= terminal.screen.count(b"POSITION") <= 3
    assert b"\x1b[36;" in terminal.screen
    assert quit_and_stop(terminal) == "stop"


@pytest.mark.fault("F112")
def test_after_a_stop_that_no_program_can_refuse_the_terminal_is_taken_again(terminal: Terminal) -> None:
    terminal.ticks(ALIVE_TICKS)
    terminal.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
    termios.tcsetattr(terminal.slave, termios.TCSANOW, terminal.before)  # as a shell does
    terminal.process.send_signal(signal.SIGCONT)
    terminal.shows(b"\x1b[?1049h")
    terminal.type(b"p")
    terminal.wait(lambda: terminal.told.verbs == ("pause",), "the pause to be sent")
    assert quit_and_stop(terminal) == "stop"
    assert termios.tcgetattr(terminal.slave)[3] == terminal.before[3]


@pytest.mark.fault("F112")
def test_a_console_that_is_only_attached_can_be_suspended_and_comes_back() -> None:
    with a_terminal("attached") as terminal:
        terminal.process.send_signal(signal.SIGTSTP)
        os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert termios.tcgetattr(terminal.slave)[3] == terminal.before[3]
        terminal.process.send_signal(signal.SIGCONT)
        terminal.shows(b"\x1b[?1049l")
        terminal.shows(b"\x1b[?1049h")
        terminal.shows(b"POSITION")
        terminal.type(b"q")
        assert terminal.ended() == "detach"


@pytest.mark.fault("F114")
def test_a_program_that_is_interrupted_from_outside_leaves_the_terminal_as_it_was(terminal: Terminal) -> None:
    terminal.process.send_signal(signal.SIGINT)
    terminal.shows(b"\x1b[?2004l")
    terminal.shows(b"\x1b[?1049l")
    terminal.shows(b"\x1b[?25h")
    terminal.ticks(1)
    assert termios.tcgetattr(terminal.slave)[3] == terminal.before[3]


def test_what_the_terminal_answers_is_never_taken_for_keys(terminal: Terminal) -> None:
    terminal.type(b"f")
    terminal.shows(b"FLATTEN")
    for _ in range(20):
        terminal.type(b"\x1b[0n")
        terminal.ticks(5)
    terminal.type(b"7")
    terminal.ticks(ALIVE_TICKS)
    assert terminal.told.verbs == ()
    terminal.type(b"\x1b")
    assert quit_and_stop(terminal) == "stop"


@pytest.mark.parametrize("environment", [{"LC_ALL": "C"}, {"LC_ALL": "ja_JP.UTF-8"}, {"TERM": "linux"}], ids=str)
def test_a_terminal_that_may_not_take_more_is_sent_ascii_alone(environment: dict[str, str]) -> None:
    with a_terminal(**environment) as terminal:
        screen = terminal.screen
        terminal.screen = b""
        terminal.ticks(ALIVE_TICKS)
        assert (screen + terminal.screen).isascii()
        assert quit_and_stop(terminal) == "stop"


def test_no_mouse_is_asked_for_and_pastes_are_bracketed(terminal: Terminal) -> None:
    terminal.ticks(ALIVE_TICKS)
    assert b"\x1b[?2004h" in terminal.everything
    assert not any(f"\x1b[?{mode}h".encode() in terminal.everything for mode in (1000, 1002, 1003, 1005, 1006, 1015))
    terminal.type(b"\x1b[200~Kp\x0bKK\x1b[201~")
    terminal.ticks(ALIVE_TICKS)
    assert terminal.told.verbs == ()
    assert quit_and_stop(terminal) == "stop"
