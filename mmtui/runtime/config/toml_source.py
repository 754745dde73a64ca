"""Reading a configuration file that may be broken or hostile.

Owns the file's size, kind and encoding checks, the TOML syntax and the line of every key. Never
interprets a value and never shows one. Answers F102.
"""

import errno
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmtui.errors import ConfigError, Problem
from mmtui.runtime.files import read_small_file

SIZE_MAX = 256 * 1024
_HEADER = re.compile(r"^\s*\[\s*([^\[\]#]+?)\s*\]\s*(?:#.*)?$")
_KEY = re.compile(r"^\s*([A-Za-z0-9_\-.\"' ]+?)\s*=")
_AT_LINE = re.compile(r"\(at line (\d+), column \d+\)")


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of the file: its dotted path, the value as TOML has it, its line (0: not known)."""

    path: str
    value: object
    line: int


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file that parsed; ``mode`` is its permission bits."""

    path: Path
    entries: tuple[Entry, ...]
    mode: int


def read_toml(path: Path, sections: frozenset[str]) -> TomlFile:
    """The values of ``path``; tables named in ``sections`` are descended into, everything else is a value.

    Raises ConfigError with the line where there is one; FileNotFoundError when there is no file.
    """
    text, mode = _read_text(path)
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise _broken(path, 0, "tables or lists nested too deeply") from None
    except ValueError as error:
        line = _AT_LINE.search(str(error))
        reason = _AT_LINE.sub("", str(error)).strip() if isinstance(error, tomllib.TOMLDecodeError) else "a bad number"
        raise _broken(path, int(line.group(1)) if line else 0, reason) from None
    lines = _lines(text)
    entries = tuple(Entry(dotted, value, lines.get(dotted, 0)) for dotted, value in _flatten(tables, "", sections))
    return TomlFile(path, entries, mode)


def _read_text(path: Path) -> tuple[str, int]:
    try:
        data, status = read_small_file(path, SIZE_MAX)
        text = data.decode("utf-8")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError:
        raise _broken(path, 0, "not text in UTF-8") from None
    except ValueError as error:
        raise _broken(path, 0, str(error)) from None
    except OSError as error:
        reason = "a directory" if error.errno == errno.EISDIR else (error.strerror or "unreadable")
        raise _broken(path, 0, reason) from None
    return text, stat.S_IMODE(status.st_mode)


def _broken(path: Path, line: int, reason: str) -> ConfigError:
    where = f"{path}:{line}" if line else str(path)
    return ConfigError(
        f"{path} cannot be read as configuration",
        problems=[Problem(where, reason, "a TOML file as `mmtui generate-config` writes it")],
    )


def _flatten(table: dict[str, object], prefix: str, sections: frozenset[str]) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        dotted = f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict) and (dotted in sections or not prefix):
            if dotted not in sections:
                yield dotted, value
            else:
                yield from _flatten(value, dotted, sections)
        else:
            yield dotted, value


def _lines(text: str) -> dict[str, int]:
    """The line of each key and table, found by their looks; first mention wins."""
    found: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            section = _plain(header.group(1))
            found.setdefault(section, number)
            continue
        key = _KEY.match(line)
        if key:
            name = _plain(key.group(1))
            found.setdefault(f"{section}.{name}" if section else name, number)
    return found


def _plain(dotted: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in dotted.split("."))
