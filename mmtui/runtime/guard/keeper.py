"""The engine's end of the guard process: starts it, beats, hears what it did, starts it again.

Owns the child, its two pipes and the back-off of restarts. Beats only when it is told that the engine
processed a tick. Never waits: a guard that does not take its beats is replaced. Answers M8, F63, F70.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO

import msgspec

from mmtui.runtime.guard.messages import (
    Alive,
    Beat,
    Charge,
    FromGuard,
    Goodbye,
    Ready,
    ToGuard,
    Troubled,
    Unframer,
    Worked,
    frame,
    from_guard,
)

NAME = "guard process"
BEAT_S = 0.5
UNANSWERED_MAX = 30
READY_WAIT_S = 5.0
GOODBYE_WAIT_S = 3.0
BACK_OFF_S = 0.5
BACK_OFF_MAX_S = 30.0
LONG_LIFE_S = 60.0
COMMAND = (sys.executable, "-P", "-m", "mmtui", "guard")
_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "VIRTUAL_ENV", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """Who hears of the guard: whether it is armed and why not, what it did, its process id (0: none)."""

    changed: Callable[[bool, str], None]
    worked: Callable[[Worked], None]
    started: Callable[[int], None]


class GuardKeeper:
    """One guard process after the other, for one run."""

    def __init__(
        self, charge: Charge, ears: Ears, *, seconds: Callable[[], float], command: tuple[str, ...] = COMMAND
    ) -> None:
        self._charge = charge
        self._ears = ears
        self._seconds = seconds
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._unframer = Unframer()
        self._first_word = asyncio.Event()
        self._restart: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._next_beat_at = 0.0
        self._unanswered = 0
        self._back_off_s = BACK_OFF_S
        self._started_at = 0.0

    async def start(self) -> None:
        """Starts the guard and gives it a moment to become ready; what comes of it is heard by ``changed``."""
        await self._spawn()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_WAIT_S):
                await self._first_word.wait()

    def beat(self, venue_ms: int) -> None:
        """The engine has processed a tick."""
        now = self._seconds()
        if self._child is None or now < self._next_beat_at:
            return
        self._next_beat_at = now + BEAT_S
        if self._unanswered >= UNANSWERED_MAX:
            self._lost("the guard does not answer")
            return
        self._unanswered += 1
        self._write(Beat(venue_ms))

    async def stop(self, *, is_clean: bool) -> None:
        """Dismisses the guard after a verified end; else leaves it to its work, which outlives this process."""
        self._is_stopping = True
        if self._restart is not None:
            self._restart.cancel()
            await asyncio.gather(self._restart, return_exceptions=True)
        child, self._child = self._child, None
        if child is None:
            return
        if is_clean:
            self._say(child, Goodbye())
        _forget_reader(child)
        _close(child.stdin)
        if is_clean:
            with contextlib.suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(child.wait, GOODBYE_WAIT_S)
        _close(child.stdout)
        if child.returncode is None:
            threading.Thread(target=child.wait, name="guard", daemon=True).start()

    async def _spawn(self) -> None:
        environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        try:
            child = await asyncio.to_thread(_start, self._command, environment)
        except OSError as error:
            self._ears.changed(False, f"the guard cannot be started: {error.strerror}")
            self._again_later()
            return
        assert child.stdout is not None, "the guard's words come through a pipe"
        self._child, self._unframer, self._unanswered = child, Unframer(), 0
        self._started_at = self._seconds()
        asyncio.get_running_loop().add_reader(child.stdout.fileno(), self._readable)
        self._ears.started(child.pid)
        self._write(self._charge)

    def _write(self, message: ToGuard) -> None:
        if self._child is not None and not self._say(self._child, message):
            self._lost("the guard ended")

    def _say(self, child: subprocess.Popen[bytes], message: ToGuard) -> bool:
        """Whether the guard still listens; one that is slow misses a beat."""
        assert child.stdin is not None, "the guard listens to a pipe"
        try:
            os.write(child.stdin.fileno(), frame(message))
        except BlockingIOError:
            return True
        except OSError:
            return False
        return True

    def _readable(self) -> None:
        child = self._child
        if child is None or child.stdout is None:
            return
        try:
            data = os.read(child.stdout.fileno(), 65_536)
            messages = [from_guard.decode(body) for body in self._unframer.feed(data)]
        except BlockingIOError:
            return
        except (OSError, ValueError, msgspec.MsgspecError):
            self._lost("the guard cannot be understood")
            return
        if not data:
            self._lost("the guard ended")
            return
        for message in messages:
            self._hear(message)

    def _hear(self, message: FromGuard) -> None:
        match message:
            case Alive():
                self._unanswered = 0
            case Ready():
                self._first_word.set()
                self._ears.changed(True, "")
            case Troubled():
                self._first_word.set()
                self._ears.changed(False, f"the guard does not reach the exchange: {message.text}")
            case Worked():
                self._ears.worked(message)

    def _lost(self, text: str) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        _forget_reader(child)
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        _close(child.stdin)
        _close(child.stdout)
        self._ears.started(0)
        self._ears.changed(False, text)
        if self._seconds() - self._started_at >= LONG_LIFE_S:
            self._back_off_s = BACK_OFF_S
        self._again_later(child)

    def _again_later(self, gone: subprocess.Popen[bytes] | None = None) -> None:
        if not self._is_stopping:
            self._restart = asyncio.get_running_loop().create_task(self._start_again(gone))

    async def _start_again(self, gone: subprocess.Popen[bytes] | None) -> None:
        if gone is not None:
            await asyncio.to_thread(gone.wait)
        await asyncio.sleep(self._back_off_s)
        self._back_off_s = min(BACK_OFF_MAX_S, 2.0 * self._back_off_s)
        await self._spawn()


def _start(command: tuple[str, ...], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """The guard in a session of its own, so that no signal for the engine's group reaches it."""
    child = subprocess.Popen(  # noqa: S603 - our own program by our own interpreter
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        bufsize=0,
        start_new_session=True,
    )
    assert child.stdin is not None and child.stdout is not None, "both pipes were asked for"
    os.set_blocking(child.stdin.fileno(), False)
    os.set_blocking(child.stdout.fileno(), False)
    return child


def _forget_reader(child: subprocess.Popen[bytes]) -> None:
    if child.stdout is not None and not child.stdout.closed:
        asyncio.get_running_loop().remove_reader(child.stdout.fileno())


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        with contextlib.suppress(OSError):
            pipe.close()
