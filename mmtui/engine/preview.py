"""What the strategy would want now if some settings were other ones: the ladder, and what becomes of the orders.

Owns the shadow of the engine's memory in which that is worked out. Never changes the engine: whoever asks lends
copies of what a quote cycle uses up, the strategy and, where an edit reaches the estimators, the panel.
"""

import copy
from collections.abc import Mapping

import msgspec

from mmtui.domain.consultations import Sketch
from mmtui.domain.parameters import Settings, Value, find
from mmtui.domain.view import Mode
from mmtui.engine import modes
from mmtui.engine.control import governing
from mmtui.engine.control.edits import EditRefusedError, LiveSettings
from mmtui.engine.picture import made_levels
from mmtui.engine.quoting import cycle
from mmtui.engine.state import EngineState
from mmtui.estimators.panel import EstimatorPanel
from mmtui.strategies.quote import Ladder
from mmtui.strategies.registry import Strategy

_ELSEWHERE_READ_BY_ESTIMATORS = frozenset(
    {
        "risk.funding_rate_horizon_s",
        "risk.max_holding_time_s",
        "risk.sigma_baseline",
        "strategy.estimation_window_s",
        "strategy.hjb.depth_analysis_levels",
        "strategy.hjb.drift_filter_weight",
    }
)


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Both ladders at one moment; ``then`` is None where the engine would refuse, and ``refusal`` says why."""

    mode: Mode
    now: Sketch
    then: Sketch | None = None
    refusal: str = ""


def reaches_estimators(changes: Mapping[str, Value]) -> bool:
    """Whether an edit changes how estimators read the market, so that a preview needs a copy of the panel."""
    keys = [row.key if (row := find(name)) is not None else name for name in changes]
    return any(key.startswith("estimators.") or key in _ELSEWHERE_READ_BY_ESTIMATORS for key in keys)


def reread(state: EngineState, now: float, changes: Mapping[str, Value], panel: EstimatorPanel) -> None:
    """Has a copy of the panel read the market by the changed settings; nothing where the engine would refuse them."""
    live = LiveSettings(state.settings)
    try:
        live.apply(changes, by="preview", now=now, picture_age_s=0.0)
    except EditRefusedError:
        return
    panel.reconfigure(live.settings)
    panel.estimates(now)


def preview(
    state: EngineState,
    now: float,
    changes: Mapping[str, Value],
    *,
    strategies: tuple[Strategy, Strategy],
    panel: EstimatorPanel | None = None,
) -> Outlook | None:
    """Both ladders at ``now``; None before there is a market to quote in.

    ``strategies`` are two copies of the strategy and ``panel`` one of the panel after ``reread``: they are used up.
    """
    estimates = state.panel.estimates(now)
    if estimates is None or state.market.touch is None:
        return None
    mode = modes.mode(state, now)[0]
    live = LiveSettings(state.settings, is_stepwise=state.live.is_stepwise)
    present = _sketch(_shadow(state, live.settings, strategies[0], state.panel), now, mode)
    try:
        live.apply(
            changes,
            by="preview",
            now=now,
            picture_age_s=0.0,
            objection=lambda settings: governing.objection(state, settings, now),
        )
    except EditRefusedError as refusal:
        return Outlook(mode=mode, now=present, refusal=str(refusal))
    edited = _shadow(state, live.settings, strategies[1], panel or state.panel)
    governing.update_limit(edited, now)
    return Outlook(mode=mode, now=present, then=_sketch(edited, now, mode))


def _shadow(state: EngineState, settings: Settings, strategy: Strategy, panel: EstimatorPanel) -> EngineState:
    """The same memory with other settings; what a cycle writes to is its own."""
    shadow = copy.copy(state)
    shadow.live = LiveSettings(settings)
    shadow.quoting = copy.copy(state.quoting)
    shadow.quoting.strategy = strategy
    shadow.risk = copy.copy(state.risk)
    shadow.panel = panel
    return shadow


def _sketch(shadow: EngineState, now: float, mode: Mode) -> Sketch:
    estimates = shadow.panel.estimates(now)
    assert estimates is not None, "a market that is known stays known"
    # Where nothing is quoted now, a person still asks what would be.
    shown = Mode.REDUCE_ONLY if mode is Mode.REDUCE_ONLY else Mode.QUOTING
    ladder = cycle.wanted(shadow, now, shown, estimates)
    plans = cycle.plans_for(shadow, now, ladder, shown, estimates)
    return Sketch(
        levels=made_levels(shadow, ladder),
        spread_bps=_spread_bps(ladder),
        limit=shadow.instrument.size_base(shadow.risk.limit.size),
        kept=sum(len(plan.keep) for plan in plans),
        cancelled=sum(len(plan.cancel) for plan in plans),
        placed=sum(len(plan.place) for plan in plans),
        note=ladder.insight.note if ladder.insight is not None else "",
    )


def _spread_bps(ladder: Ladder) -> float | None:
    if not ladder.bids or not ladder.asks:
        return None
    bid, ask = ladder.bids[0].price, ladder.asks[0].price
    return (ask - bid) / ((ask + bid) / 2.0) * 1e4
