"""Queues whose order is known: orders of the local exchange's makers, followed as if they were ours.

Each is followed from the block in which it joined the back of its price, through touches, books of five levels
twice a second and prints, and compared with what the exchange has before it.
"""

from dataclasses import dataclass, field

from mmtui.domain.events import BookUpdate, TouchUpdate, TradePrints
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.units import Price
from mmtui.estimators.queue.own import OwnQueues
from mmtui.research.simulation import ACCOUNT, TICK_MS, synthetic_exchange
from mmtui.venues.exchange.direct import DirectVenue, Latency

LEVELS = 4
STILL = "nothing ever leaves"
MODELS: dict[str, dict[str, Value]] = {
    "power 2, the default": {},
    "power 1, in proportion": {"estimators.queue_power": 1.0},
    "log": {"estimators.queue_model": "log"},
    "conservative": {"estimators.queue_model": "conservative"},
    "decay": {"estimators.queue_model": "decay"},
}


@dataclass
class Errors:
    """Estimate less truth in all, over what stood before the orders when they joined."""

    n: int = 0
    queued: float = 0.0
    signed: float = 0.0
    absolute: float = 0.0
    under: int = 0
    orders: set[int] = field(default_factory=set)

    def add(self, oid: int, front: float, error: float) -> None:
        self.n += 1
        self.queued += front
        self.signed += error
        self.absolute += abs(error)
        self.under += error < -1e-9
        self.orders.add(oid)

    @property
    def bias(self) -> float:
        return self.signed / self.queued

    @property
    def mean_error(self) -> float:
        return self.absolute / self.queued

    @property
    def share_under(self) -> float:
        return self.under / self.n


def followed(coin: str, seed: int, seconds: int) -> dict[str, Errors]:
    """The errors of each model, named by its settings, on the same orders at the same moments.

    ``STILL`` is the truth at the start held for ever.
    """
    exchange = synthetic_exchange(coin, seed=seed)
    venue = DirectVenue(exchange, coin, ACCOUNT, Latency(uplink_ms=0, downlink_ms=0))
    book, instrument = exchange.book(coin), venue.instrument
    queues = {name: OwnQueues(Settings.defaults().with_values(changes)) for name, changes in MODELS.items()}
    errors = {name: Errors() for name in (*MODELS, STILL)}
    fronts: dict[int, float] = {}
    prices: dict[int, Price] = {}
    joined: set[int] = set()
    start_ms = exchange.now_ms
    for now_ms in range(start_ms + TICK_MS, start_ms + seconds * 1000, TICK_MS):
        for event in venue.advance(now_ms):
            for queue in queues.values():
                match event:
                    case BookUpdate():
                        queue.on_book(event.received_at, event.book)
                    case TouchUpdate():
                        queue.on_touch(event.received_at, event.touch)
                    case TradePrints():
                        for trade in event.trades:
                            queue.on_trade(trade)
        now = now_ms / 1000.0
        for oid in [oid for oid in fronts if book.get(oid) is None]:
            del fronts[oid], prices[oid]
            for queue in queues.values():
                queue.leave(str(oid))
        for oid, front in fronts.items():
            truth = instrument.size_base(book.queue_ahead(oid))
            errors[STILL].add(oid, front, front - truth)
            order = book.get(oid)
            assert order is not None, "gone orders were left out"
            for name, queue in queues.items():
                queue.resize(str(oid), instrument.size_base(order.size))
                ahead = queue.find(str(oid))
                estimate = None if ahead is None else queue.front(ahead)
                if estimate is not None:
                    errors[name].add(oid, front, estimate - truth)
        for side in Side:
            for price, _, _ in book.levels(side, LEVELS):
                last = book.orders_at(side, price)[-1]
                if last.oid in joined:
                    continue
                joined.add(last.oid)
                if price in prices.values():
                    # Followed orders count as ours, and what is ours is not before us.
                    continue
                front = instrument.size_base(book.queue_ahead(last.oid))
                if front <= 0.0:
                    continue
                fronts[last.oid], prices[last.oid] = front, price
                for queue in queues.values():
                    size = instrument.size_base(last.size)
                    queue.rest(now, str(last.oid), side, instrument.price_usd(price), size, exchange.book_time_ms(coin))
    return errors
