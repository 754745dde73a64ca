"""A local exchange in a thread of its own, and orders to rest on it."""

import asyncio
from pathlib import Path

from mmtui.domain.cloid import make_cloid
from mmtui.domain.events import ActionAnswered, OutcomeKind
from mmtui.domain.instrument import Side
from mmtui.runtime.clock import wall_ms
from mmtui.runtime.commands.access import open_access
from mmtui.runtime.commands.emergency import _touch
from mmtui.runtime.config import load
from mmtui.venues.exchange.server import ExchangeServer, ServeOptions
from mmtui.venues.hyperliquid import actions


class Server:
    """A local exchange that is up until ``stop``."""

    def __init__(self) -> None:
        import threading

        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.exchange = ExchangeServer(ServeOptions(port=0, seed=5), wall_ms)
        asyncio.run_coroutine_threadsafe(self.exchange.start(), self.loop).result(30)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.exchange.stop(), self.loop).result(30)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(30)
        self.loop.close()


async def place_orders_now(
    *, own: int = 0, foreign: int = 0, coin: str = "BTC", dex: str = "", counter: int = 0
) -> int:
    """Rests buy orders far below the market, ours and another program's; the key is that of the environment.

    Returns the number that the exchange has for the coin.
    """
    config = load(
        path=None,
        environment={},
        flags={"network.base_url": ("x", "localhost"), "trading.asset": ("x", coin), "trading.dex": ("x", dex)},
        folder=Path.cwd(),
    )
    async with open_access(config, needs_key=True) as access:
        instrument = access.instrument()
        bid, _ = await _touch(access, instrument.coin)
        price = instrument.quote_price(Side.BUY, bid * 0.9)
        size = instrument.wire_size(2 * instrument.min_size(price))
        cloids = [make_cloid(7, counter + n) for n in range(own)] + [f"0x{n + 1:032x}" for n in range(foreign)]
        wires = [
            actions.OrderWire(instrument.asset_id, True, instrument.wire_price(price), size, False, actions.GTC, c)
            for c in cloids
        ]
        answer = await access.send(actions.Order(wires, "na"))
        assert isinstance(answer, ActionAnswered)
        assert all(outcome.kind is OutcomeKind.RESTING for outcome in answer.outcomes)
        return instrument.asset_id


def place_orders(*, own: int = 0, foreign: int = 0, coin: str = "BTC") -> None:
    """The same, for tests that are not async."""
    asyncio.run(place_orders_now(own=own, foreign=foreign, coin=coin))
