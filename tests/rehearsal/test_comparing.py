"""Rehearsals: same input, same figures; a change has the effect it must have; too little recorded is said."""

import asyncio
import contextlib
import itertools
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from mmtui.domain.consultations import Rehearse, Rehearsed, Unable
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.view import EngineView, OrderRow, PositionView, SessionView, View
from mmtui.errors import ConfigError
from mmtui.journal.recording import Recorder, read_recording
from mmtui.research.rehearsal.comparing import compare
from mmtui.research.rehearsal.others import Others
from mmtui.runtime.consulting import aside, rehearsing
from mmtui.runtime.consulting.aside import AsideError, work_aside
from mmtui.runtime.consulting.rehearsing import Charge, Compared
from mmtui.venues.exchange.listing import default_listing

MARKET = "mainnet-BTC-a1a1a1a1"
SESSION = SessionView(
    run_kind="LIVE", network="mainnet", account="0xa1", coin="BTC", asset="BTC", dex="", strategy="symmetric",
    run_id="0123abcd", started_at=0.0, price_decimals=1, size_decimals=5,
)  # fmt: skip


def btc() -> Instrument:
    instrument = default_listing().instrument("BTC")
    assert instrument is not None
    return instrument


def record(folder: Path, source: Path, seconds: float, *, position: float | None = None) -> int:
    """The beginning of a recording as a session of ours would have recorded it; returns the last time, ms."""
    rows = list(read_recording(source))
    kept = [row for row in rows if row.ts <= rows[0].ts + seconds * 1000]
    recorder = Recorder(folder / f"{MARKET}-0123abcd.jsonl.zst", on_error=print)
    if position is not None:
        engine = EngineView(at=kept[0].ts / 1000, position=PositionView(size=position))
        recorder.show(kept[0].ts, View(session=SESSION, engine=engine))
    for row in kept:
        recorder.record(row.ts, bytes(row.msg))
    recorder.close()
    return kept[-1].ts


def charge(folder: Path, to_ms: int, changes: dict[str, Value], *, span_s: float = 120.0) -> Charge:
    values: dict[str, Value] = {row.key: value for row, value in Settings.defaults().items()}
    values |= {
        "trading.asset": "BTC",
        "strategy.strategy_type": "symmetric",
        "strategy.half_spread_bps": 0.5,
        "strategy.warmup_on_timeout": "quote",
        "strategy.warmup_timeout_s": 5.0,
    }
    return Charge(
        folder=str(folder),
        market=MARKET,
        to_ms=to_ms,
        span_s=span_s,
        instrument=btc(),
        settings=values,
        changes=changes,
        position=0.0,
        equity_usd=50_000.0,
        round_trip_ms=100.0,
    )


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("recordings")
    return folder, record(folder, shared / "data/hyperliquid/hl_BTC_20250904T1946Z.jsonl.gz", 200.0)


def figures(compared: Compared) -> dict[str, tuple[float | None, float | None]]:
    return {row.name: (row.now, row.then) for row in compared.rows}


def test_the_same_stretch_gives_the_same_figures_twice_and_no_change_gives_no_difference(
    market: tuple[Path, int],
) -> None:
    said: list[str] = []
    first = compare(charge(*market, {}, span_s=60.0), said.append)
    second = compare(charge(*market, {}, span_s=60.0), lambda _: None)
    assert first == second
    assert all(row.now == row.then for row in first.rows)
    assert first.to_at - first.from_at == pytest.approx(60.0)
    assert "queue" in first.note
    assert said == sorted(said, key=lambda text: int(text.split()[0]))
    assert len(said) >= 9


def test_a_wider_quote_is_wider_and_fills_less(market: tuple[Path, int]) -> None:
    wider = compare(charge(*market, {"strategy.half_spread_bps": 14.0}), lambda _: None)
    told = figures(wider)
    now_spread, then_spread = told["quoted spread"]
    assert now_spread is not None
    assert then_spread is not None
    assert then_spread > now_spread + 4.0
    now_fills, then_fills = told["fills"]
    assert now_fills is not None
    assert then_fills is not None
    assert now_fills > then_fills
    both = told["both sides quoted"][0]
    assert both is not None
    assert both > 50.0


