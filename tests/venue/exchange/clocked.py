"""A served exchange in the test's own loop, its clock to be set forward, and signed requests to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import coincurve
import msgspec

from mmtui.venues.exchange.gateway.options import ServeOptions
from mmtui.venues.exchange.server import ExchangeServer
from mmtui.venues.hyperliquid.digest import address_of, l1_digest, user_signed_digest
from tests.venue.exchange.served import RULES, WAIT_S, quiet_exchange, wall_ms

KEY = coincurve.PrivateKey(bytes(range(1, 33)))
OTHER_KEY = coincurve.PrivateKey(bytes(range(2, 34)))


def address(key: coincurve.PrivateKey = KEY) -> str:
    return address_of(key.public_key.format(compressed=False))


def signature(digest: bytes, key: coincurve.PrivateKey) -> dict[str, object]:
    raw = key.sign_recoverable(digest, hasher=None)
    r, s = (hex(int.from_bytes(half, "big")) for half in (raw[:32], raw[32:64]))
    return {"r": r, "s": s, "v": 27 + raw[64]}


def signed(
    action: dict[str, object],
    nonce: int,
    *,
    key: coincurve.PrivateKey = KEY,
    vault: str | None = None,
    expires: int | None = None,
) -> dict[str, Any]:
    digest = l1_digest(action, nonce, is_mainnet=False, vault_address=vault, expires_after_ms=expires)
    envelope = {"action": action, "nonce": nonce, "signature": signature(digest, key)}
    return envelope | {"vaultAddress": vault, "expiresAfter": expires}


def approval(agent: str, nonce: int, *, name: str = "", key: coincurve.PrivateKey = KEY) -> dict[str, Any]:
    action: dict[str, object] = {
        "type": "approveAgent",
        "hyperliquidChain": "Testnet",
        "signatureChainId": "0x66eee",
        "agentAddress": agent,
        "agentName": name,
        "nonce": nonce,
    }
    return {"action": action, "nonce": nonce, "signature": signature(user_signed_digest(action), key)}


def order(price: str = "99000", size: str = "0.01", *, is_buy: bool = True, tif: str = "Alo") -> dict[str, object]:
    one = {"a": 0, "b": is_buy, "p": price, "s": size, "r": False, "t": {"limit": {"tif": tif}}}
    return {"type": "order", "orders": [one], "grouping": "na"}


class Clocked:
    """A client of a server whose clock the test can set forward."""

    def __init__(self) -> None:
        self._ahead_ms = 0
        exchange, self.markets = quiet_exchange(self.now_ms(), RULES)
        self.exchange = exchange

    def now_ms(self) -> int:
        return wall_ms() + self._ahead_ms

    def jump(self, milliseconds: int) -> None:
        self._ahead_ms += milliseconds

    async def post(self, path: str, body: object, *, kind: str = "application/json") -> tuple[int, Any]:
        """Status and answer, decoded when it is JSON."""
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": kind}
        async with self.session.post(self.server.url + path, data=data, headers=headers) as response:
            answer = await response.read()
            is_json = response.content_type == "application/json"
            return response.status, msgspec.json.decode(answer) if is_json else answer.decode()

    async def info(self, kind: str, **request: object) -> Any:
        status, answer = await self.post("/info", {"type": kind} | request)
        assert status == 200, answer
        return answer

    async def act(self, action: dict[str, object], nonce: int | None = None, **options: Any) -> Any:
        status, answer = await self.post("/exchange", signed(action, nonce or self.now_ms(), **options))
        assert status == 200, answer
        return answer

    @asynccontextmanager
    async def socket(self) -> AsyncIterator["Socket"]:
        async with self.session.ws_connect(self.server.url + "/ws") as connected:
            yield Socket(connected)

    @asynccontextmanager
    async def running(self, options: ServeOptions) -> AsyncIterator["Clocked"]:
        self.server = ExchangeServer(options, self.now_ms, exchange=self.exchange)
        async with aiohttp.ClientSession() as self.session:
            await self.server.start()
            try:
                yield self
            finally:
                await self.server.stop()


class Socket:
    """A WebSocket client."""

    def __init__(self, connected: aiohttp.ClientWebSocketResponse) -> None:
        self.connected = connected

    async def send(self, message: object) -> None:
        await self.connected.send_str(message if isinstance(message, str) else msgspec.json.encode(message).decode())

    async def subscribe(self, kind: str, **parameters: object) -> None:
        await self.send({"method": "subscribe", "subscription": {"type": kind} | parameters})

    async def frame(self) -> Any:
        """The next frame."""
        message = await self.connected.receive(timeout=WAIT_S)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return msgspec.json.decode(message.data)

    async def hear(self, channel: str) -> Any:
        """The data of the next frame of a channel; frames of others are passed over."""
        async with asyncio.timeout(WAIT_S):
            while True:
                frame = await self.frame()
                if frame["channel"] == channel:
                    return frame.get("data")


@asynccontextmanager
async def clocked(**options: Any) -> AsyncIterator[Clocked]:
    """A client of a running server."""
    async with Clocked().running(ServeOptions(port=0, **options)) as client:
        yield client
