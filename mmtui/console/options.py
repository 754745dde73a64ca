"""What the caller of a console chooses, and how a console ends."""

import enum
from collections.abc import Mapping
from pathlib import Path


class EndReason(enum.Enum):
    """Why a console ended."""

    STOP = "stop"
    DETACH = "detach"
    HANGUP = "hangup"
    CRASH = "crash"


class ConsoleEnd:
    """How a console ended; ``message`` is one line for people, without any value of a variable."""

    __slots__ = ("message", "reason")

    def __init__(self, reason: EndReason, message: str = "") -> None:
        self.reason = reason
        self.message = message


class ConsoleOptions:
    """Who is at the keys, theme, rate, own keys (key to action id) and themes folder, glyphs, mouse."""

    __slots__ = ("is_unicode", "keys", "mouse", "name", "rate_hz", "theme", "themes")

    def __init__(
        self,
        *,
        name: str = "op",
        theme: str = "auto",
        rate_hz: float = 10.0,
        is_unicode: bool | None = None,
        keys: Mapping[str, str] | None = None,
        themes: Path | None = None,
        mouse: bool = False,
    ) -> None:
        self.name = name
        self.theme = theme
        self.rate_hz = rate_hz
        self.is_unicode = is_unicode
        self.keys = dict(keys or {})
        self.themes = themes
        self.mouse = mouse
