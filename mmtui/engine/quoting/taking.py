"""Takers that the strategy asks for: slices of the position closed by reduce-only orders at the touch.

Off unless ``strategy.hjb.taker_enabled``. Owns the credit that a rate earns over time, and the moment at
which it buys a slice. Never opens, never adds, never takes beyond the touch, never more than one order at a
time; what a mode, a restraint or a control forbids is not tried. Source: models.md 4.2, decisions.md S92.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.order import Purpose
from mmtui.domain.units import Size
from mmtui.domain.view import Mode
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting.closing import take
from mmtui.engine.quoting.cycle import gate
from mmtui.engine.quoting.rooms import clip
from mmtui.engine.state import EngineState
from mmtui.risk.restraints import Effect

# A pause between cycles earns no more than this, so that nothing is taken for time that nobody watched.
EARNING_S_MAX = 1.0


def advance(state: EngineState, out: Outbox, mode: Mode) -> None:
    """Takes the next slice once the rate that the last ladder asked for has earned it."""
    rate = _wanted_rate(state) if mode in (Mode.QUOTING, Mode.REDUCE_ONLY) else 0.0
    step_s = min(max(out.now - state.quoting.taker_at, 0.0), EARNING_S_MAX)
    state.quoting.taker_at = out.now
    if rate == 0.0:
        state.quoting.taker_credit = 0.0
        return
    side = Side.BUY if rate > 0.0 else Side.SELL
    slice_size = clip(state)
    state.quoting.taker_credit = min(state.quoting.taker_credit + abs(rate) * step_s, float(slice_size))
    if state.quoting.taker_credit >= min(slice_size, _closable(state, side)):
        _take(state, out, side)


def waiting_because(state: EngineState) -> str:
    """Why a taker that the strategy asks for buys nothing, where own quotes are the cause; "" otherwise."""
    rate = _wanted_rate(state)
    if rate == 0.0 or _closable(state, Side.BUY if rate > 0.0 else Side.SELL):
        return ""
    return "takers wait: what rests closes the whole position"


def _wanted_rate(state: EngineState) -> float:
    """Size units per second, positive when buying; 0 unless takers are on and this one reduces the position."""
    ladder = state.quoting.ladder
    if ladder is None or ladder.insight is None:
        return 0.0
    if not state.settings.flag("strategy.hjb.taker_enabled"):
        return 0.0
    rate = ladder.insight.taker_rate
    if not rate * state.account.position.size < 0.0:
        return 0.0
    number = state.settings.number
    most = number("strategy.hjb.nu_max") * state.risk.limit.configured / number("strategy.lots_per_limit")
    return min(max(rate, -most), most)


def _closable(state: EngineState, side: Side) -> Size:
    """What of the position no own order is closing already."""
    return max(0, -side * state.account.position.size - state.ledger.reserved(side))


def _take(state: EngineState, out: Outbox, side: Side) -> None:
    touch, instrument = state.market.touch, state.instrument
    if touch is None or state.account.uncertain_because:
        return
    if any(order.terms.purpose is Purpose.FLATTEN for order in state.ledger.live.values()):
        return
    if state.risk.restraints.first(Effect.HOLD, Effect.NO_TAKER) is not None or not gate(state, out.now).is_fresh:
        return
    price = instrument.price_units(touch.ask if side is Side.BUY else touch.bid)
    size = min(int(state.quoting.taker_credit), _closable(state, side))
    if size < instrument.min_size(price):
        return
    if take(state, out, side, price, size):
        state.quoting.taker_credit = 0.0
        out.log(
            LogLevel.INFO,
            "Urgent taker",
            side=side.name,
            price=instrument.wire_price(price),
            size=instrument.wire_size(size),
        )
