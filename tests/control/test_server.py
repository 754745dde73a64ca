"""The socket's server: who gets in, what a client costs at most, and whose answer goes where."""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.commands import Act, Command, CommandResult, CommandStatus, Verb
from mmtui.domain.consultations import Consultation
from mmtui.domain.view import View
from mmtui.runtime.consulting.desk import CallOff, Say
from mmtui.runtime.control import seat as seat_module
from mmtui.runtime.control.frames import (
    SCHEMA,
    Answered,
    Ask,
    Ended,
    FrameReader,
    Hello,
    Look,
    Past,
    Picture,
    Refused,
    Reply,
    Request,
    Watch,
    Welcome,
    decode_reply,
    encode,
    past_frames,
)
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.server import SEATS_MAX, ControlPort, ControlServer
from tests.console.pictures import a_view


class Engine:
    """The session's side of the socket: what was sent to it, and a view that a test changes."""

    def __init__(self, folder: Path) -> None:
        self.view: View | None = a_view()
        self.commands: list[Command] = []
        self.notes: list[str] = []
        self.operators = Operators("sim-BTC-local", self.notes.append)
        self.consulted: list[tuple[Consultation, Say]] = []
        self.called_off: list[str] = []
        self.server = ControlServer(
            ControlPort(
                id="sim-BTC-local",
                run_id="r1",
                version="0",
                path=folder / "sim-BTC-local.sock",
                latest=lambda: self.view,
                send=self.commands.append,
                clock=lambda: self.view.engine.at,
                note=self.notes.append,
                operators=self.operators,
                consult=self._consult,
            )
        )
        self.path = folder / "sim-BTC-local.sock"
        self.writers: list[asyncio.StreamWriter] = []

    def _consult(self, consultation: Consultation, say: Say) -> CallOff:
        self.consulted.append((consultation, say))
        return lambda: self.called_off.append(consultation.id)

    async def end(self) -> None:
        """Closes the server and every client."""
        await self.server.close()
        for writer in self.writers:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def turn(self, at: float) -> View:
        """Another picture, made at another time."""
        self.view = msgspec.structs.replace(self.view, engine=msgspec.structs.replace(self.view.engine, at=at))
        return self.view


