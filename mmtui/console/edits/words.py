"""A preview in a line of words: the closest quotes as they would move, and what that does to orders. Pure."""

from mmtui.console.format import plain
from mmtui.domain.consultations import Previewed, Sketch
from mmtui.domain.view import LevelView

ORDINARY = ("BUY", "SELL")


def best(sketch: Sketch, side: str) -> LevelView | None:
    """The closest level of a side."""
    return next((level for level in sketch.levels if level.side == side and level.price is not None), None)


def quotes_line(found: Previewed, decimals: int | None = None) -> str:
    """``quotes 64248.0/64250.0 -> 64245.1/64252.9, 6 orders replaced``, or why there would be none."""
    if found.then is None:
        return f"the engine would refuse: {plain(found.refusal)}"
    now, then = (_pair(sketch, decimals) for sketch in (found.now, found.then))
    moved = f"quotes {now} -> {then}" if now != then else f"quotes stay {now}"
    return f"{moved}, {_orders(found.now, found.then)}"


def _pair(sketch: Sketch, decimals: int | None) -> str:
    return "/".join(_price(best(sketch, side), decimals) for side in ORDINARY)


def _price(level: LevelView | None, decimals: int | None) -> str:
    if level is None or level.price is None:
        return "none"
    return f"{level.price:.{decimals}f}" if decimals is not None else f"{level.price:.8g}"


def _orders(now: Sketch, then: Sketch) -> str:
    if is_same(now, then):
        return "no order moves for it"
    return f"{then.cancelled} {'order' if then.cancelled == 1 else 'orders'} off, {then.placed} on"


def is_same(now: Sketch, then: Sketch) -> bool:
    """Whether both ladders have the same prices and sizes."""
    return _quotes(now) == _quotes(then)


def _quotes(sketch: Sketch) -> list[tuple[str, int, float | None, float]]:
    return [(level.side, level.level, level.price, level.size) for level in sketch.levels]
