"""Answers about one account. Source: hyperliquid-protocol.md 10.3."""

from collections.abc import Iterable
from itertools import islice

from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway import account_rendering as shown
from mmtui.venues.exchange.gateway.info.market import instrument_named
from mmtui.venues.exchange.gateway.info.reference import dex_of
from mmtui.venues.exchange.gateway.info.requests import (
    OfFills,
    OfFillTimes,
    OfOrder,
    OfUser,
    OfUserCoin,
    OfUserDex,
    OfUserTimes,
)
from mmtui.venues.exchange.gateway.rendering import RATE_DECIMALS, Row, decimal_text, money
from mmtui.venues.exchange.ledger.fees import RATE_ONE, TIERS, FeeTier
from mmtui.venues.exchange.records import AccountFill

FILLS_MAX = 2_000
HISTORY_ROWS = 500
SPOT_TAKER_RATE = "0.0007"
SPOT_MAKER_RATE = "0.0004"
NONE = "0.0"


def clearinghouse_state(exchange: Exchange, request: OfUserDex) -> object:
    """Margin and positions on one dex."""
    dex = dex_of(exchange, request.dex_name)
    return shown.clearinghouse_state(exchange.listing, exchange.statements.statement(request.account, dex.name))


def spot_state(_exchange: Exchange, _request: OfUser) -> object:
    """Spot balances: none, all collateral lies on the dexes."""
    return {"balances": []}


def active_asset_data(exchange: Exchange, request: OfUserCoin) -> object:
    """Leverage and room to trade one coin."""
    instrument_named(exchange, request.coin)
    row = exchange.statements.active_asset(request.account, request.coin)
    return shown.active_asset(exchange.listing, request.account, request.coin, row)


def open_orders(exchange: Exchange, request: OfUserDex) -> object:
    """Resting orders on one dex."""
    dex = dex_of(exchange, request.dex_name)
    rows = exchange.statements.open_orders(request.account, dex.name)
    return [shown.basic_order(exchange.listing, row) for row in rows]


def frontend_open_orders(exchange: Exchange, request: OfUserDex) -> object:
    """Resting orders on one dex with all details."""
    return frontend_orders(exchange, request.account, dex_of(exchange, request.dex_name).name)


def frontend_orders(exchange: Exchange, account: str, dex: str) -> list[Row]:
    """Resting orders of an account on one dex with all details."""
    return [shown.frontend_order(exchange.listing, row) for row in exchange.statements.open_orders(account, dex)]


def order_status(exchange: Exchange, request: OfOrder) -> object:
    """One order of this account."""
    target = request.oid.lower() if isinstance(request.oid, str) else request.oid
    row = exchange.statements.order_status(request.account, target)
    if row is None:
        return {"status": "unknownOid"}
    return {"status": "order", "order": shown.order_status(exchange.listing, row)}


def historical_orders(exchange: Exchange, request: OfUser) -> object:
    """The latest orders, newest first."""
    return [shown.order_status(exchange.listing, row) for row in exchange.statements.order_history(request.account)]


def user_fills(exchange: Exchange, request: OfFills) -> object:
    """The latest fills, newest first."""
    return fills_snapshot(exchange, request.account, aggregate=bool(request.aggregateByTime))


def fills_snapshot(exchange: Exchange, account: str, *, aggregate: bool) -> list[Row]:
    """The latest fills, newest first; merging comes before the cap."""
    rows: Iterable[AccountFill] = exchange.statements.fills(account)
    if not aggregate:
        rows = reversed(list(islice(reversed(exchange.statements.fills(account)), FILLS_MAX)))
    return shown.fills(exchange.listing, rows, aggregate=aggregate)[-FILLS_MAX:][::-1]


def user_fills_by_time(exchange: Exchange, request: OfFillTimes) -> object:
    """Fills in a range of time, ascending unless reversed."""
    end_ms = exchange.now_ms if request.endTime is None else request.endTime
    rows = [row for row in exchange.statements.fills(request.account) if request.startTime <= row.time_ms <= end_ms]
    found = shown.fills(exchange.listing, rows, aggregate=bool(request.aggregateByTime))
    return found[::-1][:FILLS_MAX] if request.reversed else found[:FILLS_MAX]


