"""One seed played from start to end: faults, then quiet, then stop, then the books compared.

Owns the parts of a world and its phases. The engine, its shell, the journal's protocol, the nonces and
the exchange's rules are the real ones; the network, disk, clock, guard and people are simulated.
"""

import hashlib
import random
from collections import Counter, deque
from collections.abc import Callable

import msgspec

from mmtui.domain.commands import CommandResult, Verb
from mmtui.domain.events import AnyEvent, Tick
from mmtui.domain.instrument import Side
from mmtui.domain.intents import Intent, Latch, Log, Send
from mmtui.domain.order import OrderState
from mmtui.domain.records import FillBooked, OrderChanged, OrderIntended, PositionAdjusted, RiskRecorded, Row
from mmtui.domain.view import Mode
from mmtui.journal.memory import MemoryDisk
from mmtui.research.drill.checker import Checker
from mmtui.research.drill.clock import SimClock
from mmtui.research.drill.disk import SYNC_S, DeathPoints
from mmtui.research.drill.faults import Fault, Faults
from mmtui.research.drill.hands import Hands
from mmtui.research.drill.network import SimNetwork
from mmtui.research.drill.outsider import Outsider
from mmtui.research.drill.process import ObservedEngine, Parts, SimProcess, Watch
from mmtui.research.drill.scenario import COIN, PACES, START_MS, Scenario, market_parameters
from mmtui.research.drill.signer import SimSigner
from mmtui.research.drill.timeline import Timeline
from mmtui.research.drill.truth import Truth
from mmtui.research.drill.venue import SimVenue
from mmtui.research.drill.violation import ProcessDeath, Violation
from mmtui.risk.controls import Denial
from mmtui.venues.exchange.direct import Cadence, DirectVenue, Latency
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings

ACCOUNT = "0x" + "a1" * 20
GUARD_LOSS_MS = 1_500
GUARD_SILENCE_MS = 10_000
GUARD_EVERY_MS = 1_000
DEAD_WITH_GUARD_MS = 14_000
DEAD_WITH_SWITCH_MS = 32_000
LATCH_LOOKED_AT_MS = (10_000, 60_000)
CALM_S = 120
QUOTING_AGAIN_S = 45
UNKNOWN_MAX_S = 10.0
STOP_MAX_S = 20
RECENT = 60
NO_ROOM = "no room"
UNGUARDED_MAX_MS = 15_000

_DENIALS = {denial.value: denial.name for denial in Denial}


class Tally(msgspec.Struct):
    """What a run saw, for proving that it was not vacuous."""

    events: int = 0
    fills: int = 0
    boots: int = 0
    modes: Counter[str] = msgspec.field(default_factory=Counter)
    states: Counter[str] = msgspec.field(default_factory=Counter)
    denials: Counter[str] = msgspec.field(default_factory=Counter)
    rules: Counter[str] = msgspec.field(default_factory=Counter)
    faults: Counter[str] = msgspec.field(default_factory=Counter)
    adjusted: int = 0


