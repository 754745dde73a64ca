"""Background takers of the synthetic market: small traders, sweeps, and those who know the price.

Each call sends one market order into the book and says how far it reached. Small traders repeat
sides; sweeps take everything up to a limit; informed traders trade only against quotes that the
efficient price has left behind, and so come before the makers' move.
"""

import math
import random

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import BPS, Price, Size
from mmtui.venues.exchange.executions import BACKGROUND, BookOrder, MatchResult, MayFill, Settle
from mmtui.venues.exchange.markets.makers import OidSource
from mmtui.venues.exchange.markets.presets import TakerFlow
from mmtui.venues.exchange.matching import MatchingBook

SWEEP_CAP_USD = 600_000.0
SWEEP_REACH_MAX = 2.5
SMALL_REACH_MAX_BPS = 10.0
INFORMED_SIZE_FACTOR = 8.0


class BackgroundTakers:
    """Draws market orders and sends them."""

    __slots__ = ("_flow", "_instrument", "_last_side", "_oids", "_rng", "_scale")

    def __init__(self, instrument: Instrument, flow: TakerFlow, oids: OidSource, rng: random.Random) -> None:
        self._instrument = instrument
        self._flow = flow
        self._oids = oids
        self._rng = rng
        self._scale: float = float(10**instrument.price_decimals)
        self._last_side = Side.BUY

    def send(
        self, efficient_usd: float, book: MatchingBook, may_fill: MayFill, settle: Settle
    ) -> tuple[MatchResult, float] | None:
        """Send one order of a random kind; None if it found nothing to do.

        Returns the match and the signed move it asks of the efficient price, in bps.
        """
        flow, draw = self._flow, self._rng.random()
        if draw < flow.informed_share:
            return self.send_informed(efficient_usd, book, may_fill, settle)
        mid = self._mid(book)
        if mid is None:
            return None
        side = self._side()
        if draw < flow.informed_share + flow.sweep_share:
            reach_bps = min(self._rng.expovariate(1.0), SWEEP_REACH_MAX) * flow.sweep_reach_bps
            size = self._size(SWEEP_CAP_USD, mid)
        else:
            reach_bps = SMALL_REACH_MAX_BPS
            size = self._size(self._small_usd(), mid)
        # Reach counts from the efficient price: a second sweep starts where the first did, not where it ended.
        taker = self._order(side, efficient_usd * self._scale * (1.0 + side * reach_bps / BPS), size)
        result = book.match(taker, taker.price, may_fill, settle)
        if not result.executions:
            return None
        return result, flow.impact_ratio * (result.executions[-1].price / mid - 1.0) * BPS

    def send_informed(
        self, efficient_usd: float, book: MatchingBook, may_fill: MayFill, settle: Settle
    ) -> tuple[MatchResult, float] | None:
        """Take quotes that are wrong by more than the informed trader's edge; None if there are none."""
        fair = efficient_usd * self._scale
        for side in Side:
            limit = fair * (1.0 - side * self._flow.informed_edge_bps / BPS)
            best = book.best(side.opposite)
            if best is not None and side * (limit - best) >= 0.0:
                size = self._size(INFORMED_SIZE_FACTOR * self._small_usd(), fair)
                taker = self._order(side, limit, size)
                result = book.match(taker, taker.price, may_fill, settle)
                return (result, 0.0) if result.executions else None
        return None

    def _order(self, side: Side, limit: float, size: Size) -> BookOrder:
        price: Price = math.floor(limit) if side is Side.BUY else max(1, math.ceil(limit))
        return BookOrder(self._oids.take(), BACKGROUND, side, price, size, tif="Ioc")

    def _side(self) -> Side:
        if self._rng.random() >= self._flow.side_persistence:
            self._last_side = Side.BUY if self._rng.random() < self._flow.buy_share else Side.SELL
        return self._last_side

    def _small_usd(self) -> float:
        return self._flow.median_usd * math.exp(self._flow.size_log_sigma * self._rng.gauss(0.0, 1.0))

    def _size(self, notional_usd: float, price_units: float) -> Size:
        notional_usd = max(10.0, min(notional_usd, SWEEP_CAP_USD))
        return max(1, self._instrument.floor_size(notional_usd * self._scale / price_units))

    def _mid(self, book: MatchingBook) -> float | None:
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        return None if bid is None or ask is None else (bid + ask) / 2.0
