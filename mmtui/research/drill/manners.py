"""The judge of conduct: whether each act may follow from what the engine has been told.

Owns the rules of order between events and acts: what must be seen before an order is decided, before the
switch comes off, before a stop counts as verified, before a person's word counts. The checker compares
with the exchange's truth; this one needs no truth but the resting orders and the switch.
"""

import math
import statistics
from collections import deque
from collections.abc import Callable

from mmtui.domain.cloid import is_ours
from mmtui.domain.commands import Act, CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    AnyEvent,
    BookUpdate,
    CommandReceived,
    ConnectionChanged,
    Feed,
    LoopStalled,
    OutcomeKind,
    RefusalReason,
    TouchUpdate,
)
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import (
    Answer,
    CancelOrders,
    ClearLatch,
    Finish,
    Intent,
    Latch,
    PlaceOrders,
    ScheduleCancel,
    Send,
)
from mmtui.domain.order import OrderTerms, Purpose
from mmtui.domain.units import BPS
from mmtui.domain.view import Mode
from mmtui.research.drill.ports.strategy import SimStrategy
from mmtui.research.drill.ports.truth import Truth
from mmtui.research.drill.process import ObservedEngine
from mmtui.research.drill.violation import Violation

PICTURES_MIN = 3
STALL_S = 2.0
LOOKS_MIN = 2
PICTURE_AGE_MAX_S = 2.0
REFUSED_MAX = 14
REPLACED_SLACK = 1
WINDOW_S = 10.0
REMEMBERED = 2_000
STRANGE = 0.1
_HOLDING_BACK = frozenset({RefusalReason.INSUFFICIENT_MARGIN, RefusalReason.OPEN_INTEREST_CAP})
_HALTED = frozenset({Mode.KILLED, Mode.STOPPED})
_QUOTING = frozenset({Mode.QUOTING, Mode.REDUCE_ONLY})


