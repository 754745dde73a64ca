"""Measuring against the limits, and firing the kill switch."""

from mmtui.domain.commands import CommandStatus
from mmtui.domain.events import Feed
from mmtui.domain.intents import Latch, LogLevel, SaveDay
from mmtui.domain.order import OrderState
from mmtui.domain.parameters import Settings
from mmtui.domain.records import RiskRecorded
from mmtui.engine.control.standing import Clearance, Kill
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.estimators.cascades.cascade import cascade_text
from mmtui.risk import kill_switch
from mmtui.risk.budget import pressure
from mmtui.risk.limits import Surroundings, effective_limit
from mmtui.risk.readings import Reading, RiskFacts, Verdict
from mmtui.risk.restraints import Effect

ERROR_WINDOW_S = 60.0
JOURNAL_FAILED = "journal"
SLOW_FACTOR_LEFT = 0.04
REPEATED_SHARE = 0.5
_FOLLOWS = {
    Verdict.WARN: "near its limit",
    Verdict.SLOW: "fewer requests",
    Verdict.REDUCE_ONLY: "only reducing",
    Verdict.PULL: "quotes pulled",
    Verdict.KILL: "trading ends",
}


def govern(state: EngineState, out: Outbox) -> None:
    """Takes all readings, warns on what is near, fires on what is reached; measures on after a kill."""
    account, now = state.account, out.now
    account.pass_time(now)
    update_limit(state, now)
    _slow_down(state, now)
    if not account.is_anchored or state.control.finished:
        return
    fatal = state.risk.kill_switch.evaluate(_facts(state, now), state.settings)
    warned = state.risk.warned
    for reading in state.risk.kill_switch.readings:
        if reading.verdict is not Verdict.FINE or reading.name in warned:
            _warn(state, out, reading)
    if fatal is not None:
        detail = f"{fatal.value:,.4g} {fatal.unit} reached the limit of {fatal.limit:,.4g}".replace("  ", " ")
        fire(state, out, fatal.name, detail)


def fire(state: EngineState, out: Outbox, reason: str, detail: str) -> None:
    """Kills: valve shut, everything cancelled and verified, latched. Firing twice changes nothing."""
    control = state.control
    if control.killed is not None:
        return
    control.killed = Kill(at=out.now, reason=reason, detail=detail)
    abandon_flatten(state, out, "killed")
    state.quoting.urgent = True
    begin_clearance(state, out)
    save_day(state, out)
    position = state.instrument.size_base(state.account.position.size)
    state.tape.alarm("kill", out.now, 3, f"KILLED: {reason}, {detail}")
    out.record(RiskRecorded(at=out.now, code="KILL", monitor=reason, value=0.0, limit=0.0, text=detail))
    out.add(Latch(reason=reason, detail=detail, position_base=position, at=out.now))
    out.log(
        LogLevel.ERROR,
        "KILL SWITCH TRIGGERED",
        code="KILL",
        reason=reason,
        detail=detail,
        position=position,
        pnl=state.account.pnl.attribution().total / 1e6,
    )


def lose_journal(state: EngineState, out: Outbox, text: str) -> None:
    """Nothing of this run is kept any more: kills, and a kill of another cause cannot be re-armed after it either."""
    fire(state, out, JOURNAL_FAILED, text)
    killed = state.control.killed
    if killed is not None and killed.reason != JOURNAL_FAILED:
        killed.detail = f"{text}; killed before: {killed.reason}, {killed.detail}"
        killed.reason = JOURNAL_FAILED


def objection(state: EngineState, settings: Settings, now: float) -> str:
    """Why these settings may not be put in force: by them, and not by the present ones, trading would end; or ""."""
    if not state.account.is_anchored or state.control.killed is not None:
        return ""
    facts = _facts(state, now)
    reading = kill_switch.fatal(facts, settings)
    if reading is None or kill_switch.fatal(facts, state.settings) is not None:
        return ""
    found = f"{reading.name} {reading.value:,.4g} {reading.unit} of {reading.limit:,.4g}"
    return f"this would end trading at once, {found}; bring it down first, or kill"


def abandon_flatten(state: EngineState, out: Outbox, why: str) -> None:
    """Ends a flatten under way before the position is closed, and says so to whoever asked for it."""
    flatten = state.control.flatten
    if flatten is not None:
        state.control.flatten = None
        out.answer(flatten.command_id, CommandStatus.REFUSED, f"{why} before the position was closed")


def save_day(state: EngineState, out: Outbox) -> None:
    """Has the day's P&L kept for the next start."""
    day = state.account.day_state()
    if day is not None:
        out.add(
            SaveDay(
                utc_day=day.utc_day,
                opening_equity=day.opening_equity,
                peak_pnl=day.peak_pnl,
                pnl=day.pnl,
                relief=day.relief,
                switch_fires=day.switch_fires,
                switch_fired_ms=day.switch_fired_ms,
            )
        )


