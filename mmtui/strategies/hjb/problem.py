"""The control problem that is solved: flows, risk, the drift's chain, the taker's cost.

Owns the coefficients of the equation and the running reward; solves nothing. Fractions, seconds and
lots; values are per unit of lot notional. Source: models.md 4.3, 4.4.
"""

import math

import msgspec

from mmtui.strategies import glft

DRIFT_RANGE_SD = 4.0


class DriftChain(msgspec.Struct, frozen=True):
    """A drift in fraction/s that reverts at ``decay`` per second, on an odd number of points.

    ``sd`` is its stationary deviation; one point is no drift at all.
    """

    decay: float = 0.0
    sd: float = 0.0
    points: int = 1

    @property
    def step(self) -> float:
        """Distance of two points."""
        return 2.0 * DRIFT_RANGE_SD * self.sd / (self.points - 1) if self.points > 1 else 0.0

    @property
    def grid(self) -> tuple[float, ...]:
        """The points, symmetric about 0."""
        half = self.points // 2
        return tuple(self.step * (j - half) for j in range(self.points))

    def rates(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Rates up and down from each point, central in the drift; nothing leaves the ends. 1/s."""
        last = self.points - 1
        if not last:
            return (0.0,), (0.0,)
        spread = self.decay * self.sd * self.sd / (self.step * self.step)
        pull = self.decay / (2.0 * self.step)
        up = tuple(0.0 if j == last else spread - pull * mu for j, mu in enumerate(self.grid))
        down = tuple(0.0 if j == 0 else spread + pull * mu for j, mu in enumerate(self.grid))
        return up, down


class Taker(msgspec.Struct, frozen=True):
    """Crossing the spread: at most ``rate`` lots per second, each at ``cost`` as a fraction."""

    rate: float = 0.0
    cost: float = 0.0

    def rate_at(self, gap: float) -> float:
        """All or nothing: the full rate once the trade is worth more than it costs. Source: models.md (4.2)."""
        return self.rate if -gap > self.cost else 0.0


class Problem(msgspec.Struct, frozen=True):
    """One instance of (4.1): ``lots`` is the limit in lots, ``risk`` per lot in 1/fraction."""

    bid: glft.Flow
    ask: glft.Flow
    sigma: float
    risk: float
    lots: int
    attitude: glft.RiskAttitude = glft.RiskAttitude.CARA
    drift: DriftChain = DriftChain()
    taker: Taker = Taker()

    @property
    def risk_on_fills(self) -> float:
        """Risk aversion that fills are valued with: none in the penalty form."""
        return self.risk if self.attitude is glft.RiskAttitude.CARA else 0.0

    @property
    def intensities(self) -> tuple[float, float]:
        """Arrivals on bid and ask as the optimum counts them, costs included, 1/s."""
        on_fills = self.risk_on_fills
        return glft.risk_adjusted_intensity(on_fills, self.bid), glft.risk_adjusted_intensity(on_fills, self.ask)

    @property
    def offsets(self) -> tuple[float, float]:
        """What bid and ask keep over the value of inventory: the best single-fill distance and the cost."""
        on_fills = self.risk_on_fills
        return (
            glft.base_half_spread(on_fills, self.bid.kappa) + self.bid.cost,
            glft.base_half_spread(on_fills, self.ask.kappa) + self.ask.cost,
        )

    def closed_slope(self) -> float:
        """Inventory slope of the asymptotic form, where the solution is begun from."""
        return glft.closed_form(self.risk, self.sigma, self.bid, self.ask, attitude=self.attitude).slope


def thinned(flow: glft.Flow, imbalance: float, weight: float, sign: int) -> glft.Flow:
    """The flow of one side under book imbalance in [-1, 1]; ``sign`` +1 is our bid. Source: models.md 4.3.

    Never thinned below a tenth.
    """
    share = 1.0 - sign * weight * imbalance
    return glft.Flow(flow.kappa, flow.intensity * max(share, 0.1), flow.cost)


def taker_cost(market_spread: float, taker_rate: float) -> float:
    """What a taker pays over the mid: half the market spread and the fee. Source: models.md (4.1)."""
    return max(market_spread, 0.0) / 2.0 + taker_rate


def income_usd(growth: float, lot_notional_usd: float) -> float:
    """Certainty-equivalent income in USD per second of a growth rate in lots."""
    return growth * lot_notional_usd if math.isfinite(growth) else 0.0
