"""Trading again after a kill: the cause, the exchange as it is and what has changed since, then the reason.

A re-arm without a reason is answered with the checklist and changes nothing; with one it is carried out
and the checklist is written down beside the reason.
"""

from mmtui.domain.cloid import is_ours
from mmtui.domain.commands import CommandStatus, Rearm
from mmtui.domain.intents import ClearLatch, LogLevel
from mmtui.domain.records import RiskRecorded
from mmtui.engine.control.governing import JOURNAL_FAILED
from mmtui.engine.control.standing import Kill
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.readings import Verdict


def rearm(state: EngineState, out: Outbox, command: Rearm) -> None:
    """Clears a kill for a reason, or says what speaks against it."""
    control, killed = state.control, state.control.killed
    if killed is None:
        out.answer(command.id, CommandStatus.REFUSED, "nothing is killed")
    elif control.finished or control.stop_reason:
        out.answer(command.id, CommandStatus.REFUSED, "the session is being stopped")
    elif killed.reason == JOURNAL_FAILED:
        text = "the journal of this run cannot be written any more: mend the disk, then stop and start again"
        out.answer(command.id, CommandStatus.REFUSED, text)
    elif not command.reason.strip():
        text = f"a reason is needed: what caused it and what changed. {checklist(state, out.now, killed)}"
        out.answer(command.id, CommandStatus.REFUSED, text)
    elif control.clearance is not None and not control.clearance.is_verified:
        out.answer(command.id, CommandStatus.REFUSED, "own orders are not verified gone yet")
    elif breach := _breach(state):
        out.answer(command.id, CommandStatus.REFUSED, breach)
    else:
        _carry_out(state, out, command, killed)


def _breach(state: EngineState) -> str:
    """What would end trading again at once, or ""."""
    found = next(iter(state.risk.kill_switch.demanding(Verdict.KILL)), None)
    if found is None:
        return ""
    text = f"{found.name} {found.value:,.4g} {found.unit} still reaches the limit of {found.limit:,.4g}"
    return f"{text}; mend that first: a position is closed with `mmtui flatten`"


def checklist(state: EngineState, now: float, killed: Kill) -> str:
    """Cause, exchange state and what changed since the kill, in one line."""
    account = state.account
    read_s = now - account.snapshot.received_at if account.snapshot is not None else 0.0
    parts = (
        f"Cause: {killed.reason}, {killed.detail}, {now - killed.at:.0f} s ago",
        f"exchange, read {read_s:.0f} s ago: {changes_since(state, killed)}",
        f"equity {account.equity() / 1e6:,.2f}, P&L of the day {account.day_pnl() / 1e6:,.2f}",
    )
    return "; ".join(parts)


def changes_since(state: EngineState, killed: Kill) -> str:
    """The exchange as it is and what changed since the kill, in few words."""
    snapshot = state.account.snapshot
    resting = snapshot.open_orders if snapshot is not None else ()
    own = sum(1 for report in resting if is_ours(report.cloid))
    edits = sum(1 for change in state.live.history if change.at > killed.at)
    breaches = [reading.name for reading in state.risk.kill_switch.demanding(Verdict.REDUCE_ONLY)]
    fills = _fills_since(state, killed)
    return (
        f"position {state.instrument.wire_size(state.account.position.size)}, {_counted(own, 'own order')}, "
        f"{_counted(len(resting) - own, 'other order')}; since then {_counted(edits, 'edit')},"
        f" {_counted(fills, 'fill')}; in breach: {', '.join(breaches) or 'nothing'}"
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _fills_since(state: EngineState, killed: Kill) -> int:
    return sum(1 for note in state.tape.fills if note.at > killed.at)


def _carry_out(state: EngineState, out: Outbox, command: Rearm, killed: Kill) -> None:
    control, shown = state.control, checklist(state, out.now, killed)
    control.killed, control.clearance = None, None
    control.paused_by = command.by
    state.risk.kill_switch.reset()
    state.risk.fill_run.reset()
    state.risk.replaced.reset()
    state.tape.clear("kill")
    state.market.distrust()
    cause = killed.reason
    text = f"{command.reason} [{shown}]"
    out.record(RiskRecorded(at=out.now, code="REARMED", monitor=cause, value=0.0, limit=0.0, text=text))
    out.add(ClearLatch(reason=command.reason, by=command.by))
    out.log(LogLevel.WARN, "Re-armed", by=command.by, cause=cause, reason=command.reason, checklist=shown)
    out.answer(command.id, CommandStatus.DONE, f"re-armed and paused; resume to quote. {shown}")
