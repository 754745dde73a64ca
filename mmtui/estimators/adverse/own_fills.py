"""What own fills teach, behind one door: the cost that is priced, markouts, informed share, cost by depth.

Owns which own fills are evidence: those of quotes, told in time. A fill is measured against the mid known
before it by the exchange's clock, since a picture of the book may overtake the message of the fill.
Source: models.md 7.
"""

import math

import msgspec

from mmtui.domain.estimates import Estimate
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.adverse.depth_costs import DecayLaw
from mmtui.estimators.adverse.markout import PRIOR_FILLS, AdverseSelection, JudgedFill, Markout
from mmtui.estimators.adverse.markouts import MarkoutRecord, Markouts
from mmtui.estimators.adverse.memory import AdverseMemory
from mmtui.estimators.arrivals.gamma_law import Z_975
from mmtui.estimators.memory import CostMemory
from mmtui.estimators.publish import provenance_of

FILL_AGE_S = 5.0


class OwnFill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fill of one of our quotes: ``size`` base units, ``price`` USD; 0 or None is not known."""

    side: Side
    size: float
    price: float = 0.0
    level: int | None = None
    venue_time_ms: int = 0


class OwnFills:
    """All estimators fed by own fills and every mid."""

    __slots__ = ("_markout", "_markouts")

    def __init__(self, settings: Settings) -> None:
        self._markout = Markout(settings)
        self._markouts = Markouts()

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; the markouts stay, the priced cost as far as it is comparable."""
        self._markout.reconfigure(settings)

    def on_fill(self, at: float, fill: OwnFill, *, mid: float, fair: float, sigma: float) -> None:
        """Take a fill; ``mid`` and ``fair`` in USD were known just before it, ``sigma`` is per root second.

        One told later than five seconds after it happened is no evidence: the book has moved on meanwhile.
        """
        if fill.venue_time_ms and not at - fill.venue_time_ms / 1000.0 <= FILL_AGE_S:
            return
        key = fill.venue_time_ms
        judged = JudgedFill(fill.side, fill.size, fair=fair, mid=mid, price=fill.price, sigma=sigma, key=key)
        self._markout.on_fill(at, judged)
        self._markouts.on_fill(at, fill.side, fill.size, price=fill.price, mid=mid, level=fill.level, key=key)

    def observe(self, at: float, mid: float) -> None:
        """Take the mid known from ``at`` on."""
        self._markout.observe(at, mid)
        self._markouts.observe(at, mid)

    def reading(self, side: Side) -> AdverseSelection:
        """Expected cost of the next fill of our quote on ``side``."""
        return self._markout.reading(side)

    def informed(self, side: Side) -> float:
        """Share of informed fills on ``side``."""
        return self._markout.informed(side)

    def judged(self, side: Side) -> int:
        """How many fills on ``side`` were judged at the priced horizon since the start."""
        return self._markout.judged(side)

    def law(self, side: Side) -> tuple[float, float]:
        """Cost at depth zero and the decay with depth, as fraction and 1/fraction; (0, 0) without a law."""
        law: DecayLaw | None = self._markout.law(side)
        return (law.zero_bps / BPS, BPS / law.decay_bps) if law is not None else (0.0, 0.0)

    def markouts(self) -> tuple[MarkoutRecord, ...]:
        """Every record of markouts."""
        return self._markouts.readings()

    def markout(self, side: Side, horizon_s: float) -> MarkoutRecord:
        """The record of every level of a side at a horizon."""
        return self._markouts.reading(side, horizon_s)

    def published(self, now: float) -> dict[str, Estimate]:
        """What people see: the priced costs with their intervals, and the shares of informed fills."""
        rows: dict[str, Estimate] = {}
        for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
            reading, at = self._markout.reading(side), self._markout.judged_at(side)
            trust = provenance_of(reading.n_eff, PRIOR_FILLS, now - at, stale_s=math.inf)
            value, reach = reading.value * BPS, Z_975 * reading.value_error * BPS
            # Fills are rare: what they cost an hour ago is the best that is known.
            bounds = (value - reach, value + reach) if reading.n_eff > 1.0 else (None, None)
            rows[f"adverse_{name}_bps"] = Estimate(value, "bp", trust, reading.n_eff, at, *bounds)
            rows[f"informed_{name}"] = Estimate(self.informed(side), "", trust, reading.n_eff, at)
        return rows

    def memory(self) -> tuple[float, CostMemory, CostMemory]:
        """What outlives the process of the priced cost: its horizon, and the costs of buys and sells."""
        return self._markout.memory()

    def learned(self) -> AdverseMemory:
        """What else outlives the process."""
        informed_bid, depth_bid = self._markout.learned(Side.BUY)
        informed_ask, depth_ask = self._markout.learned(Side.SELL)
        return AdverseMemory(
            markouts=self._markouts.memory(),
            informed_bid=informed_bid,
            informed_ask=informed_ask,
            depth_bid=depth_bid,
            depth_ask=depth_ask,
        )

    def recall(self, horizon_s: float, costs: tuple[CostMemory, CostMemory], learned: AdverseMemory | None) -> None:
        """Go on from what was remembered; costs of another horizon are not comparable."""
        is_comparable = self._markout.recall(horizon_s, *costs)
        if learned is None:
            return
        self._markouts.recall(learned.markouts)
        if is_comparable:
            self._markout.relearn(Side.BUY, learned.informed_bid, learned.depth_bid)
            self._markout.relearn(Side.SELL, learned.informed_ask, learned.depth_ask)
