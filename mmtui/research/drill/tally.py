"""What a run saw: events, fills, modes, states, denials, rules, verbs, uptime; so that its silence means something."""

from collections import Counter

import msgspec

from mmtui.domain.commands import Act
from mmtui.domain.events import CommandReceived
from mmtui.domain.intents import Answer, Intent
from mmtui.domain.records import FillBooked, OrderChanged, OrderIntended, RiskRecorded, Row
from mmtui.research.drill.process import ObservedEngine
from mmtui.risk.controls import Denial

_DENIALS = {denial.value: denial.name for denial in Denial}


class Tally(msgspec.Struct):
    """What a run saw, for proving that it was not vacuous."""

    events: int = 0
    fills: int = 0
    boots: int = 0
    modes: Counter[str] = msgspec.field(default_factory=Counter)
    states: Counter[str] = msgspec.field(default_factory=Counter)
    denials: Counter[str] = msgspec.field(default_factory=Counter)
    rules: Counter[str] = msgspec.field(default_factory=Counter)
    verbs: Counter[str] = msgspec.field(default_factory=Counter)
    records: Counter[str] = msgspec.field(default_factory=Counter)
    adjusted: int = 0
    watched_s: int = 0
    held_s: int = 0
    quoted_s: int = 0

    def count_engine(self, engine: ObservedEngine) -> None:
        """Counts the mode, and the denials that the last cycle met."""
        self.modes[engine.mode.value] += 1
        for text in engine.state.quoting.why_not:
            if text in _DENIALS:
                self.denials[_DENIALS[text]] += 1

    def count_command(self, event: CommandReceived, intents: list[Intent]) -> None:
        """Counts what a person asked and how it was answered."""
        command = event.command
        name = command.verb.value if isinstance(command, Act) else type(command).__name__
        for intent in intents:
            if isinstance(intent, Answer) and intent.result.id == command.id:
                self.verbs[f"{name} {intent.result.status.value}"] += 1

    def count_second(self, *, is_held: bool, is_quoted: bool) -> None:
        """Counts a second in which quotes could stand; ``is_held`` when a person or a latch wants none."""
        self.watched_s += 1
        self.held_s += is_held
        self.quoted_s += is_quoted and not is_held

    def count_row(self, row: Row) -> None:
        """Counts a record."""
        self.records[type(row).__name__] += 1
        if isinstance(row, FillBooked):
            self.fills += 1
        elif isinstance(row, OrderIntended):
            self.states["Submitted"] += 1
        elif isinstance(row, OrderChanged):
            self.states[row.state] += 1
        elif isinstance(row, RiskRecorded):
            self.rules[row.monitor if row.code != "KILL" else f"kill: {row.monitor}"] += 1
