"""Trading fees: volume tiers, builder-dex scale, growth mode, and truncation to the micro-unit.

Owns what a fill costs. Rates are integers in parts of ``RATE_ONE`` so that a fee is exact before
it is truncated toward zero. Maker rebates by volume share, staking and referral discounts are not
granted here. Source: hyperliquid-protocol.md 9.
"""

from collections import deque
from datetime import UTC, datetime

import msgspec

from mmtui.domain.instrument import Instrument
from mmtui.domain.units import MICRO, UsdMicro

RATE_ONE = 10**12
DAY_MS = 86_400_000
WINDOW_DAYS = 14
GROWTH_VOLUME_DIVISOR = 10


class FeeTier(msgspec.Struct, frozen=True):
    """Above ``volume_above_usd`` of 14-day volume; rates in parts of RATE_ONE."""

    volume_above_usd: int
    taker_rate: int
    maker_rate: int


def _tier(volume_above_usd: int, taker_micro: int, maker_micro: int) -> FeeTier:
    return FeeTier(volume_above_usd, taker_micro * MICRO, maker_micro * MICRO)


TIERS = (
    _tier(0, 450, 150),
    _tier(5_000_000, 400, 120),
    _tier(25_000_000, 350, 80),
    _tier(100_000_000, 300, 40),
    _tier(500_000_000, 280, 0),
    _tier(2_000_000_000, 260, 0),
    _tier(7_000_000_000, 240, 0),
)


class FeeScale(msgspec.Struct, frozen=True):
    """What a contract makes of a user's rate; numerators over RATE_ONE."""

    positive: int
    rebate: int

    def charge(self, notional_micro: UsdMicro, rate: int) -> UsdMicro:
        """Fee of a fill, negative for a rebate, truncated toward zero."""
        if rate >= 0:
            return notional_micro * rate * self.positive // (RATE_ONE * RATE_ONE)
        return -(notional_micro * -rate * self.rebate // (RATE_ONE * RATE_ONE))


def fee_scale(instrument: Instrument) -> FeeScale:
    """Scale of a contract: ``1 + s`` below 1, ``2 s`` from 1 on, a tenth in growth mode (protocol 9)."""
    scale = round(instrument.deployer_fee_scale * RATE_ONE)
    positive = RATE_ONE + scale if scale < RATE_ONE else 2 * scale
    divisor = 10 if instrument.growth_mode else 1
    return FeeScale(positive // divisor, RATE_ONE // divisor)


class DayVolume:
    """Volume of one UTC day, micro-USD."""

    __slots__ = ("day", "maker_micro", "taker_micro")

    def __init__(self, day: int) -> None:
        self.day = day
        self.taker_micro: UsdMicro = 0
        self.maker_micro: UsdMicro = 0

    @property
    def date(self) -> str:
        """``YYYY-MM-DD``."""
        return day_text(self.day)


class Volumes:
    """An account's traded volume by UTC day, and the tier it earns once a day."""

    __slots__ = ("_tier", "_tier_day", "cumulative_micro", "days")

    def __init__(self) -> None:
        self.cumulative_micro: UsdMicro = 0
        self.days: deque[DayVolume] = deque(maxlen=WINDOW_DAYS + 1)
        self._tier = TIERS[0]
        self._tier_day = -1

    def add(self, now_ms: int, notional_micro: UsdMicro, *, is_taker: bool) -> None:
        """Count one fill."""
        day = now_ms // DAY_MS
        if not self.days or self.days[-1].day != day:
            self.days.append(DayVolume(day))
        last = self.days[-1]
        if is_taker:
            last.taker_micro += notional_micro
        else:
            last.maker_micro += notional_micro
        self.cumulative_micro += notional_micro

    def tier(self, now_ms: int) -> FeeTier:
        """Tier of the 14 whole UTC days before today."""
        day = now_ms // DAY_MS
        if day != self._tier_day:
            self._tier_day = day
            window = sum(
                past.taker_micro + past.maker_micro for past in self.days if day - WINDOW_DAYS <= past.day < day
            )
            self._tier = next(
                tier for tier in reversed(TIERS) if tier.volume_above_usd == 0 or window > tier.volume_above_usd * MICRO
            )
        return self._tier


def day_text(day: int) -> str:
    """``YYYY-MM-DD`` of a day counted from 1970."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).strftime("%Y-%m-%d")
