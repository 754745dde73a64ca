"""One quote cycle: strategy, ladder against orders, controls, cancels before places."""

import msgspec

from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel, PlaceOrders
from mmtui.domain.order import Order, OrderState, OrderTerms, Purpose, TimeInForce
from mmtui.domain.records import OrderIntended
from mmtui.domain.units import MICRO
from mmtui.domain.view import Mode
from mmtui.engine import modes
from mmtui.engine.conditions import caution_bps
from mmtui.engine.control.governing import fire
from mmtui.engine.orders.invariants import check_uncrossed
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.pulling import expiry_ms, pull_quotes, send_cancels
from mmtui.engine.quoting.requote import Plan, Tolerance, plan
from mmtui.engine.quoting.rooms import clip, reserved, rooms
from mmtui.engine.quoting.touched import behind_touch
from mmtui.engine.quoting.weighing import judge, maker_rate
from mmtui.engine.state import EngineState
from mmtui.risk.controls import Denial, Denied, Gate, OpenCaps, Permit, review
from mmtui.risk.restraints import Effect, Restraint
from mmtui.strategies.quote import Absence, AbsenceReason, Ladder, Level, QuoteContext

OPEN_ORDERS_PER_LEVEL = 4
OPEN_NOTIONAL_RATIO = 2.0
MOVE_URGENT_RATIO = 2.0
# Lets the price drift this far before orders placed at the limit are cut to the limit's value in size.
LIMIT_SLACK = 0.001


def is_due(state: EngineState, now: float) -> bool:
    """Whether a cycle should run: at once after money or orders moved, else at the cadence."""
    quoting = state.quoting
    if quoting.urgent or _is_room_back(state) or _is_picture_back(state, now):
        return True
    if not quoting.due:
        return False
    interval_s = state.settings.number("execution.requote_interval_ms") / 1000.0 * state.risk.pressure.interval_factor
    return now - quoting.last_at >= interval_s


def _is_room_back(state: EngineState) -> bool:
    """Whether the orders that kept a level from being placed are gone; so that it waits for no slow cycle."""
    quoting, live = state.quoting, state.ledger.live
    if not quoting.awaited or any(cloid in live for cloid in quoting.awaited):
        return False
    quoting.awaited = ()
    return True


def _is_picture_back(state: EngineState, now: float) -> bool:
    """Whether a level that an old picture kept from being placed can be placed; so that it waits for no slow cycle."""
    return state.quoting.is_starved and _is_fresh(state, now)


def run(state: EngineState, out: Outbox, mode: Mode, reason: str) -> None:
    """Brings the orders to what is wanted now, in the mode that holds now."""
    quoting = state.quoting
    if mode not in (Mode.QUOTING, Mode.REDUCE_ONLY):
        quoting.ladder = None
        quoting.why_not = (f"{mode.value.lower()}: {reason}" if reason else mode.value.lower(),)
        quoting.due = quoting.urgent = quoting.is_starved = False
        if mode is not Mode.FLATTENING:
            pull_quotes(state, out)
            # Cancels are followed up at their own pace, not at the cadence of quoting.
            quoting.urgent = bool(state.ledger.live)
        return
    estimates = state.panel.estimates(out.now)
    if estimates is None or state.market.touch is None:
        return
    quoting.due = quoting.urgent = quoting.is_starved = False
    quoting.last_at = out.now
    quoting.reference_mid = estimates.mid
    state.tape.count("cycles")
    ladder = wanted(state, out.now, mode, estimates)
    quoting.ladder = ladder
    quoting.why_not = tuple(dict.fromkeys(absence.text for absence in ladder.absences if absence.index is None))
    if out.wants(LogLevel.DEBUG):
        _log_ladder(out, ladder)
    _carry_out(state, out, ladder, mode, estimates)


def wanted(state: EngineState, now: float, mode: Mode, estimates: Estimates) -> Ladder:
    """The strategy's ladder under the limits of the moment; the strategy is told, nothing is sent."""
    context = _context(state, now, estimates, is_reduce_only=mode is Mode.REDUCE_ONLY)
    levels_max = min(state.risk.pressure.levels_max, state.risk.restraints.levels_max)
    ladder = _fit_to_budget(state.quoting.strategy.ladder(context, state.settings), levels_max)
    return behind_touch(ladder, state.instrument, state.market.hint(now))


def is_urgent_move(state: EngineState, mid: float) -> bool:
    """Whether the mid has run so far from the last cycle that waiting would leave quotes to be picked off."""
    reference = state.quoting.reference_mid
    if reference <= 0.0:
        return False
    gap = MOVE_URGENT_RATIO * state.settings.number("trading.max_bps_diff") / 1e4
    return abs(mid / reference - 1.0) > gap


