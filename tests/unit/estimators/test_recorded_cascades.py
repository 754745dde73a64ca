"""The cascade on recorded sessions: silent in ordinary ones, loud in the crash of 2025-10-10.

The recordings hold no mark, oracle or open interest: mark and oracle are the median mid of the last
five seconds, open interest stands still. So only three of the four signs can show.
"""

import csv
import gzip
import json
import statistics
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmtui.domain.book import AssetContext, Touch, Trade
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.panel import EstimatorPanel

CRASH_UNTIL_US = 1_760_131_020_000_000


class Watch:
    """A panel with a context every second, and how long its severity stood above thresholds."""

    def __init__(self, size_decimals: int) -> None:
        instrument = Instrument(coin="X", asset_id=0, size_decimals=size_decimals, max_leverage=5)
        self.panel = EstimatorPanel(Settings.defaults(), instrument)
        self.mids: deque[tuple[float, float]] = deque()
        self.next_at = 0.0
        self.peak = 0.0
        self.extreme_s = 0

    def pass_time(self, now: float, mid: float) -> None:
        if now < self.next_at:
            return
        self.next_at = now + 1.0
        self.mids.append((now, mid))
        while self.mids[0][0] < now - 5.0:
            self.mids.popleft()
        mark = statistics.median(x for _, x in self.mids)
        self.panel.on_context(now, AssetContext(mark, mark, 0.0, 1e6))
        severity = self.panel.cascade(now).severity
        self.peak = max(self.peak, severity)
        self.extreme_s += severity > 0.95


def rows(path: Path) -> Iterator[tuple[float, str, dict]]:
    with gzip.open(path, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            if row["msg"]["channel"] in ("bbo", "trades"):
                yield row["ts"] / 1000, row["msg"]["channel"], row["msg"]["data"]


@pytest.mark.parametrize(
    ("name", "size_decimals"),
    [
        ("hl_BTC_20250904T1946Z", 5),
        ("hl_ETH_20250904T1946Z", 4),
        ("hl_WLFI_20250904T1946Z", 0),
        ("hl_BTC_20250903T1255Z", 5),
    ],
)
def test_an_ordinary_session_never_pulls_quotes(shared: Path, name: str, size_decimals: int) -> None:
    watch = Watch(size_decimals)
    for now, channel, payload in rows(shared / "data" / "hyperliquid" / f"{name}.jsonl.gz"):
        if channel == "bbo" and all(payload["bbo"]):
            touch = Touch(payload["time"], *(float(x[key]) for x in payload["bbo"] for key in ("px", "sz")))
            watch.panel.on_touch(now, touch)
            watch.pass_time(now, touch.mid)
        elif channel == "trades":
            for x in payload:
                side = Side.BUY if x["side"] == "B" else Side.SELL
                watch.panel.on_trade(now, Trade(x["time"], side, float(x["px"]), float(x["sz"]), x["tid"]))
    assert watch.next_at > 0.0
    assert watch.peak < 0.8


def crash_prints(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt") as lines:
        for row in csv.DictReader(lines):
            if int(row["timestamp"]) >= CRASH_UNTIL_US:
                return
            yield row


def test_a_crash_pulls_quotes_and_stays_extreme_long_enough_to_kill(shared: Path) -> None:
    watch = Watch(2)
    last = {Side.BUY: 0.0, Side.SELL: 0.0}
    path = shared / "data" / "crash-20251010" / "binance-cm_AVAXUSD_PERP_20251010T2000Z_trades.csv.gz"
    for tid, row in enumerate(crash_prints(path)):
        now, time_ms, price = int(row["local_timestamp"]) / 1e6, int(row["timestamp"]) // 1000, float(row["price"])
        side = Side.BUY if row["side"] == "buy" else Side.SELL
        last[side] = price
        if 0.0 < last[Side.SELL] < last[Side.BUY]:
            watch.panel.on_touch(now, Touch(time_ms - 1, last[Side.SELL], 1.0, last[Side.BUY], 1.0))
        watch.panel.on_trade(now, Trade(time_ms, side, price, float(row["amount"]) * 10.0 / price, tid))
        watch.pass_time(now, price)
    assert watch.peak > 0.95
    assert watch.extreme_s >= 10
