"""Margin added to an isolated position that comes near its liquidation: a few times a session, then reducing only.

Off unless the operator allows it. Never takes margin out, never adds to a position that the venue states otherwise
than our fills do, and adds nothing once trading is to end. What holds it to reducing ends some way above the point
where it began, so that a price that trembles there does not switch it on and off. Source: models.md 11.4, ruling 21.
"""

from mmtui.domain.intents import AddMargin, LogLevel
from mmtui.domain.records import RiskRecorded
from mmtui.domain.units import MICRO
from mmtui.engine.control.restraining import lift, restrain
from mmtui.engine.orders import reconcile
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.pulling import expiry_ms
from mmtui.engine.state import EngineState
from mmtui.risk.limits import is_isolated
from mmtui.risk.margin import TOP_UP_RATIO, is_short_of_margin, isolated_equity
from mmtui.risk.restraints import Effect, Restraint

RESTRAINT = "isolated margin"
APART_S = 10.0
LEAST_USD = 1.0
RELEASE_RATIO = 1.25 * TOP_UP_RATIO


def advance(state: EngineState, out: Outbox) -> None:
    """Tops the position up when it needs it; holds it to reducing when it may not be topped up any more."""
    most = state.settings.count("trading.isolated_top_ups")
    top_ups = state.control.top_ups
    if state.control.killed is not None or state.control.stop_reason or (most and _is_undecided(state)):
        return
    equity_usd = _short_equity_usd(state, TOP_UP_RATIO) if most else None
    if equity_usd is None:
        if not most or _short_equity_usd(state, RELEASE_RATIO) is None:
            lift(state, out, RESTRAINT)
        return
    if out.now - top_ups.last_at < APART_S:
        return
    missing_usd = state.settings.number("trading.initial_isolated_margin") - equity_usd
    amount_usd = min(missing_usd, _free_usd(state))
    if top_ups.count >= most or amount_usd < LEAST_USD:
        why = f"given margin ×{top_ups.count}" if top_ups.count >= most else "no more may be given to it"
        text = f"isolated position below twice its maintenance margin, {why}: only reducing"
        restrain(state, out, Restraint(key=RESTRAINT, effect=Effect.REDUCE_ONLY, text=text))
        return
    top_ups.count, top_ups.last_at = top_ups.count + 1, out.now
    _add(state, out, amount_usd, f"top-up {top_ups.count} of {most}")


def _add(state: EngineState, out: Outbox, amount_usd: float, text: str) -> None:
    request_id = state.ledger.numbering.request()
    state.risk.rate.sent(out.now)
    state.risk.burn.sent(out.now, 1)
    amount = int(amount_usd * MICRO)
    out.record(RiskRecorded(at=out.now, code="MARGIN_ADDED", monitor=RESTRAINT, value=amount_usd, limit=0.0, text=text))
    out.send(AddMargin(request_id=request_id, amount=amount, expires_at_ms=expiry_ms(state, out.now)))
    out.log(LogLevel.WARN, "Isolated margin added", usd=round(amount_usd, 2), which=text)
    reconcile.ask_account(state, out)


def _is_undecided(state: EngineState) -> bool:
    """Whether the venue's last statement is of another position than ours, and says nothing about this one."""
    snapshot, size = state.account.snapshot, state.account.position.size
    return size != 0 and (snapshot is None or snapshot.position != size)


def _short_equity_usd(state: EngineState, ratio: float) -> float | None:
    """Equity of an isolated position with less than ``ratio`` times what it must have; None for any other."""
    account, instrument, touch = state.account, state.instrument, state.market.touch
    snapshot, size = account.snapshot, account.position.size
    if snapshot is None or touch is None or not size or snapshot.position != size:
        return None
    funding = account.funding_source(instrument.price_units(touch.mid))
    if funding is None or not is_isolated(instrument, funding) or snapshot.liquidation_price is None:
        return None
    tiers, signed = instrument.tiers, instrument.size_base(size)
    equity_usd = isolated_equity(
        tiers,
        price_usd=touch.mid,
        signed_size=signed,
        liquidation_usd=instrument.price_usd(snapshot.liquidation_price),
    )
    notional_usd = abs(signed) * touch.mid
    is_short = is_short_of_margin(tiers, notional_usd=notional_usd, equity_usd=equity_usd, ratio=ratio)
    return equity_usd if is_short else None


def _free_usd(state: EngineState) -> float:
    snapshot = state.account.snapshot
    return snapshot.withdrawable / MICRO if snapshot is not None else 0.0
