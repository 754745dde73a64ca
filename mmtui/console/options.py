"""What the caller of a console chooses, and how a console ends.

Owns where a console's own files are: ``keys.toml`` and ``themes/`` in ``$XDG_CONFIG_HOME/mmtui``, written panes
in ``exports/`` of the state folder. Touches no file.
"""

import enum
from collections.abc import Mapping
from pathlib import Path

from mmtui.console.link import Roster
from mmtui.domain.parameters import Settings

KEYS_FILE, THEMES_FOLDER, EXPORTS_FOLDER = "keys.toml", "themes", "exports"


class EndReason(enum.Enum):
    """Why a console ended."""

    STOP = "stop"
    DETACH = "detach"
    HANGUP = "hangup"
    CRASH = "crash"
    ENDED = "ended"


class ConsoleEnd:
    """How a console ended; ``message`` is one line for people, without any value of a variable."""

    __slots__ = ("message", "reason")

    def __init__(self, reason: EndReason, message: str = "") -> None:
        self.reason = reason
        self.message = message


class ConsoleOptions:
    """Who is at the keys, theme, rate, own keys (key to action id, and a file of them), glyphs.

    ``line_kib_s`` bounds what goes to the terminal, in KiB a second.
    ``roster`` knows of the engines that this console can be switched to.
    ``themes`` is the folder of own themes, ``exports`` the one that panes are written to; None: there is none.
    """

    __slots__ = (
        "exports",
        "is_unicode",
        "keys",
        "keys_file",
        "line_kib_s",
        "name",
        "rate_hz",
        "roster",
        "theme",
        "themes",
    )

    def __init__(
        self,
        *,
        name: str = "op",
        theme: str = "auto",
        rate_hz: float = 10.0,
        is_unicode: bool | None = None,
        keys: Mapping[str, str] | None = None,
        keys_file: Path | None = None,
        themes: Path | None = None,
        exports: Path | None = None,
        line_kib_s: float = 60.0,
        roster: Roster | None = None,
    ) -> None:
        self.name = name
        self.theme = theme
        self.rate_hz = rate_hz
        self.is_unicode = is_unicode
        self.keys = dict(keys or {})
        self.keys_file = keys_file
        self.themes = themes
        self.exports = exports
        self.line_kib_s = line_kib_s
        self.roster = roster


def console_options(settings: Settings, environment: Mapping[str, str], *, name: str, state: Path) -> ConsoleOptions:
    """The options of a console for the person who runs the program, with the engine inside or attached."""
    home = environment.get("XDG_CONFIG_HOME") or str(Path(environment.get("HOME") or "~").expanduser() / ".config")
    folder = Path(home) / "mmtui"
    return ConsoleOptions(
        name=name,
        theme=settings.text("console.theme"),
        rate_hz=settings.number("console.rate_hz"),
        line_kib_s=settings.number("console.line_kib_s"),
        keys_file=folder / KEYS_FILE,
        themes=folder / THEMES_FOLDER,
        exports=state / EXPORTS_FOLDER,
    )
