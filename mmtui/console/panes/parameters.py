"""The parameters by section: in force, staged, default, bounds, when and by whom, and when a change is felt."""

from mmtui.console.drafts import current, is_one_way, shown
from mmtui.console.edits.listing import PAGE, Shown, listed, origin, shown_kind, takes_effect
from mmtui.console.format import clock, cut, plain
from mmtui.console.rows import Column, Line, Lines, Span, block, cells, columns_for, headings, title
from mmtui.console.scene import Scene
from mmtui.domain.parameters import Parameter

COLUMNS = (
    Column("name", 27, 0, is_left=True),
    Column("current", 12, 0),
    Column("staged", 12, 0),
    Column("unit", 10, 2, is_left=True),
    Column("bounds", 18, 4, is_left=True),
    Column("", 1, 1, is_left=True),
    Column("applied", 8, 6),
    Column("by", 10, 5, is_left=True),
    Column("felt", 12, 3, is_left=True),
    Column("default", 12, 7),
    Column("effect", 60, 8, is_left=True),
)
_KINDS = {Shown.LIVE: "", Shown.CHANGED: "   only changed", Shown.ALL: "   all"}
FOOT = " * only tighter while running: looser needs the file and a restart"


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The list, with a cursor."""
    desk, view = scene.desk, scene.live
    parameters = listed(desk, view)
    room = max(height - 3, 1)
    picked, _ = desk.cursors.at(PAGE, len(parameters), room)
    shown_columns = columns_for(COLUMNS, width - 1)
    head = title("PARAMETERS", scene.state(_detail(scene, len(parameters))), width, scene.glyphs)
    lines: list[Line] = [head, ((" " + headings(COLUMNS, shown_columns), "label"),)]
    entries = _entries(parameters)
    first = _first(entries, picked, room)
    lines += [_line(entry, picked, shown_columns, scene) for entry in entries[first : first + room]]
    if not parameters:
        lines.append(((" none: esc clears the filter, v shows others"[:width], "label"),))
    lines += [()] * (height - 1 - len(lines))
    place = f"{picked + 1} of {len(parameters)} " if parameters else ""
    foot = FOOT[: max(width - len(place) - 1, 0)]
    lines.append(((foot.ljust(width - len(place)), "label"), (place, "label")))
    return block(lines, width, height)


def _detail(scene: Scene, count: int) -> str:
    desk = scene.desk
    version = f"v{scene.live.engine.parameters_version}" if scene.live is not None else ""
    staged = f"{len(desk.drafts.staged)} staged, not sent" if desk.drafts.staged else "nothing staged"
    aside = f"   {len(desk.drafts.clashes)} set aside" if desk.drafts.clashes else ""
    needle = desk.cursors.filters.get(PAGE, "")
    found = f"   filter {plain(needle)}: {count}" if needle else ""
    return f"{version}   {staged}{aside}{_KINDS[shown_kind(desk)]}{found}"


def _entries(parameters: tuple[Parameter, ...]) -> list[tuple[int, Parameter]]:
    """Each parameter with its place; a section's heading is its first one with place -1."""
    entries: list[tuple[int, Parameter]] = []
    for place, row in enumerate(parameters):
        if not place or row.section != parameters[place - 1].section:
            entries.append((-1, row))
        entries.append((place, row))
    return entries


def _line(entry: tuple[int, Parameter], picked: int, columns: tuple[int, ...], scene: Scene) -> Line:
    place, row = entry
    if place < 0:
        return ((f" [{row.section}]", "label"),)
    line = cells(COLUMNS, columns, _cells(row, scene))
    if place != picked:
        return ((" ", "key"), *line)
    return ((scene.glyphs.arrow, "key"), (line[0][0], "chosen"), *line[1:])


def _first(entries: list[tuple[int, Parameter]], picked: int, room: int) -> int:
    """The first line shown, so that the chosen one stands near the middle."""
    at = next((index for index, (place, _) in enumerate(entries) if place == picked), 0)
    return min(max(at - room // 2, 0), max(len(entries) - room, 0))


def _cells(row: Parameter, scene: Scene) -> tuple[Span, ...]:
    view, drafts = scene.live, scene.desk.drafts
    came = origin(row, view)
    is_clash = row.key in drafts.clashes
    staged = f"!{shown(drafts.clashes[row.key].mine)}" if is_clash else ""
    if row.key in drafts.staged:
        staged = shown(drafts.staged[row.key])
    applied = clock(came.at) if came.at else ""
    return (
        (row.name, "text" if row.live else "label"),
        (cut(shown(current(row, view)), 12), scene.mark("text")),
        (cut(staged, 12), "warn" if is_clash else "staged"),
        (cut(row.unit, 10), "label"),
        (cut(row.bounds.removesuffix(f" {row.unit}") if row.unit else row.bounds, 18), "label"),
        ("*" if is_one_way(row) else "", "label"),
        (applied, "label"),
        (cut(plain(came.by), 10), "label"),
        (takes_effect(row), "label"),
        (cut(shown(row.default), 12), "label"),
        (cut(row.effect or row.help, 60), "label"),
    )
