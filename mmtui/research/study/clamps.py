"""Which bounds hold the quotes, and for what share of the time. Pure.

A bound binds while its term stands in the price of a closest level, or while the estimate it limits is held by it.
"""

from collections import Counter

from mmtui.domain.view import EngineView

TERMS = (
    "min_depth",
    "spread floor",
    "fee floor",
    "widening cap",
    "distance cap",
    "minimum skew",
    "skew cap",
    "market spread cap",
)
ESTIMATES = ("sigma", "kappa_bid", "kappa_ask", "A_bid", "A_ask", "microprice")
CLAMPED = "clamped"


class ClampTimes:
    """Samples in which each bound held, out of those with quotes wanted."""

    __slots__ = ("_held", "_quoted", "_samples")

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()
        self._quoted = 0
        self._samples = 0

    def see(self, view: EngineView) -> None:
        """Notes one picture."""
        self._samples += 1
        self._held.update(row.name for row in view.estimates if row.name in ESTIMATES and row.provenance == CLAMPED)
        closest = [level for level in view.levels if level.level == 0 and level.price is not None]
        if closest:
            self._quoted += 1
            self._held.update({term.name for level in closest for term in level.terms if term.name in TERMS})

    def shares(self) -> dict[str, float]:
        """Every bound's share of time: of all for estimates, of the time with levels wanted for terms."""
        shares = {name: self._held[name] / max(1, self._samples) for name in ESTIMATES}
        return shares | {name: self._held[name] / max(1, self._quoted) for name in TERMS}
