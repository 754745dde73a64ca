"""The line to the venue: its limits on connections, and lines that cannot be trusted: F50, F68."""

import asyncio
import heapq
import random
import socket
import ssl
import types
from pathlib import Path

import msgspec
import pytest

from mmtui.venues.hyperliquid import ws
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.limits import CONNECTIONS_PER_MINUTE, SocketLimits
from mmtui.venues.hyperliquid.networks import MAINNET
from mmtui.venues.hyperliquid.ws import Socket, SocketEvents, SocketLostError, connect_websockets

UNTRUSTED = Path(__file__).with_name("untrusted.pem")


class VirtualTime:
    """A clock that moves to the next sleeper's time when everybody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self._count += 1
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + max(0.0, seconds), self._count, woken))
        await woken

    async def run_until(self, at: float) -> None:
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if not self._sleepers or self._sleepers[0][0] > at:
                return
            due, _, woken = heapq.heappop(self._sleepers)
            self.now = max(self.now, due)
            if not woken.done():
                woken.set_result(None)


async def test_f50_in_a_storm_of_reconnects_many_sockets_stay_within_the_connections_of_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    time, tried = VirtualTime(), []
    virtual = types.SimpleNamespace(**vars(asyncio))
    virtual.sleep = time.sleep
    monkeypatch.setattr(ws, "asyncio", virtual)

    async def refuse(_: str):
        tried.append(time.now)
        raise SocketLostError("refused")

    events = SocketEvents(on_message=lambda _: None, on_up=lambda: None, on_down=lambda _: None)
    limits = SocketLimits()
    sockets = [
        Socket("wss://nowhere", events, clock=time.clock, limits=limits, rng=random.Random(n), connect=refuse)
        for n in range(12)
    ]
    for one in sockets:
        one.start()
    await time.run_until(1_600.0)
    for one in sockets:
        await one.stop()
    for start in tried:
        assert sum(start <= at < start + 60.0 for at in tried) <= CONNECTIONS_PER_MINUTE
    assert [at for at in tried if at > 1_540.0], "it never gives up"


@pytest.fixture
async def impostor():
    """A TLS server on this machine whose certificate nobody vouches for; yields its port and what it heard."""
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(UNTRUSTED)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], heard


async def test_f68_a_certificate_that_nobody_vouches_for_hears_nothing_from_us(impostor) -> None:
    port, heard = impostor
    with pytest.raises(SocketLostError):
        await connect_websockets(f"wss://localhost:{port}/ws")
    network = msgspec.structs.replace(MAINNET, rest_url=f"https://localhost:{port}")
    rest = Rest(network, clock=lambda: 0.0)
    await rest.open()
    answer = await rest.exchange(b'{"signature":"secret"}', 1)
    await rest.close()
    assert answer.status == 0
    assert not answer.has_left, "nothing left this machine, so nothing can have been carried out"
    assert heard == []


async def test_f68_a_name_that_does_not_resolve_is_a_failed_request_that_never_left(monkeypatch) -> None:
    def unknown(*_args, **_options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    network = msgspec.structs.replace(MAINNET, rest_url="https://venue.invalid")
    rest = Rest(network, clock=lambda: 0.0)
    await rest.open()
    answer = await rest.info({"type": "meta"})
    await rest.close()
    assert answer.status == 0
    assert not answer.has_left
    with pytest.raises(SocketLostError):
        await connect_websockets("wss://venue.invalid/ws")
