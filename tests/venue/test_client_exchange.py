"""The client against the local exchange: real matching, and a wire that can be cut."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    BookUpdate,
    Certainty,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    OrderReports,
    OrderStatusAnswer,
    OutcomeKind,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import QueryAccount, QueryOrder
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.venues.exchange.server import ExchangeServer, ServeOptions
from mmtui.venues.hyperliquid.client import HyperliquidVenue, VenueOptions
from mmtui.venues.hyperliquid.desk import Credentials
from mmtui.venues.hyperliquid.networks import network
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.session import Patience
from mmtui.venues.hyperliquid.signing import Secret, Signer
from tests.venue.scripted_venue import Inbox, cancel, place, reached, terms

MAKER, TAKER = "11" * 32, "22" * 32


class Proxy:
    """A TCP hop that can be cut, and that can refuse WebSockets while HTTP passes."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writers: set[asyncio.StreamWriter] = set()
        self.takes_sockets = True
        self.url = ""

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65_536)
        if first.startswith(b"GET /ws") and not self.takes_sockets:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        far_writer.write(first)
        pair = {writer, far_writer}
        self._writers |= pair
        with contextlib.suppress(OSError):
            await asyncio.gather(self._copy(reader, far_writer), self._copy(far_reader, writer))
        self._writers -= pair
        for side in pair:
            side.transport.abort()

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        finally:
            target.transport.abort()


class Trader:
    """One client with its inbox, for hyna:BTC."""

    def __init__(self, url: str, key: str, folder: Path) -> None:
        self.inbox = Inbox()
        self.venue = HyperliquidVenue(
            network("localhost", local_url=url),
            VenueOptions(asset="BTC", dex="hyna", patience=Patience(watch_s=0.05, resync_s=0.1)),
            clock=time.time,
            credentials=Credentials(Signer(Secret(key), is_mainnet=False), NonceSource(folder / key[:2])),
        )

    @property
    def instrument(self) -> Instrument:
        return self.venue.instrument

    async def touch(self) -> tuple[int, int]:
        """Best bid and ask in price units, after at least one update."""
        await self.inbox.until(TouchUpdate)
        last = self.inbox.of(TouchUpdate)[-1].touch
        return self.instrument.price_units(last.bid), self.instrument.price_units(last.ask)

    def buy(self, cloid: int, price: int, size: int) -> OrderTerms:
        return terms(cloid, price=self.instrument.floor_price(price), size=size)

    def taker_sell(self, cloid: int, price: int, size: int) -> OrderTerms:
        return OrderTerms(
            cloid=f"0x{cloid:032x}",
            side=Side.SELL,
            price=self.instrument.floor_price(price),
            size=size,
            tif=TimeInForce.IOC,
            purpose=Purpose.FLATTEN,
            reduce_only=False,
            level=0,
            created_at=0.0,
            expires_at_ms=0,
        )


def _soon_ms() -> int:
    return int(time.time() * 1000) + 8_000


@asynccontextmanager
async def exchange() -> AsyncIterator[tuple[ExchangeServer, Proxy]]:
    server = ExchangeServer(ServeOptions(port=0, seed=3), lambda: int(time.time() * 1000))
    await server.start()
    proxy = Proxy(server.port)
    hop = await proxy.start()
    try:
        yield server, proxy
    finally:
        proxy.cut()
        hop.close()
        await server.stop()


@asynccontextmanager
async def trading(url: str, key: str, folder: Path) -> AsyncIterator[Trader]:
    trader = Trader(url, key, folder)
    await trader.venue.open(trader.inbox)
    try:
        yield trader
    finally:
        await trader.venue.close()