class World:
    """Everything of one seed. ``patch`` is given each engine at its start, for planting defects."""

    def __init__(self, scenario: Scenario, *, patch: Callable[[ObservedEngine], None] | None = None) -> None:
        self.scenario = scenario
        self._patch = patch
        pace = PACES[scenario.pace]
        rng = random.Random(f"{scenario.seed}:world")  # noqa: S311 - a simulation
        self._rng = rng
        self.timeline = Timeline(START_MS)
        self.faults = Faults(scenario.seed, scenario.faults)
        self.exchange = _exchange(scenario)
        self.direct = DirectVenue(
            self.exchange, COIN, ACCOUNT, Latency(uplink_ms=0, downlink_ms=0),
            cadence=Cadence(book_ms=pace.book_ms, context_ms=pace.context_ms),
        )  # fmt: skip
        self.truth = Truth(self.direct, ACCOUNT, COIN)
        self.exchange.set_listener(self.truth)
        self.clock = SimClock(self.timeline)
        self.venue = SimVenue(self.faults, self.truth)
        signer = SimSigner(self.clock)
        self.network = SimNetwork(self.timeline, self.faults, self.direct, self.venue, signer, rng=rng)
        self.disk = MemoryDisk(sync_s=SYNC_S)
        self._points = DeathPoints()
        settings = scenario.settings()
        self.process = SimProcess(
            Parts(
                timeline=self.timeline, clock=self.clock, disk=self.disk, points=self._points, rng=rng,
                network=self.network, signer=signer,
                instrument=self.direct.instrument, settings=settings, account=ACCOUNT, tick_ms=pace.tick_ms,
                finish_on_kill=scenario.finish_on_kill, has_guard=scenario.has_guard,
                must_be_guarded=scenario.must_be_guarded,
            ),
            Watch(
                starting=self.direct.restart, booted=self._booted, stepped=self._stepped, turned=self._turned,
                logged=self._logged,
                answered=self._answered, latched=self._latched, unlatched=self._unlatched, crashed=self._crashed,
            ),
        )  # fmt: skip
        self.checker = Checker(
            self.timeline, self.truth, self.network,
            instrument=self.direct.instrument, settings=settings, mid=self._mid,
        )  # fmt: skip
        self.outsider = Outsider(
            self.timeline, self.exchange, self.truth, instrument=self.direct.instrument, account=ACCOUNT,
            limit=self.checker.limit, rng=self.faults.stream(Fault.FOREIGN_ORDER),
        )  # fmt: skip
        self.truth.moved_by_others = self.checker.foreign_trade
        self.hands = Hands(
            self.timeline, self.faults, network=self.network, venue=self.venue, disk=self.disk, clock=self.clock,
            process=self.process, outsider=self.outsider,
        )  # fmt: skip
        self.tally = Tally()
        self.recent: deque[tuple[int, str, object]] = deque(maxlen=RECENT)
        self._digest = hashlib.blake2b(digest_size=16)
        self._dark_since: int | None = None
        self._decisions = 0
        self._unguarded_ms = 0
        self._turned_at = (0, 0, 0)
        self._set_kill_points()

    @property
    def digest(self) -> str:
        """A hash over everything that the engines recorded and when."""
        return self._digest.hexdigest()

    def play(self) -> None:
        """The whole seed; raises ``Violation``."""
        self.begin()
        self.run(40.0)
        self.faults.is_on = True
        self.hands.begin()
        self.run(self.scenario.hours * 3600.0)
        self.calm_down()
        self.stop()

    def begin(self) -> None:
        """Starts the process and its guard."""
        self.process.boot()
        self.timeline.after(GUARD_EVERY_MS, self._guard)

    def run(self, seconds: float) -> None:
        """Lets the clock run."""
        end_ms = self.timeline.now_ms + round(seconds * 1000.0)
        timeline, exchange = self.timeline, self.exchange
        block_ms = exchange.next_event_ms()
        while True:
            call_ms = timeline.next_ms()
            if call_ms > end_ms and block_ms > end_ms:
                timeline.now_ms = end_ms
                return
            if block_ms <= call_ms:
                timeline.now_ms = block_ms
                before = self.truth.version
                for event in self.direct.advance(block_ms):
                    self.network.come(event)
                if self.truth.version != before:
                    self.checker.turned()
                block_ms = exchange.next_event_ms()
            else:
                timeline.play()
                if exchange.is_awaited:
                    block_ms = min(block_ms, exchange.next_event_ms())

    def calm_down(self) -> None:
        """Faults off: within two minutes everything is known and quotes stand on both sides."""
        self.faults.is_on = False
        self.hands.end()
        self._recover()
        for second in range(CALM_S):
            self.run(1.0)
            self._recover()
            if second >= QUOTING_AGAIN_S and not self._is_excused():
                self._check_quoting()
            if second >= QUOTING_AGAIN_S:
                self._check_unknown()

    def stop(self) -> None:
        """Stops the engine and compares the books."""
        self.hands.command(Verb.STOP)
        engine = self.process.engine
        for _ in range(STOP_MAX_S):
            self.run(1.0)
            if self.process.shell is None:
                break
        finish = self.process.finish
        if finish is None:
            raise Violation("I18", f"not stopped {STOP_MAX_S} s after the order to stop")
        if self.truth.own():
            raise Violation("I18", f"{len(self.truth.own())} own orders rest after the stop")
        if finish.unverified:
            raise Violation("I18", "stopped without proof although the venue was reachable")
        assert engine is not None, "a stopped engine was alive"
        self._reconcile(engine)

    def _reconcile(self, engine: ObservedEngine) -> None:
        account, truth = engine.state.account, self.truth
        if account.position.size != truth.position:
            raise Violation("I3", f"position {account.position.size}, the venue says {truth.position}")
        statement = self.exchange.statements.statement(ACCOUNT, self.direct.instrument.dex)
        cash = statement.total.total_raw_usd_micro
        if account.cash != cash:
            raise Violation("I24", f"cash {account.cash}, the venue says {cash}")
        if self.exchange.unaccounted_micro(self.direct.instrument.dex):
            raise Violation("world", "the exchange's own books do not balance")
        keys = [(row.venue_time_ms, row.tid, row.oid) for _, row in self.disk.rows if isinstance(row, FillBooked)]
        if len(set(keys)) != len(keys):
            raise Violation("I6", "a fill stands twice in the journal")
        known = {(fill.time_ms, fill.tid, fill.oid) for fill in truth.fills}
        if not set(keys) <= known:
            raise Violation("I6", "the journal has a fill that the venue has not")
        self.tally.adjusted = sum(isinstance(row, PositionAdjusted) for _, row in self.disk.rows)
        if not self.tally.adjusted and set(keys) != known:
            raise Violation("I3", f"{len(known - set(keys))} fills of the venue are not in the journal")

    def _recover(self) -> None:
        if self.process.latch is not None:
            self._resume()
        if self.process.shell is None:
            self.process.boot()
        engine = self.process.engine
        if engine is not None and engine.mode is Mode.PAUSED:
            self.hands.command(Verb.RESUME)

    def _resume(self) -> None:
        if self.process.shell is None:
            self.process.clear_latch()
            self.process.boot()
        elif self.process.journal is not None and self.process.journal.failure:
            self.hands.command(Verb.STOP)
        elif not self.process.is_stalled:
            self.hands.rearm()
            self.hands.command(Verb.RESUME)

    def _is_excused(self) -> bool:
        """Scarce requests slow quoting down, and an account that must be guarded and is not quotes nothing."""
        is_bare = self.scenario.must_be_guarded and not self.scenario.has_guard and not self.network.is_switch_set
        return self.scenario.is_budget_poor or is_bare

    def _check_quoting(self) -> None:
        engine = self.process.engine
        if engine is None:
            raise Violation("L1", "no process lives although nothing is wrong any more")
        sides = {order.side for order in self.truth.own()}
        wanted = {Side.BUY, Side.SELL}
        position = self.truth.position
        is_full = any(NO_ROOM in text for text in engine.state.quoting.why_not)
        if position and (engine.mode is Mode.REDUCE_ONLY or is_full):
            wanted = {Side.SELL if position > 0 else Side.BUY}
        if wanted <= sides:
            self._dark_since = None
            return
        since = self._dark_since if self._dark_since is not None else self.timeline.now_ms
        self._dark_since = since
        if self.timeline.now_ms - since > 5_000:
            raise Violation(
                "L1", f"no quotes on both sides for 5 s: {engine.mode.value}, {engine.state.quoting.why_not}"
            )

    def _check_unknown(self) -> None:
        engine = self.process.engine
        if engine is None:
            return
        now = self.clock()
        for order in engine.state.ledger.live.values():
            if order.state is OrderState.UNKNOWN and now - order.unknown_since > UNKNOWN_MAX_S:
                raise Violation("L2", f"{order.cloid} unknown for {now - order.unknown_since:.1f} s: {order.reason}")

    def _guard(self) -> None:
        self.timeline.after(GUARD_EVERY_MS, self._guard)
        process, now_ms = self.process, self.timeline.now_ms
        dead_ms = now_ms - process.dead_since_ms if process.dead_since_ms is not None else process.stalled_ms
        if not dead_ms:
            self._check_guarded()
            return
        self._unguarded_ms = 0
        limit_ms = GUARD_LOSS_MS if process.dead_since_ms is not None else GUARD_SILENCE_MS
        if process.is_guarded and dead_ms > limit_ms:
            self.outsider.clear()
        deadline_ms = DEAD_WITH_GUARD_MS if process.is_guarded else DEAD_WITH_SWITCH_MS
        is_watched = process.is_guarded or self.network.is_switch_set
        if is_watched and dead_ms > deadline_ms and self.truth.own():
            raise Violation("I20", f"{len(self.truth.own())} own orders rest {dead_ms / 1000:.0f} s after the end")
        if process.latch is not None and process.shell is None and dead_ms > LATCH_LOOKED_AT_MS[1]:
            self._resume()
        elif process.shell is None and process.latch is None and dead_ms > LATCH_LOOKED_AT_MS[0] * 4:
            process.boot()

    def _check_guarded(self) -> None:
        is_covered = not self.scenario.must_be_guarded or self.process.is_guarded or self.network.is_switch_set
        can_cancel = not (self.network.is_out or self.venue.windows)
        if is_covered or not self.truth.own() or not can_cancel:
            self._unguarded_ms = 0
            return
        self._unguarded_ms += GUARD_EVERY_MS
        if self._unguarded_ms > UNGUARDED_MAX_MS:
            raise Violation("I19", f"{len(self.truth.own())} own orders rest with neither guard nor switch")

    def _set_kill_points(self) -> None:
        def point(kind: Fault) -> Callable[[], None]:
            def maybe() -> None:
                if self.process.shell is not None and self.faults.hit(kind):
                    self.hands.restart_later(kind)
                    raise ProcessDeath

            return maybe

        self._points.before_append = point(Fault.KILL_BEFORE_JOURNAL)
        self._points.before_sync = point(Fault.KILL_BEFORE_SYNC)
        self._points.before_send = point(Fault.KILL_BEFORE_SEND)
        self._points.after_send = point(Fault.KILL_AFTER_SEND)
        self.network.on_sent = self._sending
        self.network.after_sent = self._sent

    def set_death_point(self, name: str, point: Callable[[], None]) -> None:
        """Sets what happens at a boundary of the process: JOURNAL, SYNC, SEND or SENT."""
        field = {"JOURNAL": "before_append", "SYNC": "before_sync", "SEND": "before_send", "SENT": "after_send"}[name]
        setattr(self._points, field, point)

    def _sending(self, intent: Send) -> None:
        self.checker.sent(intent)
        self.recent.append((self.timeline.now_ms, "sent", intent))
        self._points.before_send()

    def _sent(self) -> None:
        self._points.after_send()

    def _mid(self) -> float:
        book = self.exchange.book(COIN)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is not None and ask is not None, "the synthetic market always has two sides"
        return self.direct.instrument.price_usd(bid + ask) / 2.0

    def _booted(self, engine: ObservedEngine) -> None:
        self.tally.boots += 1
        assert self.process.journal is not None, "a process has a journal"
        self.checker.booted(engine, self.process.run, self.process.journal)
        if self._patch is not None:
            self._patch(engine)

    def _stepped(self, event: AnyEvent, intents: list[Intent]) -> None:
        self.tally.events += 1
        if intents:
            self._decisions += 1
        if not isinstance(event, Tick) or intents:
            self.recent.append((self.timeline.now_ms, "step", (event, intents)))
        self.checker.stepped(event, intents)
        if not intents:
            return
        self._count_engine()
        for intent in intents:
            if isinstance(intent, Row):
                self._digest.update(msgspec.msgpack.encode(intent))
                self._count_row(intent)

    def _count_engine(self) -> None:
        engine, tally = self.process.engine, self.tally
        assert engine is not None, "a step has an engine"
        tally.modes[engine.mode.value] += 1
        for text in engine.state.quoting.why_not:
            if text in _DENIALS:
                tally.denials[_DENIALS[text]] += 1

    def _count_row(self, row: Row) -> None:
        tally = self.tally
        if isinstance(row, FillBooked):
            tally.fills += 1
        elif isinstance(row, OrderIntended):
            tally.states["Submitted"] += 1
        elif isinstance(row, OrderChanged):
            tally.states[row.state] += 1
        elif isinstance(row, RiskRecorded):
            tally.rules[row.monitor] += 1

    def _turned(self) -> None:
        state = (self.truth.version, self.network.version, self._decisions)
        if state != self._turned_at:
            self._turned_at = state
            self.checker.turned()

    def _logged(self, line: Log) -> None:
        if line.code == "CRASH":
            self.recent.append((self.timeline.now_ms, "log", line))

    def _answered(self, result: CommandResult) -> None:
        self.recent.append((self.timeline.now_ms, "answer", result))

    def _latched(self, latch: Latch) -> None:
        del latch
        self.checker.is_halted = True

    def _unlatched(self) -> None:
        self.checker.is_halted = False

    def _crashed(self, trace: str) -> None:
        raise Violation("defect", trace)


def _exchange(scenario: Scenario) -> Exchange:
    instrument = default_listing().instrument(COIN)
    assert instrument is not None, f"{COIN} is listed"
    market: Market = SyntheticMarket(
        instrument,
        random.Random(f"{scenario.seed}:market"),  # noqa: S311 - a simulation
        parameters=market_parameters(scenario),
    )
    settings = ExchangeSettings(
        block_ms=PACES[scenario.pace].block_ms,
        request_allowance=1_500 if scenario.is_budget_poor else 100_000,
        traded_volume_usd=2_000_000 if scenario.has_switch else 0,
    )
    listing = listing_for(default_listing(), [instrument])
    return Exchange(listing, [market], balance_usd=100_000.0, start_ms=START_MS, settings=settings)
