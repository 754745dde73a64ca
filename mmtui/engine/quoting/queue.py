"""Own quotes in their queues: where each stands, how likely it is to fill, and whether that comes true.

Owns the follow-up of own orders through their life, the predictions taken of them, and what keeping or moving
one is worth now. Never sends anything. Sources: models.md 9.
"""

from mmtui.domain.estimates import Estimates
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.order import Order, OrderState, Purpose
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS, Price
from mmtui.engine.quoting.refresh import Gap, Rule, Stand, Verdict, is_settled, should_refresh
from mmtui.estimators.queue.calibration import FillCalibration
from mmtui.estimators.queue.chances import Chance, Surroundings, chance
from mmtui.estimators.queue.own import OwnQueues
from mmtui.strategies.quote import Level

CERTAIN = Chance(touch=1.0, intensity=1.0, share=1.0)
OVER = frozenset({OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED, OrderState.LOST})


class Queues:
    """The queues that own quotes stand in, and how well fills were foretold."""

    __slots__ = ("calibration", "own")

    def __init__(self, settings: Settings) -> None:
        self.own = OwnQueues(settings)
        self.calibration = FillCalibration(settings.number("execution.fill_horizon_s"))

    def reconfigure(self, settings: Settings) -> None:
        """Takes edited settings; what is known of the queues stays."""
        self.own.reconfigure(settings)
        self.calibration.set_horizon(settings.number("execution.fill_horizon_s"))

    def follow(self, now: float, order: Order, instrument: Instrument) -> None:
        """Takes the change of one order."""
        if order.terms.purpose is not Purpose.QUOTE:
            return
        cloid = order.cloid
        if order.state in OVER:
            self.own.leave(cloid)
            if order.filled:
                self.calibration.filled(now, cloid)
            else:
                self.calibration.ended(now, cloid)
        elif order.state is OrderState.SETTLING:
            self.own.leave(cloid)
        elif order.acked_at:
            remaining = instrument.size_base(order.remaining)
            rested_ms = order.rested_ms or int(order.acked_at * 1000.0)
            self.own.rest(now, cloid, order.side, instrument.price_usd(order.price), remaining, rested_ms)
            if order.filled:
                self.own.resize(cloid, remaining)
                self.calibration.filled(now, cloid)


class Scales:
    """What orders and levels are weighed with at one moment: estimates, costs and the reservation price."""

    __slots__ = ("_around", "_costs_bps", "_fair", "_horizon_s", "_instrument", "_own", "_reservation")

    def __init__(
        self,
        queues: Queues,
        instrument: Instrument,
        estimates: Estimates,
        *,
        reservation: float,
        costs_bps: dict[Side, float],
    ) -> None:
        signals = estimates.signals
        self._own = queues.own
        self._horizon_s = queues.calibration.horizon_s
        self._instrument = instrument
        self._fair = estimates.fair.value
        self._reservation = reservation if reservation > 0.0 else self._fair
        sigma = estimates.sigma.value
        self._around = {
            Side.BUY: Surroundings(
                sigma, signals.touch_volume_bid, estimates.intensity_bid.value, estimates.kappa_bid.value
            ),
            Side.SELL: Surroundings(
                sigma, signals.touch_volume_ask, estimates.intensity_ask.value, estimates.kappa_ask.value
            ),
        }
        self._costs_bps = costs_bps

    def is_known(self, side: Side) -> bool:
        """Whether enough was seen of what trades at a touched price to weigh anything."""
        return self._around[side].touch_volume > 0.0

    def chance(self, order: Order) -> Chance:
        """Both probabilities of an order from where it stands."""
        price = self._instrument.price_usd(order.price)
        ahead = self._own.find(order.cloid)
        if ahead is not None and ahead.is_through:
            return CERTAIN
        front = None if ahead is None else self._own.front(ahead)
        if front is None:
            front = self._own.others_at(order.side, price)
        return self._chance(order.side, price, front, self._instrument.size_base(order.remaining))

    def order(self, order: Order) -> Stand:
        """An order where it is."""
        return self.stand(order, self.chance(order))

    def stand(self, order: Order, said: Chance) -> Stand:
        """The same, where its chance is known."""
        return Stand(said.touch, self._edge_bps(order.side, order.price))

    def level(self, level: Level) -> Stand:
        """A new order at a wanted price, behind everything that is there."""
        price = self._instrument.price_usd(level.price)
        front = self._own.others_at(level.side, price)
        return Stand(self._chance(level.side, price, front).touch, self._edge_bps(level.side, level.price))

    def _chance(self, side: Side, price: float, front: float, size: float = 0.0) -> Chance:
        distance = side * (1.0 - price / self._fair)
        return chance(distance, front, self._horizon_s, self._around[side], size)

    def _edge_bps(self, side: Side, price: Price) -> float:
        distance = side * (1.0 - self._instrument.price_usd(price) / self._reservation)
        return BPS * distance - self._costs_bps[side]


class Judge:
    """Decides for one side's orders whether they stay, by what they are worth."""

    __slots__ = ("_now", "_rule", "_scales")

    def __init__(self, scales: Scales, rule: Rule, now: float) -> None:
        self._scales = scales
        self._rule = rule
        self._now = now

    def verdict(self, level: Level, order: Order, gap: Gap) -> Verdict:
        """What becomes of an order that could serve a level."""
        age_s = self._now - order.terms.created_at
        if is_settled(gap, age_s, self._rule):
            return Verdict.HOLD
        return should_refresh(self._scales.order(order), self._scales.level(level), gap, age_s, self._rule)
