"""Volatility from volume ticks: diffusion, jumps, and the regimes read off them.

Owns realised variance, bipower variation and their bias correction for prices that are averages
over a bucket. Ratios of averages, never averages of ratios. While fewer ticks than the warm-up
needs were seen, the published numbers are blended with the prior in proportion, so that a handful
of returns cannot quote. Never sees the book. Source: models.md 6.2 and 6.3.
"""

import math
from collections import deque

import msgspec

from mmtui.domain.book import PRICE_USD_MAX
from mmtui.domain.parameters import Settings
from mmtui.estimators.ewma import EventEwma
from mmtui.estimators.memory import VolatilityMemory, Weights
from mmtui.estimators.volatility.volume_clock import VolumeTick

PRICE_USD_MIN = 1e-12
SIGMA_MIN = 1e-6
SIGMA_MAX = 1e-2
JUMP_RATIO_MAX = 100.0
BIPOWER_FLOOR = 0.01
TOXIC_RELEASE = 2.5 / 3.0
REGIME_BOUNDS = (1.5, 3.0)
REGIME_HYSTERESIS = 0.1
# Relative standard deviation of sigma is this over the root of the effective number of returns.
SIGMA_ERROR = 0.88


class Correction(msgspec.Struct, frozen=True, gc=False):
    """Factors by which averaging inside a bucket shrinks RV and BV. Source: models.md (6.1)."""

    rv: float
    bv: float


class Return(msgspec.Struct, frozen=True, gc=False):
    """Log return between two volume ticks and the time between their means, in s."""

    log_return: float
    duration_s: float


class VolatilityReading(msgspec.Struct, frozen=True, gc=False):
    """Sigmas in fraction per root second, the jump ratio, and whether a bound of sigma binds."""

    sigma: float
    sigma_rv: float
    sigma_effective: float
    jump_ratio: float
    is_clamped: bool = False


def neighbour_correlation(trades_per_bucket: float) -> float:
    """Correlation of neighbouring returns that averaging inside buckets of equal trades alone makes."""
    m = max(trades_per_bucket, 1.0)
    return (1.0 - 1.0 / (m * m)) / (4.0 + 2.0 / (m * m))


def correction(trades_per_bucket: float, lag: int) -> Correction:
    """Factors for buckets of ``trades_per_bucket`` equal trades; 1 trade needs none."""
    m = max(trades_per_bucket, 1.0)
    rv = 2.0 / 3.0 + 1.0 / (3.0 * m * m)
    if lag >= 2:
        return Correction(rv, rv)
    rho = neighbour_correlation(m)
    return Correction(rv, rv * (math.sqrt(1.0 - rho * rho) + rho * math.asin(rho)))


def next_regime(regime: int, sigma_ratio: float) -> int:
    """Regime 0, 1 or 2 of sigma over its baseline; one is left only 10 % beyond its bound."""
    while regime < len(REGIME_BOUNDS) and sigma_ratio > REGIME_BOUNDS[regime] * (1.0 + REGIME_HYSTERESIS):
        regime += 1
    while regime > 0 and sigma_ratio < REGIME_BOUNDS[regime - 1] * (1.0 - REGIME_HYSTERESIS):
        regime -= 1
    return regime


class Variation:
    """Averages of squared returns, of neighbouring products, of durations and of trades a bucket."""

    __slots__ = ("_bipower", "_duration", "_latest", "_realised", "_trades")

    def __init__(self, half_life_ticks: float, lag: int) -> None:
        self._realised = EventEwma(half_life_ticks)
        self._bipower = EventEwma(half_life_ticks)
        self._duration = EventEwma(half_life_ticks)
        self._trades = EventEwma(half_life_ticks)
        self._latest: deque[float] = deque(maxlen=lag)

    def reconfigure(self, half_life_ticks: float, lag: int) -> None:
        """Change half-life and lag; what was gathered stays."""
        for average in (self._realised, self._bipower, self._duration, self._trades):
            average.set_half_life(half_life_ticks)
        self._latest = deque(self._latest, maxlen=lag)

    def add(self, log_return: float, duration_s: float, n_eff: float) -> None:
        """Take one return over a positive duration."""
        size = abs(log_return)
        latest = self._latest
        self._realised.add(size * size)
        if len(latest) == latest.maxlen:
            self._bipower.add(math.pi / 2.0 * size * latest[0])
        latest.append(size)
        self._duration.add(duration_s)
        self._trades.add(n_eff)

    def weights(self) -> tuple[Weights, Weights, Weights, Weights]:
        """What to remember of squares, products, durations and trades."""
        return (self._realised.weights, self._bipower.weights, self._duration.weights, self._trades.weights)

    def recall(self, memory: VolatilityMemory) -> None:
        """Go on from averages remembered; the next return has no neighbour."""
        self._realised.recall(memory.realised)
        self._bipower.recall(memory.bipower)
        self._duration.recall(memory.duration)
        self._trades.recall(memory.trades)

    def break_chain(self) -> None:
        """The next return has no neighbour: something is missing between."""
        self._latest.clear()

    @property
    def rv(self) -> float:
        """Average squared return."""
        return self._realised.mean()

    @property
    def bv(self) -> float:
        """Average product of neighbouring absolute returns, scaled to a variance."""
        return self._bipower.mean()

    @property
    def duration_s(self) -> float:
        """Average time between ticks, in s."""
        return self._duration.mean()

    @property
    def n_eff(self) -> float:
        """Effective number of returns."""
        return self._duration.n_eff

    def measure(self, sigma_last: float, jump_weight: float) -> VolatilityReading:
        """Sigma and jump ratio; ``sigma_last`` stands in where no price has moved."""
        rv = self._realised.mean()
        if not (rv > 0.0 and self._duration.mean() > 0.0):
            return VolatilityReading(sigma_last, sigma_last, sigma_last, 1.0)
        factors = correction(self._trades.mean(1.0), self._latest.maxlen or 1)
        variance_rv = rv / (factors.rv * self._duration.mean())
        bv = self._bipower.mean()
        sigma_rv = math.sqrt(variance_rv)
        if self._bipower.is_empty:
            return VolatilityReading(sigma_rv, sigma_rv, sigma_rv, 1.0)
        if bv < BIPOWER_FLOOR * rv:
            return VolatilityReading(sigma_rv, sigma_rv, sigma_rv, JUMP_RATIO_MAX)
        variance = bv / (factors.bv * self._duration.mean())
        effective = variance + jump_weight * max(variance_rv - variance, 0.0)
        ratio = min(variance_rv / variance, JUMP_RATIO_MAX)
        return VolatilityReading(math.sqrt(variance), sigma_rv, math.sqrt(effective), ratio)


