"""What own fills cost: how far the mid moves against us within a fixed time after each fill.

Owns the fills not yet judged, the average cost of each side, the share of informed fills and the cost
by depth. The mid is the last one known at the horizon; a sample whose horizon fell into a silence of the
feed is dropped. Costs are signed: a positive one is a loss, a favourable move is negative. Never caps or
acts on a cost. Source: models.md 7.1 to 7.4, ruling 5.
"""

import math
from collections import deque

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.adverse.depth_costs import DecayLaw, DepthCosts
from mmtui.estimators.adverse.informed import Informed
from mmtui.estimators.adverse.memory import DepthMemory
from mmtui.estimators.ewma import EventEwma
from mmtui.estimators.memory import CostMemory

HALF_LIFE_FILLS = 50.0
PRIOR_FILLS = 20.0
PENDING_MAX = 4096
COST_MAX = 1.0


class AdverseSelection(msgspec.Struct, frozen=True, gc=False):
    """Expected cost of a fill as a fraction of price, drawn towards the prior.

    ``measured`` is the average without the prior, ``standard_error`` its uncertainty, ``value_error`` that of
    ``value``, ``n_eff`` the effective fills behind it; all 0 without fills.
    """

    value: float
    measured: float
    standard_error: float
    n_eff: float
    value_error: float = 0.0


class JudgedFill(msgspec.Struct, frozen=True, gc=False):
    """An own fill to be judged: ``size`` base units, prices USD, ``sigma`` per root second at the fill.

    ``fair`` is what quotes were centred on, ``mid`` was known just before (0: the last one observed), ``price``
    is the fill's own (0: not known), and fills of one ``key`` are one aggressive order's (0: not known).
    """

    side: Side
    size: float
    fair: float
    mid: float = 0.0
    price: float = 0.0
    sigma: float = 0.0
    key: int = 0


class _Pending:
    __slots__ = ("deviation", "due", "edge", "fair", "filled_at", "key", "mid", "side", "size")

    def __init__(
        self, filled_at: float, horizon_s: float, fill: "JudgedFill", key: int, *, mid: float, edge: float
    ) -> None:
        self.filled_at = filled_at
        self.due = filled_at + horizon_s
        self.key = key
        self.side = fill.side
        self.size = fill.size
        self.mid = mid
        self.fair = fill.fair
        self.edge = edge
        self.deviation = fill.sigma * math.sqrt(horizon_s)

    def absorb(self, size: float, mid: float, fair: float, edge: float) -> None:
        """Add another print of the same aggressive order, by size."""
        share = size / (self.size + size)
        self.mid += share * (mid - self.mid)
        self.fair += share * (fair - self.fair)
        self.edge += share * (edge - self.edge)
        self.size += size


class _SideCost:
    __slots__ = ("depths", "from_fair", "from_mid", "informed", "judged", "judged_at", "squares")

    def __init__(self) -> None:
        self.from_mid = EventEwma(HALF_LIFE_FILLS)
        self.from_fair = EventEwma(HALF_LIFE_FILLS)
        self.squares = EventEwma(HALF_LIFE_FILLS)
        self.informed = Informed()
        self.depths = DepthCosts()
        self.judged = 0
        self.judged_at = 0.0

    def add(self, from_mid: float, from_fair: float) -> None:
        self.from_mid.add(from_mid)
        self.from_fair.add(from_fair)
        self.squares.add(from_mid * from_mid)

    def memory(self) -> CostMemory:
        return CostMemory(
            from_mid=self.from_mid.weights, from_fair=self.from_fair.weights, squares=self.squares.weights
        )

    def recall(self, memory: CostMemory) -> None:
        self.from_mid.recall(memory.from_mid)
        self.from_fair.recall(memory.from_fair)
        self.squares.recall(memory.squares)

    def reading(self, prior: float) -> AdverseSelection:
        n_eff = self.from_mid.n_eff
        if not n_eff > 0.0:
            return AdverseSelection(prior, 0.0, 0.0, 0.0)
        mean = self.from_mid.mean()
        # What centring on the fair price already avoids is not charged again.
        charged = min(mean, self.from_fair.mean())
        variance = max(self.squares.mean() - mean * mean, 0.0)
        value = (PRIOR_FILLS * prior + n_eff * charged) / (PRIOR_FILLS + n_eff)
        # The prior is worth so many fills of the same spread, in the width as in the centre.
        value_error = math.sqrt(variance / (PRIOR_FILLS + n_eff))
        return AdverseSelection(value, mean, math.sqrt(variance / n_eff), n_eff, value_error)


