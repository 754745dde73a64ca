"""What just traded, at what edge, and what the price did after."""

from mmtui.console.format import clock, signed
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
    if not fills:
        lines.append(((" no fills yet", "label"),))
    lines += table(COLUMNS, [_cells(fill, view, scene) for fill in fills[: max(height - 2, 0)]], width)
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
