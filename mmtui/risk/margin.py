"""Margin arithmetic of the venue: maintenance over its tiers, liquidation price, and the largest safe position.

Knows no orders and no account; the tiers come with the instrument, never from here. Rates rise from tier to
tier, so that the maintenance margin is the largest of the tiers' lines, and a price or a notional at which
something equals it is the strictest of the tiers' answers. USD, base units and fractions. Source: models.md
11.1 to 11.4.
"""

import math
from collections.abc import Iterator, Sequence

from mmtui.domain.instrument import MarginTier

SAFETY_WINDOW_S = 3600.0
TOP_UP_RATIO = 2.0


def initial_margin(notional_usd: float, leverage: float) -> float:
    """Margin that opens a notional at the chosen leverage."""
    return notional_usd / leverage


def maintenance_margin(tiers: Sequence[MarginTier], notional_usd: float) -> float:
    """Margin below which a notional is liquidated: half the initial margin at each tier's own leverage."""
    return max([notional_usd * rate - deduction for rate, deduction in _lines(tiers)])


def liquidation_price(
    tiers: Sequence[MarginTier], *, price_usd: float, signed_size: float, equity_usd: float
) -> float | None:
    """Mark at which equity falls to the maintenance margin; None when flat or when no price does that.

    ``equity_usd`` is what backs the position at ``price_usd``: the account less the maintenance of other
    positions, or an isolated position's own.
    """
    size = abs(signed_size)
    if not (size > 0.0 and price_usd > 0.0 and math.isfinite(equity_usd)):
        return None
    side = 1.0 if signed_size > 0.0 else -1.0
    prices = [
        (size * price_usd - side * (equity_usd + deduction)) / (size * (1.0 - side * rate))
        for rate, deduction in _lines(tiers)
    ]
    price = max(prices) if side > 0.0 else min(prices)
    return price if price > 0.0 else None


def safe_notional(tiers: Sequence[MarginTier], *, equity_usd: float, distance: float) -> float:
    """Largest notional whose liquidation price is at least ``distance`` (a fraction) away, on the worse side.

    The worse side is a short: what it must maintain grows as the price runs against it.
    """
    if not (equity_usd > 0.0 and distance >= 0.0):
        return 0.0
    moved = 1.0 + distance
    return min([(equity_usd + deduction) / (rate * moved + distance) for rate, deduction in _lines(tiers)])


def safe_leverage(tiers: Sequence[MarginTier], distance: float) -> float:
    """Largest leverage at which an isolated position stands off liquidation by ``distance``, whatever its size."""
    return 1.0 / (distance + 0.5 / tiers[0].max_leverage * (1.0 + distance))


def safe_distance(sigma: float, sigmas: float, least: float) -> float:
    """How far the liquidation price must stay away, a fraction: so many deviations of an hour, and a least."""
    wanted = sigmas * sigma * math.sqrt(SAFETY_WINDOW_S)
    return max(wanted, least) if math.isfinite(wanted) else least


def isolated_equity(
    tiers: Sequence[MarginTier], *, price_usd: float, signed_size: float, liquidation_usd: float
) -> float:
    """Equity of an isolated position, from the liquidation price that the venue states for it."""
    size = abs(signed_size)
    return maintenance_margin(tiers, size * liquidation_usd) + signed_size * (price_usd - liquidation_usd)


def is_short_of_margin(
    tiers: Sequence[MarginTier], *, notional_usd: float, equity_usd: float, ratio: float = TOP_UP_RATIO
) -> bool:
    """Whether an isolated position has less than ``ratio`` times what it must have. Source: models.md 11.4."""
    return not equity_usd >= ratio * maintenance_margin(tiers, notional_usd)


def _lines(tiers: Sequence[MarginTier]) -> Iterator[tuple[float, float]]:
    """Rate and deduction of each tier; the deduction keeps the maintenance margin continuous."""
    rate = deduction = 0.0
    for i, tier in enumerate(tiers):
        before, rate = rate, 0.5 / tier.max_leverage
        if i:
            deduction += tier.lower_bound_usd * (rate - before)
        yield rate, deduction
