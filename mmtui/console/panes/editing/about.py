"""The chosen parameter: its effect, bounds and source, the value being typed and what it would do, the last changes."""

from mmtui.console.drafts import Clash, current, is_one_way, shown
from mmtui.console.edits.following import previewed, progress
from mmtui.console.edits.listing import chosen, origin, takes_effect
from mmtui.console.edits.steps import step_size
from mmtui.console.edits.words import quotes_line
from mmtui.console.field import Field
from mmtui.console.format import clock, cut, plain
from mmtui.console.panes.editing.asides import aside
from mmtui.console.rows import Line, Lines, block, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.parameters import Parameter
from mmtui.domain.parameters.schema import Kind
from mmtui.domain.view import ParameterChange

CHANGES_MAX = 12


def or_aside(scene: Scene, width: int, height: int) -> Lines:
    """The chosen parameter, or in its place a difference, presets or a rehearsal to be read."""
    found = aside(scene, width, height)
    return found if found is not None else rows(scene, width, height)


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The chosen parameter."""
    field = scene.desk.field
    row = chosen(scene.desk, scene.live)
    if row is None:
        return block([title("ABOUT", "", width, scene.glyphs)], width, height)
    lines: list[Line] = [title("ABOUT", row.key, width, scene.glyphs)]
    if field is not None and field.purpose == "edit":
        lines += _typing(scene, row, field, width)
    lines += _draft(scene, row, width)
    lines += [((f" {words}", "text"),) for words in wrap(plain(row.effect), width - 2)[:2]]
    lines.append(((cut(_bounds(row), width), "label"),))
    lines += [((f" {words}", "label"),) for words in wrap(plain(row.help), width - 2)[: 3 if height > 9 else 2]]
    lines.append(((cut(_source(scene, row), width), "label"),))
    if row.aliases and height > 9:
        lines.append(((cut(f" also read as {', '.join(row.aliases)}", width), "label"),))
    return block([*lines, *_changes(scene, width)], width, height)


def _typing(scene: Scene, row: Parameter, field: Field, width: int) -> list[Line]:
    refusal = scene.desk.drafts.refusal(row, field.text, scene.live)
    if row.kind in (Kind.NUMBER, Kind.COUNT):
        value = current(row, scene.live)
        size = step_size(row, float(value)) if isinstance(value, int | float) else 1.0
        keys = f"up/down {size:g}   pgup/dn {10 * size:g}"
    else:
        keys = "up/down the next one" if row.kind is not Kind.TEXT else ""
    box = f" new [ {plain(field.text):<10} ] {row.unit}  {keys}"
    verdict = f" {refusal}" if refusal else " ok: enter stages, nothing is sent yet"
    return [((cut(box, width), "staged"),), ((cut(verdict, width), "bad" if refusal else "ok"),)]


def _draft(scene: Scene, row: Parameter, width: int) -> list[Line]:
    """What staged values would do, and what was set aside."""
    clash: Clash | None = scene.desk.drafts.clashes.get(row.key)
    lines: list[Line] = []
    if clash is not None:
        theirs = f" was {shown(clash.before)}, now {shown(clash.theirs)} by {plain(clash.by)}"
        lines.append(((cut(f"{theirs}; yours {shown(clash.mine)}: m keeps it", width), "warn"),))
    found = previewed(scene.desk)
    if found is not None:
        decimals = scene.live.session.price_decimals if scene.live is not None else None
        role = "bad" if found.then is None else "staged"
        lines += [((f" {words}", role),) for words in wrap(quotes_line(found, decimals), width - 2)[:2]]
    elif progress(scene.desk):
        lines.append(((cut(f" preview: {plain(progress(scene.desk))}", width), "label"),))
    return lines


def _bounds(row: Parameter) -> str:
    tight = "   only tighter while running" if is_one_way(row) else ""
    return f" {row.bounds}   default {shown(row.default)}   felt: {takes_effect(row)}{tight}"


def _source(scene: Scene, row: Parameter) -> str:
    came = origin(row, scene.live)
    if came.at:
        return f" set live by {plain(came.by)} at {clock(came.at)}"
    if came.source == "default":
        return " at its default: no file, variable or flag sets it"
    return f" set by {plain(came.source)}"


def _changes(scene: Scene, width: int) -> list[Line]:
    view = scene.live
    if view is None or not view.engine.parameter_changes:
        return [((" no changes in this session", "label"),)]
    return [((cut(f" {change_words(one)}", width), "label"),) for one in view.engine.parameter_changes[:CHANGES_MAX]]


def change_words(change: ParameterChange) -> str:
    """``v17 12:03:58 gamma 0.08 -> 0.1 by op``."""
    words = ", ".join(
        f"{key.rpartition('.')[2]} {shown(change.before.get(key))} -> {shown(value)}"
        for key, value in change.after.items()
    )
    staged = f", staged {clock(change.staged_at)}" if change.staged_at else ""
    return f"v{change.version} {clock(change.at)} {plain(words)} by {plain(change.by)}{staged}"