def test_the_inventory_of_the_beginning_is_that_of_the_recorded_picture(tmp_path: Path, shared: Path) -> None:
    source = shared / "data/hyperliquid/hl_BTC_20250904T1946Z.jsonl.gz"
    to_ms = record(tmp_path, source, 60.0, position=-0.004)
    done = compare(charge(tmp_path, to_ms, {}, span_s=30.0), lambda _: None)
    largest = figures(done)["largest position"][0]
    assert largest is not None
    assert largest >= 0.004


def test_too_little_recorded_says_how_much_there_is(tmp_path: Path, shared: Path) -> None:
    to_ms = record(tmp_path, shared / "data/hyperliquid/hl_BTC_20250904T1946Z.jsonl.gz", 20.0)
    with pytest.raises(ConfigError, match=r"only (19|20) s of this market are recorded"):
        compare(charge(tmp_path, to_ms, {}), lambda _: None)
    with pytest.raises(ConfigError, match="only 0 s"):
        compare(charge(tmp_path / "nowhere", to_ms, {}), lambda _: None)


def test_a_change_that_the_engine_refuses_is_refused_with_its_words(market: tuple[Path, int]) -> None:
    with pytest.raises(ConfigError, match="the engine refuses this"):
        compare(charge(*market, {"trading.asset": "ETH"}, span_s=30.0), lambda _: None)


def line(ts: int, channel: str, data: object) -> bytes:
    return b'{"ts":%d,"msg":%b}\n' % (ts, msgspec.json.encode({"channel": channel, "data": data}))


def book(ts: int, bid: str, ask: str) -> bytes:
    levels = [[{"px": "100", "sz": bid, "n": 1}], [{"px": "101", "sz": ask, "n": 1}]]
    return line(ts, "l2Book", {"coin": "BTC", "time": ts, "levels": levels})


def touch(ts: int, bid: str, ask: str) -> bytes:
    sides = [{"px": "100.0", "sz": bid, "n": 1}, {"px": "101.0", "sz": ask, "n": 1}]
    return line(ts, "bbo", {"coin": "BTC", "time": ts, "bbo": sides})


def report(ts: int, size: str, status: str) -> bytes:
    order = {"coin": "BTC", "side": "B", "limitPx": "100.0", "sz": size, "oid": 7, "timestamp": ts, "origSz": "2"}
    return line(ts, "orderUpdates", [{"order": order, "status": status, "statusTimestamp": ts}])


def test_our_own_orders_are_taken_out_of_the_recorded_books() -> None:
    recorded = [
        book(1, "5", "4"),
        report(2, "2", "open"),
        book(3, "7", "4"),
        touch(4, "2", "4"),
        touch(5, "3.5", "4"),
        report(6, "0.0", "canceled"),
        book(7, "5", "4"),
    ]
    left = [msgspec.json.decode(row) for row in Others(5).lines(recorded)]
    books = [row["msg"]["data"] for row in left]
    bids = [data["levels"][0][0]["sz"] if "levels" in data else data["bbo"][0]["sz"] for data in books]
    assert [float(size) for size in bids] == [5.0, 5.0, 1.5, 5.0]
    assert [row["ts"] for row in left] == [1, 3, 5, 7], "a touch that was all ours is left out"


def test_orders_that_rested_before_the_stretch_are_known_from_the_first_picture() -> None:
    order = OrderRow(
        cloid="0x1", oid=7, side="BUY", level=0, price=100.0, size=2.0, filled=0.5, state="Resting", age_s=1.0
    )
    view = View(session=SESSION, engine=EngineView(at=1.0, orders=(order,)))
    recorded = [line(1, "mmtui.picture", msgspec.to_builtins(view)), book(2, "5", "4")]
    (left,) = (msgspec.json.decode(row) for row in Others(5).lines(recorded))
    assert float(left["msg"]["data"]["levels"][0][0]["sz"]) == 3.5


