"""A TCP proxy between the market maker and the exchange that cuts, stalls, delays and garbles on command.

Runs on a thread and a loop of its own, on loopback. Understands just enough of HTTP and of WebSocket frames to
damage what comes back from the exchange in ways that a program must notice: no damage turns one number into another,
as no damage under TLS does.
"""

import asyncio
import collections
import concurrent.futures
import contextlib
import enum
import random
import threading
from collections.abc import Callable, Coroutine
from typing import Any

CHUNK = 65_536
HUGE_BYTES = 5 * 1024 * 1024
HTML = b"<html><body><h1>502 Bad Gateway</h1></body></html>"


class Garble(enum.Enum):
    """What is done to what the exchange says."""

    NOTHING = "nothing"
    FLIP = "flip bytes"
    TRUNCATE = "truncate"
    HTML_OK = "html with status 200"
    HTML_BAD_GATEWAY = "html with status 502"
    HUGE = "frames of five megabytes"


class Proxy:
    """Passes everything on until told otherwise. ``chance`` is how often an answer or a frame is garbled.

    ``on_request`` is called, on the proxy's thread, with every request that leaves the market maker, and ``on_answer``
    with every HTTP request whose answer is on its way back.
    """

    def __init__(self, upstream_port: int, *, seed: int = 1) -> None:
        self.port = 0
        self.garble = Garble.NOTHING
        self.chance = 1.0
        self.delay_s = 0.0
        self.garbled = 0
        self.cuts = 0
        self.accepted = 0
        self.on_request: Callable[[bytes], None] | None = None
        self.on_answer: Callable[[bytes], None] | None = None
        self._upstream_port = upstream_port
        self._rng = random.Random(seed)
        self._links: set[_Link] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_refusing = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._do(self._listen())

    @property
    def url(self) -> str:
        """Where the market maker finds the exchange."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._links)

    def cut(self) -> None:
        """Resets every connection; others can be made at once."""
        self.cuts += 1
        self._do(self._cut())

    def refuse(self) -> None:
        """Resets every connection, and each that is made from now on."""
        self._is_refusing = True
        self.cut()

    def stall(self) -> None:
        """Passes nothing on in either direction and closes nothing: the other end is gone without a word."""
        self._loop.call_soon_threadsafe(self._flowing.clear)

    def heal(self) -> None:
        """Passes everything on, as it is."""
        self._is_refusing = False
        self.garble, self.delay_s = Garble.NOTHING, 0.0
        self._loop.call_soon_threadsafe(self._flowing.set)

    def close(self) -> None:
        """Ends the proxy."""
        self._server.close()
        self._do(self._cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def spoils(self) -> Garble:
        """What to do to the next answer or frame."""
        if self.garble is Garble.NOTHING or self._rng.random() >= self.chance:
            return Garble.NOTHING
        self.garbled += 1
        return self.garble

    def flipped(self, data: bytes) -> bytes:
        """Some bytes of ``data`` with their highest bit set, the first among them: no longer JSON."""
        spoilt = bytearray(data)
        for place in {0, *(self._rng.randrange(len(data)) for _ in range(3))} if data else ():
            spoilt[place] ^= 0x80
        return bytes(spoilt)

    async def passes(self) -> None:
        """Waits while the line is stalled, then for the delay of the line."""
        await self._flowing.wait()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        future: concurrent.futures.Future[Any] = asyncio.run_coroutine_threadsafe(work, self._loop)
        return future.result(10)

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _cut(self) -> None:
        for link in list(self._links):
            link.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        if self._is_refusing:
            writer.transport.abort()
            return
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, (reader, writer), upstream)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)


class _Link:
    """One connection and its continuation to the exchange."""

    def __init__(
        self,
        proxy: Proxy,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._client = client
        self._upstream = upstream
        self._tasks: list[asyncio.Task[None]] = []
        self._asked: collections.deque[bytes] = collections.deque()

    async def run(self) -> None:
        (client_in, client_out), (upstream_in, upstream_out) = self._client, self._upstream
        ways = (self._forward(client_in, upstream_out), self._answer(upstream_in, client_out))
        self._tasks = [asyncio.create_task(way) for way in ways]
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        self.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def abort(self) -> None:
        for task in self._tasks:
            task.cancel()
        for _, writer in (self._client, self._upstream):
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ear = Ear()
        with contextlib.suppress(OSError):
            while data := await reader.read(CHUNK):
                for request in ear.hear(data):
                    if not ear.is_upgraded:
                        self._asked.append(request)
                    if self._proxy.on_request is not None:
                        self._proxy.on_request(request)
                await self._pass(writer, data)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            while not head.startswith(b"HTTP/1.1 101"):
                body = await reader.readexactly(_content_length(head))
                if not await self._http(writer, head, body):
                    return
                head = await reader.readuntil(b"\r\n\r\n")
            await self._pass(writer, head)
            await self._frames(reader, writer)

    async def _http(self, writer: asyncio.StreamWriter, head: bytes, body: bytes) -> bool:
        """Passes an answer on, as it is or not; returns whether the connection lives on."""
        spoilt = self._proxy.spoils()
        if spoilt is Garble.FLIP:
            body = self._proxy.flipped(body)
        elif spoilt in (Garble.HTML_OK, Garble.HTML_BAD_GATEWAY):
            status = b"200 OK" if spoilt is Garble.HTML_OK else b"502 Bad Gateway"
            head = b"HTTP/1.1 %b\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % (status, len(HTML))
            body = HTML
        elif spoilt is Garble.TRUNCATE:
            await self._pass(writer, head + body[: len(body) // 2])
            return False
        await self._pass(writer, head + body)
        request = self._asked.popleft() if self._asked else b""
        if self._proxy.on_answer is not None:
            self._proxy.on_answer(request)
        return True

    async def _frames(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            first, payload = await _frame(reader)
            spoilt = self._proxy.spoils() if first & 0x0F in (1, 2) else Garble.NOTHING
            if spoilt is Garble.FLIP:
                payload = self._proxy.flipped(payload)
                first = 0x80 | 2  # text that is not UTF-8 ends a connection; bytes reach the decoder
            elif spoilt is Garble.TRUNCATE:
                payload = payload[: len(payload) // 2]
            elif spoilt is Garble.HUGE:
                payload = b"[" * HUGE_BYTES
            elif spoilt is not Garble.NOTHING:
                payload = HTML
            await self._pass(writer, _framed(first, payload))

    async def _pass(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        await self._proxy.passes()
        writer.write(data)
        await writer.drain()


class Ear:
    """The requests in what a client sends: bodies over HTTP, then unmasked payloads over WebSocket."""

    def __init__(self) -> None:
        self.is_upgraded = False
        self._buffer = bytearray()

    def hear(self, data: bytes) -> list[bytes]:
        """The requests completed by ``data``."""
        self._buffer += data
        found = []
        while (request := self._frame() if self.is_upgraded else self._http()) is not None:
            found.append(request)
        return found

    def _http(self) -> bytes | None:
        end = self._buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return None
        head = bytes(self._buffer[:end])
        length = _content_length(head)
        if len(self._buffer) < end + length:
            return None
        body = bytes(self._buffer[end : end + length])
        del self._buffer[: end + length]
        self.is_upgraded = b"upgrade: websocket" in head.lower()
        return body

    def _frame(self) -> bytes | None:
        if len(self._buffer) < 2:
            return None
        length, start = self._buffer[1] & 0x7F, 2
        if length >= 126:
            start = 4 if length == 126 else 10
            length = int.from_bytes(self._buffer[2:start])
        if len(self._buffer) < start + 4 + length:
            return None
        mask, masked = self._buffer[start : start + 4], self._buffer[start + 4 : start + 4 + length]
        payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(masked))
        del self._buffer[: start + 4 + length]
        return payload


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The first byte and the payload of an unmasked frame."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length >= 126:
        length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8))
    return first, await reader.readexactly(length)


def _framed(first: int, payload: bytes) -> bytes:
    if len(payload) < 126:
        return bytes((first, len(payload))) + payload
    if len(payload) < 65_536:
        return bytes((first, 126)) + len(payload).to_bytes(2) + payload
    return bytes((first, 127)) + len(payload).to_bytes(8) + payload
