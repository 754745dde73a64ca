"""The ladder that staged values would make beside the one wanted now, level by level."""

from mmtui.console.edits.following import OLD_S, candidate, previewed, progress
from mmtui.console.edits.words import ORDINARY, is_same
from mmtui.console.format import number, plain, signed
from mmtui.console.panes.editing.asides import aside
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.consultations import Previewed, Sketch
from mmtui.domain.view import LevelView

COLUMNS = (
    Column("", 2, 0, is_left=True),
    Column("now", 10, 0),
    Column("size", 9, 3),
    Column("bps", 6, 2),
    Column("then", 10, 0),
    Column("size", 9, 1),
    Column("bps", 6, 1),
    Column("by bps", 7, 0),
)
KEYS = {"BUY": "B", "SELL": "S"}
HINTS = (
    "A value that is typed or staged shows here what it would do to the quotes.",
    "R  trade the last minutes again with old and new values",
    "S  write what is in force into the file, after its difference",
    "v  list only what was changed, or all",
    ":preset NAME  :preset-keep NAME  :presets  :back N",
)


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Both ladders; a difference, presets or a rehearsal to be read take their place."""
    shown = aside(scene, width, height)
    if shown is not None:
        return shown
    found = previewed(scene.desk)
    if found is None:
        return block([title("PREVIEW", _absent(scene), width, scene.glyphs), *_hint(scene, width)], width, height)
    age_s = scene.live.engine.at - found.at if scene.live is not None else 0.0
    is_old = age_s > OLD_S or scene.is_silent
    state = f"OLD {age_s:.0f} s" if is_old else f"{len(found.changes)} changed"
    lines: list[Line] = [title("PREVIEW", scene.state(state), width, scene.glyphs)]
    if found.note:
        lines += [((f" {words}", "warn"),) for words in wrap(plain(found.note), width - 2)]
    if found.then is None:
        refused = f"the engine would refuse: {plain(found.refusal)}"
        return block([*lines, *[((f" {words}", "bad"),) for words in wrap(refused, width - 2)]], width, height)
    lines += _totals(found, found.then, scene, width)
    role = "stale" if is_old else "text"
    lines.append(((" " + headings(COLUMNS, columns_for(COLUMNS, width - 1)), "label"),))
    lines += _ladder(found.now, found.then, scene, width, height - len(lines), role)
    return block(lines, width, height)


def _absent(scene: Scene) -> str:
    return progress(scene.desk) if candidate(scene.desk) else ""


def _hint(scene: Scene, width: int) -> list[Line]:
    if candidate(scene.desk):
        return []
    return [((f" {words}", "label"),) for text in HINTS for words in wrap(text, width - 2)]


def _totals(found: Previewed, then: Sketch, scene: Scene, width: int) -> list[Line]:
    decimals = scene.live.session.size_decimals if scene.live is not None else 4
    spread = f" spread {_bps(found.now)} -> {_bps(then)} bp"
    limit = f"   limit {number(found.now.limit, decimals)} -> {number(then.limit, decimals)}"
    same = found.now.limit == then.limit
    orders = " no order moves for it"
    if not is_same(found.now, then):
        usual = f" (without it {found.now.cancelled} and {found.now.placed})" if found.now.cancelled else ""
        orders = f" orders: {then.kept} stay, {then.cancelled} go, {then.placed} are placed{usual}"
    texts = [spread + ("" if same or len(spread + limit) > width else limit), orders]
    lines: list[Line] = [((text[:width], "staged"),) for text in texts]
    if then.note and then.note != found.now.note:
        lines += [((f" {words}", "label"),) for words in wrap(plain(then.note), width - 2)[:1]]
    return lines


def _bps(sketch: Sketch) -> str:
    return "none" if sketch.spread_bps is None else f"{sketch.spread_bps:.2f}"


def _ladder(now: Sketch, then: Sketch, scene: Scene, width: int, room: int, role: str) -> list[Line]:
    """Asks above bids, closest to the middle; outer levels go first where there is no room."""
    sides = {side: _paired(now, then, side) for side in ORDINARY}
    most = max(room // 2, 1)
    asks = [_cells(pair, scene, "ask", role) for pair in reversed(sides["SELL"][:most])]
    bids = [_cells(pair, scene, "bid", role) for pair in sides["BUY"][:most]]
    lines = table(COLUMNS, [*asks, *bids], width)
    absent = [level for level in then.levels if level.price is None and level.level < 0]
    for level in absent[: max(room - len(lines), 0)]:
        lines.append(((f" no {KEYS.get(level.side, '?')}: {plain(level.absent_because)}"[:width], "warn"),))
    return lines


def _paired(now: Sketch, then: Sketch, side: str) -> list[tuple[LevelView | None, LevelView | None]]:
    old = {level.level: level for level in now.levels if level.side == side and level.price is not None}
    new = {level.level: level for level in then.levels if level.side == side and level.price is not None}
    return [(old.get(index), new.get(index)) for index in sorted({*old, *new})]


def _cells(
    pair: tuple[LevelView | None, LevelView | None], scene: Scene, side_role: str, role: str
) -> tuple[Span, ...]:
    session = scene.live.session if scene.live is not None else None
    prices, sizes = (session.price_decimals, session.size_decimals) if session is not None else (2, 4)
    old, new = pair
    level = new or old
    assert level is not None, "a pair has at least one level"
    moved = _away(new) - _away(old) if old is not None and new is not None else None
    text = "gone" if new is None else "new" if old is None else signed(moved or 0.0, 2)
    return (
        (f"{KEYS.get(level.side, '?')}{level.level}", side_role),
        *_level(old, prices, sizes, role),
        *_level(new, prices, sizes, role),
        (text if moved is None or abs(moved) >= 0.005 else "=", "staged" if text != "=" else "label"),
    )


def _level(level: LevelView | None, prices: int, sizes: int, role: str) -> tuple[Span, Span, Span]:
    if level is None or level.price is None:
        return ("", role), ("", role), ("", role)
    return (
        (f"{level.price:.{prices}f}", role),
        (number(level.size, sizes), role),
        (f"{_away(level):.2f}", role),
    )


def _away(level: LevelView | None) -> float:
    """Distance from the reference, in bps; larger is further out."""
    if level is None or level.price is None or not level.reference > 0.0:
        return 0.0
    side = 1.0 if level.side == "BUY" else -1.0
    return side * (1.0 - level.price / level.reference) * 1e4
