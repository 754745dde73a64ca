"""The console's link to a replay: pictures of the moment it stands at, and no to everything that would act."""

from collections import deque

from mmtui.domain.commands import Command, CommandResult, CommandStatus
from mmtui.domain.consultations import Consultation, Finding, Unable
from mmtui.domain.standing import Standing
from mmtui.domain.view import View
from mmtui.runtime.replay.film import Film
from mmtui.runtime.replay.player import FilmPlayer

REFUSAL = "this is a replay: nothing can be changed"
ANSWERS_MAX = 100


class ReplayLink:
    """Read only; leaving it stops nothing."""

    def __init__(self, film: Film, player: FilmPlayer) -> None:
        self.is_attached = True
        self.player = player
        self._film = film
        self._shown: tuple[int, View] | None = None
        self._results: deque[CommandResult] = deque(maxlen=ANSWERS_MAX)
        self._findings: deque[Finding] = deque(maxlen=ANSWERS_MAX)

    def latest(self) -> View | None:
        """The picture of the moment."""
        if not len(self._film):
            return None
        index = self._film.index_at(self.player.at())
        if self._shown is None or self._shown[0] != index:
            self._shown = (index, self._film.view(index))
        return self._shown[1]

    def send(self, command: Command) -> None:
        """Refuses."""
        self._results.append(
            CommandResult(id=command.id, status=CommandStatus.REFUSED, text=REFUSAL, at=self.player.at())
        )

    def results(self) -> list[CommandResult]:
        """Refusals since the last call."""
        answers = list(self._results)
        self._results.clear()
        return answers

    def consult(self, consultation: Consultation) -> None:
        """Refuses: there is no engine to ask."""
        self._findings.append(Unable(id=consultation.id, text="this is a replay: there is no engine to ask"))

    def findings(self) -> list[Finding]:
        """Refusals since the last call."""
        found = list(self._findings)
        self._findings.clear()
        return found

    def standing(self) -> Standing:
        """Alone with what was."""
        return Standing(trouble=self._film.trouble)

    def take(self) -> None:
        """There is nothing to take control of."""
