"""The exchange's replies in the venue's words. Source: hyperliquid-protocol.md 5.1-5.3, 6.1."""

from mmtui.domain.units import format_venue
from mmtui.venues.exchange.actions import (
    Action,
    CancelReply,
    DefaultReply,
    Filled,
    ModifyAction,
    OrderAction,
    OrderReply,
    Rejected,
    Reply,
    Resting,
)
from mmtui.venues.exchange.gateway.answers import Answer, accepted, refused
from mmtui.venues.exchange.listing import Listing


def render_reply(action: Action, reply: Reply, listing: Listing) -> Answer:
    """The answer to an action."""
    if isinstance(reply, DefaultReply):
        return accepted({"type": "default"})
    if isinstance(reply, CancelReply):
        cancels = ["success" if error is None else {"error": error} for error in reply.errors]
        return accepted({"type": "cancel", "data": {"statuses": cancels}})
    if isinstance(reply, OrderReply):
        assets = _assets(action)
        orders = [
            _status(status, assets[index] if index < len(assets) else None, listing)
            for index, status in enumerate(reply.statuses)
        ]
        return accepted({"type": "order", "data": {"statuses": orders}})
    return refused(reply.text)


def _assets(action: Action) -> list[int]:
    if isinstance(action, OrderAction):
        return [order.asset for order in action.orders]
    if isinstance(action, ModifyAction):
        return [modify.order.asset for modify in action.modifies]
    return []


def _status(status: Resting | Filled | Rejected, asset: int | None, listing: Listing) -> dict[str, object]:
    if isinstance(status, Rejected):
        return {"error": status.text}
    if isinstance(status, Resting):
        return {"resting": _identity(status)}
    contract = None if asset is None else listing.by_asset(asset)
    assert contract is not None, "an order filled on an asset that is not listed"
    instrument = contract.instrument
    amounts = {
        "totalSz": format_venue(status.total_size, instrument.size_decimals),
        "avgPx": format_venue(status.average_price, instrument.price_decimals),
    }
    return {"filled": amounts | _identity(status)}


def _identity(status: Resting | Filled) -> dict[str, object]:
    return {"oid": status.oid} if status.cloid is None else {"oid": status.oid, "cloid": status.cloid}
