"""Live values into the files that give them: which file each belongs to, the difference, the writing once agreed to.

Owns the rule that a file is written as it was shown or not at all. Comments, order, permissions and links stay; a
value that a flag or a variable sets is named and left, and a private key is never touched.
"""

import difflib
import fcntl
import hashlib
import os
import re
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mmtui.domain.parameters import PARAMETERS, Settings, Value, find
from mmtui.errors import ConfigError, JournalError
from mmtui.runtime.config.loading import DEFAULT_FILE, LoadedConfig
from mmtui.runtime.config.toml_source import SIZE_MAX
from mmtui.runtime.config.writing import with_values
from mmtui.runtime.files import read_small_file, replace_file
from mmtui.runtime.redaction import HIDDEN, without_keys

MODE_NEW = 0o600
HEADER = "# mmtui configuration: `mmtui generate-config -` shows every setting.\n"
_ABSENT = "absent"
_WRITABLE = 0o222
_SECRET = re.compile(r"(.*\b(?:" + "|".join(row.name for row in PARAMETERS if row.secret) + r")[\"']?\s*=\s*)")


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file to be written: what it held when the difference was made, and what it shall hold."""

    path: Path
    was: str
    text: str
    fingerprint: str
    mode: int


@dataclass(frozen=True, slots=True)
class Saving:
    """What saving would do: files to write, and values that no file decides, each with what does."""

    edits: tuple[FileEdit, ...]
    elsewhere: tuple[str, ...]

    @property
    def diff(self) -> tuple[str, ...]:
        """The lines of a unified difference of all files, and a remark for each value that is left."""
        lines: list[str] = []
        for edit in self.edits:
            before, after = edit.was.splitlines(), edit.text.splitlines()
            lines += difflib.unified_diff(before, after, str(edit.path), str(edit.path), lineterm="")
        return (*(_without_secrets(line) for line in lines), *(f"# {line}" for line in self.elsewhere))

    @property
    def path(self) -> str:
        """The files by name."""
        return ", ".join(str(edit.path) for edit in self.edits)


def _without_secrets(line: str) -> str:
    """A line around a change as it may be shown and sent to a console."""
    found = _SECRET.match(line)
    return f"{found[1]}{HIDDEN}" if found else without_keys(line)


def live_edits(config: LoadedConfig, now: Settings, written: Collection[str] = ()) -> dict[str, Value]:
    """Live settings that differ from what the configuration gave at the start, and those ``written`` since."""
    return {
        row.key: value
        for row, value in now.items()
        if row.live and not row.secret and (row.key in written or value != config.settings.value(row.key))
    }


def prepared(config: LoadedConfig, edits: Mapping[str, Value], folder: Path) -> Saving:
    """What saving ``edits`` would do; without a file one is made in ``folder``. Raises ConfigError."""
    home = config.path if config.path is not None else folder / DEFAULT_FILE
    by_file: dict[Path, dict[str, Value]] = {}
    elsewhere: list[str] = []
    for key, value in edits.items():
        source = config.sources.get(key, "default")
        if source.startswith(("--", "MMTUI_")):
            elsewhere.append(f"{key} is set by {source}, which outweighs every file: change it there")
        else:
            by_file.setdefault(_file_of(source, home), {})[key] = value
    if config.path is None and home in by_file and home.exists():
        elsewhere.append(f"{home} is there, but this run did not read it")
    made = [_edited(path, values) for path, values in by_file.items()]
    return Saving(tuple(edit for edit in made if edit.text != edit.was), tuple(elsewhere))


def write(saving: Saving) -> None:
    """Writes every file, or none when one of them has changed since the difference was made. Raises ConfigError."""
    places = {edit.path.resolve(): edit for edit in saving.edits}
    with ExitStack() as stack:
        for folder in sorted({place.parent for place in places}):
            stack.enter_context(_alone_in(folder))
        for edit in saving.edits:
            if _read(edit.path)[1] != edit.fingerprint:
                raise ConfigError(
                    f"{edit.path} has changed since the difference was shown; nothing is written", remedy="save again"
                )
        written: list[str] = []
        for place, edit in places.items():
            try:
                replace_file(place, edit.text.encode(), mode=edit.mode)
            except JournalError as error:
                already = f"; {', '.join(written)} is written already" if written else ""
                raise ConfigError(f"{error.message}{already}", remedy="save again") from None
            written.append(str(edit.path))


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Keeps every other save, of this engine or another, out of a folder between the check and the writing."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise ConfigError(f"{folder} cannot be opened: {error.strerror}", remedy="check the folder") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise ConfigError("another save is under way there; nothing is written", remedy="save again") from None
    finally:
        os.close(descriptor)


def _file_of(source: str, home: Path) -> Path:
    """The file of a source such as ``/etc/mm.toml:12``; the main one for values no file gives."""
    if source == "default":
        return home
    name, _, line = source.rpartition(":")
    return Path(name if name and line.isdigit() else source)


def _edited(path: Path, values: Mapping[str, Value]) -> FileEdit:
    was, fingerprint, mode = _read(path)
    before = _held(path, was)
    changed = {key: value for key, value in values.items() if before.get(key) != value}
    text = with_values(was or HEADER, changed) if changed else was
    after = _held(path, text)
    for key, value in values.items():
        if after.get(key) != value:
            raise ConfigError(f"{key} cannot be changed in {path}", remedy="change it by hand")
    if any(after.get(key) != before.get(key) for key in (before.keys() | after.keys()) - values.keys()):
        raise ConfigError(f"{path} cannot be changed without touching other settings", remedy="change it by hand")
    if text != was and fingerprint != _ABSENT and not (mode & _WRITABLE and os.access(path, os.W_OK)):
        raise ConfigError(f"{path} is read-only", remedy="allow writing it (chmod u+w), or change it by hand")
    return FileEdit(path, was, text, fingerprint, mode)


def _held(path: Path, text: str) -> dict[str, object]:
    """What a file holds by key, under whatever name. Raises ConfigError for what is not TOML."""
    try:
        tables: object = tomllib.loads(text)
    except (ValueError, RecursionError):
        raise ConfigError(f"{path} cannot be read as TOML", remedy="correct the file first") from None
    return {row.key: value for name, value in _leaves(tables, "") if (row := find(name)) is not None}


def _leaves(table: object, prefix: str) -> list[tuple[str, object]]:
    if not isinstance(table, dict):
        return []
    found: list[tuple[str, object]] = []
    for name, value in table.items():
        dotted = f"{prefix}.{name}" if prefix else str(name)
        found += _leaves(value, dotted) if isinstance(value, dict) else [(dotted, value)]
    return [(name, value) for name, value in found if "." in name]


def _read(path: Path) -> tuple[str, str, int]:
    """Text, fingerprint and permissions of a file; those of a file to be made where there is none."""
    try:
        data, status = read_small_file(path, SIZE_MAX)
        text = data.decode("utf-8")
    except FileNotFoundError:
        return "", _ABSENT, MODE_NEW
    except UnicodeDecodeError:
        raise ConfigError(f"{path} cannot be changed: not text in UTF-8", remedy="correct the file first") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"{path} cannot be changed: {reason}", remedy="check the file and its owner") from None
    return text, hashlib.sha256(data).hexdigest(), stat.S_IMODE(status.st_mode)
