"""Connecting to an end that resets the connection, at every moment of the opening handshake."""

import asyncio
import socket
import struct
import threading

import pytest
import uvloop
import websockets

from mmtui.venues.hyperliquid import ws
from mmtui.venues.hyperliquid.ws import SocketLostError, connect_websockets

TRIES = 20
HALF_ANSWER = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: webs"
LINGER_NEVER = struct.pack("ii", 1, 0)


def resetting(listener: socket.socket) -> None:
    """Resets each connection at once, or after a word or two."""
    for number in range(TRIES):
        client, _ = listener.accept()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NEVER)
        if number % 4 > 1:
            client.recv(10_000)
        if number % 4 > 2:
            client.sendall(HALF_ANSWER)
        client.close()


async def outcomes(url: str) -> list[str]:
    seen = []
    for _ in range(TRIES):
        with pytest.raises(SocketLostError) as caught:
            await connect_websockets(url)
        seen.append(str(caught.value))
    return seen


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_a_connection_reset_while_it_opens_is_a_lost_one(new_loop) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=resetting, args=(listener,))
        server.start()
        with asyncio.Runner(loop_factory=new_loop) as runner:
            seen = runner.run(outcomes(f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"))
        server.join()
    assert len(seen) == TRIES
    assert all(text.startswith("cannot connect: ") for text in seen)


@pytest.mark.parametrize("error", [websockets.ConnectionClosedError(None, None), websockets.InvalidMessage("cut")])
async def test_whatever_the_library_says_of_a_connection_that_breaks_while_it_opens_is_a_loss(
    error: Exception, monkeypatch
) -> None:
    async def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(ws, "_DirectConnect", breaks)
    with pytest.raises(SocketLostError, match=type(error).__name__):
        await connect_websockets("ws://127.0.0.1:1/ws")
