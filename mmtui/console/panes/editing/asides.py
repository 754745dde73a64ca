"""What is read once and put away with esc: the difference to a file, presets, a rehearsal of two sets of values."""

from mmtui.console.edits.arriving import LISTING, SAVING
from mmtui.console.format import clock, cut, plain
from mmtui.console.rows import Column, Line, Lines, Span, block, columns_for, headings, table, title, wrap
from mmtui.console.scene import Scene
from mmtui.domain.consultations import Presets, Rehearsed, RehearsedRow, Saved

COLUMNS = (
    Column("", 21, 0, is_left=True),
    Column("unit", 7, 2, is_left=True),
    Column("old values", 11, 0),
    Column("new values", 11, 0),
    Column("change", 10, 1),
)
REHEARSAL = "rehearse"


def aside(scene: Scene, width: int, height: int) -> Lines | None:
    """What there is to read; None when nothing is."""
    findings = scene.desk.findings
    saved, presets, rehearsed = findings.latest(Saved), findings.latest(Presets), findings.latest(Rehearsed)
    if saved is not None and not saved.is_written:
        return _difference(saved, scene, width, height)
    if presets is not None:
        return _presets(presets, scene, width, height)
    if rehearsed is not None:
        return _rehearsed(rehearsed, scene, width, height)
    for label, name in ((REHEARSAL, "REHEARSAL"), (SAVING, "SAVE"), (LISTING, "PRESETS")):
        progress = findings.progress(label)
        if progress:
            lines = [title(name, "", width, scene.glyphs), ((cut(f" {plain(progress)}", width), "label"),)]
            return block(lines, width, height)
    return None


def _difference(saved: Saved, scene: Scene, width: int, height: int) -> Lines:
    lines: list[Line] = [title("DIFFERENCE", plain(saved.path), width, scene.glyphs)]
    room = height - 1
    body = [line for line in saved.diff if line[:3] not in ("+++", "---")] or list(saved.diff)
    kept = body if len(body) <= room else [line for line in body if line[:1] in "+-#@"]
    roles = {"+": "staged", "-": "bad", "#": "warn", "@": "label"}
    lines += [((cut(f" {plain(line)}", width), roles.get(line[:1], "label")),) for line in kept[:room]]
    if len(kept) > room:
        lines[-1] = ((f" and {len(kept) - room + 1} more lines"[:width], "warn"),)
    return block(lines, width, height)


def _presets(presets: Presets, scene: Scene, width: int, height: int) -> Lines:
    lines: list[Line] = [title("PRESETS", "esc closes", width, scene.glyphs)]
    lines += [((cut(f" {plain(name)}", width), "text"),) for name in presets.names]
    if not presets.names:
        lines.append(((cut(" none yet: :preset-keep NAME keeps what is changed or staged", width), "label"),))
    else:
        lines.append(((cut(" :preset NAME stages one; nothing is sent before a", width), "label"),))
    return block(lines, width, height)


def _rehearsed(found: Rehearsed, scene: Scene, width: int, height: int) -> Lines:
    span = f"{clock(found.from_at)} to {clock(found.to_at)}   esc closes"
    lines: list[Line] = [title("REHEARSAL", span, width, scene.glyphs)]
    lines.append(((cut(f" {plain(scene.desk.drafts.rehearsed)}", width), "staged"),))
    lines.append(((" " + headings(COLUMNS, columns_for(COLUMNS, width - 1)), "label"),))
    notes = wrap(plain(found.note), width - 2)
    room = max(height - 3 - len(notes), 1)
    lines += table(COLUMNS, [_cells(row) for row in found.rows[:room]], width)
    lines += [((f" {words}", "label"),) for words in notes]
    return block(lines, width, height)


def _cells(row: RehearsedRow) -> tuple[Span, ...]:
    change = row.then - row.now if row.now is not None and row.then is not None else None
    return (
        (plain(row.name), "text"),
        (plain(row.unit), "label"),
        (_figure(row.now), "text"),
        (_figure(row.then), "text"),
        ("" if change is None else f"{change:+,.2f}" if change else "=", "staged" if change else "label"),
    )


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}"
