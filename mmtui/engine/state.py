"""Everything the engine remembers, each part owned by one file; no part knows another."""

import collections

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.parameters import Settings
from mmtui.engine.account import Account, DayState
from mmtui.engine.control.edits import LiveSettings
from mmtui.engine.control.standing import Control
from mmtui.engine.folded import Folded
from mmtui.engine.market import Market
from mmtui.engine.orders.ledger import Ledger
from mmtui.engine.quoting.queue import Queues
from mmtui.engine.tape import Tape
from mmtui.estimators.memory import PanelMemory
from mmtui.estimators.panel import EstimatorPanel
from mmtui.risk.adverse import AdverseRun
from mmtui.risk.budget import RELAXED, Pressure
from mmtui.risk.burn import BurnMeter
from mmtui.risk.kill_switch import KillSwitch
from mmtui.risk.limits import EffectiveLimit
from mmtui.risk.restraints import Restraints
from mmtui.risk.throttle import ActionRate, FillRun, Occasions, RefusalBackoff, ReplaceRate
from mmtui.risk.trips import Paces, Trip
from mmtui.strategies.quote import Ladder
from mmtui.strategies.registry import Strategy


class EngineOptions:
    """What a run is, fixed for its life: its number, how it ends, and what it inherits.

    ``resume`` is what the journal of earlier runs folds to; ``day`` stands in for its day where there is none;
    ``panel`` is what an earlier run's estimators had learned.
    With ``must_be_guarded`` nothing rests while neither the guard nor the exchange's switch is armed, and with
    ``is_stepwise`` no live edit more than doubles or halves a number at once.
    """

    __slots__ = ("day", "finish_on_kill", "is_stepwise", "log_level", "must_be_guarded", "panel", "resume", "run")

    def __init__(
        self,
        *,
        run: int,
        day: DayState | None = None,
        finish_on_kill: bool = True,
        log_level: LogLevel = LogLevel.INFO,
        resume: Folded | None = None,
        panel: PanelMemory | None = None,
        must_be_guarded: bool = False,
        is_stepwise: bool = False,
    ) -> None:
        self.run = run
        self.day = day
        self.resume = resume
        self.panel = panel
        self.finish_on_kill = finish_on_kill
        self.must_be_guarded = must_be_guarded
        self.is_stepwise = is_stepwise
        self.log_level = log_level


class Quoting:
    """When to quote next, the last ladder, and how long quotes have been out.

    ``flagged`` is the side whose quotes must be reduce-only now, because orders that are not ours leave no
    other room there. ``awaited`` are orders being cancelled that still held what a denied level needs.
    ``is_starved`` says that a level was denied because the picture of the market was too old.
    """

    __slots__ = (
        "awaited",
        "degenerate_since",
        "due",
        "first_at",
        "flagged",
        "is_starved",
        "ladder",
        "last_at",
        "queues",
        "reference_mid",
        "strategy",
        "taker_at",
        "taker_credit",
        "urgent",
        "why_not",
    )

    def __init__(self, strategy: Strategy, settings: Settings) -> None:
        self.strategy = strategy
        self.queues = Queues(settings)
        self.ladder: Ladder | None = None
        self.due = False
        self.urgent = False
        self.last_at = 0.0
        self.first_at: float | None = None
        self.reference_mid = 0.0
        self.flagged: Side | None = None
        self.awaited: tuple[str, ...] = ()
        self.is_starved = False
        self.degenerate_since: float | None = None
        self.why_not: tuple[str, ...] = ()
        self.taker_at = 0.0
        self.taker_credit = 0.0


class Risk:
    """The kill switch, the restraints, the rates, and the allowances."""

    __slots__ = (
        "address",
        "adverse_runs",
        "burn",
        "evaluated_at",
        "fill_run",
        "ip",
        "kill_switch",
        "limit",
        "occasions",
        "paces",
        "pressure",
        "rate",
        "rate_limit_errors",
        "refusals",
        "replaced",
        "restraints",
        "trips",
        "trips_at",
        "undelivered_since",
        "warned",
    )

    def __init__(self, *, growth_mode: bool) -> None:
        self.kill_switch = KillSwitch()
        self.restraints = Restraints()
        self.occasions = Occasions()
        self.burn = BurnMeter(growth_mode=growth_mode)
        self.rate = ActionRate()
        self.fill_run = FillRun()
        self.adverse_runs = {side: AdverseRun() for side in Side}
        self.replaced = ReplaceRate()
        self.refusals = RefusalBackoff()
        self.limit = EffectiveLimit(0, "account unknown", 0)
        self.pressure: Pressure = RELAXED
        self.address: tuple[int, int] | None = None
        self.ip: tuple[int, int] | None = None
        self.rate_limit_errors: collections.deque[float] = collections.deque(maxlen=1024)
        self.undelivered_since: float | None = None
        self.evaluated_at = 0.0
        self.warned: dict[str, str] = {}
        self.paces = Paces()
        self.trips: tuple[Trip, ...] = ()
        self.trips_at: float | None = None


class EngineState:
    """The whole memory of one engine."""

    __slots__ = (
        "account",
        "control",
        "instrument",
        "ledger",
        "live",
        "market",
        "panel",
        "quoting",
        "risk",
        "tape",
    )

    def __init__(self, instrument: Instrument, settings: Settings, strategy: Strategy, options: EngineOptions) -> None:
        self.instrument = instrument
        self.live = LiveSettings(settings, is_stepwise=options.is_stepwise)
        self.market = Market(instrument.price_usd(1))
        self.panel = EstimatorPanel(settings, instrument)
        if options.panel is not None:
            self.panel.recall(options.panel)
        self.ledger = Ledger(options.run)
        self.account = Account()
        self.quoting = Quoting(strategy, settings)
        self.control = Control()
        self.risk = Risk(growth_mode=instrument.growth_mode)
        self.tape = Tape()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.live.settings
