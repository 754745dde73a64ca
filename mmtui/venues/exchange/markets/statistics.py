"""What a market looks like in numbers: spread, prints, volatility, moves, from any stream of quotes and prints.

Feeds on touches and prints in time order, of a recording or of a synthetic market, and gives the
figures by which the two are compared. Gaps of quotes longer than ``GAP_MS`` count neither towards
time-weighted spreads nor towards returns.
"""

import math
from collections import deque

import msgspec

from mmtui.domain.units import BPS

GAP_MS = 10_000
RETURN_MS = 5_000
MOVE_MS = 60_000
MS_PER_YEAR = 365 * 86_400_000


class MarketStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one stream; zero where there was nothing to measure."""

    span_s: float
    prints_per_s: float
    orders_per_s: float
    traded_usd_per_min: float
    spread_median_bps: float
    spread_p95_bps: float
    volatility_pct_year: float
    move_60s_max_bps: float
    range_bps: float
    burstiness: float
    """Variance over mean of the orders counted per second: 1 for independent arrivals, more if clustered."""


class StatisticsMeter:
    """Accumulates one stream."""

    __slots__ = (
        "_first_ms", "_last_ms", "_mids", "_move_max", "_notional_usd", "_orders", "_prints", "_recent",
        "_spreads", "_touch",
    )  # fmt: skip

    def __init__(self) -> None:
        self._first_ms: int | None = None
        self._last_ms = 0
        self._touch: tuple[int, float, float] | None = None
        self._spreads: dict[float, int] = {}
        self._mids: list[tuple[int, float]] = []
        self._recent: deque[tuple[int, float]] = deque()
        self._move_max = 0.0
        self._prints = 0
        self._notional_usd = 0.0
        self._orders: dict[tuple[int, str], int] = {}

    def on_touch(self, time_ms: int, bid: float, ask: float) -> None:
        """A best bid and ask, in USD, valid from ``time_ms`` on."""
        self._see(time_ms)
        if self._touch is not None:
            since_ms, last_bid, last_ask = self._touch
            held_ms = time_ms - since_ms
            if held_ms <= GAP_MS:
                spread = round((last_ask - last_bid) / ((last_ask + last_bid) / 2.0) * BPS, 3)
                self._spreads[spread] = self._spreads.get(spread, 0) + held_ms
        if bid > 0.0 and ask > 0.0:
            self._touch = (time_ms, bid, ask)
            mid = (bid + ask) / 2.0
            self._mids.append((time_ms, mid))
            self._move(time_ms, mid)

    def on_print(self, time_ms: int, price: float, size: float, order_key: str) -> None:
        """A public trade, USD and base units; ``order_key`` is the same for prints of one order."""
        self._see(time_ms)
        self._prints += 1
        self._notional_usd += price * size
        self._orders[(time_ms, order_key)] = 1

    def result(self) -> MarketStatistics:
        """The figures so far."""
        span_ms = 0 if self._first_ms is None else self._last_ms - self._first_ms
        span_s = span_ms / 1000.0
        mids = [mid for _, mid in self._mids]
        return MarketStatistics(
            span_s=span_s,
            prints_per_s=self._prints / span_s if span_s else 0.0,
            orders_per_s=len(self._orders) / span_s if span_s else 0.0,
            traded_usd_per_min=self._notional_usd / span_s * 60.0 if span_s else 0.0,
            spread_median_bps=self._spread_quantile(0.5),
            spread_p95_bps=self._spread_quantile(0.95),
            volatility_pct_year=self._volatility(),
            move_60s_max_bps=self._move_max * BPS,
            range_bps=(max(mids) / min(mids) - 1.0) * BPS if mids else 0.0,
            burstiness=self._burstiness(),
        )

    def _see(self, time_ms: int) -> None:
        if self._first_ms is None:
            self._first_ms = time_ms
        self._last_ms = max(self._last_ms, time_ms)

    def _move(self, time_ms: int, mid: float) -> None:
        recent = self._recent
        while recent and time_ms - recent[0][0] > MOVE_MS:
            recent.popleft()
        if recent:
            self._move_max = max(self._move_max, abs(mid / recent[0][1] - 1.0))
        recent.append((time_ms, mid))

    def _spread_quantile(self, share: float) -> float:
        target = share * sum(self._spreads.values())
        reached = 0
        for spread in sorted(self._spreads):
            reached += self._spreads[spread]
            if reached >= target:
                return spread
        return 0.0

    def _volatility(self) -> float:
        """Standard deviation of returns over RETURN_MS of the last mid, annualised, in percent."""
        total, count = 0.0, 0
        anchor: float | None = None
        sample_ms = self._mids[0][0] if self._mids else 0
        last_ms, last_mid = (self._mids[0]) if self._mids else (0, 0.0)
        for time_ms, mid in self._mids:
            if time_ms - last_ms > GAP_MS:
                anchor, sample_ms = None, time_ms
            while sample_ms < time_ms:
                if anchor is not None:
                    total += math.log(last_mid / anchor) ** 2
                    count += 1
                anchor = last_mid
                sample_ms += RETURN_MS
            last_ms, last_mid = time_ms, mid
        return math.sqrt(total / count * MS_PER_YEAR / RETURN_MS) * 100.0 if count else 0.0

    def _burstiness(self) -> float:
        if self._first_ms is None or self._last_ms - self._first_ms < 1000:
            return 0.0
        seconds = (self._last_ms - self._first_ms) // 1000
        counts = [0] * (seconds + 1)
        for time_ms, _ in self._orders:
            counts[(time_ms - self._first_ms) // 1000] += 1
        mean = sum(counts) / len(counts)
        return sum((count - mean) ** 2 for count in counts) / len(counts) / mean if mean else 0.0
