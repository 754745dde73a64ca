"""What is left of text and of recorded messages before they enter a bundle: no secret in any form.

Owns two rules: what is known to be secret is blanked wherever it stands, and what has the shape of a key is
blanked too, except that a recording keeps the public hashes of transactions under their own name.
"""

import re

import msgspec

from mmtui.runtime.redaction import HIDDEN, Redactor, without_keys

_KEY_LONG = re.compile(rb"[0-9a-fA-F]{64,}")
_NAME_OF_HASH = re.compile(rb'"hash":\s?"(?:0[xX])?$')


class Cleaner:
    """Blanks the secrets given, in every form, and what looks like one."""

    __slots__ = ("_forms", "_redactor")

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self._redactor = Redactor()
        for secret in secrets:
            self._redactor.hide_text(secret)
            self._redactor.hide_text(msgspec.json.encode(secret)[1:-1].decode())
        self._forms = tuple(form.lower().encode() for form in self._redactor.forms)

    def text(self, text: str) -> str:
        """Text for people."""
        return without_keys(self._redactor.clean(text))

    def line(self, line: bytes) -> bytes:
        """A recorded message, one line of JSON."""
        lower = line.lower()
        if any(form in lower for form in self._forms):
            line = self._redactor.clean(line.decode(errors="replace")).encode()
        return _KEY_LONG.sub(_unless_hash, line)


def _unless_hash(found: re.Match[bytes]) -> bytes:
    before = found.string[max(0, found.start() - 12) : found.start()]
    return found[0] if _NAME_OF_HASH.search(before) else HIDDEN.encode()
