"""Whether our orders are guarded from outside, and what may be placed when they are not.

Two guards take our orders off when the engine dies: the exchange's own switch and the guard process
beside us. What is missing of them, and what that forbids, is decided here and nowhere else.
"""

from mmtui.domain.events import GuardChanged
from mmtui.domain.intents import LogLevel
from mmtui.domain.view import GuardView
from mmtui.engine.control.switching import PLACING_SHARE, VOLUME_USD_MIN, is_datable, is_eligible, is_wanted
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

SWITCH_NAME = "exchange switch"
ARM_PATIENCE_S = 10.0
GUARDS_MAX = 8


def take_guard(state: EngineState, out: Outbox, event: GuardChanged) -> None:
    """Applies that a guard beside us came up or was lost."""
    guards = state.control.guards
    known = guards.get(event.name)
    if known is None and len(guards) >= GUARDS_MAX:
        return
    guards[event.name] = event
    state.quoting.urgent = True
    key = f"guard:{event.name}"
    if event.is_armed:
        state.tape.clear(key)
        out.log(LogLevel.INFO, "Guard armed", guard=event.name, text=event.text)
        return
    state.tape.alarm(key, out.now, 2, f"{event.name} lost: {event.text}" if event.text else f"{event.name} lost")
    out.log(LogLevel.WARN, "Guard lost", guard=event.name, text=event.text)


def obstacle(state: EngineState, now: float) -> str:
    """Why nothing may rest for want of a guard, or ""."""
    left_s = _left_s(state, now)
    if left_s is not None and left_s >= _placing_s(state):
        return ""
    if is_wanted(state):
        missing = _missing_switch(state, now, left_s)
        if missing:
            return missing
    if state.control.must_be_guarded and not any(guard.is_armed for guard in state.control.guards.values()):
        return "neither the guard nor the exchange's switch is armed"
    return ""


def keep_warning(state: EngineState, out: Outbox) -> None:
    """Says as long as it holds that nothing can be signed and what takes our orders off."""
    killed, clearance = state.control.killed, state.control.clearance
    if killed is None or killed.reason != "key refused" or (clearance is not None and clearance.is_verified):
        state.tape.clear("key")
        return
    count = sum(1 for order in state.ledger.live.values() if order.reserved)
    text = f"KEY REVOKED: {count} orders may rest, nothing can be signed; {rest_notice(state, out.now)}"
    state.tape.alarm("key", out.now, 3, text)


def views(state: EngineState, now: float) -> tuple[GuardView, ...]:
    """Every guard as people see it."""
    beside = tuple(
        GuardView(name=guard.name, state="armed" if guard.is_armed else "lost", detail=guard.text)
        for guard in state.control.guards.values()
    )
    return (_switch_view(state, now), *beside)


def rest_notice(state: EngineState, now: float) -> str:
    """What takes off orders that we cannot, for an alarm about orders that may rest."""
    left_s = _left_s(state, now)
    if left_s is not None:
        return f"the exchange's switch fires in {left_s:.0f} s"
    return "no exchange switch is set: cancel them by hand"


def _missing_switch(state: EngineState, now: float, left_s: float | None) -> str:
    switch = state.control.switch
    is_required = state.settings.text("execution.dead_mans_switch") == "require"
    if not is_eligible(state, now):
        return f"no exchange switch ({_volume(state)}), and it is required" if is_required else ""
    if switch.is_spent(state.market.venue_ms(now)):
        return "switch spent until 00:00 UTC, and it is required" if is_required else ""
    if switch.was_set:
        return (
            f"the exchange's switch was not renewed: {left_s:.0f} s left"
            if left_s
            else "the exchange's switch is not set"
        )
    late_s = state.market.late_s
    if late_s is None:
        return ""
    if not is_datable(state):
        return f"the exchange's switch cannot be dated: pictures come {late_s:.1f} s late by its clock"
    is_first = state.quoting.first_at is None and (switch.asked_at is None or now - switch.asked_at < ARM_PATIENCE_S)
    return "setting the exchange's switch" if is_required or is_first else ""


def _switch_view(state: EngineState, now: float) -> GuardView:
    left_s = _left_s(state, now)
    found, detail = "off", ""
    if left_s is not None:
        found = "armed" if left_s >= _placing_s(state) else "lost"
        detail = "" if found == "armed" else "not renewed"
    elif not is_wanted(state):
        detail = "by the settings"
    elif not is_eligible(state, now):
        found, detail = "not eligible", _volume(state)
    elif state.control.switch.is_spent(state.market.venue_ms(now)):
        found, detail = "spent", "until 00:00 UTC"
    elif state.control.switch.was_set and state.control.clearance is None:
        found, detail = "lost", "not renewed"
    return GuardView(name=SWITCH_NAME, state=found, detail=detail, expires_in_s=left_s)


def _left_s(state: EngineState, now: float) -> float | None:
    return state.control.switch.left_s(state.market.venue_ms(now))


def _placing_s(state: EngineState) -> float:
    return PLACING_SHARE * state.settings.number("execution.switch_horizon_s")


def _volume(state: EngineState) -> str:
    snapshot = state.account.snapshot
    traded = snapshot.traded_volume_usd if snapshot is not None else 0.0
    return f"${traded:,.0f} of ${VOLUME_USD_MIN:,.0f} traded"
