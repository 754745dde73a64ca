"""Funding of the running hour, predicted from the premium of the contract over its oracle.

Owns the samples of the hour, the outlook beyond them, and when the next payment is due. What a premium
is depends on who runs the contract. Nothing is predicted until the venue has told mark and oracle with
a premium or a rate: a recording without them has no funding. Source: models.md 6.15.
"""

import math

from mmtui.domain.book import AssetContext, Book, PriceRow
from mmtui.domain.instrument import Instrument
from mmtui.domain.parameters import Settings
from mmtui.estimators.carry.rates import HOUR_S, FundingTerms, hourly_rate, predicted_premium, premium, rate_over
from mmtui.estimators.ewma import ClockEwma

SAMPLE_EVERY_S = 5.0
OUTLOOK_HALF_LIFE_S = 600.0
CONTEXT_LIFE_S = 60.0
SAMPLES_WARM = 12
IMPACT_USD = 6_000.0
IMPACT_MAJOR_USD = 20_000.0
MAJORS = frozenset({"BTC", "ETH"})
PREMIUM_MAX = 10.0


def impact_price(prices: PriceRow, sizes: PriceRow, notional_usd: float) -> float | None:
    """Average price of trading ``notional_usd`` through one side of a book; None when it does not hold that."""
    left, base = notional_usd, 0.0
    for price, size in zip(prices, sizes, strict=False):
        taken = min(left, price * size)
        base += taken / price
        left -= taken
        if left <= 0.0:
            return notional_usd / base
    return None


class Funding:
    """Premium samples of the running hour and the rate they will end in."""

    __slots__ = (
        "_count",
        "_hour",
        "_impact_usd",
        "_is_builder",
        "_outlook",
        "_sampled_at",
        "_terms",
        "_told_at",
        "_total",
        "oracle",
        "premium",
    )

    def __init__(self, settings: Settings, instrument: Instrument) -> None:
        self._is_builder = bool(instrument.dex)
        self._impact_usd = IMPACT_MAJOR_USD if instrument.coin in MAJORS else IMPACT_USD
        self._outlook = ClockEwma(OUTLOOK_HALF_LIFE_S)
        self._hour = 0
        self._count = 0
        self._total = 0.0
        self._sampled_at = -math.inf
        self._told_at = -math.inf
        self.premium = 0.0
        self.oracle = 0.0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited terms; the samples stay."""
        number = settings.number
        self._terms = FundingTerms(
            interest=number("estimators.funding_interest"),
            clamp=number("estimators.funding_clamp"),
            divisor=number("estimators.funding_divisor"),
            multiplier=number("estimators.funding_multiplier") if self._is_builder else 1.0,
        )

    def on_context(self, now: float, context: AssetContext, book: Book | None) -> None:
        """Take what the venue tells; the ``book`` stands in for impact prices that it leaves out."""
        told = self._premium_of(context, book)
        if told is None or not -PREMIUM_MAX <= told <= PREMIUM_MAX:
            return
        self._told_at = max(self._told_at, now)
        self.premium, self.oracle = told, context.oracle
        if now - self._sampled_at < SAMPLE_EVERY_S:
            return
        hour = math.floor(now / HOUR_S)
        if hour != self._hour:
            self._hour, self._count, self._total = hour, 0, 0.0
        self._sampled_at = now
        self._count += 1
        self._total += told
        self._outlook.add(now, told)

    def is_known(self, now: float) -> bool:
        """Whether the venue told a premium within the last minute."""
        return now - self._told_at <= CONTEXT_LIFE_S

    @property
    def samples(self) -> int:
        """Samples of the running hour."""
        return self._count

    @property
    def told_at(self) -> float:
        """When a premium was last told; 0 before the first."""
        return max(self._told_at, 0.0)

    def due_s(self, now: float) -> float:
        """Seconds until the next payment."""
        return HOUR_S - now % HOUR_S

    def running_rate(self, now: float) -> float:
        """Rate of the payment at the end of the running hour, as predicted at ``now``."""
        outlook = _sane(self._outlook.mean())
        elapsed_s = now % HOUR_S
        is_same_hour = math.floor(now / HOUR_S) == self._hour
        mean = _sane(self._total / self._count) if self._count and is_same_hour else outlook
        return hourly_rate(predicted_premium(elapsed_s, mean, outlook), self._terms)

    def rate_over(self, now: float, horizon_s: float) -> float:
        """Hourly rate expected on average over a horizon."""
        later = hourly_rate(_sane(self._outlook.mean()), self._terms)
        return rate_over(horizon_s, self.due_s(now), self.running_rate(now), later)

    def memory(self) -> tuple[int, int, float, tuple[float, float], float]:
        """Hour, its samples and their sum, weights of the outlook, and the time of the last sample."""
        return self._hour, self._count, self._total, self._outlook.weights, max(self._sampled_at, 0.0)

    def recall(self, hour: tuple[int, int, float], outlook: tuple[float, float], sampled_at: float) -> None:
        """Go on from what was sampled before; nothing is predicted until the venue tells again."""
        self._hour, self._count, self._total = hour
        if sampled_at > 0.0:
            self._sampled_at = sampled_at
            self._outlook.recall(sampled_at, outlook)

    def _premium_of(self, context: AssetContext, book: Book | None) -> float | None:
        if context.impact_bid is not None and context.impact_ask is not None:
            return premium(context.oracle, context.impact_bid, context.impact_ask, is_builder=self._is_builder)
        if context.premium is not None:
            return context.premium
        if book is None or context.funding_rate == 0.0:
            return None
        bid = impact_price(book.bid_prices, book.bid_sizes, self._impact_usd)
        ask = impact_price(book.ask_prices, book.ask_sizes, self._impact_usd)
        if bid is None or ask is None:
            return None
        return premium(context.oracle, bid, ask, is_builder=self._is_builder)


def _sane(mean: float) -> float:
    """A mean premium within what any sample may be, also where a sum was remembered that cannot be."""
    return min(max(mean, -PREMIUM_MAX), PREMIUM_MAX)
