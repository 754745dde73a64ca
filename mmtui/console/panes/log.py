"""What happened: time, level and words, newest first; everything the venue wrote is plain text."""

from mmtui.console.format import clock, cut, plain
from mmtui.console.rows import Line, Lines, block, title
from mmtui.console.scene import Scene
from mmtui.domain.view import LogLine

LEVEL_ROLES = {
    "WARN": "warn",
    "WARNING": "warn",
    "ERROR": "bad",
    "CRITICAL": "bad",
    "KILL": "bad",
    "FILL": "text",
    "DEBUG": "label",
}


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title and the newest lines."""
    return _listed(scene, width, height, has_cursor=False)


def page_rows(scene: Scene, width: int, height: int) -> Lines:
    """All that is kept, filtered, with a cursor."""
    return _listed(scene, width, height, has_cursor=True)


def matches(line: LogLine, needle: str) -> bool:
    """Whether a line contains the text."""
    return not needle or needle in line.text.lower() or needle in line.level.lower()


def _listed(scene: Scene, width: int, height: int, *, has_cursor: bool) -> Lines:
    view = scene.view
    needle = scene.desk.cursors.filters.get("log", "").lower()
    every = view.log if view is not None else ()
    found = [line for line in reversed(every) if matches(line, needle)]
    detail = (
        f"filter {needle}: {len(found)} of {len(every)}   esc clears"
        if needle
        else ("newest first" if width >= 60 else "")
    )
    lines: list[Line] = [title("LOG", scene.state(plain(detail)), width, scene.glyphs)]
    room = height - 1
    picked, first = scene.desk.cursors.at("log", len(found), room) if has_cursor else (-1, 0)
    for place, line in enumerate(found[first : first + room]):
        is_picked = first + place == picked and has_cursor
        lines.append(_line(line, width, scene.glyphs.arrow if is_picked else " "))
    if not found and view is not None:
        lines.append(((" nothing matches the filter" if needle else " nothing yet", "label"),))
    return block(lines, width, height)


def _line(line: LogLine, width: int, mark: str) -> Line:
    level = plain(line.level).upper()
    time = clock(line.at, 3 if width >= 100 else 0)
    role = LEVEL_ROLES.get(level, "text")
    head = f"{time} "
    word = f"{level[:5]:<5} "
    return (
        (mark, "key"),
        (head, "label"),
        (word, role if role != "text" else "label"),
        (cut(plain(line.text), max(width - 1 - len(head) - len(word), 0)), role),
    )
