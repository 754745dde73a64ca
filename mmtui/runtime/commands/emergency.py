"""Cancelling and closing without an engine, each verified by asking the exchange again.

Owns the loops behind `mmtui cancel-all`, `flatten` and `kill`. A closing order is built and approved
like every other: reduce-only, immediate-or-cancel, at most the position, in slices. Never adds risk.
"""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from mmtui.domain.cloid import is_ours, make_cloid
from mmtui.domain.events import ActionFailed
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import Approved
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce
from mmtui.domain.units import Size, parse_signed_units
from mmtui.errors import PreflightError, VenueError
from mmtui.risk.controls import Gate, OpenCaps, Permit, review
from mmtui.runtime.commands.access import ACTION_LIFE_MS, Access, read
from mmtui.venues.hyperliquid import actions, wire
from mmtui.venues.hyperliquid.account.overview import holdings, open_orders

ROUNDS_MAX = 7
ROUND_S = 1.0
CONFIRM_S = 0.3
WATCH_S = 2.0
CLEAN_LOOKS = 2
IDLE_MAX = 5
BATCH_MAX = 100
SLICE_CLIPS = 2.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Closing:
    """What one closing order would be, for the preview: sizes in base units, prices in USD."""

    side: Side
    size: float
    worst_price: float
    position: float


@dataclass(frozen=True, slots=True)
class Cleared:
    """How a cancelling ended: orders still listed at the last look, and whether two looks in a row found none."""

    left: int
    is_verified: bool


async def targets(access: Access, *, own_only: bool, coin: str = "") -> list[wire.WireOrder]:
    """The orders on the dex that a cancel means; ``coin`` keeps to one market."""
    orders = await open_orders(access.rest, access.account, access.dex)
    return [o for o in orders if (not coin or o.coin == coin) and (not own_only or is_ours(o.cloid))]


async def cancel(access: Access, *, own_only: bool, tell: Tell, coin: str = "") -> Cleared:
    """Cancels and asks again until two answers in a row list nothing.

    Raises PreflightError when the first question already has no answer; later ones are asked again.
    """
    clean, left = 0, 0
    for number in range(ROUNDS_MAX):
        if number:
            await asyncio.sleep(CONFIRM_S if clean else ROUND_S)
        try:
            orders = await targets(access, own_only=own_only, coin=coin)
        except (PreflightError, VenueError) as error:
            if not number:
                raise
            clean = 0
            tell(error.message)
            continue
        left = len(orders)
        clean = 0 if orders else clean + 1
        if clean >= CLEAN_LOOKS:
            return Cleared(0, True)
        if orders:
            tell(f"cancelling {left} order{'s' if left > 1 else ''}")
        for start in range(0, left, BATCH_MAX):
            await _cancel_batch(access, orders[start : start + BATCH_MAX], tell)
    return Cleared(left, False)


async def cancel_arrivals(access: Access, until: float, *, tell: Tell, coin: str) -> Cleared:
    """Cancels own orders that still arrive, until the clock shows ``until`` and two answers list nothing."""
    while True:
        cleared = await cancel(access, own_only=True, tell=tell, coin=coin)
        if access.clock() >= until:
            return cleared
        await asyncio.sleep(min(WATCH_S, max(0.0, until - access.clock())))


async def closing(access: Access, instrument: Instrument) -> Closing | None:
    """The first order that ``flatten`` would send; None when the position is flat."""
    position = await _position(access, instrument)
    if not position:
        return None
    terms = await _closing_terms(access, instrument, position, make_cloid(0, 0))
    return Closing(
        side=terms.side,
        size=instrument.size_base(terms.size),
        worst_price=instrument.price_usd(terms.price),
        position=instrument.size_base(position),
    )


