"""The judge of a world: holds the engine's acts against the venue's truth after every event.

Owns the invariants that can be seen from outside the engine (reliability: I4 to I18, I20,
I21, I25, I27). It reads the engine's memory only to compare it with the truth, never to excuse it.
"""

import statistics
from collections import deque
from collections.abc import Callable

import msgspec

from mmtui.domain.cloid import is_ours, run_of
from mmtui.domain.events import AnyEvent, BookUpdate, CommandReceived, ContextUpdate, TouchUpdate
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import AddMargin, CancelOrders, Intent, PlaceOrders, Send, SetLeverage
from mmtui.domain.order import OrderTerms, Purpose
from mmtui.domain.parameters import Settings
from mmtui.domain.records import FillBooked, OrderChanged, ParametersChanged
from mmtui.domain.units import Size
from mmtui.domain.view import Mode
from mmtui.research.drill.ports.disk import SimJournal
from mmtui.research.drill.ports.network import SimNetwork
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.ports.truth import Truth
from mmtui.research.drill.process import ObservedEngine
from mmtui.research.drill.violation import Violation

BOOK_AGE_MAX_S = 2.0
VENUE_AGE_MAX_S = 3.0
CONTEXT_AGE_MAX_S = 10.0
EXPIRY_MAX_S = 10.0
COLLAR_MAX = 0.0101
ADOPT_MAX_MS = 30_000
LIVE_MAX = 400
OPEN_ORDERS_PER_LEVEL = 4
_OVER = frozenset({"Filled", "Cancelled", "Rejected", "Lost", "FilledDuringCancel", "FilledImmediately"})
_PLACING = frozenset({Mode.QUOTING, Mode.REDUCE_ONLY, Mode.FLATTENING})


class Seen(msgspec.Struct):
    """The last market data that a sane reader would have believed: engine time, venue time and mid."""

    at: float = -1e9
    venue_ms: int = 0
    mid: float = 0.0


