"""A console's link to an engine in another process, over its control socket.

Never blocks the caller and never raises into it: while the engine cannot be reached the last picture stays, the
standing says what is wrong, and the connection is tried again, ever more slowly. Knows nothing of screens.
"""

import asyncio
import contextlib
import secrets
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from mmtui import __version__
from mmtui.domain.commands import Command, CommandResult, CommandStatus
from mmtui.domain.consultations import Consultation, Finding, Unable, Working
from mmtui.domain.standing import Standing
from mmtui.domain.view import View
from mmtui.errors import ControlError, ExitCode
from mmtui.runtime.attaching.errands import Errands
from mmtui.runtime.attaching.memory import Memory
from mmtui.runtime.control.client import connect, other_version
from mmtui.runtime.control.frames import (
    RATE_MAX_HZ,
    SCHEMA,
    TAKE,
    Answered,
    Ended,
    Found,
    FrameError,
    FrameReader,
    Hello,
    Past,
    Picture,
    Refused,
    Reply,
    Request,
    Stands,
    Take,
    Watch,
    Welcome,
    consult,
    decode_reply,
    encode,
)
from mmtui.runtime.control.people import tty_name, user_name

CONNECT_WITHIN_S: Final = 2.0
TRY_FIRST_S, TRY_MOST_S = 0.2, 1.0
TRY_CONFUSED_S: Final = 15.0
RESULTS_MAX: Final = 100
UNSENT_MAX: Final = 64 * 1024
_READ: Final = 64 * 1024
_PICTURE: Final = b'{"frame":"picture"'


