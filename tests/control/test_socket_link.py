"""A console's link to an engine in another process: control, loss, restart, another version, a slow reader."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.commands import Act, Command, CommandResult, CommandStatus, Verb
from mmtui.domain.consultations import Consultation, Preview, Reported, ReportSection, Unable, Working, WriteBundle
from mmtui.domain.view import LogLine, View
from mmtui.runtime.attaching.errands import FRESH_S
from mmtui.runtime.attaching.link import SocketLink
from mmtui.runtime.consulting.desk import CallOff, Say
from mmtui.runtime.control import frames
from mmtui.runtime.control.frames import FRAME_MAX, FrameReader, Hello, Welcome, decode_request, encode
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.server import ControlPort, ControlServer
from tests.console.pictures import a_view

MARKET = "sim-BTC-local"
RESUME = Act(id="op-1", by="op", verb=Verb.RESUME)
PAUSE = Act(id="op-2", by="op", verb=Verb.PAUSE)


class Engine:
    """The far end: a served socket whose engine a test plays."""

    def __init__(self, folder: Path, run_id: str = "r1") -> None:
        self.view: View = a_view()
        self.commands: list[Command] = []
        self.notes: list[str] = []
        self.consulted: list[tuple[Consultation, Say]] = []
        self.called_off: list[str] = []
        self.path = folder / f"{MARKET}.sock"
        self.operators = Operators(MARKET, self.notes.append)
        self.server = ControlServer(
            ControlPort(
                id=MARKET, run_id=run_id, version="0", path=self.path, latest=lambda: self.view,
                send=self.commands.append, clock=lambda: self.view.engine.at, note=self.notes.append,
                operators=self.operators, consult=self._consult,
            )
        )  # fmt: skip
        self._round: asyncio.Task[None] | None = None

    def _consult(self, consultation: Consultation, say: Say) -> CallOff:
        self.consulted.append((consultation, say))
        return lambda: self.called_off.append(consultation.id)

    async def open(self) -> None:
        assert await self.server.open()
        self._round = asyncio.create_task(self.server.run())

    async def end(self, reason: str = "stopped", code: int = 0) -> None:
        """Ends the session as the runtime does."""
        if self._round is not None:
            self._round.cancel()
        await self.server.close(reason, code)

    def die(self) -> None:
        """Ends as ``kill -9`` ends it: no word, and the socket file stays."""
        assert self._round is not None
        self._round.cancel()
        for seat in list(self.server._seats):
            seat.close()
        assert self.server._server is not None
        self.server._server.close()

    def turn(self, at: float, *lines: str) -> None:
        """Another picture, with lines added to the log."""
        first = self.view.log[-1].seq + 1 if self.view.log else 1
        log = (*self.view.log, *(LogLine(seq=first + i, at=at, level="INFO", text=t) for i, t in enumerate(lines)))
        engine = msgspec.structs.replace(self.view.engine, at=at)
        self.view = msgspec.structs.replace(self.view, engine=engine, log=log)

    def answer(self, status: CommandStatus = CommandStatus.DONE) -> None:
        self.server.answered(CommandResult(id=self.commands[-1].id, status=status, text="so", at=1.0))


class Links:
    """Consoles of a test, closed with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now_s = 0.0
        self._all: list[tuple[SocketLink, asyncio.Task[None]]] = []

    def open(self, **how: bool) -> SocketLink:
        link = SocketLink(self.path, seconds=lambda: self.now_s, **how)
        self._all.append((link, asyncio.create_task(link.run())))
        return link

    async def seated(self, **how: bool) -> SocketLink:
        """A console that has seen a picture and knows where it stands."""
        link = self.open(**how)
        await until(lambda: link.latest() is not None and link.standing().consoles)
        return link

    def kill(self, link: SocketLink) -> None:
        """A console that dies without a word."""
        for one, task in self._all:
            if one is link:
                task.cancel()

    async def close(self) -> None:
        for link, task in self._all:
            link.close()
            task.cancel()
        await asyncio.gather(*(task for _, task in self._all), return_exceptions=True)


