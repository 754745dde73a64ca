"""One row of the schema and the check of one value against it."""

import enum
import math
from typing import TypeAlias

import msgspec

Value: TypeAlias = bool | int | float | str | None

# Python refuses to print whole numbers of more than some thousand digits.
WHOLE_BITS_SHOWN = 190


class Kind(enum.Enum):
    """What type of value a parameter takes."""

    NUMBER = "number"
    COUNT = "whole number"
    FLAG = "true or false"
    TEXT = "text"
    CHOICE = "choice"


class Tightens(enum.Enum):
    """Which way an edit makes a risk limit stricter; the console may only go that way."""

    DOWN = "down"
    UP = "up"


class Refusal(msgspec.Struct, frozen=True):
    """Why a value was refused: what was found and what would be right."""

    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.found}; expected {self.expected}"
        return f"{text} ({self.hint})" if self.hint else text


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One setting. ``key`` is ``section.name``; a default of None means optional and unset.

    ``effect`` says in words what a higher value does; ``aliases`` are names the requirement
    documents use, accepted with a notice.
    """

    key: str
    kind: Kind
    default: Value
    help: str
    unit: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    live: bool = False
    tightens: Tightens | None = None
    aliases: tuple[str, ...] = ()
    effect: str = ""

    @property
    def section(self) -> str:
        """The TOML table the key lives in."""
        return self.key.rpartition(".")[0]

    @property
    def name(self) -> str:
        """The key without its section."""
        return self.key.rpartition(".")[2]

    @property
    def optional(self) -> bool:
        """Whether the setting may be left unset."""
        return self.default is None

    @property
    def secret(self) -> bool:
        """Whether the value must never be shown."""
        return self.name == "private_key"

    @property
    def bounds(self) -> str:
        """The permitted values in words."""
        if self.kind is Kind.CHOICE:
            return " | ".join(self.choices)
        if self.kind in (Kind.FLAG, Kind.TEXT):
            return str(self.kind.value)
        unit = f" {self.unit}" if self.unit else ""
        return f"{plain(self.low)} to {plain(self.high)}{unit}"

    def check(self, value: object) -> Value | Refusal:
        """The value in its proper type, or why it cannot be taken."""
        if value is None:
            return None if self.optional else Refusal("nothing", self.bounds)
        if self.kind is Kind.FLAG:
            return value if isinstance(value, bool) else Refusal(shown(value), "true or false")
        if self.kind is Kind.TEXT:
            return value if isinstance(value, str) else Refusal(shown(value), "text in quotes")
        if self.kind is Kind.CHOICE:
            return value if value in self.choices else Refusal(shown(value), self.bounds)
        return self._check_number(value)

    def parse(self, text: str) -> Value | Refusal:
        """As ``check`` for text from a flag, the environment or the editor."""
        stripped = text.strip()
        if stripped == "" and self.optional:
            return None
        if self.kind is Kind.FLAG:
            flag = {"true": True, "yes": True, "on": True, "1": True}.get(stripped.lower())
            if flag is None and stripped.lower() in {"false", "no", "off", "0"}:
                flag = False
            return Refusal(shown(text), "true or false") if flag is None else flag
        if self.kind in (Kind.TEXT, Kind.CHOICE):
            return self.check(stripped)
        try:
            number = float(stripped) if "_" not in stripped else math.nan
        except ValueError:
            return Refusal(shown(text), f"a number, {self.bounds}")
        return self._check_number(int(number) if math.isfinite(number) and number.is_integer() else number)

    def _check_number(self, value: object) -> Value | Refusal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return Refusal(shown(value), f"a number, {self.bounds}")
        if not self.low <= value <= self.high:
            return Refusal(shown(value), self.bounds)
        if self.kind is Kind.COUNT:
            return int(value) if float(value).is_integer() else Refusal(shown(value), f"a whole number, {self.bounds}")
        return float(value)


def plain(value: float) -> str:
    """A bound without needless digits."""
    return f"{value:g}" if math.isfinite(value) else "any"


def shown(value: object) -> str:
    """What was found, short enough for one line."""
    if isinstance(value, int) and value.bit_length() > WHOLE_BITS_SHOWN:
        return f"a whole number of {value.bit_length()} bits"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
