"""Checks that refuse a whole batch before anything trades.

Owns what the venue can tell from the action alone and the mark: one failure refuses every order
and leaves no record. Source: hyperliquid-protocol.md 5.1, 6.2.
"""

from collections.abc import Sequence

from mmtui.venues.exchange import refusals
from mmtui.venues.exchange.actions import OrderAction, PlaceOrder
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.state import State

ENTRIES_MAX = 200
BAND_PCT = 95
SIZE_MAX = 10**18


def count_refusal(entries: int) -> str | None:
    """Why a list of this length is refused, or None."""
    if entries == 0:
        return refusals.ORDERS_EMPTY
    return refusals.OVER_WEIGHT if entries > ENTRIES_MAX else None


def batch_refusal(state: State, action: OrderAction) -> str | None:
    """Why an order action is refused as a whole, or None."""
    if (text := count_refusal(len(action.orders))) is not None:
        return text
    if action.grouping in ("normalTpsl", "positionTpsl"):
        has_trigger = any(order.is_trigger for order in action.orders)
        return refusals.TRIGGERS_UNSUPPORTED if has_trigger else refusals.TRIGGER_COUNT
    if action.grouping != "na":
        return refusals.NO_PRIORITY_BALANCE
    if action.builder is not None:
        return refusals.BUILDER_NOT_APPROVED
    return orders_refusal(state, action.orders)


def orders_refusal(state: State, orders: Sequence[PlaceOrder]) -> str | None:
    """The first static refusal among the orders, or None."""
    for order in orders:
        if (text := _order_refusal(state, order)) is not None:
            return text
    return None


def pit_of(state: State, asset: int) -> Pit | str:
    """The pit of an asset, or why it cannot be traded."""
    contract = state.listing.by_asset(asset)
    if contract is None:
        return refusals.asset_unknown(asset)
    pit = state.pits.get(contract.instrument.coin)
    if pit is None or contract.instrument.is_delisted:
        return refusals.trading_halted(asset)
    return pit


def _order_refusal(state: State, order: PlaceOrder) -> str | None:
    pit = pit_of(state, order.asset)
    if isinstance(pit, str):
        return pit
    if order.is_trigger:
        return refusals.TRIGGERS_UNSUPPORTED
    if order.size == 0:
        return refusals.ZERO_SIZE
    if not 0 < order.size <= SIZE_MAX:
        return refusals.INVALID_SIZE
    if not pit.instrument.is_price_on_grid(order.price):
        return refusals.INVALID_PRICE
    mark = pit.price.mark
    if abs(order.price - mark) * 100 > BAND_PCT * mark:
        return refusals.PRICE_BAND
    return None