async def until(claim: object) -> None:
    for _ in range(1_000):
        if claim():  # type: ignore[operator]
            return
        await asyncio.sleep(0.005)
    raise AssertionError("waited in vain")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmtui.runtime.attaching.link.TRY_FIRST_S", 0.01)
    monkeypatch.setattr("mmtui.runtime.attaching.link.TRY_MOST_S", 0.02)


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = Engine(tmp_path)
    await made.open()
    yield made
    await made.end()


@pytest.fixture
async def links(engine: Engine) -> AsyncIterator[Links]:
    made = Links(engine.path)
    yield made
    await made.close()


async def test_an_attached_console_sees_the_engine_with_the_past_that_belongs_to_it(
    engine: Engine, links: Links
) -> None:
    engine.turn(100.0, *(f"line {number}" for number in range(120)))
    link = await links.seated()
    await until(lambda: len(link.latest().log) == len(engine.view.log))
    assert link.latest().log == engine.view.log
    assert set(link.latest().histories.fine) >= set(engine.view.histories.fine)
    engine.turn(101.0, "after")
    await until(lambda: link.latest().engine.at == 101.0)
    assert link.latest().log[-1].text == "after"
    assert link.latest().engine == engine.view.engine


async def test_a_command_goes_with_the_proof_of_the_picture_and_is_answered_under_its_own_id(
    engine: Engine, links: Links
) -> None:
    link = await links.seated()
    link.send(RESUME)
    await until(lambda: engine.commands)
    (command,) = engine.commands
    assert isinstance(command, Act)
    assert (command.verb, command.seen_at, "/" in command.by) == (Verb.RESUME, engine.view.engine.at, True)
    engine.answer()
    answers: list[CommandResult] = []
    await until(lambda: answers.extend(link.results()) or answers)
    assert [(answer.id, answer.status) for answer in answers] == [("op-1", CommandStatus.DONE)]


async def test_two_consoles_of_one_name_get_their_own_answers_and_only_one_is_in_control(
    engine: Engine, links: Links
) -> None:
    first, second = await links.seated(), await links.seated()
    assert (first.standing().is_in_control, second.standing().is_in_control) == (True, False)
    second.send(RESUME)
    refused: list[CommandResult] = []
    await until(lambda: refused.extend(second.results()) or refused)
    assert refused[0].text.endswith(":take to take over")
    assert engine.commands == []
    second.send(PAUSE)
    await until(lambda: len(engine.commands) == 1)
    second.take()
    await until(lambda: second.standing().is_in_control and not first.standing().is_in_control)
    assert "took control" in first.standing().text
    assert first.standing().news > 0
    second.send(RESUME)
    await until(lambda: len(engine.commands) == 2)
    engine.answer()
    got: list[CommandResult] = []
    await until(lambda: got.extend(second.results()) or got)
    assert first.results() == []


async def test_a_console_that_dies_in_mid_command_leaves_the_command_and_frees_control(
    engine: Engine, links: Links
) -> None:
    first, second = await links.seated(), await links.seated()
    first.send(RESUME)
    await until(lambda: engine.commands)
    first.close()
    await until(lambda: second.standing().holder == "")
    engine.answer()
    assert len(engine.commands) == 1
    third = await links.seated()
    assert third.standing().is_in_control


async def test_a_killed_and_restarted_engine_is_found_again_and_only_what_takes_risk_off_is_repeated(
    tmp_path: Path, engine: Engine, links: Links
) -> None:
    link = await links.seated()
    link.send(RESUME)
    link.send(PAUSE)
    await until(lambda: len(engine.commands) == 2)
    engine.die()
    await until(lambda: link.standing().trouble)
    (unknown,) = link.results()
    assert (unknown.id, unknown.status) == ("op-1", CommandStatus.UNKNOWN)
    link.send(msgspec.structs.replace(RESUME, id="op-3"))
    (refused,) = link.results()
    assert "no connection" in refused.text
    risen = Engine(tmp_path, "r2")
    risen.turn(500.0)
    await risen.open()
    try:
        await until(lambda: risen.commands and link.latest().engine.at == 500.0 and not link.standing().trouble)
        assert [command.verb for command in risen.commands if isinstance(command, Act)] == [Verb.PAUSE]
        assert link.standing().is_in_control
        assert link.standing().text.startswith(f"{MARKET} was started anew")
    finally:
        await risen.end()


