"""Severity of a liquidation cascade, from orders that look like liquidations.

Owns the aggressive order in progress on each side, its share in the excitation of its side, and
the reading. An order counts from the print that gives it its second sign, growing as it sweeps
on. Severity is 1 - exp(-raw). Never pulls a quote. Source: models.md 8.1 and 8.3, ruling 3.
"""

import enum

import msgspec

from mmtui.domain.book import AssetContext, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.cascades.hawkes import BRANCHING, BaseRate, Excitation, decay_rate, raw_severity, severity
from mmtui.estimators.cascades.liquidations import (
    BURST_FLOW,
    BURST_RATIO,
    BURST_WARM_ORDERS,
    SWEEP_S,
    SWEPT_LEVELS,
    ContextSigns,
    OrderBursts,
    OrderSizes,
    weight_of,
)
from mmtui.estimators.ewma import EventEwma

EVENT_USD = 25_000.0
EVENT_HALF_LIFE_EVENTS = 50.0
EVENT_PRIOR_EVENTS = 10.0
EVENT_MEAN_ORDERS = 5.0
EVENT_MARK_MAX = 10.0
BRANCHING_MAX = 0.95
DIRECTION_RATIO = 2.0


class CascadeDirection(enum.Enum):
    """Whose positions are being liquidated."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"


class CascadeReading(msgspec.Struct, frozen=True, gc=False):
    """``severity`` in [0, 1) is what thresholds are compared with; ``raw`` is unbounded."""

    raw: float
    severity: float
    direction: CascadeDirection


CALM = CascadeReading(0.0, 0.0, CascadeDirection.BOTH)


class _OpenOrder:
    """The latest aggressive order of one side, as far as it has swept."""

    __slots__ = (
        "_last_price",
        "backdrop",
        "counted",
        "key",
        "large",
        "levels",
        "mark",
        "notional",
        "started",
        "weight",
    )

    def __init__(self) -> None:
        self.start(None, 0.0, 0.0, 0)

    def start(self, key: str | int | None, at: float, large: float, backdrop: int) -> None:
        self.key = key
        self.started = at
        self.large = large
        self.backdrop = backdrop
        self.notional = 0.0
        self.levels = 0
        self._last_price = 0.0
        self.mark = 0.0
        self.counted = 0.0
        self.weight = 0.0

    def grow(self, at: float, trade: Trade) -> None:
        self.notional += trade.price * trade.size
        if trade.price != self._last_price:
            self._last_price = trade.price
            self.levels += 1
        is_sweep = self.notional > self.large and self.levels >= SWEPT_LEVELS and at - self.started <= SWEEP_S
        self.weight = max(self.weight, weight_of(self.backdrop + is_sweep))


class Cascade:
    """Excitation by liquidation-like orders of each side, fed with every print and context."""

    __slots__ = (
        "_base",
        "_bursts",
        "_buys",
        "_context",
        "_decay_rate",
        "_is_excited",
        "_longs",
        "_marks",
        "_notionals",
        "_sells",
        "_shorts",
        "_sizes",
    )

    def __init__(self, settings: Settings) -> None:
        self._buys = _OpenOrder()
        self._sells = _OpenOrder()
        self._longs = Excitation()
        self._shorts = Excitation()
        self._base = BaseRate()
        self._bursts = OrderBursts()
        self._sizes = OrderSizes()
        self._context = ContextSigns()
        self._notionals = EventEwma(EVENT_HALF_LIFE_EVENTS)
        self._marks = EventEwma(EVENT_HALF_LIFE_EVENTS)
        self._is_excited = False
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take an edited half-life; the excitation stays."""
        self._decay_rate = decay_rate(settings.number("estimators.cascade_half_life_s"))
        self._bursts.decay_rate = settings.number("estimators.hawkes_decay")

    def on_context(self, at: float, context: AssetContext, sigma: float, own: float = 0.0) -> None:
        """Take the contract's slow facts; ``sigma`` per root second, ``own`` our position's size, base units."""
        self._context.on_context(at, context, sigma, own)

    def on_trade(self, at: float, trade: Trade, key: str | int, flow_imbalance: float) -> None:
        """Take a print of the order ``key``; ``flow_imbalance`` is what it was before this print."""
        is_sell = trade.side is Side.SELL
        order = self._sells if is_sell else self._buys
        if key != order.key:
            self._finish(at, order)
            backdrop = self._context.count(at, trade.side) + self._is_burst(at, trade.side, flow_imbalance)
            order.start(key, at, self._sizes.large, backdrop)
        order.grow(at, trade)
        mark = self._bursts.mark(order.notional)
        if mark > order.mark:
            self._bursts.grow(at, mark - order.mark)
            order.mark = mark
        if order.weight > 0.0:
            self._count(at, order, self._longs if is_sell else self._shorts)

    def flow_ratio(self, now: float) -> float:
        """Intensity of all aggressive orders over its running mean; 1 until enough were seen."""
        return self._bursts.ratio(now) if self._bursts.orders >= BURST_WARM_ORDERS else 1.0

    @property
    def orders_seen(self) -> int:
        """Finished aggressive orders behind ``flow_ratio``."""
        return self._bursts.orders

    def reading(self, now: float) -> CascadeReading:
        """Severity at ``now``."""
        if not self._is_excited:
            return CALM
        longs, shorts = self._longs.value(now, self._decay_rate), self._shorts.value(now, self._decay_rate)
        branching = min(BRANCHING, BRANCHING_MAX / max(self._marks.mean(1.0), 1e-9))
        raw = raw_severity(longs + shorts, self._base.value(now), branching, self._decay_rate)
        direction = CascadeDirection.BOTH
        if longs > DIRECTION_RATIO * shorts:
            direction = CascadeDirection.LONG
        elif shorts > DIRECTION_RATIO * longs:
            direction = CascadeDirection.SHORT
        return CascadeReading(raw, severity(raw), direction)

    def _is_burst(self, at: float, aggressor: Side, flow_imbalance: float) -> bool:
        return aggressor * flow_imbalance > BURST_FLOW and self._bursts.ratio(at) > BURST_RATIO

    def _count(self, at: float, order: _OpenOrder, excitation: Excitation) -> None:
        mark = order.weight * min(order.notional / self._event_usd, EVENT_MARK_MAX)
        if mark > order.counted:
            excitation.add(at, mark - order.counted, self._decay_rate)
            order.counted = mark
            self._is_excited = True

    def _finish(self, at: float, order: _OpenOrder) -> None:
        if not order.notional > 0.0:
            return
        self._sizes.add(order.notional)
        self._bursts.finish(at, order.notional, order.mark)
        if order.weight > 0.0:
            self._base.add(at, order.weight * min(order.notional / self._event_usd, 1.0))
            self._notionals.add(order.notional)
            self._marks.add(order.counted)

    @property
    def _event_usd(self) -> float:
        n_eff = self._notionals.n_eff
        mean = (EVENT_PRIOR_EVENTS * EVENT_USD + n_eff * self._notionals.mean()) / (EVENT_PRIOR_EVENTS + n_eff)
        # Else a run of small orders would make small orders weigh much.
        return max(mean, min(EVENT_USD, EVENT_MEAN_ORDERS * self._bursts.mean_usd))
