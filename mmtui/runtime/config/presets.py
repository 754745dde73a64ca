"""Named sets of values: one small file each in the folder ``presets`` beside the person's configuration.

Owns the names and the check of what is read. Never applies a value, and never reads or writes a private key.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from mmtui.domain.parameters import SECTIONS, Refusal, Value, find
from mmtui.errors import ConfigError
from mmtui.runtime.config.toml_source import read_toml
from mmtui.runtime.config.writing import with_values
from mmtui.runtime.files import replace_file
from mmtui.runtime.redaction import without_keys

FOLDER = "presets"
SUFFIX = ".toml"
NAMES_MAX = 200
KEY_SHOWN_MAX = 80
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_SECTIONS = frozenset(SECTIONS)
_HEADER = "# Values kept under a name. The console's `:preset {name}` stages them; nothing is applied by itself.\n"


def preset_folder(environment: Mapping[str, str]) -> Path:
    """``$XDG_CONFIG_HOME/mmtui/presets``, or the same below the home folder."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    return Path(home) / "mmtui" / FOLDER


def names(folder: Path) -> tuple[str, ...]:
    """The names there are, in order."""
    try:
        found = sorted(path.stem for path in folder.glob(f"*{SUFFIX}") if path.is_file())
    except OSError:
        return ()
    return tuple(name for name in found if _NAME.fullmatch(name))[:NAMES_MAX]


def keep(folder: Path, name: str, values: Mapping[str, Value]) -> bool:
    """Keeps live values under a name; returns whether others were kept under it before. Raises ConfigError."""
    path = _path(folder, name)
    checked = {key: _checked(key, value, name) for key, value in values.items()}
    was_there = path.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be made: {error.strerror}", remedy="check the folder's owner") from None
    replace_file(path, with_values(_HEADER.format(name=name), checked).encode())
    return was_there


def read(folder: Path, name: str) -> dict[str, Value]:
    """The values under a name; the first thing wrong with the file in one line. Raises ConfigError."""
    path = _path(folder, name)
    try:
        file = read_toml(path, _SECTIONS)
    except (FileNotFoundError, NotADirectoryError):
        known = ", ".join(names(folder)) or "none yet"
        raise ConfigError(f"there is no preset {name}", remedy=f"known: {known}") from None
    except ConfigError as error:
        problem = error.problems[0] if error.problems else None
        raise ConfigError(f"preset {name} is broken: {problem.found if problem else error}") from None
    values: dict[str, Value] = {}
    for entry in file.entries:
        row = find(entry.path) if "." in entry.path else None
        if row is None:
            raise ConfigError(f"preset {name}, line {entry.line}: no such setting: {_short(entry.path)}")
        values[row.key] = _checked(row.key, entry.value, name)
    if not values:
        raise ConfigError(f"preset {name} holds no values")
    return values


def _checked(key: str, value: object, name: str) -> Value:
    row = find(key)
    if row is None:
        raise ConfigError(f"preset {name}: no such setting: {_short(key)}")
    if row.secret or not row.live:
        raise ConfigError(f"preset {name}: {row.key} cannot be changed while running, so no preset holds it")
    checked = row.check(value)
    if isinstance(checked, Refusal):
        raise ConfigError(f"preset {name}: {row.key}: {checked}")
    return checked


def _short(key: str) -> str:
    return without_keys(key[:KEY_SHOWN_MAX])


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise ConfigError("no such name for a preset", remedy="letters, digits, - and _, at most 40")
    return folder / f"{name}{SUFFIX}"
