"""How the cost of a fill depends on how deep the quote stood.

Owns the fills of one side in bins of depth, and the law of a cost that decays with depth. The law is an
assumption: where too few depths were filled, or the cost does not decay, there is none and one cost serves
every depth. Depths in bps here, costs in bps in and out. Source: models.md 7.3.
"""

import math
from collections.abc import Sequence

import msgspec

from mmtui.estimators.adverse.memory import DepthMemory

BIN_BPS = 2.0
BINS_MAX = 50
BINS_NEEDED = 3
FILLS_NEEDED = 5.0
HALF_LIFE_FILLS = 500.0
REFIT_FILLS = 5
DECAY_MIN_BPS = 1.0
DECAY_MAX_BPS = 200.0
GRID_STEPS = 24
LOG_TOLERANCE = 1e-9
GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
COST_MAX_BPS = 1e4


class DepthBin(msgspec.Struct, frozen=True, gc=False):
    """Fills about one depth: their mean cost and how many they are."""

    depth_bps: float
    cost_bps: float
    weight: float


class DecayLaw(msgspec.Struct, frozen=True, gc=False):
    """A cost of ``zero_bps`` at depth zero that falls by e every ``decay_bps``; ``squares`` is the misfit."""

    zero_bps: float
    decay_bps: float
    squares: float

    def cost_bps(self, depth_bps: float) -> float:
        """Cost at a depth, by the law alone."""
        return self.zero_bps * math.exp(-max(depth_bps, 0.0) / self.decay_bps)


def fit_at(bins: Sequence[DepthBin], decay_bps: float) -> DecayLaw:
    """The best law with this decay, by weighted least squares."""
    products = squares = total = 0.0
    for one in bins:
        shape = math.exp(-one.depth_bps / decay_bps)
        products += one.weight * one.cost_bps * shape
        squares += one.weight * shape * shape
        total += one.weight * one.cost_bps * one.cost_bps
    if not squares > 0.0:
        return DecayLaw(0.0, decay_bps, total)
    return DecayLaw(products / squares, decay_bps, max(total - products * products / squares, 0.0))


def fit_decay(bins: Sequence[DepthBin]) -> DecayLaw | None:
    """The best law over all decays from 1 to 200 bps; None where the evidence does not carry one.

    Needs three bins of at least five fills, a cost that is positive, and one that falls with depth.
    """
    if sum(one.weight >= FILLS_NEEDED for one in bins) < BINS_NEEDED:
        return None
    low, high = math.log(DECAY_MIN_BPS), math.log(DECAY_MAX_BPS)
    step = (high - low) / GRID_STEPS
    best = min(range(GRID_STEPS + 1), key=lambda place: fit_at(bins, math.exp(low + place * step)).squares)
    centre = low + best * step
    law = _golden(bins, max(low, centre - step), min(high, centre + step))
    is_decaying = math.log(law.decay_bps) < high - 1e-3 and law.zero_bps > 0.0
    return law if is_decaying else None


def _golden(bins: Sequence[DepthBin], low: float, high: float) -> DecayLaw:
    """The law of least misfit between two logarithms of the decay."""
    inner, outer = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    left, right = fit_at(bins, math.exp(inner)), fit_at(bins, math.exp(outer))
    while high - low > LOG_TOLERANCE:
        if left.squares <= right.squares:
            high, outer, right = outer, inner, left
            inner = high - GOLDEN * (high - low)
            left = fit_at(bins, math.exp(inner))
        else:
            low, inner, left = inner, outer, right
            outer = low + GOLDEN * (high - low)
            right = fit_at(bins, math.exp(outer))
    return left if left.squares <= right.squares else right


class DepthCosts:
    """Fills of one side by depth, and the law they follow, fitted anew every few fills."""

    __slots__ = ("_bins", "_since_fit", "law")

    def __init__(self) -> None:
        self._bins: dict[int, tuple[float, float]] = {}
        self._since_fit = 0
        self.law: DecayLaw | None = None

    def add(self, depth_bps: float, cost_bps: float) -> None:
        """Take a fill at a depth; one whose numbers cannot be is ignored."""
        if not (abs(depth_bps) <= COST_MAX_BPS and abs(cost_bps) <= COST_MAX_BPS):
            return
        place = min(max(int(depth_bps / BIN_BPS), 0), BINS_MAX - 1)
        self._bins = {key: (_KEEP * weight, _KEEP * cost) for key, (weight, cost) in self._bins.items()}
        weight, cost = self._bins.get(place, (0.0, 0.0))
        self._bins[place] = (weight + 1.0, cost + cost_bps)
        self._since_fit += 1
        if self._since_fit >= REFIT_FILLS:
            self._fit()

    def bins(self) -> tuple[DepthBin, ...]:
        """The bins with fills, the shallowest first."""
        return tuple(
            DepthBin((place + 0.5) * BIN_BPS, cost / weight, weight)
            for place, (weight, cost) in sorted(self._bins.items())
            if weight > 0.0
        )

    def memory(self) -> DepthMemory:
        """The bins."""
        bins = sorted(self._bins.items())
        return DepthMemory(
            bins=tuple((place, weight) for place, (weight, _) in bins),
            costs=tuple(cost for _, (_, cost) in bins),
        )

    def recall(self, memory: DepthMemory) -> None:
        """Go on from the bins remembered, if they can be."""
        if len(memory.bins) != len(memory.costs):
            return
        self._bins = {
            place: (weight, cost)
            for (place, weight), cost in zip(memory.bins, memory.costs, strict=True)
            if 0 <= place < BINS_MAX and 0.0 < weight <= 1.0 / (1.0 - _KEEP)
        }
        self._fit()

    def _fit(self) -> None:
        self._since_fit = 0
        self.law = fit_decay(self.bins())


_KEEP = 2.0 ** (-1.0 / HALF_LIFE_FILLS)
