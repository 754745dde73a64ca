"""Every action this program can sign, as Structs in the key order that is hashed.

The list is the permission: order, cancel, cancelByCloid, modify, batchModify, scheduleCancel, noop
and the three leverage and margin actions. Transfers, withdrawals, approvals and vault actions have
no Struct, and the signer takes nothing else. An optional key that is unset is absent, never null or
false: the venue hashes absence. Source: hyperliquid-protocol.md 5; decisions.md ruling 15.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import UNSET, UnsetType

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import Approved
from mmtui.domain.order import OrderTerms, TimeInForce
from mmtui.domain.units import UsdMicro, format_units

Tif: TypeAlias = Literal["Alo", "Ioc", "Gtc"]


class Limit(msgspec.Struct, frozen=True, gc=False):
    """Time in force of a limit order."""

    tif: Tif


class OrderKind(msgspec.Struct, frozen=True, gc=False):
    """The ``t`` key: limit orders only, no triggers."""

    limit: Limit


ALO = OrderKind(Limit("Alo"))
IOC = OrderKind(Limit("Ioc"))
GTC = OrderKind(Limit("Gtc"))


class OrderWire(msgspec.Struct, frozen=True, gc=False):
    """One order: asset, is buy, price, size, reduce-only, kind, client order id."""

    a: int
    b: bool
    p: str
    s: str
    r: bool
    t: OrderKind
    c: str | UnsetType = UNSET


class CancelWire(msgspec.Struct, frozen=True, gc=False):
    """One cancel by the venue's order id."""

    a: int
    o: int


class CloidCancelWire(msgspec.Struct, frozen=True, gc=False):
    """One cancel by client order id."""

    asset: int
    cloid: str


class ModifyWire(msgspec.Struct, frozen=True, gc=False):
    """One replacement: ``oid`` is an order id or a client order id."""

    oid: int | str
    order: OrderWire


class Order(msgspec.Struct, frozen=True, tag_field="type", tag="order"):
    """Place a batch; ``grouping`` is always ``na``."""

    orders: list[OrderWire]
    grouping: Literal["na"]


class Cancel(msgspec.Struct, frozen=True, tag_field="type", tag="cancel"):
    """Cancel a batch by order id; ``f`` asks for the fast lane."""

    cancels: list[CancelWire]
    f: Literal[True] | UnsetType = UNSET


class CancelByCloid(msgspec.Struct, frozen=True, tag_field="type", tag="cancelByCloid"):
    """Cancel a batch by client order id; ``f`` asks for the fast lane."""

    cancels: list[CloidCancelWire]
    f: Literal[True] | UnsetType = UNSET


class Modify(msgspec.Struct, frozen=True, tag_field="type", tag="modify"):
    """Replace one order; ``a`` places the replacement even if the old order is gone."""

    oid: int | str
    order: OrderWire
    a: Literal[True] | UnsetType = UNSET


class BatchModify(msgspec.Struct, frozen=True, tag_field="type", tag="batchModify"):
    """Replace a batch."""

    modifies: list[ModifyWire]
    a: Literal[True] | UnsetType = UNSET


class ScheduleCancel(msgspec.Struct, frozen=True, tag_field="type", tag="scheduleCancel"):
    """Arm the exchange's dead man's switch at ``time`` (ms), or clear it when absent."""

    time: int | UnsetType = UNSET


class Noop(msgspec.Struct, frozen=True, tag_field="type", tag="noop"):
    """Spend a nonce, so that an action in flight with the same nonce can no longer execute."""


class UpdateLeverage(msgspec.Struct, frozen=True, tag_field="type", tag="updateLeverage"):
    """Set leverage and margin mode of one asset."""

    asset: int
    isCross: bool  # noqa: N815  the venue's key
    leverage: int


class UpdateIsolatedMargin(msgspec.Struct, frozen=True, tag_field="type", tag="updateIsolatedMargin"):
    """Move ``ntli`` micro units of collateral into an isolated position; negative takes out."""

    asset: int
    isBuy: bool  # noqa: N815  the venue's key
    ntli: int


