"""What an account is shown: margin, orders, fills, fees and budgets, as values.

Owns the queries the info routes and the in-process venue ask; changes nothing, except that an
address never seen is opened and credited. Amounts are micro-units of the dex's collateral.
"""

from collections.abc import Sequence

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.errors import ConfigError
from mmtui.venues.exchange.ledger import margin
from mmtui.venues.exchange.ledger.accounts import Account, DexAccount, Holding
from mmtui.venues.exchange.ledger.fees import DAY_MS, RATE_ONE, WINDOW_DAYS, day_text
from mmtui.venues.exchange.records import AccountFill, FundingPayment, LedgerEntry, OrderUpdate
from mmtui.venues.exchange.rulebook.state import State

WITHDRAW_RESERVE_DIVISOR = 10


class Leverage(msgspec.Struct, frozen=True):
    """Margin choice of one coin; ``raw_usd_micro`` is the isolated balance, None on cross or flat."""

    is_cross: bool
    value: int
    raw_usd_micro: UsdMicro | None = None


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One open position; ``size`` is signed, ``liquidation_price`` in USD, funding positive when paid."""

    coin: str
    size: Size
    leverage: Leverage
    entry_notional_micro: UsdMicro
    position_value_micro: UsdMicro
    unrealized_pnl_micro: UsdMicro
    margin_used_micro: UsdMicro
    liquidation_price: float | None
    max_leverage: int
    funding_all_time_micro: UsdMicro
    funding_since_open_micro: UsdMicro
    funding_since_change_micro: UsdMicro


class MarginSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Totals of one account on one dex (protocol 8.1)."""

    account_value_micro: UsdMicro
    total_notional_micro: UsdMicro
    total_raw_usd_micro: UsdMicro
    total_margin_used_micro: UsdMicro


class DexStatement(msgspec.Struct, frozen=True, kw_only=True):
    """The whole clearinghouse state of one account on one dex."""

    total: MarginSummary
    cross: MarginSummary
    cross_maintenance_micro: UsdMicro
    withdrawable_micro: UsdMicro
    positions: tuple[PositionRow, ...]
    time_ms: int


class ActiveAsset(msgspec.Struct, frozen=True, kw_only=True):
    """Leverage and room to trade one coin, buy side first."""

    leverage: Leverage
    max_trade_sizes: tuple[Size, Size]
    available_to_trade_micro: tuple[UsdMicro, UsdMicro]
    mark: Price


class FeeRates(msgspec.Struct, frozen=True, kw_only=True):
    """A user's own rates as fractions of notional, before any dex's scale."""

    taker: float
    maker: float


