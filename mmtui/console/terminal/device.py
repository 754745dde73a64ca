"""One terminal: its modes, its size, and descriptors of our own that never block.

They are opened afresh, so that making them non-blocking does not change the terminal for the shell we came from: the
event loop does so with whatever it reads. Owns nothing above bytes.
"""

import contextlib
import os
import select
import sys
import termios
from collections.abc import Mapping
from typing import Any

LINES_ONLY = ("dumb", "unknown")
CLOSE_WAIT_MS = 20
CONTROL_BYTE_CANCEL = b"\x18"


def is_in_foreground(descriptor: int) -> bool:
    """Whether a program may use its terminal now, not being in the background of a shell."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


def can_draw(environment: Mapping[str, str], descriptor: int = 0) -> bool:
    """Whether the terminal can show screens: one is there, it can move its cursor, and it is ours to use."""
    return os.isatty(descriptor) and environment.get("TERM", "") not in LINES_ONLY and is_in_foreground(descriptor)


class Terminal:
    """Keys in, bytes out; ``is_behind`` while bytes wait that the terminal has not taken."""

    __slots__ = ("_attributes", "_rest", "_shells", "is_dirty", "keys", "out")

    def __init__(self) -> None:
        self._shells = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
        self.keys = self.out = self._shells
        self.is_dirty = False
        self._rest = b""
        self._attributes: list[Any] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether part of a frame still waits for the terminal."""
        return bool(self._rest)

    def take(self) -> None:
        """Open our own descriptors and switch the terminal to single keys without echo or signals."""
        name = os.ttyname(self._shells)
        self.out = os.open(name, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        self.keys = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        self.retake()

    def retake(self) -> None:
        """Single keys without echo or signals, again after the shell had the terminal."""
        self._rest, self.is_dirty = b"", False
        # Modes that are our own already are not what to leave behind.
        found = termios.tcgetattr(self.keys)
        if self._attributes is None or found[3] & termios.ICANON:
            self._attributes = found
        mode = termios.tcgetattr(self.keys)
        mode[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        mode[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
        mode[6][termios.VMIN] = 1
        mode[6][termios.VTIME] = 0
        termios.tcsetattr(self.keys, termios.TCSANOW, mode)

    @property
    def is_in_foreground(self) -> bool:
        """Whether the terminal is this job's at the moment; True where there is no job control."""
        return is_in_foreground(self.keys)

    def size(self) -> tuple[int, int]:
        """Columns and rows; 80x24 when the terminal does not say."""
        try:
            columns, rows = os.get_terminal_size(self.keys)
        except OSError:
            return 80, 24
        return (columns, rows) if columns > 0 and rows > 0 else (80, 24)

    def write(self, data: bytes) -> bool:
        """Give bytes to the terminal after those that wait; whether it took all. Raises OSError when it is gone."""
        data = self._rest + data
        while data:
            try:
                data = data[os.write(self.out, data) :]
            except BlockingIOError:
                break
        self._rest = data
        return not data

    def give_back(self, restore: bytes) -> None:
        """Leave the terminal as it was found; waits at most 20 ms for one that does not read."""
        with contextlib.suppress(OSError, termios.error):
            if self._rest:
                termios.tcflush(self.keys, termios.TCOFLUSH)
                self._rest, restore = b"", CONTROL_BYTE_CANCEL + restore
            if not self.write(restore):
                room = select.poll()
                room.register(self.out, select.POLLOUT)
                room.poll(CLOSE_WAIT_MS)
                self.write(b"")
        if self._attributes is not None:
            with contextlib.suppress(OSError, termios.error):
                termios.tcflush(self.keys, termios.TCIFLUSH)
                termios.tcsetattr(self.keys, termios.TCSANOW, self._attributes)
            self._attributes = None

    def close(self) -> None:
        """Close our own descriptors."""
        for descriptor in {self.out, self.keys} - {self._shells}:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.out = self.keys = self._shells