class Volatility:
    """The volatility of one market, its toxic flag and its regime."""

    __slots__ = (
        "_baseline",
        "_jump_weight",
        "_last_tick",
        "_sigma_last",
        "_toxic_ratio",
        "_warm_ticks",
        "is_toxic",
        "reading",
        "regime",
        "returns",
        "variation",
    )

    def __init__(self, settings: Settings) -> None:
        self.variation = Variation(
            settings.number("estimators.sigma_half_life_ticks"), settings.count("estimators.bv_lag")
        )
        self._last_tick: VolumeTick | None = None
        self.returns = 0
        self.is_toxic = False
        self.regime = 0
        self._sigma_last = settings.number("risk.sigma_baseline")
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; averages and regimes stay."""
        self._baseline = settings.number("risk.sigma_baseline")
        self._jump_weight = settings.number("estimators.jump_weight")
        self._toxic_ratio = settings.number("estimators.toxic_ratio")
        self._warm_ticks = settings.count("strategy.warmup_ticks")
        self.variation.reconfigure(
            settings.number("estimators.sigma_half_life_ticks"), settings.count("estimators.bv_lag")
        )
        self.reading = self._published()

    def on_tick(self, tick: VolumeTick) -> Return | None:
        """Take a volume tick; the return it makes.

        One not later than the tick before it, or without a price, is dropped and makes none.
        """
        if not PRICE_USD_MIN <= tick.vwap <= PRICE_USD_MAX:
            return None
        last = self._last_tick
        if last is None:
            self._last_tick = tick
            return None
        change = Return(math.log(tick.vwap / last.vwap), tick.time_s - last.time_s)
        if not change.duration_s > 0.0:
            return None
        self._last_tick = tick
        self.variation.add(change.log_return, change.duration_s, tick.n_eff)
        self.returns += 1
        self.reading = self._published()
        self._switch_regimes()
        return change

    def skip(self) -> None:
        """Let no return span what comes next: the tape was interrupted."""
        self._last_tick = None
        self.variation.break_chain()

    def memory(self) -> VolatilityMemory:
        """What outlives the process."""
        realised, bipower, duration, trades = self.variation.weights()
        return VolatilityMemory(
            realised=realised,
            bipower=bipower,
            duration=duration,
            trades=trades,
            returns=self.returns,
            sigma_last=self._sigma_last,
            regime=self.regime,
            is_toxic=self.is_toxic,
        )

    def recall(self, memory: VolatilityMemory) -> None:
        """Go on from what was learned before."""
        self.variation.recall(memory)
        self.returns, self._sigma_last = memory.returns, memory.sigma_last
        self.regime, self.is_toxic = memory.regime, memory.is_toxic
        self.reading = self._published()

    @property
    def n_eff(self) -> float:
        """Effective number of returns behind the reading."""
        return self.variation.n_eff

    @property
    def error_ratio(self) -> float:
        """Relative standard deviation of sigma, at most 1."""
        return min(SIGMA_ERROR / math.sqrt(max(self.n_eff, 1.0)), 1.0)

    @property
    def is_warm(self) -> bool:
        """Whether the reading owes nothing to the prior."""
        return 0 < self.returns >= self._warm_ticks - 1

    def _published(self) -> VolatilityReading:
        if self.returns == 0:
            return VolatilityReading(self._baseline, self._baseline, self._baseline, 1.0)
        measured = self.variation.measure(self._sigma_last, self._jump_weight)
        self._sigma_last = measured.sigma
        weight = 1.0 if self.is_warm else self.returns / max(self._warm_ticks - 1, 1)
        sigma = self._blend(measured.sigma, weight)
        bounded = _bounded(sigma)
        return VolatilityReading(
            sigma=bounded,
            sigma_rv=_bounded(self._blend(measured.sigma_rv, weight)),
            sigma_effective=_bounded(self._blend(measured.sigma_effective, weight)),
            jump_ratio=weight * measured.jump_ratio + (1.0 - weight),
            is_clamped=bounded != sigma,
        )

    def _blend(self, sigma: float, weight: float) -> float:
        return math.sqrt(weight * sigma * sigma + (1.0 - weight) * self._baseline * self._baseline)

    def _switch_regimes(self) -> None:
        self.regime = next_regime(self.regime, self.reading.sigma / self._baseline)
        if not self.is_warm:
            return
        bound = self._toxic_ratio * (TOXIC_RELEASE if self.is_toxic else 1.0)
        self.is_toxic = self.reading.jump_ratio > bound


def _bounded(sigma: float) -> float:
    return min(max(sigma, SIGMA_MIN), SIGMA_MAX)
