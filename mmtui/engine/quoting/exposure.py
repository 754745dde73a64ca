"""Sides that are being run over: smaller or pulled while liquidations or informed orders hit them.

Owns which side a cascade runs over, the pull of a side whose fills keep costing more than its half-spread,
and the alarm when fills are worth less than nothing. Never touches the side that reduces the position.
Source: models.md 7.4 and 8.1, decisions.md S48 and S55.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.engine.control.restraining import lift, restrain
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState
from mmtui.risk.adverse import share_kept
from mmtui.risk.restraints import Effect, Restraint

RELEASE_RATIO = 0.75
MARKOUT_HORIZON_S = 5.0
MARKOUT_FILLS = 50.0
SHARE_ALARM = "cascade size"

_WORDS = {Side.BUY: "bids", Side.SELL: "asks"}


def share_shown(state: EngineState, now: float, side: Side) -> float:
    """Share of its size that a side shows in a cascade; all of it on the side that reduces."""
    threshold = state.settings.number("risk.cascade_reduce_threshold")
    severity = state.panel.cascade_severity(now)
    if not severity >= threshold or side * state.account.position.size < 0 or not _is_run_over(state, now, side):
        return 1.0
    return share_kept(severity, threshold)


def watch(state: EngineState, out: Outbox) -> None:
    """Looks at both sides, several times a second."""
    severity = state.panel.cascade_severity(out.now)
    for side in Side:
        _follow_cascade(state, out, side, severity)
        _follow_fills(state, out, side)
        _follow_markout(state, out, side)
    _tell_shares(state, out, severity)


def _is_run_over(state: EngineState, now: float, side: Side) -> bool:
    """Whether the forced orders, as far as they have one direction, hit the quotes of this side."""
    estimates = state.panel.estimates(now)
    direction = estimates.signals.cascade_direction if estimates is not None else 0
    return direction != side


def _follow_cascade(state: EngineState, out: Outbox, side: Side, severity: float) -> None:
    key = f"cascade {_WORDS[side]}"
    threshold = state.settings.number("risk.cascade_reduce_threshold")
    if state.risk.restraints.find(key) is not None:
        threshold *= RELEASE_RATIO
    is_wanted = state.settings.flag("risk.cascade_directional") and severity >= threshold
    if is_wanted and _is_run_over(state, out.now, side):
        text = f"{_WORDS[side]} pulled: a liquidation cascade runs over them"
        restrain(state, out, Restraint(key=key, effect=Effect.SIDE_OFF, text=text, side=side))
    else:
        lift(state, out, key)


def _tell_shares(state: EngineState, out: Outbox, severity: float) -> None:
    """The alarm that says which side is smaller for a cascade, and by how much."""
    smaller = [side for side in Side if share_shown(state, out.now, side) < 1.0]
    if smaller:
        share = share_shown(state, out.now, smaller[0])
        words = " and ".join(_WORDS[side] for side in smaller)
        state.tape.alarm(
            SHARE_ALARM, out.now, 1, f"cascade {severity:.2f}: {words} at {100.0 * share:.0f} % of their size"
        )
    elif SHARE_ALARM in state.tape.alarms:
        state.tape.clear(SHARE_ALARM)


def _follow_fills(state: EngineState, out: Outbox, side: Side) -> None:
    """A side whose fills cost more than its half-spread for so many in a row rests for a while."""
    most = state.settings.count("risk.adverse_pull_fills")
    ladder, run = state.quoting.ladder, state.risk.adverse_runs[side]
    half_bps = ladder.earned_bps(side) if ladder is not None else 0.0
    cost_bps = state.panel.adverse_selection(side).measured * BPS
    # Without quotes there is no half-spread to compare with.
    length = run.count(state.panel.adverse_judged(side), cost_bps if half_bps > 0.0 else 0.0, half_bps)
    if not most or length < most:
        return
    run.restart()
    lasts_s = state.settings.number("risk.adverse_pull_s")
    text = (
        f"{_WORDS[side]} pulled for {lasts_s:.0f} s: their fills cost {cost_bps:.1f} bp, "
        f"more than the {half_bps:.1f} bp quoted apart from that, {length} times in a row"
    )
    key = f"adverse {_WORDS[side]}"
    restrain(state, out, Restraint(key=key, effect=Effect.SIDE_OFF, text=text, side=side, until=out.now + lasts_s))


def _follow_markout(state: EngineState, out: Outbox, side: Side) -> None:
    """The alarm when the mid takes back more than fills earned, over enough of them."""
    key = f"markout {_WORDS[side]}"
    record = state.panel.markout(side, MARKOUT_HORIZON_S)
    if record.n_eff >= MARKOUT_FILLS and record.markout < 0.0:
        text = (
            f"{_WORDS[side]} are picked off: {record.edge * BPS:+.1f} bp at the fill, "
            f"{record.markout * BPS:+.1f} bp after {MARKOUT_HORIZON_S:.0f} s"
        )
        state.tape.alarm(key, out.now, 1, text)
    elif key in state.tape.alarms:
        state.tape.clear(key)