async def flatten(access: Access, instrument: Instrument, tell: Tell, *, run: int) -> Size:
    """Sends reduce-only slices until the position is flat or stops shrinking; returns what is left."""
    position = await _position(access, instrument)
    idle, numbers = 0, itertools.count(1)
    while position and idle < IDLE_MAX:
        terms = await _closing_terms(access, instrument, position, make_cloid(run, next(numbers)))
        outcome = await access.send(actions.place_action(instrument, _approved(instrument, terms, position)))
        tell(f"{terms.side.name} {instrument.wire_size(terms.size)} at {instrument.wire_price(terms.price)} or better")
        if isinstance(outcome, ActionFailed):
            tell(f"not taken: {outcome.text}")
        left = await _position(access, instrument)
        idle = 0 if abs(left) < abs(position) else idle + 1
        if idle:
            await asyncio.sleep(ROUND_S)
        position = left
    return position


async def _cancel_batch(access: Access, orders: Sequence[wire.WireOrder], tell: Tell) -> None:
    wires = []
    for order in orders:
        asset = access.asset_id(order.coin)
        if asset is None:
            tell(f"order {order.oid} on {order.coin} is on a market that is not listed")
        else:
            wires.append(actions.CancelWire(asset, order.oid))
    if not wires:
        return
    outcome = await access.send(actions.Cancel(wires, True))
    if isinstance(outcome, ActionFailed):
        tell(f"not taken: {outcome.text}")


async def _position(access: Access, instrument: Instrument) -> Size:
    held = {holding.coin: holding.szi for holding in await holdings(access.rest, access.account, access.dex)}
    return parse_signed_units(held.get(instrument.coin, "0"), instrument.size_decimals)


async def _closing_terms(access: Access, instrument: Instrument, position: Size, cloid: str) -> OrderTerms:
    side = Side.SELL if position > 0 else Side.BUY
    bid, ask = await _touch(access, instrument.coin)
    slip = access.settings.number("execution.flatten_slippage_bps") / 1e4
    worst = ask * (1.0 + slip) if side is Side.BUY else bid * (1.0 - slip)
    price = instrument.quote_price(side, worst)
    clip = instrument.floor_size(access.settings.number("trading.order_notional_usd") / worst)
    size = min(abs(position), max(int(SLICE_CLIPS * clip), instrument.min_size(price)))
    if abs(position) - size < instrument.min_size(price):
        size = abs(position)
    return OrderTerms(
        cloid=cloid,
        side=side,
        price=price,
        size=size,
        tif=TimeInForce.IOC,
        purpose=Purpose.FLATTEN,
        reduce_only=True,
        level=0,
        created_at=access.clock(),
        expires_at_ms=access.clock.milliseconds() + ACTION_LIFE_MS,
    )


def _approved(instrument: Instrument, terms: OrderTerms, position: Size) -> tuple[Approved, ...]:
    """Through the same last check as every order of the engine."""
    gate = Gate(
        instrument=instrument,
        permit=Permit.REDUCE,
        position=position,
        reserved=(0, 0),
        limit=abs(position),
        clip=abs(position),
        references=(),
        collar=0.0,
        book_bid=0,
        book_ask=0,
        is_fresh=True,
        caps=OpenCaps(orders=1, notional_micro=terms.price * terms.size),
    )
    checked = review((terms,), gate, ())
    if checked.denied:
        raise PreflightError(f"the closing order is refused by our own controls: {checked.denied[0].reason.value}")
    return checked.approved


async def _touch(access: Access, coin: str) -> tuple[float, float]:
    body = await read(access.rest, {"type": "l2Book", "coin": coin})
    try:
        book = msgspec.json.decode(body, type=wire.L2Book, strict=False)
        (bid, *_), (ask, *_) = book.levels
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise PreflightError(f"there is no two-sided book for {coin}", remedy="try again, or close by hand") from None
    if not 0.0 < bid.px < ask.px < 1e15:
        raise PreflightError(f"the book of {coin} is crossed", remedy="try again, or close by hand")
    return bid.px, ask.px
