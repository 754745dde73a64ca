"""The engine's end of the control socket: who may connect, what they are shown, whose command is answered where.

Owns the socket file (mode 0600 in the state folder of mode 0700; what an earlier run left is removed under
the run lock, which the caller holds) and the clients. Commands go into the engine's one stream of events
and nowhere else; an id asked twice is carried out once. Never stops trading: without a socket the engine
runs on. Answers F108, F109.
"""

import asyncio
import os
import socket
import stat
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mmtui.domain.commands import Command, CommandResult
from mmtui.domain.consultations import Consultation, Finding, SaveParameters, Unable, Working
from mmtui.domain.standing import Standing, writes
from mmtui.domain.view import View
from mmtui.runtime.clock import work_seconds
from mmtui.runtime.consulting.desk import CallOff, Say
from mmtui.runtime.control import admission
from mmtui.runtime.control.frames import SCHEMA, Ask, Consult, Ended, Hello, Reply, Welcome
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.pictures import Pictures
from mmtui.runtime.control.seat import Seat

SEATS_MAX: Final = 16
ASKED_MAX: Final = 512
ROUND_S: Final = 0.05
CONSULTS_MAX: Final = 2
_PREFIX: Final = "ctl:"
_SLACK: Final = 0.2


class ControlPort(msgspec.Struct, frozen=True, kw_only=True):
    """What the socket needs of a session. ``clock`` gives engine seconds."""

    id: str
    run_id: str
    version: str
    path: Path
    latest: Callable[[], View | None]
    send: Callable[[Command], None]
    clock: Callable[[], float]
    note: Callable[[str], None]
    operators: Operators
    consult: Callable[[Consultation, Say], CallOff]


class _Asked:
    """A command passed on: who waits for its answer, and the answer once there is one."""

    __slots__ = ("client_id", "result", "seat")

    def __init__(self, client_id: str, seat: Seat) -> None:
        self.client_id = client_id
        self.seat: Seat = seat
        self.result: CommandResult | None = None


