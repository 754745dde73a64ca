"""The signals of a terminal while a console is open, and their return afterwards."""

import asyncio
import signal
from collections.abc import Callable
from typing import Any


class TerminalSignals:
    """What a terminal and its shell signal while a console is open, in the main thread only.

    A stop signal must not stop an engine: it is ignored where one runs in this process, and obeyed by a
    console that is only attached (``on_suspend``). Using the terminal from the background stops nothing. A
    hang-up must end the console and nothing else, so after one SIGHUP stays ignored.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        on_hangup: Callable[[], None],
        on_resize: Callable[[], None],
        on_continue: Callable[[], None],
        on_suspend: Callable[[], None] | None = None,
    ) -> None:
        self._loop = loop
        self._on_hangup = on_hangup
        self._handled = {signal.SIGHUP: self._hung_up, signal.SIGWINCH: on_resize, signal.SIGCONT: on_continue}
        self._ignored = [signal.SIGTTIN, signal.SIGTTOU]
        if on_suspend is None:
            self._ignored.append(signal.SIGTSTP)
        else:
            self._handled[signal.SIGTSTP] = on_suspend
        self._before: dict[signal.Signals, Any] = {}
        self.has_hung_up = False

    def install(self) -> None:
        """Take the signals over."""
        for number, handler in self._handled.items():
            self._before[number] = signal.getsignal(number)
            self._loop.add_signal_handler(number, handler)
        for number in self._ignored:
            self._before[number] = signal.signal(number, signal.SIG_IGN)

    def _hung_up(self) -> None:
        self.has_hung_up = True
        self._on_hangup()

    def restore(self) -> None:
        """Give the signals back."""
        for number in self._handled:
            self._loop.remove_signal_handler(number)
        for number, handler in self._before.items():
            keep_ignored = number is signal.SIGHUP and self.has_hung_up
            signal.signal(number, signal.SIG_IGN if keep_ignored or handler is None else handler)