class SocketLink:
    """One engine as one console sees it. ``run`` does the talking until the engine's session ends or it is closed."""

    def __init__(
        self,
        path: Path,
        *,
        seconds: Callable[[], float],
        claims: bool = True,
        may_take: bool = True,
        rate_hz: float = RATE_MAX_HZ,
    ) -> None:
        self.is_attached = True
        self.is_over = False
        self._path = path
        self._seconds = seconds
        self._claims = claims
        self._may_take = may_take
        self._rate_hz = rate_hz
        self._errands = Errands(secrets.token_hex(8))
        self._memory = Memory()
        self._run_id = ""
        self._greeting = ""
        self._nonce = ""
        self._latest: View | None = None
        self._results: deque[CommandResult] = deque(maxlen=RESULTS_MAX)
        self._findings: deque[Finding] = deque(maxlen=RESULTS_MAX)
        self._consulted: set[str] = set()
        self._standing = Standing(instance=path.stem, is_in_control=False, consoles=0, trouble="connecting")
        self._writer: asyncio.StreamWriter | None = None

    def latest(self) -> View | None:
        """The last picture."""
        return self._latest

    def results(self) -> list[CommandResult]:
        """Answers since the last call."""
        if self._writer is None:
            self._results.extend(self._errands.late(self._seconds()))
        answers = list(self._results)
        self._results.clear()
        return answers

    def findings(self) -> list[Finding]:
        """What came of consultations since the last call."""
        found = list(self._findings)
        self._findings.clear()
        return found

    def standing(self) -> Standing:
        """Where this console stands with the engine."""
        return self._standing

    def send(self, command: Command) -> None:
        """Sends a command, on the strength of the last picture; without a connection only what takes risk off waits."""
        if self._writer is not None:
            self._write(self._errands.send(command, self._nonce, self._seconds()))
            return
        refused = self._errands.hold(command, self._seconds())
        if refused is not None:
            self._results.append(refused)

    def consult(self, consultation: Consultation) -> None:
        """Has something worked out beside the engine."""
        if self._writer is None:
            self._findings.append(Unable(id=consultation.id, text="no connection to the engine"))
            return
        self._consulted.add(consultation.id)
        self._write(consult(consultation))

    def take(self) -> None:
        """Asks for control."""
        if self._writer is None:
            self._say("no connection to the engine: control cannot be taken")
        else:
            self._write(Take())

    async def run(self) -> None:
        """Talks to the engine, again after each loss; returns when its session is over."""
        try:
            await self._keep_talking()
        finally:
            if not self.is_over:
                text = "this console's link has failed; leave and attach again"
                self._standing = msgspec.structs.replace(self._standing, trouble=text)

    async def _keep_talking(self) -> None:
        wait_s = TRY_FIRST_S
        while not self.is_over:
            try:
                if await self._converse():
                    wait_s = TRY_FIRST_S
            except ControlError as error:
                self._standing = msgspec.structs.replace(self._standing, trouble=f"{error.message}; trying again")
            except FrameError as error:
                text = f"the engine sends what this console does not understand ({error}); start both of one version"
                self._standing = msgspec.structs.replace(self._standing, trouble=text)
                wait_s = TRY_CONFUSED_S
            if not self.is_over:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2.0, TRY_MOST_S)

    def close(self) -> None:
        """Leaves; the engine goes on."""
        self.is_over = True
        if self._writer is not None:
            self._writer.close()

    async def _converse(self) -> bool:
        """One connection from hello to its loss; whether the engine said anything."""
        reader = await self._connected()
        cutter = FrameReader()
        has_heard = False
        try:
            while not self.is_over:
                data = await reader.read(_READ)
                if not data:
                    break
                has_heard = True
                self._take_all(cutter.feed(data))
        except OSError as error:
            self._say(f"the connection broke: {error}")
        finally:
            self._broken()
        return has_heard

    async def _connected(self) -> asyncio.StreamReader:
        connection = await asyncio.to_thread(connect, self._path, CONNECT_WITHIN_S)
        connection.setblocking(False)
        try:
            reader, writer = await asyncio.open_unix_connection(sock=connection)
        except OSError as error:
            connection.close()
            raise ControlError(f"{self._path.stem} cannot be reached: {error}") from None
        self._writer = writer
        self._write(
            Hello(
                schema=SCHEMA,
                name=user_name(),
                version=__version__,
                is_console=True,
                claims=self._claims and self._may_take,
                may_take=self._may_take,
                tty=tty_name(),
            )
        )
        self._write(Watch(rate_hz=self._rate_hz, history=True))
        return reader

    def _take_all(self, bodies: list[bytes]) -> None:
        """Takes what has come; of several pictures only the last, so that who is late catches up."""
        pictures = [place for place, body in enumerate(bodies) if body.startswith(_PICTURE)]
        for place, body in enumerate(bodies):
            if place in pictures and place != pictures[-1]:
                continue
            self._hear(decode_reply(body))

    def _hear(self, frame: Reply) -> None:
        match frame:
            case Welcome():
                self._greet(frame)
            case Picture():
                self._nonce = frame.nonce
                self._latest = self._memory.completed(frame.view)
            case Past():
                self._memory.restore(frame)
            case Answered():
                self._answer(frame.result)
            case Found():
                self._find(frame.finding)
            case Stands():
                self._stand(frame.standing)
            case Ended():
                self._end(frame.text, frame.code)
            case Refused():
                self._refused(frame)

    def _greet(self, welcome: Welcome) -> None:
        if welcome.schema != SCHEMA:
            self._end(str(other_version(self._path.stem, welcome)), int(ExitCode.CRASH))
            return
        if welcome.run_id != self._run_id:
            if self._run_id:
                self._greeting = f"{welcome.id} was started anew (process {welcome.pid}); "
            self._memory = Memory()
        self._run_id = welcome.run_id
        asks, late = self._errands.again("", self._seconds())
        self._results.extend(late)
        for ask in asks:
            self._write(ask)

    def _answer(self, result: CommandResult) -> None:
        own = self._errands.answered(result)
        if own is not None:
            self._results.append(own)

    def _find(self, finding: Finding) -> None:
        if not isinstance(finding, Working):
            self._consulted.discard(finding.id)
        self._findings.append(finding)

    def _stand(self, standing: Standing) -> None:
        before, text = self._standing, self._greeting + standing.text
        self._greeting = ""
        is_news = text != before.text and bool(before.text or before.consoles or not standing.is_in_control)
        self._claims = standing.is_in_control
        self._standing = msgspec.structs.replace(standing, text=text, trouble="", news=before.news + is_news)

    def _refused(self, refused: Refused) -> None:
        if refused.id == TAKE:
            self._say(refused.text)
        elif refused.id:
            self._answer(CommandResult(id=refused.id, status=CommandStatus.REFUSED, text=refused.text, at=0.0))
        else:
            self._standing = msgspec.structs.replace(self._standing, trouble=refused.text)

    def _end(self, text: str, code: int) -> None:
        self.is_over = True
        self._standing = msgspec.structs.replace(self._standing, ended=text, end_code=code, trouble="")

    def _broken(self) -> None:
        """The connection is gone: whoever waits for an answer hears what is known."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        self._results.extend(self._errands.broken())
        self._findings.extend(Unable(id=asked, text="the connection broke; ask again") for asked in self._consulted)
        self._consulted.clear()
        if not self.is_over:
            trouble = self._standing.trouble or "the engine hung up; trying again"
            self._standing = msgspec.structs.replace(self._standing, trouble=trouble, consoles=0)

    def _say(self, text: str) -> None:
        self._standing = msgspec.structs.replace(self._standing, text=text, news=self._standing.news + 1)

    def _write(self, request: Request) -> None:
        writer = self._writer
        if writer is None or writer.is_closing():
            return
        if writer.transport.get_write_buffer_size() > UNSENT_MAX:
            self._say("the engine does not read; `mmtui kill` works without it")
            return
        with contextlib.suppress(OSError):  # the reading side hears of it and says so
            writer.write(encode(request))
