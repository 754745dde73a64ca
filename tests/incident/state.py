"""A state folder as a run leaves it, with a market, pictures, a journal and a log, for bundles and replays."""

import queue
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mmtui.domain.records import ModeChanged, OrderChanged, Record
from mmtui.domain.view import EngineView, LadderView, LogLine, SessionView, View
from mmtui.journal.port import SessionStart
from mmtui.journal.recording import Recorder
from mmtui.journal.segments import Budget, Shelf
from mmtui.journal.sqlite import SqliteJournal

MARKET = "sim-BTC-local"
RUN_ID = "0123abcd"
START_S = 1_760_000_000
ACCOUNT = "0x" + "a1" * 20
TX_HASH = "0x" + "5e" * 32

SESSION = SessionView(
    run_kind="SIM",
    network="sim",
    account=ACCOUNT,
    coin="BTC",
    asset="BTC",
    dex="",
    strategy="simple",
    run_id=RUN_ID,
    started_at=float(START_S),
    price_decimals=1,
    size_decimals=5,
)


def picture(second: int, *, log: tuple[LogLine, ...] = (), engine: EngineView | None = None) -> View:
    mid = 100_000.0 + second
    made = engine or EngineView(at=START_S + float(second), ladder=LadderView(mid=mid))
    return View(session=SESSION, engine=made, log=log)


def line(seq: int, text: str, level: str = "INFO") -> LogLine:
    return LogLine(seq=seq, at=START_S + float(seq), level=level, text=text)


def market_messages(second: int) -> list[tuple[int, bytes]]:
    at_ms = (START_S + second) * 1000
    bid, ask = 100_000 + second, 100_001 + second
    touch = {
        "coin": "BTC",
        "time": at_ms,
        "bbo": [{"px": str(bid), "sz": "1.5", "n": 2}, {"px": str(ask), "sz": "2", "n": 1}],
    }
    trade = {"coin": "BTC", "side": "B", "px": str(ask), "sz": "0.01", "hash": TX_HASH, "time": at_ms, "tid": second}
    return [
        (at_ms, msgspec.json.encode({"channel": "bbo", "data": touch})),
        (at_ms + 5, msgspec.json.encode({"channel": "trades", "data": [trade]})),
    ]


def write_recording(folder: Path, seconds: int, *, said: str = "", views: Sequence[View] = ()) -> None:
    """A market of so many seconds with a picture each, or with the pictures given; ``said`` is told by the venue."""
    recordings = folder / "recordings"
    recordings.mkdir(parents=True, exist_ok=True)
    budget = Budget(kept_bytes=10**9, kept_s=10**9)
    shelf = Shelf(recordings, MARKET, RUN_ID, budget, now=lambda: float(START_S))
    errors: list[str] = []
    recorder = Recorder(shelf.path_at(START_S * 1000), on_error=errors.append, shelf=shelf)
    shown = views or [
        picture(n, log=tuple(line(seq, f"line {seq}") for seq in range(1, n + 2))) for n in range(seconds)
    ]
    if said:
        recorder.record(START_S * 1000, msgspec.json.encode({"channel": "error", "data": said}))
    for second in range(seconds):
        for ts_ms, message in market_messages(second):
            recorder.record(ts_ms, message)
        if second < len(shown):
            recorder.show((START_S + second) * 1000 + 10, shown[second])
    recorder.close()
    assert errors == []


def write_journal(folder: Path, *, reason: str = "", rows: Sequence[Record] = ()) -> None:
    callbacks: queue.SimpleQueue[object] = queue.SimpleQueue()
    journal = SqliteJournal(
        folder / f"{MARKET}.journal.sqlite", post=lambda call, *_: callbacks.put(call), on_error=lambda text: None
    )
    journal.begin_session(
        SessionStart(
            run_id=RUN_ID,
            started_at=float(START_S),
            version="0.1.0",
            network="sim",
            account=ACCOUNT,
            coin="BTC",
            settings={"trading.asset": "BTC", "trading.risk_aversion": 0.3},
        )
    )
    journal.append(
        [
            ModeChanged(at=START_S + 1.0, mode="QUOTING", reason=""),
            OrderChanged(
                at=START_S + 2.0, cloid="0x1", oid=7, state="REJECTED", filled=0, venue_filled=None, reason=reason
            ),
            *rows,
        ]
    )
    journal.close()
