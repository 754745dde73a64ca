"""One WebSocket client: its messages in, its frames out, and what it may use.

Owns the outbox, which is bounded: a client that does not read is closed, and never holds anything up.
Source: hyperliquid-protocol.md 11.1, 11.5, 12.1.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.answers import Answer, encode
from mmtui.venues.exchange.gateway.exchange_route import ActionRoute
from mmtui.venues.exchange.gateway.feeds.frames import echo, frame, is_known
from mmtui.venues.exchange.gateway.feeds.hub import Feeds
from mmtui.venues.exchange.gateway.feeds.subscriptions import (
    AnySubscription,
    PingMessage,
    PostMessage,
    SubscribeMessage,
    decode_message,
    normalised,
    user_of,
)
from mmtui.venues.exchange.gateway.info.route import InfoRoute
from mmtui.venues.exchange.gateway.ip_limits import IpAccount

OUTBOX_FRAMES = 8_192
PONG = b'{"channel":"pong"}'


class Desk(msgspec.Struct, frozen=True):
    """What every connection uses."""

    exchange: Exchange
    feeds: Feeds
    info: InfoRoute
    actions: ActionRoute
    wall_ms: Callable[[], int]


class Connection:
    """A client; ``run`` ends when it leaves or is closed."""

    __slots__ = ("_abort", "_desk", "_feeds", "_ip", "_outbox", "_posts", "_sent_ms", "_socket", "_wake")

    def __init__(self, socket: web.WebSocketResponse, desk: Desk, ip: IpAccount, abort: Callable[[], None]) -> None:
        """``abort`` drops the transport without waiting for the client."""
        self._socket = socket
        self._abort = abort
        self._desk = desk
        self._ip = ip
        self._feeds: set[AnySubscription] = set()
        self._posts: set[asyncio.Task[None]] = set()
        self._outbox: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._sent_ms = desk.wall_ms()

    def send(self, frame_bytes: bytes) -> None:
        """Queue a frame; a client too far behind loses the connection instead."""
        if len(self._outbox) >= OUTBOX_FRAMES:
            self._outbox.clear()
            self._abort()
            return
        self._outbox.append(frame_bytes)
        self._wake.set()

    def is_idle(self, now_ms: int, limit_ms: int) -> bool:
        """Whether nothing was sent for so long that the venue would close."""
        return now_ms - self._sent_ms >= limit_ms

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """Close the socket; ``run`` then ends."""
        await self._socket.close(code=code)

    async def run(self) -> None:
        """Serve the client until it is gone."""
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(message.data)
                elif message.type is WSMsgType.BINARY:
                    self._receive(message.data.decode(errors="replace"))
        finally:
            for task in (writer, *self._posts):
                task.cancel()
            await asyncio.gather(writer, *self._posts, return_exceptions=True)
            for feed in list(self._feeds):
                self._drop(feed)

    async def _write(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    await self._socket.send_frame(self._outbox.popleft(), WSMsgType.TEXT)
                    self._sent_ms = self._desk.wall_ms()

    def _receive(self, text: str) -> None:
        now_ms = self._desk.wall_ms()
        if not self._ip.message(now_ms):
            self._complain("Too many websocket messages sent per minute.")
            return
        try:
            message = decode_message(text)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            self._complain(f"Error parsing JSON into valid websocket request: {text}")
            return
        if isinstance(message, PingMessage):
            self.send(PONG)
        elif isinstance(message, PostMessage):
            self._post(message)
        elif isinstance(message, SubscribeMessage):
            self._subscribe(normalised(message.subscription), now_ms)
        else:
            self._unsubscribe(normalised(message.subscription))

    def _subscribe(self, feed: AnySubscription, now_ms: int) -> None:
        user = user_of(feed)
        refusal = None
        if feed in self._feeds:
            refusal = f"Already subscribed: {echo(feed)}"
        elif not is_known(self._desk.exchange, feed):
            refusal = f"Invalid subscription {echo(feed)}"
        elif not self._ip.may_subscribe():
            refusal = f"Cannot track more than {self._ip.limits.subscriptions} total subscriptions."
        elif user is not None and not self._ip.may_track(user):
            refusal = f"Cannot track more than {self._ip.limits.users} total users."
        if refusal is not None:
            self._complain(refusal)
            return
        self._feeds.add(feed)
        self._ip.subscribe(user)
        self._acknowledge("subscribe", feed)
        self._desk.feeds.subscribe(feed, self, now_ms)

    def _unsubscribe(self, feed: AnySubscription) -> None:
        if feed not in self._feeds:
            self._complain(f"Already unsubscribed: {echo(feed)}")
            return
        self._drop(feed)
        self._acknowledge("unsubscribe", feed)

    def _drop(self, feed: AnySubscription) -> None:
        self._feeds.discard(feed)
        self._ip.unsubscribe(user_of(feed))
        self._desk.feeds.unsubscribe(feed, self)

    def _acknowledge(self, method: str, feed: AnySubscription) -> None:
        self.send(frame("subscriptionResponse", {"method": method, "subscription": feed}))

    def _complain(self, text: str) -> None:
        self.send(frame("error", text))

    def _post(self, message: PostMessage) -> None:
        if len(self._posts) >= self._ip.limits.posts_in_flight:
            self._complain(f"too many pending post requests id={message.id}")
            return
        body = bytes(message.request.payload)
        if message.request.type == "info":
            kind, answer = self._desk.info.answer(body, None)
            data = {"type": kind, "data": msgspec.Raw(answer.body)}
            self._answer(message.id, "info", answer, data)
            return
        task = asyncio.create_task(self._act(message.id, body))
        self._posts.add(task)
        task.add_done_callback(self._posts.discard)

    async def _act(self, post_id: int, body: bytes) -> None:
        answer = await self._desk.actions.answer(body, None)
        self._answer(post_id, "action", answer, msgspec.Raw(answer.body))

    def _answer(self, post_id: int, kind: str, answer: Answer, payload: object) -> None:
        response = {"type": kind, "payload": payload}
        if answer.status != 200:
            response = {"type": "error", "payload": answer.error_text}
        self.send(encode({"channel": "post", "data": {"id": post_id, "response": response}}))
