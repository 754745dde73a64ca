"""One seed played from start to end: faults, then quiet, then stop, then the books compared.

Owns the parts of a world and its phases. The engine, its shell, the journal's protocol, the nonces and
the exchange's rules are the real ones; the network, disk, clock, guard and people are simulated.
"""

import hashlib
import random
from collections import deque
from collections.abc import Callable
from functools import partial

import msgspec

from mmtui.domain.commands import CommandResult
from mmtui.domain.events import AnyEvent, CommandReceived, Tick
from mmtui.domain.instrument import Side
from mmtui.domain.intents import Intent, Latch, Log, Send
from mmtui.domain.records import Row
from mmtui.journal.memory import MemoryDisk
from mmtui.research.drill.checker import Checker
from mmtui.research.drill.ending import Ending
from mmtui.research.drill.faults import Fault, Faults
from mmtui.research.drill.hands import Hands
from mmtui.research.drill.manners import Manners
from mmtui.research.drill.person import Person
from mmtui.research.drill.ports.clock import SimClock
from mmtui.research.drill.ports.disk import SYNC_S, DeathPoints
from mmtui.research.drill.ports.network import SimNetwork
from mmtui.research.drill.ports.outsider import Outsider
from mmtui.research.drill.ports.signer import SimSigner
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.ports.truth import Truth
from mmtui.research.drill.ports.venue import SimVenue
from mmtui.research.drill.process import ObservedEngine, Parts, SimProcess, Watch
from mmtui.research.drill.scenario import COIN, MIDNIGHT_MS, PACES, PRICE_USD, Scenario, market_parameters
from mmtui.research.drill.tally import Tally
from mmtui.research.drill.upheavals import KINDS, Upheavals
from mmtui.research.drill.uptime import Uptime
from mmtui.research.drill.violation import ProcessDeath, Violation
from mmtui.research.drill.warden import EVERY_MS, Warden
from mmtui.venues.exchange.direct import Cadence, DirectVenue, Latency
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings

ACCOUNT = "0x" + "a1" * 20
RECENT = 60


class World:
    """Everything of one seed. ``patch`` is given each engine at its start, for planting defects."""

    def __init__(self, scenario: Scenario, *, patch: Callable[[ObservedEngine], None] | None = None) -> None:
        self.scenario = scenario
        self.account = ACCOUNT
        self._patch = patch
        pace = PACES[scenario.pace]
        rng = random.Random(f"{scenario.seed}:world")  # noqa: S311 - a simulation
        self._rng = rng
        self.timeline = Timeline(scenario.start_ms)
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
        self.manners = Manners(self.truth, self.direct.instrument, self._mid)
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
        self.ending = Ending(self)
        self.upheavals = Upheavals(self)
        self.person = Person(self)
        self.uptime = Uptime(self)
        self.hands.others = {kind: partial(self.upheavals.strike, kind) for kind in KINDS}
        self.hands.others[Fault.PERSON] = self.person.act
        self.warden = Warden(self)
        self.recent: deque[tuple[int, str, object]] = deque(maxlen=RECENT)
        self._digest = hashlib.blake2b(digest_size=16)
        self._decisions = 0
        self._last_mid = PRICE_USD
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
        self.ending.calm_down()
        self.ending.stop()

    def begin(self) -> None:
        """Starts the process and its guard."""
        self.process.boot()
        self.timeline.after(EVERY_MS, self.warden.watch)
        self.person.begin()
        self.uptime.begin()
        if Fault.MIDNIGHT in self.scenario.faults:
            self.timeline.at(MIDNIGHT_MS, self._day_ends)

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
                if exchange.is_awaited and block_ms > exchange.next_block_ms():
                    block_ms = min(block_ms, exchange.next_event_ms())

    def _day_ends(self) -> None:
        self.faults.fired[Fault.MIDNIGHT] += 1

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
        self.manners.sent(intent)
        self.warden.placing(intent)
        self.recent.append((self.timeline.now_ms, "sent", intent))
        self._points.before_send()

    def _sent(self) -> None:
        self._points.after_send()

    def _mid(self) -> float:
        book = self.exchange.book(COIN)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        if bid is not None and ask is not None:
            self._last_mid = self.direct.instrument.price_usd(bid + ask) / 2.0
        return self._last_mid

    def _booted(self, engine: ObservedEngine) -> None:
        self.tally.boots += 1
        assert self.process.journal is not None, "a process has a journal"
        self.checker.booted(engine, self.process.run, self.process.journal)
        assert self.process.strategy is not None, "a process has a strategy"
        self.manners.booted(engine, self.process.strategy)
        if self._patch is not None:
            self._patch(engine)

    def _stepped(self, event: AnyEvent, intents: list[Intent]) -> None:
        self.tally.events += 1
        if intents:
            self._decisions += 1
        if not isinstance(event, Tick) or intents:
            self.recent.append((self.timeline.now_ms, "step", (event, intents)))
        self.checker.stepped(event, intents)
        self.manners.stepped(event, intents)
        if isinstance(event, CommandReceived):
            self.tally.count_command(event, intents)
        if not intents:
            return
        engine = self.process.engine
        assert engine is not None, "a step has an engine"
        self.tally.count_engine(engine)
        for intent in intents:
            if isinstance(intent, Row):
                self._digest.update(msgspec.msgpack.encode(intent))
                self.tally.count_row(intent)

    def _turned(self) -> None:
        process = self.process
        if self.manners.is_halted and process.shell is not None and process.latch is None:
            raise Violation("I17", "a kill is in force and no latch was written")
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
    return Exchange(listing, [market], balance_usd=100_000.0, start_ms=scenario.start_ms, settings=settings)
