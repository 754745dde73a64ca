"""How the console sees an engine and speaks to it, whether in this process or over a socket.

Owns the protocol and its in-memory form. A link never blocks and never raises for a slow or absent
engine: ``latest`` simply keeps returning the last picture, and the console says that it is old.
"""

from collections import deque
from typing import Protocol

from mmtui.domain.commands import Command, CommandResult
from mmtui.domain.consultations import Consultation, Finding
from mmtui.domain.standing import InstanceView, Standing
from mmtui.domain.view import View


class Link(Protocol):
    """What the console needs; in-process and socket links provide it."""

    is_attached: bool
    """Whether the engine lives in another process, so that leaving cannot stop it."""

    def latest(self) -> View | None:
        """The last picture published, or None before the first."""

    def send(self, command: Command) -> None:
        """Hand a command over; the answer comes through ``results``."""

    def results(self) -> list[CommandResult]:
        """Answers since the last call, oldest first."""

    def consult(self, consultation: Consultation) -> None:
        """Have something worked out or written beside the engine; it comes through ``findings``."""

    def findings(self) -> list[Finding]:
        """What came of consultations since the last call, oldest first."""

    def standing(self) -> Standing:
        """Which engine this is, and whether this console is in control of it."""

    def take(self) -> None:
        """Ask for control; ``standing`` tells whether it came."""


class Roster(Protocol):
    """The engines of this user on this machine, as far as they are known; never waits for any of them."""

    def instances(self) -> tuple[InstanceView, ...]:
        """What is known of them now, by id."""

    def link(self, instance: str) -> Link | None:
        """The link to one of them, opened when it is first asked for."""

    def clock(self) -> float:
        """Epoch seconds, for engines of other processes."""


class MemoryLink:
    """A link whose far end is this object: pictures are put in and commands are read out."""

    def __init__(self, view: View | None = None, *, is_attached: bool = False) -> None:
        self.is_attached = is_attached
        self.view = view
        self.sent: list[Command] = []
        self.consulted: list[Consultation] = []
        self.stands = Standing()
        self.takes = 0
        self._answers: deque[CommandResult] = deque()
        self._findings: deque[Finding] = deque()

    def latest(self) -> View | None:
        """The picture put in last."""
        return self.view

    def send(self, command: Command) -> None:
        """Keep the command for the far end."""
        self.sent.append(command)

    def answer(self, result: CommandResult) -> None:
        """Queue an answer for the console."""
        self._answers.append(result)

    def results(self) -> list[CommandResult]:
        """Answers since the last call."""
        drained = list(self._answers)
        self._answers.clear()
        return drained

    def consult(self, consultation: Consultation) -> None:
        """Keep the consultation for the far end."""
        self.consulted.append(consultation)

    def find(self, finding: Finding) -> None:
        """Queue a finding for the console."""
        self._findings.append(finding)

    def findings(self) -> list[Finding]:
        """Findings since the last call."""
        drained = list(self._findings)
        self._findings.clear()
        return drained

    def standing(self) -> Standing:
        """Where the far end says that this console stands."""
        return self.stands

    def take(self) -> None:
        """Count that control was asked for."""
        self.takes += 1
