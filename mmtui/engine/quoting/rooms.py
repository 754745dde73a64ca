"""How much may rest on each side now: the limit, what is held, undecided and foreign orders, and restraints."""

from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderState
from mmtui.domain.units import Size
from mmtui.engine.quoting.exposure import share_shown
from mmtui.engine.state import EngineState
from mmtui.risk.limits import addable_usd
from mmtui.strategies.quote import Rooms

# A side that alone is filled fades from half of the run that would end trading, to a quarter of its size.
FADE_FROM = 0.5
FADED_LEAST = 0.25
# The least size that the venue takes differs a little from price to price.
CLIPS_OWED = 2
_KNIFE_WORDS = {
    Side.BUY: "falling knife: the mid runs down by deviations in half a second; until it slows or rests for 1 s",
    Side.SELL: "rising knife: the mid runs up by deviations in half a second; until it slows or rests for 1 s",
}
_CASCADE_WORDS = "liquidation cascade: until its severity falls"
_FADE_WORDS = "only this side is filled: until a fill on the other, or a minute has passed"
MARGIN_SPENT = "InsufficientMargin: free margin carries no more"


def rooms(state: EngineState, now: float, *, is_reduce_only: bool) -> Rooms:
    """The most that may rest on each side now, and the share of its size a side shows."""
    position, limit = state.account.position.size, state.risk.limit.size
    state.quoting.flagged = None
    size: dict[Side, Size] = {}
    why: dict[Side, str] = {}
    addable = _addable(state)
    for side in Side:
        # What is flagged reduce-only cannot add to what foreign orders do.
        stuck = _stuck(state, side) + (0 if is_reduce_only else state.account.foreign_reserved(side))
        held = -side * position
        most = max(0, held) if is_reduce_only else limit + held
        is_short = not is_reduce_only and max(0, held) + addable < most
        if is_short:
            most = max(0, held) + addable
        size[side] = max(0, most - stuck)
        if not is_reduce_only and size[side] < held:
            owed = _owed(state, side, held)
            if size[side] < owed:
                size[side], state.quoting.flagged = owed, side
        off = state.risk.restraints.off(side)
        if off is not None:
            # What closes a position is taken where what opens one is not.
            size[side], why[side] = min(size[side], _owed(state, side, max(0, held))), off.text
            state.quoting.flagged = side if size[side] else state.quoting.flagged
        if side in state.control.sides_off:
            size[side], why[side] = 0, f"side cancelled by {state.control.sides_off[side]}"
        elif size[side] == 0 and off is None:
            cap = MARGIN_SPENT if is_short else f"position limit ({state.risk.limit.binding})"
            why[side] = "reduce-only" if is_reduce_only else cap
    shown = {side: _shown(state, now, side) for side in Side}
    return Rooms(
        buy=size[Side.BUY],
        sell=size[Side.SELL],
        buy_reason=why.get(Side.BUY, ""),
        sell_reason=why.get(Side.SELL, ""),
        size_factor_buy=shown[Side.BUY][0],
        size_factor_sell=shown[Side.SELL][0],
        buy_scaled=shown[Side.BUY][1],
        sell_scaled=shown[Side.SELL][1],
        is_reduce_only=is_reduce_only,
    )


def _addable(state: EngineState) -> Size:
    """Size that a side may add to the position by free margin."""
    touch, instrument, account = state.market.touch, state.instrument, state.account
    funding = account.funding_source(instrument.price_units(touch.mid)) if touch is not None else None
    if touch is None or funding is None:
        return 0
    foreign = account.foreign_reserved(Side.BUY) + account.foreign_reserved(Side.SELL)
    usd = addable_usd(
        state.settings,
        funding,
        position_usd=instrument.size_base(account.position.size) * touch.mid,
        foreign_usd=instrument.size_base(foreign) * touch.mid,
    )
    return instrument.floor_size(usd / touch.mid)


def clip(state: EngineState) -> Size:
    """The configured size of one side, and no less than what the venue takes: as much may always be reduced."""
    size = state.settings.number("trading.target_liquidity")
    touch, instrument = state.market.touch, state.instrument
    if touch is None:
        return instrument.floor_size(size)
    if not size:
        size = state.settings.number("trading.order_notional_usd") / touch.mid
    return max(instrument.floor_size(size), instrument.min_size(instrument.price_units(touch.mid)))


def reserved(state: EngineState, side: Side) -> Size:
    """What may still fill on a side, own and foreign."""
    return state.ledger.reserved(side) + state.account.foreign_reserved(side)


def _owed(state: EngineState, side: Side, held: Size) -> Size:
    """What a reducing side may hold however large the orders are that are not ours.

    Flagged reduce-only it never makes a position larger than they would: nothing of it fills but against
    what is held.
    """
    return max(0, min(held, CLIPS_OWED * clip(state)) - _stuck(state, side))


def _shown(state: EngineState, now: float, side: Side) -> tuple[float, str]:
    """Share of its size that a side shows for every rule together, and the rule that takes the most.

    All of it where it reduces the position.
    """
    if side * state.account.position.size < 0:
        return 1.0, ""
    fade, unhurt, share = _fade(state, now, side), _unhurt(state, now, side), share_shown(state, now, side)
    least = min(fade, unhurt, share)
    if not least < 1.0:
        return 1.0, ""
    if unhurt == least:
        scaled = _KNIFE_WORDS[side]
    else:
        scaled = _CASCADE_WORDS if share == least else _FADE_WORDS
    return fade * unhurt * share, scaled


def _fade(state: EngineState, now: float, side: Side) -> float:
    """Share of the size that a side which alone is being filled still shows."""
    used = state.risk.fill_run.length(now, side) / state.settings.count("risk.one_sided_orders_max")
    return 1.0 if used <= FADE_FROM else max(FADED_LEAST, 1.0 - (used - FADE_FROM) / (1.0 - FADE_FROM))


def _unhurt(state: EngineState, now: float, side: Side) -> float:
    """Share of the size that a side shows which the market runs into."""
    if not state.settings.flag("strategy.knife_enabled"):
        return 1.0
    estimates = state.panel.estimates(now)
    if estimates is None:
        return 1.0
    signals = estimates.signals
    return 1.0 - (signals.falling_knife if side > 0 else signals.rising_knife)


def _stuck(state: EngineState, side: Side) -> Size:
    undecided = (OrderState.UNKNOWN, OrderState.SETTLING)
    return sum([o.reserved for o in state.ledger.live.values() if o.state in undecided and o.terms.side is side])
