"""The commands without an engine, against the local exchange: they do what they say and verify it."""

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmtui.cli import main
from mmtui.domain.commands import Act, Verb
from mmtui.domain.events import ActionAnswered, OutcomeKind
from mmtui.domain.instrument import Side
from mmtui.domain.intents import Latch
from mmtui.domain.parameters import Settings
from mmtui.errors import JournalError
from mmtui.journal.port import SessionStart
from mmtui.journal.sqlite import SqliteJournal
from mmtui.runtime.commands import emergency
from mmtui.runtime.commands.access import Access, open_access
from mmtui.runtime.commands.emergency import _touch
from mmtui.runtime.config import load
from mmtui.runtime.instances import RunLock, Running, register
from mmtui.runtime.state import MarketFiles
from mmtui.runtime.wiring import resolved
from mmtui.venues.hyperliquid import actions
from tests.runtime.local_exchange import Server, place_orders, place_orders_now

KEY = "0x" + "2b" * 32
MARKET = "localhost-BTC-"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def place(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, its own state, a fresh account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HYPERLIQUID_LOCAL_URL", server.exchange.url)
    monkeypatch.setattr("mmtui.runtime.commands.emergency.ROUND_S", 0.3)
    monkeypatch.setattr("mmtui.runtime.commands.emergency.WATCH_S", 0.1)
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 0.5)
    monkeypatch.setattr("mmtui.runtime.commands.killing.WAIT_S", 1.0)
    (tmp_path / "key").write_text(os.urandom(32).hex())
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("MMTUI_KEY_FILE", str(tmp_path / "key"))
    return tmp_path


def command(*words: str) -> int:
    return main(["--network", "localhost", *words])


def state(folder: Path) -> Path:
    return folder / "state/mmtui"


