"""Severity of a liquidation cascade, from orders that are or look like liquidations.

Owns what an order counts, from the print that makes it liquidation-like and growing as it sweeps on, and
the reading. Severity is 1 - exp(-raw). Never pulls a quote. Source: models.md 8.1 and 8.3, ruling 3.
"""

import enum

import msgspec

from mmtui.domain.book import AssetContext, Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.parameters.checks import addresses_of
from mmtui.estimators.cascades.forced import ForcedFlow, OpenOrder
from mmtui.estimators.cascades.hawkes import BRANCHING, BaseRate, decay_rate, raw_severity, severity
from mmtui.estimators.cascades.liquidations import (
    BURST,
    BURST_FLOW,
    BURST_RATIO,
    BURST_WARM_ORDERS,
    LIQUIDATOR,
    OUR_QUOTE,
    ContextSigns,
    OrderBursts,
    OrderSizes,
    causes,
)
from mmtui.estimators.ewma import EventEwma

EVENT_USD = 25_000.0
EVENT_HALF_LIFE_EVENTS = 50.0
EVENT_PRIOR_EVENTS = 10.0
EVENT_MEAN_ORDERS = 5.0
EVENT_MARK_MAX = 10.0
BRANCHING_MAX = 0.95
DIRECTION_RATIO = 2.0
CALM_EXCITATION = 0.01


class CascadeDirection(enum.Enum):
    """Whose positions are being liquidated."""

    LONG = "long"
    SHORT = "short"
    BOTH = "both"


class CascadeReading(msgspec.Struct, frozen=True, gc=False):
    """``severity`` in [0, 1) is what thresholds are compared with; ``raw`` is unbounded.

    ``signs`` are what the orders that counted have shown since it was last calm.
    """

    raw: float
    severity: float
    direction: CascadeDirection
    signs: int = 0


CALM = CascadeReading(0.0, 0.0, CascadeDirection.BOTH)
SHOWN_SEVERITY = 0.01
_FORCED = {
    CascadeDirection.LONG: "longs are liquidated",
    CascadeDirection.SHORT: "shorts are liquidated",
    CascadeDirection.BOTH: "longs and shorts are liquidated",
}


def cascade_text(reading: CascadeReading) -> str:
    """Whose positions, and how that is known; nothing in a calm market."""
    if reading.severity < SHOWN_SEVERITY:
        return ""
    return "; ".join((_FORCED[reading.direction], *causes(reading.signs)))