async def test_a_session_sees_the_market_and_its_own_orders(tmp_path: Path) -> None:
    async with exchange() as (server, _), trading(server.url, MAKER, tmp_path) as maker:
        assert maker.instrument.coin == "hyna:BTC"
        for kind in (BookUpdate, TouchUpdate, ContextUpdate, TradePrints):
            await maker.inbox.until(kind)
        bid, ask = await maker.touch()
        far = maker.buy(1, bid * 99 // 100, 100)
        crossing = maker.buy(2, ask * 101 // 100, 100)
        maker.venue.send([place(1, far, crossing, expires_at_ms=_soon_ms())])
        answer = await maker.inbox.until(ActionAnswered)
        assert [o.kind for o in answer.outcomes] == [OutcomeKind.RESTING, OutcomeKind.REFUSED]
        assert answer.outcomes[1].reason is RefusalReason.POST_ONLY_WOULD_CROSS
        assert answer.outcomes[1].venue_touch is not None
        maker.venue.ask([QueryOrder(request_id=2, cloid=far.cloid)])
        status = await maker.inbox.until(OrderStatusAnswer)
        assert (status.report.oid, status.report.status) == (answer.outcomes[0].oid, "open")
        maker.venue.send([cancel(3, 1, 77)])
        cancelled = await maker.inbox.until(ActionAnswered, lambda e: e.request_id == 3)
        assert [o.kind for o in cancelled.outcomes] == [OutcomeKind.CANCELLED, OutcomeKind.GONE]
        await maker.inbox.until(OrderReports, lambda e: e.reports[0].status == "canceled")
        assert maker.venue.counts.refused_frames == maker.venue.counts.refused_items == 0


async def test_a_fill_during_a_cut_is_in_the_snapshot_after_it(tmp_path: Path) -> None:
    async with (
        exchange() as (server, proxy),
        trading(proxy.url, MAKER, tmp_path) as maker,
        trading(server.url, TAKER, tmp_path) as taker,
    ):
        bid, _ = await maker.touch()
        maker.venue.send([place(1, maker.buy(1, bid, 1_000), expires_at_ms=_soon_ms())])
        await maker.inbox.until(ActionAnswered)
        proxy.takes_sockets = False
        proxy.cut()
        await maker.inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        taker.venue.send([place(1, taker.taker_sell(1, bid * 98 // 100, 1_000_000), expires_at_ms=_soon_ms())])
        assert (await taker.inbox.until(ActionAnswered)).outcomes[0].kind is OutcomeKind.FILLED
        proxy.takes_sockets = True
        snapshot = await maker.inbox.until(AccountSnapshot)
        assert snapshot.request_id == 0
        assert snapshot.position == 1_000 == sum(fill.side * fill.size for fill in snapshot.fills)
        assert snapshot.open_orders == ()
        assert {fill.cloid for fill in snapshot.fills} == {f"0x{1:032x}"}
        # The stream's own snapshot repeats what the query found, under the same keys.
        streamed = await maker.inbox.until(FillsReceived)
        assert streamed.is_snapshot
        assert {fill.key for fill in streamed.fills} == {fill.key for fill in snapshot.fills}


async def test_orders_go_by_http_while_sockets_are_refused(tmp_path: Path) -> None:
    async with exchange() as (_, proxy), trading(proxy.url, MAKER, tmp_path) as maker:
        bid, _ = await maker.touch()
        proxy.takes_sockets = False
        proxy.cut()
        await maker.inbox.until(ConnectionChanged, lambda e: e.feed is Feed.USER and not e.is_up)
        maker.venue.send([place(1, maker.buy(1, bid * 99 // 100, 100), expires_at_ms=_soon_ms())])
        answer = await maker.inbox.until(ActionAnswered)
        assert answer.outcomes[0].kind is OutcomeKind.RESTING
        proxy.takes_sockets = True
        snapshot = await maker.inbox.until(AccountSnapshot)
        assert [order.cloid for order in snapshot.open_orders] == [f"0x{1:032x}"]


async def test_a_cut_between_order_and_answer_is_unknown_until_the_query_finds_it(tmp_path: Path) -> None:
    async with exchange() as (_, proxy), trading(proxy.url, MAKER, tmp_path) as maker:
        bid, _ = await maker.touch()
        order = maker.buy(1, bid * 99 // 100, 100)
        maker.venue.send([place(1, order, expires_at_ms=_soon_ms())])
        # One turn of the loop writes the message; the exchange answers a block later at the earliest.
        await asyncio.sleep(0.005)
        proxy.cut()
        failed = await maker.inbox.until(ActionFailed)
        assert failed.certainty is Certainty.UNKNOWN
        await maker.inbox.until(AccountSnapshot)
        maker.venue.ask([QueryOrder(request_id=2, cloid=order.cloid)])
        status = await maker.inbox.until(OrderStatusAnswer)
        assert status.report is None or status.report.status == "open"


async def test_an_expired_action_is_a_definite_refusal(tmp_path: Path) -> None:
    async with exchange() as (server, _), trading(server.url, MAKER, tmp_path) as maker:
        bid, _ = await maker.touch()
        past_ms = int(time.time() * 1000) - 60_000
        maker.venue.send([place(1, maker.buy(1, bid * 99 // 100, 100), expires_at_ms=past_ms)])
        failed = await maker.inbox.until(ActionFailed)
        assert (failed.certainty, failed.reason) == (Certainty.NOT_EXECUTED, RefusalReason.EXPIRED)


async def test_every_message_of_a_session_is_a_documented_frame(tmp_path: Path) -> None:
    async with exchange() as (server, _):
        taped: list[bytes] = []
        trader = Trader(server.url, MAKER, tmp_path)
        await trader.venue.open(trader.inbox, tap=taped.append)
        trader.venue.ask([QueryAccount(request_id=1, fills_since_ms=_soon_ms() - 60_000)])
        await trader.inbox.until(AccountSnapshot)
        await trader.inbox.until(BookUpdate)
        await reached(lambda: len(taped) > 20)
        await trader.venue.close()
        assert trader.venue.counts.refused_frames == 0
        channels = {msgspec.json.decode(message)["channel"] for message in taped}
        assert {"subscriptionResponse", "l2Book", "bbo", "userFills"} <= channels
