"""How we got here: the mid over time with own fills on it, in braille where the terminal has it."""

from mmtui.console.format import age
from mmtui.console.panes.ladder import price_text
from mmtui.console.rows import Line, Lines, Span, block, title
from mmtui.console.scene import Scene
from mmtui.domain.view import View

AXIS = 11
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
BRAILLE = 0x2800


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title with the span of time and the change; a price axis; the line."""
    view = scene.view
    history = tuple(point for point in view.mid_history if point[1] > 0) if view is not None else ()
    if view is None or len(history) < 2 or height < 4 or width < AXIS + 12:
        return block([title("MID", scene.state("not enough history yet"), width, scene.glyphs)], width, height)
    first, last = history[0], history[-1]
    change = (last[1] - first[1]) / first[1] * 1e4
    detail = f"{age(last[0] - first[0])}   {change:+.1f} bp   o bought  x sold"
    lines: list[Line] = [title("MID", scene.state(detail), width, scene.glyphs)]
    lines += _plot(view, history, scene, width, height - 1)
    return block(lines, width, height)


def _plot(view: View, history: tuple[tuple[float, float], ...], scene: Scene, width: int, height: int) -> list[Line]:
    wide = width - AXIS - 1
    low, high = min(mid for _, mid in history), max(mid for _, mid in history)
    pad = max((high - low) * 0.05, view.engine.ladder.tick, high * 1e-6)
    low, high = low - pad, high + pad
    start, end = history[0][0], history[-1][0]
    length = max(end - start, 1e-9)
    grid = (
        _braille(history, start, length, low, high, wide, height)
        if scene.glyphs.is_unicode
        else _plain(history, start, length, low, high, wide, height)
    )
    marks: dict[tuple[int, int], Span] = {}
    for fill in view.engine.fills:
        if start <= fill.at <= end and low <= fill.price <= high:
            x = min(int((fill.at - start) / length * wide), wide - 1)
            y = min(int((high - fill.price) / (high - low) * height), height - 1)
            is_buy = fill.side.upper().startswith("B")
            marks[(y, x)] = ("o", "bid") if is_buy else ("x", "ask")
    lines: list[Line] = []
    for y in range(height):
        label = price_text(high - (y + 0.5) / height * (high - low), view) if y in (0, height // 2, height - 1) else ""
        lines.append(
            (
                (f" {label:>{AXIS - 2}} ", "label"),
                (scene.glyphs.divider, "rule"),
                *_with_marks(grid[y], y, marks, scene),
            )
        )
    return lines


def _with_marks(text: str, y: int, marks: dict[tuple[int, int], Span], scene: Scene) -> Line:
    spans: list[Span] = []
    begin = 0
    for x in sorted(x for row, x in marks if row == y):
        if x > begin:
            spans.append((text[begin:x], scene.mark("chart")))
        spans.append(marks[(y, x)])
        begin = x + 1
    spans.append((text[begin:], scene.mark("chart")))
    return tuple(spans)


def _braille(
    history: tuple[tuple[float, float], ...],
    start: float,
    length: float,
    low: float,
    high: float,
    wide: int,
    height: int,
) -> list[str]:
    dots = [[0] * wide for _ in range(height)]
    before: int | None = None
    for x, y in _columns(history, start, length, low, high, wide * 2, height * 4):
        for step in range(min(y, before), max(y, before) + 1) if before is not None else (y,):
            dots[step // 4][x // 2] |= DOTS[step % 4][x % 2]
        before = y
    return ["".join(chr(BRAILLE + cell) if cell else " " for cell in row) for row in dots]


def _plain(
    history: tuple[tuple[float, float], ...],
    start: float,
    length: float,
    low: float,
    high: float,
    wide: int,
    height: int,
) -> list[str]:
    cells = [[" "] * wide for _ in range(height)]
    for x, y in _columns(history, start, length, low, high, wide, height):
        cells[y][x] = "*"
    return ["".join(row) for row in cells]


def _columns(
    history: tuple[tuple[float, float], ...], start: float, length: float, low: float, high: float, wide: int, tall: int
) -> list[tuple[int, int]]:
    """One (x, y) for each column: the last mid at or before it."""
    points: list[tuple[int, int]] = []
    place, mid = 0, history[0][1]
    for x in range(wide):
        until = start + (x + 1) / wide * length
        while place < len(history) and history[place][0] <= until:
            mid = history[place][1]
            place += 1
        points.append((x, min(max(int((high - mid) / (high - low) * tall), 0), tall - 1)))
    return points
