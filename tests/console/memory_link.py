"""A link to an engine that is not there: tests put pictures and answers in, and read out what was asked."""

from collections import deque

from mmtui.domain.commands import Command, CommandResult
from mmtui.domain.consultations import Consultation, Finding
from mmtui.domain.standing import Standing
from mmtui.domain.view import View


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
