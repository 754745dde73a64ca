"""What time does to a position, behind one object: funding, short-term drift, and how long it is held.

Owns what is published of them. Funding that the venue has not told of is 0 and without a due time.
Sources: models.md 4.1, 6.8 and 6.15.
"""

import math

import msgspec

from mmtui.domain.book import AssetContext, Book
from mmtui.domain.estimates import Estimate
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.carry.drift import DriftScore
from mmtui.estimators.carry.funding import SAMPLES_WARM, Funding
from mmtui.estimators.carry.holding import HoldingTime
from mmtui.estimators.carry.memory import CarryMemory
from mmtui.estimators.publish import provenance_of

FILLS_WARM = 10.0


class FundingReading(msgspec.Struct, frozen=True, gc=False):
    """Premium and predicted hourly rates (fractions), of the running hour and over the horizon; s until due."""

    premium: float = 0.0
    running: float = 0.0
    outlook: float = 0.0
    due_s: float = 0.0


UNKNOWN = FundingReading()


class Carry:
    """Funding, drift and holding time of one market and our position in it."""

    __slots__ = ("_horizon_s", "_memo", "drift", "funding", "holding")

    def __init__(self, settings: Settings, instrument: Instrument) -> None:
        self.drift = DriftScore(settings)
        self.funding = Funding(settings, instrument)
        self.holding = HoldingTime(settings)
        self._memo: tuple[int, FundingReading] = (-1, UNKNOWN)
        self._horizon_s = settings.number("risk.funding_rate_horizon_s")

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; everything learned stays."""
        self.drift.reconfigure(settings)
        self.funding.reconfigure(settings)
        self.holding.reconfigure(settings)
        self._horizon_s = settings.number("risk.funding_rate_horizon_s")
        self._memo = (-1, UNKNOWN)

    def on_context(self, now: float, context: AssetContext, book: Book | None) -> None:
        """Take mark, oracle and premium."""
        self.funding.on_context(now, context, book)
        self._memo = (-1, UNKNOWN)

    def reading(self, now: float) -> FundingReading:
        """Funding as it stands in the whole second of ``now``."""
        second = math.floor(now)
        if self._memo[0] != second:
            self._memo = second, self._reading(float(second))
        return self._memo[1]

    def published(self, now: float) -> dict[str, Estimate]:
        """What people see of these estimators, by name."""
        holding, funding = self.holding, self.funding
        fills = provenance_of(holding.fills, FILLS_WARM, now - holding.updated_at)
        rows = {
            "drift_score": Estimate(self.drift.value(now), "", self.drift.trust(now), 1.0, self.drift.updated_at),
            "holding_time": Estimate(holding.value_s, "s", fills, holding.fills, holding.updated_at),
        }
        for side, name in ((Side.BUY, "bid"), (Side.SELL, "ask")):
            rate = holding.fills_per_s(side)
            rows[f"own_fills_{name}"] = Estimate(rate, "1/s", fills, holding.fills, holding.updated_at)
        if funding.told_at:
            reading, at, count = self.reading(now), funding.told_at, funding.samples
            seen = provenance_of(count, SAMPLES_WARM, now - at)
            rows["premium"] = Estimate(reading.premium, "fraction", seen, count, at)
            rows["funding_hourly"] = Estimate(reading.running, "fraction", seen, count, at)
            rows["funding_outlook"] = Estimate(reading.outlook, "fraction", seen, count, at)
            rows["funding_due"] = Estimate(reading.due_s, "s", seen, count, at)
        return rows

    def memory(self) -> CarryMemory:
        """What outlives the process; not the drift, which is that of the last seconds."""
        at, buys, sells, watched_s = self.holding.memory()
        hour, samples, total, outlook, sampled_at = self.funding.memory()
        return CarryMemory(
            at=at,
            buys=buys,
            sells=sells,
            watched_s=watched_s,
            hour=hour,
            samples=samples,
            premium_total=total,
            outlook_sum=outlook[0],
            outlook_weight=outlook[1],
            sampled_at=sampled_at,
        )

    def recall(self, memory: CarryMemory) -> None:
        """Go on from what was learned before."""
        self.holding.recall(memory.at, memory.buys, memory.sells, memory.watched_s)
        hour = (memory.hour, memory.samples, memory.premium_total)
        self.funding.recall(hour, (memory.outlook_sum, memory.outlook_weight), memory.sampled_at)

    def _reading(self, now: float) -> FundingReading:
        funding = self.funding
        if not funding.is_known(now):
            return UNKNOWN
        return FundingReading(
            funding.premium, funding.running_rate(now), funding.rate_over(now, self._horizon_s), funding.due_s(now)
        )
