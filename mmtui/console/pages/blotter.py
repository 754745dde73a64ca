"""The page of fills: each with its edge and what it was worth a while later, filtered by words, and their sums."""

import csv
import io
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mmtui.console.format import clock, date, number, percent, plain, signed
from mmtui.console.panes.ladder import price_text, size_text
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title
from mmtui.console.scene import Scene
from mmtui.domain.history_view import HORIZONS_S, BlotterRow
from mmtui.domain.view import View

PAGE = "fills"
COLUMNS = (
    Column("time", 12, 3),
    Column("side", 4, 0, is_left=True),
    Column("price", 10, 0),
    Column("size", 9, 0),
    Column("edge", 7, 1),
    Column("1s", 7, 6),
    Column("5s", 7, 2),
    Column("30s", 7, 4),
    Column("5m", 7, 5),
    Column("fee", 8, 7),
    Column("kind", 5, 9, is_left=True),
    Column("lvl", 3, 8),
    Column("position", 11, 10),
    Column("USD", 10, 11),
    Column("no", 6, 12),
)
SUMS = (
    Column("", 9, 0, is_left=True),
    Column("fills", 5, 0),
    Column("size", 10, 1),
    Column("average", 10, 2),
    Column("USD", 11, 3),
    Column("maker", 5, 8),
    Column("edge", 7, 0),
    Column("1s", 7, 6),
    Column("5s", 7, 2),
    Column("30s", 7, 4),
    Column("5m", 7, 5),
    Column("fees", 9, 7),
    Column("edge USD", 9, 9),
)
UNITS_S = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
# Spreadsheets take these at the start of a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEAD = (
    "number", "time_utc", "side", "price", "size", "value_usd", "fee_usd", "edge_bps", "kind", "level",
    "position_after", *(f"markout_{h:g}s_bps" for h in HORIZONS_S),
)  # fmt: skip

Test = Callable[[BlotterRow, float], bool]


class Chosen(NamedTuple):
    """Fills that pass a filter, and the words of it that mean nothing."""

    rows: tuple[BlotterRow, ...]
    unknown: tuple[str, ...]


class Sums(NamedTuple):
    """What fills come to: averages are weighted by size, None where nothing is known."""

    n: int
    size: float
    value_usd: float
    fees_usd: float
    makers: int
    edge_usd: float
    edge_bps: float | None
    markouts_bps: tuple[float | None, ...]


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Newest first, and below the sums of what is listed."""
    view = scene.view
    if view is None:
        return block([title("FILLS", scene.state(), width, scene.glyphs)], width, height)
    words = scene.desk.cursors.filters.get(PAGE, "")
    found = select(view, words)
    below = _sums(found.rows, view, scene, width) if height >= 12 else []
    room = max(height - 2 - len(below), 0)
    picked, first = scene.desk.cursors.on(PAGE, [row.number for row in found.rows], room)
    lines: list[Line] = [title("FILLS", scene.state(_detail(view, found, words, width - 10)), width, scene.glyphs)]
    shown = columns_for(COLUMNS, width - 1)
    lines.append(((" " + headings(COLUMNS, shown), "label"),))
    if not found.rows:
        lines.append(((" no fills yet" if not words else " no fill matches; esc clears the filter", "label"),))
    window = found.rows[first : first + room]
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(COLUMNS, [_cells(row, view, scene) for row in window], width, marks=marks)
    lines = lines[: height - len(below)] + [()] * (height - len(below) - len(lines))
    return block([*lines, *below], width, height)


def select(view: View, words: str) -> Chosen:
    """Fills that pass every word: buy, sell, maker, taker, l0 (a level), 10m (no older), loss, gain."""
    tests: list[Test] = []
    unknown = []
    for word in words.lower().split():
        test = _test(word)
        if test is None:
            unknown.append(word)
        else:
            tests.append(test)
    kept = [row for row in view.histories.blotter if all(test(row, view.engine.at) for test in tests)]
    return Chosen(tuple(kept), tuple(unknown))


def sums(found: Sequence[BlotterRow]) -> Sums:
    """What the fills come to."""
    fills = [row.fill for row in found]
    edges = [(fill.edge_bps, fill) for fill in fills if fill.edge_bps is not None]
    marks = []
    for place in range(len(HORIZONS_S)):
        known = [(value, row.fill.size) for row in found if (value := row.markouts_bps[place]) is not None]
        marks.append(_mean(known))
    return Sums(
        n=len(fills),
        size=math.fsum(fill.size for fill in fills),
        value_usd=math.fsum(fill.size * fill.price for fill in fills),
        fees_usd=math.fsum(fill.fee_usd for fill in fills),
        makers=sum(not fill.is_taker for fill in fills),
        edge_usd=math.fsum(_edge_usd(bps, fill.price, fill.size, fill.side) for bps, fill in edges),
        edge_bps=_mean([(bps, fill.size) for bps, fill in edges]),
        markouts_bps=tuple(marks),
    )


def as_csv(view: View, words: str) -> str:
    """The listed fills with a heading, newest first; no cell of foreign text can be taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for row in select(view, words).rows:
        fill = row.fill
        cells: list[object] = [
            row.number, f"{date(fill.at)}T{clock(fill.at, 3)}Z", _safe(fill.side), fill.price, fill.size,
            round(fill.price * fill.size, 6), fill.fee_usd,
            None if fill.edge_bps is None else round(fill.edge_bps, 4), "taker" if fill.is_taker else "maker",
            fill.level, fill.position,
            *(None if value is None else round(value, 4) for value in row.markouts_bps),
        ]  # fmt: skip
        writer.writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def _safe(text: str) -> str:
    clean = plain(text)
    return "'" + clean if clean.startswith(FORMULA) else clean


