"""A local exchange that listens, in a thread with its own loop, for tests with blocking clients."""

import asyncio
import threading
import time
from collections.abc import Coroutine
from typing import Any

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.options import ServeOptions
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings
from mmtui.venues.exchange.server import ExchangeServer
from tests.venue.exchange.quiet_market import QuietMarket

ORACLES_USD = {"BTC": 100_000.0, "ETH": 4_000.0, "hyna:BTC": 100_000.0}
RULES = ExchangeSettings(schedule_cancel_volume_usd=0)
WAIT_S = 20.0
LEVELS = 8


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def quiet_exchange(start_ms: int, rules: ExchangeSettings = RULES) -> tuple[Exchange, dict[str, QuietMarket]]:
    """Books of eight levels a side, a basis point apart, that move only by what a test sends; one block has run."""
    listing = default_listing()
    markets: dict[str, QuietMarket] = {}
    for coin, oracle_usd in ORACLES_USD.items():
        instrument = listing.instrument(coin)
        assert instrument is not None
        market = markets[coin] = QuietMarket(instrument, oracle_usd)
        for side in Side:
            for step in range(1, LEVELS + 1):
                price = instrument.quote_price(side, oracle_usd * (1 - side * step * 1e-4))
                market.send(start_ms, side, price, instrument.size_units(10_000.0 * step / oracle_usd), takes=False)
    exchange = Exchange(listing, list(markets.values()), start_ms=start_ms, settings=rules)
    exchange.advance(exchange.next_block_ms())
    return exchange, markets


class Served:
    """``with Served() as served`` listens on ``served.url`` until the block ends."""

    def __init__(self, options: ServeOptions | None = None) -> None:
        self._options = options or ServeOptions(port=0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.exchange, self.markets = quiet_exchange(wall_ms())
        self.server = ExchangeServer(self._options, wall_ms, exchange=self.exchange)

    @property
    def url(self) -> str:
        return self.server.url

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

    def __enter__(self) -> "Served":
        self._thread.start()
        self.run(self.server.start())
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()
