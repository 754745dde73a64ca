"""A market made of random background orders round a hidden efficient price.

Owns the order of events: market orders, requotes and jumps each have their next time, and the
earliest is played first. All randomness comes from the generator handed in, in the order of events,
so that the same seed and the same account orders give the same market, however often it is advanced.
"""

import math
import random

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Instrument
from mmtui.venues.exchange.executions import MatchResult, MayFill, Settle
from mmtui.venues.exchange.markets.arrivals import SelfExcitingArrivals
from mmtui.venues.exchange.markets.efficient_price import EfficientPrice
from mmtui.venues.exchange.markets.flow import MarketStep, print_of
from mmtui.venues.exchange.markets.makers import BackgroundMakers, OidSource
from mmtui.venues.exchange.markets.market_clock import MarketClock
from mmtui.venues.exchange.markets.presets import SyntheticParameters, preset
from mmtui.venues.exchange.markets.takers import BackgroundTakers
from mmtui.venues.exchange.matching import MatchingBook

_TAKER, _MAKER, _JUMP, _ALERT = range(4)
ALERTS_PER_JUMP = 3
ALERT_MEAN_S = 0.12


class SyntheticMarket:
    """The background of one coin, drawn from a seeded generator."""

    __slots__ = (
        "_alerts",
        "_arrivals",
        "_clock",
        "_efficient",
        "_instrument",
        "_makers",
        "_next_s",
        "_now_s",
        "_parameters",
        "_rng",
        "_takers",
    )

    def __init__(
        self,
        instrument: Instrument,
        rng: random.Random,
        *,
        parameters: SyntheticParameters | None = None,
        speed: float = 1.0,
    ) -> None:
        """``speed`` is market seconds per second; parameters default to the coin's preset."""
        chosen = parameters or preset(instrument.coin)
        oids = OidSource()
        self._instrument = instrument
        self._parameters = chosen
        self._rng = rng
        self._clock = MarketClock(speed)
        self._now_s = 0.0
        self._efficient = EfficientPrice(chosen.price_usd, chosen.price, chosen.takers.impact_half_life_s, rng)
        self._arrivals = SelfExcitingArrivals(
            chosen.takers.orders_per_s,
            chosen.takers.branching_ratio,
            chosen.takers.excitation_half_life_s,
            rng,
        )
        self._makers = BackgroundMakers(instrument, chosen.makers, chosen.price_usd, oids, rng)
        self._takers = BackgroundTakers(instrument, chosen.takers, oids, rng)
        self._next_s = [math.inf, math.inf, math.inf, math.inf]
        self._alerts: list[float] = []

    @property
    def instrument(self) -> Instrument:
        """The contract traded."""
        return self._instrument

    def start(self, now_ms: int, book: MatchingBook) -> None:
        """Fill the book and draw the first event of each kind."""
        self._clock.start(now_ms)
        self._makers.open(book, now_ms)
        self._next_s[_TAKER] = self._arrivals.next_s()
        self._next_s[_MAKER] = self._rng.expovariate(self._parameters.makers.requotes_per_s)
        self._schedule_jump()

    def advance(self, now_ms: int, book: MatchingBook, may_fill: MayFill, settle: Settle) -> MarketStep:
        """Play every event due until ``now_ms``; prints carry ``now_ms``, the block's time."""
        until_s = self._clock.market_ms(now_ms) / 1000.0
        step = MarketStep([], [], False, now_ms)
        is_changed = False
        while (due_s := min(self._next_s)) <= until_s:
            kind = self._next_s.index(due_s)
            elapsed_s, self._now_s = due_s - self._now_s, due_s
            self._efficient.pass_time(elapsed_s)
            self._makers.learn(self._efficient.usd, elapsed_s)
            result = self._play(kind, book, now_ms, may_fill, settle)
            is_changed = is_changed or kind == _MAKER or result is not None
            if result is not None:
                step.prints.extend(print_of(execution, now_ms) for execution in result.executions)
                step.refused.extend(result.refused)
        return MarketStep(step.prints, step.refused, is_changed, now_ms)

    def oracle(self, now_ms: int) -> float:
        """The efficient price as of the last event, in USD."""
        del now_ms
        return self._efficient.usd

    def context(self, now_ms: int) -> AssetContext | None:
        """None: the exchange computes mark and funding."""
        del now_ms
        return None

    def next_event_ms(self) -> int | None:
        """Time of the earliest event."""
        return self._clock.exchange_ms(min(self._next_s) * 1000.0)

    def outside_open_interest(self) -> float:
        """What the preset says the rest of the world holds, base units."""
        return self._parameters.open_interest_usd / self._parameters.price_usd

    def is_silent(self, now_ms: int) -> bool:
        """Never: nothing interrupts a synthetic feed."""
        del now_ms
        return False

    def is_finished(self, now_ms: int) -> bool:
        """Never: the market has no end."""
        del now_ms
        return False

    def _play(
        self, kind: int, book: MatchingBook, now_ms: int, may_fill: MayFill, settle: Settle
    ) -> MatchResult | None:
        if kind == _MAKER:
            self._makers.requote(book, now_ms)
            self._next_s[_MAKER] += self._rng.expovariate(self._parameters.makers.requotes_per_s)
            return None
        if kind == _JUMP:
            self._efficient.jump()
            self._alert_informed()
            self._schedule_jump()
            return None
        if kind == _ALERT:
            sent = self._takers.send_informed(self._efficient.usd, book, may_fill, settle)
            self._alerts.pop(0)
            self._next_s[_ALERT] = self._alerts[0] if self._alerts else math.inf
        else:
            sent = self._takers.send(self._efficient.usd, book, may_fill, settle)
            self._next_s[_TAKER] = self._arrivals.next_s()
        if sent is None:
            return None
        result, move_bps = sent
        self._efficient.owe(move_bps)
        return result

    def _alert_informed(self) -> None:
        for _ in range(ALERTS_PER_JUMP):
            self._alerts.append(self._now_s + self._rng.expovariate(1.0 / ALERT_MEAN_S))
        self._alerts.sort()
        self._next_s[_ALERT] = self._alerts[0]

    def _schedule_jump(self) -> None:
        rate_per_s = self._parameters.price.jumps_per_hour / 3600.0
        self._next_s[_JUMP] = self._now_s + self._rng.expovariate(rate_per_s) if rate_per_s else math.inf
