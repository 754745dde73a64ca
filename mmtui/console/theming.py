"""Colour themes: files read, checked whole, and turned into one style a role.

Owns the list of roles. A broken file never reaches the screen: it is skipped with one line naming
the file and what is wrong, and the built-in theme stands in. A theme says nothing by colour alone;
the rows carry a letter, a sign, a mark or a position for every meaning.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from rich.errors import StyleSyntaxError
from rich.style import Style

from mmtui.console.format import cut, plain

ROLES = (
    "text", "label", "rule", "title", "bid", "ask", "own-bid", "own-ask", "bid-depth", "ask-depth", "gain", "loss",
    "ok", "warn", "bad", "alarm", "stale", "live", "paper", "sim", "held", "key", "staged", "cursor", "gauge",
    "chart", "ask-block", "chosen",
)  # fmt: skip
FALLBACK = "built-in"
DEFAULT, ANSI, MONO = "default", "ansi", "mono"
FILE_SIZE_MAX = 64 * 1024


class ThemeError(ValueError):
    """What is wrong with a theme file, in one line."""


class Theme(NamedTuple):
    """Styles by role, and the background every cell starts from."""

    name: str
    styles: Mapping[str, Style]
    background: str = ""


_BUILT_IN = {
    "warn": "bold", "bad": "bold reverse", "alarm": "bold reverse", "title": "bold", "own-bid": "reverse",
    "own-ask": "reverse", "loss": "bold", "live": "bold reverse", "paper": "underline", "sim": "underline",
    "held": "reverse", "key": "bold", "staged": "bold", "cursor": "reverse", "ask-block": "reverse",
    "chosen": "reverse",
}  # fmt: skip


def built_in() -> Theme:
    """The theme that needs no file and no colour."""
    return Theme(FALLBACK, {role: Style.parse(_BUILT_IN.get(role, "none")) for role in ROLES})


def parse(name: str, text: str) -> Theme:
    """A theme from TOML; raises ThemeError with what is missing, unknown or not a style."""
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise ThemeError("not TOML: nested too deeply") from None
    except ValueError as error:  # a number of thousands of digits is one too
        raise ThemeError(f"not TOML: {error}") from error
    palette, roles = data.get("palette", {}), data.get("roles", {})
    if not isinstance(palette, dict) or not isinstance(roles, dict):
        raise ThemeError("needs a table [roles], and [palette] must be a table")
    missing = [role for role in ROLES if role not in roles]
    unknown = [role for role in roles if role not in ROLES]
    if missing or unknown:
        raise ThemeError(
            f"missing roles: {', '.join(missing) or 'none'}; unknown roles: {', '.join(unknown) or 'none'}"
        )
    background = _colour(str(data.get("background", "")), palette)
    base = _style("background", f"on {background}" if background else "none", {})
    styles = {role: base + _style(role, roles[role], palette) for role in ROLES}
    return Theme(name, styles, background)


def _colour(word: str, palette: Mapping[str, object]) -> str:
    return str(palette.get(word, word))


def _style(role: str, value: object, palette: Mapping[str, object]) -> Style:
    if not isinstance(value, str):
        raise ThemeError(f"role {role}: expected text such as 'bold red'")
    words = " ".join(_colour(word, palette) for word in value.split())
    try:
        return Style.parse(words or "none")
    except StyleSyntaxError as error:
        raise ThemeError(f"role {role}: {plain(str(error))}") from error


def folders(user: Path | None = None) -> list[Path]:
    """Where themes are: shipped inside the package, else beside it, then the user's own."""
    package = Path(__file__).resolve().parents[1]
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


class ThemeShelf:
    """Every theme that could be read, and one line for each that could not."""

    __slots__ = ("problems", "themes")

    def __init__(self, user: Path | None = None) -> None:
        self.themes: dict[str, Theme] = {}
        self.problems: list[str] = []
        for folder in folders(user):
            self._read_folder(folder)

    def _read_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            return
        for path in sorted(folder.glob("*.toml")):
            try:
                self.themes[path.stem] = parse(path.stem, _read(path))
            except (ThemeError, OSError, UnicodeDecodeError) as error:
                self.problems.append(cut(plain(f"theme {path.name} skipped: {error}"), 200))

    @property
    def names(self) -> tuple[str, ...]:
        """Themes that can be chosen."""
        return tuple(sorted(self.themes))

    def get(self, name: str) -> Theme:
        """A theme by name; the built-in one, with a problem noted, when there is none such."""
        theme = self.themes.get(name)
        if theme is None:
            self.problems.append(f"no theme {plain(name)!r}: have {', '.join(self.names) or 'none'}; using plain text")
            return built_in()
        return theme


def automatic(environment: Mapping[str, str] | None = None) -> str:
    """The theme that suits the terminal: none for NO_COLOR, sixteen colours over ssh, else the default."""
    env = os.environ if environment is None else environment
    if env.get("NO_COLOR") or env.get("TERM", "") in ("dumb", "vt100", "linux-m"):
        return MONO
    if env.get("SSH_CONNECTION") or env.get("COLORTERM", "").lower() not in ("truecolor", "24bit"):
        return ANSI
    return DEFAULT
