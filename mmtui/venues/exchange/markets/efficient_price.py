"""The hidden price of the synthetic market: what informed traders know and makers learn late.

A diffusion whose volatility wanders slowly, jumps, and a drift owed to past market orders. Owns no
clock: elapsed seconds are given. Never returns a price that is not finite and positive.
"""

import math
import random

from mmtui.venues.exchange.markets.presets import PriceProcess

SECONDS_PER_YEAR = 365 * 86_400
_BPS = 1e-4
_EXCURSION_MAX = 3.0
"""Largest log distance from the starting price; a demo left running for weeks stays in sight of it."""


class EfficientPrice:
    """Log price relative to its start, advanced by elapsed time."""

    __slots__ = (
        "_factor", "_impact_rate", "_owed", "_process", "_rng", "_sigma", "_start", "_state", "_vol_rate",
    )  # fmt: skip

    def __init__(self, price_usd: float, process: PriceProcess, impact_half_life_s: float, rng: random.Random) -> None:
        self._start = price_usd
        self._process = process
        self._rng = rng
        self._state = 0.0
        self._owed = 0.0
        self._factor = 0.0
        self._sigma = process.volatility_pct_year / 100.0 / math.sqrt(SECONDS_PER_YEAR)
        self._impact_rate = math.log(2.0) / impact_half_life_s
        self._vol_rate = math.log(2.0) / process.volatility_half_life_s

    @property
    def usd(self) -> float:
        """The price in USD."""
        return self._start * math.exp(self._state)

    def pass_time(self, elapsed_s: float) -> None:
        """Diffuse, and pay out what past orders are owed."""
        paid = self._owed * -math.expm1(-self._impact_rate * elapsed_s)
        self._owed -= paid
        gauss = self._rng.gauss
        keep = math.exp(-self._vol_rate * elapsed_s)
        spread = self._process.volatility_spread
        self._factor = keep * self._factor + spread * math.sqrt(max(0.0, 1.0 - keep * keep)) * gauss(0.0, 1.0)
        sigma = self._sigma * math.exp(self._factor - spread * spread)
        drift = self._process.drift_bps_per_minute * _BPS / 60.0 * elapsed_s
        self._move(paid + drift + sigma * math.sqrt(elapsed_s) * gauss(0.0, 1.0))

    def jump(self) -> None:
        """Move at once by a random amount."""
        size = self._rng.expovariate(1.0) * self._process.jump_bps * _BPS
        self._move(size if self._rng.random() < 0.5 else -size)

    def owe(self, move_bps: float) -> None:
        """Let the price follow an order by this signed amount, over time."""
        self._owed += move_bps * _BPS

    def _move(self, log_change: float) -> None:
        self._state = max(-_EXCURSION_MAX, min(_EXCURSION_MAX, self._state + log_change))