def _carry_out(state: EngineState, out: Outbox, ladder: Ladder, mode: Mode, estimates: Estimates) -> None:
    plans = plans_for(state, out.now, ladder, mode, estimates)
    cancels = [order for part in plans for order in part.cancel]
    if modes.permit(mode) is Permit.ADD:
        for side, part in zip((Side.BUY, Side.SELL), plans, strict=True):
            if side is not state.quoting.flagged:
                cancels += _beyond_limit(state, side, part)
    if _runs_away(state, out, cancels):
        return
    send_cancels(state, out, cancels)
    levels = [level for pair in zip_longest_levels(plans) for level in pair]
    ready = [level for level in levels if state.risk.refusals.may_place(out.now, level.side, level.index)]
    if len(ready) < len(levels):
        state.quoting.why_not = (*state.quoting.why_not, "refused by the exchange, tried again in a while")[:6]
    if ready:
        place(state, out, [_terms(state, out.now, level, mode) for level in ready])
    if ladder.bids or ladder.asks:
        if state.quoting.first_at is None:
            state.quoting.first_at = out.now
        state.panel.set_reference(ladder.reference)


def plans_for(state: EngineState, now: float, ladder: Ladder, mode: Mode, estimates: Estimates) -> list[Plan]:
    """What becomes of the orders of each side, bids first, for this ladder."""
    tolerance = Tolerance(
        max_bps_diff=state.settings.number("trading.max_bps_diff"),
        size_share=state.settings.number("execution.size_tolerance_pct") / 100.0,
        must_reduce=modes.permit(mode) is not Permit.ADD,
        passive_factor=state.risk.pressure.tolerance_factor,
    )
    flagged = msgspec.structs.replace(tolerance, must_reduce=True)
    # What reduces goes where it is wanted, whatever a place in a queue is worth.
    worth = None if tolerance.must_reduce else judge(state, now, estimates, ladder)
    return [
        plan(
            levels,
            [o for o in state.ledger.live.values() if o.terms.side is side],
            flagged if side is state.quoting.flagged else tolerance,
            None if side is state.quoting.flagged or side * state.account.position.size < 0 else worth,
        )
        for side, levels in ((Side.BUY, ladder.bids), (Side.SELL, ladder.asks))
    ]


def _beyond_limit(state: EngineState, side: Side, part: Plan) -> list[Order]:
    """Orders that must go although they fit: the limit or the position has moved; outer ones first."""
    worst = side * state.account.position.size + reserved(state, side) - sum(order.reserved for order in part.cancel)
    most = state.risk.limit.size * (1.0 + LIMIT_SLACK)
    found: list[Order] = []
    for _, order in reversed(part.keep):
        if worst <= most:
            break
        if order.is_active:
            found.append(order)
            worst -= order.reserved
    return found


def zip_longest_levels(plans: list[Plan]) -> list[tuple[Level, ...]]:
    """Levels of all sides, inner ones first, so that a cap cuts the outer ones."""
    depth = max((len(part.place) for part in plans), default=0)
    return [tuple(part.place[i] for part in plans if i < len(part.place)) for i in range(depth)]


def place(state: EngineState, out: Outbox, proposals: list[OrderTerms]) -> bool:
    """Sends what the controls approve, in one action; returns whether anything was sent."""
    held = _held_back(state, proposals)
    if held is not None:
        state.quoting.due = True
        state.quoting.why_not = (held.text,)
        return False
    if not state.risk.rate.may_place(out.now, state.settings):
        state.quoting.due = True
        state.quoting.why_not = ("own action rate limit reached",)
        return False
    result = review(proposals, gate(state, out.now), state.ledger.live.values())
    for denied in result.denied:
        _note_denial(state, out, denied)
    if result.denied:
        leaving = [order.cloid for order in state.ledger.live.values() if order.state is OrderState.CANCEL_PENDING]
        state.quoting.awaited = tuple(leaving)
        state.quoting.is_starved = any(denied.reason is Denial.OLD_DATA for denied in result.denied)
    if not result.approved:
        return False
    request_id = state.ledger.numbering.request()
    for approved in result.approved:
        state.ledger.open(approved.terms)
        out.record(OrderIntended(at=out.now, request_id=request_id, terms=approved.terms))
    cloids = tuple(approved.terms.cloid for approved in result.approved)
    state.ledger.request(request_id, cloids, is_cancel=False, now=out.now)
    check_uncrossed([approved.terms for approved in result.approved], state.ledger.live.values())
    state.risk.rate.sent(out.now)
    state.risk.burn.sent(out.now, len(cloids))
    state.tape.count("placed", len(cloids))
    out.send(PlaceOrders(request_id=request_id, orders=result.approved, expires_at_ms=expiry_ms(state, out.now)))
    return True


def gate(state: EngineState, now: float) -> Gate:
    """What the controls must know at this moment."""
    settings, market, instrument = state.settings, state.market, state.instrument
    touch = market.touch
    mode, _ = modes.mode(state, now)
    levels = settings.count("strategy.ladder_config.num_levels")
    return Gate(
        instrument=instrument,
        permit=modes.permit(mode),
        position=state.account.position.size,
        reserved=(reserved(state, Side.BUY), reserved(state, Side.SELL)),
        foreign=(state.account.foreign_reserved(Side.BUY), state.account.foreign_reserved(Side.SELL)),
        limit=state.risk.limit.size,
        clip=clip(state),
        references=market.references(),
        collar=settings.number("risk.price_collar_pct") / 100.0,
        book_bid=instrument.price_units(touch.bid) if touch else 0,
        book_ask=instrument.price_units(touch.ask) if touch else 0,
        is_fresh=_is_fresh(state, now),
        caps=OpenCaps(
            orders=2 * OPEN_ORDERS_PER_LEVEL * levels,
            notional_micro=int(OPEN_NOTIONAL_RATIO * settings.number("risk.max_position_value_usd") * 1e6),
        ),
    )