class Cascade:
    """Excitation by liquidation-like orders of each side, fed with every print, context and own message."""

    __slots__ = (
        "_base",
        "_bursts",
        "_buys",
        "_context",
        "_decay_rate",
        "_liquidators",
        "_marks",
        "_notionals",
        "_sells",
        "_signs",
        "_sizes",
        "_slow",
    )

    def __init__(self, settings: Settings) -> None:
        self._buys = ForcedFlow()
        self._sells = ForcedFlow()
        self._base = BaseRate()
        self._bursts = OrderBursts(settings.number("estimators.hawkes_baseline_half_life_s"))
        self._sizes = OrderSizes()
        self._context = ContextSigns()
        self._notionals = EventEwma(EVENT_HALF_LIFE_EVENTS)
        self._marks = EventEwma(EVENT_HALF_LIFE_EVENTS)
        self._signs = 0
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited half-lives, weight and addresses; the excitation stays."""
        self._decay_rate = decay_rate(settings.number("estimators.cascade_half_life_s"))
        slow_rate = decay_rate(settings.number("estimators.cascade_slow_half_life_s"))
        self._slow = (slow_rate, settings.number("estimators.cascade_slow_weight"))
        self._liquidators = addresses_of(settings.text("estimators.liquidator_addresses")) or frozenset()
        self._bursts.decay_rate = settings.number("estimators.hawkes_decay")

    def on_context(self, at: float, context: AssetContext, sigma: float, own: float = 0.0) -> None:
        """Take the contract's slow facts; ``sigma`` per root second, ``own`` our position's size, base units."""
        self._context.on_context(at, context, sigma, own)

    def on_trade(self, at: float, trade: Trade, key: str | int, flow_imbalance: float) -> None:
        """Take a print of the order ``key``; ``flow_imbalance`` is what it was before this print."""
        side = self._sells if trade.side is Side.SELL else self._buys
        self._base.start(at)
        if key != side.order.key:
            self._finish(at, side.order)
            signs = self._context.signs(at, trade.side)
            if self._is_burst(at, trade.side, flow_imbalance):
                signs |= BURST
            side.start(key, at, trade.venue_time_ms, large=self._sizes.large, signs=signs)
        order = side.order
        order.grow(at, trade)
        if trade.buyer in self._liquidators or trade.seller in self._liquidators:
            order.signs |= LIQUIDATOR
        mark = self._bursts.mark(order.notional)
        if mark > order.mark:
            self._bursts.grow(at, mark - order.mark)
            order.mark = mark
        weight = order.weight
        if weight > 0.0:
            self._forget_signs(at)
            if side.count(at, self._mark(order.notional, weight), self._decay_rate, self._slow[0]):
                self._signs |= order.signs

    def on_own_trade(self, at: float, aggressor: Side, venue_time_ms: int, usd: float, *, is_liquidation: bool) -> None:
        """Take what an own fill says of the order of that side and time that made it.

        Either it was a liquidation that hit our quote, or, with ``is_liquidation`` False, we sent it.
        """
        side = self._sells if aggressor is Side.SELL else self._buys
        if not is_liquidation:
            side.disown(at, venue_time_ms, self._decay_rate, self._slow[0])
        elif usd > 0.0:
            self._forget_signs(at)
            self._signs |= OUR_QUOTE
            side.confirm(at, venue_time_ms, self._mark(usd, 1.0), self._decay_rate, self._slow[0])

    def flow_ratio(self, now: float) -> float:
        """Intensity of all aggressive orders over its running mean; 1 until enough were seen."""
        return self._bursts.ratio(now) if self._bursts.orders >= BURST_WARM_ORDERS else 1.0

    @property
    def orders_seen(self) -> int:
        """Finished aggressive orders behind ``flow_ratio``."""
        return self._bursts.orders

    def reading(self, now: float) -> CascadeReading:
        """Severity at ``now``."""
        if not self._signs:
            return CALM
        longs, shorts = self._excitations(now)
        branching = min(BRANCHING, BRANCHING_MAX / max(self._marks.mean(1.0), 1e-9))
        raw = raw_severity(longs + shorts, self._base.value(now), branching, self._decay_rate)
        direction = CascadeDirection.BOTH
        if longs > DIRECTION_RATIO * shorts:
            direction = CascadeDirection.LONG
        elif shorts > DIRECTION_RATIO * longs:
            direction = CascadeDirection.SHORT
        return CascadeReading(raw, severity(raw), direction, self._signs)

    def _is_burst(self, at: float, aggressor: Side, flow_imbalance: float) -> bool:
        return aggressor * flow_imbalance > BURST_FLOW and self._bursts.ratio(at) > BURST_RATIO

    def _excitations(self, now: float) -> tuple[float, float]:
        fast, (slow, weight) = self._decay_rate, self._slow
        return self._sells.excitation(now, fast, slow, weight), self._buys.excitation(now, fast, slow, weight)

    def _forget_signs(self, at: float) -> None:
        """What was seen in a cascade that is over says nothing about the next one."""
        if self._signs and sum(self._excitations(at)) < CALM_EXCITATION:
            self._signs = 0

    def _mark(self, usd: float, weight: float) -> float:
        return weight * min(usd / self._event_usd, EVENT_MARK_MAX)

    def _finish(self, at: float, order: OpenOrder) -> None:
        if not order.notional > 0.0:
            return
        self._sizes.add(order.notional)
        self._bursts.finish(at, order.notional, order.mark)
        weight = order.weight
        if weight > 0.0:
            self._base.add(at, weight * min(order.notional / self._event_usd, 1.0))
            self._notionals.add(order.notional)
            self._marks.add(order.counted)

    @property
    def _event_usd(self) -> float:
        n_eff = self._notionals.n_eff
        mean = (EVENT_PRIOR_EVENTS * EVENT_USD + n_eff * self._notionals.mean()) / (EVENT_PRIOR_EVENTS + n_eff)
        # Else a run of small orders would make small orders weigh much.
        return max(mean, min(EVENT_USD, EVENT_MEAN_ORDERS * self._bursts.mean_usd))
