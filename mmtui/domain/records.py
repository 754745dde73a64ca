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
    """The account as first seen by this session, at an exchange time; ``version`` is that of the parameters.

    ``day_base`` is what makes the day's P&L when cash and the marked position are added to it, None
    while the day begins with this session.
    """

    coin: str
    position: Size
    cash: UsdMicro
    account_value: UsdMicro
    run: int = 0
    venue_time_ms: int = 0
    entry_cost: UsdMicro = 0
    utc_day: int = 0
    opening_equity: UsdMicro = 0
    peak_pnl: UsdMicro = 0
    day_base: UsdMicro | None = None
    size_decimals: int = 0
    version: int = 1
    is_killed: bool = False
    switch_fires: int = 0
    switch_fired_ms: int = 0
    relief: UsdMicro = 0


class OrderIntended(Row, frozen=True):
    """An order about to be sent; durable before the send."""

    request_id: int
    terms: OrderTerms


class CancelIntended(Row, frozen=True):
    """A cancel about to be sent; durable before the send."""

    request_id: int
    cloid: str


class OrderAdopted(Row, frozen=True):
    """An own order of an earlier run was taken into the ledger: it may rest or still arrive."""

    terms: OrderTerms
    oid: int | None
    state: str
    filled: Size


class OrderChanged(Row, frozen=True):
    """An order moved to another state."""

    cloid: str
    oid: int | None
    state: str
    filled: Size
    venue_filled: Size | None
    reason: str


class FillBooked(Row, frozen=True):
    """A fill was applied to the position; ``position`` and ``cash`` are after it.

    A recovered one happened while no session ran: it counts for the day and for no session.
    """

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
    is_recovered: bool = False


class FundingBooked(Row, frozen=True):
    """A funding payment was booked; a recovered one was paid while no session ran."""

    coin: str
    venue_time_ms: int
    amount: UsdMicro
    rate: float
    position: Size
    cash: UsdMicro
    is_recovered: bool = False


class DayMarked(Row, frozen=True):
    """The UTC day as it holds from now on: it began, a transfer moved its opening equity, or the
    exchange's dead man's switch fired.
    """

    utc_day: int
    opening_equity: UsdMicro
    peak_pnl: UsdMicro
    pnl: UsdMicro
    mid2: int
    switch_fires: int = 0
    switch_fired_ms: int = 0
    relief: UsdMicro = 0


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
    mark: Price = 0
    cash: UsdMicro = 0


class EquitySampled(Row, frozen=True):
    """Equity and P&L by cause, micro-USD; ``mid2`` is the bid plus the ask, 0 before any."""

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
    mid2: int = 0
    day_pnl: UsdMicro = 0
    peak_pnl: UsdMicro = 0


class Checkpoint(Row, frozen=True):
    """What all rows so far fold to, proved equal to the engine's own state; ``folded`` is JSON."""

    digest: str
    verified_ms: int
    folded: str


Record: TypeAlias = (
    SessionOpened
    | OrderIntended
    | CancelIntended
    | OrderAdopted
    | OrderChanged
    | FillBooked
    | FundingBooked
    | DayMarked
    | ParametersChanged
    | ModeChanged
    | RiskRecorded
    | PositionAdjusted
    | EquitySampled
    | Checkpoint
)
