"""Funding of one contract: premium samples over the hour and the rate they end in.

Owns the venue's formula: the 8-hour rate is the mean premium plus the interest rate clamped to five
basis points around it, a payment is an eighth of it, capped at 4 % an hour. Time is an argument.
Source: hyperliquid-protocol.md 8.4.
"""

from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.venues.exchange.listing import Contract

SAMPLE_MS = 5_000
HOUR_MS = 3_600_000
CLAMP = 0.0005
HOURLY_MAX = 0.04
RATE_ONE = 10**12


def premium(oracle: Price, impact_bid: float | None, impact_ask: float | None, *, is_builder: bool) -> float | None:
    """Premium of the book's impact prices over the oracle, a fraction; None without both."""
    if oracle <= 0 or impact_bid is None or impact_ask is None:
        return None
    if is_builder:
        return (impact_bid + impact_ask) / 2 / oracle - 1.0
    return (max(impact_bid - oracle, 0.0) - max(oracle - impact_ask, 0.0)) / oracle


def hourly_rate(premium_mean: float, interest_8h: float, multiplier: float = 1.0) -> float:
    """Hourly funding rate of a mean premium, as a fraction; positive is paid by longs."""
    clamped = min(max(interest_8h - premium_mean, -CLAMP), CLAMP)
    rate = (premium_mean + clamped) / 8.0 * multiplier
    return min(max(rate, -HOURLY_MAX), HOURLY_MAX)


def payment(size: Size, oracle: Price, rate: float) -> UsdMicro:
    """What a position pays (positive) for one hour, truncated toward zero."""
    exact = size * oracle * round(rate * RATE_ONE)
    return exact // RATE_ONE if exact >= 0 else -(-exact // RATE_ONE)


def impact_price(levels: list[tuple[Price, Size, int]], notional: UsdMicro) -> float | None:
    """Average price of trading ``notional`` through ``levels``; None when they do not hold it."""
    left = notional
    size = 0.0
    for price, available, _count in levels:
        taken = min(left, price * available)
        size += taken / price
        left -= taken
        if left == 0:
            return notional / size
    return None


class FundingHour:
    """Premium samples of the running hour."""

    __slots__ = ("_contract", "_count", "_total", "latest")

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._total = 0.0
        self._count = 0
        self.latest: float | None = None

    def sample(self, value: float | None) -> None:
        """Take one sample; None, an empty side, counts for nothing."""
        self.latest = value
        if value is not None:
            self._total += value
            self._count += 1

    @property
    def premium_mean(self) -> float:
        """Mean premium so far; 0 without a sample."""
        return self._total / self._count if self._count else 0.0

    def rate(self) -> float:
        """Hourly rate if the hour ended now."""
        contract = self._contract
        return hourly_rate(self.premium_mean, contract.interest_rate_8h, contract.funding_multiplier)

    def restart(self) -> None:
        """Begin the next hour."""
        self._total = 0.0
        self._count = 0
