"""What is written down at a cadence: equity and P&L, the day, and the line about safety."""

from mmtui.domain.intents import LogLevel
from mmtui.domain.order import OrderState
from mmtui.domain.records import EquitySampled
from mmtui.engine.conditions import oldest_unconfirmed_s
from mmtui.engine.control import governing, guarding
from mmtui.engine.outbox import Outbox
from mmtui.engine.state import EngineState

SAMPLE_EVERY_S = 10.0
SYNC_EVERY_S = 60.0


def sample(state: EngineState, out: Outbox) -> None:
    """Writes down what is due."""
    tape = state.tape
    if not state.account.is_anchored or out.now - tape.sampled_at < SAMPLE_EVERY_S:
        return
    tape.sampled_at = out.now
    governing.save_day(state, out)
    out.record(equity_row(state, out.now))
    if out.now - tape.synced_at >= SYNC_EVERY_S:
        tape.synced_at = out.now
        _log_sync(state, out)


def _log_sync(state: EngineState, out: Outbox) -> None:
    age = state.market.age(out.now)
    unknown = sum(1 for order in state.ledger.live.values() if order.state is OrderState.UNKNOWN)
    burn = state.risk.burn.burn(out.now, state.tape.counts["fills"])
    out.log(
        LogLevel.INFO,
        "Safety sync",
        orders=len(state.ledger.live),
        unknown=unknown,
        oldest_unconfirmed_s=round(oldest_unconfirmed_s(state, out.now), 1),
        foreign=len(state.account.foreign),
        position=state.instrument.wire_size(state.account.position.size),
        data_age_s=round(age, 3) if age is not None else -1.0,
        certain=not state.account.uncertain_because,
        guards=", ".join(f"{guard.name} {guard.state}" for guard in guarding.views(state, out.now)),
        requests_left=-1 if burn.requests_left is None else burn.requests_left,
        hours_to_throttle=-1.0 if burn.hours_to_throttle is None else round(burn.hours_to_throttle, 1),
        held_back=", ".join(state.risk.restraints.keys()),
    )


def equity_row(state: EngineState, now: float) -> EquitySampled:
    """Equity and P&L by cause as they stand."""
    account, touch = state.account, state.market.touch
    attribution = account.pnl.attribution()
    return EquitySampled(
        at=now,
        position=account.position.size,
        cash=account.cash,
        mark=state.instrument.price_units(touch.mid) if touch else 0,
        equity=account.equity(),
        total=attribution.total,
        spread_capture=attribution.spread_capture,
        adverse_selection=attribution.adverse_selection,
        inventory=attribution.inventory,
        fees=attribution.fees,
        funding=attribution.funding,
        mid2=account.pnl.mid2,
        day_pnl=account.day_pnl(),
        peak_pnl=account.day.peak if account.day is not None else 0,
    )
