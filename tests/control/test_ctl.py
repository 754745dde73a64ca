"""`ctl` and `ps` against a served socket: which instance, which exit code, which line."""

import asyncio
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mmtui.cli import main
from mmtui.domain.commands import Act, CancelSide, Command, CommandResult, CommandStatus, SetParameters, Verb
from mmtui.domain.consultations import (
    Consultation,
    Finding,
    Preview,
    Previewed,
    Reported,
    ReportSection,
    Sketch,
    Unable,
    Working,
)
from mmtui.domain.instrument import Side
from mmtui.domain.view import LevelView
from mmtui.runtime.consulting.desk import CallOff, Say
from mmtui.runtime.control import client as client_module
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.control.server import ControlPort, ControlServer
from mmtui.runtime.instances import RunLock, Running, register
from mmtui.runtime.state import MarketFiles, state_folder
from tests.console.pictures import a_view

VIEW = a_view()
MARKET = "sim-BTC-local"


class Served:
    """A socket with no engine behind it, on a loop of its own: it answers what a test tells it to."""

    def __init__(self, folder: Path) -> None:
        self.commands: list[Command] = []
        self.consulted: list[Consultation] = []
        self.operators = Operators(MARKET, lambda _: None)
        self.finding: Callable[[str], Finding] = lambda made: Unable(id=made, text="not now")
        self.status: CommandStatus | None = CommandStatus.ACCEPTED
        self.loop = asyncio.new_event_loop()
        self.path = MarketFiles(folder, MARKET).socket
        self.server = ControlServer(
            ControlPort(
                id=MARKET, run_id="r", version="0", path=self.path, latest=lambda: VIEW, send=self._take,
                clock=lambda: VIEW.engine.at, note=lambda _: None, operators=self.operators,
                consult=self._consult,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.server.open(), self.loop).result(10)
        self._round = asyncio.run_coroutine_threadsafe(self.server.run(), self.loop)

    def _consult(self, consultation: Consultation, say: Say) -> CallOff:
        self.consulted.append(consultation)
        say(Working(id=consultation.id, text="half way"))
        say(self.finding(consultation.id))
        return lambda: None

    def _take(self, command: Command) -> None:
        self.commands.append(command)
        if self.status is not None:
            self.server.answered(CommandResult(id=command.id, status=self.status, text="so it is\x1b[31m", at=1.0))

    def close(self) -> None:
        self._round.cancel()
        asyncio.run_coroutine_threadsafe(self._close(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    async def _close(self) -> None:
        await self.server.close()
        await asyncio.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return state_folder(os.environ)


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    lock = RunLock.take(folder, MARKET, since=1.0)
    made = Served(folder)
    register(folder, running(MARKET, str(made.path)))
    try:
        yield made
    finally:
        made.close()
        lock.release()


def running(market: str, socket: str) -> Running:
    return Running(
        id=market, pid=os.getpid(), network="sim", account="0x1", coin="BTC", started_at=1.0, version="0",
        run_kind="SIM", socket=socket,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["pause"], Act(id="", by="", verb=Verb.PAUSE)),
        (["reduce-only"], Act(id="", by="", verb=Verb.REDUCE_ONLY)),
        (["kill"], Act(id="", by="", verb=Verb.KILL)),
        (["stop"], Act(id="", by="", verb=Verb.STOP)),
        (["resume"], Act(id="", by="", verb=Verb.RESUME, seen_at=VIEW.engine.at)),
        (["flatten"], Act(id="", by="", verb=Verb.FLATTEN, seen_at=VIEW.engine.at)),
        (["undo"], Act(id="", by="", verb=Verb.UNDO, seen_at=VIEW.engine.at)),
        (["cancel-side", "bid"], CancelSide(id="", by="", side=Side.BUY)),
        (
            ["set", "a.b=1", "c.d=x=y"],
            SetParameters(id="", by="", changes={"a.b": "1", "c.d": "x=y"}, seen_at=VIEW.engine.at),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_each_verb_becomes_its_command(
    served: Served, words: list[str], expected: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    import msgspec

    assert main(["ctl", "sim", *words]) == 0
    (command,) = served.commands
    assert msgspec.structs.replace(command, id="", by="") == expected
    assert command.by.endswith(f"/{os.getpid()}")
    assert capsys.readouterr().out == f"{MARKET}: so it is\\x1b[31m\n"


def test_a_refusal_is_one_line_and_exit_code_1(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.status = CommandStatus.REFUSED
    assert main(["ctl", "pause"]) == 1
    assert capsys.readouterr().err == f"mmtui: {MARKET}: pause refused: so it is\\x1b[31m\n"
    assert main(["ctl", "pause", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["status"] == "refused"


def test_an_engine_that_does_not_answer_is_an_error_that_names_the_way_out(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    served.status = None
    real = client_module.ControlClient.__init__
    monkeypatch.setattr(
        client_module.ControlClient, "__init__", lambda self, path, name: real(self, path, name=name, timeout_s=0.2)
    )
    assert main(["ctl", "kill"]) == 1
    assert "does not answer; `mmtui kill` works without it" in capsys.readouterr().err


def test_view_and_ps_carry_the_schema(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "view", "--json"]) == 0
    view = json.loads(capsys.readouterr().out)
    assert (view["schema"], view["session"]["coin"]) == (1, "BTC")
    assert main(["ps", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["schema"] == 1
    assert [(row["id"], row["mode"]) for row in listed["instances"]] == [(MARKET, VIEW.engine.mode.value)]
    assert main(["ctl", "view"]) == 0
    assert VIEW.engine.mode.value in capsys.readouterr().out
    assert main(["ctl", "explain"]) == 0
    assert "in bps" in capsys.readouterr().out


def test_an_explanation_may_be_of_one_level_and_side_as_text_or_json(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ctl", "explain", "--level", "0", "--side", "ask"]) == 0
    text = capsys.readouterr().out
    assert "SELL 0" in text
    assert "BUY" not in text
    assert max(map(len, text.splitlines())) <= 80
    assert main(["ctl", "explain", "--level", "0", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert whole["schema"] == 1
    assert {(one["side"], one["level"]) for one in whole["levels"]} == {("BUY", 0), ("SELL", 0)}
    for one in whole["levels"]:
        assert one["steps"][-1]["running_bps"] == pytest.approx(sum(step["bps"] for step in one["steps"]))
    assert main(["ctl", "explain", "--level", "x"]) == 2
    assert "is no level" in capsys.readouterr().err
    assert main(["ctl", "view", "--level", "0"]) == 2
    assert "belong to explain" in capsys.readouterr().err


def test_status_can_follow_the_engine_that_runs(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--rate", "10"]) == 2
    assert "belongs to --follow" in capsys.readouterr().err
    threading.Timer(0.5, lambda: asyncio.run_coroutine_threadsafe(served.server.close(), served.loop)).start()
    assert main(["status", "--follow", "--rate", "10"]) == 1
    assert capsys.readouterr().out.count(VIEW.engine.mode.value) >= 2


def test_following_goes_on_until_the_engine_ends(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    threading.Timer(0.5, lambda: asyncio.run_coroutine_threadsafe(served.server.close(), served.loop)).start()
    assert main(["ctl", "view", "--follow", "--rate", "10"]) == 1
    said = capsys.readouterr()
    assert said.out.count("BTC") >= 2
    assert "the session has ended" in said.err


@pytest.mark.parametrize(("rate_hz", "least_s"), [(10.0, 5.0), (0.1, 15.0), (1e-300, 86_400.0)])
def test_who_follows_slowly_waits_longer_for_the_next_picture(served: Served, rate_hz: float, least_s: float) -> None:
    with client_module.ControlClient(served.path, name="ann") as client:
        assert next(client.watch(rate_hz)).view.engine.at == VIEW.engine.at
        assert client._socket.gettimeout() >= least_s


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["sim", "fly"], "'fly' is no verb"),
        (["sim"], "'sim' is no verb"),
        (["pause", "--follow"], "belong to view"),
        (["kill", "--rate", "2"], "belong to view"),
        (["other", "pause"], f"running: {MARKET}"),
        (["set", "x"], "KEY=VALUE"),
        (["set"], "nothing to set"),
        (["pause", "now"], "takes nothing more"),
        (["view", "now"], "takes nothing more"),
        (["cancel-side", "up"], "which side"),
        (["view", "--follow", "--rate", "50"], "too fast"),
    ],
)
def test_a_misuse_is_exit_code_2_and_reaches_no_engine(
    served: Served, words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ctl", *words]) == 2
    assert expected in capsys.readouterr().err
    assert served.commands == []


def test_with_several_instances_one_must_be_named(
    served: Served, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = RunLock.take(folder, "sim-ETH-local", since=1.0)
    register(folder, running("sim-ETH-local", ""))
    assert main(["ctl", "pause"]) == 2
    assert f"say one of: {MARKET}, sim-ETH-local" in capsys.readouterr().err
    assert main(["ctl", "sim-E", "pause"]) == 1
    assert "no control socket" in capsys.readouterr().err
    assert main(["ctl", "sim-B", "pause"]) == 0
    other.release()


def test_without_an_instance_there_is_nothing_to_ask(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ctl", "pause"]) == 2
    assert main(["ps"]) == 0
    assert capsys.readouterr().out == "nothing is running\n"


def test_a_preview_says_what_would_be_quoted_as_text_and_as_json(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    level = LevelView(side="BUY", level=0, price=64_000.0, size=0.05, reference=64_001.0)
    then = Sketch(levels=(level,), spread_bps=2.5, limit=1.0, kept=1, cancelled=2, placed=3)
    changes = {"trading.risk_aversion": 0.4}
    served.finding = lambda made: Previewed(
        id=made, at=1.0, changes=changes, now=Sketch(), then=then, note="a \x1b[31mword"
    )
    assert main(["ctl", "preview", "trading.risk_aversion=0.4"]) == 0
    said = capsys.readouterr()
    assert "then: spread 2.50 bp, position limit 1, orders kept 1, cancelled 2, placed 3" in said.out
    assert "BUY    0  0.05       64000" in said.out
    assert "\x1b" not in said.out
    assert "half way" in said.err
    (asked,) = served.consulted
    assert isinstance(asked, Preview)
    assert asked.changes == changes
    assert main(["ctl", "preview", "trading.risk_aversion=0.4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["command"], told["finding"]["then"]["placed"]) == ("preview", 3)


def test_prices_and_sizes_are_printed_with_all_their_digits(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    level = LevelView(side="SELL", level=0, price=1_234_567.0, size=12_345.678, reference=1_234_560.0)
    then = Sketch(levels=(level,), spread_bps=2.5, limit=1_000_000.5)
    served.finding = lambda made: Previewed(id=made, at=1.0, changes={}, now=Sketch(), then=then)
    assert main(["ctl", "preview", "trading.risk_aversion=0.4"]) == 0
    said = capsys.readouterr().out
    assert "SELL   0  12345.678  1234567\n" in said
    assert "position limit 1000000.5," in said


def test_a_table_without_headings_begins_with_its_first_row(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    section = ReportSection(title="Session", columns=("", ""), rows=(("run", "r-1"), ("market", "sim BTC")))
    served.finding = lambda made: Reported(id=made, at=1.0, sections=(section,))
    assert main(["ctl", "report"]) == 0
    assert capsys.readouterr().out == "Session\n  run     r-1\n  market  sim BTC\n\n"


def test_what_cannot_be_worked_out_is_one_line_and_exit_code_1(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ctl", "report"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == f"mmtui: {MARKET}: report: not now"


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["ctl", "preview"], "nothing to try"),
        (["ctl", "preview", "trading.risk_aversion=-3"], "trading.risk_aversion"),
        (["ctl", "rehearse", "no.such=1"], "KEY=VALUE"),
        (["ctl", "bundle", "now"], "takes nothing more"),
        (["ctl", "report", "--note", "x"], "--note belongs to bundle"),
        (["ctl", "preview", "trading.risk_aversion=1", "--span", "60"], "--span belongs to rehearse"),
    ],
)
def test_a_consultation_that_makes_no_sense_reaches_no_engine(
    served: Served, capsys: pytest.CaptureFixture[str], words: list[str], remedy: str
) -> None:
    assert main(words) == 2
    assert remedy in capsys.readouterr().err
    assert served.consulted == []


def test_ps_says_which_console_is_in_control(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    class Screen:
        label = "ann/7 on pts/2"

        def stand(self, standing: object) -> None:
            """Hears and forgets."""

    served.loop.call_soon_threadsafe(served.operators.join, Screen())
    assert main(["ps"]) == 0
    assert "1, in control: ann/7 on pts/2" in capsys.readouterr().out
    assert main(["ps", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["instances"]
    assert (row["in_control"], row["consoles"]) == ("ann/7 on pts/2", 1)


def test_attach_without_a_terminal_names_what_works_without_one(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["attach"]) == 2
    assert f"mmtui ctl {MARKET} view --follow" in capsys.readouterr().err
    assert main(["attach", "nobody"]) == 2
    assert f"running: {MARKET}" in capsys.readouterr().err


def test_a_user_without_a_name_in_an_unnamed_account_can_kill_too(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert main(["ctl", "kill"]) == 0
    assert isinstance(served.commands[0], Act)
    assert served.commands[0].by.startswith(f"{os.getuid()}/")
