"""An engine that dies between any two rows of its journal, and the one that comes after it.

The exchange lives on while no engine does. A place leaves only when its rows are durable, so a crash
inside a step sends nothing of that step.
"""

import copy
import random
from collections.abc import Iterator

import msgspec

from mmtui.domain.cloid import is_ours
from mmtui.domain.events import AnyEvent, Tick
from mmtui.domain.intents import Intent, Log, LogLevel, QueryAccount, QueryOrder, Send
from mmtui.domain.parameters import Settings
from mmtui.domain.records import FillBooked, FundingBooked, Record, Row
from mmtui.engine.engine import Engine
from mmtui.engine.fold import fold
from mmtui.engine.folded import Folded
from mmtui.engine.state import EngineOptions
from mmtui.estimators.memory import PanelMemory
from mmtui.research.simulation import synthetic_exchange
from mmtui.strategies.registry import BUILT_IN
from mmtui.venues.exchange.direct import DirectVenue
from mmtui.venues.exchange.exchange import Exchange

ACCOUNT = "0x" + "a1" * 20
TICK_MS = 100
COIN = "BTC"


class Moment(msgspec.Struct, frozen=True):
    """A step about to be carried out: the rows durable before it, its own, and the world as it is."""

    now_ms: int
    durable: tuple[Record, ...]
    rows: tuple[Record, ...]
    run: int


class Life:
    """One engine on an exchange, with its journal in memory."""

    def __init__(
        self,
        exchange: Exchange,
        settings: Settings,
        *,
        run: int,
        before: tuple[Record, ...] = (),
        panel: PanelMemory | None = None,
    ) -> None:
        self.exchange = exchange
        self.settings = settings
        self.run = run
        self.rows: list[Record] = list(before)
        self.own_rows: list[Record] = []
        self.logs: list[Log] = []
        self.venue = DirectVenue(exchange, COIN, ACCOUNT)
        resume: Folded | None = fold(before) if before else None
        options = EngineOptions(run=run, resume=resume, panel=panel, log_level=LogLevel.INFO)
        strategy = BUILT_IN[settings.text("strategy.strategy_type")]()
        self.engine = Engine(self.venue.instrument, settings, strategy, options)
        self.now_ms = exchange.now_ms

    def live(self, seconds: float) -> None:
        """Runs for a while."""
        for _ in self.moments(seconds):
            pass

    def moments(self, seconds: float) -> Iterator[Moment]:
        """Runs for a while; stops before each step that writes rows is carried out."""
        end_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < end_ms:
            self.now_ms += TICK_MS
            for event in [*self.venue.advance(self.now_ms), Tick(received_at=self.now_ms / 1000.0)]:
                yield from self._step(event)

    def _step(self, event: AnyEvent) -> Iterator[Moment]:
        intents: list[Intent] = self.engine.step(event)
        rows = tuple(intent for intent in intents if isinstance(intent, Row))
        if rows:
            yield Moment(self.now_ms, tuple(self.rows), rows, self.run)
        self.rows += rows
        self.own_rows += rows
        for intent in intents:
            if isinstance(intent, Send):
                self.venue.send(self.now_ms, [intent])
            elif isinstance(intent, QueryOrder | QueryAccount):
                self.venue.ask([intent])
            elif isinstance(intent, Log):
                self.logs.append(intent)


def a_world(seed: int, **changes: object) -> Life:
    """A first life on a market that trades often."""
    settings = Settings.defaults().with_values(
        {"trading.asset": COIN, "strategy.warmup_on_timeout": "quote", "strategy.warmup_timeout_s": 5.0, **changes}
    )
    return Life(synthetic_exchange(COIN, seed=seed, speed=4.0), settings, run=1)


def reborn(life: Life, rows: tuple[Record, ...], *, down_s: float, run: int) -> Life:
    """The engine that starts ``down_s`` after the crash on a copy of the exchange, with ``rows`` on its disk."""
    exchange = copy.deepcopy(life.exchange)
    exchange.advance(exchange.now_ms + round(down_s * 1000))
    return Life(exchange, life.settings, run=run, before=rows)


def problems(life: Life) -> list[str]:
    """What is not as the exchange has it."""
    found = []
    statements, state = life.exchange.statements, life.engine.state
    held = next((row.size for row in statements.statement(ACCOUNT, "").positions if row.coin == COIN), 0)
    if state.account.position.size != held:
        found.append(f"position {state.account.position.size}, the exchange has {held}")
    booked = [(r.venue_time_ms, r.tid, r.oid) for r in life.rows if isinstance(r, FillBooked)]
    true = [(f.time_ms, f.tid, f.oid) for f in statements.fills(ACCOUNT) if f.coin == COIN]
    if len(set(booked)) != len(booked):
        found.append("a fill is booked twice")
    if set(booked) != set(true):
        found.append(f"fills missing {set(true) - set(booked)}, invented {set(booked) - set(true)}")
    paid = [r.venue_time_ms for r in life.rows if isinstance(r, FundingBooked)]
    if sorted(paid) != sorted(p.time_ms for p in statements.fundings(ACCOUNT) if p.coin == COIN):
        found.append("funding is not booked once each")
    folded = fold(life.rows)
    if folded.digest != life.engine.digest() or folded.mismatches:
        found.append(f"the journal folds to another state: {folded.mismatches}")
    resting = {o.cloid for o in statements.open_orders(ACCOUNT, "") if is_ours(o.cloid)}
    unknown = resting - set(state.ledger.live)
    if unknown:
        found.append(f"{len(unknown)} own orders rest unknown to the engine")
    found += _day_problems(life)
    return found


def settled(life: Life) -> list[str]:
    """What is still not as the exchange has it when nothing is on its way any more."""
    found = problems(life)
    for _ in range(5):
        if not found:
            break
        life.live(0.3)
        found = problems(life)
    return found


def _day_problems(life: Life) -> list[str]:
    """Day's P&L = equity at our mid less what the account began with: nothing was deposited."""
    account = life.engine.state.account
    cash = life.exchange.statements.statement(ACCOUNT, "").total.total_raw_usd_micro
    true = cash + account.position.size * account.pnl.mid2 // 2 - 100_000_000_000
    if account.pnl.mid2 and abs(account.day_pnl() - true) > 2 + abs(account.position.size):
        return [f"the day's P&L is {account.day_pnl()}, the account made {true}"]
    return []


def exposure(life: Life) -> int:
    """The most the position could become by what rests at the exchange."""
    statements = life.exchange.statements
    held = next((row.size for row in statements.statement(ACCOUNT, "").positions if row.coin == COIN), 0)
    sides = {1: 0, -1: 0}
    for order in statements.open_orders(ACCOUNT, ""):
        if order.coin == COIN and not order.reduce_only:
            sides[int(order.side)] += order.size
    return max(abs(held), abs(held + sides[1]), abs(held - sides[-1]))


def a_random(seed: int) -> random.Random:
    """Where and for how long to die."""
    return random.Random(seed)