class TopUpIsolatedOnlyMargin(msgspec.Struct, frozen=True, tag_field="type", tag="topUpIsolatedOnlyMargin"):
    """Add margin to a strictly isolated position until it has ``leverage``."""

    asset: int
    leverage: str


Action: TypeAlias = (
    Order
    | Cancel
    | CancelByCloid
    | Modify
    | BatchModify
    | ScheduleCancel
    | Noop
    | UpdateLeverage
    | UpdateIsolatedMargin
    | TopUpIsolatedOnlyMargin
)


class Envelope(msgspec.Struct, frozen=True):
    """A signed action as ``/exchange`` and WebSocket posts take it."""

    action: Action
    nonce: int
    signature: msgspec.Struct
    vaultAddress: str | None  # noqa: N815  the venue's key
    expiresAfter: int | None  # noqa: N815  the venue's key


class PostRequest(msgspec.Struct, frozen=True):
    """The request of a WebSocket post."""

    type: Literal["action"]
    payload: Envelope


class Post(msgspec.Struct, frozen=True):
    """A WebSocket post; the answer carries the same ``id``."""

    method: Literal["post"]
    id: int
    request: PostRequest


_encode = msgspec.json.Encoder().encode

# Quotes come back to the same prices and sizes all the time.
_text = functools.lru_cache(maxsize=4096)(format_units)

_KINDS = {TimeInForce.ALO: ALO, TimeInForce.IOC: IOC, TimeInForce.GTC: GTC}


def place_action(instrument: Instrument, orders: Sequence[Approved]) -> Order:
    """The order action for approved terms, in their order."""
    return Order(_order_wires(instrument, [approved.terms for approved in orders]), "na")


def cancel_action(instrument: Instrument, cloids: Sequence[str]) -> CancelByCloid:
    """The cancel action for client order ids, in the fast lane."""
    asset = instrument.asset_id
    return CancelByCloid([CloidCancelWire(asset, cloid) for cloid in cloids], True)


def leverage_action(instrument: Instrument, leverage: int, *, is_cross: bool) -> UpdateLeverage:
    """The leverage and margin mode action."""
    return UpdateLeverage(instrument.asset_id, is_cross, leverage)


def add_margin_action(instrument: Instrument, amount: UsdMicro) -> UpdateIsolatedMargin:
    """The action that moves collateral into the isolated position; the venue takes no side into account."""
    return UpdateIsolatedMargin(instrument.asset_id, True, amount)


def schedule_action(at_ms: int | None) -> ScheduleCancel:
    """The dead man's switch: set to an exchange time, or taken off."""
    return ScheduleCancel(UNSET if at_ms is None else at_ms)


def modify_action(instrument: Instrument, orders: Sequence[tuple[str, Approved]]) -> BatchModify:
    """The replacement action: the client order id that is replaced, and the new order."""
    wires = _order_wires(instrument, [new.terms for _, new in orders])
    return BatchModify([ModifyWire(cloid, wire) for (cloid, _), wire in zip(orders, wires, strict=True)])


def http_body(envelope: Envelope) -> bytes:
    """The body of a POST to ``/exchange``."""
    return _encode(envelope)


def post_frame(post_id: int, envelope: Envelope) -> bytes:
    """The WebSocket text frame that posts the action."""
    return _encode(Post("post", post_id, PostRequest("action", envelope)))


def _order_wires(instrument: Instrument, orders: Iterable[OrderTerms]) -> list[OrderWire]:
    # The instrument is read once a batch: this runs between a decision and its signature.
    asset, price_decimals, size_decimals = instrument.asset_id, instrument.price_decimals, instrument.size_decimals
    return [
        OrderWire(
            asset,
            terms.side is Side.BUY,
            _text(terms.price, price_decimals),
            _text(terms.size, size_decimals),
            terms.reduce_only,
            _KINDS[terms.tif],
            terms.cloid,
        )
        for terms in orders
    ]
