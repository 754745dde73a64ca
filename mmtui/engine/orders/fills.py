"""Own fills and funding: applied once each, in the order of their chain."""

from collections.abc import Iterable

import msgspec

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import Fill, FundingPayment
from mmtui.domain.intents import LogLevel
from mmtui.domain.order import Order, Purpose
from mmtui.domain.records import FillBooked, FundingBooked
from mmtui.domain.units import Size, UsdMicro
from mmtui.engine.control.governing import fire
from mmtui.engine.orders.endings import NOTICE_S, check_engine
from mmtui.engine.orders.ledger import Booked
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.engine.tape import FillNote
from mmtui.estimators.adverse.own_fills import OwnFill


def take_fills(state: EngineState, out: Outbox, fills: Iterable[Fill]) -> int:
    """Applies the fills that are not known yet; returns how many."""
    account, ledger = state.account, state.ledger
    assert account.is_anchored, "fills are applied to an anchored account"
    fresh: list[Fill] = []
    for fill in fills:
        if fill.coin != state.instrument.coin or ledger.has_fill(fill):
            continue
        if fill.venue_time_ms <= account.anchor_ms:
            _had(state, out, fill)
        elif all(fill.key != other.key for other in fresh):
            fresh.append(fill)
    for fill in in_chain_order(fresh, account.position.size):
        _take(state, out, fill)
    return len(fresh)


def _had(state: EngineState, out: Outbox, fill: Fill) -> None:
    """A fill that the session's first position has in it: kept, where no earlier run booked it."""
    if 0 < state.account.recovered_from_ms <= fill.venue_time_ms:
        book_missed(state, out, fill, state.account.cash)
    else:
        state.ledger.remember_fill(fill)


def book_missed(state: EngineState, out: Outbox, fill: Fill, cash: UsdMicro) -> None:
    """Writes down a fill that the account as read had in it and no row tells of; ``cash`` is after it."""
    booked = state.ledger.book(fill)
    position = fill.start_position + fill.side * fill.size
    row = _row(state, out.now, fill, booked, 0, fill.closed_pnl)
    out.record(msgspec.structs.replace(row, position=position, cash=cash, is_recovered=True))


def in_chain_order(fills: list[Fill], position: Size) -> list[Fill]:
    """Fills by exchange time, and within one time so that each starts where the one before ended."""
    waiting = sorted(fills, key=lambda fill: fill.venue_time_ms)
    ordered: list[Fill] = []
    while waiting:
        first_ms = waiting[0].venue_time_ms
        group = [fill for fill in waiting if fill.venue_time_ms == first_ms]
        fill = next((f for f in group if f.start_position == position), group[0])
        waiting.remove(fill)
        ordered.append(fill)
        position = fill.start_position + fill.side * fill.size
    return ordered


def take_funding(state: EngineState, out: Outbox, payments: Iterable[FundingPayment]) -> None:
    """Books funding payments that are not known yet."""
    for payment in payments:
        if payment.coin == state.instrument.coin and state.account.apply_funding(payment):
            out.record(
                FundingBooked(
                    at=out.now,
                    coin=payment.coin,
                    venue_time_ms=payment.venue_time_ms,
                    amount=payment.amount,
                    rate=payment.rate,
                    position=payment.position,
                    cash=state.account.cash,
                )
            )
            out.log(LogLevel.INFO, "Funding booked", amount_usd=payment.amount / 1e6, rate=payment.rate)


def _take(state: EngineState, out: Outbox, fill: Fill) -> None:
    account, instrument = state.account, state.instrument
    booked = state.ledger.book(fill)
    touch = state.market.touch
    mid2 = 0 if touch is None else instrument.price_units(touch.bid) + instrument.price_units(touch.ask)
    gap = fill.start_position - account.position.size
    realised = account.apply_fill(out.now, fill)
    if gap:
        state.tape.alarm("position", out.now, 2, f"position gap {instrument.wire_size(gap)}: reading the fills again")
    is_foreign = booked.order is None and not is_ours(fill.cloid)
    _count(state, out, fill, booked, mid2)
    out.record(_row(state, out.now, fill, booked, mid2, realised))
    out.log(
        LogLevel.INFO,
        "Fill processed",
        side=fill.side.name,
        size=instrument.wire_size(fill.size),
        price=instrument.wire_price(fill.price),
        liquidity="taker" if fill.is_taker else "maker",
        fee_usd=fill.fee / 1e6,
        position=instrument.wire_size(account.position.size),
        pnl_usd=account.pnl.attribution().total / 1e6,
    )
    if booked.is_late:
        out.log(LogLevel.WARN, "Late fill", oid=fill.oid, size=instrument.wire_size(fill.size))
        text = f"late fill of {instrument.wire_size(fill.size)}: its order was over here already"
        state.tape.alarm("late fill", out.now, 1, text, lasts_s=NOTICE_S)
    if account.is_self_trade(fill):
        _self_traded(state, out, fill)
    if is_foreign and not fill.is_liquidation and not fill.forced_by:
        signed = instrument.wire_size(fill.side * fill.size)
        state.tape.alarm("foreign fill", out.now, 1, f"traded by hand: {signed}", lasts_s=NOTICE_S)
        out.log(LogLevel.WARN, "Foreign fill", side=fill.side.name, size=instrument.wire_size(fill.size))
    if booked.order is None:
        check_engine(state, out, fill.cloid, fill.venue_time_ms)
    if fill.is_liquidation or fill.forced_by:
        _forced(state, out, fill, booked)
    state.quoting.urgent = True


