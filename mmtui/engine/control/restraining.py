"""Holding trading back for a cause that passes: put, shown, written down, lifted."""

from mmtui.domain.intents import LogLevel
from mmtui.domain.records import RiskRecorded
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Restraint

ALARM_PREFIX = "hold:"


def restrain(state: EngineState, out: Outbox, restraint: Restraint, *, severity: int = 2) -> None:
    """Puts or renews a restraint and raises its alarm."""
    is_fresh = state.risk.restraints.put(restraint)
    state.tape.alarm(ALARM_PREFIX + restraint.key, out.now, severity, restraint.text)
    if not is_fresh:
        return
    state.quoting.urgent = True
    _record(out, f"RESTRAINT_{restraint.effect.name}", restraint.key, restraint.text)
    out.log(LogLevel.WARN, "Trading held back", cause=restraint.key, effect=restraint.effect.name, text=restraint.text)


def lift(state: EngineState, out: Outbox, key: str) -> None:
    """Ends a restraint whose cause is gone."""
    if state.risk.restraints.lift(key):
        _ended(state, out, key)


def pass_time(state: EngineState, out: Outbox) -> None:
    """Ends the restraints whose time is over."""
    for restraint in state.risk.restraints.expire(out.now):
        _ended(state, out, restraint.key)


def _ended(state: EngineState, out: Outbox, key: str) -> None:
    state.tape.clear(ALARM_PREFIX + key)
    state.quoting.urgent = True
    _record(out, "RESTRAINT_OVER", key, "")
    out.log(LogLevel.INFO, "No longer held back", cause=key)


def _record(out: Outbox, code: str, key: str, text: str) -> None:
    out.record(RiskRecorded(at=out.now, code=code, monitor=key, value=0.0, limit=0.0, text=text))
