"""The live parameters: current, staged, bounds, source; and the chosen one explained."""

from mmtui.console.acts.editing import PAGE, chosen_parameter, visible_parameters
from mmtui.console.drafts import LIVE_PARAMETERS, current, is_one_way, shown
from mmtui.console.format import clock, cut, plain
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.parameters import Parameter

COLUMNS = (
    Column("name", 34, 0, is_left=True),
    Column("current", 12, 0),
    Column("staged", 12, 0),
    Column("unit", 10, 3, is_left=True),
    Column("bounds", 26, 2, is_left=True),
    Column("", 1, 1, is_left=True),
    Column("from", 10, 4, is_left=True),
    Column("effect", 52, 5, is_left=True),
)


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The list, with a cursor."""
    cursors, drafts = scene.desk.cursors, scene.desk.drafts
    listed = visible_parameters(cursors.filters.get(PAGE, ""))
    version = f"v{scene.live.engine.parameters_version}" if scene.live is not None else ""
    staged = f"{len(drafts.staged)} staged, not sent" if drafts.staged else "nothing staged"
    needle = cursors.filters.get(PAGE, "")
    found = f"   filter {plain(needle)}: {len(listed)} of {len(LIVE_PARAMETERS)}" if needle else ""
    shown_columns = columns_for(COLUMNS, width - 1)
    head = title("PARAMETERS", scene.state(f"{version}   {staged}{found}"), width, scene.glyphs)
    lines: list[Line] = [head, ((" " + headings(COLUMNS, shown_columns), "label"),)]
    room = height - 3
    picked, first = cursors.at(PAGE, len(listed), room)
    window = listed[first : first + room]
    marks = [scene.glyphs.arrow if first + place == picked else " " for place in range(len(window))]
    lines += table(COLUMNS, [_cells(row, scene) for row in window], width, marks=marks)
    lines += [()] * (height - 1 - len(lines))
    note = (
        f" * risk limits can only be tightened here   {first + 1}-{first + len(window)} of {len(listed)}"
        if listed
        else ""
    )
    lines.append(((note[:width], "label"),))
    return block(lines, width, height)


def _cells(row: Parameter, scene: Scene) -> tuple[Span, ...]:
    view = scene.live
    value = shown(current(row, view))
    staged = shown(scene.desk.drafts.staged[row.key]) if row.key in scene.desk.drafts.staged else ""
    source = view.sources.get(row.key, "default") if view is not None else ""
    return (
        (row.key.removeprefix("strategy.").removeprefix("trading."), "text"),
        (cut(value, 12), scene.mark("text")),
        (cut(staged, 12), "staged"),
        (row.unit, "label"),
        (cut(row.bounds, 26), "label"),
        ("*" if is_one_way(row) else "", "label"),
        (cut(plain(source), 10), "label"),
        (cut(row.effect or row.help, 52), "label"),
    )


def detail_rows(scene: Scene, width: int, height: int) -> Lines:
    """The chosen parameter: what it does, its bounds and default, and the last changes."""
    row = chosen_parameter(scene.desk)
    if row is None:
        return block([title("ABOUT", "", width, scene.glyphs)], width, height)
    lines: list[Line] = [title("ABOUT", row.key, width, scene.glyphs)]
    lines += [((f" {words}", "text"),) for words in wrap(row.help, width - 2)[:2]]
    if row.effect:
        lines += [((f" {words}", "label"),) for words in wrap(row.effect, width - 2)[:2]]
    tight = "   can only be tightened here" if is_one_way(row) else ""
    lines.append(((cut(f" {row.bounds}   default {shown(row.default)}{tight}", width), "label"),))
    lines += _changes(scene, width)
    return block(lines, width, height)


def _changes(scene: Scene, width: int) -> list[Line]:
    view = scene.live
    if view is None or not view.engine.parameter_changes:
        return [((" no changes in this session", "label"),)]
    lines: list[Line] = []
    for change in view.engine.parameter_changes[:6]:
        words = ", ".join(
            f"{key.rpartition('.')[2]} {shown(change.before.get(key))} -> {shown(value)}"
            for key, value in change.after.items()
        )
        lines.append(
            ((cut(f" v{change.version} {clock(change.at)} {plain(words)} by {plain(change.by)}", width), "label"),)
        )
    return lines
