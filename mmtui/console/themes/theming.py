"""Colour themes: files read, checked whole, and turned into one style a role.

Owns the list of roles. A broken file never reaches the screen: it is skipped with one line naming
the file and what is wrong, and the built-in theme stands in. A theme says nothing by colour alone;
the rows carry a letter, a sign, a mark or a position for every meaning.
"""

import os
import stat
import sys
import tomllib
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from rich.errors import StyleSyntaxError
from rich.style import Style

from mmtui.console.format import cut, plain
from mmtui.console.themes.meanings import MEANINGS

ROLES = tuple(MEANINGS)
FIELDS = ("ansi", "background", "mode_of", "palette", "roles")
RUN_KINDS = ("LIVE", "PAPER", "DRY-RUN", "SIM", "REPLAY")
FALLBACK = "built-in"
DEFAULT, ANSI, MONO = "default", "ansi", "mono"
COLOURLESS = ("dumb", "unknown", "vt52", "vt100", "vt102", "vt220", "xterm-mono", "linux-m", "screen-m")
WITHOUT_GLYPHS = ("dumb", "unknown", "linux", "linux-m", "vt52", "vt100", "vt102", "vt220")
FILE_SIZE_MAX = 64 * 1024
FILES_MAX = 200
NO_MODES: Mapping[str, str] = MappingProxyType({})
Stamp: TypeAlias = tuple[tuple[str, int, int, int], ...]


class ThemeError(ValueError):
    """What is wrong with a theme file, in one line."""


class Theme(NamedTuple):
    """Styles by role, and the background every cell starts from.

    ``mode_of`` names another theme for kinds of run, so that LIVE can look unlike PAPER.
    """

    name: str
    styles: Mapping[str, Style]
    background: str = ""
    mode_of: Mapping[str, str] = NO_MODES


_BUILT_IN = {
    "warn": "bold", "bad": "bold reverse", "alarm": "bold reverse", "title": "bold", "own-bid": "reverse",
    "own-ask": "reverse", "loss": "bold", "live": "bold reverse", "paper": "underline", "sim": "underline",
    "held": "reverse", "key": "bold", "staged": "bold", "cursor": "reverse", "ask-block": "reverse",
    "chosen": "reverse",
}  # fmt: skip


def built_in() -> Theme:
    """The theme that needs no file and no colour."""
    return Theme(FALLBACK, _shared({role: Style.parse(_BUILT_IN.get(role, "none")) for role in ROLES}))


def parse(name: str, text: str) -> Theme:
    """A theme from TOML; raises ThemeError with what is missing, unknown or not a style."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ThemeError("not TOML: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits is one too
        raise ThemeError(f"not TOML: {error}") from error
    strange = sorted(data.keys() - set(FIELDS))
    if strange:
        raise ThemeError(f"unknown field: {plain(', '.join(strange))}; a theme has {', '.join(FIELDS)}")
    palette, roles = _table(data, "palette"), _table(data, "roles")
    missing = [role for role in ROLES if role not in roles]
    unknown = [role for role in roles if role not in ROLES]
    if missing or unknown:
        raise ThemeError(
            f"missing roles: {', '.join(missing) or 'none'}; unknown roles: {', '.join(unknown) or 'none'}"
        )
    background = _colour(str(data.get("background", "")), palette)
    base = _style("background", f"on {background}" if background else "none", {})
    styles = _shared({role: base + _style(role, roles[role], palette) for role in ROLES})
    if data.get("ansi", False):
        _check_ansi(styles)
    return Theme(name, styles, background, _modes(_table(data, "mode_of")))


def _shared(styles: dict[str, Style]) -> dict[str, Style]:
    """The same object for equal styles, so that neighbours of one look are told by identity."""
    known: dict[Style, Style] = {}
    return {role: known.setdefault(style, style) for role, style in styles.items()}


def _table(data: Mapping[str, object], name: str) -> dict[str, object]:
    table = data.get(name, {})
    if not isinstance(table, dict):
        raise ThemeError(f"{name} must be a table: [{name}]")
    return table


def _modes(table: Mapping[str, object]) -> Mapping[str, str]:
    modes = {kind: name for kind, name in table.items() if kind in RUN_KINDS and isinstance(name, str)}
    if len(modes) < len(table):
        wrong = next(kind for kind in table if kind not in modes)
        raise ThemeError(f"mode_of {plain(wrong)}: give the name of a theme for any of {', '.join(RUN_KINDS)}")
    return modes


def _check_ansi(styles: Mapping[str, Style]) -> None:
    """A theme that says so may use only the colours that the terminal itself chooses."""
    for role, style in styles.items():
        for colour in (style.color, style.bgcolor):
            if colour is not None and not colour.is_default and not (colour.number is not None and colour.number < 16):
                raise ThemeError(f"role {role}: {colour.name} is not one of the terminal's sixteen colours")


def _colour(word: str, palette: Mapping[str, object]) -> str:
    return str(palette.get(word, word))


def _style(role: str, value: object, palette: Mapping[str, object]) -> Style:
    if not isinstance(value, str):
        raise ThemeError(f"role {role}: expected text such as 'bold red'")
    words = " ".join(_colour(word, palette) for word in value.split())
    try:
        return Style.parse(words or "none")
    except StyleSyntaxError as error:
        raise ThemeError(f"role {role}: {plain(value)!r} is not a style such as 'bold red'") from error


def folders(user: Path | None = None) -> list[Path]:
    """Where themes are: shipped inside the package, else beside it, then the user's own."""
    package = Path(__file__).resolve().parents[2]
    shipped = package / "themes"
    found = [shipped if shipped.is_dir() else package.parent / "themes"]
    return [*found, user] if user is not None else found