def seen(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert command("status", "--json") == 0
    return json.loads(capsys.readouterr().out)


def announce(folder: Path, market: str, account: str) -> None:
    """An engine that runs, for all that others can see."""
    running = Running(
        id=market, pid=1, network="localhost", account=account, coin="BTC", started_at=1.0, version="0", run_kind="LIVE"
    )
    register(folder, running)


def take_position(side: Side, usd: float) -> None:
    async def send() -> None:
        config = load(path=None, environment={}, flags={"network.base_url": ("x", "localhost")}, folder=Path.cwd())
        async with open_access(config, needs_key=True) as access:
            instrument = access.instrument()
            bid, ask = await _touch(access, "BTC")
            price = instrument.quote_price(side, ask * 1.02 if side is Side.BUY else bid * 0.98)
            size = instrument.wire_size(instrument.floor_size(usd / ask))
            wire = actions.OrderWire(
                instrument.asset_id, side is Side.BUY, instrument.wire_price(price), size, False, actions.IOC
            )
            answer = await access.send(actions.Order([wire], "na"))
            assert isinstance(answer, ActionAnswered)
            assert answer.outcomes[0].kind is OutcomeKind.FILLED

    asyncio.run(send())


def test_status_tells_own_orders_from_foreign_ones(capsys: pytest.CaptureFixture[str]) -> None:
    place_orders(own=2, foreign=1)
    take_position(Side.BUY, 500.0)
    told = seen(capsys)
    orders = told["open_orders"]
    assert isinstance(orders, dict)
    assert (len(orders["own"]), len(orders["foreign"])) == (2, 1)
    assert told["schema"] == 1
    (position,) = told["positions"]  # type: ignore[misc]
    assert position["coin"] == "BTC"
    assert position["value_usd"] == pytest.approx(500.0, rel=0.05)
    assert told["fees"] == {"maker": 0.00015, "taker": 0.00045}
    assert command("status") == 0
    text = capsys.readouterr().out
    assert "own orders: 2" in text
    assert "foreign orders: 1" in text
    assert "requests: " in text


def test_cancel_all_takes_own_orders_and_leaves_foreign_ones(capsys: pytest.CaptureFixture[str]) -> None:
    place_orders(own=3, foreign=2)
    assert command("cancel-all") == 0
    assert "verified by two queries: no own orders left" in capsys.readouterr().out
    orders = seen(capsys)["open_orders"]
    assert isinstance(orders, dict)
    assert (len(orders["own"]), len(orders["foreign"])) == (0, 2)
    assert command("cancel-all", "--all") == 0
    orders = seen(capsys)["open_orders"]
    assert orders == {"own": [], "foreign": []}


@pytest.mark.incident("B5")
def test_orders_that_cannot_be_cancelled_end_in_exit_code_4(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place_orders(own=1)
    monkeypatch.setattr("mmtui.runtime.commands.access.ACTION_LIFE_MS", -5_000)
    assert command("cancel-all") == 4
    assert "may remain" in capsys.readouterr().out


@pytest.mark.parametrize("side", list(Side))
def test_flatten_closes_in_slices_and_never_turns_the_position(capsys: pytest.CaptureFixture[str], side: Side) -> None:
    take_position(side, 2_500.0)
    place_orders(own=1, foreign=1)
    assert command("flatten", "--yes", "--set", "trading.order_notional_usd=500") == 0
    told = capsys.readouterr().out
    assert told.count(f"{side.opposite.name} ") >= 3
    assert told.rstrip().endswith("BTC: flat")
    after = seen(capsys)
    assert after["positions"] == []
    orders = after["open_orders"]
    assert isinstance(orders, dict)
    assert (len(orders["own"]), len(orders["foreign"])) == (0, 1)


def test_a_preview_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    take_position(Side.BUY, 300.0)
    before = seen(capsys)
    assert command("flatten", "--preview") == 0
    told = capsys.readouterr().out
    assert "first order: SELL" in told
    after = seen(capsys)
    assert after["positions"][0]["size"] == before["positions"][0]["size"]  # type: ignore[index]
    assert after["requests"] == before["requests"]


def test_flatten_without_a_terminal_needs_yes(capsys: pytest.CaptureFixture[str]) -> None:
    take_position(Side.BUY, 300.0)
    assert command("flatten") == 2
    assert "--yes" in capsys.readouterr().err


def test_a_market_that_an_engine_trades_is_left_to_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    take_position(Side.BUY, 300.0)
    market = seen(capsys)["engine"]["market"]  # type: ignore[index]
    lock = RunLock.take(state(place), market, since=1.0)
    try:
        assert command("flatten", "--yes") == 2
        assert "running engine" in capsys.readouterr().err
        MarketFiles(state(place), market).latch(Latch(reason="r", detail="", position_base=0.0, at=1.0))
        assert command("resume", "--reason", "x") == 2
    finally:
        lock.release()


def test_kill_cancels_latches_and_resume_clears_with_a_reason(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place_orders(own=2, foreign=1)
    assert command("kill") == 0
    told = seen(capsys)
    orders = told["open_orders"]
    assert isinstance(orders, dict)
    assert (len(orders["own"]), len(orders["foreign"])) == (0, 1)
    assert told["killed"]["reason"] == "killed by hand"  # type: ignore[index]
    assert command("resume", "--reason", "  ") == 2
    assert seen(capsys)["killed"] is not None
    assert command("resume", "--reason", "looked into it") == 0
    assert seen(capsys)["killed"] is None
    (history,) = state(place).glob("*.latches.jsonl")
    assert json.loads(history.read_text())["reason"] == "looked into it"


def test_kill_asks_a_running_engine_and_waits_for_its_latch(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = seen(capsys)
    market, account = told["engine"]["market"], told["account"]  # type: ignore[index]
    folder = state(place)
    lock = RunLock.take(folder, market, since=1.0)
    announce(folder, market, account)
    files = MarketFiles(folder, market)

    def engine() -> None:
        while files.kill_asked() is None:
            threading.Event().wait(0.02)
        files.latch(Latch(reason="kill file", detail="", position_base=0.0, at=2.0))

    thread = threading.Thread(target=engine)
    thread.start()
    try:
        assert command("kill") == 0
    finally:
        thread.join(30)
        lock.release()
    assert "asked to kill itself" in capsys.readouterr().out
    record = files.latched()
    assert record is not None
    assert record.reason == "kill file"


def test_resume_works_without_a_network(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYPERLIQUID_LOCAL_URL", "http://127.0.0.1:1")
    state(place).mkdir(parents=True)
    for account in ("aaaaaaaa", "bbbbbbbb"):
        MarketFiles(state(place), MARKET + account).latch(Latch(reason="r", detail="", position_base=0.0, at=1.0))
    assert command("resume", "--reason", "x") == 2
    assert "several accounts" in capsys.readouterr().err
    which = "network.account_address=0xaaaaaaaa" + "0" * 32
    assert command("resume", "--reason", "x", "--set", which) == 0
    assert [p.name for p in state(place).glob("*.latch.json")] == [f"{MARKET}bbbbbbbb.latch.json"]


@pytest.mark.parametrize("words", [("status",), ("cancel-all",), ("flatten", "--yes"), ("--list-dexs",)])
def test_an_exchange_that_cannot_be_reached_is_one_line_and_exit_code_5(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HYPERLIQUID_LOCAL_URL", "http://127.0.0.1:1")
    assert command(*words) == 5
    error = capsys.readouterr().err
    assert error.startswith("mmtui: the venue cannot be reached")
    assert error.count("\n") == 1


def test_a_kill_without_a_network_is_latched_and_says_that_orders_may_remain(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state(place).mkdir(parents=True)
    (state(place) / f"{MARKET}aaaaaaaa.journal.sqlite").touch()
    monkeypatch.setenv("HYPERLIQUID_LOCAL_URL", "http://127.0.0.1:1")
    assert command("kill") == 4
    told = capsys.readouterr()
    assert told.err.startswith("mmtui: own orders may remain: the venue cannot be reached")
    assert "latched" in told.out
    assert MarketFiles(state(place), MARKET + "aaaaaaaa").latched() is not None


def test_a_kill_watches_until_what_was_signed_before_it_has_expired(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 3.0)
    place_orders(own=1)
    cancel, rounds = emergency.cancel, []

    async def cancel_and_let_one_arrive(access: Access, **keywords: object) -> emergency.Cleared:
        cleared = await cancel(access, **keywords)  # type: ignore[arg-type]
        rounds.append(cleared)
        if len(rounds) == 1:
            await place_orders_now(own=1, counter=50)
        return cleared

    monkeypatch.setattr(emergency, "cancel", cancel_and_let_one_arrive)
    assert command("kill") == 0
    told = capsys.readouterr().out
    assert "watching" in told
    assert told.count("cancelling 1 order") == 2
    orders = seen(capsys)["open_orders"]
    assert orders == {"own": [], "foreign": []}


def test_a_kill_long_after_the_last_signature_watches_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place_orders(own=1)
    (nonces,) = (path for path in state(place).glob("nonces-*") if path.suffix != ".lock")
    nonces.write_text("1700000000000")
    assert command("kill") == 0
    told = capsys.readouterr().out
    assert "nothing can be on its way: this key signed nothing here since 2023-11-14" in told
    assert "watching" not in told


def test_a_kill_cancels_though_there_is_no_state_folder_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 0.1)
    place_orders(own=2)
    usable = os.environ["XDG_STATE_HOME"]
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    assert command("kill") == 1
    told = capsys.readouterr()
    assert "NOT latched" in told.out
    assert "watching" in told.out
    assert told.err == "mmtui: own orders are gone, but the kill is not latched; free the disk and kill again\n"
    monkeypatch.setenv("XDG_STATE_HOME", usable)
    assert seen(capsys)["open_orders"] == {"own": [], "foreign": []}


def test_a_kill_on_a_full_disk_cancels_and_says_that_it_is_not_latched(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place_orders(own=2)

    def full(*_: object) -> None:
        raise JournalError("no space left on device")

    monkeypatch.setattr("mmtui.runtime.state.replace_file", full)
    monkeypatch.setattr("mmtui.venues.hyperliquid.nonces._replace", full)
    assert command("kill") == 1
    told = capsys.readouterr()
    assert "NOT latched: no space left on device" in told.out
    assert "verified by two queries: no own orders left" in told.out
    assert "not latched" in told.err
    assert seen(capsys)["open_orders"] == {"own": [], "foreign": []}


@pytest.mark.fault("F58")
@pytest.mark.parametrize("disk", ["full", "hangs"])
def test_a_kill_on_a_bad_disk_asks_a_running_engine_over_its_socket_and_cancels_from_here(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    monkeypatch.setattr("mmtui.runtime.commands.killing.WAIT_S", 0.5)
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 0.1)
    monkeypatch.setattr("mmtui.runtime.commands.killing.DISK_PATIENCE_S", 0.05)
    monkeypatch.setattr("mmtui.venues.hyperliquid.nonces.DISK_PATIENCE_S", 0.05)
    place_orders(own=2)
    told = seen(capsys)
    market, account = told["engine"]["market"], told["account"]  # type: ignore[index]
    lock = RunLock.take(state(place), market, since=1.0)
    announce(state(place), market, account)
    asked: list[Act] = []
    go_on = threading.Event()

    class Client:
        def __init__(self, path: Path, *, name: str) -> None:
            assert path == MarketFiles(state(place), market).socket

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def ask(self, command: Act) -> None:
            asked.append(command)

    def bad(*_: object) -> None:
        if disk == "hangs":
            go_on.wait(30.0)
        raise JournalError("no space left on device")

    monkeypatch.setattr("mmtui.runtime.commands.killing.ControlClient", Client)
    monkeypatch.setattr("mmtui.runtime.state.replace_file", bad)
    try:
        assert command("kill") == 1
    finally:
        go_on.set()
        lock.release()
    assert [act.verb for act in asked] == [Verb.KILL]
    assert "asked to kill itself" in capsys.readouterr().out
    assert seen(capsys)["open_orders"] == {"own": [], "foreign": []}


def test_an_engine_that_hangs_is_killed_without_it(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place_orders(own=2)
    told = seen(capsys)
    market, account = told["engine"]["market"], told["account"]  # type: ignore[index]
    lock = RunLock.take(state(place), market, since=1.0)
    announce(state(place), market, account)
    try:
        assert command("kill") == 0
    finally:
        lock.release()
    said = capsys.readouterr().out
    assert "did not answer" in said
    assert said.index("latched") < said.index("asked to kill itself")
    assert seen(capsys)["open_orders"] == {"own": [], "foreign": []}
    assert MarketFiles(state(place), market).kill_asked() is not None
    assert command("resume", "--reason", "the engine is gone") == 0
    assert MarketFiles(state(place), market).kill_asked() is None


@pytest.mark.parametrize("how", ["killed once before and still hanging", "ends without a word"])
def test_only_an_engine_that_latched_by_itself_has_answered(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("mmtui.runtime.commands.killing.WAIT_S", 0.5)
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 0.1)
    place_orders(own=1)
    told = seen(capsys)
    market, account = told["engine"]["market"], told["account"]  # type: ignore[index]
    files = MarketFiles(state(place), market)
    lock = RunLock.take(state(place), market, since=1.0)
    announce(state(place), market, account)
    if how == "ends without a word":
        ask = MarketFiles.ask_kill
        monkeypatch.setattr(MarketFiles, "ask_kill", lambda self, reason: (ask(self, reason), lock.release()))
    else:
        assert command("kill") == 0
        capsys.readouterr()
        place_orders(own=1)
    assert command("kill") == 0
    said = capsys.readouterr().out
    assert "its orders are cancelled from here" in said
    assert "on its way" in said or "on their way" in said
    assert files.latched() is not None
    if how != "ends without a word":
        lock.release()


def test_a_kill_that_cannot_read_when_this_key_signed_last_watches_all_the_same(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmtui.runtime.commands.killing.LIFE_S", 0.5)
    place_orders(own=1)
    (nonces,) = (path for path in state(place).glob("nonces-*") if path.suffix != ".lock")
    nonces.write_text("?")
    assert command("kill") == 0
    assert "watching" in capsys.readouterr().out


def test_resume_shows_cause_exchange_and_changes_before_it_takes_a_reason(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    take_position(Side.BUY, 300.0)
    place_orders(own=1, foreign=2)
    market = seen(capsys)["engine"]["market"]  # type: ignore[index]
    files = MarketFiles(state(place), market)
    files.latch(Latch(reason="day loss", detail="-501 of -500", position_base=0.2, at=1_700_000_000.0))
    kept = {**{row.key: value for row, value in resolved(Settings.defaults()).items()}, "trading.asset": "BTC"}
    journal = SqliteJournal(files.journal, post=lambda call: call(), on_error=lambda text: None)
    journal.begin_session(
        SessionStart(
            run_id="r1",
            started_at=1_699_999_000.0,
            version="0.0.9",
            network="localhost",
            account="x",
            coin="BTC",
            settings=kept,
        )
    )
    journal.close()
    assert command("resume", "--set", "risk.stale_kill_s=33") == 2
    told = capsys.readouterr()
    assert "needs a reason" in told.err
    assert "cause     day loss (-501 of -500), 2023-11-14 22:13:20 UTC, position then 0.2" in told.out
    assert ", 1 own and 2 other orders; the next start cancels them first" in told.out
    assert "changed   the program: 0.0.9 -> " in told.out
    assert "changed   risk.stale_kill_s: " in told.out
    assert "warmup_on_timeout" not in told.out, "what a start makes definite has not changed"
    assert files.latched() is not None
    assert command("resume", "--reason", "limit was right, market calmed") == 0
    assert files.latched() is None


@pytest.mark.parametrize("words", [("status",), ("cancel-all",), ("kill",)])
def test_without_a_key_there_is_no_account(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MMTUI_KEY_FILE")
    assert command(*words) == 5
    assert "HYPERLIQUID_PRIVATE_KEY" in capsys.readouterr().err


def test_an_address_is_enough_to_look_and_not_to_act(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MMTUI_KEY_FILE")
    address = ("--set", "network.account_address=0x" + "cd" * 20)
    assert command("status", *address) == 0
    assert "0x" + "cd" * 20 in capsys.readouterr().out
    assert command("cancel-all", *address) == 5


@pytest.mark.parametrize(
    ("words", "code"), [(("--asset", "NOSUCH"), "AssetNotFound"), (("--dex", "nosuch"), "DexNotFound")]
)
def test_unknown_names_are_told_by_the_documents_names(
    words: tuple[str, str], code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("flatten", "--preview", *words) == 2
    assert code in capsys.readouterr().err


@pytest.mark.fault("F105")
def test_a_key_shows_in_no_output_of_any_command(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MMTUI_KEY_FILE")
    for words in (
        ("status",),
        ("status", "--json"),
        ("cancel-all",),
        ("flatten", "--preview"),
        ("kill",),
        ("resume", "--reason", "x"),
        ("effective-config",),
        ("validate-config",),
        ("flatten", "--asset", "NOSUCH"),
    ):
        command(*words, "--private-key", KEY)
        monkeypatch.setenv("HYPERLIQUID_PRIVATE_KEY", KEY)
        command(*words, "--log-level", "info")
        assert "HYPERLIQUID_PRIVATE_KEY" not in os.environ or words[0] in {
            "resume",
            "effective-config",
            "validate-config",
        }
    captured = capsys.readouterr()
    files = b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file() and path.name != "key")
    for form in (KEY[2:], str(int(KEY, 16)), KEY[2:].upper()):
        assert form not in captured.out
        assert form not in captured.err
        assert form.encode() not in files


def test_the_dexes_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--list-dexs") == 0
    assert "hyna" in capsys.readouterr().out
