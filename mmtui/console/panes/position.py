"""How long am I, against which limit, and how far is the end."""

import math

from mmtui.console.format import number, percent, plain, signed
from mmtui.console.panes.ladder import price_decimals, price_text
from mmtui.console.rows import Glyphs, Line, Lines, block, join, title
from mmtui.console.scene import Scene
from mmtui.domain.view import PositionView, View

FAR = 9.99


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title, the signed gauge, then the figures."""
    view = scene.view
    if view is None:
        return block([title("POSITION", scene.state(), width, scene.glyphs)], width, height)
    position, asset = view.engine.position, plain(view.session.asset)
    lines: list[Line] = [
        title("POSITION", scene.state(asset), width, scene.glyphs),
        _gauge(position, scene, width),
        _size(position, view, scene, width),
        _worst(position, view, scene, width),
        _margin(position, scene, width),
    ]
    return block(lines, width, height)


def _gauge(position: PositionView, scene: Scene, width: int) -> Line:
    limit = f"{position.limit:g}"
    half = (width - 2 * len(limit) - 9) // 2
    share = min(abs(position.size) / position.limit, 1.0) if position.limit > 0 else 0.0
    filled = min(max(round(share * half), 1 if position.size else 0), half)
    role = scene.mark("bad" if share >= 1 else "warn" if share >= 0.8 else "bid" if position.size > 0 else "ask")
    glyphs: Glyphs = scene.glyphs
    empty = glyphs.track * half
    full = glyphs.full * filled
    rest = glyphs.track * (half - filled)
    left: Line = ((rest, "rule"), (full, role)) if position.size < 0 else ((empty, "rule"),)
    right: Line = ((full, role), (rest, "rule")) if position.size > 0 else ((empty, "rule"),)
    return (
        (f" -{limit} ", "label"),
        ("[", "rule"),
        *left,
        (glyphs.divider, "label"),
        *right,
        ("]", "rule"),
        (f" +{limit}", "label"),
    )


def _size(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    digits = view.session.size_decimals
    items: list[tuple[int, Line]] = [
        (0, ((f" {signed(position.size, digits)}", scene.mark("text")),)),
        (1, (("avg ", "label"), (number(position.entry, price_decimals(view) + 1), scene.mark("text")))),
        (2, (("mark ", "label"), (price_text(position.mark, view), scene.mark("text")))),
        (3, ((f"{position.value_usd:,.0f} USD", "label"),)),
    ]
    return join(items, width)


def _worst(position: PositionView, view: View, scene: Scene, width: int) -> Line:
    digits = view.session.size_decimals
    liquidation = price_text(position.liquidation, view) if position.liquidation else "none"
    distance = _distance(position.liquidation_distance)
    role = "bad" if position.liquidation_distance is not None and position.liquidation_distance < 0.05 else "text"
    items: list[tuple[int, Line]] = [
        (0, ((" liq ", "label"), (f"{liquidation} {distance}".rstrip(), scene.mark(role)))),
        (
            1,
            (
                ("if all fill ", "label"),
                (f"{signed(position.worst_short, digits)} {signed(position.worst_long, digits)}", scene.mark("text")),
            ),
        ),
    ]
    return join(items, width)


def _distance(ratio: float | None) -> str:
    if ratio is None:
        return ""
    return percent(ratio) if ratio < FAR else f">{percent(FAR)}"


def _margin(position: PositionView, scene: Scene, width: int) -> Line:
    cap = plain(position.binding_cap)
    items: list[tuple[int, Line]] = [
        (0, ((" limit by ", "label"), (cap or "setting", scene.mark("text")))),
        (1, (("margin ", "label"), (f"{number(position.margin_used_usd, 2)} USD", scene.mark("text")))),
        (2, (("leverage ", "label"), (f"{position.leverage}x" if position.leverage else "none", scene.mark("text")))),
        *_funding(position, scene),
        (
            4,
            (
                ("foreign orders ", "label"),
                (str(position.foreign_orders), scene.mark("warn" if position.foreign_orders else "text")),
            ),
        ),
    ]
    return join(items, width)


def _funding(position: PositionView, scene: Scene) -> list[tuple[int, Line]]:
    """What funding will take (or pay) and when, once the exchange has told its premium."""
    if position.funding_due_usd is None or position.funding_due_s is None:
        return []
    minutes = math.ceil(position.funding_due_s / 60.0)
    due = f"{signed(-position.funding_due_usd, 2)} in {minutes}m"
    return [(3, (("funding ", "label"), (due, scene.mark("text"))))]
