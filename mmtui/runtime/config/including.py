"""Files that a configuration includes: ``include = "profile.toml"``, or a list of them.

Owns where they are looked for, which is beside the file that names them, and what may not be: a file that
is absent or broken, one that includes others. Never merges a value.
"""

from dataclasses import dataclass
from pathlib import Path

from mmtui.errors import ConfigError, Problem
from mmtui.runtime.config.toml_source import Entry, TomlFile, read_toml
from mmtui.runtime.redaction import without_keys

INCLUDE = "include"
FILES_MAX = 10
_EXPECTED = "a file name in quotes, or a list of them, above the first [section]"


@dataclass(frozen=True, slots=True)
class Including:
    """The files included, in order of rising weight, and everything wrong with them."""

    files: tuple[TomlFile, ...]
    problems: tuple[Problem, ...]


def included_files(file: TomlFile, sections: frozenset[str]) -> Including:
    """Reads every file that ``file`` includes; what cannot be read becomes a problem."""
    entry = _include_of(file)
    if entry is None:
        return Including((), ())
    where = f"{file.path}:{entry.line} {INCLUDE}" if entry.line else f"{file.path} {INCLUDE}"
    names = [entry.value] if isinstance(entry.value, str) else entry.value
    if not (isinstance(names, list) and names and all(isinstance(name, str) and name for name in names)):
        return Including((), (Problem(where, "no file name", _EXPECTED),))
    if len(names) > FILES_MAX:
        return Including((), (Problem(where, f"{len(names)} files", f"at most {FILES_MAX}"),))
    files: list[TomlFile] = []
    problems: list[Problem] = []
    for name in names:
        path = file.path.parent / Path(name).expanduser()
        try:
            included = read_toml(path, sections)
        except (FileNotFoundError, NotADirectoryError):
            problems.append(
                Problem(
                    where, f"there is no file {without_keys(str(path))}", "a file that exists", "`mmtui calibrate -o`"
                )
            )
        except ConfigError as error:
            problems.extend(error.problems)
        else:
            files.append(included)
            problems.extend(_nested(included))
    return Including(tuple(files), tuple(problems))


def _include_of(file: TomlFile) -> Entry | None:
    return next((entry for entry in file.entries if entry.path == INCLUDE), None)


def _nested(file: TomlFile) -> list[Problem]:
    entry = _include_of(file)
    if entry is None:
        return []
    where = f"{file.path}:{entry.line}" if entry.line else str(file.path)
    return [Problem(f"{where} {INCLUDE}", "an included file that includes another", "every file named in one list")]