async def test_a_pause_that_no_connection_takes_is_answered_once_it_has_waited_too_long(
    engine: Engine, links: Links
) -> None:
    link = await links.seated()
    engine.die()
    await until(lambda: link.standing().trouble)
    link.send(PAUSE)
    assert link.results() == []
    links.now_s += FRESH_S + 0.1
    (unsent,) = link.results()
    assert (unsent.id, unsent.status, "not sent" in unsent.text) == ("op-2", CommandStatus.REFUSED, True)


async def test_the_end_of_the_session_is_told_with_its_reason_and_nobody_knocks_again(
    engine: Engine, links: Links
) -> None:
    link = await links.seated()
    await engine.end("killed by ann: drill", 3)
    await until(lambda: link.is_over)
    assert (link.standing().ended, link.standing().end_code) == ("killed by ann: drill", 3)


async def test_an_engine_of_another_version_is_not_talked_to_and_both_versions_are_named(tmp_path: Path) -> None:
    path = tmp_path / f"{MARKET}.sock"
    heard: list[bytes] = []

    async def old(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode(Welcome(schema=1, id=MARKET, run_id="r", pid=1, version="0.0.9")))
        with contextlib.suppress(OSError):
            heard.append(await reader.read(65_536))
        writer.close()

    server = await asyncio.start_unix_server(old, path=str(path))
    links = Links(path)
    try:
        link = links.open()
        await until(lambda: link.is_over)
        assert "mmtui 0.0.9, schema 1" in link.standing().ended
        assert f"schema {frames.SCHEMA}" in link.standing().ended
        assert "restart it" in link.standing().ended
    finally:
        await links.close()
        server.close()


async def test_an_engine_whose_words_are_not_understood_is_said_to_be_so_and_seldom_asked_again(tmp_path: Path) -> None:
    path = tmp_path / f"{MARKET}.sock"
    calls: list[int] = []

    async def strange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(1)
        writer.write(encode(Welcome(schema=frames.SCHEMA, id=MARKET, run_id="r", pid=1, version="9")))
        writer.write(b"\x00\x00\x00\x14" + b'{"frame":"portrait"}')
        with contextlib.suppress(OSError):
            await reader.read(65_536)
            await reader.read()
        writer.close()

    server = await asyncio.start_unix_server(strange, path=str(path))
    links = Links(path)
    try:
        link = links.open()
        await until(lambda: "does not understand" in link.standing().trouble)
        link.send(PAUSE)
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert len(calls) == 1
        assert not link.is_over
    finally:
        await links.close()
        server.close()


