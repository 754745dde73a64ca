"""The actions a client may post, as Structs in the key order that is hashed, with the schema's refusals.

Owns what ``422`` means: unknown keys of an action or of the envelope, numbers where decimal texts
belong, exponents, signs, more than eight decimals. Keys of a single order that nobody knows are
ignored. ``canonical`` brings a decoded action into the form that the venue hashes, so that padding
and key order of the received text do not matter. Source: hyperliquid-protocol.md 1.1, 3.2, 5.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta

from mmtui.venues.exchange.actions import Tif

UINT64_MAX = 2**63 - 1

Decimal: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{1,20}(?:\.[0-9]{1,8}0*)?\Z", max_length=40)]
Address: TypeAlias = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{40}\Z")]
CloidText: TypeAlias = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{32}\Z")]
Word: TypeAlias = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{1,64}\Z")]
Uint: TypeAlias = Annotated[int, Meta(ge=0, le=UINT64_MAX)]


class WireLimit(msgspec.Struct, gc=False):
    """Limit order."""

    tif: Tif


class WireTrigger(msgspec.Struct, gc=False):
    """Stop or take-profit order."""

    isMarket: bool  # noqa: N815  the venue's key
    triggerPx: Decimal  # noqa: N815  the venue's key
    tpsl: Literal["tp", "sl"]


class WireKind(msgspec.Struct, gc=False, omit_defaults=True):
    """The ``t`` key; exactly one of the two."""

    limit: WireLimit | None = None
    trigger: WireTrigger | None = None


class WireOrder(msgspec.Struct, gc=False, omit_defaults=True):
    """One order."""

    a: Uint
    b: bool
    p: Decimal
    s: Decimal
    r: bool
    t: WireKind
    c: CloidText | None = None


class WireBuilder(msgspec.Struct, gc=False):
    """Who gets a builder fee, and how many tenths of a basis point."""

    b: Address
    f: Uint


class WirePriority(msgspec.Struct, gc=False):
    """Grouping by priority fee."""

    p: Uint


class WireCancel(msgspec.Struct, gc=False):
    """Cancel by order id."""

    a: Uint
    o: Uint


class WireCloidCancel(msgspec.Struct, gc=False):
    """Cancel by client order id."""

    asset: Uint
    cloid: CloidText


class WireModify(msgspec.Struct, gc=False):
    """One replacement."""

    oid: Uint | CloidText
    order: WireOrder


class _Action(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, tag_field="type"):
    """What every action shares: a ``type`` and no unknown keys."""


class PostOrder(_Action, tag="order"):
    """``order``."""

    orders: list[WireOrder]
    grouping: Literal["na", "normalTpsl", "positionTpsl"] | WirePriority
    builder: WireBuilder | None = None


class PostCancel(_Action, tag="cancel"):
    """``cancel``."""

    cancels: list[WireCancel]
    f: bool = False


class PostCancelByCloid(_Action, tag="cancelByCloid"):
    """``cancelByCloid``."""

    cancels: list[WireCloidCancel]
    f: bool = False


class PostModify(_Action, tag="modify"):
    """``modify``."""

    oid: Uint | CloidText
    order: WireOrder
    a: bool = False


class PostBatchModify(_Action, tag="batchModify"):
    """``batchModify``."""

    modifies: list[WireModify]
    a: bool = False


class PostScheduleCancel(_Action, tag="scheduleCancel"):
    """``scheduleCancel``."""

    time: Uint | None = None


class PostUpdateLeverage(_Action, tag="updateLeverage"):
    """``updateLeverage``."""

    asset: Uint
    isCross: bool  # noqa: N815  the venue's key
    leverage: Uint


class PostUpdateIsolatedMargin(_Action, tag="updateIsolatedMargin"):
    """``updateIsolatedMargin``."""

    asset: Uint
    isBuy: bool  # noqa: N815  the venue's key
    ntli: Annotated[int, Meta(ge=-UINT64_MAX, le=UINT64_MAX)]


class PostTopUpIsolatedOnlyMargin(_Action, tag="topUpIsolatedOnlyMargin"):
    """``topUpIsolatedOnlyMargin``."""

    asset: Uint
    leverage: Decimal


class PostNoop(_Action, tag="noop"):
    """``noop``."""


class PostApproveAgent(_Action, tag="approveAgent"):
    """``approveAgent``, signed by the account itself over EIP-712 fields."""

    hyperliquidChain: Literal["Mainnet", "Testnet"]  # noqa: N815  the venue's key
    signatureChainId: Word  # noqa: N815  the venue's key
    agentAddress: Address  # noqa: N815  the venue's key
    nonce: Uint
    agentName: str | None = None  # noqa: N815  the venue's key


PostedAction: TypeAlias = (
    PostOrder
    | PostCancel
    | PostCancelByCloid
    | PostModify
    | PostBatchModify
    | PostScheduleCancel
    | PostUpdateLeverage
    | PostUpdateIsolatedMargin
    | PostTopUpIsolatedOnlyMargin
    | PostNoop
    | PostApproveAgent
)


class WireSignature(msgspec.Struct, gc=False):
    """Signature as posted; leading zeros of ``r`` and ``s`` may be missing."""

    r: Word
    s: Word
    v: int


class Envelope(msgspec.Struct, forbid_unknown_fields=True):
    """The body of ``POST /exchange``."""

    action: PostedAction
    nonce: Uint
    signature: WireSignature
    vaultAddress: Address | None = None  # noqa: N815  the venue's key
    expiresAfter: Uint | None = None  # noqa: N815  the venue's key


decode_envelope = msgspec.json.Decoder(Envelope).decode


def canonical(action: PostedAction) -> None:
    """Bring the texts of an action into hashed form: no padding zeros, lower-case hexadecimal."""
    if isinstance(action, PostOrder):
        for order in action.orders:
            _canonical_order(order)
        if action.builder is not None:
            action.builder.b = action.builder.b.lower()
    elif isinstance(action, PostCancelByCloid):
        for cancel in action.cancels:
            cancel.cloid = cancel.cloid.lower()
    elif isinstance(action, PostModify):
        action.oid = _canonical_target(action.oid)
        _canonical_order(action.order)
    elif isinstance(action, PostBatchModify):
        for modify in action.modifies:
            modify.oid = _canonical_target(modify.oid)
            _canonical_order(modify.order)


def canonical_decimal(text: str) -> str:
    """A plain decimal without padding zeros on either end."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text[:1] != "0" or len(text) < 2 or text[1] == "." else _without_leading_zeros(text)


def _without_leading_zeros(text: str) -> str:
    stripped = text.lstrip("0")
    return stripped if stripped[:1].isdigit() else "0" + stripped


def _canonical_order(order: WireOrder) -> None:
    order.p = canonical_decimal(order.p)
    order.s = canonical_decimal(order.s)
    if order.c is not None:
        order.c = order.c.lower()
    if order.t.trigger is not None:
        order.t.trigger.triggerPx = canonical_decimal(order.t.trigger.triggerPx)


def _canonical_target(oid: int | str) -> int | str:
    return oid.lower() if isinstance(oid, str) else oid
