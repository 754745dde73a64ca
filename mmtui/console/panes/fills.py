"""What just traded, at what edge, and what the price did after."""

from mmtui.console.format import clock, number, signed
from mmtui.console.panes.ladder import price_text, size_text
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title
from mmtui.console.scene import Scene
from mmtui.domain.history_view import FillRow
from mmtui.domain.view import View

COLUMNS = (
    Column("time", 12, 3),
    Column("side", 4, 0, is_left=True),
    Column("price", 10, 0),
    Column("size", 9, 0),
    Column("edge", 7, 1),
    Column("after", 7, 2),
    Column("fee", 9, 4),
    Column("kind", 5, 6, is_left=True),
    Column("level", 5, 7),
    Column("position", 11, 5),
)


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Newest first."""
    return _listed(scene, width, height, has_cursor=False)


def page_rows(scene: Scene, width: int, height: int) -> Lines:
    """The same as a list with a cursor, and sums below."""
    return _listed(scene, width, height, has_cursor=True)


def _listed(scene: Scene, width: int, height: int, *, has_cursor: bool) -> Lines:
    view = scene.view
    if view is None:
        return block([title("FILLS", scene.state(), width, scene.glyphs)], width, height)
    fills = sorted(view.engine.fills, key=lambda fill: -fill.at)
    shown = columns_for(COLUMNS, width - 1)
    detail = f"{view.engine.counters.fills} in session, newest first   edge and {_after(view)} in bp"
    lines: list[Line] = [
        title("FILLS", scene.state(detail), width, scene.glyphs),
        ((" " + headings(COLUMNS, shown), "label"),),
    ]
    room = height - 2 - (2 if has_cursor else 0)
    picked, first = scene.desk.cursors.at("fills", len(fills), room) if has_cursor else (-1, 0)
    window = fills[first : first + room]
    if not fills:
        lines.append(((" no fills yet", "label"),))
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(COLUMNS, [_cells(fill, view, scene) for fill in window], width, marks=marks)
    if has_cursor:
        lines += [()] * (height - 2 - len(lines))
        lines += _sums(fills, view, scene, width)
    return block(lines, width, height)


def _after(view: View) -> str:
    """The name of the markout with the time after the fill that it is taken at."""
    horizon_s = view.engine.parameters.get("estimators.adverse_horizon_s")
    return f"after {horizon_s:g} s" if isinstance(horizon_s, float | int) else "after"


def _cells(fill: FillRow, view: View, scene: Scene) -> tuple[Span, ...]:
    role = scene.mark("bid" if fill.side.upper().startswith("B") else "ask")
    return (
        (clock(fill.at, 3), "label"),
        (fill.side.upper()[:4], role),
        (price_text(fill.price, view), role),
        (size_text(fill.size, view), scene.mark("text")),
        (signed(fill.edge_bps, 2), scene.mark("loss" if (fill.edge_bps or 0) < 0 else "gain")),
        (signed(fill.markout_bps, 2), scene.mark("loss" if (fill.markout_bps or 0) < 0 else "gain")),
        (signed(-fill.fee_usd, 4), "label"),
        ("taker" if fill.is_taker else "maker", "warn" if fill.is_taker else "label"),
        (str(fill.level) if fill.level is not None else "", "label"),
        (signed(fill.position, view.session.size_decimals), "label"),
    )


def _mean(fills: list[FillRow], name: str) -> float | None:
    pairs = [(value, f.size) for f in fills if (value := (f.edge_bps if name == "edge" else f.markout_bps)) is not None]
    weight = sum(size for _, size in pairs)
    return sum(value * size for value, size in pairs) / weight if weight > 0 else None


def _sums(fills: list[FillRow], view: View, scene: Scene, width: int) -> list[Line]:
    lines: list[Line] = []
    for letter, word in (("B", "bought"), ("S", "sold")):
        side = [fill for fill in fills if fill.side.upper().startswith(letter)]
        size = sum(fill.size for fill in side)
        price = sum(fill.size * fill.price for fill in side) / size if size > 0 else None
        text = f" {word:<7}{len(side):>4}   {size_text(size, view):>10} at {price_text(price, view)}"
        if width >= 76:
            text += f"   edge {signed(_mean(side, 'edge'), 2)} bp   after {signed(_mean(side, 'after'), 2)} bp"
            text += f"   fees {number(sum(fill.fee_usd for fill in side), 2)}"
        lines.append(((text[:width], scene.mark("bid" if letter == "B" else "ask")),))
    return lines
