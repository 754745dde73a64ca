"""The local exchange as a server: its routes, its blocks and its life.

Owns the HTTP application on the loopback addresses, the task that runs blocks, start and stop. Never
reads a clock: ``wall_ms`` is handed in. Decides nothing of trading. Source: hyperliquid-protocol.md 1.
"""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode, web

from mmtui.errors import ConfigError
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.answers import NOT_JSON_TYPE, TOO_MANY, Answer
from mmtui.venues.exchange.gateway.candles import Candles
from mmtui.venues.exchange.gateway.exchange_route import ActionRoute
from mmtui.venues.exchange.gateway.feeds.connection import Connection, Desk
from mmtui.venues.exchange.gateway.feeds.hub import Feeds
from mmtui.venues.exchange.gateway.info.route import InfoRoute
from mmtui.venues.exchange.gateway.ip_limits import GENEROUS, UNLIMITED, VENUE, IpAccount, IpAccounts, IpLimits
from mmtui.venues.exchange.gateway.market_setup import build_exchange
from mmtui.venues.exchange.gateway.options import Cadence, ServeOptions
from mmtui.venues.exchange.markets.playback import AtEnd

__all__ = [
    "GENEROUS", "UNLIMITED", "VENUE", "AtEnd", "Cadence", "ExchangeServer", "IpLimits", "ServeOptions", "serve",
]  # fmt: skip

LOOPBACK = "127.0.0.1"
LOOPBACK_V6 = "::1"
BODY_BYTES_MAX = 4 * 1024 * 1024
MESSAGE_BYTES_MAX = 1024 * 1024
CLOSE_TIMEOUT_S = 0.5
CATCH_UP_MS = 1_000
"""Blocks run at a stretch when the process was held up; requests are read in between."""


class ExchangeServer:
    """A local exchange that listens. ``wall_ms`` is the clock of everything on the wire."""

    __slots__ = (
        "_addresses", "_blocks", "_closing", "_connections", "_desk", "_options", "_port", "_runner", "_wall_ms",
        "exchange",
    )  # fmt: skip

    def __init__(self, options: ServeOptions, wall_ms: Callable[[], int], *, exchange: Exchange | None = None) -> None:
        """``exchange`` takes the place of the one the options describe. Raises ConfigError for bad options."""
        options.check()
        self._options = options
        self._wall_ms = wall_ms
        self.exchange = exchange or build_exchange(options, wall_ms())
        candles = Candles()
        self._desk = Desk(
            self.exchange,
            Feeds(self.exchange, candles, options.cadence),
            InfoRoute(self.exchange, candles, wall_ms),
            ActionRoute(self.exchange, wall_ms, options.accounts),
            wall_ms,
        )
        self.exchange.set_listener(self._desk.feeds)
        self._addresses = IpAccounts(options.limits)
        self._connections: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._runner: web.AppRunner | None = None
        self._blocks: asyncio.Task[None] | None = None
        self._port = options.port

    @property
    def port(self) -> int:
        """Port listened on; the one asked for until ``start``."""
        return self._port

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``, without a trailing slash."""
        return f"http://{LOOPBACK}:{self._port}"

    async def start(self) -> None:
        """Listen and run blocks. Raises ConfigError for a taken port."""
        sockets = _listen(self._options.port)
        self._port = sockets[0].getsockname()[1]
        application = web.Application(client_max_size=BODY_BYTES_MAX)
        application.router.add_post("/info", self._info)
        application.router.add_post("/exchange", self._act)
        application.router.add_get("/ws", self._connect)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=CLOSE_TIMEOUT_S)
        await self._runner.setup()
        for each in sockets:
            await web.SockSite(self._runner, each).start()
        self._blocks = asyncio.create_task(self._run_blocks())

    async def wait(self) -> None:
        """Return when a recording asks to stop; raise what ended the blocks."""
        if self._blocks is not None:
            await asyncio.shield(self._blocks)

    async def stop(self) -> None:
        """Close every connection and stop; safe to call twice."""
        blocks, self._blocks = self._blocks, None
        runner, self._runner = self._runner, None
        if blocks is not None:
            blocks.cancel()
            await asyncio.gather(blocks, return_exceptions=True)
        leaving = [each.close(WSCloseCode.GOING_AWAY) for each in self._connections]
        await asyncio.gather(*leaving, *self._closing)
        if runner is not None:
            await runner.cleanup()

    async def _run_blocks(self) -> None:
        exchange, feeds = self.exchange, self._desk.feeds
        while not exchange.is_finished():
            now_ms = self._wall_ms()
            until_ms = min(now_ms, exchange.now_ms + CATCH_UP_MS)
            exchange.advance(until_ms)
            feeds.publish(now_ms)
            self._close_idle(now_ms)
            wait_ms = exchange.next_block_ms() - self._wall_ms() if until_ms == now_ms else 0
            await asyncio.sleep(max(0, wait_ms) / 1000.0)

    def _close_idle(self, now_ms: int) -> None:
        limit_ms = self._options.cadence.idle_close_ms
        for connection in [each for each in self._connections if each.is_idle(now_ms, limit_ms)]:
            self._connections.discard(connection)
            task = asyncio.create_task(connection.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _info(self, request: web.Request) -> web.Response:
        async def answer(body: bytes, ip: IpAccount) -> Answer:
            return self._desk.info.answer(body, ip)[1]

        return await self._respond(request, answer)

    async def _act(self, request: web.Request) -> web.Response:
        return await self._respond(request, self._desk.actions.answer)

    async def _respond(
        self, request: web.Request, answer: Callable[[bytes, IpAccount], Awaitable[Answer]]
    ) -> web.Response:
        kind = request.content_type
        if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
            return _response(NOT_JSON_TYPE)
        return _response(await answer(await request.read(), self._addresses.of(request.remote or "")))

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        ip = self._addresses.of(request.remote or "")
        if not ip.connect(self._wall_ms()):
            return _response(TOO_MANY)
        client = web.WebSocketResponse(compress=False, max_msg_size=MESSAGE_BYTES_MAX, timeout=CLOSE_TIMEOUT_S)
        transport = request.transport
        try:
            await client.prepare(request)
            if transport is None:
                return client
            connection = Connection(client, self._desk, ip, transport.abort)
            self._connections.add(connection)
            try:
                await connection.run()
            finally:
                self._connections.discard(connection)
        finally:
            ip.disconnect()
        return client


async def serve(
    options: ServeOptions, wall_ms: Callable[[], int], *, on_ready: Callable[[ExchangeServer], None]
) -> None:
    """Run a server until its recordings end or the task is cancelled; ``on_ready`` is called once it listens."""
    server = ExchangeServer(options, wall_ms)
    await server.start()
    try:
        on_ready(server)
        await server.wait()
    finally:
        await server.stop()


def _response(answer: Answer) -> web.Response:
    content_type = "application/json" if answer.is_json else "text/plain"
    return web.Response(body=answer.body, status=answer.status, content_type=content_type)


def _listen(port: int) -> list[socket.socket]:
    """Sockets on both loopback addresses; IPv6 only where the machine has it and the port is free."""
    first = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        first.bind((LOOPBACK, port))
    except OSError as error:
        first.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise ConfigError(
            f"port {port} of {LOOPBACK} cannot be listened on: {error.strerror}",
            remedy="stop what uses it, or give another --port",
        ) from error
    sockets = [first]
    if socket.has_ipv6:
        second = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            second.bind((LOOPBACK_V6, first.getsockname()[1]))
            sockets.append(second)
        except OSError:
            second.close()
    return sockets
