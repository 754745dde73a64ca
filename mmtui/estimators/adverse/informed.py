"""Which share of our fills is informed: those after which the price goes further than chance takes it.

Owns the forgetting counts of one side and the shrinkage towards no information at all. A monitoring
number: it is never added to a cost, which holds the same events already. Source: models.md 7.2 and 7.4.
"""

import math

from mmtui.estimators.adverse.markouts import HALF_LIFE_FILLS

THRESHOLD_DEVIATIONS = 1.0
PRIOR_FILLS = 10.0


def chance_beyond(deviations: float = THRESHOLD_DEVIATIONS) -> float:
    """Probability that a normal move goes beyond this many deviations against us without information."""
    return 0.5 * math.erfc(deviations / math.sqrt(2.0))


def share_beyond(beyond: float, fills: float, prior_fills: float = PRIOR_FILLS) -> float:
    """Share of fills that end beyond the threshold, drawn towards chance by ``prior_fills``."""
    return (beyond + prior_fills * chance_beyond()) / (fills + prior_fills)


def informed_share(beyond: float, fills: float, prior_fills: float = PRIOR_FILLS) -> float:
    """Share of informed fills in [0, 1] when ``beyond`` of ``fills`` ended beyond the threshold."""
    chance = chance_beyond()
    share = (share_beyond(beyond, fills, prior_fills) - chance) / (1.0 - chance)
    return min(max(share, 0.0), 1.0)


class Informed:
    """Informed share of the fills of one side; old ones are forgotten."""

    __slots__ = ("_beyond", "_fills", "share")

    def __init__(self) -> None:
        self._beyond = 0.0
        self._fills = 0.0
        self.share = 0.0

    def add(self, cost: float, deviation: float) -> None:
        """Take a fill that cost ``cost`` when a move of one ``deviation`` was usual, both fractions.

        Without a usual move nothing can be said, and the fill is left out.
        """
        if not 0.0 < deviation < math.inf:
            return
        self._beyond = _KEEP * self._beyond + (cost > THRESHOLD_DEVIATIONS * deviation)
        self._fills = _KEEP * self._fills + 1.0
        self.share = informed_share(self._beyond, self._fills)

    def memory(self) -> tuple[float, float]:
        """The counts: beyond the threshold, and all."""
        return self._beyond, self._fills

    def recall(self, memory: tuple[float, float]) -> None:
        """Go on from the counts remembered, if they can be."""
        beyond, fills = memory
        if 0.0 <= beyond <= fills <= 1.0 / (1.0 - _KEEP):
            self._beyond, self._fills = beyond, fills
            self.share = informed_share(beyond, fills)


_KEEP = 2.0 ** (-1.0 / HALF_LIFE_FILLS)
