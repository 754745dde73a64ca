"""What a crash file holds, and what it never does."""

import json
import stat
from pathlib import Path

import pytest

from mmtui.cli import main
from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import CommandReceived, Tick
from mmtui.domain.parameters import Settings
from mmtui.engine.engine import Engine
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.ending.crash import EVENT_CHARS_MAX, crash_text, state_text
from mmtui.runtime.shell import RECENT_MAX
from tests.canary import KEY


def test_it_names_the_versions_and_the_market_before_the_trace() -> None:
    text = crash_text("Traceback\nZeroDivisionError: x\n", "testnet-BTC-1", "run7")
    head, _, trace = text.partition("\n\n")
    assert head.startswith("mmtui ")
    assert "msgspec 0." in head
    assert head.endswith("market testnet-BTC-1, run run7")
    assert trace == "Traceback\nZeroDivisionError: x\n"


@pytest.fixture(scope="module")
def quoting() -> SimulatedSession:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
    session.run(60)
    return session


@pytest.mark.fault("F94")
def test_it_holds_the_engine_its_orders_and_the_last_events_each_on_a_line(quoting: SimulatedSession) -> None:
    recent = [
        Tick(received_at=1.0),
        CommandReceived(received_at=2.0, command=Act(id="a", by="op", verb=Verb.PAUSE)),
        CommandReceived(received_at=3.0, command=Act(id="x" * 20_000, by="op", verb=Verb.PAUSE)),
    ]
    parts = dict(part.split("\n", 1) for part in state_text(quoting.engine, recent).strip().split("\n\n"))
    assert list(parts) == ["engine", "own orders", "last events"]
    view = json.loads(parts["engine"])
    assert view["mode"] == "QUOTING"
    assert view["parameters"]["trading.asset"] == "ETH"
    assert len(parts["own orders"].splitlines()) == len(quoting.engine.state.ledger.live) > 0
    lines = parts["last events"].splitlines()
    assert [json.loads(line)["type"] for line in lines[:2]] == ["Tick", "CommandReceived"]
    assert len(lines[2]) == EVENT_CHARS_MAX


@pytest.mark.fault("F105")
def test_a_defect_leaves_a_file_that_only_its_owner_reads_and_that_holds_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HYPERLIQUID_PRIVATE_KEY", KEY)
    monkeypatch.setenv("SOME_VARIABLE", "of-the-environment")
    step, count = Engine.step, [0]

    def fails_in_the_end(engine: Engine, event: object) -> object:
        count[0] += 1
        if count[0] == 300:
            raise ZeroDivisionError(f"planted beside {KEY} and {int(KEY, 16)}")
        return step(engine, event)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "step", fails_in_the_end)
    assert main(["--network", "sim", "--no-ui", "--duration", "60", "--metrics-port", "0", "--speed", "5"]) == 4
    (path,) = (tmp_path / "mmtui").glob("crash-*.txt")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert "ZeroDivisionError: planted beside [hidden] and [hidden]" in text
    assert KEY[2:] not in text
    assert "of-the-environment" not in text
    events = text.partition("\nlast events\n")[2].splitlines()
    assert len(events) == RECENT_MAX
    assert '"mode":' in text
    (latch,) = (tmp_path / "mmtui").glob("*.latch.json")
    assert json.loads(latch.read_text())["reason"] == "internal defect"
    assert KEY[2:] not in capfd.readouterr().err
