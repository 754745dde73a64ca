"""How a run is ended or calmed from outside: signals, the kill file, the clock, a lost terminal.

Owns the ladder (the first signal stops with verification, the second cancels everything at once and
leaves) and the signal handlers while they are ours. The engine decides what each verb does.
"""

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Protocol

from mmtui.domain.commands import Verb
from mmtui.domain.intents import Finish, LogLevel
from mmtui.runtime.loop import EngineLoop
from mmtui.runtime.state import MarketFiles

KILL_FILE_EVERY_S = 0.5
SECOND_SIGNAL_GRACE_S = 1.0
_STOPPING = (signal.SIGINT, signal.SIGTERM)


class Say(Protocol):
    """Writes a line of the runtime."""

    def __call__(self, level: LogLevel, message: str, **fields: str | int | float | bool) -> None:
        """Takes the line's level, words and fields."""
        ...


class StopLadder:
    """One run's ways to its end. ``act`` gives the engine a verb in somebody's name."""

    def __init__(
        self, loop: EngineLoop, files: MarketFiles, *, on_hangup: str, act: Callable[[Verb, str], None], say: Say
    ) -> None:
        self._loop = loop
        self._files = files
        self._on_hangup = on_hangup
        self._act = act
        self._say = say
        self._is_stopping = False
        self._is_signalled = False
        self._is_asked = False

    def interrupted(self, name: str) -> None:
        """First signal: graceful stop. Second: cancel everything at once and leave."""
        if not self._is_signalled:
            self._is_signalled = self._is_stopping = True
            self._say(LogLevel.WARN, "Stopping; another signal cancels everything and leaves at once", signal=name)
            self._act(Verb.STOP, name)
            return
        self._say(LogLevel.WARN, "Second signal: cancelling everything and leaving", signal=name)
        left = len(self._loop.engine.state.ledger.live)
        finish = Finish(exit_reason=f"interrupted twice by {name}", is_killed=False, orders_left=left, unverified=True)
        asyncio.get_running_loop().call_later(SECOND_SIGNAL_GRACE_S, self._loop.end, finish)
        self._loop.cancel_everything()

    def stop_after(self, seconds: float) -> None:
        """Stops gracefully when the time is up."""
        asyncio.get_running_loop().call_later(seconds, self._stop_once, "duration")

    def hung_up(self) -> None:
        """The terminal is gone: the console ends, the engine does what ``on_hangup`` says."""
        self._say(LogLevel.WARN, "Terminal lost", policy=self._on_hangup)
        if self._on_hangup == "pause":
            self._act(Verb.PAUSE, "hangup")
        elif self._on_hangup == "stop":
            self._stop_once("hangup")

    async def watch_kill_file(self) -> None:
        """Kills once when somebody makes the kill file, which stays until the kill is latched."""
        while True:
            reason = self._files.kill_asked()
            if reason is None:
                self._is_asked = False
            elif not self._is_asked:
                self._is_asked = True
                self._say(LogLevel.WARN, "Kill file found", reason=reason)
                self._act(Verb.KILL, "kill file")
            await asyncio.sleep(KILL_FILE_EVERY_S)

    def take_signals(self) -> None:
        """Makes the signals ours; a console that ends gives them back this way."""
        loop = asyncio.get_running_loop()
        for number in _STOPPING:
            loop.add_signal_handler(number, self.interrupted, number.name)
        loop.add_signal_handler(signal.SIGHUP, self.hung_up)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """The signals are ours while the block lasts."""
        self.take_signals()
        try:
            yield
        finally:
            for number in (*_STOPPING, signal.SIGHUP):
                asyncio.get_running_loop().remove_signal_handler(number)

    def _stop_once(self, by: str) -> None:
        if not self._is_stopping:
            self._is_stopping = True
            self._act(Verb.STOP, by)