async def test_a_link_that_breaks_by_a_defect_says_so_on_the_screen_and_to_its_caller(
    engine: Engine, links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defective(_: object, __: object) -> View:
        raise ZeroDivisionError

    monkeypatch.setattr("mmtui.runtime.attaching.memory.Memory.completed", defective)
    link = SocketLink(engine.path, seconds=lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        await link.run()
    assert "attach again" in link.standing().trouble
    await until(lambda: engine.operators.standing().consoles == 0)


async def test_a_client_of_another_version_is_told_both_versions_and_let_go(engine: Engine) -> None:
    reader, writer = await asyncio.open_unix_connection(str(engine.path))
    writer.write(encode(Hello(schema=1, name="ann", version="0.0.9")))
    cutter, bodies = FrameReader(), []
    while data := await asyncio.wait_for(reader.read(65_536), 5):
        bodies += cutter.feed(data)
    writer.close()
    refused = frames.decode_reply(bodies[-1])
    assert isinstance(refused, frames.Refused)
    assert "schema 1 (mmtui 0.0.9)" in refused.text
    assert f"schema {frames.SCHEMA}" in refused.text


async def test_a_consultation_is_answered_to_who_asked_under_his_own_id(engine: Engine, links: Links) -> None:
    one, other = await links.seated(), await links.seated()
    one.consult(Preview(id="op-c1", changes={"trading.risk_aversion": 0.4}))
    other.consult(Preview(id="op-c1", changes={"trading.risk_aversion": 0.9}))
    await until(lambda: len(engine.consulted) == 2)
    (first, say), (second, _) = engine.consulted
    assert first.id != second.id
    say(Working(id=first.id, text="half way"))
    say(Unable(id=first.id, text="no book"))
    found: list[object] = []
    await until(lambda: found.extend(one.findings()) or len(found) == 2)
    assert found == [Working(id="op-c1", text="half way"), Unable(id="op-c1", text="no book")]
    assert other.findings() == []


async def test_one_console_cannot_keep_all_experts_busy(engine: Engine, links: Links) -> None:
    link = await links.seated()
    for number in range(3):
        link.consult(Preview(id=f"op-c{number}", changes={}))
    found: list[object] = []
    await until(lambda: found.extend(link.findings()) or found)
    assert [type(finding) for finding in found] == [Unable]
    assert len(engine.consulted) == 2


async def test_a_console_that_has_gone_has_nothing_worked_out_for_it(engine: Engine, links: Links) -> None:
    link = await links.seated()
    link.consult(Preview(id="op-c1", changes={}))
    await until(lambda: engine.consulted)
    link.close()
    await until(lambda: engine.called_off)
    ((asked, say),) = engine.consulted
    assert engine.called_off == [asked.id]
    say(Unable(id=asked.id, text="too late"))


async def test_a_finding_that_is_too_long_is_cut_and_arrives(engine: Engine, links: Links) -> None:
    link = await links.seated()
    link.consult(Preview(id="op-c1", changes={}))
    await until(lambda: engine.consulted)
    ((asked, say),) = engine.consulted
    rows = tuple(("x" * 300, str(number)) for number in range(5_000))
    say(Reported(id=asked.id, at=1.0, sections=(ReportSection(title="fills", columns=("a", "b"), rows=rows),)))
    found: list[Reported] = []
    await until(lambda: found.extend(link.findings()) or found)
    (section,) = found[0].sections
    assert 0 < len(section.rows) < 5_000
    assert len(msgspec.json.encode(found[0])) <= FRAME_MAX


async def test_a_broken_connection_answers_whoever_waits_for_a_finding(engine: Engine, links: Links) -> None:
    link = await links.seated()
    link.consult(Preview(id="op-c1", changes={}))
    await until(lambda: engine.consulted)
    engine.die()
    found: list[object] = []
    await until(lambda: found.extend(link.findings()) or found)
    assert found == [Unable(id="op-c1", text="the connection broke; ask again")]


async def test_who_looks_only_is_refused_control_in_words(engine: Engine, links: Links) -> None:
    link = await links.seated(may_take=False)
    assert not link.standing().is_in_control
    link.take()
    await until(lambda: "--read-only" in link.standing().text)
    assert not link.standing().is_in_control


@pytest.mark.parametrize("cell", ["x", "\u2588", "\u28ff", '"', "\U0001f600"])
async def test_the_screen_of_a_very_large_terminal_goes_with_a_bundle_as_far_as_it_fits(
    engine: Engine, links: Links, cell: str
) -> None:
    link = await links.seated()
    screen = "\n".join(cell * 399 for _ in range(220))
    link.consult(WriteBundle(id="b", screen=screen))
    await until(lambda: engine.consulted)
    asked, _ = engine.consulted[0]
    assert isinstance(asked, WriteBundle)
    assert screen.startswith(asked.screen)
    assert len(asked.screen.encode()) > 60_000
    assert link.standing().trouble == ""


def test_a_screen_in_a_bundle_may_be_large_and_other_texts_may_not() -> None:
    body = b'{"frame":"consult","consultation":{"type":"write_bundle","id":"1","screen":"%s","note":"%s"}}'
    decode_request(body % (b"x" * frames.SCREEN_MAX, b"fine"))
    with pytest.raises(frames.FrameError, match="screen"):
        decode_request(body % (b"x" * (frames.SCREEN_MAX + 1), b"fine"))
    with pytest.raises(frames.FrameError, match="longer"):
        decode_request(body % (b"x", b"y" * 300))
