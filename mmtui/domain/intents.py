"""Everything the engine can ask of the world.

Only ``risk.controls`` may build an ``Approved``: a venue's ``place`` takes nothing else. Records
come before the sends of the same step, and a send leaves only after they are durable.
"""

import enum
from typing import TypeAlias

import msgspec

from mmtui.domain.commands import CommandResult
from mmtui.domain.order import OrderTerms
from mmtui.domain.records import Record
from mmtui.domain.units import UsdMicro

APPROVAL_KEY = object()


class Approved:
    """Order terms that passed every check before the wire."""

    __slots__ = ("terms",)

    def __init__(self, terms: OrderTerms, gate: object) -> None:
        assert gate is APPROVAL_KEY, "only the controls approve orders"
        self.terms = terms

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Approved) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __repr__(self) -> str:
        return f"Approved({self.terms!r})"


class PlaceOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Place a batch in one action; all entries share one expiry."""

    request_id: int
    orders: tuple[Approved, ...]
    expires_at_ms: int


class CancelOrders(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel own orders by client order id in one action."""

    request_id: int
    cloids: tuple[str, ...]
    expires_at_ms: int


class SetLeverage(msgspec.Struct, frozen=True, kw_only=True):
    """Set leverage and margin mode of the instrument."""

    request_id: int
    leverage: int
    is_cross: bool
    expires_at_ms: int


class AddMargin(msgspec.Struct, frozen=True, kw_only=True):
    """Move ``amount`` of free collateral into the isolated position; it is never taken out again."""

    request_id: int
    amount: UsdMicro
    expires_at_ms: int


class ScheduleCancel(msgspec.Struct, frozen=True, kw_only=True):
    """Set the exchange's dead man's switch to ``at_ms`` of its time; None takes it off."""

    request_id: int
    at_ms: int | None
    expires_at_ms: int


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """Spend the nonce that request ``of_request_id`` was signed with, so that it can run no more.

    Accepted proves that the request never ran; a refusal of the nonce that it is spent: the request
    ran, or never will.
    """

    request_id: int
    of_request_id: int
    expires_at_ms: int


class QueryOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Ask what became of one own order."""

    request_id: int
    cloid: str


class QueryAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for position, margin, open orders and the fills since an exchange time."""

    request_id: int
    fills_since_ms: int


class LogLevel(enum.IntEnum):
    """Severity of a log line."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARN = 30
    ERROR = 40


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """A line for people; ``code`` is a stable word such as KILL or RISK_WARN."""

    level: LogLevel
    message: str
    fields: dict[str, str | int | float | bool] = {}
    code: str = ""
    target: str = "mmtui.engine"


class Answer(msgspec.Struct, frozen=True):
    """The answer to a command."""

    result: CommandResult


class Latch(msgspec.Struct, frozen=True, kw_only=True):
    """Write the kill latch: the next start refuses until a person clears it."""

    reason: str
    detail: str
    position_base: float
    at: float


class ClearLatch(msgspec.Struct, frozen=True, kw_only=True):
    """Remove the kill latch."""

    reason: str
    by: str


class Finish(msgspec.Struct, frozen=True, kw_only=True):
    """The engine has come to rest; the process may end."""

    exit_reason: str
    is_killed: bool
    orders_left: int
    unverified: bool


class SaveDay(msgspec.Struct, frozen=True, kw_only=True):
    """Persist the day's opening equity and peak so that a restart does not refill the loss limit.

    ``switch_fires`` counts how often the exchange's dead man's switch fired on the day, the last time
    at ``switch_fired_ms`` of the exchange's time: it fires ten times a day at most.
    """

    utc_day: int
    opening_equity: UsdMicro
    peak_pnl: UsdMicro
    pnl: UsdMicro
    relief: UsdMicro = 0
    switch_fires: int = 0
    switch_fired_ms: int = 0


Committing: TypeAlias = PlaceOrders | SetLeverage | AddMargin
Send: TypeAlias = Committing | CancelOrders | ScheduleCancel | Fence
Query: TypeAlias = QueryOrder | QueryAccount
Intent: TypeAlias = Send | Query | Record | Log | Answer | Latch | ClearLatch | Finish | SaveDay
