"""How long a position is held, told by the rate of own fills.

Owns the counts of own fills with exponential forgetting. Before any fill a position is taken to be held
for the longest time allowed. Source: models.md 6.8.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.ewma import decay, time_constant

HALF_LIFE_S = 300.0
# Watched seconds that no fill is assumed to have come in, so that the first one does not make a rate alone.
PRIOR_S = 60.0
RATE_MIN = 1e-6
GAP_S = 5.0


def holding_time_s(fills_per_s: float, longest_s: float) -> float:
    """Expected holding time at a rate of own fills. Source: models.md 6.8."""
    return min(1.0 / max(fills_per_s, RATE_MIN), longest_s)


class HoldingTime:
    """Own fills per second and side, and the holding time they make."""

    __slots__ = ("_at", "_fills", "_longest_s", "_tau_s", "_watched_s", "updated_at")

    def __init__(self, settings: Settings) -> None:
        self._at: float | None = None
        self._fills = {Side.BUY: 0.0, Side.SELL: 0.0}
        self._watched_s = 0.0
        self._tau_s = time_constant(HALF_LIFE_S)
        self.updated_at = 0.0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited longest time; the counts stay."""
        self._longest_s = settings.number("risk.max_holding_time_s")

    def on_fill(self, now: float, side: Side) -> None:
        """Count an own execution."""
        self._advance(now)
        self._fills[side] += 1.0
        self.updated_at = now

    def pass_time(self, now: float) -> None:
        """Let watched time pass; a gap longer than five seconds counts as five."""
        self._advance(now)

    def fills_per_s(self, side: Side) -> float:
        """Own fills per second on ``side``."""
        return self._fills[side] / (self._watched_s + PRIOR_S)

    @property
    def fills(self) -> float:
        """Fills of both sides still remembered."""
        return self._fills[Side.BUY] + self._fills[Side.SELL]

    @property
    def value_s(self) -> float:
        """Expected holding time in s, at the mean rate of the two sides."""
        rate = (self.fills_per_s(Side.BUY) + self.fills_per_s(Side.SELL)) / 2.0
        return holding_time_s(rate, self._longest_s)

    def memory(self) -> tuple[float, float, float, float]:
        """Time of the last count, fills of our bids and asks, and the time watched."""
        return self._at or 0.0, self._fills[Side.BUY], self._fills[Side.SELL], self._watched_s

    def recall(self, at: float, buys: float, sells: float, watched_s: float) -> None:
        """Go on from what was counted before; the time between is not watched."""
        self._fills = {Side.BUY: buys, Side.SELL: sells}
        self._at, self._watched_s = at or None, watched_s
        self.updated_at = at if buys + sells > 0.0 else 0.0

    def _advance(self, now: float) -> None:
        if self._at is None:
            self._at = now
            return
        elapsed_s = now - self._at
        if not elapsed_s > 0.0:
            return
        keep = decay(elapsed_s, self._tau_s)
        for side in self._fills:
            self._fills[side] *= keep
        self._watched_s = self._watched_s * keep + self._tau_s * (1.0 - decay(min(elapsed_s, GAP_S), self._tau_s))
        self._at = now