class Checker:
    """Raises ``Violation`` at the first event after which an invariant does not hold."""

    def __init__(
        self,
        timeline: Timeline,
        truth: Truth,
        network: SimNetwork,
        *,
        instrument: Instrument,
        settings: Settings,
        mid: Callable[[], float],
    ) -> None:
        self._timeline = timeline
        self._truth = truth
        self._network = network
        self._instrument = instrument
        self._mid = mid
        self._settings = settings
        self._seen = Seen()
        self._context: ContextUpdate | None = None
        self._excess = {Side.BUY: 0, Side.SELL: 0}
        self._foreign: dict[Side, int] = {Side.BUY: 0, Side.SELL: 0}
        self._unadopted: dict[int, int] = {}
        self._fills: set[tuple[str, int, int, int]] = set()
        self._engine: ObservedEngine | None = None
        self._journal: SimJournal | None = None
        self._run = 0
        self._actions: deque[float] = deque(maxlen=1_000)
        self._orders_max = 2 * OPEN_ORDERS_PER_LEVEL * settings.count("strategy.ladder_config.num_levels")
        self.is_halted = False
        self.limit: Size = instrument.floor_size(settings.number("trading.max_absolute_position_size"))

    def booted(self, engine: ObservedEngine, run: int, journal: SimJournal) -> None:
        """Another process lives."""
        self._engine, self._run, self._journal = engine, run, journal
        self._unadopted.clear()
        self._seen, self._context = Seen(), None
        self._fills.clear()
        self._actions.clear()
        self._settings = engine.state.settings
        self._take_limit()

    def died(self) -> None:
        """No process lives."""
        self._engine = None

    def foreign_trade(self, side: Side, size: Size) -> None:
        """Someone else has moved the position; until the engine knows, its orders may add to that."""
        self._foreign[side] += size

    def stepped(self, event: AnyEvent, intents: list[Intent]) -> None:
        """The engine has decided."""
        if isinstance(event, BookUpdate | TouchUpdate):
            self._look(event)
        elif isinstance(event, ContextUpdate):
            self._context = event
        for intent in intents:
            if isinstance(intent, PlaceOrders):
                self._placed(event.received_at, intent)
                self._check_rate(event.received_at)
            if isinstance(intent, Send):
                self._actions.append(event.received_at)
            if isinstance(intent, OrderChanged):
                self._changed(intent)
            elif isinstance(intent, FillBooked):
                self._booked(intent)
            elif isinstance(intent, ParametersChanged):
                self._settings = self._settings.with_values(intent.after)
                self._take_limit()
        if isinstance(event, CommandReceived):
            self._check_settings()

    def sent(self, intent: Send) -> None:
        """Something leaves the process."""
        if isinstance(intent, PlaceOrders):
            if self.is_halted:
                raise Violation("I17", "an order leaves after a halt")
            for approved in intent.orders:
                journal = self._journal
                if journal is None or journal.intended.get(approved.terms.cloid, 1 << 62) > journal.synced_seq:
                    raise Violation("I8", f"{approved.terms.cloid} leaves before its record is durable")
        elif isinstance(intent, CancelOrders):
            foreign = [cloid for cloid in intent.cloids if not is_ours(cloid)]
            if foreign:
                raise Violation("I21", f"a cancel names {foreign[0]}, which is not ours")
        elif isinstance(intent, SetLeverage | AddMargin) and self.is_halted:
            raise Violation("I17", "leverage or margin is changed after a halt")

    def turned(self) -> None:
        """The process has finished a turn, or a block has passed: truth against belief."""
        self._check_limit()
        self._check_crossing()
        if self._engine is not None:
            self._check_reserved(self._engine)
            self._check_sizes(self._engine)

    def _check_sizes(self, engine: ObservedEngine) -> None:
        """Every collection of the engine has a bound."""
        ledger, control = engine.state.ledger, engine.state.control
        for name, found in (
            ("live orders", ledger.live),
            ("requests", ledger.requests),
            ("inquiries", ledger.inquiries),
            ("suspects", ledger.suspects),
            ("witnessed", ledger.witnessed),
            ("queries", control.queries),
        ):
            if len(found) > LIVE_MAX:
                raise Violation("I27", f"{len(found)} {name}")

    def _look(self, event: BookUpdate | TouchUpdate) -> None:
        picture = event.book if isinstance(event, BookUpdate) else event.touch
        touch = event.book.touch if isinstance(event, BookUpdate) and event.book.bid_prices and (
            event.book.ask_prices) else getattr(event, "touch", None)  # fmt: skip
        if touch is None or not 0.0 < touch.bid < touch.ask < 1e12:
            return
        if abs(touch.mid / self._mid() - 1.0) < 0.1:
            self._seen = Seen(event.received_at, max(self._seen.venue_ms, picture.venue_time_ms), touch.mid)

    def _placed(self, now: float, intent: PlaceOrders) -> None:
        engine = self._engine
        assert engine is not None, "a step has an engine"
        now = max(now, engine.state.quoting.last_at)
        if engine.mode not in _PLACING:
            raise Violation("I16", f"an order in mode {engine.mode.value}")
        if not intent.expires_at_ms <= now * 1000.0 + EXPIRY_MAX_S * 1000.0:
            raise Violation("I10", f"expiry {intent.expires_at_ms / 1000.0 - now:.1f} s ahead")
        for approved in intent.orders:
            terms = approved.terms
            if engine.mode is Mode.REDUCE_ONLY and not terms.reduce_only:
                raise Violation("I16", "an order that may add, in reduce-only")
            self._check_terms(terms)
            if terms.purpose is Purpose.QUOTE:
                self._check_age(now)
                self._check_distance(now, terms)

    def _check_rate(self, now: float) -> None:
        actions, settings = self._actions, self._settings
        while actions and actions[0] <= now - 60.0:
            actions.popleft()
        share = 1.0 - settings.number("risk.cancel_reserve_pct") / 100.0
        if not len(actions) <= share * settings.number("risk.actions_per_min_max"):
            raise Violation("I14", f"an order although {len(actions)} actions were sent within a minute")

    def _check_terms(self, terms: OrderTerms) -> None:
        instrument = self._instrument
        if not (terms.size > 0 and terms.price > 0 and instrument.is_price_on_grid(terms.price)):
            raise Violation("I11", f"price {terms.price} or size {terms.size} off the grid")

    def _check_age(self, now: float) -> None:
        seen = self._seen
        if not now - seen.at <= BOOK_AGE_MAX_S:
            raise Violation("I15", f"decided on a book received {now - seen.at:.2f} s before")
        if not now * 1000.0 - seen.venue_ms <= VENUE_AGE_MAX_S * 1000.0:
            raise Violation("I15", f"decided on a book {now - seen.venue_ms / 1000.0:.2f} s old by the venue's clock")

    def _check_distance(self, now: float, terms: OrderTerms) -> None:
        price = self._instrument.price_usd(terms.price)
        away = min(abs(price / market - 1.0) for market in self._markets(now))
        if not away <= 2.0 * COLLAR_MAX:
            raise Violation("I11", f"an order {away:.2%} from the market")

    def _markets(self, now: float) -> list[float]:
        """Where the market may be said to be, USD.

        The mid; and, since one that a sweep has left far from every trade says little, the middle one of mid, mark
        and oracle while these are told.
        """
        mid, told = self._seen.mid, self._context
        if told is None or not 0.0 <= now - told.received_at <= CONTEXT_AGE_MAX_S:
            return [mid]
        return [mid, statistics.median((mid, told.context.mark, told.context.oracle))]

    def _changed(self, row: OrderChanged) -> None:
        if row.state not in _OVER or run_of(row.cloid) != self._run:
            return
        if any(order.cloid == row.cloid for order in self._truth.open.values()):
            raise Violation("I7", f"{row.cloid} is {row.state} here and rests at the venue ({row.reason})")
        now_ms = self._timeline.now_ms
        for request in self._network.in_flight.values():
            if request.expires_ms >= now_ms and any(terms.cloid == row.cloid for terms in request.orders):
                raise Violation("I7", f"{row.cloid} is {row.state} here and may still arrive ({row.reason})")
        filled = self._truth.filled.get(row.cloid, 0)
        if filled != row.filled:
            raise Violation("I7", f"{row.cloid} is {row.state} with {row.filled} filled, the venue says {filled}")

    def _booked(self, row: FillBooked) -> None:
        key = (row.coin, row.venue_time_ms, row.tid, row.oid)
        if key in self._fills:
            raise Violation("I6", f"fill {row.tid} of order {row.oid} booked twice")
        self._fills.add(key)

    def _check_settings(self) -> None:
        engine = self._engine
        assert engine is not None, "a step has an engine"
        if engine.state.settings != self._settings:
            raise Violation("I25", "the settings in force are not those that were recorded")

    def _take_limit(self) -> None:
        """Another limit holds from now on; what is above it may stay, and may only become less."""
        limit = self._instrument.floor_size(self._settings.number("trading.max_absolute_position_size"))
        levels = self._settings.count("strategy.ladder_config.num_levels")
        self._orders_max = max(self._orders_max, 2 * OPEN_ORDERS_PER_LEVEL * levels)
        if limit < self.limit:
            for side in Side:
                self._excess[side] = max(self._excess[side], self._truth.worst(side) + self._under_way(side))
        self.limit = limit

    def _check_limit(self) -> None:
        truth = self._truth
        for side in Side:
            worst = truth.worst(side)
            foreign = self._foreign[side]
            allowed = max(self.limit, self._excess[side]) + foreign
            if worst > allowed:
                raise Violation("I4", f"{side.name}: {worst} units could be held, {allowed} are allowed")
            if foreign and self._knows_position():
                self._foreign[side] = 0
                self._excess[side] = worst + self._under_way(side)
            elif self._excess[side]:
                self._excess[side] = max(0, min(self._excess[side], worst + self._under_way(side)))

    def _knows_position(self) -> bool:
        engine = self._engine
        if engine is None:
            return False
        account = engine.state.account
        return account.is_anchored and account.position.size == self._truth.position

    def _under_way(self, side: Side) -> Size:
        sent = sum(
            terms.size for request in self._network.in_flight.values() for terms in request.orders if terms.side is side
        )
        # What is decided and waits for its record to be durable is in nobody's hands yet.
        resting = self._truth.worst(side) - side * self._truth.position
        decided = 0 if self._engine is None else self._engine.state.ledger.reserved(side) - resting
        return max(sent, decided)

    def _check_crossing(self) -> None:
        bid, ask, count = 0, 0, 0
        for order in self._truth.open.values():
            if not order.cloid:
                continue
            count += 1
            if order.side is Side.BUY:
                bid = max(bid, order.price)
            else:
                ask = min(ask or order.price, order.price)
        if count > self._orders_max:
            raise Violation("I12", f"{count} own orders rest, {self._orders_max} are allowed")
        if bid and ask and bid >= ask:
            raise Violation("I13", f"own bid {bid} and own ask {ask} cross")

    def _check_reserved(self, engine: ObservedEngine) -> None:
        live = engine.state.ledger.live
        if not engine.state.account.is_anchored or self._network.is_out:
            self._unadopted.clear()
        for order in self._truth.open.values():
            if not order.cloid:
                continue
            known = live.get(order.cloid)
            if known is not None and known.reserved >= order.remaining:
                continue
            if run_of(order.cloid) == self._run:
                found = "over" if known is None else f"reserved at {known.reserved}"
                raise Violation("I5", f"{order.cloid} rests with {order.remaining} and is {found}")
            since = self._unadopted.setdefault(order.oid, self._timeline.now_ms)
            if self._timeline.now_ms - since > ADOPT_MAX_MS:
                raise Violation("I3", f"{order.cloid} of an earlier run rests unknown for {ADOPT_MAX_MS // 1000} s")
        now_ms = self._timeline.now_ms
        for request in self._network.in_flight.values():
            if request.expires_ms < now_ms:
                continue
            for terms in request.orders:
                known = live.get(terms.cloid)
                if run_of(terms.cloid) == self._run and (known is None or known.reserved + known.filled < terms.size):
                    raise Violation("I5", f"{terms.cloid} is under way and not reserved")