class DailyVolume(msgspec.Struct, frozen=True, kw_only=True):
    """Volume of one UTC day in micro-USD; ``exchange_micro`` sums all accounts here."""

    date: str
    taker_micro: UsdMicro
    maker_micro: UsdMicro
    exchange_micro: UsdMicro


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The address budget (protocol 12.2)."""

    cumulative_volume_micro: UsdMicro
    used: int
    cap: int
    surplus: int = 0


class Statements:
    """The account queries of one exchange; addresses are lower-case."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    def statement(self, account: str, dex: str) -> DexStatement:
        """Clearinghouse state on ``dex``; raises ConfigError for a dex that is not listed."""
        dex_account = self._dex_account(account, dex)
        holdings = [holding for holding in dex_account.holdings.values() if holding.size]
        rows = tuple(_position_row(dex_account, holding) for holding in holdings)
        cross_rows = [row for row, holding in zip(rows, holdings, strict=True) if holding.is_cross]
        cross = _summary(margin.cross_value(dex_account), dex_account.raw, cross_rows)
        isolated_raw = sum(holding.isolated_raw for holding in holdings)
        total = _summary(margin.account_value(dex_account), dex_account.raw + isolated_raw, rows)
        held = max(cross.total_margin_used_micro, cross.total_notional_micro // WITHDRAW_RESERVE_DIVISOR)
        return DexStatement(
            total=total,
            cross=cross,
            cross_maintenance_micro=margin.cross_maintenance(dex_account),
            withdrawable_micro=max(0, cross.account_value_micro - held),
            positions=rows,
            time_ms=self._state.now_ms,
        )

    def free_margin(self, account: str, dex: str) -> UsdMicro:
        """Cross value less what positions and resting orders reserve."""
        return margin.free_margin(self._dex_account(account, dex))

    def open_orders(self, account: str, dex: str | None = None) -> list[OrderUpdate]:
        """Resting orders, newest first; None for every dex."""
        orders = self._state.account(account).orders.open.values()
        return [
            order.update()
            for order in reversed(orders)
            if dex is None or self._state.pits[order.coin].instrument.dex == dex
        ]

    def order_status(self, account: str, target: int | str) -> OrderUpdate | None:
        """The order by oid, or the newest by cloid."""
        order = self._state.account(account).orders.find(target)
        return None if order is None else order.update()

    def order_history(self, account: str) -> list[OrderUpdate]:
        """The latest 2000 orders with their last status, newest first."""
        return [order.update() for order in self._state.account(account).orders.history()]

    def fills(self, account: str) -> Sequence[AccountFill]:
        """The latest 10000 fills, ascending."""
        return self._state.account(account).fills

    def fundings(self, account: str) -> Sequence[FundingPayment]:
        """Funding payments, ascending."""
        return self._state.account(account).fundings

    def ledger(self, account: str) -> Sequence[LedgerEntry]:
        """Deposits, ascending."""
        return self._state.account(account).ledger

    def net_deposits(self, dex: str) -> UsdMicro:
        """Collateral credited to all accounts on ``dex``."""
        entries = (entry for each in self._state.accounts.values() for entry in each.ledger)
        return sum(entry.amount_micro for entry in entries if entry.dex == dex)

    def agents(self, account: str) -> list[tuple[str, str, int]]:
        """Live agents: name (empty for the unnamed one), address, valid until ms."""
        live = self._state.account(account).agents.live(self._state.now_ms)
        return [(agent.name, agent.address, agent.valid_until_ms) for agent in live]

    def leverage(self, account: str, coin: str) -> Leverage:
        """The margin choice of a coin; raises ConfigError for a coin without a market."""
        return _leverage(self._holding(self._state.account(account), coin)[1])

    def active_asset(self, account: str, coin: str) -> ActiveAsset:
        """Room to trade; raises ConfigError for a coin without a market."""
        dex_account, holding = self._holding(self._state.account(account), coin)
        buy = margin.tradable_micro(dex_account, holding, Side.BUY)
        sell = margin.tradable_micro(dex_account, holding, Side.SELL)
        mark = max(1, holding.price.mark)
        return ActiveAsset(
            leverage=_leverage(holding),
            max_trade_sizes=(buy * holding.leverage // mark, sell * holding.leverage // mark),
            available_to_trade_micro=(buy, sell),
            mark=holding.price.mark,
        )

    def fee_rates(self, account: str) -> FeeRates:
        """The user's own rates, today's tier."""
        tier = self._state.account(account).volumes.tier(self._state.now_ms)
        return FeeRates(taker=tier.taker_rate / RATE_ONE, maker=tier.maker_rate / RATE_ONE)

    def daily_volumes(self, account: str) -> list[DailyVolume]:
        """15 days, today last."""
        today = self._state.now_ms // DAY_MS
        own = {day.day: day for day in self._state.account(account).volumes.days}
        total: dict[int, UsdMicro] = {}
        for each in self._state.accounts.values():
            for day in each.volumes.days:
                total[day.day] = total.get(day.day, 0) + day.taker_micro + day.maker_micro
        return [
            DailyVolume(
                date=day_text(number),
                taker_micro=own[number].taker_micro if number in own else 0,
                maker_micro=own[number].maker_micro if number in own else 0,
                exchange_micro=total.get(number, 0),
            )
            for number in range(today - WINDOW_DAYS, today + 1)
        ]

    def rate_limit(self, account: str) -> RateLimit:
        """Address budget."""
        found = self._state.account(account)
        volume = found.volumes.cumulative_micro
        return RateLimit(cumulative_volume_micro=volume, used=found.budget.used, cap=found.budget.cap(volume))

    def _dex_account(self, address: str, dex: str) -> DexAccount:
        dex_account = self._state.account(address).dexes.get(dex)
        if dex_account is None:
            raise ConfigError(f"no dex {dex!r} is listed here")
        return dex_account

    def _holding(self, account: Account, coin: str) -> tuple[DexAccount, Holding]:
        pit = self._state.pits.get(coin)
        if pit is None:
            raise ConfigError(f"{coin} has no market here")
        return self._state.holding(account, pit)


def _summary(value: UsdMicro, raw: UsdMicro, rows: Sequence[PositionRow]) -> MarginSummary:
    return MarginSummary(
        account_value_micro=value,
        total_notional_micro=sum(row.position_value_micro for row in rows),
        total_raw_usd_micro=raw,
        total_margin_used_micro=sum(row.margin_used_micro for row in rows),
    )


def _leverage(holding: Holding) -> Leverage:
    raw = None if holding.is_cross or not holding.size else holding.isolated_raw
    return Leverage(holding.is_cross, holding.leverage, raw)


def _position_row(dex_account: DexAccount, holding: Holding) -> PositionRow:
    instrument = holding.instrument
    value = abs(holding.size) * holding.price.mark
    if holding.is_cross:
        margin_used = margin.initial(value, holding.leverage)
    else:
        margin_used = margin.isolated_value(holding)
    liquidation = margin.liquidation_price(dex_account, holding)
    return PositionRow(
        coin=instrument.coin,
        size=holding.size,
        leverage=_leverage(holding),
        entry_notional_micro=abs(holding.entry_notional),
        position_value_micro=value,
        unrealized_pnl_micro=holding.size * holding.price.mark - holding.entry_notional,
        margin_used_micro=margin_used,
        liquidation_price=None if liquidation is None else liquidation / 10**instrument.price_decimals,
        max_leverage=instrument.max_leverage,
        funding_all_time_micro=holding.funding.all_time,
        funding_since_open_micro=holding.funding.since_open,
        funding_since_change_micro=holding.funding.since_change,
    )
