"""The engine against the local exchange in one process, on a virtual clock.

The same engine object as live; the venue is the in-process one, the journal a list. Deterministic:
the same seed and settings give the same intents, which ``digest`` sums up.
"""

import hashlib
import random
from collections.abc import Callable

import msgspec

from mmtui.domain.commands import Act, Command, CommandResult, Verb
from mmtui.domain.events import AnyEvent, CommandReceived, Tick
from mmtui.domain.intents import (
    AddMargin,
    Answer,
    CancelOrders,
    Fence,
    Finish,
    Intent,
    Latch,
    Log,
    LogLevel,
    PlaceOrders,
    QueryAccount,
    QueryOrder,
    SaveDay,
    ScheduleCancel,
    Send,
    SetLeverage,
)
from mmtui.domain.parameters import Settings
from mmtui.domain.records import Row
from mmtui.domain.view import EngineView
from mmtui.engine.engine import Engine
from mmtui.engine.state import EngineOptions
from mmtui.strategies.registry import BUILT_IN
from mmtui.venues.exchange.direct import DirectVenue, Latency
from mmtui.venues.exchange.exchange import Exchange, listing_for
from mmtui.venues.exchange.listing import default_listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.markets.synthetic import SyntheticMarket

START_MS = 1_760_000_000_000
TICK_MS = 100
ACCOUNT = "0x" + "a1" * 20


def synthetic_exchange(coin: str, *, seed: int, balance_usd: float = 100_000.0, speed: float = 1.0) -> Exchange:
    """A local exchange with one synthetic market."""
    instrument = default_listing().instrument(coin)
    assert instrument is not None, f"{coin} is not listed"
    market: Market = SyntheticMarket(instrument, random.Random(seed), speed=speed)  # noqa: S311 - a simulation
    return Exchange(listing_for(default_listing(), [instrument]), [market], balance_usd=balance_usd, start_ms=START_MS)


class SimulatedSession:
    """One engine and one exchange, stepped together.

    ``on_event`` may change or swallow (None) what comes back, ``on_send`` may lose what goes out.
    """

    def __init__(
        self,
        exchange: Exchange,
        coin: str,
        settings: Settings,
        *,
        run: int = 1,
        latency: Latency | None = None,
        account: str = ACCOUNT,
        options: EngineOptions | None = None,
    ) -> None:
        self.exchange = exchange
        self.account = account
        self.venue = DirectVenue(exchange, coin, account, latency)
        strategy = BUILT_IN[settings.text("strategy.strategy_type")]()
        self.engine = Engine(
            self.venue.instrument, settings, strategy, options or EngineOptions(run=run, log_level=LogLevel.DEBUG)
        )
        self.now_ms = exchange.now_ms
        self.rows: list[Row] = []
        self.logs: list[Log] = []
        self.answers: list[CommandResult] = []
        self.latches: list[Latch] = []
        self.days: list[SaveDay] = []
        self.sends: list[Send] = []
        self.finish: Finish | None = None
        self.on_event: Callable[[AnyEvent], AnyEvent | None] = lambda event: event
        self.on_send: Callable[[Send], bool] = lambda _: True
        self._digest = hashlib.blake2b(digest_size=16)
        self._commands = 0

    @property
    def digest(self) -> str:
        """A hash over every event and intent so far."""
        return self._digest.hexdigest()

    @property
    def view(self) -> EngineView:
        """The engine's picture."""
        return self.engine.view()

    def run(self, seconds: float) -> None:
        """Lets the virtual clock run, or until the engine has come to rest."""
        end_ms = self.now_ms + round(seconds * 1000)
        while self.now_ms < end_ms and self.finish is None:
            self.now_ms += TICK_MS
            for event in self.venue.advance(self.now_ms):
                self.feed(event)
            self.feed(Tick(received_at=self.now_ms / 1000.0))

    def feed(self, event: AnyEvent) -> None:
        """Gives the engine one event, unless ``on_event`` swallows or changes it."""
        seen = self.on_event(event)
        if seen is None:
            return
        self._digest.update(msgspec.msgpack.encode(seen))
        for intent in self.engine.step(seen):
            self._carry_out(intent)

    def command(self, command: Command) -> None:
        """Gives the engine a command now."""
        self.feed(CommandReceived(received_at=self.now_ms / 1000.0, command=command))

    def act(self, verb: Verb, by: str = "op") -> CommandResult | None:
        """Gives the engine a verb; returns its answer if it came at once."""
        self._commands += 1
        name = f"act-{self._commands}"
        self.command(Act(id=name, by=by, verb=verb))
        return next((answer for answer in self.answers if answer.id == name), None)

    def _carry_out(self, intent: Intent) -> None:
        self._digest.update(repr(intent).encode())
        match intent:
            case PlaceOrders() | CancelOrders() | SetLeverage() | AddMargin() | ScheduleCancel() | Fence():
                self.sends.append(intent)
                if self.on_send(intent):
                    self.venue.send(self.now_ms, [intent])
            case QueryOrder() | QueryAccount():
                self.venue.ask([intent])
            case Row():
                self.rows.append(intent)
            case Log():
                self.logs.append(intent)
            case Answer():
                self.answers.append(intent.result)
            case Latch():
                self.latches.append(intent)
            case SaveDay():
                self.days.append(intent)
            case Finish():
                self.finish = intent
