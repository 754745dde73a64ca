"""Accounts in the venue's shapes: orders, fills, positions, margin, funding, ledger entries.

Source: hyperliquid-protocol.md 7.4, 8.1, 10.3, 11.2.
"""

from collections.abc import Iterable

from mmtui.domain.instrument import Instrument
from mmtui.domain.units import UsdMicro, format_venue
from mmtui.venues.exchange.actions import Tif
from mmtui.venues.exchange.gateway.rendering import RATE_DECIMALS, Row, decimal_text, money
from mmtui.venues.exchange.listing import Listing
from mmtui.venues.exchange.records import AccountFill, FundingPayment, LedgerEntry, Liquidation, OrderUpdate
from mmtui.venues.exchange.statements import ActiveAsset, DexStatement, Leverage, MarginSummary, PositionRow

AVERAGE_DECIMALS = 10
RATIO_DECIMALS = 10


def instrument_of(listing: Listing, coin: str) -> Instrument:
    """The instrument of a coin that the exchange itself named."""
    instrument = listing.instrument(coin)
    assert instrument is not None, f"{coin} is not listed"
    return instrument


def basic_order(listing: Listing, row: OrderUpdate) -> Row:
    """An order as ``openOrders`` and ``orderUpdates`` show it."""
    instrument = instrument_of(listing, row.coin)
    order: Row = {
        "coin": row.coin,
        "side": row.side.wire,
        "limitPx": format_venue(row.price, instrument.price_decimals),
        "sz": format_venue(row.size, instrument.size_decimals),
        "oid": row.oid,
        "timestamp": row.placed_ms,
        "origSz": format_venue(row.original_size, instrument.size_decimals),
    }
    if row.cloid is not None:
        order["cloid"] = row.cloid
    if row.reduce_only:
        order["reduceOnly"] = True
    return order


def frontend_order(listing: Listing, row: OrderUpdate) -> Row:
    """An order with everything that a front end shows."""
    is_market = row.tif is Tif.FRONTEND_MARKET
    return basic_order(listing, row) | {
        "triggerCondition": "N/A",
        "isTrigger": False,
        "triggerPx": "0.0",
        "children": [],
        "isPositionTpsl": False,
        "reduceOnly": row.reduce_only,
        "orderType": "Market" if is_market else "Limit",
        "tif": row.tif.value,
        "cloid": row.cloid,
    }


def order_status(listing: Listing, row: OrderUpdate) -> Row:
    """An order with its status, as histories and ``orderStatus`` show it."""
    return {"order": frontend_order(listing, row), "status": row.status, "statusTimestamp": row.status_ms}


def order_update(listing: Listing, row: OrderUpdate) -> Row:
    """An order as ``orderUpdates`` pushes it."""
    return {"order": basic_order(listing, row), "status": row.status, "statusTimestamp": row.status_ms}


def fill(listing: Listing, row: AccountFill) -> Row:
    """One fill."""
    instrument = instrument_of(listing, row.coin)
    shown: Row = {
        "coin": row.coin,
        "px": format_venue(row.price, instrument.price_decimals),
        "sz": format_venue(row.size, instrument.size_decimals),
        "side": row.side.wire,
        "time": row.time_ms,
        "startPosition": format_venue(row.start_position, instrument.size_decimals),
        "dir": row.direction,
        "closedPnl": money(row.closed_pnl_micro),
        "hash": row.hash,
        "oid": row.oid,
        "crossed": row.crossed,
        "fee": money(row.fee_micro),
        "tid": row.tid,
        "feeToken": row.fee_token,
        "twapId": None,
    }
    if row.cloid is not None:
        shown["cloid"] = row.cloid
    if row.liquidation is not None:
        shown["liquidation"] = {
            "liquidatedUser": row.liquidation.user,
            "markPx": format_venue(row.liquidation.mark, instrument.price_decimals),
            "method": row.liquidation.method,
        }
    return shown


def fills(listing: Listing, rows: Iterable[AccountFill], *, aggregate: bool = False) -> list[Row]:
    """Fills, ascending as given; ``aggregate`` merges those of one taker order in one block."""
    if not aggregate:
        return [fill(listing, row) for row in rows]
    groups: dict[tuple[int, int, int], list[AccountFill]] = {}
    for row in rows:
        key = (row.oid, row.time_ms, 0) if row.crossed else (row.oid, row.time_ms, row.tid)
        groups.setdefault(key, []).append(row)
    return [_aggregated(listing, group) for group in groups.values()]