class Client:
    """One raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._cutter = FrameReader()
        self._frames: list[bytes] = []

    def say(self, *requests: Request) -> None:
        self.writer.write(b"".join(map(encode, requests)))

    async def hear(self) -> Reply | None:
        """The next frame, None at the end of the connection."""
        while not self._frames:
            try:
                data = await asyncio.wait_for(self.reader.read(65_536), 5)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self._frames += self._cutter.feed(data)
        return decode_reply(self._frames.pop(0))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = Engine(tmp_path)
    assert await made.server.open()
    yield made
    await made.end()


async def connected(engine: Engine, *, says_hello: bool = True) -> Client:
    client = Client(*await asyncio.open_unix_connection(str(engine.path)))
    engine.writers.append(client.writer)
    if says_hello:
        client.say(Hello(schema=SCHEMA, name="ann"))
        assert isinstance(await client.hear(), Welcome)
    return client


def act(command_id: str, verb: Verb = Verb.PAUSE) -> Ask:
    return Ask(command=Act(id=command_id, by="nobody", verb=verb))


def accepted(command: Command) -> CommandResult:
    return CommandResult(id=command.id, status=CommandStatus.ACCEPTED, text="done", at=1.0)


async def until(claim: object) -> None:
    for _ in range(500):
        if claim():  # type: ignore[operator]
            return
        await asyncio.sleep(0.005)
    raise AssertionError("waited in vain")


async def test_the_socket_is_the_owners_alone_and_goes_with_the_session(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    assert await engine.server.open()
    status = engine.path.stat()
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600
    client = await connected(engine)
    await engine.server.close()
    assert not engine.path.exists()
    assert await client.hear() == Ended(text="the session has ended", code=0)
    assert await client.hear() is None
    await engine.end()


@pytest.mark.fault("F108")
async def test_a_stale_socket_is_replaced_and_anything_else_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "sim-BTC-local.sock"
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(str(path))
    engine = Engine(tmp_path)
    assert await engine.server.open()
    await connected(engine)
    await engine.server.close()
    path.write_text("notes of mine")
    assert not await engine.server.open()
    assert "no socket" in engine.notes[-1]
    assert path.read_text() == "notes of mine"
    await engine.end()
    assert path.read_text() == "notes of mine"


async def test_a_state_folder_with_a_very_long_name_works(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    folder.mkdir()
    engine = Engine(folder)
    assert await engine.server.open()
    assert engine.path.is_socket()
    await engine.server.close()


@pytest.mark.fault("F108")
async def test_another_user_is_turned_away_unheard_and_logged(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_module, "peer_of", lambda _: (4_242, os.getuid() + 1_001))
    client = await connected(engine, says_hello=False)
    client.say(Hello(schema=SCHEMA, name="eve"), act("1", Verb.KILL))
    assert await client.hear() is None
    assert engine.notes == [f"control: refused uid {os.getuid() + 1_001}"]
    assert engine.commands == []


async def test_a_command_reaches_the_engine_under_the_senders_name_and_its_answer_the_sender_alone(
    engine: Engine,
) -> None:
    one, other = await connected(engine), await connected(engine)
    one.say(act("a"))
    other.say(act("b"))
    await until(lambda: len(engine.commands) == 2)
    for command in engine.commands:
        assert command.by == f"ann/{os.getpid()}"
        assert engine.server.answered(accepted(command))
    for client, name in ((one, "a"), (other, "b")):
        answer = await client.hear()
        assert isinstance(answer, Answered)
        assert (answer.result.id, answer.result.status) == (name, CommandStatus.ACCEPTED)
    assert not engine.server.answered(CommandResult(id="console-1", status=CommandStatus.DONE, text="", at=1.0))


async def test_an_id_asked_twice_is_carried_out_once_even_over_another_connection(engine: Engine) -> None:
    one = await connected(engine)
    one.say(act("same"), act("same"))
    await until(lambda: engine.commands)
    one.writer.close()
    engine.server.answered(accepted(engine.commands[0]))
    other = await connected(engine)
    other.say(act("same"))
    answer = await other.hear()
    assert isinstance(answer, Answered)
    assert answer.result.text == "done"
    assert len(engine.commands) == 1


@pytest.mark.fault("F116")
async def test_a_dangerous_command_needs_the_nonce_of_a_picture_sent_to_this_client(engine: Engine) -> None:
    one, other = await connected(engine), await connected(engine)
    one.say(Look())
    picture = await one.hear()
    assert isinstance(picture, Picture)
    resume = Act(id="r", by="", verb=Verb.RESUME)
    other.say(Ask(command=resume, nonce=picture.nonce))
    refused = await other.hear()
    assert isinstance(refused, Refused)
    assert "look at the engine first" in refused.text
    assert engine.commands == []
    one.say(Ask(command=resume, nonce=picture.nonce))
    await until(lambda: engine.commands)
    assert engine.commands[0].seen_at == picture.view.engine.at  # type: ignore[union-attr]
    engine.turn(engine.view.engine.at + 2.5)
    one.say(Ask(command=Act(id="s", by="", verb=Verb.FLATTEN), nonce=picture.nonce))
    late = await one.hear()
    assert isinstance(late, Refused)
    assert "2.5 s old" in late.text


@pytest.mark.fault("F108")
@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xff",
        (70_000).to_bytes(4, "big") + b"x" * 70_000,
        (3).to_bytes(4, "big") + b"{}}",
        b"GET / HTTP/1.1\r\n\r\n",
        encode(Look()),
        encode(Hello(schema=SCHEMA + 1, name="later")),
    ],
    ids=["huge", "too long", "no object", "http", "no hello", "other schema"],
)
async def test_hostile_bytes_end_that_connection_and_no_other(engine: Engine, data: bytes) -> None:
    good = await connected(engine)
    bad = await connected(engine, says_hello=False)
    bad.writer.write(data)
    assert isinstance(await bad.hear(), Welcome)
    assert isinstance(await bad.hear(), Refused)
    assert await bad.hear() is None
    good.say(act("still"))
    await until(lambda: engine.commands)
    assert engine.notes


async def test_a_client_that_floods_is_refused_then_dropped_and_no_one_else_waits(engine: Engine) -> None:
    good, bad = await connected(engine), await connected(engine)
    bad.say(*(act(f"f{i}") for i in range(300)))
    good.say(act("g", Verb.KILL))
    await until(lambda: any(c.id == "ctl:g" for c in engine.commands))
    heard = []
    while (frame := await bad.hear()) is not None:
        heard.append(frame)
    refused = [frame for frame in heard if isinstance(frame, Refused)]
    assert refused[0].text.startswith("too many requests")
    assert refused[-1].id == ""
    assert 31 <= sum(c.id.startswith("ctl:f") for c in engine.commands) <= 40


@pytest.mark.fault("F109")
async def test_a_client_that_never_reads_costs_a_bounded_backlog_and_is_dropped(engine: Engine) -> None:
    deaf, good = await connected(engine), await connected(engine)
    deaf.say(Watch(rate_hz=10.0, history=True), act("d"))
    await until(lambda: engine.commands)
    (seat, _) = engine.server._seats
    shown = []
    for turn in range(400):
        engine.turn(1_795_176_300.0 + turn)
        seat.due_at = 0.0
        engine.server.show()
        shown.append(seat._transport is None or seat._transport.get_write_buffer_size())
        await asyncio.sleep(0)
    assert max(shown) <= 2 * seat_module.BACKLOG_MAX + 8
    assert len(seat.shown._pictures) < 60, "pictures wait for the reader and are replaced"
    result = accepted(engine.commands[0])
    for _ in range(8_000):
        engine.server.answered(result)
    await until(lambda: len(engine.server._seats) == 1)
    assert "does not read; dropped" in engine.notes[-1]
    good.say(Look())
    assert isinstance(await good.hear(), Picture)


async def test_a_watcher_gets_the_past_once_and_pictures_after(engine: Engine) -> None:
    client = await connected(engine)
    client.say(Watch(rate_hz=10.0, history=True), Watch(rate_hz=10.0, history=True))
    frames: list[Reply | None] = []
    for turn in range(24):
        await asyncio.sleep(0.01)
        for seat in engine.server._seats:
            seat.due_at = 0.0
        engine.turn(1_795_176_300.0 + turn)
        engine.server.show()
        frames.append(await client.hear())
    pictures = [frame.nonce for frame in frames if isinstance(frame, Picture)]
    assert sum(isinstance(frame, Past) for frame in frames) == len(past_frames(engine.view))
    assert len(pictures) >= 2
    assert len(set(pictures)) == len(pictures)


async def test_a_look_before_the_first_picture_is_answered_by_the_first(engine: Engine) -> None:
    view, engine.view = engine.view, None
    client = await connected(engine)
    client.say(Look())
    (seat,) = engine.server._seats
    await until(lambda: seat.is_looking)
    engine.server.show()
    engine.view = view
    engine.server.show()
    engine.server.show()
    assert isinstance(await client.hear(), Picture)
    assert len(seat.shown._pictures) == 1


async def test_the_idlest_client_makes_room_so_that_a_command_always_gets_in(engine: Engine) -> None:
    crowd = [await connected(engine) for _ in range(SEATS_MAX)]
    late = await connected(engine)
    late.say(act("k", Verb.KILL))
    await until(lambda: engine.commands)
    assert len(engine.server._seats) == SEATS_MAX
    assert await crowd[0].hear() == Refused(text="too many clients")


async def test_a_crowd_of_scripts_costs_no_console_its_seat_and_the_one_in_control_goes_last(engine: Engine) -> None:
    console = Hello(schema=SCHEMA, name="ann", is_console=True, claims=True)
    clients = [await connected(engine, says_hello=False) for _ in range(SEATS_MAX)]
    for client in clients[:2]:
        client.say(console)
        await until(lambda: engine.operators.standing().consoles == clients.index(client) + 1)  # noqa: B023
    for client in clients[2:]:
        client.say(Hello(schema=SCHEMA, name="script"), Watch(rate_hz=10.0))
    held = engine.operators.standing().holder
    for _ in range(SEATS_MAX):
        (await connected(engine)).say(Watch(rate_hz=10.0))
    assert (engine.operators.standing().consoles, engine.operators.standing().holder) == (2, held)
    for _ in range(SEATS_MAX):
        (await connected(engine, says_hello=False)).say(console)
        await asyncio.sleep(0)
    await until(lambda: engine.operators.standing().consoles == SEATS_MAX)
    assert engine.operators.standing().holder == held


async def test_a_client_that_says_nothing_is_let_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seat_module, "HELLO_WITHIN_S", 0.01)
    client = await connected(engine, says_hello=False)
    assert isinstance(await client.hear(), Welcome)
    assert await client.hear() == Refused(text="no hello in time")
