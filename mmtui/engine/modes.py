"""The mode, computed from everything that bears on it, and what each mode permits."""

from mmtui.domain.events import Feed
from mmtui.domain.view import Mode
from mmtui.engine.control import guarding
from mmtui.engine.state import EngineState
from mmtui.risk.controls import Permit
from mmtui.risk.readings import Verdict
from mmtui.risk.restraints import Effect

PERMITS = {Mode.QUOTING: Permit.ADD, Mode.REDUCE_ONLY: Permit.REDUCE, Mode.FLATTENING: Permit.REDUCE}


def permit(mode: Mode) -> Permit:
    """What may be sent in a mode; anything not named permits nothing."""
    return PERMITS.get(mode, Permit.NONE)


def mode(state: EngineState, now: float) -> tuple[Mode, str]:
    """The mode and why, strongest reason first."""
    return _ordered(state) or _booting(state, now) or _data(state, now) or _reduced(state) or (Mode.QUOTING, "")


def _ordered(state: EngineState) -> tuple[Mode, str] | None:
    control = state.control
    if control.finished:
        return Mode.STOPPED, control.stop_reason
    if control.killed is not None:
        return Mode.KILLED, control.killed.reason
    if control.flatten is not None and state.account.is_anchored:
        return Mode.FLATTENING, f"by {control.flatten.by}"
    if control.stop_reason:
        return Mode.STOPPING, control.stop_reason
    return None


def _booting(state: EngineState, now: float) -> tuple[Mode, str] | None:
    if not state.account.is_anchored:
        return Mode.BOOTING, "reading the account"
    if 0 in [order.terms.expires_at_ms for order in state.ledger.live.values()]:
        return Mode.BOOTING, "cancelling own orders of an earlier run"
    if state.control.paused_by:
        return Mode.PAUSED, f"by {state.control.paused_by}"
    unguarded = guarding.obstacle(state, now)
    if unguarded:
        return Mode.PAUSED, unguarded
    return None


def _data(state: EngineState, now: float) -> tuple[Mode, str] | None:
    market, stale_s = state.market, state.settings.number("risk.stale_data_s")
    age = market.age(now)
    if age is None:
        return Mode.WARMING, "no market data yet"
    if not age < stale_s:
        return Mode.STALE, f"no market data for {age:.1f} s"
    venue_age = market.venue_age(now)
    if venue_age is not None and not venue_age < stale_s:
        return Mode.STALE, f"market data is {venue_age:.1f} s old by the exchange's clock"
    for feed, since in state.control.down_since.items():
        if feed is not Feed.REST and now - since >= stale_s:
            return Mode.STALE, f"{feed.value} down for {now - since:.1f} s"
    if state.account.uncertain_because:
        return Mode.STALE, f"position uncertain: {state.account.uncertain_because}"
    blind = state.risk.restraints.first(Effect.STALE)
    if blind is not None:
        return Mode.STALE, blind.text
    if not market.is_confirmed:
        return Mode.WARMING, "book not confirmed"
    if not state.panel.is_ready(now):
        return Mode.WARMING, "warming up"
    return None


def _reduced(state: EngineState) -> tuple[Mode, str] | None:
    settings, position = state.settings, state.account.position.size
    if state.account.foreign and settings.text("execution.foreign_orders") == "block":
        return Mode.PAUSED, "foreign orders rest on this market"
    for reading in state.risk.kill_switch.demanding(Verdict.PULL):
        if reading.name == "cascade" and settings.text("risk.cascade_pull") == "all":
            return Mode.PAUSED, "liquidation cascade"
        if reading.name == "cascade":
            return Mode.REDUCE_ONLY, "liquidation cascade"
    if state.control.reduce_only_by:
        return Mode.REDUCE_ONLY, f"by {state.control.reduce_only_by}"
    for reading in state.risk.kill_switch.demanding(Verdict.REDUCE_ONLY):
        return Mode.REDUCE_ONLY, f"{reading.name} {reading.value:,.0f} {reading.unit} ({reading.text})"
    held = state.risk.restraints.first(Effect.REDUCE_ONLY)
    if held is not None:
        return Mode.REDUCE_ONLY, held.text
    if position and abs(position) >= state.risk.limit.size:
        return Mode.REDUCE_ONLY, f"position at its limit ({state.risk.limit.binding})"
    return None