class Manners:
    """Raises ``Violation`` at the first act that may not follow from what came before it.

    ``held_back_at`` is when the engine was last told, for want of margin or of open interest, to place less.
    """

    def __init__(self, truth: Truth, instrument: Instrument, mid: Callable[[], float]) -> None:
        self._truth = truth
        self._mid = mid
        self._instrument = instrument
        self._engine: ObservedEngine | None = None
        self._strategy: SimStrategy | None = None
        self._pictures = 0
        self._is_down: set[Feed] = set()
        self._is_account_open = False
        self.is_halted = False
        self.held_back_at = -math.inf
        self._looks = 0
        self._own_seen_ms = 0
        self._clean_ms = 0
        self._cloids: set[str] = set()
        self._placed: dict[int, tuple[OrderTerms, ...]] = {}
        self._resting: dict[str, OrderTerms] = {}
        self._counts: dict[tuple[str, int, int, int], deque[float]] = {}

    def booted(self, engine: ObservedEngine, strategy: SimStrategy) -> None:
        """Another process lives; of what the last one saw it knows nothing."""
        self._engine, self._strategy = engine, strategy
        self._pictures, self._looks, self.is_halted = 0, 0, False
        self._is_down.clear()
        self._is_account_open = False
        self._placed.clear()
        self._resting.clear()
        self._counts.clear()

    def stepped(self, event: AnyEvent, intents: list[Intent]) -> None:
        """The engine has decided."""
        engine = self._engine
        assert engine is not None, "a step has an engine"
        self._hear(engine, event)
        was_halted = self.is_halted
        now = engine.state.quoting.last_at if not event.received_at else event.received_at
        for intent in intents:
            if isinstance(intent, PlaceOrders):
                self._check_places(engine, intent)
            elif isinstance(intent, CancelOrders) and engine.mode in _QUOTING:
                self._check_replaced(engine, now, intent)
            elif isinstance(intent, Finish) and not intent.unverified and self._looks < LOOKS_MIN:
                raise Violation("I18", f"a stop is called verified after {self._looks} looks at the account")
            elif isinstance(intent, Latch):
                self.is_halted = True
            elif isinstance(intent, ClearLatch):
                self.is_halted, self._pictures = False, 0
                self._counts.clear()
        # A kill that comes late in a step shows in the mode of the next.
        if was_halted and self.is_halted and engine.mode not in _HALTED:
            raise Violation("I17", f"mode {engine.mode.value} after a halt")
        if isinstance(event, CommandReceived):
            self._check_command(event, intents)

    def sent(self, intent: Send) -> None:
        """Something leaves the process."""
        if isinstance(intent, PlaceOrders):
            for approved in intent.orders:
                cloid = approved.terms.cloid
                if cloid in self._cloids:
                    raise Violation("I9", f"client order id {cloid} leaves a second time")
                self._cloids.add(cloid)
        elif isinstance(intent, ScheduleCancel) and intent.at_ms is None and self._truth.own():
            raise Violation("I19", f"the switch is taken off while {len(self._truth.own())} own orders rest")

    def _hear(self, engine: ObservedEngine, event: AnyEvent) -> None:
        match event:
            case BookUpdate() | TouchUpdate():
                self._pictures += 1
                self._check_belief(engine)
            case ConnectionChanged():
                self._connection(engine, event)
            case LoopStalled():
                if event.stalled_s >= STALL_S:
                    self._pictures = 0
                    self._is_account_open = engine.state.account.is_anchored
            case AccountSnapshot():
                self._is_account_open = False
                if not any(is_ours(report.cloid) for report in event.open_orders):
                    self._looks += event.venue_time_ms > self._own_seen_ms
                    self._clean_ms = max(self._clean_ms, event.venue_time_ms)
                elif event.venue_time_ms >= self._clean_ms:
                    # An answer that comes late and is older than a clean look says nothing against it.
                    self._own_seen_ms, self._looks = event.venue_time_ms, 0
            case ActionAnswered():
                self._answered(event)

    def _connection(self, engine: ObservedEngine, event: ConnectionChanged) -> None:
        if not event.is_up:
            self._is_down.add(event.feed)
        elif event.feed in self._is_down:
            self._is_down.discard(event.feed)
            if event.feed is Feed.MARKET:
                self._pictures = 0
            elif event.feed is Feed.USER:
                self._is_account_open = engine.state.account.is_anchored

    def _check_belief(self, engine: ObservedEngine) -> None:
        touch = engine.state.market.touch
        if touch is None:
            return
        true = self._mid()
        if not (0.0 < touch.bid < touch.ask and math.isfinite(touch.ask) and abs(touch.mid / true - 1.0) < STRANGE):
            raise Violation("I11", f"believes in {touch.bid:g} / {touch.ask:g} while the market is at {true:g}")

    def _check_places(self, engine: ObservedEngine, intent: PlaceOrders) -> None:
        self._looks = 0
        quotes = tuple(approved.terms for approved in intent.orders if approved.terms.purpose is Purpose.QUOTE)
        self._placed[intent.request_id] = tuple(approved.terms for approved in intent.orders)
        for terms in quotes:
            self._resting[terms.cloid] = terms
        while len(self._placed) > REMEMBERED:
            del self._placed[next(iter(self._placed))]
        while len(self._resting) > REMEMBERED:
            del self._resting[next(iter(self._resting))]
        if not quotes:
            return
        if self._pictures < PICTURES_MIN:
            raise Violation("I15", f"decided on picture {self._pictures} after a start or a gap")
        if self._is_account_open:
            raise Violation("I15", "decided after a gap of the account stream, before the account was read again")
        self._check_collar(engine, quotes)
        self._check_asked(engine, quotes)

    def _check_collar(self, engine: ObservedEngine, quotes: tuple[OrderTerms, ...]) -> None:
        reference = statistics.median(engine.state.market.references())
        collar = engine.state.settings.number("risk.price_collar_pct") / 100.0
        for terms in quotes:
            away = abs(self._instrument.price_usd(terms.price) / reference - 1.0)
            if not away <= collar + 1e-9:
                raise Violation("I11", f"an order {away:.3%} from the reference, the collar is {collar:.2%}")

    def _check_asked(self, engine: ObservedEngine, quotes: tuple[OrderTerms, ...]) -> None:
        """Scarce requests change cadence and levels; a price is the strategy's or behind the venue's own touch."""
        assert self._strategy is not None, "an engine has a strategy"
        ladder = self._strategy.last
        if ladder is None or engine.state.market.hint(engine.state.quoting.last_at) is not None:
            return
        asked = {(level.side, level.price) for level in (*ladder.bids, *ladder.asks)}
        for terms in quotes:
            if (terms.side, terms.price) not in asked:
                raise Violation("I11", f"{terms.side.name} at {terms.price} is not what the strategy asked for")

    def _check_replaced(self, engine: ObservedEngine, now: float, intent: CancelOrders) -> None:
        most = engine.state.settings.count("risk.replacements_max") + REPLACED_SLACK
        for cloid in intent.cloids:
            terms = self._resting.pop(cloid, None)
            if terms is not None and self._count("replaced", terms, now) > most:
                raise Violation("L3", f"level {terms.level} placed and taken off more than {most} times in 10 s")

    def _answered(self, event: ActionAnswered) -> None:
        if any(outcome.reason in _HOLDING_BACK for outcome in event.outcomes):
            self.held_back_at = event.received_at
        placed = self._placed.pop(event.request_id, ())
        if len(placed) != len(event.outcomes):
            return
        for terms, outcome in zip(placed, event.outcomes, strict=True):
            is_refused = outcome.kind is OutcomeKind.REFUSED
            if is_refused and self._count("refused", terms, event.received_at, at_price=False) > REFUSED_MAX:
                raise Violation("L3", f"level {terms.level} refused more than {REFUSED_MAX} times in 10 s")

    def _count(self, what: str, terms: OrderTerms, now: float, *, at_price: bool = True) -> int:
        price = round(math.log(terms.price) * BPS) if at_price else 0
        key = (what, int(terms.side), terms.level, price)
        times = self._counts.pop(key, None) or deque(maxlen=REMEMBERED)
        self._counts[key] = times
        if len(self._counts) > REMEMBERED:
            del self._counts[next(iter(self._counts))]
        times.append(now)
        while times[0] <= now - WINDOW_S:
            times.popleft()
        return len(times)

    def _check_command(self, event: CommandReceived, intents: list[Intent]) -> None:
        command = event.command
        done = any(
            isinstance(intent, Answer)
            and intent.result.id == command.id
            and intent.result.status is not CommandStatus.REFUSED
            for intent in intents
        )
        if isinstance(command, SetParameters) and done:
            self._check_numbers(command)
        if isinstance(command, Rearm) and not command.reason.strip() and done:
            raise Violation("I17", "re-armed without a reason")
        if isinstance(command, Act) and command.verb in (Verb.RESUME, Verb.FLATTEN) and done and command.seen_at > 0.0:
            age = event.received_at - command.seen_at
            if age > PICTURE_AGE_MAX_S:
                raise Violation("I28", f"{command.verb.value} obeyed from a picture {age:.0f} s old")

    def _check_numbers(self, command: SetParameters) -> None:
        assert self._engine is not None, "a step has an engine"
        for key in command.changes:
            value = self._engine.state.settings.value(key)
            if isinstance(value, float) and not math.isfinite(value):
                raise Violation("I11", f"{key} is {value}")
