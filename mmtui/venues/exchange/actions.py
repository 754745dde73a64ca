"""What an account may ask of the exchange, and what it is answered: typed, in the instrument's units.

Owns the vocabulary between the exchange and its two clients, the wire server and the in-process
venue. Never parses text: the server turns ``"117001"`` into price units before it submits.

A price or size whose text is finer than the instrument's finest grid has no integer value; the
client passes ``OFF_GRID`` and the static checks refuse the batch as the venue does (protocol 6.2).
"""

import enum
from typing import TypeAlias

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro

OFF_GRID = -1


class Tif(enum.StrEnum):
    """Time in force, the venue's word. FRONTEND_MARKET is an IOC shown as Market."""

    ALO = "Alo"
    IOC = "Ioc"
    GTC = "Gtc"
    FRONTEND_MARKET = "FrontendMarket"


class PlaceOrder(msgspec.Struct, frozen=True, gc=False):
    """One order of a batch; ``is_trigger`` marks a TP/SL order, which this exchange refuses."""

    asset: int
    side: Side
    price: Price
    size: Size
    tif: Tif
    reduce_only: bool = False
    cloid: str | None = None
    is_trigger: bool = False


class Cancel(msgspec.Struct, frozen=True, gc=False):
    """One cancel; ``target`` is an oid, or a cloid as text."""

    asset: int
    target: int | str


class Modify(msgspec.Struct, frozen=True, gc=False):
    """Cancel ``target`` (oid or cloid) and place ``order``, which gets its own oid."""

    target: int | str
    order: PlaceOrder


class OrderAction(msgspec.Struct, frozen=True):
    """``order``: a batch, placed in list order. Nobody approves a ``builder`` here, so naming one refuses it."""

    orders: tuple[PlaceOrder, ...]
    grouping: str = "na"
    builder: str | None = None


class CancelAction(msgspec.Struct, frozen=True):
    """``cancel`` and ``cancelByCloid``. ``fast`` changes nothing here: resting orders are all fast."""

    cancels: tuple[Cancel, ...]
    fast: bool = False


class ModifyAction(msgspec.Struct, frozen=True):
    """``batchModify``, and ``modify`` when ``is_single`` (answered without statuses)."""

    modifies: tuple[Modify, ...]
    always_place: bool = False
    is_single: bool = False


class ScheduleCancelAction(msgspec.Struct, frozen=True):
    """Dead man's switch: cancel everything at ``time_ms``; None clears it."""

    time_ms: int | None = None


class UpdateLeverageAction(msgspec.Struct, frozen=True):
    """Choose cross or isolated margin and the leverage of one asset."""

    asset: int
    is_cross: bool
    leverage: int


class UpdateIsolatedMarginAction(msgspec.Struct, frozen=True):
    """Move collateral into (positive) or out of an isolated position."""

    asset: int
    amount_usd_micro: UsdMicro


class TopUpIsolatedMarginAction(msgspec.Struct, frozen=True):
    """Add collateral to an isolated position until its leverage is ``leverage``."""

    asset: int
    leverage: float


class ApproveAgentAction(msgspec.Struct, frozen=True):
    """Let ``agent`` sign for the account; the zero address revokes ``name``."""

    agent: str
    name: str = ""
    valid_until_ms: int | None = None


class NoopAction(msgspec.Struct, frozen=True):
    """Spends a nonce and nothing else."""


Action: TypeAlias = (
    OrderAction
    | CancelAction
    | ModifyAction
    | ScheduleCancelAction
    | UpdateLeverageAction
    | UpdateIsolatedMarginAction
    | TopUpIsolatedMarginAction
    | ApproveAgentAction
    | NoopAction
)


class Resting(msgspec.Struct, frozen=True, gc=False):
    """The order, or its remainder, is on the book."""

    oid: int
    cloid: str | None = None


class Filled(msgspec.Struct, frozen=True, gc=False):
    """Nothing of the order remains; ``average_price`` is truncated to the finest decimals."""

    total_size: Size
    average_price: Price
    oid: int
    cloid: str | None = None


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """The entry failed; ``text`` is the venue's."""

    text: str


class OrderReply(msgspec.Struct, frozen=True):
    """One status an order, in the order sent."""

    statuses: tuple[Resting | Filled | Rejected, ...]


class CancelReply(msgspec.Struct, frozen=True):
    """One entry a cancel: None for success, else the venue's text."""

    errors: tuple[str | None, ...]


class DefaultReply(msgspec.Struct, frozen=True):
    """Accepted; nothing to report."""


class Refused(msgspec.Struct, frozen=True):
    """The whole action was refused with the venue's text."""

    text: str


Reply: TypeAlias = OrderReply | CancelReply | DefaultReply | Refused


def entry_count(action: Action) -> int:
    """Entries the action counts for in weights and budgets (protocol 12)."""
    if isinstance(action, OrderAction):
        return len(action.orders)
    if isinstance(action, CancelAction):
        return len(action.cancels)
    if isinstance(action, ModifyAction):
        return len(action.modifies)
    return 1
