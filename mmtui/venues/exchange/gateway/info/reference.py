"""Answers about what is listed: dexes, contracts, tokens, limits, fees' reference.

Source: hyperliquid-protocol.md 10.1.
"""

from datetime import UTC, datetime

from mmtui.domain.instrument import MarginMode
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway.info.requests import InfoRequest, OfDex, OfTable
from mmtui.venues.exchange.gateway.rendering import Row, context, decimal_text, mid, money
from mmtui.venues.exchange.listing import SINGLE_TIER_TABLES_BELOW, Contract, Dex, MarginTable, single_tier

HOUR_MS = 3_600_000
NO_CAP = "1000000000000.0"
NO_SIZE_CAP = "10000000000.0"
NEVER = datetime.fromtimestamp(0, UTC).replace(tzinfo=None).isoformat()


class UnknownNameError(Exception):
    """A dex or coin that nobody listed."""


def dex_of(exchange: Exchange, name: str) -> Dex:
    """The dex of this name. Raises UnknownNameError."""
    dex = exchange.listing.dex(name)
    if dex is None:
        raise UnknownNameError(name)
    return dex


def perp_dexs(exchange: Exchange, _request: InfoRequest) -> object:
    """Every dex, null for the main one first."""
    return [None, *(_dex(dex) for dex in exchange.listing.dexes[1:])]


def meta(exchange: Exchange, request: OfDex) -> object:
    """The contracts of one dex in slot order, delisted ones included."""
    return _meta(exchange, dex_of(exchange, request.dex_name))


def all_perp_metas(exchange: Exchange, _request: InfoRequest) -> object:
    """The contracts of every dex."""
    return [_meta(exchange, dex) for dex in exchange.listing.dexes]


def margin_table(exchange: Exchange, request: OfTable) -> object:
    """One margin table; small ids are tables of one tier."""
    if 0 < request.id < SINGLE_TIER_TABLES_BELOW:
        return _table(single_tier(request.id))
    for contract in dex_of(exchange, request.dex_name).contracts:
        if contract.margin_table.table_id == request.id:
            return _table(contract.margin_table)
    return None


def meta_and_contexts(exchange: Exchange, request: OfDex) -> object:
    """The contracts of one dex with their contexts beside them."""
    dex = dex_of(exchange, request.dex_name)
    return [_meta(exchange, dex), dex_contexts(exchange, dex)]


def dex_contexts(exchange: Exchange, dex: Dex) -> list[Row]:
    """Contexts of one dex in slot order."""
    rows = (contract.instrument for contract in dex.contracts)
    live = live_coins(exchange)
    return [
        context(instrument, exchange.context(instrument.coin) if instrument.coin in live else None)
        for instrument in rows
    ]


def live_coins(exchange: Exchange) -> frozenset[str]:
    """Coins that trade here; the others are listed, and shown as delisted."""
    return frozenset(exchange.coins)


def spot_meta(exchange: Exchange, _request: InfoRequest) -> object:
    """The collateral tokens; no spot pair is listed."""
    return {
        "universe": [],
        "tokens": [
            {
                "name": token.name,
                "szDecimals": token.size_decimals,
                "weiDecimals": token.wei_decimals,
                "index": token.index,
                "tokenId": token.token_id,
                "isCanonical": token.index == 0,
                "evmContract": None,
                "fullName": None,
                "deployerTradingFeeShare": "0.0",
            }
            for token in exchange.listing.tokens()
        ],
    }


def spot_meta_and_contexts(exchange: Exchange, request: InfoRequest) -> object:
    """The tokens, and the contexts of no pair."""
    return [spot_meta(exchange, request), []]


def all_mids(exchange: Exchange, request: OfDex) -> object:
    """Mid prices of one dex by coin."""
    return mids(exchange, dex_of(exchange, request.dex_name))


def mids(exchange: Exchange, dex: Dex) -> dict[str, str]:
    """Mid prices of one dex: the last trade's where a side is empty, absent where nothing traded."""
    found: dict[str, str] = {}
    live = live_coins(exchange)
    for contract in dex.contracts:
        instrument = contract.instrument
        if instrument.coin not in live:
            continue
        trades = exchange.recent_trades(instrument.coin)
        text = mid(instrument, exchange.book(instrument.coin), trades[-1].price if trades else None)
        if text is not None:
            found[instrument.coin] = text
    return found


def at_open_interest_cap(exchange: Exchange, request: OfDex) -> object:
    """Contracts at their cap: none, there are no caps here."""
    dex_of(exchange, request.dex_name)
    return []


