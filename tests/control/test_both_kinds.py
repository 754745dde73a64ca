"""The console in the engine's own process and one attached beside it: one rule for both."""

import asyncio
from pathlib import Path
from types import SimpleNamespace

from mmtui.domain.commands import Act, Command, CommandResult, CommandStatus, Verb
from mmtui.domain.consultations import KeepPreset, Preview, Unable
from mmtui.runtime.attaching.link import SocketLink
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.server import ControlPort, ControlServer
from mmtui.runtime.link import InProcessLink
from tests.console.pictures import a_view
from tests.control.test_socket_link import until

VIEW = a_view()


class Run:
    """A session with both ways in; the engine keeps what it is given."""

    def __init__(self, folder: Path) -> None:
        self.given: list[Command] = []
        self.consulted: list[object] = []
        self.operators = Operators("sim-BTC-local", lambda _: None)
        loop = SimpleNamespace(sink=lambda event: self.given.append(event.command))
        experts = SimpleNamespace(take=lambda asked, _: self.consulted.append(asked))
        self.inside = InProcessLink(
            loop, SimpleNamespace(latest=VIEW), lambda: 1.0, experts, operators=self.operators, label="op/1 on pts/1"
        )  # type: ignore[arg-type]
        self.path = folder / "sim-BTC-local.sock"
        self.server = ControlServer(
            ControlPort(
                id="sim-BTC-local", run_id="r", version="0", path=self.path, latest=lambda: VIEW,
                send=self.inside.pass_on, clock=lambda: VIEW.engine.at, note=lambda _: None,
                operators=self.operators, consult=lambda *_: lambda: None,
            )
        )  # fmt: skip


async def test_an_attached_console_takes_over_from_the_one_inside_which_can_still_take_risk_off(
    tmp_path: Path,
) -> None:
    run = Run(tmp_path)
    assert await run.server.open()
    rounds = asyncio.create_task(run.server.run())
    run.inside.opened()
    assert run.inside.standing().is_in_control
    attached = SocketLink(run.path, seconds=lambda: 0.0)
    talking = asyncio.create_task(attached.run())
    try:
        await until(lambda: attached.standing().consoles == 2)
        assert attached.standing().holder == "op/1 on pts/1"
        attached.take()
        await until(lambda: not run.inside.standing().is_in_control)
        assert "took control from op/1 on pts/1" in run.inside.standing().text
        run.inside.send(Act(id="op-1", by="op", verb=Verb.RESUME))
        (refused,) = run.inside.results()
        assert (refused.id, refused.status) == ("op-1", CommandStatus.REFUSED)
        run.inside.consult(KeepPreset(id="op-c1", name="calm", values={}))
        run.inside.consult(Preview(id="op-c2", changes={}))
        assert [type(found) for found in run.inside.findings()] == [Unable]
        assert len(run.consulted) == 1
        run.inside.send(Act(id="op-2", by="op", verb=Verb.KILL))
        run.inside.pass_on(Act(id="SIGTERM-1", by="SIGTERM", verb=Verb.STOP))
        assert [command.id for command in run.given] == ["op-2", "SIGTERM-1"]
        run.inside.take()
        await until(lambda: not attached.standing().is_in_control)
        run.inside.closed()
        await until(lambda: attached.standing().holder == "")
    finally:
        attached.close()
        rounds.cancel()
        await run.server.close()
        await asyncio.gather(talking, rounds, return_exceptions=True)


async def test_answers_go_to_the_console_that_asked_though_both_count_from_one(tmp_path: Path) -> None:
    run = Run(tmp_path)
    assert await run.server.open()
    rounds = asyncio.create_task(run.server.run())
    attached = SocketLink(run.path, seconds=lambda: 0.0)
    talking = asyncio.create_task(attached.run())
    try:
        await until(lambda: attached.latest() is not None)
        run.inside.opened()
        attached.send(Act(id="op-1", by="op", verb=Verb.PAUSE))
        await until(lambda: run.given)
        run.inside.send(Act(id="op-1", by="op", verb=Verb.PAUSE))
        for command in run.given:
            result = CommandResult(id=command.id, status=CommandStatus.DONE, text="so", at=1.0)
            if not run.server.answered(result):
                run.inside.answered(result)
        got: list[CommandResult] = []
        await until(lambda: got.extend(attached.results()) or got)
        assert [answer.id for answer in got] == ["op-1"]
        assert [answer.id for answer in run.inside.results()] == ["op-1"]
    finally:
        attached.close()
        rounds.cancel()
        await run.server.close()
        await asyncio.gather(talking, rounds, return_exceptions=True)
