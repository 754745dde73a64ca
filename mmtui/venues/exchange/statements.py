"""What an account is shown: margin summaries, leverage, fee rates and request budgets, as values.

Signatures of the queries; all amounts are micro-units of the dex's collateral.
"""

import msgspec

from mmtui.domain.units import Price, Size, UsdMicro


class Leverage(msgspec.Struct, frozen=True):
    """Margin choice of one coin; ``raw_usd_micro`` is the isolated balance, None on cross or flat."""

    is_cross: bool
    value: int
    raw_usd_micro: UsdMicro | None = None


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One open position as ``clearinghouseState`` shows it; ``size`` is signed."""

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
    """Volume of one UTC day in micro-USD."""

    date: str
    taker_micro: UsdMicro
    maker_micro: UsdMicro
    exchange_micro: UsdMicro


class RateLimit(msgspec.Struct, frozen=True, kw_only=True):
    """The address budget (protocol 12.2)."""

    cumulative_volume_micro: UsdMicro
    used: int
    cap: int
    surplus: int
