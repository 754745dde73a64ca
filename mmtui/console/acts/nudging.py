"""Size up and down, tighter and wider: one step a press from where the engine stands. Pure.

Each step is an edit like any other, a version that can be undone. What adds risk (more size, closer
quotes) is refused while the picture is old; what takes it away goes out from any picture.
"""

from collections.abc import Callable

from mmtui.console.acts.trading import is_stale, send_parameters
from mmtui.console.desk import Desk, Handler
from mmtui.console.drafts import conflict, current, shown
from mmtui.console.format import plain
from mmtui.console.moment import Moment
from mmtui.domain.parameters import Parameter, Refusal, parameter
from mmtui.domain.view import View

SIZE_FACTOR = 1.1
SIZE_DIGITS = 6
WIDTH_STEP_BPS = 0.5
WIDTH_KEYS = {
    "ladder": "strategy.ladder_config.min_depth_bps",
    "glft": "risk.min_half_spread_bps",
    "symmetric": "strategy.half_spread_bps",
    "inventory_aware": "strategy.half_spread_bps",
}

Step = Callable[[float], float]
Pick = Callable[[View], Parameter | None]


def size_row(view: View) -> Parameter:
    """The setting that makes the size: the one in base units when it is set."""
    row = parameter("trading.target_liquidity")
    return row if current(row, view) else parameter("trading.order_notional_usd")


def width_row(view: View) -> Parameter | None:
    """The setting that keeps the closest quote away, if the strategy has one."""
    key = WIDTH_KEYS.get(view.session.strategy)
    return parameter(key) if key is not None else None


def _scaled(factor: float) -> Step:
    return lambda value: float(f"{value * factor:.{SIZE_DIGITS}g}")


def _moved(step_bps: float) -> Step:
    return lambda value: round(value + step_bps, 4)


def _nudge(label: str, pick: Pick, step: Step, *, adds_risk: bool) -> Handler:
    def handle(desk: Desk, _: str, now: Moment) -> None:
        view = desk.view
        if view is None:
            desk.say(f"{label}: no picture of the engine yet", now, "warn")
        elif not adds_risk or not is_stale(desk, label, now):
            _send(desk, view, label, pick(view), step, now)

    return handle


def _send(desk: Desk, view: View, label: str, row: Parameter | None, step: Step, now: Moment) -> None:
    if row is None:
        strategy = plain(view.session.strategy)
        desk.say(f"{label}: {strategy} has no width of ours; change its own settings with :set", now, "warn")
        return
    old = current(row, view)
    assert isinstance(old, int | float)
    value = row.check(min(max(step(float(old)), row.low), row.high))
    assert not isinstance(value, Refusal)
    refusal = conflict(row, value, view, {})
    if value == old:
        desk.say(f"{label}: {row.name} stands at its bound, {shown(old)}", now, "warn")
    elif refusal:
        desk.say(f"{label} refused: {refusal}", now, "bad")
    else:
        send_parameters(desk, {row.key: value}, label, now)


NUDGING: dict[str, Handler] = {
    "size-up": _nudge("size up", size_row, _scaled(SIZE_FACTOR), adds_risk=True),
    "size-down": _nudge("size down", size_row, _scaled(1 / SIZE_FACTOR), adds_risk=False),
    "tighter": _nudge("tighter", width_row, _moved(-WIDTH_STEP_BPS), adds_risk=True),
    "wider": _nudge("wider", width_row, _moved(WIDTH_STEP_BPS), adds_risk=False),
}
