"""The arithmetic of funding: premium, rate, payment, and the inventory that a carry is worth.

Pure functions. Rates and premiums are fractions, positive where longs pay. A payment is on the oracle's
price, not the mark. Source: models.md 6.15.
"""

import math

import msgspec

HOURLY_MAX = 0.04
HOUR_S = 3600.0
TARGET_SHARE_MAX = 0.25


class FundingTerms(msgspec.Struct, frozen=True, gc=False):
    """How a venue turns a premium into a rate: interest and clamp for eight hours, ``divisor`` payments of it.

    ``multiplier`` scales the rate of a builder's contract.
    """

    interest: float = 1e-4
    clamp: float = 5e-4
    divisor: float = 8.0
    multiplier: float = 1.0


def premium(oracle: float, impact_bid: float, impact_ask: float, *, is_builder: bool = False) -> float | None:
    """Premium of the impact prices over the oracle; a builder's contract takes their mean. None without prices."""
    if not (oracle > 0.0 and 0.0 < impact_bid < math.inf and 0.0 < impact_ask < math.inf):
        return None
    if is_builder:
        return (impact_bid + impact_ask) / 2.0 / oracle - 1.0
    return (max(impact_bid - oracle, 0.0) - max(oracle - impact_ask, 0.0)) / oracle


def eight_hour_rate(mean_premium: float, terms: FundingTerms) -> float:
    """Rate for eight hours of an hour's mean premium."""
    return mean_premium + min(max(terms.interest - mean_premium, -terms.clamp), terms.clamp)


def hourly_rate(mean_premium: float, terms: FundingTerms) -> float:
    """Rate of one hourly payment, at most 4 % either way."""
    rate = eight_hour_rate(mean_premium, terms) / terms.divisor * terms.multiplier
    return min(max(rate, -HOURLY_MAX), HOURLY_MAX)


def payment_usd(position_base: float, oracle: float, rate: float) -> float:
    """What the holder of ``position_base`` pays for an hour (negative: receives), in USD."""
    return position_base * oracle * rate


def expected_cost_usd(position_base: float, oracle: float, rate: float, horizon_s: float) -> float:
    """Payment over a horizon, in proportion."""
    return payment_usd(position_base, oracle, rate) * horizon_s / HOUR_S


def predicted_premium(elapsed_s: float, mean_so_far: float, outlook: float) -> float:
    """Mean premium of the whole hour: what it was so far, and what it is expected to be in the rest."""
    return (elapsed_s * mean_so_far + (HOUR_S - elapsed_s) * outlook) / HOUR_S


def rate_over(horizon_s: float, due_s: float, running: float, later: float) -> float:
    """Hourly rate averaged over a horizon in which the ``running`` hour ends after ``due_s``."""
    share = min(max(due_s / horizon_s, 0.0), 1.0) if horizon_s > 0.0 else 1.0
    return share * running + (1.0 - share) * later


def target_lots(rate: float, weight: float, risk: float, sigma: float) -> float:
    """Inventory (lots) whose risk a carry of ``rate`` an hour is worth; ``risk`` per lot in 1/fraction.

    0 where nothing limits it: without risk or without a price that moves.
    """
    cost = HOUR_S * risk * sigma * sigma
    target = -weight * rate / cost if cost > 0.0 else 0.0
    return target if math.isfinite(target) else 0.0


def bounded_target(lots: float, limit_lots: float) -> float:
    """The target held within a quarter of the position limit."""
    bound = TARGET_SHARE_MAX * max(limit_lots, 0.0)
    return min(max(lots, -bound), bound)
