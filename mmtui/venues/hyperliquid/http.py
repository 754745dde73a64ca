"""REST requests: reads through ``/info``, signed actions through ``/exchange``.

Owns the HTTP session, its time-outs and the IP weight it spends. TLS is always verified, redirects
are never followed, proxies of the environment are not used. Every failure is a value that says
whether the request may have left this machine; nothing is ever sent twice. Faults F04 to F06.
"""

from typing import Final

import aiohttp
import msgspec

from mmtui.venues.hyperliquid.limits import (
    REST_WEIGHT_PER_MINUTE,
    SlidingWindow,
    action_weight,
    answer_weight,
    info_weight,
)
from mmtui.venues.hyperliquid.networks import Network
from mmtui.venues.port import Clock

BODY_BYTES_MAX: Final = 16 * 1024 * 1024
ACTION_RESERVE = 200  # weight that queries leave to orders and cancels
STATUS_SHARE = 300  # most weight of questions about single orders; other queries leave them that much while they come
CONNECT_TIMEOUT_S = 4.0
_STATUS: Final = "orderStatus"
_JSON_HEADERS = {"Content-Type": "application/json"}


class RestAnswer(msgspec.Struct, frozen=True):
    """What came back. ``status`` is 0 when nothing did; ``has_left`` whether it may have arrived."""

    status: int
    body: bytes
    has_left: bool = True
    error: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether the venue answered with HTTP 200."""
        return self.status == 200


class Rest:
    """One HTTP session to one network."""

    __slots__ = ("_clock", "_network", "_session", "_statuses", "_timeout_s", "_wanted", "weight")

    def __init__(self, network: Network, *, clock: Clock, timeout_s: float = 8.0) -> None:
        self._network = network
        self._clock = clock
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self.weight = SlidingWindow(REST_WEIGHT_PER_MINUTE)
        self._statuses = SlidingWindow(STATUS_SHARE)
        self._wanted = SlidingWindow(STATUS_SHARE)

    async def open(self) -> None:
        """Prepares the session; connects to nothing yet."""
        self._session = aiohttp.ClientSession(
            headers=_JSON_HEADERS,
            timeout=aiohttp.ClientTimeout(total=self._timeout_s, connect=CONNECT_TIMEOUT_S),
            connector=aiohttp.TCPConnector(limit=8, keepalive_timeout=30.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def info(self, request: dict[str, object]) -> RestAnswer:
        """Asks ``/info``; refuses when the weight left is what others need."""
        kind = str(request["type"])
        weight = info_weight(kind)
        if kind == _STATUS:
            self._wanted.charge(self._clock(), weight)
        if refusal := self._refusal(kind, weight):
            return RestAnswer(0, b"", False, refusal)
        now = self._clock()
        self.weight.charge(now, weight)
        if kind == _STATUS:
            self._statuses.charge(now, weight)
        answer = await self._post("/info", msgspec.json.encode(request))
        if not answer.has_left:
            self.weight.refund(weight)
        elif answer.is_ok and answer_weight(kind, 1_000_000):
            # Objects are counted by their time keys: decoding a large answer twice costs more.
            self.weight.charge(self._clock(), answer_weight(kind, answer.body.count(b'"time"')))
        return answer

    def lacks(self, weight: int) -> str:
        """Why queries of ``weight`` together cannot all be asked now; empty when they can."""
        return self._refusal("", weight)

    def _refusal(self, kind: str, weight: int) -> str:
        """Questions about orders and all other queries have a share each, so that neither starves the other."""
        now = self._clock()
        if kind == _STATUS:
            fits, reserve = self._statuses.fits(now, weight), ACTION_RESERVE
        else:
            owed = min(self._wanted.used(now), STATUS_SHARE) - self._statuses.used(now)
            fits, reserve = True, ACTION_RESERVE + max(0, owed)
        if fits and self.weight.fits(now, weight, reserve=reserve):
            return ""
        wait_s = self.weight.wait_s(now, weight + reserve) if fits else self._statuses.wait_s(now, weight)
        return f"the request weight of this address is used up for {wait_s:.0f} s"

    async def exchange(self, body: bytes, batch_length: int) -> RestAnswer:
        """Sends one signed action."""
        self.weight.charge(self._clock(), action_weight(batch_length))
        answer = await self._post("/exchange", body)
        if not answer.has_left:
            self.weight.refund(action_weight(batch_length))
        return answer

    async def _post(self, route: str, body: bytes) -> RestAnswer:
        if self._session is None:
            return RestAnswer(0, b"", False, "the connection is closed")
        try:
            async with self._session.post(self._network.rest_url + route, data=body, allow_redirects=False) as response:
                content = await _bounded(response)
                if response.status == 429:
                    self.weight.exhaust(self._clock())
                return RestAnswer(response.status, content)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return RestAnswer(0, b"", False, f"cannot connect: {type(error).__name__}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return RestAnswer(0, b"", True, f"no answer: {type(error).__name__}")


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body up to its limit; what lies beyond makes it undecodable, hence unknown."""
    chunks = bytearray()
    async for chunk in response.content.iter_chunked(65_536):
        chunks += chunk
        if len(chunks) > BODY_BYTES_MAX:
            break
    return bytes(chunks)
