"""Candles of every interval, built from the prints.

Owns the bars of each coin. Weeks begin on Monday and months on their first day, UTC; an interval
without a print has no bar. Time is the prints' own. Source: hyperliquid-protocol.md 10.2.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from mmtui.domain.instrument import Instrument
from mmtui.domain.units import Price, Size, format_venue
from mmtui.venues.exchange.gateway.rendering import Row
from mmtui.venues.exchange.records import PublicTrade

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
FIRST_MONDAY_MS = 4 * DAY_MS
CANDLES_KEPT = 5_000
MONTH = "1M"

INTERVALS_MS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
    MONTH: 0,
}


class Candle:
    """One bar; ``last_ms`` is its final millisecond."""

    __slots__ = ("close", "count", "first_ms", "high", "last_ms", "low", "open", "size")

    def __init__(self, first_ms: int, last_ms: int, price: Price) -> None:
        self.first_ms = first_ms
        self.last_ms = last_ms
        self.open = self.high = self.low = self.close = price
        self.size: Size = 0
        self.count = 0

    def add(self, price: Price, size: Size) -> None:
        """Count a print."""
        self.high = max(self.high, price)
        self.low = min(self.low, price)
        self.close = price
        self.size += size
        self.count += 1


class Candles:
    """The bars of every coin and interval."""

    __slots__ = ("_series",)

    def __init__(self) -> None:
        self._series: dict[str, dict[str, deque[Candle]]] = {}

    def add(self, coin: str, trades: Iterable[PublicTrade]) -> None:
        """Count prints, ascending."""
        series = self._series.get(coin)
        if series is None:
            series = {interval: deque(maxlen=CANDLES_KEPT) for interval in INTERVALS_MS}
            self._series[coin] = series
        for trade in trades:
            for interval, bars in series.items():
                if not bars or trade.time_ms > bars[-1].last_ms:
                    bars.append(Candle(*bounds(interval, trade.time_ms), trade.price))
                bars[-1].add(trade.price, trade.size)

    def bars(self, coin: str, interval: str) -> Sequence[Candle]:
        """The bars kept, ascending."""
        return self._series.get(coin, {}).get(interval, ())


def bounds(interval: str, time_ms: int) -> tuple[int, int]:
    """First and last millisecond of the bar that holds ``time_ms``."""
    if interval == MONTH:
        day = datetime.fromtimestamp(time_ms / 1000, UTC)
        first = datetime(day.year, day.month, 1, tzinfo=UTC)
        after = datetime(day.year + day.month // 12, day.month % 12 + 1, 1, tzinfo=UTC)
        return round(first.timestamp() * 1000), round(after.timestamp() * 1000) - 1
    length_ms = INTERVALS_MS[interval]
    offset_ms = FIRST_MONDAY_MS if interval == "1w" else 0
    first_ms = time_ms - (time_ms - offset_ms) % length_ms
    return first_ms, first_ms + length_ms - 1


def render_candle(instrument: Instrument, interval: str, bar: Candle) -> Row:
    """A bar in the venue's shape."""
    decimals = instrument.price_decimals
    return {
        "t": bar.first_ms,
        "T": bar.last_ms,
        "s": instrument.coin,
        "i": interval,
        "o": format_venue(bar.open, decimals),
        "c": format_venue(bar.close, decimals),
        "h": format_venue(bar.high, decimals),
        "l": format_venue(bar.low, decimals),
        "v": format_venue(bar.size, instrument.size_decimals),
        "n": bar.count,
    }
