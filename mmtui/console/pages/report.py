"""The page of the session's report: its tables one below the other, as the expert made them."""

from mmtui.console.format import age, clock, cut, plain
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.domain.consultations import Reported, ReportSection

PAGE = "report"
LABEL = "report"


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The tables, scrolled; what is made now and when the shown one was made."""
    found = scene.desk.findings.latest(Reported)
    progress = scene.desk.findings.progress(LABEL)
    key = scene.keymap.key_of("report-again") or ":report-again"
    if found is None:
        detail = progress or f"{key} works it out from the journal"
        return block([title("REPORT", scene.state(detail), width, scene.glyphs)], width, height)
    old = f"of {clock(found.at)}, {age(scene.view.engine.at - found.at)} old" if scene.view else ""
    body = [line for section in found.sections for line in section_rows(section, width, scene)]
    body += [((" written to " + cut(plain(path), max(width - 12, 0)), "label"),) for path in found.paths]
    room = max(height - 1, 0)
    cursors = scene.desk.cursors
    last_first = max(len(body) - room, 0)
    cursors.lengths[PAGE], cursors.view_heights[PAGE] = last_first + 1, room
    first = cursors.chosen[PAGE] = min(max(cursors.chosen.get(PAGE, 0), 0), last_first)
    parts = [old, progress or f"{key} makes it anew"]
    if last_first:
        parts.insert(1, f"lines {first + 1} to {min(first + room, len(body))} of {len(body)}")
    while len(parts) > 1 and len("   ".join(parts)) + 11 > width:
        parts.pop()
    head = title("REPORT", scene.state("   ".join(parts)), width, scene.glyphs)
    return block([head, *body[first : first + room]], width, height)


def section_rows(section: ReportSection, width: int, scene: Scene) -> list[Line]:
    """A heading, the column names, the rows; columns that do not fit are left out from the right, and it says so."""
    widths = [len(name) for name in section.columns]
    for cells in section.rows:
        for place, cell in enumerate(cells[: len(widths)]):
            widths[place] = max(widths[place], len(plain(cell)))
    kept = len(widths)
    while kept > 2 and sum(widths[:kept]) + 2 * kept > width:
        kept -= 1
    left_out = len(widths) - kept
    if left_out == 0 and sum(widths) + 2 * kept > width:
        widths[-1] = max(width - sum(widths[:-1]) - 2 * kept, 4)
    more = f"   {left_out} more column{'s' if left_out > 1 else ''} where it is wider" if left_out else ""
    note = plain(section.note) + more
    lines: list[Line] = [title(plain(section.title).upper(), note.strip(), width, scene.glyphs)]
    if any(section.columns[1:]):
        lines.append(((_row(section.columns, widths[:kept], section), "label"),))
    lines += [((_row(cells, widths[:kept], section), "text"),) for cells in section.rows]
    if not section.rows:
        lines.append(((" none", "label"),))
    return lines


def _row(cells: tuple[str, ...], widths: list[int], section: ReportSection) -> str:
    texts = []
    for place, wide in enumerate(widths):
        text = cut(plain(cells[place]) if place < len(cells) else "", wide)
        texts.append(text.rjust(wide) if _is_figures(section, place) else text.ljust(wide))
    return " " + "  ".join(texts)


def _is_figures(section: ReportSection, place: int) -> bool:
    """Whether a column holds numbers, which stand to the right."""
    found = [cells[place] for cells in section.rows if place < len(cells) and cells[place] not in ("", ".")]
    return bool(found) and all(text.lstrip("+-")[:1].isdigit() for text in found)
