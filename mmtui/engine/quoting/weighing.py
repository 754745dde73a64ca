"""What own quotes are worth now: for the cycle that moves them, for the record of predictions, for the picture.

Owns the reading of the engine's state into scales and judges. Never sends anything. Sources: models.md 9.2, 9.3.
"""

from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Side
from mmtui.domain.units import BPS
from mmtui.engine.quoting.queue import Judge, Scales
from mmtui.engine.quoting.refresh import Rule
from mmtui.engine.state import EngineState
from mmtui.strategies.quote import Ladder, Level


def scales(state: EngineState, estimates: Estimates, ladder: Ladder | None) -> Scales:
    """Scales at this moment; the edge counts from the ladder's reservation price, else from the fair price."""
    return Scales(
        state.quoting.queues,
        state.instrument,
        estimates,
        reservation=ladder.reservation if ladder is not None else 0.0,
        costs_bps=_costs_bps(state, estimates),
    )


def maker_rate(state: EngineState) -> float:
    """The maker fee to price with: the operator's, or the one that the venue states."""
    if state.settings.value("risk.maker_fee_rate") is not None:
        return state.settings.number("risk.maker_fee_rate")
    snapshot = state.account.snapshot
    return snapshot.maker_rate if snapshot else 0.0


def judge(state: EngineState, now: float, estimates: Estimates, ladder: Ladder) -> Judge | None:
    """The judge of this cycle's orders; None while the setting is the threshold alone."""
    settings = state.settings
    if settings.text("execution.refresh_rule") != "value":
        return None
    weighed = scales(state, estimates, ladder)
    if not (weighed.is_known(Side.BUY) and weighed.is_known(Side.SELL)):
        return None
    rule = Rule(
        action_cost_bps=settings.number("execution.action_cost_bps"),
        max_order_age_s=settings.number("execution.max_order_age_s"),
    )
    return Judge(weighed, rule, now)


def sample(state: EngineState, now: float) -> None:
    """Takes the predictions that are due: one an order and horizon, while nothing of it has filled."""
    calibration = state.quoting.queues.calibration
    calibration.pass_time(now)
    free = [o for o in state.ledger.live.values() if o.is_active and not o.filled and calibration.is_free(o.cloid)]
    free = [order for order in free if state.quoting.queues.own.find(order.cloid) is not None]
    estimates = state.panel.estimates(now) if free else None
    if estimates is None:
        return
    weighed = scales(state, estimates, state.quoting.ladder)
    for order in free:
        if weighed.is_known(order.side):
            calibration.predict(now, order.cloid, weighed.chance(order))


def nearest(ladder: Ladder | None, side: Side, price: int) -> Level | None:
    """The wanted level of a side whose price is nearest."""
    if ladder is None:
        return None
    levels = ladder.bids if side is Side.BUY else ladder.asks
    return min(levels, key=lambda level: abs(level.price - price), default=None)


def _costs_bps(state: EngineState, estimates: Estimates) -> dict[Side, float]:
    """What a fill of each side costs, as the spread has it: the fee, and the adverse move as far as it is charged."""
    number, signals = state.settings.number, estimates.signals
    fee_bps, weight, cap_bps = BPS * maker_rate(state), number("strategy.as_weight"), number("strategy.as_cap_bps")
    adverse = {Side.BUY: signals.adverse_bid, Side.SELL: signals.adverse_ask}
    return {side: fee_bps + weight * min(max(0.0, BPS * cost), cap_bps) for side, cost in adverse.items()}
