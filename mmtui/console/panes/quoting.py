"""What is moving the quotes: where the model would trade, how wide and why, and how often quotes are replaced."""

import math
from statistics import median

from mmtui.console.format import age, compact, number, plain, signed
from mmtui.console.panes import why
from mmtui.console.panes.ladder import price_decimals
from mmtui.console.rows import Line, Lines, Span, block, join, title
from mmtui.console.scene import Scene
from mmtui.domain.view import LevelView, View

RESTS = ("Resting", "PartialFilled")
TERM_MIN_BPS = 0.01
FACTOR_MIN = 0.005


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, then one line a question; the last give way when there is no room."""
    view = scene.view
    scene = scene.of_market()
    lines: list[Line] = [title("QUOTE MODEL", scene.state(_strategy(view)), width, scene.glyphs)]
    if view is not None:
        makers = (_prices, _width, _widening, _size, _pace, _gamma)
        made = [make(view, scene, width) for make in makers]
        lines += [line for line in made if line]
    return block(lines, width, height)


def quoting_or_why(scene: Scene, width: int, height: int) -> Lines:
    """The quote model, or, while a quote is missing, why."""
    view = scene.view
    return why.rows(scene, width, height) if view is not None and why.reasons(view) else rows(scene, width, height)


def _strategy(view: View | None) -> str:
    return plain(view.session.strategy) if view is not None else ""


def _fact(name: str, text: str, scene: Scene, role: str = "text") -> Line:
    return ((f" {name} ", "label"), (text, scene.mark(role)))


def _prices(view: View, scene: Scene, width: int) -> Line:
    ladder = view.engine.ladder
    if ladder.mid is None or not ladder.mid > 0:
        return _fact("reservation", "no mid yet", scene, "warn")

    def of(price: float | None) -> str:
        if price is None or not math.isfinite(price):
            return "."
        return (
            f"{number(price, price_decimals(view) + 1)} ({signed((price - ladder.mid) / ladder.mid * 1e4, 2)} bp)"
            if ladder.mid
            else "."
        )

    return join(
        [(0, _fact("reservation", of(ladder.reservation), scene)), (1, _fact("fair", of(ladder.fair), scene))], width, 1
    )


def _width(view: View, scene: Scene, width: int) -> Line:
    ladder, values = view.engine.ladder, view.engine.parameters
    floor = values.get("risk.min_half_spread_bps")
    items: list[tuple[int, Line]] = [
        (0, _fact("half-spread", f"{number(ladder.half_spread_bps, 2)} bp quoted", scene)),
        (1, ((f"{number(ladder.model_half_spread_bps, 2)} model", scene.mark("text")),)),
    ]
    if isinstance(floor, float | int):
        items.append((2, ((f"{number(float(floor), 2)} floor", "label"),)))
    return join(items, width)


def _widening(view: View, scene: Scene, width: int) -> Line:
    terms = [term for term in view.engine.widened_by if abs(term.bps) >= TERM_MIN_BPS]
    if not terms:
        return _fact("widened", "by nothing", scene, "label")
    total = sum(term.bps for term in terms)
    items: list[tuple[int, Line]] = [(0, _fact("widened", f"{signed(total, 2)} bp", scene))]
    for rank, term in enumerate(sorted(terms, key=lambda term: -abs(term.bps))):
        items.append((rank + 1, ((f"{plain(term.name)} {signed(term.bps, 2)}", scene.mark("label")),)))
    return join(items, width)


def _size(view: View, scene: Scene, width: int) -> Line:
    """Levels out of those wanted, and what cuts the size where something does."""
    placed = [level for level in view.engine.levels if level.price is not None]
    absent = [level for level in view.engine.levels if level.price is None]
    if not view.engine.levels:
        return _fact("levels", "none", scene, "warn")
    items: list[tuple[int, Line]] = [
        (0, _fact("levels", f"{len(placed)} of {len(placed) + len(absent)}", scene, "text" if not absent else "warn"))
    ]
    items += [
        (rank, ((f"{'bid' if side == 'BUY' else 'ask'} {because}", "label"),))
        for rank, side in ((1, "BUY"), (2, "SELL"))
        if (because := _because(placed, side))
    ]
    return join(items, width)


def _because(levels: list[LevelView], side: str) -> str:
    first = min((level for level in levels if level.side.upper() == side), key=lambda level: level.level, default=None)
    return plain(first.size_because).replace(" wanted on this side", "") if first is not None else ""


def _pace(view: View, scene: Scene, width: int) -> Line:
    """How often orders are placed and taken off, how long they rest, and how many it takes for a fill."""
    counters, budget = view.engine.counters, view.engine.budget
    ages = [order.age_s for order in view.engine.orders if order.state in RESTS]
    items: list[tuple[int, Line]] = [(0, _fact("requests", f"{budget.actions_last_min}/min", scene))]
    if ages:
        items.append((1, (("quotes rest ", "label"), (age(median(ages)), scene.mark("text")))))
    if counters.fills and counters.orders_placed:
        each = counters.orders_placed / counters.fills
        items.append((2, (("one fill in ", "label"), (f"{compact(each, 2)} orders", scene.mark("text")))))
    return join(items, width)


def _gamma(view: View, scene: Scene, width: int) -> Line:
    factors = [(name, value) for name, value in view.engine.gamma_factors if abs(value - 1.0) >= FACTOR_MIN]
    items: list[tuple[int, Line]] = [(0, _fact("gamma", compact(view.engine.gamma, 3), scene))]
    parts: list[Span] = [(f"{plain(name).replace('_', ' ')} x{compact(value, 3)}", "label") for name, value in factors]
    return join([*items, *((rank + 1, (part,)) for rank, part in enumerate(parts))], width)
