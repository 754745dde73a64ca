"""The panel on recorded sessions: warm in time, in line with the mid's own volatility, plausible."""

import gzip
import json
import math
from itertools import islice
from pathlib import Path

import pytest

from mmtui.domain.book import Book, Touch, Trade, book_refusal, touch_refusal
from mmtui.domain.estimates import Provenance
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.panel import EstimatorPanel

MESSAGES = 4500


class Session:
    """A recording played into a panel, with the mids seen once a second on the way."""

    def __init__(self, path: Path, size_decimals: int) -> None:
        instrument = Instrument(coin="X", asset_id=0, size_decimals=size_decimals, max_leverage=5)
        self.panel = EstimatorPanel(Settings.defaults(), instrument)
        self.mids: list[tuple[float, float]] = []
        self.warm_after_s: float | None = None
        self.now = self.start = 0.0
        with gzip.open(path, "rt") as lines:
            for line in islice(lines, MESSAGES):
                self.play(json.loads(line))

    def play(self, row: dict) -> None:
        self.now = row["ts"] / 1000
        self.start = self.start or self.now
        channel, payload = row["msg"]["channel"], row["msg"]["data"]
        if channel == "l2Book":
            bids, asks = ([(float(x["px"]), float(x["sz"])) for x in side] for side in payload["levels"])
            book = Book(payload["time"], *map(tuple, zip(*bids, strict=True)), *map(tuple, zip(*asks, strict=True)))
            if book_refusal(book) is None:
                self.panel.on_book(self.now, book)
        elif channel == "bbo" and all(payload["bbo"]):
            bid, ask = payload["bbo"]
            touch = Touch(payload["time"], *(float(x[key]) for x in (bid, ask) for key in ("px", "sz")))
            if touch_refusal(touch) is None:
                self.panel.on_touch(self.now, touch)
        elif channel == "trades":
            for x in payload:
                side = Side.BUY if x["side"] == "B" else Side.SELL
                self.panel.on_trade(
                    self.now, Trade(x["time"], side, float(x["px"]), float(x["sz"]), x["tid"], x["hash"])
                )
        self.watch()

    def watch(self) -> None:
        estimates = self.panel.estimates(self.now)
        if estimates is None:
            return
        if not self.mids or self.now - self.mids[-1][0] >= 1.0:
            self.mids.append((self.now, estimates.mid))
        if self.warm_after_s is None and self.panel.warmup(self.now).is_complete:
            self.warm_after_s = self.now - self.start

    def mid_volatility(self) -> float:
        variance = sum(math.log(b[1] / a[1]) ** 2 for a, b in zip(self.mids, self.mids[1:], strict=False))
        return math.sqrt(variance / (self.mids[-1][0] - self.mids[0][0]))


@pytest.mark.parametrize(
    ("name", "size_decimals"),
    [("hl_BTC_20250904T1946Z", 5), ("hl_ETH_20250904T1946Z", 4), ("hl_WLFI_20250904T1946Z", 0)],
)
def test_a_recorded_session_is_learned_within_a_minute_and_measured_right(
    shared: Path, name: str, size_decimals: int
) -> None:
    session = Session(shared / "data" / "hyperliquid" / f"{name}.jsonl.gz", size_decimals)
    estimates = session.panel.estimates(session.now)
    assert estimates is not None
    assert session.warm_after_s is not None and session.warm_after_s < 60.0
    assert estimates.sigma.provenance is Provenance.LEARNED
    assert estimates.sigma_effective.value == pytest.approx(session.mid_volatility(), rel=0.4)
    for kappa in (estimates.kappa_bid, estimates.kappa_ask):
        assert 2000.0 < kappa.value < 15_000.0
    for intensity in (estimates.intensity_bid, estimates.intensity_ask):
        assert 0.02 < intensity.value < 1.0
    assert abs(estimates.fair.value / estimates.mid - 1.0) <= estimates.signals.market_spread / 2 + 1e-12
    assert not estimates.signals.is_toxic


@pytest.mark.parametrize(
    ("name", "size_decimals"),
    [("hl_BTC_20250904T1946Z", 5), ("hl_ETH_20250904T1946Z", 4), ("hl_WLFI_20250904T1946Z", 0)],
)
def test_second_opinions_on_a_recorded_session_are_near_the_first_ones(
    shared: Path, name: str, size_decimals: int
) -> None:
    session = Session(shared / "data" / "hyperliquid" / f"{name}.jsonl.gz", size_decimals)
    for turn in range(4):
        session.panel.pass_time(session.now + 3.0 * turn)
    estimates, rows = session.panel.estimates(session.now), session.panel.published(session.now)
    assert estimates is not None
    assert 0.4 < rows["kappa_gumbel_ask"].value / estimates.kappa_ask.value < 2.5
    assert 0.4 < rows["A_gumbel_ask"].value / estimates.intensity_ask.value < 2.5
    mid, half = estimates.mid, estimates.signals.market_spread / 2.0
    for price in ("microprice_regression", "microprice_stoikov"):
        assert abs(rows[price].value / mid - 1.0) <= half + 1e-12
    # What followed each lean of the book: the more bids, the higher the mid settles.
    states, tick = session.panel._states, session.panel._states.tick_usd(mid)
    moves = [states.expected_move(mid, lean, tick / mid)[0] for lean in (-0.99, -0.5, 0.0, 0.5, 0.99)]
    assert moves == sorted(moves) and moves[-1] > 0.0