def user_funding(exchange: Exchange, request: OfUserTimes) -> object:
    """Funding payments in a range of time, ascending, at most 500."""
    start_ms, end_ms = _range(exchange, request)
    rows = [row for row in exchange.statements.fundings(request.account) if start_ms <= row.time_ms <= end_ms]
    return [
        {
            "time": row.time_ms,
            "hash": "0x" + "0" * 64,
            "delta": {"type": "funding"} | _without_time(shown.funding(exchange.listing, row)),
        }
        for row in rows[:HISTORY_ROWS]
    ]


def ledger_updates(exchange: Exchange, request: OfUserTimes) -> object:
    """Movements of collateral in a range of time, ascending, at most 500."""
    start_ms, end_ms = _range(exchange, request)
    rows = [row for row in exchange.statements.ledger(request.account) if start_ms <= row.time_ms <= end_ms]
    return [shown.ledger_entry(row) for row in rows[:HISTORY_ROWS]]


def user_fees(exchange: Exchange, request: OfUser) -> object:
    """Volumes, the schedule that is charged here, and the account's own rates."""
    rates = exchange.statements.fee_rates(request.account)
    return {
        "dailyUserVlm": [
            {
                "date": day.date,
                "userCross": money(day.taker_micro),
                "userAdd": money(day.maker_micro),
                "exchange": money(day.exchange_micro),
            }
            for day in exchange.statements.daily_volumes(request.account)
        ],
        "feeSchedule": _rates(TIERS[0])
        | {
            "tiers": {
                "vip": [{"ntlCutoff": f"{tier.volume_above_usd}.0"} | _rates(tier) for tier in TIERS[1:]],
                "mm": [],
            },
            "referralDiscount": NONE,
            "stakingDiscountTiers": [{"bpsOfMaxSupply": NONE, "discount": NONE}],
        },
        "userCrossRate": decimal_text(rates.taker, RATE_DECIMALS),
        "userAddRate": decimal_text(rates.maker, RATE_DECIMALS),
        "userSpotCrossRate": SPOT_TAKER_RATE,
        "userSpotAddRate": SPOT_MAKER_RATE,
        "activeReferralDiscount": NONE,
        "trial": None,
        "feeTrialEscrow": NONE,
        "nextTrialAvailableTimestamp": None,
        "stakingLink": None,
        "activeStakingDiscount": {"bpsOfMaxSupply": NONE, "discount": NONE},
    }


def user_rate_limit(exchange: Exchange, request: OfUser) -> object:
    """The address budget."""
    row = exchange.statements.rate_limit(request.account)
    return {
        "cumVlm": money(row.cumulative_volume_micro),
        "nRequestsUsed": row.used,
        "nRequestsCap": row.cap,
        "nRequestsSurplus": row.surplus,
    }


def user_role(exchange: Exchange, request: OfUser) -> object:
    """Agent of an account, or an account itself: every address is credited here."""
    account = exchange.resolve_signer(request.account)
    if account != request.account:
        return {"role": "agent", "data": {"user": account}}
    return {"role": "user"}


def extra_agents(exchange: Exchange, request: OfUser) -> object:
    """Named agents that may sign."""
    return [
        {"name": name, "address": address, "validUntil": until_ms}
        for name, address, until_ms in exchange.statements.agents(request.account)
        if name
    ]


def abstraction(_exchange: Exchange, _request: OfUser) -> object:
    """Standard mode: each dex keeps its own balance."""
    return "disabled"


def no_abstraction(_exchange: Exchange, _request: OfUser) -> object:
    """Standard mode, as the older request says it."""
    return False


def empty_list(_exchange: Exchange, _request: OfUser) -> object:
    """Histories of what does not exist here: TWAPs, vaults, delegations, approved builders."""
    return []


def nothing(_exchange: Exchange, _request: OfUser) -> object:
    """No sub-accounts and no multi-signature signers."""
    return None


def no_builder_fee(_exchange: Exchange, _request: OfUser) -> object:
    """No builder is approved."""
    return 0


def _range(exchange: Exchange, request: OfUserTimes) -> tuple[int, int]:
    return request.startTime or 0, exchange.now_ms if request.endTime is None else request.endTime


def _without_time(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "time"}


def _rates(tier: FeeTier) -> Row:
    return {
        "cross": decimal_text(tier.taker_rate / RATE_ONE, RATE_DECIMALS),
        "add": decimal_text(tier.maker_rate / RATE_ONE, RATE_DECIMALS),
        "spotCross": SPOT_TAKER_RATE,
        "spotAdd": SPOT_MAKER_RATE,
    }
