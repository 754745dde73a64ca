"""What the exchange tells: fills, order updates, trades, payments, contexts, and who listens.

Owns the immutable records handed out. Never renders them: the server writes the venue's JSON.
Money is in micro-units of the dex's collateral, prices and sizes in the instrument's units.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.venues.exchange.actions import Tif

SYSTEM_HASH = "0x" + "0" * 64


class LiquidationMark(msgspec.Struct, frozen=True, gc=False):
    """What a liquidation fill carries on both sides; ``method`` is ``market`` or ``backstop``."""

    user: str
    mark: Price
    method: str = "market"


class AccountFill(msgspec.Struct, frozen=True, gc=False):
    """One side of one trade, as its account sees it (protocol 7.4); ``start_position`` is signed."""

    coin: str
    price: Price
    size: Size
    side: Side
    time_ms: int
    start_position: Size
    direction: str
    closed_pnl_micro: UsdMicro
    fee_micro: UsdMicro
    fee_token: str
    crossed: bool
    oid: int
    tid: int
    hash: str
    cloid: str | None = None
    liquidation: LiquidationMark | None = None


class OrderUpdate(msgspec.Struct, frozen=True, gc=False):
    """An order at one moment; ``size`` is what remains, ``status`` the venue's word (protocol 7.3)."""

    coin: str
    side: Side
    price: Price
    size: Size
    original_size: Size
    oid: int
    placed_ms: int
    status: str
    status_ms: int
    tif: Tif
    reduce_only: bool = False
    cloid: str | None = None


class PublicTrade(msgspec.Struct, frozen=True, gc=False):
    """One print; ``side`` is the aggressor's, an empty address is the background market."""

    coin: str
    side: Side
    price: Price
    size: Size
    time_ms: int
    tid: int
    hash: str
    buyer: str
    seller: str


class FundingPayment(msgspec.Struct, frozen=True, gc=False):
    """One hourly payment; ``amount_micro`` negative means paid; ``rate`` is hourly."""

    coin: str
    time_ms: int
    amount_micro: UsdMicro
    position: Size
    rate: float


class FundingRecord(msgspec.Struct, frozen=True, gc=False):
    """One hour of a contract's funding history."""

    coin: str
    time_ms: int
    rate: float
    premium: float


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """A liquidation of ``dex`` (or of one isolated ``coin``); amounts before it, in micro-units."""

    lid: int
    time_ms: int
    dex: str
    coin: str
    notional_micro: UsdMicro
    account_value_micro: UsdMicro


class LedgerEntry(msgspec.Struct, frozen=True, gc=False):
    """A movement of collateral that is neither a fill nor funding; ``kind`` is the venue's word."""

    time_ms: int
    kind: str
    dex: str
    token: str
    amount_micro: UsdMicro
    hash: str


class MarketContext(msgspec.Struct, frozen=True, gc=False):
    """The slow facts of a contract (protocol 10.1); prices in USD, ``funding_rate`` hourly."""

    coin: str
    mark: float
    oracle: float
    funding_rate: float
    open_interest: Size
    previous_day_price: float
    day_notional_micro: UsdMicro
    day_size: Size
    premium: float | None
    mid: float | None
    impact_bid: float | None
    impact_ask: float | None


class Listener(Protocol):
    """Told of everything, inside ``Exchange.advance``, in the order it happens."""

    def on_fill(self, account: str, fill: AccountFill) -> None:
        """An account traded."""

    def on_order(self, account: str, update: OrderUpdate) -> None:
        """An order opened, ended, was refused at execution, or was filled in part."""

    def on_trades(self, coin: str, trades: Sequence[PublicTrade]) -> None:
        """The prints of one block, ascending."""

    def on_book(self, coin: str) -> None:
        """The book changed in this block; read ``Exchange.book``."""

    def on_context(self, coin: str) -> None:
        """Mark, oracle or funding changed; read ``Exchange.context``."""

    def on_funding(self, account: str, payment: FundingPayment) -> None:
        """An account paid or received funding."""

    def on_liquidation(self, account: str, liquidation: Liquidation) -> None:
        """An account fell below maintenance margin."""

    def on_block(self, now_ms: int) -> None:
        """A block with any event or reply is complete."""
