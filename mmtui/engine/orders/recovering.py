"""What a start takes over from earlier runs: their open orders, their day, and what happened in between.

The venue's account is the truth of the position and the journal that of what was booked: fills and
payments that the venue has and no row tells of are booked once, as recovered ones. They count for the
day and for no session. Answers M9, F59.
"""

from collections.abc import Iterable

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import AccountSnapshot, Fill, FundingPayment
from mmtui.domain.intents import LogLevel
from mmtui.domain.position import Position
from mmtui.domain.records import FundingBooked, PositionAdjusted, SessionOpened
from mmtui.domain.units import Price, UsdMicro
from mmtui.engine.account import DayState, day_number
from mmtui.engine.folded import Folded
from mmtui.engine.orders.fills import book_missed, in_chain_order
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineOptions, EngineState


def inherit(state: EngineState, resume: Folded | None) -> None:
    """Before the first event: what is booked already, and since when to ask for more."""
    if resume is None or not resume.verified_ms:
        return
    state.account.expect(resume.verified_ms, resume.funding_keys)
    for key in resume.fill_keys:
        state.ledger.fill_keys.add(key)


def anchor(state: EngineState, out: Outbox, snapshot: AccountSnapshot, options: EngineOptions) -> None:
    """Takes the venue's first account as the start of this session, after what an earlier one left open."""
    day = options.day
    resume = options.resume
    if resume is not None and resume.verified_ms:
        _take_over(state, out, resume, snapshot)
        day = _between(state, out, resume, snapshot) or day
        _tell(out, resume)
    account = state.account
    horizon_s = state.settings.number("estimators.adverse_horizon_s")
    account.anchor(snapshot, now=out.now, horizon_s=horizon_s, restored=day)
    assert account.day is not None, "an anchored account has a day"
    kept = account.day_state()
    assert kept is not None, "an anchored account has a day"
    out.record(
        SessionOpened(
            at=out.now,
            coin=state.instrument.coin,
            position=snapshot.position,
            cash=snapshot.cash,
            account_value=snapshot.account_value,
            run=options.run,
            venue_time_ms=snapshot.venue_time_ms,
            entry_cost=snapshot.entry_cost,
            utc_day=kept.utc_day,
            opening_equity=kept.opening_equity,
            peak_pnl=kept.peak_pnl,
            day_base=kept.base,
            size_decimals=state.instrument.size_decimals,
            version=state.live.version,
            is_killed=state.control.killed is not None,
            switch_fires=kept.switch_fires,
            switch_fired_ms=kept.switch_fired_ms,
            relief=kept.relief,
        )
    )


def _take_over(state: EngineState, out: Outbox, resume: Folded, snapshot: AccountSnapshot) -> None:
    """Every order that may live keeps its reservation until a query or its expiry decides."""
    ledger = state.ledger
    for left in resume.orders:
        ledger.take_over(left, out.now)
    for report in snapshot.open_orders:
        order = ledger.find(report.cloid, report.oid) if is_ours(report.cloid) else None
        if order is not None:
            ledger.report(order, report, out.now)
    if resume.orders:
        out.log(LogLevel.WARN, "Orders of an earlier run may live", orders=len(resume.orders))


def _between(state: EngineState, out: Outbox, resume: Folded, snapshot: AccountSnapshot) -> DayState | None:
    """Books what happened while no session ran; returns the day with it in."""
    position, cash = Position(resume.position, resume.cost), resume.cash
    fills = [fill for held in state.control.early_fills for fill in held.fills]
    missed = _missed(state, (*snapshot.fills, *fills), resume, snapshot)
    for fill in in_chain_order(missed, position.size):
        position.apply(fill.side, fill.price, fill.size)
        cash -= fill.side * fill.size * fill.price + fill.fee
        book_missed(state, out, fill, cash)
    for payment in _unpaid(state, snapshot.funding, snapshot):
        cash += payment.amount
        out.record(_funding_row(out.now, payment, cash))
    if missed:
        out.log(LogLevel.WARN, "Fills recovered from the venue", fills=len(missed))
    if position.size != snapshot.position:
        cash = _explain(state, out, resume, position, snapshot, cash)
    return _day(resume, cash - snapshot.cash, out.now)


def _missed(state: EngineState, fills: Iterable[Fill], resume: Folded, snapshot: AccountSnapshot) -> list[Fill]:
    found: dict[tuple[str, int, int, int], Fill] = {}
    for fill in fills:
        is_between = resume.verified_ms <= fill.venue_time_ms <= snapshot.venue_time_ms
        if fill.coin == state.instrument.coin and is_between and not state.ledger.has_fill(fill):
            found[fill.key] = fill
    return list(found.values())


def _unpaid(state: EngineState, payments: Iterable[FundingPayment], snapshot: AccountSnapshot) -> list[FundingPayment]:
    return [
        payment
        for payment in payments
        if payment.coin == state.instrument.coin
        and payment.venue_time_ms <= snapshot.venue_time_ms
        and state.account.owes(payment)
    ]


def _funding_row(now: float, payment: FundingPayment, cash: UsdMicro) -> FundingBooked:
    return FundingBooked(
        at=now,
        coin=payment.coin,
        venue_time_ms=payment.venue_time_ms,
        amount=payment.amount,
        rate=payment.rate,
        position=payment.position,
        cash=cash,
        is_recovered=True,
    )


def _explain(
    state: EngineState, out: Outbox, resume: Folded, position: Position, snapshot: AccountSnapshot, cash: UsdMicro
) -> UsdMicro:
    """The venue's position stands against our rows; what no fill explains costs the last known price."""
    mark = _mark(state, resume)
    cash -= (snapshot.position - position.size) * mark
    reason = "the exchange's position differs from what the journal and its fills make"
    before, after = position.size, snapshot.position
    out.record(PositionAdjusted(at=out.now, before=before, after=after, reason=reason, mark=mark, cash=cash))
    state.tape.alarm("position", out.now, 2, f"position taken from the exchange: {before} to {after} units")
    out.log(LogLevel.WARN, "Position adjusted", before=before, after=after, reason=reason)
    return cash


def _mark(state: EngineState, resume: Folded) -> Price:
    touch = state.market.touch
    return state.instrument.price_units(touch.mid) if touch is not None else resume.mid2 // 2


def _day(resume: Folded, cash_apart: UsdMicro, now: float) -> DayState | None:
    day = resume.day
    if day is None or day.utc_day != day_number(now, day.utc_day):
        return None
    return DayState(
        utc_day=day.utc_day,
        opening_equity=day.opening_equity,
        peak_pnl=day.peak_pnl,
        pnl=day.pnl,
        base=None if day.base is None else day.base + cash_apart,
        switch_fires=day.switch_fires,
        switch_fired_ms=day.switch_fired_ms,
        relief=day.relief,
    )


def _tell(out: Outbox, resume: Folded) -> None:
    for text in resume.mismatches:
        out.log(LogLevel.ERROR, "The journal contradicts itself; the exchange's account is taken", found=text)
    if resume.parameters:
        edits = ", ".join(f"{key} = {value}" for key, value in resume.parameters.items())
        out.log(LogLevel.WARN, "Live edits of the earlier run are not in force", edits=edits)
