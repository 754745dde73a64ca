"""Exit codes, summaries, dry runs and refusals of a run."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.cli import main
from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.intents import Finish, LogLevel
from mmtui.domain.parameters import Settings
from mmtui.domain.view import EngineView, PnlView, PositionView
from mmtui.errors import ConfigError, ExitCode
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.runtime.ending.summary import exit_code, last_words, summary
from mmtui.runtime.options import RunOptions
from mmtui.runtime.recovery import Inheritance
from mmtui.runtime.wiring import confirm_mainnet, make_engine, make_strategy, refuse_unguarded, resolved
from mmtui.strategies.registry import BUILT_IN
from mmtui.venues.hyperliquid.networks import network as place

ACCOUNT = "0x" + "ab" * 20


@given(st.booleans(), st.integers(0, 3), st.booleans(), st.booleans())
def test_orders_that_may_remain_outrank_a_kill_which_outranks_a_crash(killed, left, unverified, crashed) -> None:
    finish = Finish(exit_reason="x", is_killed=killed, orders_left=left, unverified=unverified)
    code = exit_code(finish, crashed=crashed)
    if left or unverified:
        assert code is ExitCode.ORDERS_MAY_REMAIN
    elif killed:
        assert code is ExitCode.KILLED
    else:
        assert code is (ExitCode.CRASH if crashed else ExitCode.CLEAN)


def test_a_summary_has_every_promised_field_and_the_least_trusted_provenance() -> None:
    rows = (
        EstimateView(name="kappa_bid", value=2000.0, unit="1/fraction", provenance="learned"),
        EstimateView(name="kappa_ask", value=3000.0, unit="1/fraction", provenance="prior"),
    )
    made = summary(EngineView(at=1.0, estimates=rows), None, "stopped", ExitCode.CLEAN)
    assert set(made) >= {
        "mode", "exit_reason", "fills", "position", "orders_left", "pnl", "quote_uptime", "estimates", "schema",
    }  # fmt: skip
    assert set(made["pnl"]) == {
        "total", "spread_capture", "adverse_selection", "inventory", "fees", "funding", "equity_change",
    }  # fmt: skip
    assert set(made["estimates"]) == {
        "sigma", "kappa", "A", "microprice", "jump_ratio", "book_imbalance", "flow_imbalance",
    }  # fmt: skip
    assert made["estimates"]["kappa"] == {"value": 2500.0, "unit": "1/fraction", "provenance": "prior"}


def on(network: str, **changes: str) -> Settings:
    return Settings.defaults().with_values({"network.base_url": network, **changes})


def test_mainnet_needs_a_word_and_headless_that_word_is_the_account() -> None:
    headless = RunOptions(no_ui=True)
    with pytest.raises(ConfigError, match="confirm_mainnet"):
        confirm_mainnet(on("mainnet"), ACCOUNT, headless)
    with pytest.raises(ConfigError):
        confirm_mainnet(on("mainnet", **{"network.confirm_mainnet": "0x" + "cd" * 20}), ACCOUNT, headless)
    confirm_mainnet(on("mainnet", **{"network.confirm_mainnet": ACCOUNT.upper().replace("X", "x")}), ACCOUNT, headless)
    confirm_mainnet(on("testnet"), ACCOUNT, headless)


def test_mainnet_is_refused_when_both_guards_are_switched_off() -> None:
    off = {"execution.guard": False, "execution.dead_mans_switch": "off"}
    with pytest.raises(ConfigError, match="both are off"):
        refuse_unguarded(on("mainnet", **off))
    for one in ({}, {"execution.guard": False}, {"execution.dead_mans_switch": "off"}):
        refuse_unguarded(on("mainnet", **one))
    for network in ("testnet", "localhost", "sim"):
        refuse_unguarded(on(network, **off))


@pytest.mark.parametrize(("network", "expected"), [("mainnet", True), ("testnet", False), ("localhost", False)])
def test_only_real_money_is_never_quoted_without_a_guard(network: str, expected: bool) -> None:
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", on("sim"))
    parts = SimpleNamespace(
        settings=on(network, **{"trading.asset": "ETH"}),
        network=place(network),
        venue=SimpleNamespace(instrument=session.engine.state.instrument),
    )
    engine = make_engine(parts, Inheritance(), RunOptions(), LogLevel.INFO)  # type: ignore[arg-type]
    assert engine.state.control.must_be_guarded is expected


def test_warm_up_waits_on_mainnet_and_quotes_from_priors_elsewhere() -> None:
    assert resolved(on("mainnet")).text("strategy.warmup_on_timeout") == "wait"
    assert resolved(on("sim")).text("strategy.warmup_on_timeout") == "quote"
    chosen = on("sim", **{"strategy.warmup_on_timeout": "wait"})
    assert resolved(chosen) == chosen


def test_strategies_are_found_by_name_and_an_unknown_name_lists_the_known() -> None:
    for name in BUILT_IN:
        assert make_strategy(on("sim", **{"strategy.strategy_type": name})).name == name
    with pytest.raises(ConfigError, match="ladder"):
        make_strategy(on("sim", **{"strategy.strategy_type": "nope"}))


def test_an_installed_strategy_is_found_through_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.metadata

    point = importlib.metadata.EntryPoint(
        name="mine", value="mmtui.strategies.simple:symmetric_strategy", group="mmtui.strategies"
    )
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: [point])
    assert make_strategy(on("sim", **{"strategy.strategy_type": "mine"})).name == "symmetric"


@pytest.mark.incident("B34")
def test_a_dry_run_shows_the_orders_and_leaves_no_trace_on_the_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main(["--dry-run", "--network", "sim", "--speed", "20", "--metrics-port", "0"]) == 0
    said = capsys.readouterr().out
    assert "nothing is signed" in said
    assert "BUY" in said
    assert "SELL" in said
    assert "bps" in said
    assert not list(tmp_path.rglob("nonces-*"))
    assert not list(tmp_path.rglob("*.sqlite"))


def test_the_last_words_say_what_rests_and_what_is_to_be_done() -> None:
    view = EngineView(at=1.0, position=PositionView(size=-0.00917), pnl=PnlView(total=-8.414))
    clear = Finish(exit_reason="by op", is_killed=False, orders_left=0, unverified=False)
    assert last_words(view, clear, is_latched=False) == (
        "by op; position -0.00917, P&L -8.41 USD; no own order rests, asked twice"
    )
    open_end = Finish(exit_reason="killed: silence", is_killed=True, orders_left=7, unverified=True)
    assert last_words(view, open_end, is_latched=True).endswith(
        "; 7 own orders may rest: run `mmtui cancel-all`; the next start needs `mmtui resume`"
    )


def test_a_run_that_cannot_start_still_writes_its_summary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "end.json"
    assert main(["--no-ui", "--network", "sim", "--asset", "NOPE", "--json-summary", str(path)]) == 2
    written = json.loads(path.read_text())
    assert written["exit_code"] == 2
    assert "AssetNotFound" in written["exit_reason"]
