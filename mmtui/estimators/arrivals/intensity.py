"""How often and how far aggressive orders reach: kappa and A, each side.

Owns the Gamma posteriors of the decay of fill intensity with distance (kappa) and of its level at
distance zero (A), with exponential forgetting. Bids are reached by sellers, asks by buyers. An
observation is the farthest reach of one order, cut off at ``reach_floor``, since prints at the
touch say nothing about distance. The shape of the book stands in for the prior mean until the first
trade, and is never used after it. Source: models.md 6.4 to 6.6.
"""

import math

import msgspec

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.arrivals.gamma_law import interval_factors
from mmtui.estimators.arrivals.order_size import SizeMedian
from mmtui.estimators.ewma import decay, time_constant
from mmtui.estimators.memory import ReachMemory
from mmtui.estimators.tape import Reach

REACH_MAX = 0.02
REACH_FLOOR_BPS = 0.2
REACH_FLOOR_TICKS = 0.5
POOL_STRENGTH = 20.0
SIZE_WEIGHT_MAX = 3.0
KAPPA_WARM = 10.0
INTENSITY_WARM = 5.0
INTENSITY_MIN = 1e-4
INTENSITY_MAX = 20.0
EXPONENT_MAX = 50.0


def reach_floor(instrument: Instrument, price_usd: float) -> float:
    """Reach (fraction) up to which a print is at the touch: half a tick, at least 0.2 bps."""
    price = max(instrument.price_units(price_usd), 1)
    return max(REACH_FLOOR_TICKS * instrument.tick(price) / price, REACH_FLOOR_BPS / BPS)


def at_touch(rate: float, kappa: float, floor: float) -> float:
    """Orders per second at distance 0, from the ``rate`` of those beyond the floor (fraction)."""
    return rate * math.exp(min(kappa * floor, EXPONENT_MAX))


class Gamma(msgspec.Struct, frozen=True, gc=False):
    """A Gamma law of a rate: ``shape`` observations over the ``rate`` that they sum to."""

    shape: float
    rate: float

    @property
    def mean(self) -> float:
        """Expected value."""
        return self.shape / self.rate

    @property
    def deviation(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.shape) / self.rate

    def interval(self) -> tuple[float, float]:
        """95 % interval."""
        low, high = interval_factors(self.shape)
        return self.mean * low, self.mean * high


class Posterior(msgspec.Struct, frozen=True, gc=False):
    """A mean with its 95 % interval, and the effective observations behind it beyond the prior."""

    value: float
    low: float
    high: float
    n_eff: float
    is_clamped: bool

    @classmethod
    def bounded(
        cls, mean: float, bounds: tuple[float, float], factors: tuple[float, float], n_eff: float
    ) -> "Posterior":
        """A mean held within ``bounds``; its interval is that of the mean, and reaches the value that is given."""
        value = min(max(mean, bounds[0]), bounds[1])
        low, high = min(mean * factors[0], value), max(mean * factors[1], value)
        return cls(value, low, high, n_eff, value != mean)


class Reached(msgspec.Struct, frozen=True, gc=False):
    """Weight of the orders remembered (each counts 1 unless sizes weigh), their weighted excess, squared weights."""

    weight: float
    excess: float
    squares: float

    @property
    def n_eff(self) -> float:
        """Effective number of orders: their number where all weigh alike."""
        return self.weight * self.weight / self.squares if self.squares > 0.0 else 0.0


