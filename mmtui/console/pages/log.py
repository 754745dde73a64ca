"""The page of the log: newest first, filtered by words and level, or whole with the matches marked."""

from mmtui.console.format import clock, cut, plain
from mmtui.console.panes.log import LEVEL_ROLES, RANKS, WORST, is_at_least, told
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.console.scroll import Cursors
from mmtui.domain.view import LogLine, View

PAGE = "log"


def rows(scene: Scene, width: int, height: int) -> Lines:
    """The lines that pass; the first of them follows what comes, any other stays where it is."""
    view = scene.view
    if view is None:
        return block([title("LOG", scene.state(), width, scene.glyphs)], width, height)
    cursors = scene.desk.cursors
    needle = cursors.filters.get(PAGE, "")
    found = listed(view, cursors)
    room = max(height - 1, 0)
    picked, first = cursors.on(PAGE, [line.seq for line in found], room)
    detail = _detail(scene, view, found, picked, width)
    lines: list[Line] = [title("LOG", scene.state(detail), width, scene.glyphs)]
    for place, line in enumerate(found[first : first + room]):
        mark = scene.glyphs.arrow if first + place == picked else " "
        lines.append(_line(line, width, mark, is_match=bool(needle) and _is_context(cursors) and lookout(line, needle)))
    if not found:
        lines.append(((" nothing matches; esc clears the filter" if needle else " nothing yet", "label"),))
    return block(lines, width, height)


def listed(view: View, cursors: Cursors) -> list[LogLine]:
    """Newest first: of the chosen level and worse, and with the words of the filter unless only they are marked."""
    needle = "" if _is_context(cursors) else cursors.filters.get(PAGE, "").lower()
    return [
        line
        for line in map(told, reversed(view.log))
        if is_at_least(line, cursors.log_level) and (not needle or lookout(line, needle))
    ]


def lookout(line: LogLine, needle: str) -> bool:
    """Whether a line has the words, or without words whether it is a warning or worse."""
    if not needle:
        return RANKS.get(line.level.upper(), WORST) >= RANKS["WARN"]
    words = needle.lower()
    return words in line.text.lower() or words in line.level.lower()


def _is_context(cursors: Cursors) -> bool:
    return bool(cursors.steps.get("log-context")) and bool(cursors.filters.get(PAGE))


def _detail(scene: Scene, view: View, found: list[LogLine], picked: int, width: int) -> str:
    cursors = scene.desk.cursors
    needle = cursors.filters.get(PAGE, "")
    parts = []
    if picked > 0:
        key = scene.keymap.key_of("first")
        parts.append(f"not following: {picked} newer line{'s' if picked > 1 else ''} above, {key} follows again")
    else:
        parts.append("newest first, following")
    if needle and _is_context(cursors):
        count = sum(lookout(line, needle) for line in found)
        parts.insert(0, f"{count} with {needle!r}")
    elif needle:
        parts.insert(0, f"filter {needle!r}: {len(found)} of {len(view.log)}")
    if cursors.log_level:
        parts.insert(0, f"{cursors.log_level} and worse")
    while len(parts) > 1 and len("   ".join(parts)) + 8 > width:
        parts.pop()
    return plain("   ".join(parts))


def _line(line: LogLine, width: int, mark: str, *, is_match: bool) -> Line:
    level = plain(line.level).upper()
    head = f"{clock(line.at, 3 if width >= 100 else 0)} "
    role = LEVEL_ROLES.get(level, "text")
    word = f"{level[:5]:<5} "
    text = cut(plain(line.text), max(width - 1 - len(head) - len(word), 0))
    return (
        (mark, "key"),
        (head, "label"),
        (word, role if role != "text" else "label"),
        (text, "chosen" if is_match else role),
    )
