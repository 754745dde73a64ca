"""Setting the exchange's dead man's switch, renewing it, and taking it off after a verified end.

Set and acknowledged before the first order, renewed well before it runs out. A clearing under way lets
it run, and only a verified one takes it off: what cannot be cancelled is left to it. Mechanism M8, faults
F83 and F86 to F89, invariant I19.
"""

from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, OrderReport, RefusalReason
from mmtui.domain.intents import LogLevel, ScheduleCancel
from mmtui.engine.control.governing import save_day
from mmtui.engine.control.switch import AHEAD_MAX_MS, DAY_MS, FIRES_A_DAY, Setting
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

VOLUME_USD_MIN = 1_000_000.0
FIRED_STATUS = "scheduledCancel"
LIFE_SHARE = 0.5
PLACING_SHARE = 0.5
RETRY_S = 1.0
ANSWER_S = 3.0
ASK_AGAIN_S = 60.0
NOTICE_S = 3_600.0


def is_eligible(state: EngineState, now: float) -> bool:
    """Whether the account has traded enough for the switch, as far as we and the exchange say."""
    snapshot, refused = state.account.snapshot, state.control.switch.refused
    if snapshot is None or not snapshot.traded_volume_usd >= VOLUME_USD_MIN:
        return False
    return refused is None or snapshot.traded_volume_usd > refused[0] or now - refused[1] >= ASK_AGAIN_S


def is_wanted(state: EngineState) -> bool:
    """Whether the settings ask for the switch."""
    return state.settings.text("execution.dead_mans_switch") != "off"


def advance(state: EngineState, out: Outbox) -> None:
    """Sets and renews the switch while trading goes on; a clearing under way lets it run."""
    control, switch = state.control, state.control.switch
    if control.clearance is not None or control.finished or not is_wanted(state):
        return
    if switch.disarm_at is not None:
        switch.disarm_at, switch.next_at = None, 0.0
    if state.account.day is not None:
        switch.restore(state.account.day.switch_fires, state.account.day.switch_fired_ms)
    venue_ms = state.market.venue_ms(out.now)
    if not is_eligible(state, out.now) or switch.is_spent(venue_ms) or out.now < switch.next_at:
        return
    if not is_datable(state):
        return
    horizon_s = state.settings.number("execution.switch_horizon_s")
    if switch.asked_at is None:
        switch.asked_at = out.now
    _set(state, out, venue_ms + int(horizon_s * 1000.0))
    switch.next_at = out.now + ANSWER_S


def is_datable(state: EngineState) -> bool:
    """Whether our clock and the exchange's agree well enough for a setting to expire when it should."""
    late_s = state.market.late_s
    return late_s is not None and late_s * 1000.0 <= AHEAD_MAX_MS


def disarm(state: EngineState, out: Outbox, patience_s: float) -> bool:
    """Takes the switch off after a verified end; returns whether nothing has to be waited for any more."""
    switch = state.control.switch
    venue_ms = state.market.venue_ms(out.now)
    if not switch.may_fire(venue_ms):
        return True
    if switch.disarm_at is None:
        switch.disarm_at, switch.next_at = out.now, 0.0
    if out.now - switch.disarm_at >= patience_s:
        out.log(
            LogLevel.WARN, "The exchange's switch may still be set and cancel orders of this account", code="SWITCH"
        )
        return True
    if out.now >= switch.next_at:
        _set(state, out, None)
        switch.next_at = out.now + RETRY_S
    return False


def take_answer(state: EngineState, out: Outbox, event: ActionAnswered) -> bool:
    """Applies that a setting was accepted; False when the answer is not about the switch."""
    switch = state.control.switch
    if not switch.is_known(event.request_id):
        return False
    had, venue_ms = switch.was_set, state.market.venue_ms(out.now)
    switch.accepted(event.request_id, venue_ms)
    every_ms = int(state.settings.number("execution.switch_renew_s") * 1000.0)
    switch.next_at = out.now + max(RETRY_S, (switch.renewal_ms(every_ms) - venue_ms) / 1000.0)
    switch.refused = None
    if switch.was_set and not had:
        out.log(LogLevel.INFO, "The exchange's dead man's switch is set")
    state.tape.clear("switch")
    state.quoting.urgent = True
    return True


def take_failure(state: EngineState, out: Outbox, event: ActionFailed) -> bool:
    """Applies that a setting failed; False when the failure is not about the switch."""
    switch, snapshot = state.control.switch, state.account.snapshot
    if not switch.is_known(event.request_id):
        return False
    wait_s = ANSWER_S if event.reason is RefusalReason.RATE_LIMITED else RETRY_S
    switch.next_at = min(switch.next_at, out.now + wait_s)
    if event.certainty is not Certainty.NOT_EXECUTED:
        return True
    switch.refuse(event.request_id)
    if event.reason is RefusalReason.SWITCH_VOLUME:
        switch.refused = (snapshot.traded_volume_usd if snapshot is not None else 0.0, out.now)
    elif event.reason is RefusalReason.SWITCH_SPENT:
        switch.spent_day = state.market.venue_ms(out.now) // DAY_MS
        _say_spent(state, out)
    return True


def note_report(state: EngineState, out: Outbox, report: OrderReport) -> None:
    """Notices in an order's report that the switch has fired: counted, kept, and set again at once."""
    switch = state.control.switch
    if report.status != FIRED_STATUS or not switch.fired(report.status_time_ms):
        return
    text = f"switch fired {switch.fires}/{FIRES_A_DAY}: the exchange has cancelled every order of the account"
    state.tape.alarm("switch fired", out.now, 3, text, lasts_s=NOTICE_S)
    out.log(LogLevel.ERROR, "The exchange's dead man's switch fired", code="SWITCH", fires=switch.fires)
    if switch.fires >= FIRES_A_DAY:
        _say_spent(state, out)
    state.quoting.urgent = True
    if state.account.day is not None:
        state.account.day.switch_fires, state.account.day.switch_fired_ms = switch.fires, switch.fired_ms
    save_day(state, out)
    # The next look at the account is due at once.
    state.account.asked_at = 0.0


def _set(state: EngineState, out: Outbox, at_ms: int | None) -> None:
    settings = state.settings
    life_s = min(settings.number("execution.expires_after_s"), LIFE_SHARE * settings.number("execution.switch_renew_s"))
    request_id = state.ledger.numbering.request()
    sent_ms, expires_ms = state.market.venue_ms(out.now), int((out.now + life_s) * 1000.0)
    lasts_until_ms = max(expires_ms, sent_ms + int(life_s * 1000.0))
    state.risk.rate.sent(out.now)
    state.risk.burn.sent(out.now, 1)
    state.control.switch.sent(request_id, Setting(at_ms, sent_ms, lasts_until_ms))
    out.send(ScheduleCancel(request_id=request_id, at_ms=at_ms, expires_at_ms=expires_ms))


def _say_spent(state: EngineState, out: Outbox) -> None:
    stops = state.settings.text("execution.dead_mans_switch") == "require"
    text = "switch spent until 00:00 UTC: " + ("nothing is quoted" if stops else "quoting goes on without it")
    state.tape.alarm("switch", out.now, 2, text)
    out.log(LogLevel.WARN, "The exchange's dead man's switch is spent", code="SWITCH", stops=stops)
