"""Closing the position: quotes off first, then reduce-only takers in slices until it is flat."""

from mmtui.domain.commands import CommandStatus
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.units import Price, Size
from mmtui.engine.control import governing
from mmtui.engine.control.standing import Flatten
from mmtui.engine.orders import fences
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.closing import take
from mmtui.engine.quoting.pulling import pull_quotes
from mmtui.engine.quoting.rooms import clip
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Effect

ATTEMPTS_MAX = 20
TIME_MAX_S = 30.0
CLIPS_A_SLICE = 2


def advance(state: EngineState, out: Outbox) -> None:
    """Takes the next step of a flatten under way, if any."""
    flatten = state.control.flatten
    if flatten is None or not state.account.is_anchored:
        return
    pull_quotes(state, out)
    fences.fence_unknown(state, out)
    position = state.account.position.size
    if abs(position) < flatten.left:
        flatten.left, flatten.progress_at, flatten.attempts = abs(position), out.now, 0
    is_late = out.now - flatten.progress_at > TIME_MAX_S
    window = state.risk.restraints.first(Effect.NO_TAKER)
    if window is not None and position:
        _end(state, out, flatten, f"gave up: {window.text}", is_done=False)
        state.control.paused_by = ""
        state.control.reduce_only_by = f"{flatten.by}, in the post-only window"
    elif any(order.reserved for order in state.ledger.live.values()):
        if is_late:
            _end(state, out, flatten, "gave up: orders are still undecided", is_done=False)
    elif position == 0:
        _end(state, out, flatten, "flat", is_done=True)
    elif is_late or flatten.attempts >= ATTEMPTS_MAX:
        size = state.instrument.wire_size(position)
        held = state.risk.restraints.first(Effect.HOLD)
        why = _obstacle(state, out.now) or (held.text if held else "no liquidity within the slippage")
        _end(state, out, flatten, f"gave up with {size} left: {why}", is_done=False)
    elif not _obstacle(state, out.now):
        _slice(state, out, flatten, position)


def _obstacle(state: EngineState, now: float) -> str:
    """Why no closing order can be decided on, or ""."""
    if state.account.uncertain_because:
        return f"the position is uncertain, {state.account.uncertain_because}"
    age = state.market.age(now)
    if age is None or age > state.settings.number("risk.stale_data_s") or not state.market.is_confirmed:
        return "no market data to decide on"
    return ""


def limit_price(state: EngineState, side: Side) -> Price | None:
    """Worst acceptable price of a closing order; None without a touch."""
    touch = state.market.touch
    if touch is None:
        return None
    slip = state.settings.number("execution.flatten_slippage_bps") / 1e4
    price_usd = touch.ask * (1.0 + slip) if side is Side.BUY else touch.bid * (1.0 - slip)
    return state.instrument.quote_price(side, price_usd)


def _slice(state: EngineState, out: Outbox, flatten: Flatten, position: Size) -> None:
    side = Side.SELL if position > 0 else Side.BUY
    price = limit_price(state, side)
    if price is None:
        return
    held = abs(position)
    size = min(held, max(CLIPS_A_SLICE * clip(state), state.instrument.min_size(price)))
    if held - size < state.instrument.min_size(price):
        size = held
    if take(state, out, side, price, size):
        flatten.attempts += 1


def _end(state: EngineState, out: Outbox, flatten: Flatten, text: str, *, is_done: bool) -> None:
    state.control.flatten = None
    if state.control.stop_reason:
        governing.begin_clearance(state, out)
    else:
        state.control.paused_by = f"{flatten.by}, after flatten"
    state.quoting.urgent = True
    out.answer(flatten.command_id, CommandStatus.DONE if is_done else CommandStatus.REFUSED, text)
    out.log(LogLevel.INFO if is_done else LogLevel.ERROR, "Flatten ended", result=text)
    if not is_done:
        state.tape.alarm("flatten", out.now, 2, f"flatten {text}")
    else:
        state.tape.clear("flatten")
