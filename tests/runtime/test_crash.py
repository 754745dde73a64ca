"""What a crash file holds, and what it never does."""

import json

import pytest

from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import CommandReceived, Tick
from mmtui.domain.parameters import Settings
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.ending.crash import EVENT_CHARS_MAX, crash_text, state_text


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