async def test_a_rehearsal_runs_in_a_process_of_its_own_and_tells_how_far_it_is(market: tuple[Path, int]) -> None:
    heard: list[bytes] = []
    asked = msgspec.json.encode(charge(*market, {}, span_s=30.0))
    done = await asyncio.wait_for(work_aside("mmtui.research.rehearsal", asked, heard.append, limit_s=60.0), 90)
    compared = msgspec.json.decode(done, type=Compared)
    assert compared.trouble == ""
    assert compared == compare(charge(*market, {}, span_s=30.0), lambda _: None)
    await asyncio.sleep(0)
    assert len(heard) >= 9
    assert all(one <= other for one, other in itertools.pairwise(sorted(heard)))


async def test_a_process_that_fails_is_told_of_and_one_too_slow_is_ended() -> None:
    with pytest.raises(AsideError, match="came to nothing"):
        await work_aside("mmtui.research.rehearsal", b"not json", lambda _: None, limit_s=60.0)
    with pytest.raises(AsideError, match="longer than"):
        await work_aside("mmtui.research.rehearsal", b"{", lambda _: None, limit_s=0.0)


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_process_called_off_while_it_starts_is_ended_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aside.tempfile, "tempdir", str(tmp_path))
    may_start, started = threading.Event(), []
    really_start = aside._start

    def start(module: str, folder: str) -> subprocess.Popen[bytes]:
        may_start.wait(30)
        started.append(really_start(module, folder))
        return started[0]

    monkeypatch.setattr(aside, "_start", start)
    work = asyncio.ensure_future(work_aside("mmtui.research.rehearsal", b"{}", lambda _: None, limit_s=60.0))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    may_start.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    await asyncio.sleep(0)
    assert started[0].returncode == -9
    assert entries(tmp_path) == []


async def test_of_two_rehearsals_at_once_the_other_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    may_end = asyncio.Event()

    async def work(*_: object, **__: object) -> bytes:
        await may_end.wait()
        return msgspec.json.encode(Compared(note="compared"))

    monkeypatch.setattr(rehearsing, "work_aside", work)
    monkeypatch.setattr(rehearsing, "_charge", lambda *_: None)
    settings = Settings.defaults().with_values({"logging.record": True})
    session = SimpleNamespace(latest_view=lambda: 1, parts=SimpleNamespace(settings=settings))
    expert = rehearsing.rehearsing(session)  # type: ignore[arg-type]
    first = asyncio.ensure_future(expert(Rehearse(id="a", changes={}), lambda _: None))
    await asyncio.sleep(0)
    other = await expert(Rehearse(id="b", changes={}), lambda _: None)
    assert isinstance(other, Unable)
    assert "another rehearsal is under way" in other.text
    may_end.set()
    assert isinstance(await first, Rehearsed)
    first = asyncio.ensure_future(expert(Rehearse(id="c", changes={}), lambda _: None))
    await asyncio.sleep(0)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    assert isinstance(await expert(Rehearse(id="d", changes={}), lambda _: None), Rehearsed)


def test_a_process_aside_ends_with_the_one_that_started_it_and_leaves_nothing(
    market: tuple[Path, int], tmp_path: Path
) -> None:
    folder = tmp_path / "aside"
    folder.mkdir()
    child = aside._start("mmtui.research.rehearsal", str(folder))
    assert child.stdin is not None
    assert child.stdout is not None
    with child.stdout:
        child.stdin.write(msgspec.json.encode(charge(*market, {}, span_s=120.0)) + b"\n")
        child.stdin.flush()
        assert child.stdout.readline() == b'"0 % of both runs"\n'
        child.stdin.close()
        child.wait(30)
        assert not folder.exists()
        assert b"rows" not in child.stdout.read(), "it did not finish first"