def begin_clearance(state: EngineState, out: Outbox) -> None:
    """Starts to cancel everything of ours and to verify it."""
    state.control.clearance = Clearance(
        started_at=out.now,
        deadline=out.now + state.settings.number("execution.stop_timeout_s"),
        cancelled=len(state.ledger.live),
    )


def update_limit(state: EngineState, now: float) -> None:
    """Computes the effective position limit anew."""
    market, instrument = state.market, state.instrument
    if market.touch is None:
        return
    sigma = state.panel.sigma(now)
    around = Surroundings(
        position=state.account.position.size,
        sigma=sigma.value if sigma is not None else 0.0,
        open_interest=market.context.open_interest if market.context is not None else None,
    )
    mid = market.touch.mid
    funding = state.account.funding_source(instrument.price_units(mid))
    state.risk.limit = effective_limit(instrument, state.settings, price_usd=mid, funding=funding, around=around)


def _slow_down(state: EngineState, now: float) -> None:
    errors = state.risk.rate_limit_errors
    while errors and errors[0] <= now - ERROR_WINDOW_S:
        errors.popleft()
    burn = state.risk.burn
    state.risk.pressure = pressure(burn.left, burn.cap)
    is_limited = len(errors) >= state.settings.count("risk.rate_limit_errors_max")
    if is_limited or state.risk.restraints.first(Effect.SLOW) is not None:
        state.risk.pressure = pressure(1, int(1 / SLOW_FACTOR_LEFT))


def _facts(state: EngineState, now: float) -> RiskFacts:
    account, touch = state.account, state.market.touch
    mid = touch.mid if touch else 0.0
    day = account.day
    assert day is not None, "facts need an anchored account"
    return RiskFacts(
        now=now,
        day_pnl_usd=account.limit_pnl() / 1e6,
        peak_pnl_usd=day.peak / 1e6,
        opening_equity_usd=day.opening_equity / 1e6,
        position_value_usd=abs(state.instrument.size_base(account.position.size)) * mid,
        data_age_s=state.market.silence_s(now),
        cascade_severity=state.panel.cascade_severity(now),
        cascade_text=cascade_text(state.panel.cascade(now)),
        rate_limit_errors=len(state.risk.rate_limit_errors),
        cancel_undelivered_s=_undelivered_s(state, now),
        liquidation_distance=account.liquidation_distance(state.instrument, mid) if mid else None,
    )


def _undelivered_s(state: EngineState, now: float) -> float:
    # A cancel that is still wanted is repeated: one that was not for long belongs to an order that stays after all.
    wanted_since = now - REPEATED_SHARE * state.settings.number("risk.cancel_undelivered_kill_s")
    waits = any(
        order.cancel_sent_at > wanted_since and order.state is not OrderState.SETTLING
        for order in state.ledger.live.values()
    )
    if not waits:
        state.risk.undelivered_since = None
    since = state.risk.undelivered_since
    return 0.0 if since is None else now - since


def _warn(state: EngineState, out: Outbox, reading: Reading) -> None:
    """Says it when a reading demands something else than before; ``warned`` has the demands other than none."""
    before = state.risk.warned.pop(reading.name, "")
    now = reading.verdict.name if reading.verdict is not Verdict.FINE else ""
    if now:
        state.risk.warned[reading.name] = now
    if before == now:
        return
    key = f"risk:{reading.name}"
    state.quoting.urgent = True
    out.record(
        RiskRecorded(
            at=out.now,
            code=f"RISK_{now}" if now else "RISK_CLEAR",
            monitor=reading.name,
            value=reading.value,
            limit=reading.limit,
            text=reading.text,
        )
    )
    if not now:
        state.tape.clear(key)
        out.log(LogLevel.INFO, "Risk condition cleared", monitor=reading.name)
        return
    state.tape.alarm(key, out.now, 2 if reading.verdict > Verdict.WARN else 1, _alarm_text(reading))
    out.log(
        LogLevel.WARN,
        _message(reading),
        code="RISK_WARN",
        monitor=reading.name,
        value=round(reading.value, 6),
        limit=round(reading.limit, 6),
        verdict=now,
    )


def _message(reading: Reading) -> str:
    if reading.name == "data age":
        return "Data staleness exceeded"
    if reading.name == "cascade":
        return "Cascade detected"
    return "Reduce-only mode" if reading.verdict is Verdict.REDUCE_ONLY else "Kill switch condition detected"


def _alarm_text(reading: Reading) -> str:
    unit = f" {reading.unit}" if reading.unit else ""
    figures = f"{reading.value:,.4g}{unit} of {reading.limit:,.4g}{unit}"
    return f"{reading.name} {figures}: {_FOLLOWS[reading.verdict]}"


def note_delivery(state: EngineState, now: float, *, delivered: bool, is_cancel: bool) -> None:
    """Follows since when a cancel could not be delivered."""
    if delivered:
        state.risk.undelivered_since = None
        state.control.down_since.pop(Feed.REST, None)
    elif is_cancel and state.risk.undelivered_since is None:
        state.risk.undelivered_since = now
