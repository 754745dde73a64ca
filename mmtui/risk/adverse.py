"""When the fills of a side keep costing more than they could have earned. Pure."""

import math


class AdverseRun:
    """Fills of one side in a row after which the measured cost was above the half-spread quoted."""

    __slots__ = ("_judged", "length")

    def __init__(self) -> None:
        self._judged = 0
        self.length = 0

    def count(self, judged: int, cost: float, half_spread: float) -> int:
        """Take how many fills were judged so far and what they cost now, both fractions; the run's length."""
        fresh = judged - self._judged
        self._judged = judged
        if fresh > 0:
            self.length = self.length + fresh if half_spread < cost < math.inf else 0
        return self.length

    def restart(self) -> None:
        """Begin anew, as after the side was pulled for it."""
        self.length = 0


def share_kept(severity: float, threshold: float) -> float:
    """Share of its size that a side keeps while a cascade runs over it. Source: decisions.md S55."""
    if not severity >= threshold:
        return 1.0
    return min(max(1.0 - severity, 0.0), 1.0)
