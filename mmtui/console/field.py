"""A one-line text field, as state: text, cursor, history, completion. Pure.

The console's only place for typing. It never acts on what it holds: enter hands the text to
whoever opened it, and a paste only ever adds text.
"""

from collections.abc import Callable, Sequence

from mmtui.console.format import plain

LENGTH_MAX = 200
STEPS = {"up": 1, "down": -1, "pageup": 10, "pagedown": -10}
Complete = Callable[[str], Sequence[str]]
Step = Callable[[str, int], str]
"""The text after so many steps of the value it holds."""


class Field:
    """What is being typed, for what purpose, and where the cursor is; ``chosen`` is the line of a list, -1 for none."""

    __slots__ = (
        "chosen",
        "complete",
        "cursor",
        "history",
        "place",
        "prompt",
        "purpose",
        "purpose_key",
        "step",
        "text",
    )

    def __init__(
        self,
        purpose: str,
        prompt: str,
        *,
        text: str = "",
        history: Sequence[str] = (),
        complete: Complete | None = None,
        purpose_key: str = "",
    ) -> None:
        self.purpose = purpose
        self.purpose_key = purpose_key
        self.prompt = prompt
        self.text = text
        self.cursor = len(text)
        self.history = list(history)
        self.place = len(self.history)
        self.chosen = -1
        self.complete = complete
        self.step: Step | None = None

    def insert(self, text: str) -> None:
        """Add characters at the cursor; a paste arrives here whole and never submits."""
        self.chosen = -1
        clean = plain(text)[: LENGTH_MAX - len(self.text)]
        self.text = self.text[: self.cursor] + clean + self.text[self.cursor :]
        self.cursor += len(clean)

    def press(self, key: str) -> bool:
        """Edit by one key; False when the key does not edit."""
        count = STEPS.get(key)
        if self.step is not None and count is not None:
            self.text = self.step(self.text, count)
            self.cursor = len(self.text)
            return True
        edit = _EDITS.get(key)
        if edit is not None:
            edit(self)
            return True
        if len(key) == 1 or key == "space":
            self.insert(" " if key == "space" else key)
            return True
        return False

    @property
    def is_recalling(self) -> bool:
        """Whether the line is one typed before."""
        return self.place < len(self.history) and self.text == self.history[self.place]

    def replace(self, text: str) -> None:
        """Put another line in place of what was typed."""
        self.text, self.cursor, self.chosen = text, len(text), -1

    def _remove(self, start: int, end: int) -> None:
        self.chosen = -1
        start = max(start, 0)
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start

    def _word_back(self) -> None:
        head = self.text[: self.cursor].rstrip()
        self._remove(head.rfind(" ") + 1, self.cursor)

    def _recall(self, step: int) -> None:
        place = self.place + step
        if 0 <= place <= len(self.history):
            self.place = place
            self.text = self.history[place] if place < len(self.history) else ""
            self.cursor = len(self.text)

    def _move(self, cursor: int) -> None:
        self.cursor = min(max(cursor, 0), len(self.text))

    def choices(self) -> Sequence[str]:
        """Completions of the whole text."""
        return self.complete(self.text) if self.complete else ()

    def _complete(self) -> None:
        choices = self.choices()
        if choices:
            shared = _shared_start(choices)
            self.text = shared if len(shared) > len(self.text) else self.text
            self.cursor = len(self.text)


def _shared_start(texts: Sequence[str]) -> str:
    first, last = min(texts), max(texts)
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first if len(texts) == 1 else first[:same]


_EDITS: dict[str, Callable[[Field], None]] = {
    "backspace": lambda f: f._remove(f.cursor - 1, f.cursor),
    "delete": lambda f: f._remove(f.cursor, f.cursor + 1),
    "left": lambda f: f._move(f.cursor - 1),
    "right": lambda f: f._move(f.cursor + 1),
    "home": lambda f: f._move(0),
    "end": lambda f: f._move(len(f.text)),
    "ctrl+u": lambda f: f._remove(0, f.cursor),
    "ctrl+w": lambda f: f._word_back(),
    "up": lambda f: f._recall(-1),
    "down": lambda f: f._recall(1),
    "tab": lambda f: f._complete(),
}
