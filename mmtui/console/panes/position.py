"""How long am I, against which limits, is it coming back, and how far is the end."""

import math

from mmtui.console.format import age, compact, number, percent, plain, signed
from mmtui.console.panes.ladder import price_decimals, price_text
from mmtui.console.panes.pnl import money_unit
from mmtui.console.panes.status import aligned_limit, money_text
from mmtui.console.rows import Line, Lines, block, join, title
from mmtui.console.scene import Scene
from mmtui.domain.view import PositionView, View

FAR = 9.99
NEAR = 0.05


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, the signed gauge, then the figures."""
    scene = scene.of_account()
    view = scene.view
    if view is None:
        return block([title("POSITION", scene.state(), width, scene.glyphs)], width, height)
    position, asset = view.engine.position, plain(view.session.asset)
    lines: list[Line] = [
        title("POSITION", scene.state(asset), width, scene.glyphs),
        _gauge(position, view, scene, width),
        _size(position, view, scene, width),
        _worst(position, view, scene, width),
        _limits(position, view, scene, width),
        _turnover(view, scene, width),
    ]
    return block(lines, width, height)


def _gauge(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    """From the limit short to the limit long; brackets within it stand where all open orders would lead."""
    if not 0 < position.limit < math.inf or not math.isfinite(position.size):
        return ((" no limit known yet", scene.mark("label")),)
    limit = aligned_limit(position.limit, view.session.size_decimals)
    half = (width - 2 * len(limit) - 9) // 2
    if half < 1:
        return ((f" limit {limit}", "label"),)
    share = min(abs(position.size) / position.limit, 1.0)
    role = scene.mark("bad" if share >= 1 else "warn" if share >= 0.8 else "bid" if position.size > 0 else "ask")
    # One cell more than the halves: the middle is flat.
    cells: list[tuple[str, str]] = [(scene.glyphs.track, "rule")] * (2 * half + 1)
    filled = min(max(round(share * half), 1 if position.size else 0), half)
    for step in range(1, filled + 1):
        cells[half + (step if position.size > 0 else -step)] = (scene.glyphs.full, role)
    cells[half] = (scene.glyphs.divider, "label")
    for end, mark in ((position.worst_short, "<"), (position.worst_long, ">")):
        if math.isfinite(end) and end:
            place = half + round(min(max(end / position.limit, -1.0), 1.0) * half)
            is_over = abs(end) > position.limit * (1 + 1e-9)
            if place != half:
                cells[place] = (mark, scene.mark("warn" if is_over else "label"))
    return ((f" -{limit} ", "label"), ("[", "rule"), *_runs(cells), ("]", "rule"), (f" +{limit}", "label"))


def _runs(cells: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Neighbours of one role as one span."""
    runs: list[tuple[str, str]] = []
    for text, role in cells:
        if runs and runs[-1][1] == role:
            runs[-1] = (runs[-1][0] + text, role)
        else:
            runs.append((text, role))
    return runs


def _size(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    size = signed(position.size, view.session.size_decimals) + scene.doubt
    items: list[tuple[int, Line]] = [
        (0, ((f" {size}", scene.mark("text")),)),
        (4, (("dust", "label"),) if position.is_dust and position.size else ()),
        (1, (("avg ", "label"), (number(position.entry, price_decimals(view) + 1), scene.mark("text")))),
        (2, (("mark ", "label"), (price_text(position.mark, view), scene.mark("text")))),
        (3, ((f"{money_text(position.value_usd, 0)} {plain(money_unit(view.session))}", "label"),)),
    ]
    return join(items, width)


def _worst(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    digits, distance = view.session.size_decimals, position.liquidation_distance
    role = "bad" if distance is not None and distance < NEAR else "text"
    ends = f"{signed(position.worst_short, digits)} {signed(position.worst_long, digits)}"
    items: list[tuple[int, Line]] = [
        (0, ((" liq ", "label"), (_liquidation(position, view), scene.mark(role)))),
        (1, (("if all fill ", "label"), (ends, scene.mark("text")))),
    ]
    return join(items, width)


def _liquidation(position: PositionView, view: View) -> str:
    """Price and distance; the distance alone where the price says nothing any more."""
    distance = position.liquidation_distance
    if not position.liquidation:
        return "none"
    if distance is None:
        return price_text(position.liquidation, view)
    if not distance < FAR:
        return f">{percent(FAR)} away"
    return f"{price_text(position.liquidation, view)} {percent(distance)}"


def _limits(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    """What sets the limit, where trading ends beyond it, and what margin it takes."""
    foreign = position.foreign_orders
    collateral = plain(money_unit(view.session))
    items: list[tuple[int, Line]] = [
        (0, ((" limit by ", "label"), (plain(position.binding_cap) or "setting", scene.mark("text")))),
        (1, _end(position, view, scene)),
        (3, (("margin ", "label"), (f"{number(position.margin_used_usd, 2)} {collateral}", scene.mark("text")))),
        (2, (("leverage ", "label"), (f"{position.leverage}x" if position.leverage else "none", scene.mark("text")))),
        (0, (("foreign orders ", "label"), (str(foreign), scene.mark("warn"))) if foreign else ()),
    ]
    return join(items, width)


def _end(position: PositionView, view: View, scene: Scene) -> Line:
    """The size at which the monitor of the position's value ends trading."""
    stop = next((bar for bar in view.engine.risk if bar.kills and bar.name.startswith("position")), None)
    if stop is None or stop.unit != "USD" or not position.mark or not stop.limit > 0:
        return ()
    size = compact(stop.limit / position.mark, 3)
    return (("ends trading at ", "label"), (size, scene.mark("text")))


def _turnover(view: View, scene: Scene, width: int) -> Line:
    """How long inventory stays, what was traded, and what funding will take."""
    counters = view.engine.counters
    turnover = counters.volume_bought + counters.volume_sold
    items: list[tuple[int, Line]] = [
        (0, ((" turnover ", "label"), (f"{compact(turnover)} {plain(view.session.asset)}", scene.mark("text")))),
        (1, _holding(view, scene)),
        (2, _funding(view.engine.position, scene)),
    ]
    return join(items, width)


def _holding(view: View, scene: Scene) -> Line:
    """The time a position is held by the model, when it is published."""
    found = next((one for one in view.engine.estimates if one.name == "holding_time" and one.unit == "s"), None)
    if found is None or not found.value > 0:
        return ()
    doubt = "" if found.provenance in ("learned", "set") else "?"
    return (("held for ", "label"), (age(found.value) + doubt, scene.mark("text")))


def _funding(position: PositionView, scene: Scene) -> Line:
    """What funding will take (or pay) and when, once the exchange has told its premium."""
    if position.funding_due_usd is None or position.funding_due_s is None:
        return ()
    due = f"{signed(-position.funding_due_usd, 2)} in {age(position.funding_due_s)}"
    return (("funding ", "label"), (due, scene.mark("text")))
