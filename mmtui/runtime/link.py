"""The console's link to the engine in the same process, and the picture it is shown."""

import asyncio
from collections import deque
from collections.abc import Callable

import msgspec

from mmtui.domain.commands import Command, CommandResult, CommandStatus
from mmtui.domain.consultations import Consultation, Finding, Unable
from mmtui.domain.events import CommandReceived
from mmtui.domain.standing import Standing
from mmtui.domain.view import Alarm, LogLine, SessionView, View
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.consulting.desk import ConsultingDesk
from mmtui.runtime.control.operators import Operators
from mmtui.runtime.histories import Histories
from mmtui.runtime.loop import EngineLoop
from mmtui.runtime.queue_notes import QueueNotes

PUBLISH_S = 0.1
RESULTS_MAX = 100


class Publisher:
    """Makes the view ten times a second; everything that shows the engine reads ``latest``."""

    def __init__(
        self,
        loop: EngineLoop,
        session: SessionView,
        *,
        sources: dict[str, str],
        log_tail: Callable[[], tuple[LogLine, ...]],
        alarms: Callable[[], tuple[Alarm, ...]] = tuple,
    ) -> None:
        self.latest: View | None = None
        self._loop = loop
        self._session = session
        self._sources = sources
        self._log_tail = log_tail
        self._alarms = alarms
        self._histories = Histories()
        self.queues = QueueNotes()

    def publish(self) -> View:
        """Makes the view now."""
        engine = self._loop.engine.view()
        self.queues.look(engine.at, engine.orders)
        alarms = self._alarms()
        if alarms:
            engine = msgspec.structs.replace(engine, alarms=(*engine.alarms, *alarms))
        latency = self._loop.latency
        self.latest = View(
            session=self._session,
            engine=engine,
            log=self._log_tail(),
            latency=latency.rows(),
            ack_ms=latency.last("order ack"),
            loop_ms=latency.last("loop stall"),
            sources=self._sources,
            histories=self._histories.look(engine),
        )
        return self.latest

    async def run(self) -> None:
        """Publishes until cancelled."""
        while True:
            self.publish()
            await asyncio.sleep(PUBLISH_S)


class InProcessLink:
    """What the console holds of an engine in its own process."""

    def __init__(
        self,
        loop: EngineLoop,
        publisher: Publisher,
        clock: EngineClock,
        experts: ConsultingDesk,
        *,
        operators: Operators,
        label: str,
    ) -> None:
        self.is_attached = False
        self.label = label
        self._operators = operators
        self._standing = operators.standing()
        self._experts = experts
        self._findings: deque[Finding] = deque(maxlen=RESULTS_MAX)
        self._loop = loop
        self._publisher = publisher
        self._clock = clock
        self._results: deque[CommandResult] = deque(maxlen=RESULTS_MAX)

    def latest(self) -> View | None:
        """The last picture."""
        return self._publisher.latest

    def send(self, command: Command) -> None:
        """Passes a command of this console on, if it is this console's to give."""
        reason = self._operators.refusal(self, command)
        if reason:
            self.answered(CommandResult(id=command.id, status=CommandStatus.REFUSED, text=reason, at=self._clock()))
            return
        self.pass_on(command)

    def pass_on(self, command: Command) -> None:
        """Puts a command into the engine's one stream of events."""
        self._loop.sink(CommandReceived(received_at=self._clock(), command=command))

    def answered(self, result: CommandResult) -> None:
        """Keeps an answer for the console."""
        self._results.append(result)

    def results(self) -> list[CommandResult]:
        """Answers since the last call."""
        answers = list(self._results)
        self._results.clear()
        return answers

    def consult(self, consultation: Consultation) -> None:
        """Passes it on to the experts of this run."""
        reason = self._operators.refusal(self, consultation)
        if reason:
            self._findings.append(Unable(id=consultation.id, text=reason))
            return
        self._experts.take(consultation, self._findings.append)

    def findings(self) -> list[Finding]:
        """What came of consultations since the last call."""
        found = list(self._findings)
        self._findings.clear()
        return found

    def opened(self) -> None:
        """A console shows this engine from now on."""
        self._operators.join(self)

    def closed(self) -> None:
        """No console does any more."""
        self._operators.leave(self)

    def stand(self, standing: Standing) -> None:
        """Hears where the console stands now."""
        self._standing = standing

    def standing(self) -> Standing:
        """Where the console stands."""
        return self._standing

    def take(self) -> None:
        """Moves control to this console."""
        self._operators.take(self)
