"""The kill switch: every monitor, twice in a row, or a person.

It decides only that trading must end and why. Shutting the valve, cancelling, verifying and
latching are the engine's.
"""

from mmtui.domain.parameters import Settings
from mmtui.risk.monitors import drawdown, liquidation, loss, position_value, rate_limit, staleness
from mmtui.risk.monitors.cascade import CascadeMonitor
from mmtui.risk.readings import Reading, RiskFacts, Verdict

CONFIRMATIONS = 2
_MEMORYLESS = (
    position_value.reading,
    loss.reading,
    drawdown.reading,
    staleness.reading,
    rate_limit.delivery_reading,
)


def fatal(facts: RiskFacts, settings: Settings) -> Reading | None:
    """The reading that would end trading by these settings, if any; confirms and remembers nothing."""
    readings = (reading(facts, settings) for reading in _MEMORYLESS)
    return next((reading for reading in readings if reading.verdict is Verdict.KILL), None)


class KillSwitch:
    """Runs the monitors; fires when one demands it in consecutive evaluations.

    ``worst`` is the strongest demand of the last readings.
    """

    __slots__ = ("_cascade", "_demands", "readings", "worst")

    def __init__(self) -> None:
        self._cascade = CascadeMonitor()
        self._demands: dict[str, int] = {}
        self.readings: tuple[Reading, ...] = ()
        self.worst = Verdict.FINE

    def evaluate(self, facts: RiskFacts, settings: Settings) -> Reading | None:
        """Takes all readings; returns the one that kills, once it is confirmed."""
        self.readings = (
            position_value.reading(facts, settings),
            loss.reading(facts, settings),
            drawdown.reading(facts, settings),
            staleness.reading(facts, settings),
            self._cascade.reading(facts, settings),
            rate_limit.delivery_reading(facts, settings),
            rate_limit.errors_reading(facts, settings),
            liquidation.reading(facts, settings),
        )
        self.worst = max([reading.verdict for reading in self.readings])
        return self._confirmed()

    def demanding(self, verdict: Verdict) -> list[Reading]:
        """The last readings with this demand or a stronger one, such as a kill that is not confirmed yet."""
        if self.worst < verdict:
            return []
        return [reading for reading in self.readings if reading.verdict >= verdict]

    def reset(self) -> None:
        """Forgets confirmations, after a person re-armed it."""
        self._demands.clear()
        self._cascade = CascadeMonitor()

    def _confirmed(self) -> Reading | None:
        if self.worst is not Verdict.KILL:
            self._demands.clear()
            return None
        for reading in self.readings:
            count = self._demands.get(reading.name, 0) + 1 if reading.verdict is Verdict.KILL else 0
            self._demands[reading.name] = count
            if count >= CONFIRMATIONS:
                return reading
        return None