class ControlServer:
    """Listens until closed."""

    def __init__(self, port: ControlPort) -> None:
        self.pictures = Pictures(port.latest)
        self._port = port
        self._seats: list[Seat] = []
        self._asked: OrderedDict[str, _Asked] = OrderedDict()
        self._consulted: dict[Seat, dict[str, tuple[Consultation, CallOff]]] = {}
        self._seated = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> bool:
        """Listens; says whether it does. Call with the run lock held."""
        try:
            listener = _listening(self._port.path)
            self._server = await asyncio.get_running_loop().create_unix_server(lambda: Seat(self), sock=listener)
        except OSError as error:
            self._port.note(f"control off: {self._port.path} cannot be used ({error.strerror or error})")
            return False
        return True

    async def run(self) -> None:
        """Shows pictures to those who watch, until cancelled."""
        while True:
            self.show()
            await asyncio.sleep(ROUND_S)

    def show(self) -> None:
        """One round: a picture for everybody whose time has come, and for who asked before there was one."""
        now = self.now_s()
        for seat in list(self._seats):
            if seat.is_looking:
                seat.is_looking = not seat.show()
            if seat.rate_hz > 0.0 and now >= seat.due_at and seat.show():
                seat.due_at = now + (1.0 - _SLACK) / seat.rate_hz

    async def close(self, reason: str = "the session has ended", code: int = 0) -> None:
        """Takes no more clients, tells those that are here how the session ended, and removes the socket."""
        if self._server is None:
            return
        self._port.path.unlink(missing_ok=True)
        self._server.close()
        for seat in list(self._seats):
            seat.send(Ended(text=reason, code=code))
            seat.close()
        self._server = None

    def answered(self, result: CommandResult) -> bool:
        """Gives an answer to the client that asked; says whether it was one of ours."""
        if not result.id.startswith(_PREFIX):
            return False
        asked = self._asked.get(result.id)
        if asked is not None:
            asked.result = msgspec.structs.replace(result, id=asked.client_id)
            asked.seat.answered(asked.result)
        return True

    def now_s(self) -> float:
        """A clock that only measures how long something takes."""
        return work_seconds()

    def admit(self, seat: Seat) -> str:
        """Takes a new client in, or says why not; when all seats are taken the idlest is freed, scripts first."""
        if seat.uid != os.getuid():
            return f"control: refused uid {seat.uid}"
        if len(self._seats) >= SEATS_MAX:
            idlest = min(self._seats, key=self._worth)
            idlest.close("too many clients")
            self.leave(idlest)
        self._seats.append(seat)
        self._seated += 1
        seat.number = self._seated
        return ""

    def leave(self, seat: Seat) -> None:
        """Forgets a client."""
        if seat in self._seats:
            self._seats.remove(seat)
        self._port.operators.leave(seat)
        for consultation, call_off in self._consulted.pop(seat, {}).values():
            if not writes(consultation):
                call_off()

    def seated(self, seat: Seat, hello: Hello) -> None:
        """A client has said who it is; a console takes part in control from now on."""
        if hello.is_console:
            self._port.operators.join(seat, claims=hello.claims, may_take=hello.may_take)

    def take(self, seat: Seat) -> str:
        """Moves control to the seat; says why not."""
        return self._port.operators.take(seat)

    def who(self) -> Standing:
        """Who is in control."""
        return self._port.operators.standing()

    def consult(self, seat: Seat, consult: Consult) -> None:
        """Passes a consultation on to the experts; the seat hears of it while it is there, under its own id."""
        asked = consult.consultation
        reason = self._port.operators.refusal(seat, asked) if seat.is_console else ""
        out = self._consulted.setdefault(seat, {})
        if not reason and (len(out) >= CONSULTS_MAX or asked.id in out):
            reason = "one thing after the other: this is still being worked on"
        if reason:
            seat.find(Unable(id=asked.id, text=reason))
            return
        is_over = False

        def say(finding: Finding) -> None:
            nonlocal is_over
            if not isinstance(finding, Working):
                is_over = True
                out.pop(asked.id, None)
            seat.find(msgspec.structs.replace(finding, id=asked.id))

        call_off = self._port.consult(self._renamed(seat, asked), say)
        if not is_over:
            out[asked.id] = (asked, call_off)

    def ask(self, seat: Seat, ask: Ask) -> None:
        """Passes a command on, or refuses it to the seat; an id seen before is only answered."""
        client_id = ask.command.id
        command_id = _PREFIX + client_id
        known = self._asked.get(command_id)
        if known is not None:
            known.seat = seat
            if known.result is not None:
                seat.answered(known.result)
            return
        reason = self._port.operators.refusal(seat, ask.command) if seat.is_console else ""
        reason = reason or admission.refusal(ask.command, ask.nonce, seat.shown, self._port.clock())
        if reason:
            seat.refuse(reason, client_id)
            return
        self._asked[command_id] = _Asked(client_id, seat)
        if len(self._asked) > ASKED_MAX:
            self._asked.popitem(last=False)
        self._port.send(
            admission.stamped(ask.command, command_id=command_id, by=seat.by, nonce=ask.nonce, shown=seat.shown)
        )

    def welcome(self) -> Reply:
        """The engine's first frame."""
        port = self._port
        return Welcome(schema=SCHEMA, id=port.id, run_id=port.run_id, pid=os.getpid(), version=port.version)

    def note(self, text: str) -> None:
        """Something for the log."""
        self._port.note(text)

    def _worth(self, seat: Seat) -> tuple[bool, bool, bool, float]:
        """What is kept longest: the console in control, consoles, whoever watches, and who spoke last."""
        in_control = self._port.operators.standing(seat).is_in_control
        return in_control, seat.is_console, seat.rate_hz > 0.0, seat.active_at

    def _renamed(self, seat: Seat, asked: Consultation) -> Consultation:
        """The consultation under an id that no other client can have chosen."""
        prefix = f"{_PREFIX}{seat.number}:"
        fields = {"id": prefix + asked.id}
        if isinstance(asked, SaveParameters) and asked.diff_id:
            fields["diff_id"] = prefix + asked.diff_id
        renamed: Consultation = msgspec.structs.replace(asked, **fields)
        return renamed


def _listening(path: Path) -> socket.socket:
    """A listening socket at ``path`` that only this user can reach; raises OSError."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            # Through the folder's descriptor, since the name of a socket has room for some hundred bytes only.
            listener.bind(f"/proc/self/fd/{folder}/{path.name}")
            path.chmod(0o600)
            listener.listen(SEATS_MAX)
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        return listener
    finally:
        os.close(folder)


def _remove_stale(path: Path) -> None:
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        raise OSError(f"{path.name} is there and is no socket")
    path.unlink()
