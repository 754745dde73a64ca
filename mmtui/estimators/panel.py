"""All estimators of one market behind one door: events in, one immutable snapshot out.

Owns the routing of market data, what counts as an interruption of the feed, and the provenance of
every number. A read changes nothing that a later read could see. Never decides what to do about a
number. Sources: models.md 0.2 and 6.
"""

import math

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.estimates import Estimate, Estimates
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.markout import AdverseSelection
from mmtui.estimators.adverse.markouts import MarkoutRecord
from mmtui.estimators.adverse.own_fills import OwnFill, OwnFills
from mmtui.estimators.arrivals.aggressors import Aggressors
from mmtui.estimators.arrivals.depth import DepthSlope
from mmtui.estimators.carry.carry import Carry
from mmtui.estimators.cascades.cascade import CascadeReading
from mmtui.estimators.fair.kalman import FilteredMid
from mmtui.estimators.fair.microprice import Microprice
from mmtui.estimators.fair.transitions import Transitions
from mmtui.estimators.flow import TopOfBook
from mmtui.estimators.memory import PanelMemory, is_sound
from mmtui.estimators.readings import FEED_GAP_S, Readings
from mmtui.estimators.signals import SignalSources
from mmtui.estimators.tape import Tape, order_key
from mmtui.estimators.volatility.realised import Volatility
from mmtui.estimators.warmup import Warmup, WarmupStatus

REFERENCE_LIFE_S = 10.0