def _test(word: str) -> Test | None:
    if word in ("buy", "bought", "b"):
        return lambda row, _now: row.fill.side.upper().startswith("B")
    if word in ("sell", "sold", "s"):
        return lambda row, _now: not row.fill.side.upper().startswith("B")
    if word in ("maker", "taker"):
        return lambda row, _now: row.fill.is_taker is (word == "taker")
    if word in ("gain", "loss"):
        return lambda row, _now: _last(row) is not None and ((_last(row) or 0.0) < 0.0) is (word == "loss")
    number_text, unit = word[:-1], word[-1:]
    if word.startswith("l") and word[1:].isascii() and word[1:].isdigit():
        level = int(word[1:])
        return lambda row, _now: row.fill.level == level
    if unit in UNITS_S and number_text.isascii() and number_text.isdigit():
        most_s = int(number_text) * UNITS_S[unit]
        return lambda row, now: now - row.fill.at <= most_s
    return None


def _last(row: BlotterRow) -> float | None:
    """The markout at the longest horizon that is known."""
    return next((value for value in reversed(row.markouts_bps) if value is not None), None)


def _mean(pairs: list[tuple[float, float]]) -> float | None:
    weight = math.fsum(size for _, size in pairs)
    return math.fsum(value * size for value, size in pairs) / weight if weight > 0.0 else None


def _edge_usd(bps: float, price: float, size: float, side: str) -> float:
    sign = 1.0 if side.upper().startswith("B") else -1.0
    mid = price / (1.0 - sign * bps * 1e-4)
    return bps * 1e-4 * mid * size


def _detail(view: View, found: Chosen, words: str, room: int) -> str:
    kept, every = len(view.histories.blotter), view.engine.counters.fills
    hint = "/ filters: buy sell maker taker gain loss l0 10m"
    if words and found.unknown:
        parts = [f"not understood: {plain(' '.join(found.unknown))}", hint.partition(": ")[2]]
    elif words:
        parts = [f"{plain(words)!r}: {len(found.rows)} of {kept}", "esc clears"]
    else:
        count = f"{every} in session" + (f", the newest {kept} kept" if every > kept else "")
        parts = [count, "bp of mid when told", hint]
    if len("   ".join(parts)) > room and parts[-1] == hint:
        parts[-1] = hint.partition(":")[0]
    while len(parts) > 1 and len("   ".join(parts)) > room:
        parts.pop()
    return "   ".join(parts)


def _cells(row: BlotterRow, view: View, scene: Scene) -> tuple[Span, ...]:
    fill = row.fill
    role = scene.mark("bid" if fill.side.upper().startswith("B") else "ask")
    return (
        (clock(fill.at, 3), "label"),
        (plain(fill.side).upper()[:4], role),
        (price_text(fill.price, view), role),
        (size_text(fill.size, view), scene.mark("text")),
        _signed(fill.edge_bps, scene),
        *(_signed(value, scene) for value in row.markouts_bps),
        (signed(-fill.fee_usd, 4), "label"),
        ("taker" if fill.is_taker else "maker", "warn" if fill.is_taker else "label"),
        (str(fill.level) if fill.level is not None else "", "label"),
        (signed(fill.position, view.session.size_decimals), "label"),
        (number(fill.price * fill.size, 2), "label"),
        (str(row.number), "label"),
    )


def _signed(value: float | None, scene: Scene) -> Span:
    if value is None:
        return (".", "label")
    return (signed(value, 2), scene.mark("loss" if value < 0.0 else "gain"))


def _sums(found: Sequence[BlotterRow], view: View, scene: Scene, width: int) -> list[Line]:
    sides = (("bought", "bid", True), ("sold", "ask", False))
    groups = [(word, role, [row for row in found if row.fill.side.upper().startswith("B") is is_buy])
              for word, role, is_buy in sides]  # fmt: skip
    body = [_sum(word, sums(rows_of), view, scene, role) for word, role, rows_of in groups]
    body.append(_sum("both", sums(found), view, scene, "text"))
    shown = columns_for(SUMS, width - 1)
    head: Line = ((" " + headings(SUMS, shown), "label"),)
    return [
        title("SUMS", "of what is listed; bp weighted by size", width, scene.glyphs),
        head,
        *table(SUMS, body, width),
    ]


def _sum(word: str, total: Sums, view: View, scene: Scene, role: str) -> list[Span]:
    average = total.value_usd / total.size if total.size > 0.0 else None
    return [
        (word, scene.mark(role)),
        (str(total.n), scene.mark("text")),
        (size_text(total.size, view), scene.mark("text")),
        (price_text(average, view) if word != "both" else "", scene.mark("text")),
        (number(total.value_usd, 2), scene.mark("text")),
        (percent(total.makers / total.n) if total.n else ".", "label"),
        _signed(total.edge_bps, scene),
        *(_signed(value, scene) for value in total.markouts_bps),
        (signed(-total.fees_usd, 2), scene.mark("text")),
        (signed(total.edge_usd, 2), scene.mark("text")),
    ]
