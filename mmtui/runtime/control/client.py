"""The other end of the control socket, for commands that ask once and scripts that watch.

Owns one blocking connection with a deadline on every answer. Never guesses: no answer in time is an error
that names the way to kill without the socket.
"""

import os
import secrets
import socket
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final

from mmtui import __version__
from mmtui.domain.commands import Command, CommandResult, CommandStatus
from mmtui.domain.consultations import Consultation, Finding
from mmtui.domain.standing import Standing
from mmtui.errors import ControlError
from mmtui.runtime.control.frames import (
    SCHEMA,
    Answered,
    Ask,
    Consult,
    Ended,
    Found,
    FrameError,
    FrameReader,
    Hello,
    Look,
    Picture,
    Refused,
    Reply,
    Request,
    Stands,
    Watch,
    Welcome,
    Who,
    decode_reply,
    encode,
)
from mmtui.runtime.control.seat import peer_of

ANSWER_WITHIN_S: Final = 5.0
PAUSE_MAX_S: Final = 86_400.0
_READ: Final = 64 * 1024
_KILL_REMEDY: Final = "`mmtui kill` works without it"


class ControlClient:
    """A connection to one running instance; a context manager. Raises ControlError for whatever goes wrong."""

    def __init__(self, path: Path, *, name: str, timeout_s: float = ANSWER_WITHIN_S) -> None:
        self._label = path.stem
        self._reader = FrameReader()
        self._frames: deque[bytes] = deque()
        self._timeout_s = timeout_s
        self._socket = connect(path, timeout_s)
        self._write(Hello(schema=SCHEMA, name=name, version=__version__))
        welcome = self._next()
        if not isinstance(welcome, Welcome) or welcome.schema != SCHEMA:
            raise other_version(self._label, welcome)
        self.welcome = welcome

    def __enter__(self) -> "ControlClient":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leaves; what was asked goes on."""
        self._socket.close()

    def look(self) -> Picture:
        """The engine as it stands."""
        self._write(Look())
        while True:
            frame = self._next()
            if isinstance(frame, Picture):
                return frame

    def watch(self, rate_hz: float) -> Iterator[Picture]:
        """Pictures until the instance ends or the caller stops asking; ``rate_hz`` is above 0."""
        self._socket.settimeout(self._timeout_s + min(1.0 / rate_hz, PAUSE_MAX_S))
        self._write(Watch(rate_hz=rate_hz))
        while True:
            frame = self._next()
            if isinstance(frame, Picture):
                yield frame

    def ask(self, command: Command, *, nonce: str = "") -> CommandResult:
        """The engine's first answer to a command; a refusal is an answer too."""
        self._write(Ask(command=command, nonce=nonce))
        while True:
            frame = self._next()
            if isinstance(frame, Answered) and frame.result.id == command.id:
                return frame.result
            if isinstance(frame, Refused) and frame.id == command.id:
                return CommandResult(id=command.id, status=CommandStatus.REFUSED, text=frame.text, at=0.0)

    def who(self) -> Standing:
        """Who is in control."""
        self._write(Who())
        while True:
            frame = self._next()
            if isinstance(frame, Stands):
                return frame.standing

    def consult(self, consultation: Consultation) -> Iterator[Finding]:
        """What comes of a consultation: any number that say that it goes on, then the last."""
        self._write(Consult(consultation=consultation))
        while True:
            frame = self._next()
            if isinstance(frame, Found) and frame.finding.id == consultation.id:
                yield frame.finding

    def _write(self, request: Request) -> None:
        try:
            self._socket.sendall(encode(request))
        except OSError as error:
            raise ControlError(f"{self._label} hung up: {error.strerror or error}", remedy=_KILL_REMEDY) from None

    def _next(self) -> Reply:
        frame = self._read()
        if isinstance(frame, Refused) and not frame.id:
            raise ControlError(f"{self._label}: {frame.text}")
        if isinstance(frame, Ended):
            raise ControlError(f"{self._label}: its session is over: {frame.text}")
        return frame

    def _read(self) -> Reply:
        try:
            while not self._frames:
                data = self._socket.recv(_READ)
                if not data:
                    raise ControlError(f"{self._label} hung up", remedy=_KILL_REMEDY)
                self._frames.extend(self._reader.feed(data))
            return decode_reply(self._frames.popleft())
        except TimeoutError:
            raise ControlError(f"{self._label} does not answer", remedy=_KILL_REMEDY) from None
        except OSError as error:
            raise ControlError(f"{self._label} hung up: {error.strerror or error}", remedy=_KILL_REMEDY) from None
        except FrameError as error:
            raise ControlError(f"{self._label} sent what is not understood: {error}", remedy=_KILL_REMEDY) from None


def connect(path: Path, timeout_s: float) -> socket.socket:
    """A connection to the instance at ``path``, whose process is this user's; raises ControlError."""
    label = path.stem
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(timeout_s)
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            connection.connect(f"/proc/self/fd/{folder}/{path.name}")
        finally:
            os.close(folder)
        _, uid = peer_of(connection)
    except OSError as error:
        connection.close()
        reason = error.strerror or str(error)
        raise ControlError(f"{label} cannot be reached: {reason}", remedy=_KILL_REMEDY) from None
    if uid != os.getuid():
        connection.close()
        raise ControlError(f"{label} is a socket of another user (uid {uid})", remedy="nothing was sent")
    return connection


def other_version(label: str, welcome: Reply) -> ControlError:
    """What a client says of an engine whose frames it does not know."""
    theirs = f"mmtui {welcome.version}, schema {welcome.schema}" if isinstance(welcome, Welcome) else "what is unknown"
    return ControlError(
        f"{label} runs {theirs} of the control socket; this is mmtui {__version__}, schema {SCHEMA}",
        remedy=f"use the version that it was started with, or restart it; {_KILL_REMEDY}",
    )


def command_id() -> str:
    """An id that nobody else uses."""
    return secrets.token_hex(8)
