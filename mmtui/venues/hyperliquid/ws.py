"""One WebSocket that keeps itself alive: connect, subscribe, ping, and connect again.

Owns the connection and its outbox, never the meaning of a frame. Everything of the WebSocket library
is in ``connect_websockets``: another library needs one function and one class. Reconnects back off
with jitter and stay inside the venue's connection allowance. Faults F35 to F37, F49 to F51.
"""

import asyncio
import functools
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

from mmtui.venues.hyperliquid.limits import SocketLimits
from mmtui.venues.port import Clock

FRAME_BYTES_MAX = 4 * 1024 * 1024
PING_FRAME = b'{"method":"ping"}'
_GIVE_UP = b""
BACKOFF_FIRST_S = 0.25
BACKOFF_MAX_S = 20.0
HEALTHY_S = 30.0
OPEN_TIMEOUT_S = 8.0


class SocketLostError(Exception):
    """The connection cannot be made or is over; carries a reason for people."""


class Connection(Protocol):
    """What a WebSocket library must offer."""

    async def receive(self) -> bytes:
        """The next message; raises SocketLostError."""
        ...

    async def send(self, data: bytes) -> None:
        """Sends a text message; raises SocketLostError."""
        ...

    async def close(self) -> None:
        """Closes without waiting long."""
        ...


Connect: TypeAlias = Callable[[str], Awaitable[Connection]]


class Ticket:
    """Follows one message out: once ``has_left`` it may have arrived."""

    __slots__ = ("has_left",)

    def __init__(self) -> None:
        self.has_left = False


class SocketEvents(msgspec.Struct, frozen=True):
    """Who is told: of each message, of the connection coming up, and of it going down and why."""

    on_message: Callable[[bytes], None]
    on_up: Callable[[], None]
    on_down: Callable[[str], None]


class Socket:
    """A connection to ``url`` that is re-made until ``stop``."""

    __slots__ = (
        "_clock",
        "_connect",
        "_connection",
        "_events",
        "_heard_at",
        "_limits",
        "_outbox",
        "_ping_s",
        "_rng",
        "_task",
        "_wake",
    )

    def __init__(
        self,
        url: str,
        events: SocketEvents,
        *,
        clock: Clock,
        limits: SocketLimits,
        rng: random.Random,
        ping_s: float = 10.0,
        connect: "Connect | None" = None,
    ) -> None:
        self._events = events
        self._clock = clock
        self._limits = limits
        self._rng = rng
        self._ping_s = ping_s
        self._connect = functools.partial(connect or connect_websockets, url)
        self._connection: Connection | None = None
        self._outbox: deque[tuple[bytes, Ticket | None]] = deque()
        self._wake = asyncio.Event()
        self._heard_at = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        """Whether a message sent now goes out at once."""
        return self._connection is not None

    def start(self) -> None:
        """Begins connecting."""
        assert self._task is None, "a socket starts once"
        self._task = asyncio.create_task(self._run())
        self._task.add_done_callback(self._report_defect)

    async def stop(self) -> None:
        """Closes for good."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def send(self, data: bytes, ticket: Ticket | None = None) -> bool:
        """Queues a message; False when there is no connection or no allowance left."""
        if self._connection is None or not self._limits.messages.fits(self._clock()):
            return False
        self._limits.messages.charge(self._clock())
        self._outbox.append((data, ticket))
        self._wake.set()
        return True

    def drop(self) -> None:
        """Gives the connection up, so that another is made."""
        self._outbox.append((_GIVE_UP, None))
        self._wake.set()

    def _report_defect(self, task: asyncio.Task[None]) -> None:
        """A feed that ended by a defect of ours is down, and its traceback must not be lost."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._events.on_down(f"defect: {type(error).__name__}")
            task.get_loop().call_exception_handler({"message": "a feed stopped", "exception": error})

    async def _run(self) -> None:
        failures = 0
        while True:
            await self._take_a_place()
            began = self._clock()
            try:
                async with asyncio.timeout(OPEN_TIMEOUT_S):
                    connection = await self._connect()
            except (SocketLostError, TimeoutError) as error:
                self._events.on_down(str(error) or "no connection in time")
            else:
                self._events.on_down(await self._serve(connection))
            failures = 0 if self._clock() - began >= HEALTHY_S else failures + 1
            longest = min(BACKOFF_MAX_S, BACKOFF_FIRST_S * 2.0 ** min(failures, 10))
            await asyncio.sleep(longest * self._rng.uniform(0.5, 1.0))

    async def _take_a_place(self) -> None:
        """Waits for one of the connections of a minute; another socket that waited too may be first."""
        wait_s = self._limits.connections.wait_s(self._clock())
        while wait_s > 0.0:
            await asyncio.sleep(wait_s)
            wait_s = self._limits.connections.wait_s(self._clock())
        self._limits.connections.charge(self._clock())

    async def _serve(self, connection: Connection) -> str:
        """Runs one connection to its end; returns why it ended."""
        self._connection = connection
        self._heard_at = self._clock()
        self._outbox.clear()
        self._events.on_up()
        tasks = [asyncio.create_task(work(connection)) for work in (self._read, self._write, self._keep_alive)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connection = None
            self._outbox.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await connection.close()
        error = next(iter(done)).exception()
        if isinstance(error, SocketLostError):
            return str(error)
        assert error is not None, "the tasks of a connection run until they fail"
        raise error

    async def _read(self, connection: Connection) -> None:
        while True:
            message = await connection.receive()
            self._heard_at = self._clock()
            self._events.on_message(message)

    async def _write(self, connection: Connection) -> None:
        while True:
            self._wake.clear()
            while self._outbox:
                data, ticket = self._outbox.popleft()
                if data is _GIVE_UP:
                    raise SocketLostError("given up for silence or damage")
                if ticket is not None:
                    ticket.has_left = True
                await connection.send(data)
            await self._wake.wait()

    async def _keep_alive(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(self._ping_s)
            if self._clock() - self._heard_at > 2 * self._ping_s:
                raise SocketLostError(f"silent for {2 * self._ping_s:.0f} s")
            await connection.send(PING_FRAME)


class _WebsocketsConnection:
    """A connection of the ``websockets`` library."""

    __slots__ = ("_inner",)

    def __init__(self, inner: ClientConnection) -> None:
        self._inner = inner

    async def receive(self) -> bytes:
        try:
            return await self._inner.recv(decode=False)
        except websockets.ConnectionClosed as error:
            raise SocketLostError(_closed(error)) from None

    async def send(self, data: bytes) -> None:
        try:
            await self._inner.send(data, text=True)
        except websockets.ConnectionClosed as error:
            raise SocketLostError(_closed(error)) from None

    async def close(self) -> None:
        await self._inner.close()


class _DirectConnect(connect):
    """Connects where it was told to, and nowhere a redirect points."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def connect_websockets(url: str) -> Connection:
    """Connects with the ``websockets`` library; raises SocketLostError."""
    try:
        inner = await _DirectConnect(
            url,
            compression=None,
            max_size=FRAME_BYTES_MAX,
            ping_interval=None,
            close_timeout=0.5,
            open_timeout=OPEN_TIMEOUT_S,
            proxy=None,
        )
    except (OSError, TimeoutError, websockets.WebSocketException) as error:
        raise SocketLostError(f"cannot connect: {type(error).__name__}") from None
    return _WebsocketsConnection(inner)


def _closed(error: websockets.ConnectionClosed) -> str:
    return f"closed by the venue ({error.rcvd.code})" if error.rcvd else "the connection broke"
