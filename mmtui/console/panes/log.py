"""What happened: time, level and words, newest first; everything the venue wrote is plain text.

A line that repeats with other figures stands once, with how often and since when; fills always stand alone.
"""

import re

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
RANKS = {"TRACE": 0, "DEBUG": 1, "INFO": 2, "FILL": 3, "WARN": 4, "WARNING": 4}
WORST = 5
FILL_EVENT = "Fill processed"
_FIGURES = re.compile(r"[-+]?\d[\d.,:]*")
_PAIR = re.compile(r"(\w+)=(\"[^\"]*\"|\S+)")


def rows(scene: Scene, width: int, height: int) -> Lines:
    """Title and the newest lines, those alike folded into one."""
    view = scene.view
    cursors = scene.desk.cursors
    needle, least = cursors.filters.get("log", "").lower(), cursors.log_level
    every = view.log if view is not None else ()
    found = [line for line in map(told, reversed(every)) if matches(line, needle) and is_at_least(line, least)]
    lines: list[Line] = [title("LOG", scene.state(_detail(needle, least, len(found), len(every))), width, scene.glyphs)]
    for line, count, since in folded(found)[: max(height - 1, 0)]:
        lines.append(_line(line, width, f"x{count} since {clock(since)[:5]} " if count > 1 else ""))
    if not found and view is not None:
        lines.append(((" nothing matches the filter" if needle or least else " nothing yet", "label"),))
    return block(lines, width, height)


def _detail(needle: str, least: str, found: int, every: int) -> str:
    shown = [f"{least} and worse" if least else "", f"with {plain(needle)}" if needle else ""]
    limits = ", ".join(part for part in shown if part)
    return f"{limits}: {found} of {every}" if limits else "newest first"


def matches(line: LogLine, needle: str) -> bool:
    """Whether a line contains the text."""
    return not needle or needle in line.text.lower() or needle in line.level.lower()


def is_at_least(line: LogLine, least: str) -> bool:
    """Whether a line is of a level or worse; "" passes every line."""
    return not least or RANKS.get(line.level.upper(), WORST) >= RANKS.get(least.upper(), WORST)


def told(line: LogLine) -> LogLine:
    """A fill in a trader's words and of a level of its own; any other line as it is."""
    if not line.text.startswith(FILL_EVENT):
        return line
    found = dict(_PAIR.findall(line.text))
    if not {"side", "size", "price"} <= found.keys():
        return line
    words = [f"{found['side']} {found['size']} @ {found['price']}", found.get("liquidity", "")]
    words += [
        f"{name} {found[key]}"
        for name, key in (("fee", "fee_usd"), ("position", "position"), ("P&L", "pnl_usd"))
        if key in found
    ]
    return LogLine(seq=line.seq, at=line.at, level="FILL", text="  ".join(word for word in words if word))


def folded(lines: list[LogLine]) -> list[tuple[LogLine, int, float]]:
    """(newest line, how many, time of the oldest) for each run of lines that differ only in figures."""
    out: list[tuple[LogLine, int, float]] = []
    last = ""
    for line in lines:
        shape = f"{line.level} {_FIGURES.sub('0', line.text)}"
        if out and shape == last and line.level.upper() != "FILL":
            newest, count, _ = out[-1]
            out[-1] = (newest, count + 1, line.at)
        else:
            out.append((line, 1, line.at))
        last = shape
    return out


def _line(line: LogLine, width: int, repeated: str) -> Line:
    level = plain(line.level).upper()
    role = LEVEL_ROLES.get(level, "text")
    head = f" {clock(line.at, 3 if width >= 100 else 0)} "
    word = f"{level[:5]:<5} "
    room = max(width - len(head) - len(word) - len(repeated), 0)
    return (
        (head, "label"),
        (word, role if role != "text" else "label"),
        (repeated, "label"),
        (cut(plain(line.text), room), role),
    )
