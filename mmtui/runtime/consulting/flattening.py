"""The expert for closing the position: what a flatten would send now, and what all of it costs.

The order is the one that the engine's own flatten would build from this state; the cost walks the visible book
without our own orders, which go first, and adds the account's taker fee. Looks and changes nothing.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mmtui.domain.consultations import CostFlatten, Finding, FlattenCosted, Unable
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size
from mmtui.engine.control.flattening import ATTEMPTS_MAX, CLIPS_A_SLICE, limit_price
from mmtui.engine.engine import Engine
from mmtui.engine.quoting.rooms import clip
from mmtui.engine.state import EngineState
from mmtui.runtime.consulting.desk import Expert, Say

BPS = 1e4
TAKER_RATE = 0.00045


class Walk(NamedTuple):
    """What of a size the visible book takes within a limit, in base units, and for how many USD."""

    size: float
    cash_usd: float


def flattening(engine: Callable[[], Engine]) -> Expert:
    """The expert over the engine at work; some tens of microseconds, so on the loop."""

    async def expert(asked: CostFlatten, _: Say) -> Finding:
        return costed(engine().state, asked.id)

    return expert


def costed(state: EngineState, consultation_id: str) -> FlattenCosted | Unable:
    """The first order of a flatten from this state and the cost of all of it against the mid, in USD and bps."""
    order, touch, book = first_order(state), state.market.touch, state.market.book
    if not state.account.is_anchored:
        return Unable(id=consultation_id, text="the account is not read yet")
    if state.account.position.size == 0:
        return Unable(id=consultation_id, text="no position to flatten")
    if order is None or touch is None or book is None:
        return Unable(id=consultation_id, text="no book to cost it from")
    side, limit, size = order
    instrument, held = state.instrument, abs(state.account.position.size)
    prices, sizes = (book.bid_prices, book.bid_sizes) if side is Side.SELL else (book.ask_prices, book.ask_sizes)
    whole, limit_usd = instrument.size_base(held), instrument.price_usd(limit)
    walked = walk(
        tuple(zip(prices, sizes, strict=True)), _own(state, side.opposite), side, size_base=whole, limit_usd=limit_usd
    )
    rate = state.account.snapshot.taker_rate if state.account.snapshot is not None else TAKER_RATE
    is_whole = walked.size >= whole - 0.5 / instrument.size_scale
    cost = _cost(side, whole, walked.cash_usd, touch.mid, rate) if is_whole else None
    return FlattenCosted(
        id=consultation_id,
        side=side.name,
        size=instrument.size_base(size),
        price=limit_usd,
        expected_price=walked.cash_usd / walked.size if is_whole else None,
        cost_usd=cost,
        cost_bps=cost / (whole * touch.mid) * BPS if cost is not None else None,
        orders=-(-held // size),
        position=side.opposite * whole,
        worst_usd=_cost(side, whole, whole * limit_usd, touch.mid, rate),
        note="" if is_whole else _thin(walked, whole, instrument),
    )


def first_size(held: Size, one_clip: Size, least: Size) -> Size:
    """What the first of a flatten's orders closes; all of it rather than leave less than the venue takes."""
    size = min(held, max(CLIPS_A_SLICE * one_clip, least))
    return held if held - size < least else size


def walk(
    rows: Sequence[tuple[float, float]],
    own: dict[float, float],
    side: Side,
    *,
    size_base: float,
    limit_usd: float,
) -> Walk:
    """Takes the rows, best first, without our own size, as far as the limit price lets it."""
    left, cash = size_base, 0.0
    for price, size in rows:
        if left <= 0.0 or side * (price - limit_usd) > 0.0:
            break
        taken = min(left, max(size - own.get(price, 0.0), 0.0))
        cash += taken * price
        left -= taken
    return Walk(size_base - left, cash)


def _own(state: EngineState, side: Side) -> dict[float, float]:
    own: dict[float, float] = {}
    for order in state.ledger.live.values():
        if order.side is side and order.oid is not None:
            price = state.instrument.price_usd(order.terms.price)
            own[price] = own.get(price, 0.0) + state.instrument.size_base(order.reserved)
    return own


def _cost(side: Side, size_base: float, cash_usd: float, mid: float, rate: float) -> float:
    """Positive is paid: what the fills are worse than the mid, and the fee."""
    return side * (cash_usd - size_base * mid) + rate * cash_usd


def _thin(walked: Walk, whole: float, instrument: Instrument) -> str:
    seen = f"{walked.size:.{instrument.size_decimals}f} of {whole:.{instrument.size_decimals}f}"
    return f"the book holds {seen} within the slippage; up to {ATTEMPTS_MAX} orders wait for the rest"


def first_order(state: EngineState) -> tuple[Side, Price, Size] | None:
    """Side, limit price and size of the order that a flatten would send first; None without a market."""
    position = state.account.position.size
    side = Side.SELL if position > 0 else Side.BUY
    limit = limit_price(state, side)
    if not position or limit is None:
        return None
    return side, limit, first_size(abs(position), clip(state), state.instrument.min_size(limit))
