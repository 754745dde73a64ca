"""Commands on their way and what the engine answered. Pure; time is an argument, in real seconds.

Owns command ids and the rule that nothing is shown as done before the engine says so. A command
without an answer after ``ACK_LIMIT_S`` is an alarm that names the way to kill without a console.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from mmtui.console.format import milliseconds, plain
from mmtui.domain.commands import CommandResult, CommandStatus
from mmtui.domain.view import View

ACK_LIMIT_S = 0.5
PENDING_MAX = 64

Tell = Callable[[View], str]
"""Says from a picture made after the answer what the command came to."""


class Sent(NamedTuple):
    """A command out: what it is called, when it left, and who tells what it came to."""

    label: str
    at: float
    is_accepted: bool = False
    tell: Tell | None = None


class Note(NamedTuple):
    """The line above the key line: text, role and when it came."""

    text: str
    role: str
    at: float


class Outbox:
    """Ids for commands, and the account of those not yet finished."""

    __slots__ = ("_count", "_due", "name", "pending")

    def __init__(self, name: str) -> None:
        self.name = name
        self.pending: dict[str, Sent] = {}
        self._count = 0
        self._due: tuple[float, Note, Tell] | None = None

    def register(self, label: str, now: float, tell: Tell | None = None) -> str:
        """A fresh id; the command counts as pending from ``now``."""
        self._count += 1
        command_id = f"{self.name}-{self._count}"
        if len(self.pending) >= PENDING_MAX:
            del self.pending[next(iter(self.pending))]
        self.pending[command_id] = Sent(label, now, tell=tell)
        return command_id

    def settle(self, results: Sequence[CommandResult], now: float) -> Note | None:
        """Take answers in; the note of the last one that is ours."""
        note = None
        for result in results:
            sent = self.pending.get(result.id)
            if sent is None:
                continue
            took = milliseconds((now - sent.at) * 1e3)
            text = plain(result.text)
            if result.status is CommandStatus.ACCEPTED:
                self.pending[result.id] = sent._replace(is_accepted=True)
                more = "" if text == "accepted" else _tail(text)
                note = Note(f"{sent.label}: accepted in {took}{more}", "text", now)
                continue
            del self.pending[result.id]
            if result.status is CommandStatus.REFUSED:
                note = Note(f"{sent.label} REFUSED{_tail(text)}", "bad", now)
            elif result.status is CommandStatus.UNKNOWN:
                note = Note(f"{sent.label}: NOT KNOWN whether it was done{_tail(text)}", "bad", now)
            else:
                note = Note(f"{sent.label}: done in {took}{_tail(text)}", "ok", now)
            if sent.tell is not None:
                self._due = (result.at, note, sent.tell)
        return note

    def complete(self, view: View | None, now: float) -> Note | None:
        """The note of an answer with what it came to, once there is a picture no older than the answer."""
        if self._due is None or view is None or view.engine.at < self._due[0]:
            return None
        _, note, tell = self._due
        self._due = None
        return note._replace(text=f"{note.text}; {tell(view)}", at=now)

    def silence(self, now: float) -> str:
        """The alarm for the oldest command without any answer, or nothing."""
        for sent in self.pending.values():
            if not sent.is_accepted and now - sent.at >= ACK_LIMIT_S:
                return f"NO ACK {sent.label}, {now - sent.at:.1f} s: run `mmtui kill` in another terminal"
        return ""


def _tail(text: str) -> str:
    return f": {text}" if text else ""