def _self_traded(state: EngineState, out: Outbox, fill: Fill) -> None:
    size = state.instrument.wire_size(fill.size)
    state.tape.alarm(
        "self trade", out.now, 3, f"self trade of {size}: both sides were this account's", lasts_s=NOTICE_S
    )
    out.log(LogLevel.ERROR, "Self trade", tid=fill.tid, size=size, price=state.instrument.wire_price(fill.price))


def _row(state: EngineState, now: float, fill: Fill, booked: Booked, mid2: int, realised: UsdMicro) -> FillBooked:
    return FillBooked(
        at=now,
        coin=fill.coin,
        venue_time_ms=fill.venue_time_ms,
        tid=fill.tid,
        oid=fill.oid,
        cloid=fill.cloid,
        side=fill.side,
        price=fill.price,
        size=fill.size,
        fee=fill.fee,
        is_taker=fill.is_taker,
        is_foreign=booked.order is None and not is_ours(fill.cloid),
        mid2=mid2,
        realised=realised,
        position=state.account.position.size,
        cash=state.account.cash,
    )


def _count(state: EngineState, out: Outbox, fill: Fill, booked: Booked, mid2: int) -> None:
    instrument, tape = state.instrument, state.tape
    tape.count("fills")
    tape.volumes[fill.side] += fill.size
    tape.turnover += fill.price * fill.size
    state.risk.burn.traded(out.now, fill.price * fill.size / 1e6)
    order = booked.order
    _learn(state, out.now, fill, order)
    note = FillNote(
        at=out.now,
        side=fill.side,
        price=instrument.price_usd(fill.price),
        size=instrument.size_base(fill.size),
        fee_usd=fill.fee / 1e6,
        mid=mid2 / 2.0 / instrument.price_scale,
    )
    note.is_taker, note.position = fill.is_taker, instrument.size_base(state.account.position.size)
    note.level = order.terms.level if order is not None else None
    tape.add_fill(note)
    if order is None or order.terms.purpose is not Purpose.QUOTE:
        return
    if order.filled == order.size:
        tape.count("filled")
    if fill.side * state.account.position.size <= 0:
        state.risk.fill_run.reduced(fill.side)
        return
    run = state.risk.fill_run.filled(out.now, fill.side, order.cloid)
    most = state.settings.count("risk.one_sided_orders_max")
    if run > most:
        fire(state, out, "one-sided fills", f"{run} orders filled on one side within a minute, limit {most}")


def _learn(state: EngineState, now: float, fill: Fill, order: Order | None) -> None:
    """Tells the estimators what a fill of a quote cost; what we took ourselves or by hand says nothing about quotes."""
    instrument = state.instrument
    is_hit = order is not None and fill.is_liquidation
    if fill.is_taker or is_hit:
        aggressor = fill.side if fill.is_taker else fill.side.opposite
        usd = instrument.price_usd(fill.price) * instrument.size_base(fill.size)
        state.panel.on_own_trade(now, aggressor, fill.venue_time_ms, usd, is_liquidation=is_hit and not fill.is_taker)
    if fill.is_taker or (order is None and not is_ours(fill.cloid)):
        return
    own = OwnFill(
        side=fill.side,
        size=instrument.size_base(fill.size),
        price=instrument.price_usd(fill.price),
        level=order.terms.level if order is not None else None,
        venue_time_ms=fill.venue_time_ms,
    )
    state.panel.on_fill(now, own)


def _forced(state: EngineState, out: Outbox, fill: Fill, booked: Booked) -> None:
    if booked.order is None:
        text = f"{state.instrument.wire_size(fill.size)} at {state.instrument.wire_price(fill.price)}"
        reason = fill.forced_by or "liquidation"
        fire(state, out, reason, f"the venue closed {text} of this position")
    else:
        out.log(LogLevel.WARN, "A liquidation hit our quote", side=fill.side.name)
