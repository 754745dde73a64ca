"""The exchange as the guard reaches it: two requests over HTTP, blocking, with nothing else imported.

Owns the guard's reads and its signed cancels. It draws nonces from the file that all holders of the
key share, far above the engine's, and dates every action by the exchange's clock. TLS is verified,
redirects are not followed, proxies of the environment are not used.
"""

import http.client
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import RefusalReason
from mmtui.runtime.guard.messages import Charge
from mmtui.runtime.guard.work import Resting, TroubleError
from mmtui.venues.hyperliquid import actions, errors
from mmtui.venues.hyperliquid.networks import network
from mmtui.venues.hyperliquid.nonces import NonceSource
from mmtui.venues.hyperliquid.signing import Secret, Signer

HEADROOM = 1_000  # nonces left to an engine that may still be alive (decisions.md ruling 20)
LIFE_MS = 8_000
TIMEOUT_S = 4.0
BODY_BYTES_MAX = 4 * 1024 * 1024
BATCH_MAX = 100

_T = TypeVar("_T")


class _Listed(msgspec.Struct, frozen=True):
    coin: str
    oid: int
    cloid: str | None = None


class _Entry(msgspec.Struct, frozen=True):
    error: str = ""


class _Statuses(msgspec.Struct, frozen=True):
    statuses: list[_Entry | str] = []


class _Body(msgspec.Struct, frozen=True):
    data: _Statuses = _Statuses()


class _Answer(msgspec.Struct, frozen=True):
    status: str
    response: _Body | str = ""


class _Book(msgspec.Struct, frozen=True):
    time: int


class HttpExchange:
    """One account and coin. ``venue_ms`` is the exchange's time, ``learn`` corrects it."""

    def __init__(self, charge: Charge, *, venue_ms: Callable[[], int], learn: Callable[[int], None]) -> None:
        place = network(charge.network, local_url=charge.local_url)
        self._url = urlsplit(place.rest_url)
        self._charge = charge
        self._venue_ms = venue_ms
        self._learn = learn
        self._signer = Signer(Secret(charge.key.hex()), is_mainnet=place.is_mainnet, vault_address=charge.vault)
        self._nonces = NonceSource(Path(charge.nonce_file), headroom=HEADROOM, must_give=True)
        self._tls = ssl.create_default_context() if self._url.scheme == "https" else None

    def own_orders(self) -> list[Resting]:
        """Own orders of the coin that rest now; raises TroubleError."""
        charge = self._charge
        body = self._post("/info", {"type": "frontendOpenOrders", "user": charge.account, "dex": charge.dex})
        listed = _decoded(body, list[_Listed])
        return [
            Resting(order.oid, order.cloid)
            for order in listed
            if order.coin == charge.coin and order.cloid is not None and is_ours(order.cloid)
        ]

    def cancel(self, orders: Sequence[Resting]) -> str:
        """Cancels them in batches; raises TroubleError for a batch that was refused as a whole."""
        objections = ""
        for start in range(0, len(orders), BATCH_MAX):
            batch = orders[start : start + BATCH_MAX]
            wires = [actions.CancelWire(self._charge.asset_id, order.oid) for order in batch]
            objections = objections or self._send(actions.Cancel(wires, True))
        return objections

    def _send(self, action: actions.Action) -> str:
        now_ms = self._venue_ms()
        expires_at_ms = now_ms + LIFE_MS
        nonce = self._nonces.take(now_ms)
        signature = self._signer.sign(action, nonce, expires_at_ms)
        envelope = actions.Envelope(action, nonce, signature, self._signer.vault_address, expires_at_ms)
        answer = _decoded(self._post("/exchange", envelope), _Answer)
        if answer.status == "ok" and isinstance(answer.response, _Body):
            entries = [entry for entry in answer.response.data.statuses if isinstance(entry, _Entry)]
            return next((errors.plain(entry.error) for entry in entries if entry.error), "")
        text = answer.response if isinstance(answer.response, str) else answer.status
        reason = errors.action_refusal(text).reason
        if reason is RefusalReason.BAD_NONCE:
            self._nonces.renew()
        elif reason is RefusalReason.EXPIRED:
            book = self._post("/info", {"type": "l2Book", "coin": self._charge.coin})
            self._learn(_decoded(book, _Book).time)
        raise TroubleError(f"cancel refused: {errors.plain(text)}")

    def _post(self, route: str, content: object) -> bytes:
        host, port = self._url.hostname or "", self._url.port
        if self._tls is None:
            connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=self._tls)
        try:
            connection.request("POST", route, msgspec.json.encode(content), {"Content-Type": "application/json"})
            response = connection.getresponse()
            body = response.read(BODY_BYTES_MAX)
        except (OSError, http.client.HTTPException) as error:
            raise TroubleError(f"{route}: {type(error).__name__}") from None
        finally:
            connection.close()
        if response.status != 200:
            raise TroubleError(f"{route}: HTTP {response.status}")
        return body


def _decoded(body: bytes, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise TroubleError("an answer that cannot be read") from None
