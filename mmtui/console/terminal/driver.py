"""The terminal, guarded: nothing the terminal does can stop the event loop.

Textual's own driver writes through a queue that blocks the loop when the terminal stops reading,
joins threads on the loop, stops the process on SIGTSTP and dies of SIGHUP. This one has no thread:
it writes without blocking to its own descriptor of the terminal, drops frames that the terminal
does not take and repaints everything once it does, reads keys as they come, and reports a hang-up.
A process stopped and continued takes its terminal again, once it is in the foreground. The only module
that builds on how Textual's drivers work inside.
"""

import asyncio
import atexit
import os
import select
import signal
from codecs import getincrementaldecoder
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual import events
from textual._xterm_parser import XTermParser
from textual.driver import Driver
from textual.geometry import Size
from textual.messages import InBandWindowResize

from mmtui.console.terminal.answers import Answers
from mmtui.console.terminal.device import Terminal
from mmtui.console.terminal.line import Line

if TYPE_CHECKING:
    from textual.app import App

ESCAPE_WAIT_S = 0.1
HANGUP_POLL_S = 1.0
READ_MAX = 4096
RESIZE_CALM_S = 0.1
RESIZE_MAX_S = 1.0
LINE_KIB_S = 60.0
SETUP = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?7l\x1b[?2026$p"
RESTORE = "\x1b[?2026l\x1b[0m\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h"
END_OF_FRAME = "\x1b[?2026l"
STATUS_REPORT = b"\x1b[5n"
SLOW_S = 0.15


class GuardedDriver(Driver):
    """Textual's driver on one terminal, without threads and without blocking."""

    on_hangup: Callable[[], None] | None = None
    on_drained: Callable[[], None] | None = None
    encoding: str = "utf-8"

    def __init__(
        self, app: "App[Any]", *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._terminal = Terminal()
        self.line = Line(LINE_KIB_S, self._loop.time())
        self._answers = Answers()
        self._parser = XTermParser(debug)
        self._decode = getincrementaldecoder("utf-8")("replace").decode
        self._pending: list[str] = []
        self._is_flushing = False
        self._poll: asyncio.TimerHandle | None = None
        self._is_gone = False
        self._is_away = False
        self._resize: asyncio.TimerHandle | None = None
        self._resized_at: float | None = None

    @property
    def can_suspend(self) -> bool:
        """Never: suspending would stop the engine."""
        return False

    @property
    def is_behind(self) -> bool:
        """Whether the terminal has not taken everything yet, or is not ours at the moment."""
        return self._terminal.is_behind or self._is_away

    def limit(self, kib_s: float) -> None:
        """Hold the terminal to that many KiB a second."""
        self.line = Line(kib_s, self._loop.time())

    def may_draw(self) -> bool:
        """Whether the terminal and its line have room for another frame."""
        return not self.is_behind and self.line.may_draw(self._loop.time())

    def write(self, data: str) -> None:
        """Queue output for the end of this turn of the loop; dropped while the terminal is behind."""
        if self._is_gone or self.is_behind:
            self._terminal.is_dirty = True
            return
        self._pending.append(data)
        if not self._is_flushing:
            self._is_flushing = True
            self._loop.call_soon(self.flush)

    def mark(self, text: str) -> bool:
        """Show a key at the end of the last line ahead of the next frame where the line is slow; whether it did."""
        is_slow = self._terminal.is_behind or (self.line.delay_s or 0.0) > SLOW_S
        if self._is_gone or self._is_away or not is_slow:
            return False
        columns, rows = self._terminal.size()
        shown = text[-columns:]
        place = f"\x1b7\x1b[{rows};{columns - len(shown) + 1}H"
        self._send(f"{place}\x1b[7m{shown}\x1b[27m\x1b8".encode(self.encoding, "replace"))
        return True

    def flush(self) -> None:
        """Hand what is queued to the terminal; never waits."""
        self._is_flushing = False
        if not self._pending or self._is_gone:
            return
        data = "".join(self._pending).encode(self.encoding, "replace")
        self._pending.clear()
        self._send(data)

    def _send(self, data: bytes) -> None:
        now = self._loop.time()
        self.line.sent(len(data), now)
        if self.line.wants_probe():
            data += STATUS_REPORT
            self.line.probed(now)
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
        atexit.register(self._at_exit)
        self.write(SETUP)
        self._loop.add_reader(self._terminal.keys, self._readable)
        self._send_size()
        self._watch()

    def _send_size(self) -> None:
        size = Size(*self._terminal.size())
        self._size = (size.width, size.height)
        self._app.post_message(events.Resize(size, size))

    def resized(self) -> None:
        """The terminal has another size (SIGWINCH); drawn anew once it keeps it, or after a second."""
        if self._is_gone:
            return
        now = self._loop.time()
        if self._resized_at is None:
            self._resized_at = now
        if self._resize is not None:
            self._resize.cancel()
        wait_s = min(RESIZE_CALM_S, max(self._resized_at + RESIZE_MAX_S - now, 0.0))
        self._resize = self._loop.call_later(wait_s, self._settle)

    def _settle(self) -> None:
        self._resize = self._resized_at = None
        if not self._is_gone:
            self._send_size()

    def _readable(self) -> None:
        try:
            data = os.read(self._terminal.keys, READ_MAX)
        except BlockingIOError:
            return
        except OSError:
            if self._terminal.is_in_foreground:
                data = b""
            else:
                self._step_aside()
                return
        if not data:
            self._hang_up()
            return
        text, count = self._answers.take(self._decode(data))
        for _ in range(count):
            self.line.answered(self._loop.time())
        if count and self.line.wants_probe() and not self.is_behind:
            self._send(b"")
        self._feed(text)
        self._loop.call_later(ESCAPE_WAIT_S + 0.01, self._escape)

    def _feed(self, text: str) -> None:
        if text:
            for message in self._parser.feed(text):
                self.process_message(message)

    def _escape(self) -> None:
        """A lone escape has had its time to become a sequence."""
        if not self._is_gone:
            self._feed(self._answers.rest())
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
        if self._is_away:
            self.continued()
        self._poll = self._loop.call_later(HANGUP_POLL_S, self._watch)

    def _step_aside(self) -> None:
        """Another program has the terminal; reading or writing now would stop or garble one of the two."""
        if not self._is_away:
            self._is_away = True
            self._loop.remove_reader(self._terminal.keys)
            self._loop.remove_writer(self._terminal.out)

    def continued(self) -> None:
        """The process was stopped and goes on (SIGCONT): the shell has had the terminal meanwhile."""
        if self._is_gone:
            return
        if not self._terminal.is_in_foreground:
            self._step_aside()
            return
        self._is_away = False
        self._terminal.retake()
        self._send(SETUP.encode())
        self._loop.add_reader(self._terminal.keys, self._readable)
        self._send_size()
        if self.on_drained is not None:
            self.on_drained()

    def suspend(self) -> None:
        """Give the terminal back and stop this process, which must not hold an engine, until SIGCONT."""
        if self._is_gone or self._is_away:
            return
        self.flush()
        self._step_aside()
        self._terminal.give_back(RESTORE.encode())
        os.kill(os.getpid(), signal.SIGSTOP)

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
        atexit.unregister(self._at_exit)
        for timer in (self._poll, self._resize):
            if timer is not None:
                timer.cancel()
        self._poll = self._resize = None

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
        if not self._is_away:
            self._terminal.give_back(RESTORE.encode())

    def _at_exit(self) -> None:
        """The program ends without having left the terminal: only the terminal itself can still be used."""
        if not self._is_gone and not self._is_away:
            self._is_gone = True
            self._terminal.give_back(RESTORE.encode())

    def close(self) -> None:
        """Close our descriptor of the terminal."""
        self._terminal.close()
