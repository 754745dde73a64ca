"""How we got here: prices with own quotes and fills, spread, inventory, P&L and one more figure, on one time axis."""

from collections.abc import Callable
from typing import NamedTuple

from mmtui.console.format import age, aligned, clock, number, plain, signed
from mmtui.console.pages.canvas import Canvas, decimals_of, round_bounds
from mmtui.console.pages.series import INVENTORY, MID, MORE, PNL, RANGES, SPREAD, Panel, Range, Window, values, window
from mmtui.console.panes.ladder import price_text
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.domain.history_view import HistoriesView, Sample
from mmtui.domain.view import View

PAGE = "chart"
GUTTER = 10
LEAST_WIDTH, LEAST_HEIGHT = GUTTER + 16, 6
PANEL_LEAST, MID_LEAST = 3, 4
MID_SHARE = 0.34
TIME_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200)
LABEL_EVERY = 16
FLAT_BPS = 2.0


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The page: a title with what the keys chose, the panels that fit, the times."""
    view = scene.view
    past = view.histories if view is not None else None
    if view is None or past is None or not past.fine or width < LEAST_WIDTH or height < LEAST_HEIGHT:
        detail = "no samples yet" if past is not None and not past.fine else "too small here" if past else ""
        return block([title("CHART", scene.state(detail), width, scene.glyphs)], width, height)
    chosen, wide = chosen_range(scene), width - GUTTER - 1
    shown = window(past, chosen.span_s, Canvas(wide, 1, is_unicode=scene.glyphs.is_unicode).across)
    cursor = _cursor(scene, wide)
    at = shown.at((cursor + 1) / wide - 1e-9) if cursor is not None else past.fine[-1]
    head = title("CHART", scene.state(_detail(chosen, scene, at, cursor)), width, scene.glyphs)
    more = MORE[scene.desk.cursors.steps.get("figure", 0) % len(MORE)]
    key = (width, height, chosen, more, cursor, scene.is_silent, scene.glyphs)
    return (head, *MEMO.get(past, key, lambda: _body(Frame(scene, view, shown, at, cursor, width), more, height - 1)))


class Memo:
    """The body drawn last, for as long as neither the samples nor what the keys chose are others."""

    __slots__ = ("_body", "_key", "_past")

    def __init__(self) -> None:
        self._past: object = None
        self._key: object = None
        self._body: Lines = ()

    def get(self, past: HistoriesView, key: object, make: Callable[[], Lines]) -> Lines:
        """The same body again, or one made now."""
        if past is not self._past or key != self._key:
            self._past, self._key, self._body = past, key, make()
        return self._body


MEMO = Memo()


class Frame(NamedTuple):
    """What every panel of one drawing shares; ``at`` is the sample whose figures are said."""

    scene: Scene
    view: View
    shown: Window
    at: Sample | None
    cursor: int | None
    width: int

    @property
    def wide(self) -> int:
        """Cells right of the axis."""
        return self.width - GUTTER - 1


def _body(frame: Frame, more: Panel, height: int) -> Lines:
    lines: list[Line] = []
    for panel, tall in _panels(more, height - 1):
        lines += _panel(panel, tall, frame)
    lines.append(_times(frame))
    return block(lines, frame.width, height)


def small_rows(scene: Scene, width: int, height: int) -> Lines:
    """The mid of the last minutes with own fills, for a corner of another page."""
    view = scene.view
    if view is None or not view.histories.fine or height < PANEL_LEAST or width < LEAST_WIDTH:
        return block([title("MID", scene.state("not enough history yet"), width, scene.glyphs)], width, height)
    wide = width - GUTTER - 1
    shown = window(view.histories, RANGES[0].span_s, Canvas(wide, 1, is_unicode=scene.glyphs.is_unicode).across)
    mids = [mid for mid in values(shown, MID.traces[0], 1.0) if mid is not None]
    change = f"{(mids[-1] / mids[0] - 1.0) * 1e4:+.1f} bp in 5 min   " if mids and mids[0] > 0.0 else ""
    lines: list[Line] = [title("MID", scene.state(f"{change}o bought  x sold"), width, scene.glyphs)]
    lines += _plot(MID, height - 1, Frame(scene, view, shown, None, None, width))
    return block(lines, width, height)


def chosen_range(scene: Scene) -> Range:
    """The range of time that the keys chose."""
    return RANGES[min(max(scene.desk.cursors.steps.get("range", 0), 0), len(RANGES) - 1)]


def _cursor(scene: Scene, wide: int) -> int | None:
    back = scene.desk.cursors.steps.get("back", 0)
    return max(wide - 1 - back, 0) if back > 0 else None


def _detail(chosen: Range, scene: Scene, at: Sample | None, cursor: int | None) -> str:
    if cursor is None:
        return f"last {chosen.name}   left right range   h l look back   v figure"
    when = f"{clock(at.at)}, {age(scene.view.engine.at - at.at)} ago" if at and scene.view else "no data then"
    return f"last {chosen.name}   at {when}   l forward   {scene.keymap.key_of('look-newest')} newest"


def _panels(more: Panel, room: int) -> list[tuple[Panel, int]]:
    """Panels with their heights; the least important go first when there is no room."""
    wanted = [MID, PNL, INVENTORY, SPREAD, more]
    while len(wanted) > 1 and MID_LEAST + PANEL_LEAST * (len(wanted) - 1) > room:
        wanted.pop()
    if len(wanted) == 1:
        return [(MID, room)]
    rest = (room - max(MID_LEAST, int(room * MID_SHARE))) // (len(wanted) - 1)
    return [(MID, room - rest * (len(wanted) - 1)), *((panel, rest) for panel in wanted[1:])]


def _panel(panel: Panel, tall: int, frame: Frame) -> list[Line]:
    unit = panel.unit or ("" if panel is not INVENTORY else plain(frame.view.session.asset))
    name = f"{panel.title} {unit}".strip()
    said = _said(panel, frame.at, frame.view)
    detail = next((text for text in said if len(name) + len(text) + 6 <= frame.width), "")
    return [title(name, detail, frame.width, frame.scene.glyphs), *_plot(panel, tall - 1, frame)]


def _said(panel: Panel, at: Sample | None, view: View) -> tuple[str, ...]:
    """The panel's figures at the chosen time, and on the P&L its causes; fewer words for fewer cells."""
    if at is None:
        return ("no data",)
    if panel is PNL:
        parts = (("edge", at.spread_capture), ("adverse", at.adverse_selection), ("inventory", at.inventory))
        rest = (("fees", at.fees), ("funding", at.funding))
        causes = [(name, signed(usd, 2)) for name, usd in (*parts, *rest)]
        long = "  ".join(f"{name} {text}" for name, text in causes)
        short = " ".join(f"{name[:3]} {text}" for name, text in causes)
        return (f"{signed(at.total, 2)}  =  {long}", f"{signed(at.total, 2)} = {short}", signed(at.total, 2))
    if panel is INVENTORY:
        return (signed(at.position, view.session.size_decimals),)
    found = []
    for trace in panel.traces:
        value = getattr(at, trace.field)
        if value is not None:
            text = price_text(value, view) if panel is MID else aligned(value * panel.scale)
            found.append(f"{trace.label} {text}")
    return ("  ".join(found) or "no data",)


