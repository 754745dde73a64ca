"""A venue that answers as it is told: for what a working exchange never does on request."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

from mmtui.domain.events import AnyEvent
from mmtui.domain.instrument import Side
from mmtui.domain.intents import APPROVAL_KEY, Approved, CancelOrders, PlaceOrders
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.venues.hyperliquid.client import HyperliquidVenue, VenueOptions
from mmtui.venues.hyperliquid.desk import Credentials
from mmtui.venues.hyperliquid.networks import Network
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.session import Patience
from mmtui.venues.hyperliquid.signing import Secret, Signer
from tests.canary import KEY

ADDRESS = "0xc21233f180ca21eace036f9b369b055179ddecf8"
MASTER = "0x" + "ab" * 20
WAIT_S = 10.0

INFO: dict[str, Any] = {
    "perpDexs": [None, {"name": "xyz"}, {"name": "hyna", "deployerFeeScale": "1.0"}],
    "meta": {
        "universe": [{"name": "hyna:BTC", "szDecimals": 5, "maxLeverage": 20}],
        "collateralToken": 235,
    },
    "spotMeta": {"tokens": [{"name": "USDC", "index": 0}, {"name": "USDE", "index": 235}], "universe": []},
    "userRole": {"role": "agent", "data": {"user": MASTER}},
    "userAbstraction": "default",
    "userFees": {"userCrossRate": "0.00045", "userAddRate": "0.00015", "activeReferralDiscount": "0.0"},
    "userRateLimit": {"cumVlm": "1000.5", "nRequestsUsed": 40, "nRequestsCap": 11000},
    "frontendOpenOrders": [],
    "clearinghouseState": {
        "marginSummary": {
            "accountValue": "1000.5", "totalNtlPos": "0.0", "totalRawUsd": "1000.5", "totalMarginUsed": "0.0"
        },
        "withdrawable": "1000.5",
        "assetPositions": [],
        "time": 1_790_000_000_000,
    },
    "activeAssetData": {"leverage": {"type": "isolated", "value": 5, "rawUsd": "0.0"}},
    "userFillsByTime": [],
    "userFunding": [],
    "orderStatus": {"status": "unknownOid"},
}  # fmt: skip

Respond = Callable[[dict[str, Any]], Any]


def resting(envelope: dict[str, Any]) -> Any:
    """Every order rests, every cancel succeeds."""
    action = envelope["action"]
    if action["type"] == "order":
        statuses = [{"resting": {"oid": 100 + i}} for i in range(len(action["orders"]))]
        return {"status": "ok", "response": {"type": "order", "data": {"statuses": statuses}}}
    if action["type"] == "cancelByCloid":
        statuses = ["success"] * len(action["cancels"])
        return {"status": "ok", "response": {"type": "cancel", "data": {"statuses": statuses}}}
    return {"status": "ok", "response": {"type": "default"}}


def silent(envelope: dict[str, Any]) -> Any:
    """Takes the action and says nothing."""
    return None


class ScriptedVenue:
    """Records what it is sent; ``respond`` and ``info`` decide what it says."""

    def __init__(self) -> None:
        self.info = dict(INFO)
        self.respond: Respond = resting
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.info_requests: list[dict[str, Any]] = []
        self.subscribed: list[dict[str, Any]] = []
        self.held_posts: list[tuple[web.WebSocketResponse, int]] = []
        self.sockets: list[tuple[web.WebSocketResponse, web.Request]] = []
        self.connections = 0
        self.takes_sockets = True
        self.answers_pings = True
        self.acknowledges = True
        self.http_status = 200
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> "ScriptedVenue":
        app = web.Application()
        app.router.add_post("/info", self._info)
        app.router.add_post("/exchange", self._exchange)
        app.router.add_get("/ws", self._socket)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        self.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def network(self, *, name: str = "testnet", is_mainnet: bool = False) -> Network:
        return Network(name, self.url, "ws" + self.url.removeprefix("http") + "/ws", is_mainnet=is_mainnet)

    def cut(self) -> None:
        """Breaks every socket without a goodbye."""
        for _, request in self.sockets:
            if request.transport is not None:
                request.transport.abort()
        self.sockets.clear()

    async def push(self, frame: Any) -> None:
        """Sends a frame, or raw text, to every socket."""
        text = frame if isinstance(frame, str) else json.dumps(frame)
        for socket, _ in self.sockets:
            await socket.send_str(text)

    async def release(self, body: Any) -> None:
        """Answers the oldest post that was left without an answer."""
        socket, post_id = self.held_posts.pop(0)
        await self._answer(socket, post_id, body)

    async def _info(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.info_requests.append(body)
        answer = self.info[body["type"]]
        if callable(answer):
            answer = answer(body)
        if isinstance(answer, web.Response):
            return answer
        return web.json_response(answer)

    async def _exchange(self, request: web.Request) -> web.Response:
        envelope = await request.json()
        self.received.append(("http", envelope))
        if self.http_status != 200:
            return web.Response(status=self.http_status, text="null")
        return web.json_response(self.respond(envelope))

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.takes_sockets:
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self.sockets.append((socket, request))
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await self._message(socket, json.loads(message.data))
        return socket

    async def _message(self, socket: web.WebSocketResponse, body: dict[str, Any]) -> None:
        if body["method"] == "ping" and self.answers_pings:
            await socket.send_str('{"channel":"pong"}')
        elif body["method"] == "subscribe":
            self.subscribed.append(body["subscription"])
            if self.acknowledges:
                await socket.send_str(json.dumps({"channel": "subscriptionResponse", "data": body}))
        elif body["method"] == "post":
            envelope = body["request"]["payload"]
            self.received.append(("post", envelope))
            answer = self.respond(envelope)
            if answer is None:
                self.held_posts.append((socket, body["id"]))
            else:
                await self._answer(socket, body["id"], answer)

    async def _answer(self, socket: web.WebSocketResponse, post_id: int, body: Any) -> None:
        response = {"type": "action", "payload": body}
        frame = {"channel": "post", "data": {"id": post_id, "response": response}}
        await socket.send_str(json.dumps(frame))


class Inbox:
    """Collects events and waits for the one that matters."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self._changed = asyncio.Event()

    def __call__(self, event: AnyEvent) -> None:
        self.events.append(event)
        self._changed.set()

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def until(self, kind: type[Any], matches: Callable[[Any], bool] = lambda _: True) -> Any:
        """The first event of ``kind`` that matches, past or to come."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for event in self.events:
                    if isinstance(event, kind) and matches(event):
                        return event
                self._changed.clear()
                await self._changed.wait()


async def reached(condition: Callable[[], bool]) -> None:
    """Waits until something outside the inbox has happened."""
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110  the condition may be anything
            await asyncio.sleep(0.005)


def credentials(folder: Path, *, is_mainnet: bool = False, vault: str | None = None) -> Credentials:
    signer = Signer(Secret(KEY), is_mainnet=is_mainnet, vault_address=vault)
    return Credentials(signer, NonceSource(folder / "nonce"))


def client(
    venue: ScriptedVenue,
    folder: Path | None,
    *,
    network: Network | None = None,
    vault: str | None = None,
    **options: Any,
) -> HyperliquidVenue:
    """A client of ``venue`` for hyna:BTC; ``folder`` None means no key."""
    hasty = Patience(watch_s=0.02, renew_s=60.0, drop_s=60.0, resync_s=0.04)
    wanted: dict[str, Any] = {"asset": "BTC", "dex": "hyna", "patience": hasty, **options}
    return HyperliquidVenue(
        network or venue.network(),
        VenueOptions(**wanted),
        clock=time.time,
        credentials=credentials(folder, vault=vault) if folder else None,
        rng=random.Random(1),
    )


def terms(cloid: int = 1, *, price: int = 1_000_000, size: int = 250) -> OrderTerms:
    """A post-only bid on hyna:BTC: price in tenths of a USD, size in 1e-5 BTC."""
    return OrderTerms(
        cloid=f"0x{cloid:032x}",
        side=Side.BUY,
        price=price,
        size=size,
        tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE,
        reduce_only=False,
        level=0,
        created_at=0.0,
        expires_at_ms=0,
    )


def soon_ms() -> int:
    """An expiry as the engine sets it."""
    return int(time.time() * 1000) + 8_000


def place(request_id: int, *orders: OrderTerms, expires_at_ms: int | None = None) -> PlaceOrders:
    return PlaceOrders(
        request_id=request_id,
        orders=tuple(Approved(order, APPROVAL_KEY) for order in orders or (terms(),)),
        expires_at_ms=expires_at_ms or soon_ms(),
    )


def cancel(request_id: int, *cloids: int) -> CancelOrders:
    return CancelOrders(
        request_id=request_id,
        cloids=tuple(f"0x{cloid:032x}" for cloid in cloids),
        expires_at_ms=soon_ms(),
    )
