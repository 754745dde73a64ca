"""The terminal, guarded: nothing the terminal does can stop the event loop.

Textual's own driver writes through a queue that blocks the loop when the terminal stops reading,
joins threads on the loop, stops the process on SIGTSTP and dies of SIGHUP. This one has no thread:
it writes without blocking to its own descriptor of the terminal, drops frames that the terminal
does not take and repaints everything once it does, reads keys as they come, and reports a hang-up.
The only module that builds on how Textual's drivers work inside.
"""

import asyncio
import os
import select
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.geometry import Size
from textual.messages import InBandWindowResize

from mmtui.console.terminal.device import Terminal

if TYPE_CHECKING:
    from textual.app import App

ESCAPE_WAIT_S = 0.1
HANGUP_POLL_S = 1.0
READ_MAX = 4096
SETUP = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?7l\x1b[?2026$p"
RESTORE = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"
END_OF_FRAME = "\x1b[?2026l"


class GuardedDriver(Driver):
    """Textual's driver on one terminal, without threads and without blocking."""

    on_hangup: Callable[[], None] | None = None
    on_drained: Callable[[], None] | None = None

    def __init__(
        self, app: "App[Any]", *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminal = Terminal()
        self._parser = XTermParser(debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._pending: list[str] = []
        self._is_flushing = False
        self._poll: asyncio.TimerHandle | None = None
        self._is_gone = False

    @property
    def can_suspend(self) -> bool:
        """Never: suspending would stop the engine."""
        return False

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not taken everything yet."""
        return self._terminal.is_behind

    def write(self, data: str) -> None:
        """Queue output for the end of this turn of the loop; dropped while the terminal is behind."""
        if self._is_gone or self._terminal.is_behind:
            self._terminal.is_dirty = True
            return
        self._pending.append(data)
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Hand what is queued to the terminal; never waits."""
        self._is_flushing = False
        if not self._pending or self._is_gone:
            return
        data = "".join(self._pending).encode("utf-8", "replace")
        self._pending.clear()
        self._send(data)

    def _send(self, data: bytes) -> None:
        try:
            if not self._terminal.write(data):
                self._loop.add_writer(self._terminal.out, self._writable)
        except OSError:
            self._hang_up()

    def _writable(self) -> None:
        try:
            if not self._terminal.write(b""):
                return
        except OSError:
            self._hang_up()
            return
        self._loop.remove_writer(self._terminal.out)
        if self._terminal.is_dirty:
            self._terminal.is_dirty = False
            self._send(END_OF_FRAME.encode())
            if self.on_drained is not None:
                self.on_drained()

    def start_application_mode(self) -> None:
        """Take the terminal over and begin to read keys."""
        self._terminal.take()
        self.write(SETUP)
        self._loop.add_reader(self._terminal.keys, self._readable)
        self._send_size()
        self._watch()

    def _send_size(self) -> None:
        size = Size(*self._terminal.size())
        self._size = (size.width, size.height)
        self._app.post_message(events.Resize(size, size))

    def resized(self) -> None:
        """The terminal has another size (SIGWINCH)."""
        if not self._is_gone:
            self._send_size()

    def _readable(self) -> None:
        try:
            data = os.read(self._terminal.keys, READ_MAX)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hang_up()
            return
        for message in self._parser.feed(self._decode(data)):
            self.process_message(message)
        self._loop.call_later(ESCAPE_WAIT_S + 0.01, self._escape)

    def _escape(self) -> None:
        """A lone escape has had its time to become a sequence."""
        if not self._is_gone:
            for message in self._parser.tick():
                self.process_message(message)

    def process_message(self, message: Any) -> None:
        """Pass a message on; terminals' own resize reports are not used."""
        if not isinstance(message, InBandWindowResize):
            super().process_message(message)

    def _watch(self) -> None:
        if self._is_gone:
            return
        poll = select.poll()
        poll.register(self._terminal.keys, select.POLLHUP | select.POLLERR)
        if any(event & (select.POLLHUP | select.POLLERR | select.POLLNVAL) for _, event in poll.poll(0)):
            self._hang_up()
            return
        self._poll = self._loop.call_later(HANGUP_POLL_S, self._watch)

    def _hang_up(self) -> None:
        if self._is_gone:
            return
        self._is_gone = True
        self._forget()
        if self.on_hangup is not None:
            self.on_hangup()

    def _forget(self) -> None:
        self._loop.remove_reader(self._terminal.keys)
        self._loop.remove_writer(self._terminal.out)
        if self._poll is not None:
            self._poll.cancel()
            self._poll = None

    def disable_input(self) -> None:
        """Stop reading keys."""
        if not self._is_gone:
            self._loop.remove_reader(self._terminal.keys)

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._is_gone:
            return
        self.flush()
        self._forget()
        self._is_gone = True
        self._terminal.give_back(RESTORE.encode())

    def close(self) -> None:
        """Close our descriptor of the terminal."""
        self._terminal.close()
