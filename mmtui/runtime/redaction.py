"""Keeping secrets out of everything that is written or shown.

Owns the wrapper that hides a secret text, and the filter that blanks known secrets, in every form
a key can take, and anything that looks like a private key where text from outside is quoted.
Answers F105.
"""

import base64
import re
from typing import NoReturn

HIDDEN = "[hidden]"
_FORM_MIN = 16  # a shorter form, of a key that is a small number, would blank ordinary text
_KEY_LIKE = re.compile(r"(?:0[xX])?[0-9a-fA-F]{41,}")  # longer than an address


class HiddenText:
    """A text that shows only that it is there; ``reveal`` is the one way out."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        raise TypeError("a secret is not compared")

    def __hash__(self) -> int:
        raise TypeError("a secret is not hashed")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled or copied")


class Redactor:
    """Blanks registered secrets in any text; cheap when none is registered."""

    __slots__ = ("_pattern", "_texts")

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    @property
    def forms(self) -> tuple[str, ...]:
        """Every text that is blanked, for a process of ours that writes too; never to be shown."""
        return tuple(self._texts)

    def hide_bytes(self, secret: bytes) -> None:
        """Blanks the forms a key is commonly written in: hexadecimal, decimal, base64, Python bytes."""
        forms = {
            secret.hex(),
            secret.hex().lstrip("0"),
            str(int.from_bytes(secret, "big")),
            base64.b64encode(secret).decode(),
            base64.urlsafe_b64encode(secret).decode(),
            repr(secret)[2:-1],
            secret.hex(" "),
            secret.hex(":"),
        }
        self._texts |= {form for form in forms if len(form) >= _FORM_MIN}
        self._compile()

    def hide_text(self, secret: str) -> None:
        """Blanks a text, such as a password, of four characters and more."""
        if len(secret) >= 4:
            self._texts.add(secret)
            self._compile()

    def clean(self, text: str) -> str:
        """``text`` with every registered secret blanked."""
        return text if self._pattern is None else self._pattern.sub(HIDDEN, text)

    def _compile(self) -> None:
        longest_first = sorted(self._texts, key=len, reverse=True)
        self._pattern = re.compile("(?:0x)?(?:" + "|".join(map(re.escape, longest_first)) + ")", re.IGNORECASE)

    def __repr__(self) -> str:
        return f"Redactor({len(self._texts)} forms)"


def without_keys(text: str) -> str:
    """``text`` with everything that has the shape of a private key blanked: for quoting user input."""
    return _KEY_LIKE.sub(HIDDEN, text)
