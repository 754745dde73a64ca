"""Posted actions into the exchange's own vocabulary.

Owns the step from decimal texts to integer units. A text finer than the contract's grid, or an asset
nobody listed, becomes ``OFF_GRID`` and is refused by the exchange's static checks. Never refuses a
trade itself; a shape that the schema cannot express raises ``SchemaError``.
"""

import re

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import UnitError, parse_units
from mmtui.venues.exchange.actions import (
    OFF_GRID,
    Action,
    ApproveAgentAction,
    Cancel,
    CancelAction,
    Modify,
    ModifyAction,
    NoopAction,
    OrderAction,
    PlaceOrder,
    ScheduleCancelAction,
    Tif,
    TopUpIsolatedMarginAction,
    UpdateIsolatedMarginAction,
    UpdateLeverageAction,
)
from mmtui.venues.exchange.gateway.wire import (
    PostApproveAgent,
    PostBatchModify,
    PostCancel,
    PostCancelByCloid,
    PostedAction,
    PostModify,
    PostOrder,
    PostScheduleCancel,
    PostTopUpIsolatedOnlyMargin,
    PostUpdateIsolatedMargin,
    PostUpdateLeverage,
    WireOrder,
    WirePriority,
)
from mmtui.venues.exchange.listing import Listing

PRIORITY_GROUPING = "priority"

_VALID_UNTIL = re.compile(r"(.*?) ?valid_until ([0-9]{1,16})", re.ASCII)


class SchemaError(ValueError):
    """A posted action that fits the Structs but not the venue's schema."""


def translate(action: PostedAction, listing: Listing) -> Action:
    """The action as the exchange takes it. Raises SchemaError."""
    if isinstance(action, PostOrder):
        return _orders(action, listing)
    if isinstance(action, PostCancel):
        return CancelAction(tuple(Cancel(cancel.a, cancel.o) for cancel in action.cancels), action.f)
    if isinstance(action, PostCancelByCloid):
        return CancelAction(tuple(Cancel(cancel.asset, cancel.cloid) for cancel in action.cancels), action.f)
    if isinstance(action, PostModify):
        modify = Modify(action.oid, _order(action.order, listing))
        return ModifyAction((modify,), action.a, is_single=True)
    if isinstance(action, PostBatchModify):
        modifies = tuple(Modify(modify.oid, _order(modify.order, listing)) for modify in action.modifies)
        return ModifyAction(modifies, action.a)
    return _account_action(action)


def _account_action(action: PostedAction) -> Action:
    if isinstance(action, PostScheduleCancel):
        return ScheduleCancelAction(action.time)
    if isinstance(action, PostUpdateLeverage):
        return UpdateLeverageAction(action.asset, action.isCross, action.leverage)
    if isinstance(action, PostUpdateIsolatedMargin):
        return UpdateIsolatedMarginAction(action.asset, action.ntli)
    if isinstance(action, PostTopUpIsolatedOnlyMargin):
        return TopUpIsolatedMarginAction(action.asset, float(action.leverage))
    if isinstance(action, PostApproveAgent):
        name, valid_until_ms = agent_name(action.agentName or "")
        return ApproveAgentAction(action.agentAddress.lower(), name, valid_until_ms)
    return NoopAction()


def agent_name(text: str) -> tuple[str, int | None]:
    """Name and expiry of an agent's name text, ``name valid_until 1790000000000``."""
    match = _VALID_UNTIL.fullmatch(text)
    return (text, None) if match is None else (match[1], int(match[2]))


def _orders(action: PostOrder, listing: Listing) -> OrderAction:
    return OrderAction(
        tuple(_order(order, listing) for order in action.orders),
        PRIORITY_GROUPING if isinstance(action.grouping, WirePriority) else action.grouping,
        None if action.builder is None else action.builder.b,
    )


def _order(order: WireOrder, listing: Listing) -> PlaceOrder:
    kind = order.t
    if (kind.limit is None) == (kind.trigger is None):
        raise SchemaError("an order is either limit or trigger")
    contract = listing.by_asset(order.a)
    price, size = (OFF_GRID, OFF_GRID) if contract is None else _units(order, contract.instrument)
    return PlaceOrder(
        order.a,
        Side.BUY if order.b else Side.SELL,
        price,
        size,
        Tif.GTC if kind.limit is None else kind.limit.tif,
        order.r,
        order.c,
        is_trigger=kind.trigger is not None,
    )


def _units(order: WireOrder, instrument: Instrument) -> tuple[int, int]:
    return _parse(order.p, instrument.price_decimals), _parse(order.s, instrument.size_decimals)


def _parse(text: str, decimals: int) -> int:
    try:
        return parse_units(text, decimals)
    except UnitError:
        return OFF_GRID
