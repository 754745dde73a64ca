"""A plot of characters: lines in braille where the terminal has it, in ASCII otherwise. Pure.

A line is one value a dot column, None where nothing is known: nothing is drawn there and nothing across it. What
is drawn first stays on top.
"""

import math
from collections.abc import Sequence

from mmtui.console.rows import Line, Span

# The dots of the left and of the right half of a cell, from the top.
SIDES = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
BRAILLE = 0x2800
NICE = (1.0, 2.0, 5.0)


class Canvas:
    """Cells of one panel; ``across`` dot columns stand in ``width`` cells."""

    __slots__ = ("_bits", "_is_unicode", "_marks", "_roles", "across", "height", "width")

    def __init__(self, width: int, height: int, *, is_unicode: bool) -> None:
        self.width = width
        self.height = height
        self.across = width * 2 if is_unicode else width
        self._is_unicode = is_unicode
        self._bits: list[dict[int, int]] = [{} for _ in range(height)]
        self._roles: list[dict[int, str]] = [{} for _ in range(height)]
        self._marks: list[dict[int, Span]] = [{} for _ in range(height)]

    def line(self, values: Sequence[float | None], low: float, high: float, role: str, char: str = "*") -> None:
        """Draws one value a dot column between ``low`` (bottom edge) and ``high``; steps are joined upright."""
        if self._is_unicode:
            self._dots(values, low, high, role)
            return
        scale, last, code = self.height / (high - low), self.height - 1, ord(char)
        for x, value in enumerate(values):
            if value is not None:
                y = min(max(int((high - value) * scale), 0), last)
                if x not in self._bits[y]:
                    self._bits[y][x], self._roles[y][x] = code, role

    def mark(self, x: int, y: int, char: str, role: str) -> None:
        """Puts a character over whatever is in a cell."""
        if 0 <= x < self.width and 0 <= y < self.height:
            self._marks[y][x] = (char, role)

    def row_of(self, value: float, low: float, high: float) -> int:
        """The row of cells that a value falls into; outside of 0 to ``height`` where it is beyond an edge."""
        return math.floor((high - value) / (high - low) * self.height)

    def upright(self, x: int, char: str, role: str) -> None:
        """Draws a line from top to bottom behind everything."""
        for bits, marks in zip(self._bits, self._marks, strict=True):
            if x not in bits and x not in marks:
                marks[x] = (char, role)

    def row(self, y: int) -> Line:
        """One row of cells, neighbours of one role together."""
        bits, roles, marks = self._bits[y], self._roles[y], self._marks[y]
        base = BRAILLE if self._is_unicode else 0
        spans: list[Span] = []
        text, role, end = "", "text", 0
        for x in sorted({*bits, *marks}) if marks else sorted(bits):
            char, own = marks[x] if x in marks else (chr(base + bits[x]), roles[x])
            if x > end:
                text += " " * (x - end)
            if own != role and text:
                spans.append((text, role))
                text = ""
            text, role, end = text + char, own, x + 1
        spans.append((text + " " * (self.width - end), role))
        return tuple(spans)

    def _dots(self, values: Sequence[float | None], low: float, high: float, role: str) -> None:
        all_bits, all_roles = self._bits, self._roles
        tall = self.height * 4
        scale, last, before = tall / (high - low), tall - 1, -1
        for x, value in enumerate(values):
            if value is None:
                before = -1
                continue
            y = int((high - value) * scale)
            y = 0 if y < 0 else last if y > last else y
            cell, dots = x >> 1, SIDES[x & 1]
            if before in (-1, y):
                bits = all_bits[y >> 2]
                if cell in bits:
                    bits[cell] |= dots[y & 3]
                else:
                    bits[cell], all_roles[y >> 2][cell] = dots[y & 3], role
                before = y
                continue
            for step in range(y, before, 1 if before > y else -1):
                bits = all_bits[step >> 2]
                if cell in bits:
                    bits[cell] |= dots[step & 3]
                else:
                    bits[cell], all_roles[step >> 2][cell] = dots[step & 3], role
            before = y


def round_bounds(low: float, high: float, steps: int, least: float = 0.0) -> tuple[float, float, float]:
    """Round numbers around a range, ``steps`` of them or a few more, and the step between them.

    ``least`` is the smallest step that means something.
    """
    span = max(high - low, least, abs(high) * 1e-9, 1e-12)
    step = max(_nice(span / max(steps, 1)), least)
    bottom, top = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    if top - bottom < step / 2.0:
        bottom, top = bottom - step, top + step
    return bottom, top, step


def decimals_of(step: float) -> int:
    """Decimals that a multiple of a round step needs."""
    return min(max(0, -math.floor(math.log10(step) + 1e-9)), 8) if step > 0.0 else 0


def _nice(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return next((factor * power for factor in NICE if factor * power >= value * (1.0 - 1e-9)), 10.0 * power)