class EstimatorPanel:
    """The estimators of one market, fed in order of arrival with engine time in epoch seconds."""

    __slots__ = (
        "_aggressors",
        "_carry",
        "_estimates_memo",
        "_filtered",
        "_instrument",
        "_last_at",
        "_microprice",
        "_own_fills",
        "_readings",
        "_reference",
        "_sources",
        "_states",
        "_tape",
        "_top",
        "_volatility",
        "_warmup",
    )

    def __init__(self, settings: Settings, instrument: Instrument) -> None:
        self._instrument = instrument
        self._top = TopOfBook(settings)
        self._tape = Tape(settings)
        self._volatility = Volatility(settings)
        self._aggressors = Aggressors(settings, instrument)
        self._microprice = Microprice(settings)
        self._states = Transitions(settings, instrument)
        self._warmup = Warmup(settings)
        self._own_fills = OwnFills(settings)
        self._carry = Carry(settings, instrument)
        self._filtered = FilteredMid(settings)
        first = (self._top, self._tape, self._volatility)
        self._sources = SignalSources(
            settings,
            *first,
            own_fills=self._own_fills,
            microprice=self._microprice,
            carry=self._carry,
            filtered=self._filtered,
        )
        self._readings = Readings(
            *first,
            aggressors=self._aggressors,
            microprice=self._microprice,
            states=self._states,
            filtered=self._filtered,
        )
        self._last_at: float | None = None
        self._reference = (0.0, 0.0)
        self._estimates_memo: tuple[float, Estimates | None] = (math.nan, None)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; everything learned stays that is still comparable."""
        self._forget()
        for estimator in (
            self._top,
            self._tape,
            self._volatility,
            self._aggressors,
            self._microprice,
            self._states,
            self._filtered,
            self._warmup,
            self._own_fills,
            self._sources,
        ):
            estimator.reconfigure(settings)

    def on_book(self, received_at: float, book: Book) -> None:
        """Take a full book that has passed the gate."""
        self._advance(received_at)
        self._warmup.books += 1
        if self._top.on_book(received_at, book):
            self._aggressors.on_book(received_at, book)
            self._carry.drift.on_book(received_at, book)
            self._observe_mid(received_at)

    def on_touch(self, received_at: float, touch: Touch) -> None:
        """Take a best bid and ask that has passed the gate."""
        self._advance(received_at)
        if self._top.on_touch(received_at, touch):
            self._carry.drift.on_touch(received_at, touch)
            self._observe_mid(received_at)

    def on_trade(self, received_at: float, trade: Trade) -> bool:
        """Take a public print; late, repeated and absurd ones are ignored. Returns whether it counts."""
        self._advance(received_at)
        tape = self._tape
        at = tape.filter.accept(received_at, trade, self._top.mid)
        if at is None:
            return False
        self._warmup.trades += 1
        tape.updated_at = received_at
        tape.cascade.on_trade(at, trade, order_key(trade), tape.flow.value(at))
        tape.flow.on_trade(at, trade.side, trade.size)
        self._sources.on_trade(at, trade)
        reference = self._reach_reference(trade)
        if reference > 0.0:
            self._aggressors.on_print(at, trade, reference, tape.orders)
        tick = tape.clock.on_trade(at, trade.price, trade.size)
        if tick is not None:
            tape.ticked_at = received_at
            self._warmup.ticks += 1
            change = self._volatility.on_tick(tick)
            if change is not None:
                self._sources.on_return(change)
        return True

    def on_context(self, received_at: float, context: AssetContext, own_base: float = 0.0) -> None:
        """Take mark, oracle and open interest; ``own_base`` is the size of our own position."""
        self._forget()
        self._tape.cascade.on_context(received_at, context, self._volatility.reading.sigma, own_base)
        self._carry.on_context(received_at, context, self._top.book)

    def on_fill(self, received_at: float, fill: OwnFill) -> None:
        """Take a fill of one of our quotes, judged against the mid known just before it."""
        self._forget()
        self._carry.holding.on_fill(received_at, fill.side)
        if not self._top.is_known:
            return
        mid = self._top.mid_before(fill.venue_time_ms) if fill.venue_time_ms else self._top.mid
        fair = self._readings.fair(received_at).value
        sigma = self._volatility.reading.sigma_effective
        self._own_fills.on_fill(received_at, fill, mid=mid, fair=fair, sigma=sigma)

    def on_own_trade(
        self, received_at: float, aggressor: Side, venue_time_ms: int, usd: float, *, is_liquidation: bool
    ) -> None:
        """Take what an own fill says of the order that made it: a liquidation that hit us, or one that we sent."""
        self._forget()
        self._tape.cascade.on_own_trade(received_at, aggressor, venue_time_ms, usd, is_liquidation=is_liquidation)

    def set_reference(self, fair: float) -> None:
        """Note the price (USD) the resting quotes were placed around; 0 when none rest."""
        self._reference = (fair if 0.0 < fair < math.inf else 0.0, self._last_at or 0.0)

    def memory(self) -> PanelMemory | None:
        """What outlives the process; None before the first market event."""
        if self._last_at is None:
            return None
        bid, ask = self._aggressors.memory()
        horizon_s, buys, sells = self._own_fills.memory()
        return PanelMemory(
            at=self._last_at,
            coin=self._instrument.coin,
            ticks=self._warmup.ticks,
            trades=self._warmup.trades,
            observations=self._microprice.observations,
            ticked_at=self._tape.ticked_at,
            reach_floor=self._aggressors.reach_floor,
            volatility=self._volatility.memory(),
            clock=self._tape.clock.memory(),
            bid=bid,
            ask=ask,
            horizon_s=horizon_s,
            buys=buys,
            sells=sells,
            adverse=self._own_fills.learned(),
            jumps=self._sources.swings.jumps.memory(),
            variance=self._sources.swings.variance.memory(),
            carry=self._carry.memory(),
            touch=self._sources.touched.memory(),
        )

    def recall(self, memory: PanelMemory) -> bool:
        """Go on from what was learned before, as after a gap in the feed; returns whether it is sound.

        Books are counted anew, so that none is trusted unseen.
        """
        if not is_sound(memory, self._instrument.coin):
            return False
        self._last_at = memory.at
        self._forget()
        self._warmup.ticks, self._warmup.trades = memory.ticks, memory.trades
        self._microprice.observations = memory.observations
        self._tape.ticked_at = memory.ticked_at
        self._volatility.recall(memory.volatility)
        if memory.clock is not None:
            self._tape.clock.recall(memory.clock)
        if memory.bid is not None and memory.ask is not None:
            self._aggressors.recall(memory.bid, memory.ask, memory.reach_floor)
        self._own_fills.recall(memory.horizon_s, (memory.buys, memory.sells), memory.adverse)
        self._sources.recall(memory)
        if memory.carry is not None:
            self._carry.recall(memory.carry)
        return True

    def warmup(self, now: float) -> WarmupStatus:
        """How far warm-up is at ``now``."""
        return self._warmup.status(now, self._microprice.observations)

    def is_ready(self, now: float) -> bool:
        """Whether warm-up allows quoting at ``now``."""
        return self._warmup.is_ready(now, self._microprice.observations)

    def depth(self, side: Side) -> DepthSlope | None:
        """Decay of posted depth on one side of the last book, or None; a diagnostic."""
        return self._aggressors.slope(self._top.book, side)

    def adverse_selection(self, side: Side) -> AdverseSelection:
        """What fills of our quote on ``side`` cost, with the evidence behind it."""
        return self._own_fills.reading(side)

    def adverse_judged(self, side: Side) -> int:
        """How many fills of our quotes on ``side`` were judged since the start."""
        return self._own_fills.judged(side)

    def markouts(self) -> tuple[MarkoutRecord, ...]:
        """What fills earned and what the mid took back, by side, level and horizon."""
        return self._own_fills.markouts()

    def markout(self, side: Side, horizon_s: float) -> MarkoutRecord:
        """The same of one side, every level together, at one horizon."""
        return self._own_fills.markout(side, horizon_s)

    def cascade(self, now: float) -> CascadeReading:
        """Severity of a liquidation cascade at ``now``, and whose positions it takes."""
        return self._tape.cascade.reading(now)

    @property
    def is_slope_refused(self) -> bool:
        """Whether the regression of the micro-price found slopes that cannot be, and prices without them."""
        return self._microprice.fit.is_refused

    def sigma(self, now: float) -> Estimate | None:
        """Volatility at ``now``, as ``estimates`` have it."""
        return self._readings.volatilities(now).sigma if self._top.is_known else None

    def cascade_severity(self, now: float) -> float:
        """Severity of a liquidation cascade at ``now``, as ``estimates`` have it; 0 before the first touch."""
        return self._tape.cascade.reading(now).severity if self._top.is_known else 0.0

    def pass_time(self, now: float) -> None:
        """Make ahead what changes with each whole second, so that the next market event finds it made."""
        if not self._top.is_known:
            return
        watched_at = self._last_at or 0.0
        self._aggressors.pass_time(now, min(now, watched_at + FEED_GAP_S))
        self._states.pass_time(now)
        self._carry.holding.pass_time(now)
        self._readings.arrivals(now, watched_at)

    def estimates(self, now: float) -> Estimates | None:
        """Every estimate at ``now``; None before the first touch."""
        if self._estimates_memo[0] != now:
            known = self._top.is_known
            watched_at, trades = self._last_at or 0.0, self._warmup.trades
            made = self._readings.estimates(now, watched_at, trades, self._sources.read(now)) if known else None
            self._estimates_memo = (now, made)
        return self._estimates_memo[1]

    def published(self, now: float) -> dict[str, Estimate]:
        """What people see of the second-order estimators, by name; empty before the first touch."""
        top = self._top
        if not top.is_known:
            return {}
        rows = {"microprice_regression": self._readings.regressed_price(now)}
        rows["microprice_stoikov"] = self._readings.settled_price(now)
        rows |= self._aggressors.published(now, top.book, top.received_at)
        return rows | self._sources.published(now)

    def _forget(self) -> None:
        """Something was learned: what was estimated for this moment no longer holds."""
        self._estimates_memo = (math.nan, None)

    def _advance(self, received_at: float) -> None:
        self._forget()
        last = self._last_at
        self._warmup.start(received_at)
        if last is None:
            self._last_at = received_at
            self._aggressors.advance(received_at)
            return
        if received_at - last > FEED_GAP_S:
            self._resume(last, received_at)
        self._last_at = max(last, received_at)

    def _resume(self, last: float, received_at: float) -> None:
        self._aggressors.advance(last)
        self._aggressors.advance(received_at, is_watched=False)
        self._microprice.skip()
        self._states.skip()
        self._tape.clock.drop_bucket()
        self._volatility.skip()
        self._sources.skip()

    def _observe_mid(self, received_at: float) -> None:
        self._own_fills.observe(received_at, self._top.mid)
        top = self._top
        self._microprice.observe(received_at, top.mid, top.imbalance, self._tape.flow.value(received_at))
        self._states.observe(received_at, top.mid, top.imbalance, top.spread)
        self._sources.on_mid(received_at)

    def _reach_reference(self, trade: Trade) -> float:
        fair, set_at = self._reference
        if fair > 0.0 and (self._last_at or 0.0) - set_at <= REFERENCE_LIFE_S:
            return fair
        return self._top.mid_before(trade.venue_time_ms)
