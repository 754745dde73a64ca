"""Collects the intents of one step, records first, so that nothing leaves before it is written."""

from mmtui.domain.commands import CommandResult, CommandStatus
from mmtui.domain.intents import Answer, Intent, Log, LogLevel, Query, Send
from mmtui.domain.records import Record


class Outbox:
    """The intents of one step, in the order: records, sends, queries, everything else."""

    __slots__ = ("_level", "_queries", "_records", "_rest", "_sends", "answers", "now")

    def __init__(self, now: float, level: LogLevel) -> None:
        self.now = now
        self._level = level
        self._records: list[Record] = []
        self._sends: list[Send] = []
        self._queries: list[Query] = []
        self._rest: list[Intent] = []
        self.answers: list[CommandResult] = []

    @property
    def records(self) -> tuple[Record, ...]:
        """The rows so far."""
        return tuple(self._records)

    def record(self, row: Record) -> None:
        """Adds a journal row."""
        self._records.append(row)

    def send(self, action: Send) -> None:
        """Adds an action for the venue."""
        self._sends.append(action)

    def ask(self, query: Query) -> None:
        """Adds a query."""
        self._queries.append(query)

    def add(self, intent: Intent) -> None:
        """Adds anything else."""
        self._rest.append(intent)

    def wants(self, level: LogLevel) -> bool:
        """Whether lines of this level are kept; saves building their fields."""
        return level >= self._level

    def log(self, level: LogLevel, message: str, *, code: str = "", **fields: str | int | float | bool) -> None:
        """Adds a line for people, unless its level is below the one wanted."""
        if level >= self._level:
            self._rest.append(Log(level=level, message=message, fields=fields, code=code))

    def answer(self, command_id: str, status: CommandStatus, text: str) -> None:
        """Answers a command."""
        result = CommandResult(id=command_id, status=status, text=text, at=self.now)
        self.answers.append(result)
        self._rest.append(Answer(result))

    def repeat(self, result: CommandResult) -> None:
        """Gives the answer of a command again."""
        self._rest.append(Answer(result))

    def intents(self) -> list[Intent]:
        """Everything, records first."""
        return [*self._records, *self._sends, *self._queries, *self._rest]
