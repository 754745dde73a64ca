"""The dealer of Avellaneda and Stoikov, who trades until a known end: reservation price, spread and quotes.

Owns their formulas in their own units (USD, one share an order) and in ours (fractions, lots). The skew grows
without bound with the time that remains: a small-horizon expansion of the exact solution. Pure arithmetic.
Source: models.md 3.1 and 3.2.
"""

import math

from mmtui.strategies.glft import ClosedForm, Flow, RiskAttitude, base_half_spread


def reservation_price(mid: float, position: float, gamma: float, sigma: float, remaining: float) -> float:
    """Price at which the dealer would as soon hold one share more as less; prices and ``sigma`` in USD."""
    return mid - position * gamma * sigma * sigma * remaining


def total_spread(gamma: float, sigma: float, kappa: float, remaining: float) -> float:
    """Ask less bid in USD; ``kappa`` in 1/USD."""
    return gamma * sigma * sigma * remaining + 2.0 * base_half_spread(gamma, kappa)


def average_spread(gamma: float, sigma: float, kappa: float, session: float, steps: int) -> float:
    """Mean of the total spread over the ``steps`` of a session, each quoted with the time left at its start."""
    spreads = [total_spread(gamma, sigma, kappa, session * (1.0 - step / steps)) for step in range(steps)]
    return math.fsum(spreads) / steps


def horizon_form(
    risk: float,
    sigma: float,
    bid: Flow,
    ask: Flow,
    horizon_s: float,
    attitude: RiskAttitude = RiskAttitude.CARA,
) -> ClosedForm:
    """Their quotes in fractions and lots, ``horizon_s`` before the end, costs added to each side."""
    on_fills = risk if attitude is RiskAttitude.CARA else 0.0
    base_bid, base_ask = base_half_spread(on_fills, bid.kappa), base_half_spread(on_fills, ask.kappa)
    reversion = 1.0 / horizon_s if risk * sigma > 0.0 else 0.0
    return ClosedForm(base_bid, base_ask, risk * sigma * sigma * horizon_s, 0.0, bid.cost, ask.cost, reversion)


def horizon_of(holding_s: float, holding_max_s: float) -> float:
    """Seconds the dealer looks ahead: the measured holding time up to its cap, the cap while none is measured."""
    return min(holding_s, holding_max_s) if holding_s > 0.0 else holding_max_s
