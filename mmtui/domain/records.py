"""Rows the engine asks the journal to keep. Times are engine seconds, money exact integers."""

from typing import TypeAlias

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderTerms
from mmtui.domain.parameters import Value
from mmtui.domain.units import Price, Size, UsdMicro


class Row(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One journal row."""

    at: float


class SessionOpened(Row, frozen=True):
    """The account as first seen by this session."""

    coin: str
    position: Size
    cash: UsdMicro
    account_value: UsdMicro


class OrderIntended(Row, frozen=True):
    """An order about to be sent; durable before the send."""

    request_id: int
    terms: OrderTerms


class CancelIntended(Row, frozen=True):
    """A cancel about to be sent; durable before the send."""

    request_id: int
    cloid: str


class OrderChanged(Row, frozen=True):
    """An order moved to another state."""

    cloid: str
    oid: int | None
    state: str
    filled: Size
    venue_filled: Size | None
    reason: str


class FillBooked(Row, frozen=True):
    """A fill was applied to the position; ``position`` and ``cash`` are after it."""

    coin: str
    venue_time_ms: int
    tid: int
    oid: int
    cloid: str | None
    side: Side
    price: Price
    size: Size
    fee: UsdMicro
    is_taker: bool
    is_foreign: bool
    mid2: int
    realised: UsdMicro
    position: Size
    cash: UsdMicro


class FundingBooked(Row, frozen=True):
    """A funding payment was booked."""

    coin: str
    venue_time_ms: int
    amount: UsdMicro
    rate: float
    position: Size
    cash: UsdMicro


class ParametersChanged(Row, frozen=True):
    """A live edit was applied; old and new values by key."""

    version: int
    by: str
    before: dict[str, Value]
    after: dict[str, Value]


class ModeChanged(Row, frozen=True):
    """The engine's mode changed."""

    mode: str
    reason: str


class RiskRecorded(Row, frozen=True):
    """A limit was approached, reached or cleared."""

    code: str
    monitor: str
    value: float
    limit: float
    text: str


class PositionAdjusted(Row, frozen=True):
    """The venue states a position that our fills do not explain; we take the venue's."""

    before: Size
    after: Size
    reason: str


class EquitySampled(Row, frozen=True):
    """Equity and P&L by cause, micro-USD."""

    position: Size
    cash: UsdMicro
    mark: Price
    equity: UsdMicro
    total: UsdMicro
    spread_capture: UsdMicro
    adverse_selection: UsdMicro
    inventory: UsdMicro
    fees: UsdMicro
    funding: UsdMicro


Record: TypeAlias = (
    SessionOpened
    | OrderIntended
    | CancelIntended
    | OrderChanged
    | FillBooked
    | FundingBooked
    | ParametersChanged
    | ModeChanged
    | RiskRecorded
    | PositionAdjusted
    | EquitySampled
)
