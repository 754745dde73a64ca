"""Optimal quotes between two bounds of inventory, without end: the exact counterpart of the closed form.

Owns the solution of the stationary equations by two one-sided recursions, from either bound toward the
state that costs least. Nothing is subtracted there that is nearly equal, so every quote is accurate
however improbable its inventory. The same recursions serve sides with equal and with different kappas;
with equal ones they are the ratios of the smallest eigenvector. Plain arithmetic, so that a replay repeats
it on any machine. Source: models.md 2.1, 2.2, 2.4, 2.5, equation (2.4).
"""

import math

import msgspec

from mmtui.strategies.glft import (
    EXPONENT_MAX,
    Flow,
    RiskAttitude,
    base_half_spread,
    log_risk_adjusted_intensity,
)

ROUNDS_MAX = 200
PRECISION = 4e-16


class Bounded(msgspec.Struct, frozen=True, gc=False):
    """Distances as fractions for whole lots from ``-lots_max`` to ``lots_max``.

    ``steps[i]`` is what the value of the inventory falls by from lot ``i - lots_max`` to the next one up.
    ``income`` is the certainty-equivalent growth per second and unit of lot notional, None where time ends.
    """

    lots_max: int
    steps: tuple[float, ...]
    base_bid: float
    base_ask: float
    cost_bid: float
    cost_ask: float
    income: float | None = None

    def bid_distance(self, n: int) -> float | None:
        """Distance of the bid below the reference with ``n`` lots held; None where no bid is quoted."""
        if not -self.lots_max <= n < self.lots_max:
            return None
        return self.base_bid + self.cost_bid + self.steps[n + self.lots_max]

    def ask_distance(self, n: int) -> float | None:
        """Distance of the ask above the reference with ``n`` lots held; None where no ask is quoted."""
        if not -self.lots_max < n <= self.lots_max:
            return None
        return self.base_ask + self.cost_ask - self.steps[n + self.lots_max - 1]

    def values(self) -> list[float]:
        """Value of every inventory per unit of lot notional, 0 when flat."""
        values, middle = [0.0], 0.0
        for i, step in enumerate(self.steps):
            values.append(values[-1] - step)
            if i + 1 == self.lots_max:
                middle = values[-1]
        return [value - middle for value in values]


class _Chain:
    """The stationary equations of one set of inputs, solved for a trial income."""

    __slots__ = ("_costs", "_log_ask", "_log_bid", "_meeting", "_ratio")

    def __init__(self, costs: list[float], logs: tuple[float, float], kappas: tuple[float, float]) -> None:
        self._costs = costs
        middle = len(costs) // 2
        self._meeting = min(range(len(costs)), key=lambda i: (costs[i], abs(i - middle)))
        self._ratio = kappas[1] / kappas[0]
        log_bid, log_ask = logs[0] - math.log(kappas[0]), logs[1] - math.log(kappas[1])
        self._log_ask = log_ask + self._ratio * log_bid
        self._log_bid = log_bid + log_ask / self._ratio

    def miss(self, income: float) -> tuple[float, float] | None:
        """By how much the two halves fail to meet, and its slope; None where ``income`` is too small."""
        left = self._run(income, self._costs[: self._meeting], self._log_ask, self._ratio)
        right = self._run(income, self._costs[: self._meeting : -1], self._log_bid, 1.0 / self._ratio)
        if left is None or right is None:
            return None
        gap = income + self._costs[self._meeting] - left[0] - right[0]
        return gap, 1.0 - left[1] - right[1]

    def earnings(self, income: float) -> tuple[list[float], list[float]]:
        """What bids earn below the meeting point from the lower bound up, and asks above it from the upper down."""
        bids: list[float] = []
        asks: list[float] = []
        self._run(income, self._costs[: self._meeting], self._log_ask, self._ratio, bids)
        self._run(income, self._costs[: self._meeting : -1], self._log_bid, 1.0 / self._ratio, asks)
        return bids, asks

    @staticmethod
    def _run(
        income: float, costs: list[float], log_scale: float, power: float, kept: list[float] | None = None
    ) -> tuple[float, float] | None:
        """Earnings of the returning side at the end of ``costs`` and their slope by ``income``."""
        back = back_slope = 0.0
        for cost in costs:
            onward = income + cost - back
            if not onward > 0.0:
                return None
            if kept is not None:
                kept.append(onward)
            back_slope = -power * (1.0 - back_slope) / onward
            back = math.exp(min(log_scale - power * math.log(onward), EXPONENT_MAX))
            back_slope *= back
        return back, back_slope


def stationary(
    risk: float,
    sigma: float,
    bid: Flow,
    ask: Flow,
    lots_max: int,
    *,
    attitude: RiskAttitude = RiskAttitude.CARA,
    drift: float = 0.0,
) -> Bounded:
    """The quotes that are best for ever with at most ``lots_max`` lots either way. Source: (2.3), (2.4).

    ``drift`` in fraction/s never ends. An impact of own fills (models.md 2.2) is half of it more in both costs.
    Raises ValueError for fewer than one lot.
    """
    if lots_max < 1:
        raise ValueError(f"at least one lot either way, not {lots_max}")
    on_fills = risk if attitude is RiskAttitude.CARA else 0.0
    half_variance = 0.5 * risk * sigma * sigma
    costs = [half_variance * n * n - drift * n for n in range(-lots_max, lots_max + 1)]
    logs = log_risk_adjusted_intensity(on_fills, bid), log_risk_adjusted_intensity(on_fills, ask)
    chain = _Chain(costs, logs, (bid.kappa, ask.kappa))
    income = _income(chain, _income_bound(costs, logs, bid.kappa, ask.kappa))
    bids, asks = chain.earnings(income)
    steps = [(logs[0] - math.log(bid.kappa * earned)) / bid.kappa for earned in bids]
    steps += [(math.log(ask.kappa * earned) - logs[1]) / ask.kappa for earned in reversed(asks)]
    base_bid = base_half_spread(on_fills, bid.kappa)
    base_ask = base_half_spread(on_fills, ask.kappa)
    return Bounded(lots_max, tuple(steps), base_bid, base_ask, bid.cost, ask.cost, income)


def _income_bound(costs: list[float], logs: tuple[float, float], kappa_bid: float, kappa_ask: float) -> float:
    """More than any policy can earn: balanced flow at the inventory that costs least."""
    balanced = (kappa_ask * logs[0] + kappa_bid * logs[1]) / (kappa_bid + kappa_ask)
    return math.exp(balanced) * (1.0 / kappa_bid + 1.0 / kappa_ask) - min(costs)


def _income(chain: _Chain, high: float) -> float:
    """The income at which both halves meet: Newton's method, kept inside a bracket."""
    low, trial = -math.inf, high
    step = abs(high)
    for _ in range(ROUNDS_MAX):
        missed = chain.miss(trial)
        if missed is None or missed[0] < 0.0:
            low = trial
        elif missed[0] > 0.0:
            high = trial
        else:
            return trial
        if missed is not None:
            closer = trial - missed[0] / missed[1]
            if abs(closer - trial) <= PRECISION * (abs(trial) + abs(high)):
                return closer
            if low < closer < high or (missed[0] > 0.0 and low == -math.inf):
                trial = closer
                continue
        if low == -math.inf:
            step *= 2.0
            trial = high - step
        else:
            trial = 0.5 * (low + high)
            if not low < trial < high:
                return high
    return high