def _plot(panel: Panel, tall: int, frame: Frame) -> list[Line]:
    scene, shown = frame.scene, frame.shown
    canvas = Canvas(frame.wide, tall, is_unicode=scene.glyphs.is_unicode)
    drawn = [(trace, values(shown, trace, panel.scale)) for trace in panel.traces]
    known = [value for _, line in drawn for value in line if value is not None]
    if not known:
        words: Line = ((" " * GUTTER + scene.glyphs.divider, "rule"), (" no data in this range", "label"))
        blank: Line = ((" " * GUTTER + scene.glyphs.divider, "rule"),)
        return [words, *[blank] * (tall - 1)]
    low, high, step = _bounds(panel, min(known), max(known), tall, frame.view)
    for trace, line in drawn:
        canvas.line(line, low, high, scene.mark(trace.role), trace.char)
    if panel is MID:
        _mark_fills(canvas, frame, low, high)
    if frame.cursor is not None:
        canvas.upright(frame.cursor, scene.glyphs.divider, "key")
    labels = _labels(canvas, low, high, step)
    return [
        ((f"{labels.get(y, ''):>{GUTTER - 1}} ", "label"), (scene.glyphs.divider, "rule"), *canvas.row(y))
        for y in range(tall)
    ]


def _bounds(panel: Panel, low: float, high: float, tall: int, view: View) -> tuple[float, float, float]:
    if panel.has_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    least = 0.0
    if panel is MID:
        least = view.engine.ladder.tick
        flat = FLAT_BPS * 1e-4 * high - (high - low)
        low, high = (low - flat / 2.0, high + flat / 2.0) if flat > 0.0 else (low, high)
    return round_bounds(low, high, max(tall // 2, 1), least)


def _labels(canvas: Canvas, low: float, high: float, step: float) -> dict[int, str]:
    """Round numbers beside the rows they fall into: the edges, and steps between where rows are left."""
    places = decimals_of(step)
    labels = {0: number(high, places), canvas.height - 1: number(low, places)}
    count = round((high - low) / step)
    for place in range(1, count):
        value = low + place * step
        row = canvas.row_of(value, low, high)
        if 1 < row < canvas.height - 2 and row - 1 not in labels:
            labels[row] = number(value, places)
    return {row: text if len(text) < GUTTER else "" for row, text in labels.items()}


def _mark_fills(canvas: Canvas, frame: Frame, low: float, high: float) -> None:
    for row in frame.view.histories.blotter:
        fill = row.fill
        if fill.at < frame.shown.start:
            break
        is_buy = fill.side.upper().startswith("B")
        x = min(int(frame.shown.share(fill.at) * canvas.width), canvas.width - 1)
        y = min(max(canvas.row_of(fill.price, low, high), 0), canvas.height - 1)
        char, role = ("o", "bid") if is_buy else ("x", "ask")
        canvas.mark(x, y, char, frame.scene.mark(role))


def _times(frame: Frame) -> Line:
    """Round times below the columns they belong to."""
    shown, wide = frame.shown, frame.wide
    span = shown.end - shown.start
    step = next((s for s in TIME_STEPS_S if span / s * LABEL_EVERY <= wide), TIME_STEPS_S[-1])
    text = [" "] * (GUTTER + 1 + wide)
    at = (shown.start // step + 1) * step
    while at < shown.end:
        x = GUTTER + 1 + int(shown.share(at) * wide)
        label = (frame.scene.glyphs.tee if frame.scene.glyphs.is_unicode else "|") + (
            clock(at) if step < 60 else clock(at)[:5]
        )
        if x + len(label) <= len(text):
            text[x : x + len(label)] = label
        at += step
    return (("".join(text), "label"),)