def _is_fresh(state: EngineState, now: float) -> bool:
    """Whether the picture of the market is young enough to place orders by."""
    settings, market = state.settings, state.market
    age, venue_age = market.age(now), market.venue_age(now)
    return (
        age is not None
        and age <= settings.number("risk.book_age_max_s")
        and venue_age is not None
        and venue_age <= settings.number("risk.venue_age_max_s")
        and market.is_confirmed
        and not state.control.down_since
    )


def _context(state: EngineState, now: float, estimates: Estimates, *, is_reduce_only: bool) -> QuoteContext:
    touch = state.market.touch
    assert touch is not None, "a cycle needs a touch"
    first = state.quoting.first_at
    snapshot = state.account.snapshot
    return QuoteContext(
        now=now,
        instrument=state.instrument,
        estimates=estimates,
        touch=touch,
        position=state.account.position.size,
        limit=state.risk.limit.size,
        limit_config=state.risk.limit.configured,
        rooms=rooms(state, now, is_reduce_only=is_reduce_only),
        maker_rate=maker_rate(state),
        taker_rate=snapshot.taker_rate if snapshot else 0.0,
        equity_usd=snapshot.account_value / MICRO if snapshot else 0.0,
        is_prior=not state.panel.warmup(now).is_complete,
        quoting_age_s=0.0 if first is None else now - first,
        caution_bps=caution_bps(state),
    )


def _held_back(state: EngineState, proposals: list[OrderTerms]) -> Restraint | None:
    restraints = state.risk.restraints
    if proposals and proposals[0].purpose is Purpose.FLATTEN:
        return restraints.first(Effect.HOLD, Effect.NO_TAKER)
    return restraints.first(Effect.HOLD, Effect.HOLD_QUOTES)


def _terms(state: EngineState, now: float, level: Level, mode: Mode) -> OrderTerms:
    return OrderTerms(
        cloid=state.ledger.numbering.cloid(),
        side=level.side,
        price=level.price,
        size=level.size,
        tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE,
        reduce_only=modes.permit(mode) is not Permit.ADD or level.side is state.quoting.flagged,
        level=level.index,
        created_at=now,
        expires_at_ms=expiry_ms(state, now),
    )


def _fit_to_budget(ladder: Ladder, levels_max: int) -> Ladder:
    if len(ladder.bids) <= levels_max and len(ladder.asks) <= levels_max:
        return ladder
    dropped = (*ladder.bids[levels_max:], *ladder.asks[levels_max:])
    absences = [Absence(level.side, level.index, AbsenceReason.BUDGET) for level in dropped]
    return msgspec.structs.replace(
        ladder,
        bids=ladder.bids[:levels_max],
        asks=ladder.asks[:levels_max],
        absences=(*ladder.absences, *absences),
    )


def _runs_away(state: EngineState, out: Outbox, cancels: list[Order]) -> bool:
    most = state.settings.count("risk.replacements_max")
    for order in cancels:
        if order.cancel_sent_at:
            # A cancel that has to be repeated is no other cycle: it was counted when it was first sent.
            continue
        level, price = order.terms.level, order.price
        if state.risk.replaced.replaced(out.now, order.side, level, price) > most:
            at = state.instrument.wire_price(price)
            fire(state, out, "runaway", f"level {level} placed and taken off at {at} more than {most} times in 10 s")
            return True
    return False


def _note_denial(state: EngineState, out: Outbox, denied: Denied) -> None:
    state.tape.count("denied")
    terms = denied.terms
    state.quoting.why_not = (*state.quoting.why_not, denied.reason.value)[:6]
    out.log(
        LogLevel.DEBUG,
        "Order denied",
        reason=denied.reason.value,
        side=terms.side.name,
        price=state.instrument.wire_price(terms.price),
        size=state.instrument.wire_size(terms.size),
        found=denied.found,
        limit=denied.limit,
    )


def _log_ladder(out: Outbox, ladder: Ladder) -> None:
    best = [f"{level.waterfall.price_usd:.8g}" for side in (ladder.bids, ladder.asks) for level in side[:1]]
    out.log(
        LogLevel.DEBUG,
        "Calculated ladder",
        bids=len(ladder.bids),
        asks=len(ladder.asks),
        best=" / ".join(best),
        half_spread_bps=round(ladder.half_spread_bps, 4),
        gamma=round(ladder.gamma_eff, 4),
    )
    out.log(LogLevel.DEBUG, "Quote cycle", reference=ladder.reference, reservation=ladder.reservation)
    for vector in ladder.insight.vectors if ladder.insight else ():
        out.log(LogLevel.DEBUG, str(vector))
