"""One log line: its forms, its level filter.

Owns the keys of a line (``timestamp level target message code`` and the fields after them, in every
format) and the parsing of ``MMTUI_LOG``. Foreign text cannot break a line or colour a terminal:
control characters are escaped. Never writes anything.
"""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TextIO, TypeAlias

import msgspec

from mmtui.domain.intents import LogLevel
from mmtui.errors import ConfigError, Problem

LEVELS = {"trace": LogLevel.TRACE, "debug": LogLevel.DEBUG, "info": LogLevel.INFO, "warn": LogLevel.WARN}
LEVELS["error"] = LogLevel.ERROR
PACKAGE = "mmtui"
_OTHER_PACKAGES = frozenset({"websockets", "aiohttp", "asyncio"})
_RESERVED = frozenset({"timestamp", "level", "target", "message", "code"})
_COLOURS = {"TRACE": "2", "DEBUG": "34", "INFO": "32", "WARN": "33", "ERROR": "1;31"}
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {10: "\\n", 13: "\\r", 9: "\\t"}

Field: TypeAlias = str | int | float | bool


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is logged; ``at`` is epoch seconds."""

    at: float
    level: LogLevel
    target: str
    message: str
    code: str = ""
    fields: Mapping[str, Field] = {}

    @property
    def room(self) -> str:
        """The subsystem it comes from: the part of the target after the package."""
        parts = self.target.split(".")
        return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else "other"

    @property
    def text(self) -> str:
        """Message, code and fields in one line without time and level."""
        head = f"{self.code} {self.message}" if self.code else self.message
        return " ".join([printable(head), *(f"{name}={_value(value)}" for name, value in self.fields.items())])


class LevelFilter:
    """The least important level that is logged for each target; other packages log from WARN up."""

    __slots__ = ("_by_target", "level")

    def __init__(self, level: LogLevel, by_target: Mapping[str, LogLevel]) -> None:
        self.level = level
        self._by_target = sorted(by_target.items(), key=lambda item: -len(item[0]))

    @property
    def lowest(self) -> LogLevel:
        """No line below this passes anywhere."""
        return min([self.level, *(level for _, level in self._by_target)])

    def passes(self, target: str, level: int) -> bool:
        """Whether a line is logged."""
        for prefix, least in self._by_target:
            if target == prefix or target.startswith(prefix + "."):
                return level >= least
        is_ours = target == PACKAGE or target.startswith(PACKAGE + ".")
        return level >= (self.level if is_ours else max(self.level, LogLevel.WARN))


def level_filter(level: str, directives: str = "", *, level_is_final: bool = False) -> LevelFilter:
    """The filter of ``logging.level`` and ``MMTUI_LOG``, such as ``engine=debug,venues=trace`` or ``debug``.

    A bare level in ``directives`` replaces ``level`` unless that came from a flag. Raises ConfigError.
    """
    least, by_target, problems = LEVELS[level], {}, []
    for directive in filter(None, (part.strip() for part in directives.split(","))):
        target, equals, name = directive.rpartition("=")
        chosen = LEVELS.get(name.strip().lower())
        if chosen is None or (equals and not target.strip()):
            problems.append(Problem("MMTUI_LOG", repr(directive), f"ROOM=LEVEL, LEVEL one of {', '.join(LEVELS)}"))
        elif equals:
            by_target[_full_target(target.strip())] = chosen
        elif not level_is_final:
            least = chosen
    if problems:
        raise ConfigError("MMTUI_LOG cannot be understood", problems=problems)
    return LevelFilter(least, by_target)


def as_json(line: Line) -> str:
    """One JSON object."""
    shown: dict[str, object] = {
        "timestamp": _timestamp(line.at),
        "level": line.level.name,
        "target": line.target,
        "message": line.message,
    }
    if line.code:
        shown["code"] = line.code
    for name, value in line.fields.items():
        is_number = not isinstance(value, float) or math.isfinite(value)
        shown[name + "_" if name in _RESERVED else name] = value if is_number else str(value)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"), default=str)


def as_pretty(line: Line, *, is_coloured: bool = False) -> str:
    """Time, level, target, then the text."""
    return f"{_timestamp(line.at)} {_level(line, is_coloured)} {line.target}: {line.text}"


def as_compact(line: Line, *, is_coloured: bool = False) -> str:
    """Time of day, level, subsystem, then the text."""
    return f"{_timestamp(line.at)[11:-1]} {_level(line, is_coloured)} {line.room} {line.text}"


def printable(text: str) -> str:
    """``text`` with everything escaped that a terminal obeys, or that reorders what is read."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else _CONTROLS.get(ord(char), f"\\u{ord(char):04x}") for char in text)


def takes_colour(screen: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether lines may be coloured there: a terminal that knows colours, and nobody who asked for none."""
    return (
        screen.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "") not in ("dumb", "unknown")
    )


def _full_target(target: str) -> str:
    """A room's own name means ours, unless it is another package that logs."""
    if target == PACKAGE or target.startswith(PACKAGE + "."):
        return target
    return target if target.partition(".")[0] in _OTHER_PACKAGES else f"{PACKAGE}.{target}"


def _level(line: Line, is_coloured: bool) -> str:
    name = f"{line.level.name:>5}"
    return f"\x1b[{_COLOURS[line.level.name]}m{name}\x1b[0m" if is_coloured else name


def _timestamp(at: float) -> str:
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _value(value: Field) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.10g}"
    text = printable(str(value))
    return json.dumps(text, ensure_ascii=False) if " " in text or text == "" else text
