"""Leverage and margin mode at the start of a session."""

from mmtui.domain.intents import LogLevel, SetLeverage
from mmtui.engine.orders import reconcile
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.pulling import expiry_ms
from mmtui.engine.state import EngineState


def set_leverage(state: EngineState, out: Outbox) -> None:
    """Brings leverage and margin mode to what the settings ask for, once, when the account is known."""
    control, snapshot = state.control, state.account.snapshot
    if control.is_leverage_set or snapshot is None or control.killed is not None or control.stop_reason:
        return
    control.is_leverage_set = True
    wanted = state.settings.text("trading.leverage")
    leverage = state.instrument.max_leverage if wanted == "max" else int(wanted or snapshot.leverage)
    leverage = min(leverage, state.instrument.max_leverage)
    is_cross = snapshot.is_cross and not state.settings.flag("trading.force_isolated")
    if (leverage, is_cross) == (snapshot.leverage, snapshot.is_cross):
        return
    control.leverage_asked = (leverage, is_cross)
    request_id = state.ledger.numbering.request()
    state.risk.rate.sent(out.now)
    state.risk.burn.sent(out.now, 1)
    expires = expiry_ms(state, out.now)
    out.send(SetLeverage(request_id=request_id, leverage=leverage, is_cross=is_cross, expires_at_ms=expires))
    out.log(LogLevel.INFO, "Leverage set", leverage=leverage, margin="cross" if is_cross else "isolated")
    reconcile.ask_account(state, out)
