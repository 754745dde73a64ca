"""Orders in the book and the trades between them.

Owns the identity of an execution and the two questions the matching loop asks the exchange.
Knows nothing of margin, fees or order status.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size

BACKGROUND = ""
TID_BITS = 50

_MASK = (1 << 64) - 1


class BookOrder:
    """An order on its way into, or resting in, the book; ``size`` is what remains."""

    __slots__ = (
        "account", "cloid", "oid", "original", "placed_ms", "price", "reduce_only", "side", "size", "tif",
    )  # fmt: skip

    def __init__(
        self,
        oid: int,
        account: str,
        side: Side,
        price: Price,
        size: Size,
        *,
        original: Size = 0,
        reduce_only: bool = False,
        cloid: str | None = None,
        tif: str = "Gtc",
        placed_ms: int = 0,
    ) -> None:
        self.oid = oid
        self.account = account
        self.side = side
        self.price = price
        self.size = size
        self.original = original or size
        self.reduce_only = reduce_only
        self.cloid = cloid
        self.tif = tif
        self.placed_ms = placed_ms

    def __repr__(self) -> str:
        return f"BookOrder({self.oid}, {self.account!r}, {self.side.name}, {self.size} at {self.price})"


class Execution(msgspec.Struct, frozen=True, gc=False):
    """One trade at the maker's price; ``tid`` is unique per pair of orders, 50 bits."""

    price: Price
    size: Size
    taker_side: Side
    maker: BookOrder
    maker_oid: int
    taker_oid: int
    taker_account: str
    maker_account: str
    tid: int

    @property
    def buyer(self) -> str:
        """Account that bought; empty for background."""
        return self.taker_account if self.taker_side is Side.BUY else self.maker_account

    @property
    def seller(self) -> str:
        """Account that sold; empty for background."""
        return self.maker_account if self.taker_side is Side.BUY else self.taker_account


class MatchResult(msgspec.Struct, frozen=True, gc=False):
    """What a taker did: its executions in order, and the makers taken off the book on the way.

    ``self_trades`` are resting orders of the taker's own account (never traded), ``refused`` those
    whose account was not allowed to trade in full. Both are already out of the book.
    """

    executions: list[Execution]
    self_trades: list[BookOrder]
    refused: list[BookOrder]

    @property
    def filled(self) -> Size:
        """Total size traded."""
        return sum(execution.size for execution in self.executions)

    @property
    def notional(self) -> int:
        """Total price times size; micro-USD on perps."""
        return sum(execution.price * execution.size for execution in self.executions)


MayFill: TypeAlias = Callable[[BookOrder, Size], Size]
"""Asked for account makers only: how much of the size the maker may trade. Less than asked takes the
rest of that maker off the book (``refused``); what is answered is traded at once."""

Settle: TypeAlias = Callable[[Execution], None]
"""Told of every execution with an account on either side, before the next maker is looked at."""


def allow_all(_maker: BookOrder, size: Size) -> Size:
    """A ``may_fill`` that refuses nothing."""
    return size


def settle_nothing(_execution: Execution) -> None:
    """A ``settle`` for books without accounts."""


def trade_id(maker_oid: int, taker_oid: int) -> int:
    """Positive 50-bit id of the trade between two orders; depends on nothing else."""
    mixed = (maker_oid * 0x9E3779B97F4A7C15 + taker_oid * 0xC2B2AE3D27D4EB4F + 0x165667B19E3779F9) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> (64 - TID_BITS)) or 1
