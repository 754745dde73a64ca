"""The shapes of recorded lines and of the venue messages in them, with their decoders."""

from typing import Annotated, TypeAlias

import msgspec

Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
"""A time or an id as the venue has them."""


class Message(msgspec.Struct):
    """One message of a socket; ``data`` stays undecoded until its channel is known."""

    channel: str
    data: msgspec.Raw = msgspec.Raw()


class Row(msgspec.Struct):
    """One line of a recording; ``ts`` is the local receive time, ms."""

    ts: Whole
    msg: Message


class CoinOnly(msgspec.Struct):
    """The coin of a message."""

    coin: str


class WireLevel(msgspec.Struct):
    """One price level."""

    px: str
    sz: str


class WireBook(msgspec.Struct):
    """``l2Book`` data."""

    coin: str
    time: Whole
    levels: tuple[list[WireLevel], list[WireLevel]]


class WireTouch(msgspec.Struct):
    """``bbo`` data; a missing side is null."""

    coin: str
    time: Whole
    bbo: tuple[WireLevel | None, WireLevel | None]


class WireTrade(msgspec.Struct):
    """One entry of ``trades`` data."""

    coin: str
    side: str
    px: str
    sz: str
    time: Whole
    tid: Whole
    hash: str = ""


class WireFigures(msgspec.Struct):
    """The figures of an asset context that a market needs."""

    markPx: str  # noqa: N815  the venue's spelling
    oraclePx: str  # noqa: N815
    funding: str = "0"
    openInterest: str = "0"  # noqa: N815


class WireContext(msgspec.Struct):
    """``activeAssetCtx`` data."""

    coin: str
    ctx: WireFigures


ROW = msgspec.json.Decoder(Row)
COIN = msgspec.json.Decoder(CoinOnly)
BOOK = msgspec.json.Decoder(WireBook)
TOUCH = msgspec.json.Decoder(WireTouch)
TRADES = msgspec.json.Decoder(list[WireTrade])
CONTEXT = msgspec.json.Decoder(WireContext)
