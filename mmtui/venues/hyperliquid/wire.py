"""The venue's frames and answers as typed Structs: bytes in, values out.

Owns the shapes and their decoding. Market numbers arrive as text and become floats in C; own money
(orders, fills, funding) stays text until ``translate`` parses it exactly. Nothing here raises for a
bad frame: it becomes a ``Refused`` value. A decoded float may still be ``nan`` or absurd: only
``translate`` decides what may enter the engine. Source: hyperliquid-protocol.md 7.4, 10, 11;
faults F43, F51, F52; performance.md 3.
"""

from typing import TypeAlias

import msgspec

GREETING = b"Websocket connection established."


class Level(msgspec.Struct, frozen=True, gc=False):
    """One price level."""

    px: float
    sz: float


class L2Book(msgspec.Struct, frozen=True, gc=False):
    """A full book; bids first."""

    coin: str
    time: int
    levels: tuple[list[Level], list[Level]]


class Bbo(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask, either of which may be absent."""

    coin: str
    time: int
    bbo: tuple[Level | None, Level | None]


class WireTrade(msgspec.Struct, frozen=True, gc=False):
    """One public print; ``users`` is buyer then seller, ``side`` the aggressor's."""

    coin: str
    side: str
    px: float
    sz: float
    time: int
    tid: int
    hash: str = ""
    users: tuple[str, ...] = ()


class AssetCtx(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The slow facts of one perp."""

    funding: float
    open_interest: float
    oracle_px: float
    mark_px: float
    premium: float | None = None
    impact_pxs: tuple[float | None, ...] | None = None


class ActiveAssetCtx(msgspec.Struct, frozen=True, gc=False):
    """The slow facts of the coin subscribed to."""

    coin: str
    ctx: AssetCtx


class WireOrder(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """An order as the venue lists it; ``sz`` is the remainder."""

    coin: str
    side: str
    limit_px: str
    sz: str
    oid: int
    timestamp: int
    orig_sz: str | None = None
    cloid: str | None = None
    reduce_only: bool = False
    is_trigger: bool = False


class OrderUpdate(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A change of one order."""

    order: WireOrder
    status: str
    status_timestamp: int


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """Present when a liquidation was involved; its content does not matter here."""


class WireFill(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One own execution; ``side`` is ours, ``crossed`` says that we were the taker.

    ``dir`` is the venue's display text.
    """

    coin: str
    px: str
    sz: str
    side: str
    time: int
    start_position: str
    oid: int
    crossed: bool
    fee: str
    closed_pnl: str = "0.0"
    tid: int = 0
    cloid: str | None = None
    fee_token: str = "USDC"  # noqa: S105  the collateral's name
    liquidation: Liquidation | None = None
    dir: str = ""


class UserFills(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Fills of the account; the first message repeats old ones."""

    fills: list[WireFill]
    is_snapshot: bool = False


class WireFunding(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One funding payment; negative ``usdc`` was paid."""

    time: int
    coin: str
    usdc: str
    szi: str
    funding_rate: float


class UserFundings(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Funding payments of the account; the first message repeats old ones."""

    fundings: list[WireFunding]
    is_snapshot: bool = False


class ForcedCancel(msgspec.Struct, frozen=True, gc=False):
    """An order that the venue cancelled on its own."""

    coin: str
    oid: int


class UserEvents(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One of several account events; absent ones are None."""

    fills: list[WireFill] | None = None
    funding: WireFunding | None = None
    liquidation: Liquidation | None = None
    non_user_cancel: list[ForcedCancel] | None = None


class SubscriptionKey(msgspec.Struct, frozen=True, gc=False):
    """The part of a subscription that identifies it; the venue's echo adds defaults."""

    type: str
    coin: str = ""
    user: str = ""


class SubscriptionEcho(msgspec.Struct, frozen=True, gc=False):
    """The venue's acknowledgement."""

    method: str
    subscription: SubscriptionKey


class PostResponse(msgspec.Struct, frozen=True, gc=False):
    """What a post came to: ``action``, ``info`` or ``error``."""

    type: str
    payload: msgspec.Raw


class Post(msgspec.Struct, frozen=True, gc=False):
    """The answer to the post ``id``."""

    id: int
    response: PostResponse


class L2BookFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="l2Book"):
    """Order book."""

    data: L2Book


class BboFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="bbo"):
    """Best bid and ask."""

    data: Bbo


class TradesFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="trades"):
    """Public prints, ascending."""

    data: list[WireTrade]


class ContextFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="activeAssetCtx"):
    """Mark, oracle, funding."""

    data: ActiveAssetCtx


class OrderUpdatesFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="orderUpdates"):
    """Own orders."""

    data: list[OrderUpdate]


class UserFillsFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="userFills"):
    """Own fills."""

    data: UserFills


class UserEventsFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="user"):
    """Own events."""

    data: UserEvents


class UserFundingsFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="userFundings"):
    """Own funding payments."""

    data: UserFundings


class PostFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="post"):
    """Answer to a request over the socket."""

    data: Post


class PongFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="pong"):
    """Answer to a ping; it has no data."""


class SubscriptionFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="subscriptionResponse"):
    """A subscription was taken."""

    data: SubscriptionEcho


class ErrorFrame(msgspec.Struct, frozen=True, gc=False, tag_field="channel", tag="error"):
    """Something we sent was not taken."""

    data: str


class UnknownFrame(msgspec.Struct, frozen=True, gc=False):
    """A well-formed frame of a channel that we do not read."""

    channel: str


class Refused(msgspec.Struct, frozen=True, gc=False):
    """Bytes that are not a frame of the documented shape."""

    reason: str


KnownFrame: TypeAlias = (
    L2BookFrame
    | BboFrame
    | TradesFrame
    | ContextFrame
    | OrderUpdatesFrame
    | UserFillsFrame
    | UserEventsFrame
    | UserFundingsFrame
    | PostFrame
    | PongFrame
    | SubscriptionFrame
    | ErrorFrame
)
Frame: TypeAlias = KnownFrame | UnknownFrame | Refused

CHANNELS = frozenset(
    str(kind.__struct_config__.tag)
    for kind in (
        L2BookFrame,
        BboFrame,
        TradesFrame,
        ContextFrame,
        OrderUpdatesFrame,
        UserFillsFrame,
        UserEventsFrame,
        UserFundingsFrame,
        PostFrame,
        PongFrame,
        SubscriptionFrame,
        ErrorFrame,
    )
)

_decoder: msgspec.json.Decoder[KnownFrame] = msgspec.json.Decoder(KnownFrame, strict=False)
_channel_decoder = msgspec.json.Decoder(UnknownFrame)


def decode(raw: bytes) -> Frame:
    """The frame in ``raw``; whatever the bytes, a value."""
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _unreadable(raw, error)


def _unreadable(raw: bytes, error: Exception) -> Frame:
    if raw == GREETING:
        return UnknownFrame("greeting")
    try:
        found = _channel_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Refused("not a JSON object with a channel")
    if found.channel in CHANNELS:
        return Refused(f"{found.channel}: {error}")
    return found
