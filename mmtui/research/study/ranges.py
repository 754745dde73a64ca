"""What the published estimates did during a session: where they ended, where they moved, and whether they learned.

Owns what counts as a fault: a number that is none, or an estimate that quotes are made of and that never left
its prior although the market gave it something to learn from. Pure.
"""

import math
from collections.abc import Iterable, Sequence

import msgspec

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.estimates import Provenance

QUOTED_FROM = ("sigma", "sigma_effective", "kappa_bid", "kappa_ask", "A_bid", "A_ask", "microprice", "jump_ratio")
"""What every strategy of the models reads: each must learn from any market that warms it up."""
FILLS_NEEDED = 1
OWN_FILLS = ("adverse_bid_bps", "adverse_ask_bps")


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """One estimate over a session, sampled evenly: its end with its interval, and its spread over time.

    ``low`` and ``high`` are the 5th and 95th percentile over time, ``bound_low`` and ``bound_high`` the 95 %
    interval at the end. ``clamped`` and ``prior`` are shares of time.
    """

    name: str
    unit: str
    value: float
    bound_low: float | None
    bound_high: float | None
    n_eff: float
    provenance: str
    low: float
    median: float
    high: float
    clamped: float
    prior: float


class Watched:
    """Readings of every estimate, in the order of sampling."""

    __slots__ = ("_rows", "broken", "samples")

    def __init__(self) -> None:
        self._rows: dict[str, list[EstimateView]] = {}
        self.broken: list[str] = []
        self.samples = 0

    def see(self, estimates: Iterable[EstimateView]) -> None:
        """Notes one picture's estimates."""
        self.samples += 1
        for row in estimates:
            self._rows.setdefault(row.name, []).append(row)
            numbers = (row.value, row.low, row.high, row.n_eff, row.age_s)
            if not all(number is None or math.isfinite(number) for number in numbers) and row.name not in self.broken:
                self.broken.append(row.name)

    def ranges(self) -> tuple[Range, ...]:
        """Every estimate that was published at least once."""
        return tuple(_range(rows) for rows in self._rows.values())

    def faults(self, fills: dict[str, int]) -> list[str]:
        """What must not be; ``fills`` are own fills judged, by the estimate they teach."""
        found = [f"{name} was not a number" for name in self.broken]
        for name in QUOTED_FROM:
            rows = self._rows.get(name, [])
            if all(row.provenance == Provenance.PRIOR.value for row in rows):
                found.append(f"{name} never left its prior")
            elif len({row.value for row in rows}) == 1:
                found.append(f"{name} never moved")
        for name in OWN_FILLS:
            rows = self._rows.get(name, [])
            if fills.get(name, 0) >= FILLS_NEEDED and all(row.provenance == Provenance.PRIOR.value for row in rows):
                found.append(f"{name} never left its prior in {fills[name]} fills")
        return found


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the sorted values lie, between neighbours in proportion."""
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _range(rows: list[EstimateView]) -> Range:
    last = rows[-1]
    ordered = sorted(row.value for row in rows if math.isfinite(row.value)) or [0.0]
    return Range(
        name=last.name,
        unit=last.unit,
        value=last.value,
        bound_low=last.low,
        bound_high=last.high,
        n_eff=last.n_eff,
        provenance=last.provenance,
        low=percentile(ordered, 0.05),
        median=percentile(ordered, 0.5),
        high=percentile(ordered, 0.95),
        clamped=sum(row.provenance == Provenance.CLAMPED.value for row in rows) / len(rows),
        prior=sum(row.provenance == Provenance.PRIOR.value for row in rows) / len(rows),
    )
