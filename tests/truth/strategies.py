"""Strategies against figures known exactly or published: models.md 2.5, 3.2 and 12.3."""

import math
from dataclasses import dataclass

import numpy as np

from mmtui.research import chain, order_flow
from mmtui.research.avellaneda_stoikov import Outcome, inventory_outcome, symmetric_outcome
from mmtui.strategies import glft_exact
from tests.checks import preset
from tests.checks.section_12_3 import exact, literal, quoted

JUMP = 5e-4
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
# A share of orders knows more; mean P&L in USD an hour by the weight of that cost in the quotes.
PUBLISHED_WEIGHTS = {
    (0.2, False): (75.35, 77.36, 78.69, 79.37, 79.47, 79.13, 78.39),
    (0.4, False): (42.50, 50.30, 54.91, 57.06, 57.52, 56.57, 54.70),
    (0.2, True): (92.10, 92.99, 93.26, 93.04, 92.33, 91.18, 89.75),
    (0.4, True): (75.55, 79.02, 80.05, 79.18, 77.00, 73.82, 69.99),
}


@dataclass(frozen=True)
class PublishedDealer:
    """A row of the article's tables, 1000 paths, and what 200,000 paths of another program gave."""

    gamma: float
    is_inventory: bool
    paper: Outcome | None
    measured: tuple[float, float, float]

    @property
    def name(self) -> str:
        return f"{'inventory' if self.is_inventory else 'symmetric'}, gamma {self.gamma:g}"

    def play(self, seed: int, paths: int) -> Outcome:
        play = inventory_outcome if self.is_inventory else symmetric_outcome
        return play(np.random.default_rng(seed), self.gamma, paths)


DEALERS = (
    PublishedDealer(0.1, True, Outcome(1.49, 65.0, 6.6, 0.08, 2.9), (64.87, 6.56, 2.93)),
    PublishedDealer(0.1, False, Outcome(1.49, 68.4, 12.7, 0.26, 8.4), (68.20, 13.49, 8.40)),
    PublishedDealer(0.01, True, Outcome(1.35, 68.6, 8.7, 0.12, 5.1), (68.37, 8.98, 5.22)),
    PublishedDealer(0.01, False, Outcome(1.35, 68.8, 12.8, 0.09, 8.7), (68.64, 13.71, 8.71)),
    PublishedDealer(1.0, True, Outcome(3.02, 31.4, 5.0, 0.02, 1.7), (31.44, 4.83, 1.64)),
    PublishedDealer(1.0, False, Outcome(3.02, 44.0, 11.0, 0.00, 5.1), (43.67, 10.74, 5.18)),
    PublishedDealer(0.5, True, None, (48.56, 5.90, 1.96)),
    PublishedDealer(0.5, False, None, (59.88, 12.32, 6.91)),
)

# Mean and deviation of an hour's P&L over 20,000 paths of another program.
PUBLISHED_HOURS = {
    "glft_exact, gamma 0.1": (lambda: exact(0.1), 108.77, 13.95),
    "glft_exact, gamma 0.3": (lambda: exact(0.3), 108.56, 13.25),
    "glft_exact, gamma 1": (lambda: exact(1.0), 107.39, 11.59),
    "literal, gamma 0.3": (literal, 102.90, 19.93),
}


def informed_market(informed: float) -> chain.Market:
    """The preset with a share of orders that moves the mid by 5 bps."""
    return chain.Market(preset.INTENSITY, preset.KAPPA, preset.SIGMA, informed, JUMP)


def charged(informed: float, weight: float, moves_a_second: float) -> chain.Policy:
    """The bounded optimum that charges ``weight`` of the expected move, its sigma raised by the jumps."""
    market = informed_market(informed)
    flow = preset.flow(preset.FEE + weight * market.adverse)
    sigma = math.sqrt(market.sigma**2 + moves_a_second * informed * JUMP * JUMP)
    found = glft_exact.stationary(preset.risk(), sigma, flow, flow, preset.LIMIT_LOTS)
    return chain.policy(
        lambda n: quoted(found.bid_distance(n)), lambda n: quoted(found.ask_distance(n)), preset.LIMIT_LOTS
    )


def weighted_policy(informed: float, weight: float, *, moved_by_fills: bool) -> chain.Policy:
    """As ``charged``, with as many moves as there are orders, or fills of the policy itself."""
    if not moved_by_fills:
        return charged(informed, weight, 2.0 * preset.INTENSITY)
    fills = 0.1
    for _ in range(4):
        quotes = charged(informed, weight, fills)
        found = chain.figures(quotes, informed_market(informed), fee=preset.FEE, lot_usd=preset.LOT_USD)
        fills = found.fills / chain.HOUR_S
    return charged(informed, weight, fills)


def weighted_pnl(informed: float, weight: float, *, moved_by_fills: bool) -> float:
    """Exact mean P&L of the first hour, in USD."""
    quotes = weighted_policy(informed, weight, moved_by_fills=moved_by_fills)
    return chain.expected_pnl(
        quotes, informed_market(informed), fee=preset.FEE, lot_usd=preset.LOT_USD, moved_by_fills=moved_by_fills
    )


def hour(
    seed: int, quotes: chain.Policy, paths: int, *, informed: float = 0.0, moved_by_fills: bool = False
) -> order_flow.Paths:
    """Simulated hours of a policy in the preset."""
    market = informed_market(informed) if informed else preset.MARKET
    return order_flow.simulate(
        np.random.default_rng(seed),
        quotes,
        market,
        fee=preset.FEE,
        lot_usd=preset.LOT_USD,
        paths=paths,
        moved_by_fills=moved_by_fills,
    )