def _read(path: Path) -> str:
    """The text of a theme file, never waiting on a pipe or device; raises ThemeError, OSError."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise ThemeError("not a regular file")
        data = stream.read(FILE_SIZE_MAX + 1)
    if len(data) > FILE_SIZE_MAX:
        raise ThemeError("larger than a theme can be")
    return data.decode("utf-8")


def _files(folder: Path) -> list[Path]:
    """The theme files of a folder in order of name; of a folder with too many only some."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in islice(entries, FILES_MAX) if entry.name.endswith(".toml"))
    except OSError:
        return []


def stamp(folder: Path) -> Stamp:
    """What tells whether a theme file of the folder has changed: name, inode, size and time of each."""
    marks = []
    for path in _files(folder):
        try:
            seen = path.stat()
        except OSError:
            continue
        marks.append((path.name, seen.st_ino, seen.st_size, seen.st_mtime_ns))
    return tuple(marks)


class ThemeShelf:
    """Every theme that could be read, and one line for each that could not."""

    __slots__ = ("problems", "themes")

    def __init__(self, user: Path | None = None) -> None:
        self.themes: dict[str, Theme] = {}
        self.problems: list[str] = []
        for folder in folders(user):
            self._read_folder(folder)

    def _read_folder(self, folder: Path) -> None:
        for path in _files(folder):
            try:
                self.themes[path.stem] = parse(path.stem, _read(path))
            except (ThemeError, OSError, UnicodeDecodeError) as error:
                self.problems.append(cut(plain(f"theme {path.name} skipped: {error}"), 200))

    @property
    def names(self) -> tuple[str, ...]:
        """Themes that can be chosen."""
        return tuple(sorted(self.themes))

    def of_run(self, name: str, run_kind: str) -> Theme:
        """The theme chosen, or the one that it names for this kind of run."""
        theme = self.get(name)
        return self.get(theme.mode_of[run_kind]) if run_kind in theme.mode_of else theme

    def get(self, name: str) -> Theme:
        """A theme by name; the built-in one, with a problem noted, when there is none such."""
        theme = self.themes.get(name)
        if theme is None:
            problem = f"no theme {plain(name)!r}: have {', '.join(self.names) or 'none'}; using plain text"
            if problem not in self.problems:
                self.problems.append(problem)
            return built_in()
        return theme


def automatic(environment: Mapping[str, str] | None = None) -> str:
    """The theme that suits the terminal: none for NO_COLOR, sixteen colours over ssh, else the default."""
    env = os.environ if environment is None else environment
    if env.get("NO_COLOR") or env.get("TERM", "") in COLOURLESS:
        return MONO
    if env.get("SSH_CONNECTION") or env.get("COLORTERM", "").lower() not in ("truecolor", "24bit"):
        return ANSI
    return DEFAULT


def is_unicode(environment: Mapping[str, str] | None = None, *, is_c_locale: bool | None = None) -> bool:
    """Whether the terminal can be trusted with blocks and braille, each one cell wide.

    Not in the C locale (where Python turns to UTF-8 by itself, so that asking it tells nothing), not on a
    terminal without the glyphs, and not in Chinese, Japanese and Korean locales, whose terminals may draw
    blocks two cells wide.
    """
    env = os.environ if environment is None else environment
    is_plain = sys.flags.utf8_mode == 1 and not env.get("PYTHONUTF8") if is_c_locale is None else is_c_locale
    name = env.get("LC_ALL") or env.get("LC_CTYPE") or env.get("LANG") or ""
    encoding = (name.partition(".")[2].partition("@")[0] or name).lower().replace("-", "")
    is_wide = name[:2] in ("zh", "ja", "ko")
    return not is_plain and encoding == "utf8" and not is_wide and env.get("TERM", "") not in WITHOUT_GLYPHS