def dex_limits(exchange: Exchange, request: OfDex) -> object:
    """Caps of a builder dex, too large to matter; null for the main dex and unknown names."""
    dex = exchange.listing.dex(request.dex_name)
    if dex is None or dex.index == 0:
        return None
    return {
        "totalOiCap": NO_CAP,
        "oiSzCapPerPerp": NO_SIZE_CAP,
        "maxTransferNtl": NO_CAP,
        "coinToOiCap": _caps(dex),
    }


def dex_status(exchange: Exchange, request: OfDex) -> object:
    """What was deposited on a dex; null for an unknown name."""
    dex = exchange.listing.dex(request.dex_name)
    return None if dex is None else {"totalNetDeposit": money(exchange.statements.net_deposits(dex.name))}


def predicted_fundings(exchange: Exchange, _request: InfoRequest) -> object:
    """The next hourly rate of every main-dex contract, on this venue alone."""
    next_ms = exchange.now_ms - exchange.now_ms % HOUR_MS + HOUR_MS
    live = live_coins(exchange)
    rows = [contract.instrument.coin for contract in exchange.listing.dexes[0].contracts]
    return [
        [
            coin,
            [["HlPerp", {"fundingRate": _rate(exchange, coin), "nextFundingTime": next_ms, "fundingIntervalHours": 1}]],
        ]
        for coin in rows
        if coin in live
    ]


def exchange_status(exchange: Exchange, _request: InfoRequest) -> object:
    """The exchange's time."""
    return {"time": exchange.now_ms, "specialStatuses": None}


def _rate(exchange: Exchange, coin: str) -> str:
    return decimal_text(exchange.context(coin).funding_rate, 10)


def _caps(dex: Dex) -> list[list[str]]:
    """The caps on open interest by coin; one too large to matter where the contract has none."""
    rows = []
    for contract in sorted(dex.contracts, key=lambda one: one.instrument.coin):
        cap = contract.instrument.open_interest_cap_usd
        rows.append([contract.instrument.coin, NO_CAP if cap is None else decimal_text(cap, 6)])
    return rows


def _dex(dex: Dex) -> Row:
    contracts = sorted(dex.contracts, key=lambda contract: contract.instrument.coin)
    scales = {contract.instrument.deployer_fee_scale for contract in contracts}
    return {
        "name": dex.name,
        "fullName": dex.full_name,
        "deployer": dex.deployer,
        "oracleUpdater": None,
        "feeRecipient": None,
        "assetToStreamingOiCap": _caps(dex),
        "subDeployers": [],
        "deployerFeeScale": decimal_text(max(scales, default=1.0), 10),
        "lastDeployerFeeScaleChangeTime": NEVER,
        "assetToFundingMultiplier": [
            [contract.instrument.coin, decimal_text(contract.funding_multiplier, 10)] for contract in contracts
        ],
        "assetToFundingInterestRate": [
            [contract.instrument.coin, decimal_text(contract.interest_rate_8h, 10)] for contract in contracts
        ],
    }


def _meta(exchange: Exchange, dex: Dex) -> Row:
    live = live_coins(exchange)
    tables = {contract.margin_table.table_id: contract.margin_table for contract in dex.contracts}
    listed = sorted(table_id for table_id in tables if table_id >= SINGLE_TIER_TABLES_BELOW)
    return {
        "universe": [_universe_entry(contract, is_live=contract.instrument.coin in live) for contract in dex.contracts],
        "marginTables": [[table_id, _table(tables[table_id])] for table_id in listed],
        "collateralToken": dex.collateral.index,
    }


def _universe_entry(contract: Contract, *, is_live: bool) -> Row:
    instrument = contract.instrument
    entry: Row = {
        "szDecimals": instrument.size_decimals,
        "name": instrument.coin,
        "maxLeverage": instrument.max_leverage,
        "marginTableId": contract.margin_table.table_id,
    }
    if not is_live:
        entry["isDelisted"] = True
    if instrument.margin_mode is not MarginMode.CROSS:
        entry |= {"onlyIsolated": True, "marginMode": instrument.margin_mode.value}
    if instrument.growth_mode:
        entry["growthMode"] = "enabled"
    if instrument.dex:
        entry |= {
            "lastFeeScaleChangeTime": NEVER,
            "deployerFeeScale": decimal_text(instrument.deployer_fee_scale, 10),
        }
    return entry


def _table(table: MarginTable) -> Row:
    return {
        "description": table.description,
        "marginTiers": [
            {"lowerBound": money(tier.lower_bound_micro), "maxLeverage": tier.max_leverage} for tier in table.tiers
        ],
    }
