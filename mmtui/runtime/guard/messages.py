"""What engine and guard say to each other over their two pipes.

Owns the messages and their framing: a length of four bytes, then MessagePack. Every frame is smaller
than what a pipe takes whole, so that one is written completely or not at all. The signing key travels
in the first frame and nowhere else. Imports next to nothing: the guard must start fast.
"""

from typing import Any, TypeAlias

import msgspec

FRAME_BYTES_MAX = 4_000  # below PIPE_BUF
_LENGTH_BYTES = 4
GIVE_UP_S = 86_400.0


class Charge(msgspec.Struct, frozen=True, kw_only=True, tag="charge"):
    """Whose orders to guard and with what: one account, one coin.

    ``local_url`` matters on localhost and sim only. ``expiry_s`` is the longest life of an action the
    engine signs: an order can still arrive that long after the engine's end. ``give_up_s`` is how long it
    goes on although the exchange does not answer: it can be away for hours. ``folder`` and ``market``
    name the files by which another engine would show that it has taken over from ``engine_pid``.
    """

    key: bytes
    network: str
    local_url: str
    account: str
    vault: str | None
    coin: str
    dex: str
    asset_id: int
    nonce_file: str
    report_file: str
    run_id: str
    folder: str = ""
    market: str = ""
    engine_pid: int = 0
    silence_s: float = 10.0
    expiry_s: float = 10.0
    give_up_s: float = GIVE_UP_S

    def __repr__(self) -> str:
        return f"Charge({self.network} {self.coin} {self.account})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # the type of the method it replaces
        return []


class Beat(msgspec.Struct, frozen=True, tag="beat"):
    """The engine processed a tick; ``venue_ms`` is the exchange's time as it knows it."""

    venue_ms: int


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye"):
    """The engine has verified that no own order rests: nothing is left to guard."""


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The guard has the key, and the exchange answered it."""


class Alive(msgspec.Struct, frozen=True, tag="alive"):
    """The answer to a beat."""


class Troubled(msgspec.Struct, frozen=True, tag="troubled"):
    """The guard runs and cannot do its work yet, and why."""

    text: str


class Worked(msgspec.Struct, frozen=True, kw_only=True, tag="worked"):
    """The guard has cancelled, or tried to: ``left`` own orders still rested when it last looked."""

    why: str
    cancelled: int
    left: int
    verified: bool


ToGuard: TypeAlias = Charge | Beat | Goodbye
FromGuard: TypeAlias = Ready | Alive | Troubled | Worked

_encode = msgspec.msgpack.Encoder().encode
to_guard: msgspec.msgpack.Decoder[ToGuard] = msgspec.msgpack.Decoder(ToGuard)
from_guard: msgspec.msgpack.Decoder[FromGuard] = msgspec.msgpack.Decoder(FromGuard)


def frame(message: ToGuard | FromGuard) -> bytes:
    """One message as it is written to the pipe."""
    body = _encode(message)
    assert len(body) <= FRAME_BYTES_MAX - _LENGTH_BYTES, "a frame fits into a pipe at once"
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


class Unframer:
    """Bytes of a pipe back into the bodies of frames."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies completed by ``data``; raises ValueError for a length that cannot be."""
        self._buffer += data
        bodies = []
        while len(self._buffer) >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if length > FRAME_BYTES_MAX:
                raise ValueError("a frame is longer than frames are")
            if len(self._buffer) < _LENGTH_BYTES + length:
                break
            bodies.append(bytes(self._buffer[_LENGTH_BYTES : _LENGTH_BYTES + length]))
            del self._buffer[: _LENGTH_BYTES + length]
        return bodies
