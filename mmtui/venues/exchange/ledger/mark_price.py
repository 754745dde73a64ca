"""Oracle and mark of one contract, updated together every three seconds.

Owns the venue's mark rule: the median of the oracle moved by a slow average of the basis, of the
local touch and last trade, and of a half-minute average of that local median where no outside
perp mid is known. Builder dexes move at most one per cent an update. A market may dictate the
context instead. Time is an argument. Source: hyperliquid-protocol.md 8.3.
"""

import math

from mmtui.domain.instrument import Instrument
from mmtui.domain.units import Price

UPDATE_MS = 3_000
BASIS_TIME_CONSTANT_S = 150.0
LOCAL_TIME_CONSTANT_S = 30.0
BUILDER_MOVE_MAX = 0.01


class MarkPrice:
    """The two reference prices of a contract, in price units; ``mark`` is 0 until ``update``."""

    __slots__ = ("_basis", "_instrument", "_local", "_updated_ms", "mark", "oracle")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._basis = 0.0
        self._local = 0.0
        self._updated_ms = 0
        self.mark: Price = 0
        self.oracle: Price = 0

    def dictate(self, mark_usd: float, oracle_usd: float, now_ms: int) -> None:
        """Take both prices from the market; a useless number leaves the old one."""
        self.oracle = self._units(oracle_usd) or self.oracle
        self.mark = self._units(mark_usd) or self.mark or self.oracle
        self._updated_ms = now_ms

    def update(
        self, now_ms: int, oracle_usd: float, *, bid: Price | None, ask: Price | None, last: Price | None
    ) -> None:
        """Compute the mark from the oracle and the local book."""
        oracle = self._units(oracle_usd) or self.oracle
        if oracle == 0:
            return
        self.oracle = oracle
        local = _local_price(bid, ask, last)
        if local is None:
            self.mark = self._limited(oracle)
            self._updated_ms = now_ms
            return
        mid = (bid + ask) / 2 if bid is not None and ask is not None else local
        first = self._updated_ms == 0
        elapsed_s = max(0.0, (now_ms - self._updated_ms) / 1000.0)
        self._basis = _blend(self._basis, mid - oracle, elapsed_s, BASIS_TIME_CONSTANT_S, first=first)
        self._local = _blend(self._local, local, elapsed_s, LOCAL_TIME_CONSTANT_S, first=first)
        self._updated_ms = now_ms
        self.mark = self._limited(round(sorted((oracle + self._basis, local, self._local))[1]))

    def _limited(self, price: Price) -> Price:
        if self.mark and self._instrument.dex:
            step = int(self.mark * BUILDER_MOVE_MAX)
            price = min(max(price, self.mark - step), self.mark + step)
        return max(1, price)

    def _units(self, price_usd: float) -> Price:
        return self._instrument.price_units(price_usd) if 0.0 < price_usd < 1e12 else 0


def _local_price(bid: Price | None, ask: Price | None, last: Price | None) -> float | None:
    known = sorted(price for price in (bid, ask, last) if price is not None)
    if not known:
        return None
    if len(known) == 2:
        return (known[0] + known[1]) / 2
    return known[len(known) // 2]


def _blend(old: float, value: float, elapsed_s: float, time_constant_s: float, *, first: bool) -> float:
    return value if first else value + (old - value) * math.exp(-elapsed_s / time_constant_s)
