"""Lines as tuples of (text, role), and the few ways to build them. Pure; no terminal, no colour.

Owns the rule of narrow screens: whole items are dropped, in a fixed order, and a number is never
cut. A role is a name that a theme turns into a style; this module knows no colours.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[str, str]
Line: TypeAlias = tuple[Span, ...]
Lines: TypeAlias = tuple[Line, ...]

BLANK: Line = ()


class Glyphs(NamedTuple):
    """The characters a terminal can draw."""

    rule: str
    divider: str
    tee: str
    full: str
    track: str
    parts: str
    arrow: str
    is_unicode: bool


ASCII_GLYPHS = Glyphs("-", "|", "+", "#", ".", "", ">", False)
UNICODE_GLYPHS = Glyphs("─", "│", "├", "█", "·", "▏▎▍▌▋▊▉", "▸", True)


class Column(NamedTuple):
    """One column of a table: heading, width, alignment, and its rank when room is short (0 stays longest)."""

    heading: str
    width: int
    rank: int = 0
    is_left: bool = False


def width_of(line: Iterable[Span]) -> int:
    """Cells a line takes."""
    return sum(len(text) for text, _ in line)


def text_of(lines: Iterable[Line]) -> str:
    """The characters alone, trailing blanks removed."""
    return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)


def fit(line: Iterable[Span], width: int) -> Line:
    """The line in exactly ``width`` cells: padded, or without the spans that do not fit."""
    kept: list[Span] = []
    used = 0
    for span in line:
        if used + len(span[0]) > width:
            break
        kept.append(span)
        used += len(span[0])
    if used < width:
        kept.append((" " * (width - used), "text"))
    return tuple(kept)


def join(items: Sequence[tuple[int, Line]], width: int, gap: int = 2) -> Line:
    """Items side by side; while they do not fit, the item of the highest rank is dropped whole."""
    kept = [(rank, place, item) for place, (rank, item) in enumerate(items) if item]
    while kept and sum(width_of(item) for _, _, item in kept) + gap * (len(kept) - 1) > width:
        kept.remove(max(kept, key=lambda entry: (entry[0], entry[1])))
    line: list[Span] = []
    for place, (_, _, item) in enumerate(kept):
        if place:
            line.append((" " * gap, "text"))
        line.extend(item)
    return tuple(line)


def spread(left: Line, right: Line, width: int) -> Line:
    """One part at each end; the right part goes first when both do not fit."""
    room = width - width_of(left)
    if width_of(right) + 1 > room:
        return fit(left, width)
    return (*left, (" " * (room - width_of(right)), "text"), *right)


def title(name: str, detail: str, width: int, glyphs: Glyphs, *, role: str = "title") -> Line:
    """A heading that is also the rule above a pane."""
    head: list[Span] = [(f"{glyphs.rule} ", "rule"), (name, role), (" ", "rule")]
    used = 3 + len(name)
    if detail and used + len(detail) + 1 <= width:
        head += [(detail, "label"), (" ", "rule")]
        used += len(detail) + 1
    if used > width:
        return ((glyphs.rule * width, "rule"),)
    head.append((glyphs.rule * (width - used), "rule"))
    return tuple(head)


def divided(line: Line, glyphs: Glyphs) -> Line:
    """The line with a divider at its left; a heading's rule joins it."""
    joins = bool(line) and line[0][1] == "rule" and line[0][0].startswith(glyphs.rule)
    return ((glyphs.tee if joins else glyphs.divider, "rule"), *line)


def columns_for(columns: Sequence[Column], width: int, gap: int = 1) -> tuple[int, ...]:
    """Indices of the columns that fit, the least important dropped first."""
    kept = list(range(len(columns)))
    while len(kept) > 1 and sum(columns[i].width for i in kept) + gap * (len(kept) - 1) > width:
        kept.remove(max(kept, key=lambda i: (columns[i].rank, i)))
    return tuple(kept)


def cells(columns: Sequence[Column], shown: Sequence[int], values: Sequence[Span], gap: int = 1) -> Line:
    """One table row; a value wider than its column shows as ``#`` rather than as a wrong number."""
    line: list[Span] = []
    for place, index in enumerate(shown):
        column = columns[index]
        text, role = values[index]
        if len(text) > column.width:
            text = text[: column.width] if column.is_left else "#" * column.width
        padded = text.ljust(column.width) if column.is_left else text.rjust(column.width)
        line.append(((" " * gap if place else "") + padded, role))
    return tuple(line)


def headings(columns: Sequence[Column], shown: Sequence[int]) -> str:
    """The headings of the shown columns as one text."""
    return "".join(text for text, _ in cells(columns, shown, [(column.heading, "label") for column in columns]))


def bar(ratio: float, width: int, glyphs: Glyphs, role: str) -> Line:
    """A gauge from 0 to 1, full beyond and when not known; eighths of a cell where the terminal has them."""
    share = min(max(ratio, 0.0), 1.0) if ratio < 1.0 else 1.0
    steps = len(glyphs.parts) + 1
    filled, part = divmod(round(share * width * steps), steps)
    if ratio > 0 and filled == 0 and part == 0:
        filled, part = (0, 1) if glyphs.parts else (1, 0)
    body = glyphs.full * filled + (glyphs.parts[part - 1] if part else "")
    return ((body, role), (glyphs.track * (width - len(body)), "rule"))


def wrap(text: str, width: int) -> list[str]:
    """Words on lines of at most ``width``."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word[:width])
    return lines


def block(lines: Sequence[Line], width: int, height: int) -> Lines:
    """Exactly ``height`` lines of exactly ``width`` cells."""
    body = [fit(line, width) for line in lines[:height]]
    blank = fit(BLANK, width)
    return tuple(body + [blank] * (height - len(body)))


def table(
    columns: Sequence[Column], rows: Sequence[Sequence[Span]], width: int, *, marks: Sequence[str] = ()
) -> list[Line]:
    """Table rows with the columns that fit; ``marks`` are one-cell spans put before each row."""
    shown = columns_for(columns, width - 1)
    out: list[Line] = []
    for place, values in enumerate(rows):
        mark = marks[place] if place < len(marks) else " "
        line = cells(columns, shown, values)
        if mark != " ":
            line = ((line[0][0], "chosen"), *line[1:])
        out.append(((mark, "key"), *line))
    return out