class ReachCount:
    """Sums over the orders that hit one side, forgotten exponentially."""

    __slots__ = ("_at", "_events", "_excess", "_exposure_s", "_open", "_reached", "_squares", "updated_at")

    def __init__(self) -> None:
        self._at: float | None = None
        self._open = (0.0, 0.0)
        self._reached = 0.0
        self._squares = 0.0
        self._excess = 0.0
        self._events = 0.0
        self._exposure_s = 0.0
        self.updated_at = 0.0

    def advance(self, now: float, taus: tuple[float, float], *, is_watched: bool = True) -> None:
        """Let time pass; ``taus`` are the time constants of kappa and of A, in s.

        Unwatched time, in which orders could not have been seen, forgets but does not count.
        """
        if self._at is None:
            self._at = now
            return
        reached = self.reached(now, taus[0])
        self._reached, self._excess, self._squares = reached.weight, reached.excess, reached.squares
        self._events, self._exposure_s = self.arrivals(now, taus[1], is_watched=is_watched)
        self._at = max(self._at, now)

    def add(self, excess: float, weight: float = 1.0, *, is_first: bool) -> None:
        """Count an order's excess over the floor, or what it has become where it was counted before."""
        if is_first:
            self._events += 1.0
        else:
            was_weight, was_excess = self._open
            self._reached -= was_weight
            self._squares -= was_weight * was_weight
            self._excess -= was_weight * was_excess
        self._reached += weight
        self._squares += weight * weight
        self._excess += weight * excess
        self._open = weight, excess
        self.updated_at = self._at or 0.0

    def memory(self) -> ReachMemory | None:
        """What outlives the process; None before the watch began."""
        if self._at is None:
            return None
        return ReachMemory(
            at=self._at,
            reached=self._reached,
            excess=max(self._excess, 0.0),
            events=self._events,
            exposure_s=self._exposure_s,
            updated_at=self.updated_at,
            squares=max(self._squares, 0.0),
        )

    def recall(self, memory: ReachMemory) -> None:
        """Go on from what was counted before."""
        self._at, self.updated_at = memory.at, memory.updated_at
        self._reached, self._excess = memory.reached, memory.excess
        self._events, self._exposure_s = memory.events, memory.exposure_s
        self._squares = memory.reached if memory.squares is None else memory.squares

    def reached(self, now: float, tau_s: float) -> "Reached":
        """Orders and their summed excess, as remembered at ``now``."""
        keep = decay(now - (now if self._at is None else self._at), tau_s)
        return Reached(max(self._reached * keep, 0.0), max(self._excess * keep, 0.0), max(self._squares * keep, 0.0))

    def arrivals(self, now: float, tau_s: float, *, is_watched: bool = True) -> tuple[float, float]:
        """Orders and watched seconds, as remembered at ``now``."""
        keep = decay(now - (now if self._at is None else self._at), tau_s)
        watched_s = tau_s * (1.0 - keep) if is_watched else 0.0
        return self._events * keep, self._exposure_s * keep + watched_s


