"""Are we picked off: what fills were worth a while after they happened, by side, with the interval around it."""

from mmtui.console.format import compact, signed
from mmtui.console.rows import Column, Line, Lines, Span, block, cells, columns_for, fit, headings, title
from mmtui.console.scene import Scene
from mmtui.domain.view import MarkoutView, View

HORIZONS = ((1.0, "1s"), (5.0, "5s"), (30.0, "30s"), (300.0, "5m"))
SIDES = (("BUY", "bids"), ("SELL", "asks"))
NAME, VALUE, REACH, COUNT = 8, 7, 6, 6
COUNTED_S = 1.0
WITH_REACH = 84
SHORT = 4


def _columns(glyph: str, *, has_reach: bool) -> tuple[Column, ...]:
    columns = [Column("", NAME, 0, is_left=True), Column("edge", VALUE, 3)]
    for place, (_, name) in enumerate(HORIZONS):
        columns.append(Column(name, VALUE, 0 if place < 2 else 1))
        if has_reach:
            columns.append(Column(glyph, REACH, 4))
    return (*columns, Column("n", COUNT, 2))


def rows(scene: Scene, width: int, height: int) -> Lines:
    """One line a side and one for both; below them each level where there is room."""
    detail = scene.state("bp of mid before the trade, fee not deducted")
    lines: list[Line] = [title("MARKOUT", detail, width, scene.glyphs)]
    view = scene.view
    if view is None:
        return block(lines, width, height)
    scene = scene.of_account()
    has_reach = width >= WITH_REACH
    columns = _columns("±" if scene.glyphs.is_unicode else "+-", has_reach=has_reach)
    shown = columns_for(columns, width - 1)
    heads = " " + headings(columns, shown)
    found = _found(view)
    if height <= SHORT and not scene.state():
        lines = [_titled(heads, width, scene)]
    else:
        lines.append(((heads, "label"),))
    if not found:
        lines.append(((" no fill judged yet", "label"),))
        return block(lines, width, height)
    for name, role, records in _groups(found):
        values = ((name, role), *_cells(records, scene, has_reach=has_reach))
        lines.append(((" ", "text"), *cells(columns, shown, values)))
    return block(lines, width, height)


def _titled(heads: str, width: int, scene: Scene) -> Line:
    """The headings within the title's rule, where a line of their own would cost too much."""
    name, unit, rule = f"{scene.glyphs.rule} MARKOUT", " bp", scene.glyphs.rule
    rest = heads[len(name) + len(unit) :]
    tail = " " + rule * max(width - len(name) - len(unit) - len(rest) - 1, 0)
    spans = [(name[:2], "rule"), (name[2:], "title"), (unit, "label"), (rest, "label"), (tail, "rule")]
    return fit(spans, width)


def _found(view: View) -> dict[tuple[str, int | None], dict[float, MarkoutView]]:
    found: dict[tuple[str, int | None], dict[float, MarkoutView]] = {}
    for record in view.engine.markouts:
        if record.n:
            found.setdefault((record.side, record.level), {})[record.horizon_s] = record
    return found


def _groups(
    found: dict[tuple[str, int | None], dict[float, MarkoutView]],
) -> list[tuple[str, str, tuple[dict[float, MarkoutView], ...]]]:
    """Sides, then both together, then levels from the inside out."""
    names = dict(SIDES)
    groups: list[tuple[str, str, tuple[dict[float, MarkoutView], ...]]] = [
        (name, side, (found[(side, None)],)) for side, name in SIDES if (side, None) in found
    ]
    if len(groups) == len(SIDES):
        groups.append(("both", "", tuple(records for _, _, one in groups for records in one)))
    levels = sorted((level, side) for side, level in found if level is not None)
    groups += [(f"{names[side]} {level}", side, (found[(side, level)],)) for level, side in levels]
    roles = {"BUY": "bid", "SELL": "ask", "": "label"}
    return [(name, roles[side], records) for name, side, records in groups]


def _cells(sides: tuple[dict[float, MarkoutView], ...], scene: Scene, *, has_reach: bool) -> tuple[Span, ...]:
    counted = [records[COUNTED_S] for records in sides if COUNTED_S in records]
    edge = _weighted([(record.edge_bps, record.n_eff) for record in counted])
    out: list[Span] = [(signed(edge, 2), scene.mark("label"))]
    for horizon_s, _ in HORIZONS:
        found = [records[horizon_s] for records in sides if horizon_s in records]
        value = _weighted([(record.markout_bps, record.n_eff) for record in found])
        reach = _reach(found)
        out.append((signed(value, 2), scene.mark(_role(value, reach))))
        if has_reach:
            out.append((_plain(reach), scene.mark("label")))
    out.append((compact(float(sum(record.n for record in counted))) if counted else "", scene.mark("label")))
    return tuple(out)


def _weighted(pairs: list[tuple[float, float]]) -> float | None:
    weight = sum(n for _, n in pairs)
    return sum(value * n for value, n in pairs) / weight if weight > 0.0 else None


def _reach(records: list[MarkoutView]) -> float | None:
    """Half the interval of the weighted mean of independent records."""
    weight = sum(record.n_eff for record in records)
    if not weight > 0.0:
        return None
    return float(
        sum((record.n_eff / weight * (record.high_bps - record.low_bps) / 2.0) ** 2 for record in records) ** 0.5
    )


def _role(value: float | None, reach: float | None) -> str:
    if value is None or reach is None or abs(value) <= reach:
        return "text"
    return "loss" if value < 0.0 else "gain"


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
