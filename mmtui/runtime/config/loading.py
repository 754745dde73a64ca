"""Where the settings come from: defaults, included files, file, environment, flags, in that order of weight.

Owns the merging, the provenance of every value and the collection of every problem at once
(ConfigError). Never writes a file, and never lets a private key into ``Settings``: keys found here
are handed on hidden, for ``runtime.secrets`` to judge. Answers F101 to F103.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from mmtui.domain.parameters import (
    PARAMETERS,
    SECTIONS,
    Parameter,
    Refusal,
    Settings,
    Value,
    cross_problems,
    find,
    notices,
)
from mmtui.errors import ConfigError, Problem
from mmtui.runtime.config.including import INCLUDE, Including, included_files
from mmtui.runtime.config.toml_source import Entry, TomlFile, read_toml
from mmtui.runtime.redaction import HIDDEN, HiddenText, without_keys

DEFAULT_FILE = "market_maker.toml"
ENVIRONMENT_PREFIX = "MMTUI_"
OTHER_VARIABLES = frozenset({"MMTUI_KEY_FILE", "MMTUI_KEYSTORE", "MMTUI_KEYSTORE_PASSWORD_FILE", "MMTUI_LOG"})
DEX_ALIASES = {"hyena": "hyna", "felix": "flx"}
_NUMBER_OR_WORD = frozenset({"trading.leverage", "estimators.microprice_clamp"})
_KNOWN_SECTIONS = frozenset(SECTIONS)
_VARIABLES = {ENVIRONMENT_PREFIX + p.key.replace(".", "_").upper(): p for p in PARAMETERS}

FlagTexts: TypeAlias = Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedConfig:
    """Checked settings with the source of each value: ``default``, ``FILE:LINE``, a variable or a flag.

    ``notices`` are lines for people: aliases used, unusual combinations. ``config_key`` and
    ``flag_key`` are private keys met on the way, hidden; ``settings`` itself never holds one.
    """

    settings: Settings
    sources: dict[str, str]
    path: Path | None
    notices: tuple[str, ...]
    config_key: tuple[str, HiddenText] | None = None
    flag_key: tuple[str, HiddenText] | None = None


@dataclass(slots=True)
class _Merge:
    values: dict[str, Value] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=lambda: {p.key: "default" for p in PARAMETERS})
    keys: dict[str, tuple[str, HiddenText]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)

    def take(self, row: Parameter, checked: Value | Refusal, source: str, raw: object) -> None:
        if isinstance(checked, Refusal):
            text = (
                f"{raw:#x}" if isinstance(raw, int) else repr(raw)
            )  # decimal text of an endless integer is refused by Python
            is_key = without_keys(text) != text
            self.refuse(row.key, f"{source} {row.key}", Refusal(HIDDEN, checked.expected) if is_key else checked)
            return
        self.values[row.key] = checked
        self.sources[row.key] = source

    def refuse(self, key: str, where: str, refusal: Refusal) -> None:
        self.refused.add(key)
        self.problems.append(Problem(where, refusal.found, refusal.expected, refusal.hint))


def load(
    *,
    path: Path | None,
    environment: Mapping[str, str],
    flags: FlagTexts,
    folder: Path,
    reads_file: bool = True,
) -> LoadedConfig:
    """The settings of one run.

    ``path`` is the explicit ``--config`` (its absence is an error); without it ``market_maker.toml``
    is looked for in ``folder`` and in ``$XDG_CONFIG_HOME/mmtui``, unless ``reads_file`` is False.
    ``flags`` maps a key to the flag's name and its text. Raises ConfigError with every problem found.
    """
    merge = _Merge()
    file = _find_file(path, environment, folder, merge) if reads_file or path else None
    including = included_files(file, _KNOWN_SECTIONS) if file is not None else Including((), ())
    merge.problems.extend(including.problems)
    for included in including.files:
        _merge_file(merge, included, is_included=True)
    if file is not None:
        profile = {key: source for key, source in merge.sources.items() if source != "default"}
        _merge_file(merge, file)
        merge.notices.extend(_covered(merge, profile))
    _merge_environment(merge, environment)
    _merge_flags(merge, flags)
    _resolve_dex(merge)
    settings = Settings.defaults().with_values(merge.values)
    if settings.text("network.base_url") == "mainnet":
        merge.problems.extend(_open_to_others(file, *including.files))
    for key, refusal in cross_problems(settings):
        if key not in merge.refused:
            merge.refuse(key, f"{merge.sources[key]} {key}", refusal)
    if merge.problems:
        count = len(merge.problems)
        raise ConfigError(
            f"the configuration has {count} problem{'s' if count > 1 else ''}",
            problems=merge.problems,
        )
    return LoadedConfig(
        settings=settings,
        sources=merge.sources,
        path=file.path if file else None,
        notices=(*merge.notices, *notices(settings)),
        config_key=merge.keys.get("config"),
        flag_key=merge.keys.get("flag"),
    )


def _covered(merge: _Merge, profile: Mapping[str, str]) -> list[str]:
    """A notice where the file's own values stand above included ones: a whole generated file covers them all."""
    covered = [key for key, source in profile.items() if merge.sources[key] != source]
    if not covered:
        return []
    names = ", ".join(covered)
    return [f"not used from included files, because this file sets them too: {names}"]