def _aggregated(listing: Listing, group: list[AccountFill]) -> Row:
    shown = fill(listing, group[0])
    if len(group) == 1:
        return shown
    instrument = instrument_of(listing, group[0].coin)
    size = sum(row.size for row in group)
    notional = sum(row.price * row.size for row in group)
    shown["px"] = decimal_text(notional / size / instrument.price_scale, AVERAGE_DECIMALS)
    shown["sz"] = format_venue(size, instrument.size_decimals)
    shown["closedPnl"] = money(sum(row.closed_pnl_micro for row in group))
    shown["fee"] = money(sum(row.fee_micro for row in group))
    return shown


def leverage(row: Leverage) -> Row:
    """Margin choice of a coin."""
    if row.is_cross:
        return {"type": "cross", "value": row.value}
    shown: Row = {"type": "isolated", "value": row.value}
    if row.raw_usd_micro is not None:
        shown["rawUsd"] = money(row.raw_usd_micro)
    return shown


def clearinghouse_state(listing: Listing, row: DexStatement) -> Row:
    """Clearinghouse state of one account on one dex."""
    return {
        "marginSummary": _summary(row.total),
        "crossMarginSummary": _summary(row.cross),
        "crossMaintenanceMarginUsed": money(row.cross_maintenance_micro),
        "withdrawable": money(row.withdrawable_micro),
        "assetPositions": [{"type": "oneWay", "position": _position(listing, position)} for position in row.positions],
        "time": row.time_ms,
    }


def active_asset(listing: Listing, user: str, coin: str, row: ActiveAsset) -> Row:
    """Leverage and room to trade of one coin."""
    instrument = instrument_of(listing, coin)
    return {
        "user": user,
        "coin": coin,
        "leverage": leverage(row.leverage),
        "maxTradeSzs": [format_venue(size, instrument.size_decimals) for size in row.max_trade_sizes],
        "availableToTrade": [money(amount) for amount in row.available_to_trade_micro],
        "markPx": format_venue(row.mark, instrument.price_decimals),
    }


def funding(listing: Listing, row: FundingPayment) -> Row:
    """One funding payment as feeds show it."""
    instrument = instrument_of(listing, row.coin)
    return {
        "time": row.time_ms,
        "coin": row.coin,
        "usdc": money(row.amount_micro),
        "szi": format_venue(row.position, instrument.size_decimals),
        "fundingRate": decimal_text(row.rate, RATE_DECIMALS),
        "nSamples": None,
    }


def ledger_entry(row: LedgerEntry) -> Row:
    """One movement of collateral."""
    delta: Row = {"type": row.kind, "usdc": money(row.amount_micro)}
    if row.dex:
        delta |= {"dex": row.dex, "token": row.token}
    return {"time": row.time_ms, "hash": row.hash, "delta": delta}


def liquidation(account: str, row: Liquidation) -> Row:
    """A liquidation as ``userEvents`` shows it."""
    return {
        "lid": row.lid,
        "liquidator": account,
        "liquidated_user": account,
        "liquidated_ntl_pos": money(row.notional_micro),
        "liquidated_account_value": money(row.account_value_micro),
    }


def _summary(row: MarginSummary) -> Row:
    return {
        "accountValue": money(row.account_value_micro),
        "totalNtlPos": money(row.total_notional_micro),
        "totalRawUsd": money(row.total_raw_usd_micro),
        "totalMarginUsed": money(row.total_margin_used_micro),
    }


def _position(listing: Listing, row: PositionRow) -> Row:
    instrument = instrument_of(listing, row.coin)
    entry = abs(row.entry_notional_micro)
    size = abs(row.size)
    return {
        "coin": row.coin,
        "szi": format_venue(row.size, instrument.size_decimals),
        "leverage": leverage(row.leverage),
        "entryPx": format_venue((2 * entry + size) // (2 * size), instrument.price_decimals),
        "positionValue": money(row.position_value_micro),
        "unrealizedPnl": money(row.unrealized_pnl_micro),
        "returnOnEquity": _return_on_equity(row.unrealized_pnl_micro, entry, row.leverage.value),
        "liquidationPx": None if row.liquidation_price is None else decimal_text(row.liquidation_price, RATIO_DECIMALS),
        "marginUsed": money(row.margin_used_micro),
        "maxLeverage": row.max_leverage,
        "cumFunding": {
            "allTime": money(row.funding_all_time_micro),
            "sinceOpen": money(row.funding_since_open_micro),
            "sinceChange": money(row.funding_since_change_micro),
        },
    }


def _return_on_equity(pnl_micro: UsdMicro, entry_micro: UsdMicro, chosen_leverage: int) -> str:
    return decimal_text(pnl_micro * chosen_leverage / entry_micro, RATIO_DECIMALS) if entry_micro else "0.0"