class Intensity:
    """Posteriors of kappa (1/fraction) and A (orders a second and side) for both sides.

    ``evidence`` changes whenever a reading may change other than by the passing of time.
    """

    __slots__ = (
        "_ask",
        "_bid",
        "_events_prior",
        "_exposure_prior_s",
        "_kappa_bounds",
        "_kappa_prior",
        "_medians",
        "_posted",
        "_strength",
        "_taus",
        "evidence",
        "reach_floor",
    )

    def __init__(self, settings: Settings) -> None:
        self._bid = ReachCount()
        self._ask = ReachCount()
        self._medians: dict[Side, SizeMedian] | None = None
        self._posted: dict[Side, float] = {}
        self.reach_floor = 0.0
        self.evidence = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; the evidence stays."""
        self.evidence += 1
        self._kappa_prior = settings.number("estimators.kappa_prior")
        self._strength = settings.number("estimators.kappa_prior_strength")
        self._kappa_bounds = (
            settings.number("estimators.kappa_min"),
            settings.number("estimators.kappa_max"),
        )
        self._events_prior = settings.number("estimators.intensity_prior_events")
        self._exposure_prior_s = settings.number("estimators.intensity_prior_s")
        self._taus = (
            time_constant(settings.number("estimators.kappa_half_life_s")),
            time_constant(settings.number("estimators.intensity_half_life_s")),
        )
        if not settings.flag("estimators.kappa_size_weights"):
            self._medians = None
        elif self._medians is None:
            self._medians = {side: SizeMedian() for side in Side}

    def advance(self, now: float, *, is_watched: bool = True) -> None:
        """Let time pass on both sides; the first call starts the watch."""
        self.evidence += 1
        self._bid.advance(now, self._taus, is_watched=is_watched)
        self._ask.advance(now, self._taus, is_watched=is_watched)

    def on_order(self, at: float, aggressor: Side, reach: Reach) -> None:
        """Take what an aggressive order has reached so far; absurd reaches are dropped."""
        weight = self._weight(aggressor, reach)
        floor = self.reach_floor
        if not floor < reach.now <= REACH_MAX:
            return
        side = self._bid if aggressor is Side.SELL else self._ask
        side.advance(at, self._taus)
        self.evidence += 1
        previous = reach.previous
        side.add(reach.now - floor, weight, is_first=previous is None or previous <= floor)

    def expect(self, side: Side, posted_kappa: float | None) -> None:
        """Take the decay of posted depth on ``side`` as the prior mean, or go back to the configured one."""
        if posted_kappa is None:
            known = self._posted.pop(side, None)
        else:
            known, self._posted[side] = self._posted.get(side), posted_kappa
        if known != posted_kappa:
            self.evidence += 1

    def memory(self) -> tuple[ReachMemory | None, ReachMemory | None]:
        """What outlives the process of bid and ask."""
        return self._bid.memory(), self._ask.memory()

    def recall(self, bid: ReachMemory, ask: ReachMemory, reach_floor: float) -> None:
        """Go on from what was counted before."""
        self._bid.recall(bid)
        self._ask.recall(ask)
        self.reach_floor = reach_floor
        self.evidence += 1

    def updated_at(self, side: Side) -> float:
        """When an order last reached beyond the floor on our ``side``, in s; 0 when none did."""
        return (self._bid if side is Side.BUY else self._ask).updated_at

    def kappa(self, side: Side, now: float) -> Posterior:
        """Kappa of our quotes on ``side``, drawn towards both sides' pool."""
        own, other = (self._bid, self._ask) if side is Side.BUY else (self._ask, self._bid)
        mine, others = own.reached(now, self._taus[0]), other.reached(now, self._taus[0])
        strength, prior = self._strength, self._posted.get(side, self._kappa_prior)
        pool = Gamma(strength + mine.weight + others.weight, strength / prior + mine.excess + others.excess)
        value = (mine.weight + POOL_STRENGTH) / (mine.excess + POOL_STRENGTH * pool.rate / pool.shape)
        # The pool lends no more certainty than it has without this side's own orders.
        n_eff = mine.n_eff
        factors = interval_factors(n_eff + min(POOL_STRENGTH, strength + others.n_eff))
        return Posterior.bounded(value, self._kappa_bounds, factors, n_eff)

    def intensity(self, side: Side, now: float, kappa: float) -> Posterior:
        """A of our quotes on ``side`` for one lot: the rate beyond the floor, carried back to zero."""
        own = self._bid if side is Side.BUY else self._ask
        events, exposure_s = own.arrivals(now, self._taus[1])
        law = Gamma(self._events_prior + events, self._exposure_prior_s + exposure_s)
        value = at_touch(law.mean, kappa, self.reach_floor)
        return Posterior.bounded(value, (INTENSITY_MIN, INTENSITY_MAX), interval_factors(law.shape), events)

    def _weight(self, aggressor: Side, reach: Reach) -> float:
        """What an order counts: 1, or its size over the median order's, at most 3."""
        if self._medians is None:
            return 1.0
        median = self._medians[aggressor].note(reach.size, is_first=reach.previous is None)
        return min(reach.size / median, SIZE_WEIGHT_MAX) if median > 0.0 else 1.0