def _open_to_others(*files: TomlFile | None) -> list[Problem]:
    return [
        Problem(str(file.path), "writable by others", "a file only its owner can write, on mainnet", "chmod 600")
        for file in files
        if file is not None and file.mode & 0o022
    ]


def variable_name(row: Parameter) -> str:
    """The environment variable that sets ``row``."""
    return ENVIRONMENT_PREFIX + row.key.replace(".", "_").upper()


def default_paths(environment: Mapping[str, str], folder: Path) -> tuple[Path, Path]:
    """Where a configuration is looked for when none is named."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    return folder / DEFAULT_FILE, Path(home) / "mmtui" / DEFAULT_FILE


def _find_file(path: Path | None, environment: Mapping[str, str], folder: Path, merge: _Merge) -> TomlFile | None:
    for candidate in [path] if path else default_paths(environment, folder):
        try:
            return read_toml(candidate, _KNOWN_SECTIONS)
        except (FileNotFoundError, NotADirectoryError):
            continue
    if path is not None:
        raise ConfigError(f"there is no file {path}", remedy="write one with `mmtui generate-config PATH`")
    merge.notices.append(f"no {DEFAULT_FILE} found: every setting has its default (`mmtui generate-config` writes one)")
    return None


def _merge_file(merge: _Merge, file: TomlFile, *, is_included: bool = False) -> None:
    seen: dict[str, str] = {}
    for entry in file.entries:
        if entry.path == INCLUDE:
            continue
        source = f"{file.path}:{entry.line}" if entry.line else str(file.path)
        row = find(entry.path) if "." in entry.path else None
        if row is None:
            merge.problems.append(_unknown(entry, source))
            continue
        if row.key in seen:
            merge.problems.append(
                Problem(f"{source} {entry.path}", f"set twice, also as {seen[row.key]}", f"{row.key} once")
            )
            continue
        seen[row.key] = entry.path
        if row.secret and is_included:
            wanted = Refusal(HIDDEN, "no key in an included file", "name a key file in MMTUI_KEY_FILE")
            merge.refuse(row.key, f"{source} {row.key}", wanted)
            continue
        _take_entry(merge, row, entry, source)
        if entry.path != row.key:
            unit = f", in {row.unit}" if row.unit else ""
            merge.notices.append(f"{source}: {entry.path} is read as {row.key}{unit}")


def _take_entry(merge: _Merge, row: Parameter, entry: Entry, source: str) -> None:
    value = entry.value
    if row.secret:
        if isinstance(value, str):
            merge.keys["config"] = (source, HiddenText(value))
        else:
            merge.refuse(row.key, f"{source} {row.key}", Refusal("not text", "text in quotes"))
        return
    if row.key in _NUMBER_OR_WORD and isinstance(value, int | float) and not isinstance(value, bool):
        value = f"{value:g}"
    merge.take(row, row.check(value), source, value)


def _merge_environment(merge: _Merge, environment: Mapping[str, str]) -> None:
    for name in sorted(environment):
        if not name.startswith(ENVIRONMENT_PREFIX) or name in OTHER_VARIABLES:
            continue
        row = _VARIABLES.get(name)
        if row is None:
            known = [*_VARIABLES, *OTHER_VARIABLES]
            merge.problems.append(Problem(name, "no such variable", "a setting's name", _nearest(name, known)))
        elif row.secret:
            merge.keys["config"] = (name, HiddenText(environment[name]))
        else:
            merge.take(row, row.parse(environment[name]), name, environment[name])


def _merge_flags(merge: _Merge, flags: FlagTexts) -> None:
    for key, (name, text) in flags.items():
        row = find(key)
        if row is None:
            nearest = _nearest(key, [p.key for p in PARAMETERS])
            merge.problems.append(Problem(name, f"no such setting: {without_keys(key)}", "a known key", nearest))
        elif row.secret:
            merge.keys["flag"] = (name, HiddenText(text))
        else:
            merge.take(row, row.parse(text), name, text)


def _resolve_dex(merge: _Merge) -> None:
    name = merge.values.get("trading.dex")
    if isinstance(name, str) and name in DEX_ALIASES:
        merge.values["trading.dex"] = DEX_ALIASES[name]
        merge.notices.append(f"dex {name} is called {DEX_ALIASES[name]} by the exchange")


def _unknown(entry: Entry, source: str) -> Problem:
    where = f"{source} {entry.path}"
    if isinstance(entry.value, dict):
        return Problem(where, "no such section", "one of " + ", ".join(f"[{s}]" for s in SECTIONS))
    section, _, name = entry.path.rpartition(".")
    elsewhere = find(name)
    if elsewhere is not None:
        place = f"[{elsewhere.section}] {elsewhere.name}"
        return Problem(where, "no such setting here", f"{place}", "it belongs in that section")
    names = [p.key for p in PARAMETERS if p.section == section] or [p.key for p in PARAMETERS]
    return Problem(where, "no such setting", "a known key", _nearest(entry.path, names))


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"nearest: {close[0]}" if close else "see `mmtui generate-config -`"