class Markout:
    """Adverse selection of our fills on each side, fed with own fills and every mid."""

    __slots__ = ("_alive_at", "_buys", "_horizon_s", "_mid", "_pending", "_prior", "_readings", "_sells")

    def __init__(self, settings: Settings) -> None:
        self._buys = _SideCost()
        self._sells = _SideCost()
        self._pending: deque[_Pending] = deque(maxlen=PENDING_MAX)
        self._mid = 0.0
        self._alive_at = 0.0
        self._horizon_s = settings.number("estimators.adverse_horizon_s")
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; another horizon starts the averages anew, as costs are not comparable."""
        horizon_s = settings.number("estimators.adverse_horizon_s")
        if horizon_s != self._horizon_s:
            self._horizon_s = horizon_s
            self._buys, self._sells = _SideCost(), _SideCost()
            self._pending.clear()
        self._prior = settings.number("estimators.adverse_prior_bps") / BPS
        self._read()

    def memory(self) -> tuple[float, CostMemory, CostMemory]:
        """What outlives the process: the horizon, and the costs of buys and sells."""
        return self._horizon_s, self._buys.memory(), self._sells.memory()

    def recall(self, horizon_s: float, buys: CostMemory, sells: CostMemory) -> bool:
        """Go on from the costs remembered; those of another horizon are not comparable, and False."""
        if horizon_s != self._horizon_s:
            return False
        self._buys.recall(buys)
        self._sells.recall(sells)
        self._read()
        return True

    def learned(self, side: Side) -> tuple[tuple[float, float], DepthMemory]:
        """What else outlives the process on a side: the counts of informed fills, and the costs by depth."""
        known = self._side(side)
        return known.informed.memory(), known.depths.memory()

    def relearn(self, side: Side, informed: tuple[float, float], depths: DepthMemory) -> None:
        """Go on from what ``learned`` gave, which is of the horizon of the costs recalled before."""
        known = self._side(side)
        known.informed.recall(informed)
        known.depths.recall(depths)

    def on_fill(self, at: float, fill: JudgedFill) -> None:
        """Take an own fill. Fills of one side and instant, or of one key, are one event.

        Ignored before the first mid and when a size or price is no positive finite number.
        """
        mid = fill.mid if fill.mid > 0.0 else self._mid
        if not (0.0 < mid < math.inf and 0.0 < fill.size < math.inf and 0.0 < fill.fair < math.inf):
            return
        edge = fill.side * (mid - fill.price) / mid if 0.0 < fill.price < math.inf else 0.0
        last = self._pending[-1] if self._pending else None
        if (
            last is not None
            and last.side is fill.side
            and (last.filled_at == at or (fill.key and fill.key == last.key))
        ):
            last.absorb(fill.size, mid, fill.fair, edge)
            return
        if last is not None and at < last.filled_at:
            at = last.filled_at
        self._pending.append(_Pending(at, self._horizon_s, fill, fill.key, mid=mid, edge=edge))

    def observe(self, at: float, mid: float) -> None:
        """Take the mid (USD, positive) known from ``at`` on, and judge the fills that came due before."""
        pending = self._pending
        while pending and pending[0].due < at:
            self._judge(pending.popleft(), at)
        self._mid = mid
        self._alive_at = max(self._alive_at, at)

    def reading(self, side: Side) -> AdverseSelection:
        """Expected cost of the next fill of our quote on ``side``."""
        return self._readings[0 if side is Side.BUY else 1]

    def informed(self, side: Side) -> float:
        """Share of the fills of our quotes on ``side`` that were informed."""
        return self._side(side).informed.share

    def law(self, side: Side) -> DecayLaw | None:
        """How the cost falls with depth on ``side``; None where one cost serves every depth."""
        return self._side(side).depths.law

    def judged(self, side: Side) -> int:
        """How many fills of our quotes on ``side`` were judged since the start."""
        return self._side(side).judged

    def judged_at(self, side: Side) -> float:
        """Engine second of the last fill judged on ``side``; 0 when none was."""
        return self._side(side).judged_at

    def _side(self, side: Side) -> _SideCost:
        return self._buys if side is Side.BUY else self._sells

    def _judge(self, fill: _Pending, at: float) -> None:
        if max(at - fill.due, fill.due - self._alive_at) > self._horizon_s:
            return
        from_mid = -fill.side * (self._mid - fill.mid) / fill.mid
        from_fair = -fill.side * (self._mid - fill.fair) / fill.fair
        if not (abs(from_mid) <= COST_MAX and abs(from_fair) <= COST_MAX):
            return
        side = self._side(fill.side)
        side.add(from_mid, from_fair)
        side.judged += 1
        side.judged_at = at
        side.informed.add(from_mid, fill.deviation)
        side.depths.add(fill.edge * BPS, from_mid * BPS)
        self._read()

    def _read(self) -> None:
        self._readings = (self._buys.reading(self._prior), self._sells.reading(self._prior))
