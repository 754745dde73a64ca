"""Shapes of the account answers of ``/info``; decoded by ``reader`` and ``preflight``.

Money stays text until it is parsed exactly. Source: hyperliquid-protocol.md 10.3.
"""

import msgspec

from mmtui.venues.hyperliquid.wire import WireOrder


class MarginSummary(msgspec.Struct, frozen=True, rename="camel"):
    """Value of the account on one dex."""

    account_value: str
    total_raw_usd: str
    total_margin_used: str


class Leverage(msgspec.Struct, frozen=True):
    """``cross`` or ``isolated``, and the multiple."""

    type: str
    value: int


class PositionState(msgspec.Struct, frozen=True, rename="camel"):
    """One held position."""

    coin: str
    szi: str
    leverage: Leverage
    entry_px: str | None = None
    liquidation_px: str | None = None


class AssetPosition(msgspec.Struct, frozen=True):
    """Envelope of a position."""

    position: PositionState


class ClearinghouseState(msgspec.Struct, frozen=True, rename="camel"):
    """The account on one dex; flat coins are absent."""

    margin_summary: MarginSummary
    asset_positions: tuple[AssetPosition, ...]
    time: int = 0
    withdrawable: str = "0.0"


class FundingDelta(msgspec.Struct, frozen=True, rename="camel"):
    """What one funding payment changed."""

    coin: str
    usdc: str
    szi: str
    funding_rate: float


class FundingRow(msgspec.Struct, frozen=True):
    """One row of ``userFunding``."""

    time: int
    delta: FundingDelta


class UserFees(msgspec.Struct, frozen=True, rename="camel"):
    """Rates with tier and staking discount applied."""

    user_cross_rate: float
    user_add_rate: float
    active_referral_discount: float = 0.0


class RateLimit(msgspec.Struct, frozen=True, rename="camel"):
    """The request budget of the account."""

    cum_vlm: float = 0.0
    n_requests_used: int = 0
    n_requests_cap: int = 0


class ActiveAssetData(msgspec.Struct, frozen=True):
    """Leverage chosen for one coin, also while flat."""

    leverage: Leverage


class FoundOrder(msgspec.Struct, frozen=True, rename="camel"):
    """An order with its state."""

    order: WireOrder
    status: str
    status_timestamp: int


class OrderStatus(msgspec.Struct, frozen=True):
    """``order`` with the order, or ``unknownOid``."""

    status: str
    order: FoundOrder | None = None


class RoleUser(msgspec.Struct, frozen=True):
    """Whom an agent acts for, or who owns a sub-account."""

    user: str = ""
    master: str = ""


class Role(msgspec.Struct, frozen=True):
    """What an address is to the venue."""

    role: str
    data: RoleUser = RoleUser()
