"""Consultations on their way and what came of them. Pure; time is an argument, in real seconds.

Keeps the last finding of each kind for the panes, and whom to tell when one arrives. A consultation without any
sign of life for ``SILENCE_S`` is given up with a note: what it would have changed is nothing.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from mmtui.console.format import plain
from mmtui.console.link import Link
from mmtui.console.outbox import Note
from mmtui.domain.consultations import Consultation, Finding, Unable, Working

SILENCE_S = 60.0
PENDING_MAX = 16

Then = Callable[[Finding], None]
Found = TypeVar("Found", bound=Finding)


class Pending(NamedTuple):
    """A consultation out: what it is called, since when, and who waits for it."""

    label: str
    at: float
    then: Then | None


class Findings:
    """Ids for consultations, those not yet answered, and the last finding of each kind."""

    __slots__ = ("_count", "_latest", "name", "pending", "working")

    def __init__(self, name: str) -> None:
        self.name = name
        self.pending: dict[str, Pending] = {}
        self.working: dict[str, str] = {}
        self._latest: dict[object, Finding] = {}
        self._count = 0

    def ask(
        self, link: Link, label: str, make: Callable[[str], Consultation], now: float, then: Then | None = None
    ) -> str:
        """Send a consultation made with a fresh id; ``then`` hears of its finding, and of ``Unable``."""
        self._count += 1
        consultation_id = f"{self.name}-c{self._count}"
        while len(self.pending) >= PENDING_MAX:
            self._forget(next(iter(self.pending)))
        self.pending[consultation_id] = Pending(label, now, then)
        link.consult(make(consultation_id))
        return consultation_id

    def settle(self, findings: list[Finding], now: float) -> Note | None:
        """Take findings in; a note for what failed or fell silent."""
        note = None
        for finding in findings:
            waiting = self.pending.get(finding.id)
            if waiting is None:
                continue
            if isinstance(finding, Working):
                self.pending[finding.id] = waiting._replace(at=now)
                self.working[finding.id] = plain(finding.text)
                continue
            self._forget(finding.id)
            self._latest[type(finding)] = finding
            if isinstance(finding, Unable):
                note = Note(f"{waiting.label}: {plain(finding.text)}", "warn", now)
            if waiting.then is not None:
                waiting.then(finding)
        return self._silent(now) or note

    def latest(self, kind: type[Found]) -> Found | None:
        """The last finding of a kind."""
        found = self._latest.get(kind)
        return found if isinstance(found, kind) else None

    def drop(self, kind: type[Finding]) -> None:
        """Forget the last finding of a kind."""
        self._latest.pop(kind, None)

    def progress(self, label: str) -> str:
        """What is said of consultations of that name on their way; empty when there is none."""
        for consultation_id, waiting in self.pending.items():
            if waiting.label == label:
                return self.working.get(consultation_id, "working")
        return ""

    def _silent(self, now: float) -> Note | None:
        for consultation_id, waiting in self.pending.items():
            if now - waiting.at >= SILENCE_S:
                self._forget(consultation_id)
                return Note(f"{waiting.label}: no answer in {SILENCE_S:.0f} s", "warn", now)
        return None

    def _forget(self, consultation_id: str) -> None:
        self.pending.pop(consultation_id, None)
        self.working.pop(consultation_id, None)
