"""What a run saw: events, fills, modes, order states, denials and rules, so that its silence means something."""

from collections import Counter

import msgspec

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
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    adjusted: int = 0

    def count_engine(self, engine: ObservedEngine) -> None:
        """Counts the mode, and the denials that the last cycle met."""
        self.modes[engine.mode.value] += 1
        for text in engine.state.quoting.why_not:
            if text in _DENIALS:
                self.denials[_DENIALS[text]] += 1

    def count_row(self, row: Row) -> None:
        """Counts a record."""
        if isinstance(row, FillBooked):
            self.fills += 1
        elif isinstance(row, OrderIntended):
            self.states["Submitted"] += 1
        elif isinstance(row, OrderChanged):
            self.states[row.state] += 1
        elif isinstance(row, RiskRecorded):
            self.rules[row.monitor] += 1
