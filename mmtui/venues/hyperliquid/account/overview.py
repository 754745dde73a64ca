"""The account on one dex as a person wants it listed: positions, margin, orders, fees, requests.

Owns the queries behind `mmtui status` and the emergency verbs. Reads only; every coin of the dex is
listed, so no instrument is needed. Source: hyperliquid-protocol.md 9, 10.3.
"""

from typing import TypeVar

import msgspec

from mmtui.errors import PreflightError, VenueError
from mmtui.venues.hyperliquid.account import shapes
from mmtui.venues.hyperliquid.http import Rest
from mmtui.venues.hyperliquid.wire import WireOrder

_T = TypeVar("_T")


class Holding(msgspec.Struct, frozen=True, rename="camel"):
    """One held position, as the venue states it."""

    coin: str
    szi: str
    leverage: shapes.Leverage
    entry_px: float | None = None
    position_value: float = 0.0
    unrealized_pnl: float = 0.0
    liquidation_px: float | None = None
    margin_used: float = 0.0


class _Envelope(msgspec.Struct, frozen=True):
    position: Holding


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    account_value: float
    total_margin_used: float


class _State(msgspec.Struct, frozen=True, rename="camel"):
    margin_summary: _Summary
    asset_positions: tuple[_Envelope, ...]
    withdrawable: float = 0.0


class Agent(msgspec.Struct, frozen=True, rename="camel"):
    """An approved API wallet; ``valid_until`` is exchange milliseconds."""

    name: str
    address: str
    valid_until: int


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """The account on one dex; USD as floats, for people."""

    account_value_usd: float
    margin_used_usd: float
    withdrawable_usd: float
    holdings: tuple[Holding, ...]
    orders: tuple[WireOrder, ...]
    fees: shapes.UserFees
    requests: shapes.RateLimit


async def read_overview(rest: Rest, account: str, dex: str) -> Overview:
    """Everything at once; raises PreflightError when the venue cannot be reached."""
    orders = await open_orders(rest, account, dex)
    state = await _state(rest, account, dex)
    return Overview(
        account_value_usd=state.margin_summary.account_value,
        margin_used_usd=state.margin_summary.total_margin_used,
        withdrawable_usd=state.withdrawable,
        holdings=tuple(envelope.position for envelope in state.asset_positions),
        orders=orders,
        fees=await ask(rest, {"type": "userFees", "user": account}, shapes.UserFees),
        requests=await ask(rest, {"type": "userRateLimit", "user": account}, shapes.RateLimit),
    )


async def open_orders(rest: Rest, account: str, dex: str) -> tuple[WireOrder, ...]:
    """Every resting and trigger order on ``dex``."""
    request: dict[str, object] = {"type": "frontendOpenOrders", "user": account, "dex": dex}
    return await ask(rest, request, tuple[WireOrder, ...])


async def holdings(rest: Rest, account: str, dex: str) -> tuple[Holding, ...]:
    """Every position on ``dex``."""
    return tuple(envelope.position for envelope in (await _state(rest, account, dex)).asset_positions)


async def leverage_of(rest: Rest, account: str, coin: str) -> shapes.Leverage:
    """The leverage chosen for ``coin``, also while flat."""
    request: dict[str, object] = {"type": "activeAssetData", "user": account, "coin": coin}
    return (await ask(rest, request, shapes.ActiveAssetData)).leverage


async def agents(rest: Rest, account: str) -> tuple[Agent, ...]:
    """The API wallets that may trade for ``account``."""
    return await ask(rest, {"type": "extraAgents", "user": account}, tuple[Agent, ...])


async def ask(rest: Rest, request: dict[str, object], shape: type[_T]) -> _T:
    """One question; raises PreflightError without an answer and VenueError for one that cannot be read."""
    answer = await rest.info(request)
    kind = request["type"]
    if not answer.is_ok:
        reason = answer.error or f"HTTP {answer.status}"
        raise PreflightError(f"the venue does not answer {kind}: {reason}", remedy="check the network connection")
    try:
        return msgspec.json.decode(answer.body, type=shape, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise VenueError(f"the venue's answer to {kind} cannot be read", remedy="try again later") from None


async def _state(rest: Rest, account: str, dex: str) -> _State:
    request: dict[str, object] = {"type": "clearinghouseState", "user": account, "dex": dex}
    return await ask(rest, request, _State)
