"""The signals of a terminal while a console is open, and their return afterwards."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any


class TerminalSignals:
    """SIGHUP, SIGWINCH and SIGTSTP while a console is open, in the main thread only.

    A stop signal from the terminal must not stop the engine; a hang-up must end the console and
    nothing else, so after one SIGHUP stays ignored.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, on_hangup: Callable[[], None], on_resize: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._handlers = {signal.SIGHUP: on_hangup, signal.SIGWINCH: on_resize}
        self._before: dict[signal.Signals, Any] = {}
        self.has_hung_up = False

    def install(self) -> None:
        """Take the signals over."""
        for number, handler in self._handlers.items():
            self._before[number] = signal.getsignal(number)
            self._loop.add_signal_handler(number, self._hung_up if number is signal.SIGHUP else handler)
        self._before[signal.SIGTSTP] = signal.signal(signal.SIGTSTP, signal.SIG_IGN)

    def _hung_up(self) -> None:
        self.has_hung_up = True
        self._handlers[signal.SIGHUP]()

    def restore(self) -> None:
        """Give the signals back."""
        for number in self._handlers:
            self._loop.remove_signal_handler(number)
        for number, handler in self._before.items():
            keep_ignored = number is signal.SIGHUP and self.has_hung_up
            signal.signal(number, signal.SIG_IGN if keep_ignored or handler is None else handler)
