"""One connected client: its bytes in, its frames out, and what it may cost.

Owns one connection. It reads frames, refuses what is not one, and never holds more than ``BACKLOG_MAX`` of
unsent bytes: pictures wait until the last one has left, so that a slow client sees fewer of them, and a
client that reads nothing at all is dropped. Never decides what a command does.
"""

import asyncio
import socket
import struct
from collections import deque
from typing import Protocol, cast

from mmtui import __version__
from mmtui.domain.commands import CommandResult
from mmtui.domain.consultations import Finding, Unable
from mmtui.domain.standing import Standing
from mmtui.runtime.control.admission import Pace, Shown
from mmtui.runtime.control.found import found_frame
from mmtui.runtime.control.frames import (
    REQUEST_MAX,
    SCHEMA,
    TAKE,
    Answered,
    Ask,
    Consult,
    FrameError,
    FrameReader,
    Hello,
    Look,
    Refused,
    Reply,
    Request,
    Stands,
    Take,
    Watch,
    Who,
    decode_request,
    encode,
    past_frames,
)
from mmtui.runtime.control.pictures import Pictures

BACKLOG_MAX = 256 * 1024
HELLO_WITHIN_S = 5.0
NAME_MAX = 32
_CREDENTIALS = struct.Struct("3i")


class Desk(Protocol):
    """What a seat needs of the server."""

    pictures: Pictures

    def now_s(self) -> float:
        """A clock that only measures how long something takes."""

    def admit(self, seat: "Seat") -> str:
        """Takes a new client in, or says why not."""

    def leave(self, seat: "Seat") -> None:
        """Forgets a client."""

    def ask(self, seat: "Seat", ask: Ask) -> None:
        """Passes a command on, or refuses it to the seat."""

    def consult(self, seat: "Seat", consult: Consult) -> None:
        """Has something worked out for the seat, or refuses it."""

    def seated(self, seat: "Seat", hello: Hello) -> None:
        """A client has said who it is."""

    def take(self, seat: "Seat") -> str:
        """Moves control to the seat; says why not."""

    def who(self) -> Standing:
        """Who is in control."""

    def welcome(self) -> Reply:
        """The engine's first frame."""

    def note(self, text: str) -> None:
        """Something for the log."""


class Seat(asyncio.Protocol):
    """One client, from connection to close."""

    def __init__(self, desk: Desk) -> None:
        self.name = ""
        self.pid = 0
        self.number = 0
        self.uid = -1
        self.rate_hz = 0.0
        self.due_at = 0.0
        self.is_looking = False
        self.is_console = False
        self.label = ""
        self.active_at = desk.now_s()
        self.shown = Shown()
        self._desk = desk
        self._reader = FrameReader(REQUEST_MAX)
        self._pace = Pace(desk.now_s())
        self._owed: deque[bytes] = deque()
        self._has_past = False
        self._transport: asyncio.Transport | None = None

    @property
    def by(self) -> str:
        """Who asks, for log, journal and screen."""
        return f"{self.name}/{self.pid}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there; one of another user is turned away unheard."""
        self._transport = cast(asyncio.Transport, transport)  # a stream server makes nothing else
        self.pid, self.uid = peer_of(transport.get_extra_info("socket"))
        reason = self._desk.admit(self)
        if reason:
            self._desk.note(reason)
            self._transport.abort()
            return
        asyncio.get_running_loop().call_later(HELLO_WITHIN_S, self._expect_hello)
        self.send(self._desk.welcome())

    def data_received(self, data: bytes) -> None:
        """Bytes of a client: whole frames are obeyed, anything else ends the connection."""
        self.active_at = self._desk.now_s()
        try:
            for body in self._reader.feed(data):
                if self._transport is None or self._transport.is_closing():
                    return
                self._take(decode_request(body))
        except FrameError as error:
            self._desk.note(f"control: {self.by}: {error}")
            self.close(str(error))

    def connection_lost(self, _exc: Exception | None) -> None:
        """The client is gone; what it asked for goes on."""
        self._transport = None
        self._desk.leave(self)

    def send(self, frame: Reply) -> None:
        """Sends a frame; a client that has not read what came before is dropped."""
        self._write(encode(frame))

    def stand(self, standing: Standing) -> None:
        """Where this console stands now."""
        self.send(Stands(standing=standing))

    def find(self, finding: Finding) -> None:
        """What came of a consultation of this client."""
        self._write(found_frame(finding))

    def answered(self, result: CommandResult) -> None:
        """The engine's answer to a command of this client."""
        self.send(Answered(result=result))

    def refuse(self, text: str, command_id: str) -> None:
        """A command that goes no further."""
        self.send(Refused(text=text, id=command_id))

    def show(self) -> bool:
        """Sends the present picture if the last one has left; says whether it did."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size():
            return False
        if self._owed:
            self._write(self._owed.popleft())
        picture = self._desk.pictures.latest()
        if picture is not None:
            self.shown.add(picture.nonce, picture.at)
            self._write(picture.frame)
        return picture is not None

    def close(self, reason: str = "") -> None:
        """Ends the connection, with the reason as the last frame."""
        if reason:
            self.send(Refused(text=reason))
        if self._transport is not None:
            self._transport.close()

    def _take(self, request: Request) -> None:
        if not self._pace.admits(self._desk.now_s()):
            if self._pace.is_flood:
                raise FrameError("too many requests")
            self._turn_away(request, "too many requests; slow down")
            return
        if not self.name and not isinstance(request, Hello):
            raise FrameError("say hello first")
        match request:
            case Hello():
                self._greet(request)
            case Look():
                self.is_looking = not self.show()
            case Watch():
                self._watch(request)
            case Ask():
                self._desk.ask(self, request)
            case Consult():
                self._desk.consult(self, request)
            case Take():
                reason = self._desk.take(self)
                if reason:
                    self.refuse(reason, TAKE)
            case Who():
                self.stand(self._desk.who())

    def _turn_away(self, request: Request, reason: str) -> None:
        match request:
            case Ask():
                self.refuse(reason, request.command.id)
            case Consult():
                self.find(Unable(id=request.consultation.id, text=reason))
            case Take():
                self.refuse(reason, TAKE)

    def _greet(self, hello: Hello) -> None:
        if hello.schema != SCHEMA:
            raise FrameError(
                f"this engine speaks schema {SCHEMA} of the control socket (mmtui {__version__}), the client schema "
                f"{hello.schema} (mmtui {_printable(hello.version) or 'of before'}); use the version that was started"
            )
        if self.name:
            raise FrameError("said hello before")
        self.name = _printable(hello.name) or "control"
        self.is_console = hello.is_console
        self.label = f"{self.by} on {_printable(hello.tty) or 'no terminal'}"
        self._desk.seated(self, hello)

    def _watch(self, watch: Watch) -> None:
        self.rate_hz = watch.rate_hz
        self.due_at = 0.0
        view = self._desk.pictures.view()
        # Once: to put it together holds the engine's loop for milliseconds.
        if watch.history and view is not None and not self._has_past:
            self._has_past = True
            self._owed.extend(past_frames(view))

    def _write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > BACKLOG_MAX:
            self._desk.note(f"control: {self.by} does not read; dropped")
            transport.abort()
            return
        transport.write(data)

    def _expect_hello(self) -> None:
        if not self.name:
            self.close("no hello in time")


def _printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())[:NAME_MAX].strip()


def peer_of(connection: socket.socket) -> tuple[int, int]:
    """Process and user at the other end, as the system knows them."""
    data = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _ = _CREDENTIALS.unpack(data)
    return pid, uid
