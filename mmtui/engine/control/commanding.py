"""What people ask: pause, resume, flatten, kill, stop, edits."""

from mmtui.domain.commands import Act, CancelSide, Command, CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.intents import LogLevel
from mmtui.domain.records import ParametersChanged
from mmtui.domain.view import ParameterChange
from mmtui.engine.control import governing
from mmtui.engine.control.edits import PICTURE_AGE_MAX_S, EditRefusedError
from mmtui.engine.control.rearming import rearm
from mmtui.engine.control.standing import Flatten
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Effect

_NEEDS_FRESH_PICTURE = frozenset({Verb.RESUME, Verb.FLATTEN})
# Alarms about what a person has looked at by resuming.
_SETTLED_BY_RESUME = ("fighting", "flatten")


def obey(state: EngineState, out: Outbox, command: Command) -> None:
    """Carries out a command or refuses it with the reason; one that comes again gets its last answer again."""
    known = state.control.answered.get(command.id)
    if known is not None:
        out.repeat(known)
        return
    out.log(LogLevel.INFO, "Command", command=_name(command), by=command.by)
    state.quoting.urgent = True
    if isinstance(command, SetParameters):
        _edit(state, out, command)
    elif isinstance(command, CancelSide):
        state.control.sides_off[command.side] = command.by
        out.answer(command.id, CommandStatus.ACCEPTED, f"{command.side.name} side off until resume")
    elif isinstance(command, Rearm):
        rearm(state, out, command)
    else:
        _act(state, out, command)


def _name(command: Command) -> str:
    return command.verb.value if isinstance(command, Act) else type(command).__name__


def _act(state: EngineState, out: Outbox, command: Act) -> None:
    refusal = _refusal(state, out.now, command)
    if refusal:
        out.answer(command.id, CommandStatus.REFUSED, refusal)
        return
    control = state.control
    text = "accepted"
    match command.verb:
        case Verb.PAUSE:
            control.paused_by = command.by
            governing.abandon_flatten(state, out, "paused")
            text = "cancelling own quotes"
        case Verb.RESUME:
            control.paused_by, control.reduce_only_by = "", ""
            control.sides_off.clear()
            for key in _SETTLED_BY_RESUME:
                state.tape.clear(key)
            text = "quoting again when the data allows it"
        case Verb.REDUCE_ONLY:
            control.reduce_only_by = command.by
        case Verb.FLATTEN:
            control.flatten = _flatten(state, out, command)
            text = "closing the position"
        case Verb.KILL:
            governing.fire(state, out, "operator", f"killed by {command.by}")
            text = "valve shut, cancelling everything"
        case Verb.STOP:
            _stop(state, out, command)
            text = "stopping"
        case Verb.UNDO:
            _undo(state, out, command)
            return
    out.answer(command.id, CommandStatus.ACCEPTED, text)


def _refusal(state: EngineState, now: float, command: Act) -> str:
    control, verb = state.control, command.verb
    if control.finished:
        return "the engine has stopped"
    age = picture_age_s(now, command.seen_at)
    if verb in _NEEDS_FRESH_PICTURE and age > PICTURE_AGE_MAX_S:
        return f"asked from a picture {age:.1f} s old; look again"
    if verb is Verb.KILL:
        return "killed already" if control.killed is not None else ""
    if control.killed is not None and verb is not Verb.STOP:
        return "killed; re-arm with a reason first"
    if control.stop_reason and verb is not Verb.STOP:
        return "stopping"
    if verb is Verb.FLATTEN and state.account.position.size == 0:
        return "no position to close"
    if verb is Verb.RESUME and control.flatten is not None:
        return "a flatten is under way; pause ends it"
    window = state.risk.restraints.first(Effect.NO_TAKER)
    if verb is Verb.FLATTEN and window is not None:
        return window.text
    return "a flatten is under way" if verb is Verb.FLATTEN and control.flatten is not None else ""


def picture_age_s(now: float, seen_at: float) -> float:
    """Age of the picture a command was given from; 0 for commands that come from no picture."""
    return max(0.0, now - seen_at) if seen_at > 0.0 else 0.0


def _stop(state: EngineState, out: Outbox, command: Act) -> None:
    control = state.control
    if control.stop_reason:
        return
    control.stop_reason = f"stopped by {command.by}"
    flattens = state.settings.text("execution.on_stop") == "flatten" and control.killed is None
    if flattens and control.flatten is not None:
        return
    if flattens and state.account.position.size:
        control.flatten = _flatten(state, out, command)
        return
    governing.abandon_flatten(state, out, "stopped")
    governing.begin_clearance(state, out)


def _flatten(state: EngineState, out: Outbox, command: Act) -> Flatten:
    left = abs(state.account.position.size)
    return Flatten(by=command.by, command_id=command.id, progress_at=out.now, left=left)


def _edit(state: EngineState, out: Outbox, command: SetParameters) -> None:
    age = picture_age_s(out.now, command.seen_at)
    try:
        change = state.live.apply(
            command.changes,
            by=command.by,
            now=out.now,
            picture_age_s=age,
            staged_at=command.staged_at,
            sent_at=command.seen_at,
            objection=lambda settings: governing.objection(state, settings, out.now),
        )
    except EditRefusedError as refusal:
        out.answer(command.id, CommandStatus.REFUSED, str(refusal))
        return
    _applied(state, out, change, command.id)


def _undo(state: EngineState, out: Outbox, command: Act) -> None:
    try:
        change = state.live.undo(by=command.by, now=out.now, seen_at=command.seen_at)
    except EditRefusedError as refusal:
        out.answer(command.id, CommandStatus.REFUSED, str(refusal))
        return
    _applied(state, out, change, command.id)


def _applied(state: EngineState, out: Outbox, change: ParameterChange, command_id: str) -> None:
    state.panel.reconfigure(state.settings)
    state.quoting.queues.reconfigure(state.settings)
    governing.update_limit(state, out.now)
    out.record(
        ParametersChanged(at=out.now, version=change.version, by=change.by, before=change.before, after=change.after)
    )
    text = ", ".join(f"{key} {change.before[key]} -> {value}" for key, value in change.after.items())
    out.log(
        LogLevel.INFO,
        "Parameters changed",
        version=change.version,
        by=change.by,
        changes=text,
        staged_s_before=round(change.at - change.staged_at, 1) if change.staged_at else 0.0,
        seen_s_before=round(change.at - change.sent_at, 1) if change.sent_at else 0.0,
    )
    out.answer(command_id, CommandStatus.DONE, f"v{change.version}: {text}")
