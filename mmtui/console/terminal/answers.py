"""The terminal's answers to status reports, taken out of what is typed. Pure.

An answer arrives among the keys and would be read as keys. One that is cut in two by the line is put
together again, for as long as a lone escape is given to become a sequence.
"""

READY = "\x1b[0n"


class Answers:
    """Splits what the terminal sends into typed text and a count of answers."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = ""

    def take(self, text: str) -> tuple[str, int]:
        """What was typed, and how many answers were among it; the start of a possible answer is held back."""
        parts = (self._held + text).split(READY)
        last = parts[-1]
        held = next((n for n in range(len(READY) - 1, 1, -1) if last.endswith(READY[:n])), 0)
        self._held = last[len(last) - held :] if held else ""
        parts[-1] = last[: len(last) - held] if held else last
        return "".join(parts), len(parts) - 1

    def rest(self) -> str:
        """What was held back and became nothing."""
        held, self._held = self._held, ""
        return held
