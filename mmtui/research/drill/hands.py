"""What happens to a world from outside by the hour: outages, other people's trades, kills, the operator.

Owns when each episode begins, how long it lasts and how it ends. Each kind draws from its own stream.
"""

from collections.abc import Callable
from functools import partial

from mmtui.domain.cloid import is_ours
from mmtui.domain.commands import Act, CancelSide, Command, Rearm, SetParameters, Verb
from mmtui.domain.events import CommandReceived, Feed
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Value
from mmtui.journal.memory import MemoryDisk
from mmtui.research.drill.faults import EPISODES, Fault, Faults
from mmtui.research.drill.ports.clock import SimClock
from mmtui.research.drill.ports.disk import NO_ROOM, SYNC_S
from mmtui.research.drill.ports.network import SimNetwork
from mmtui.research.drill.ports.outsider import Outsider
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.ports.venue import SimVenue
from mmtui.research.drill.process import SimProcess

WINDOW_MS = (2_000, 40_000)
RESTART_MS = (500, 30_000)
STALE_PICTURE_S = 30.0
CLOCK_ERROR_MAX_MS = 1_000
VERBS = (Verb.PAUSE, Verb.PAUSE, Verb.REDUCE_ONLY, Verb.FLATTEN, Verb.UNDO, Verb.KILL)
EDITS: tuple[dict[str, Value], ...] = (
    {"trading.max_bps_diff": 1.0},
    {"trading.max_bps_diff": 3.0},
    {"trading.order_notional_usd": 600.0},
    {"trading.order_notional_usd": 1_000.0},
    {"risk.min_half_spread_bps": 2.5},
    {"risk.min_half_spread_bps": 1.5},
    {"risk.min_half_spread_bps": -3.0},
    {"trading.max_bps_diff": float("nan")},
    {"no.such_key": 1.0},
)


class Hands:
    """The episodes of one world."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        *,
        network: SimNetwork,
        venue: SimVenue,
        disk: MemoryDisk,
        clock: SimClock,
        process: SimProcess,
        outsider: Outsider,
    ) -> None:
        self._timeline = timeline
        self._faults = faults
        self._network = network
        self._venue = venue
        self._disk = disk
        self._clock = clock
        self._process = process
        self._outsider = outsider
        self._commands = 0
        self._hangs_until_ms = 0
        self.others: dict[Fault, Callable[[], bool]] = {}

    def begin(self) -> None:
        """Draws the first occurrence of every kind that is on."""
        for kind in self._faults.enabled:
            if kind in EPISODES:
                self._plan(kind)

    def end(self) -> None:
        """Faults are over: whatever is under way is repaired."""
        self._venue.windows.clear()
        self._network.silent.clear()
        self._network.lag_ms = 0
        self._network.is_out = False
        self._disk.sync_s = SYNC_S
        self._repair()
        self._clock.wall_skew_ms = 0
        self._clock.drift(0.0)
        self._process.guard(is_armed=True)
        self._process.turn_fickle(is_fickle=False)
        # A sync that hangs may hang on, and a clock that is wrong stays so while a process lives.
        if abs(self._clock.error_ms) > CLOCK_ERROR_MAX_MS or self._timeline.now_ms < self._hangs_until_ms:
            self._process.die()
        self._outsider.withdraw()

    def command(self, verb: Verb) -> None:
        """Gives the engine a verb."""
        self._give(Act(id=self._name(), by="operator", verb=verb))

    def give(self, make: Callable[..., Command]) -> None:
        """Gives the engine a command that ``make`` completes with who asks."""
        self._give(make(id=self._name(), by="operator"))

    def rearm(self) -> None:
        """Clears a kill in the running process; without a reason, which must be refused, and then with one."""
        self._give(Rearm(id=self._name(), by="operator", reason=" "))
        self._give(Rearm(id=self._name(), by="operator", reason="the cause is understood"))

    def _plan(self, kind: Fault) -> None:
        wait_ms = self._faults.wait_ms(kind)
        if wait_ms is not None:
            self._timeline.after(wait_ms, partial(self._strike, kind))

    def _strike(self, kind: Fault) -> None:
        if not self._faults.is_on:
            return
        other = self.others.get(kind)
        if other is None:
            _ACTS.get(kind, partial(Hands._window, kind=kind))(self)
        if other is None or other():
            self._faults.fired[kind] += 1
        self._plan(kind)

    def _for(self, kind: Fault, low_ms: int, high_ms: int) -> int:
        return self._faults.stream(kind).randint(low_ms, high_ms)

    def _until(self, duration_ms: int, undo: Callable[[], None]) -> None:
        def end() -> None:
            if self._faults.is_on:
                undo()

        self._timeline.after(duration_ms, end)

    def _window(self, kind: Fault) -> None:
        windows = self._venue.windows
        windows[kind] = windows.get(kind, 0) + 1
        if kind is Fault.HALT:
            self._silence(Feed.MARKET, Fault.HALT)
        self._until(self._for(kind, *WINDOW_MS), partial(self._close, kind))

    def _close(self, kind: Fault) -> None:
        windows = self._venue.windows
        windows[kind] -= 1
        if not windows[kind]:
            del windows[kind]

    def _silence(self, feed: Feed, kind: Fault) -> None:
        self._network.freeze(feed)
        self._until(self._for(kind, 500, 30_000), partial(self._network.thaw, feed))

    def _lag(self) -> None:
        self._network.lag_ms = self._for(Fault.LAG, 300, 8_000)

        def catch_up() -> None:
            self._network.lag_ms = 0

        self._until(self._for(Fault.LAG, 1_000, 30_000), catch_up)

    def _outage(self) -> None:
        self._network.is_out = True

        def over() -> None:
            self._network.is_out = False

        self._until(self._for(Fault.OUTAGE, 1_000, 60_000), over)

    def _slow_fsync(self) -> None:
        self._disk.sync_s = self._for(Fault.SLOW_FSYNC, 100, 8_000) / 1000.0

        def fast() -> None:
            self._disk.sync_s = SYNC_S

        self._until(self._for(Fault.SLOW_FSYNC, 1_000, 20_000), fast)

    def _hang_disk(self) -> None:
        hang_ms = self._for(Fault.DISK_HANG, 20_000, 90_000)
        self._hangs_until_ms = self._timeline.now_ms + 2 * hang_ms
        self._disk.sync_s = hang_ms / 1000.0

        def go_on() -> None:
            self._disk.sync_s = SYNC_S

        self._until(hang_ms, go_on)

    def _let_switch_fire(self) -> None:
        windows = self._venue.windows
        windows[Fault.SWITCH_LOST] = windows.get(Fault.SWITCH_LOST, 0) + 1
        self._until(self._for(Fault.SWITCH_FIRED, 45_000, 90_000), partial(self._close, Fault.SWITCH_LOST))

    def _break_disk(self, kind: Fault) -> None:
        if kind is Fault.DISK_FULL:
            self._disk.room = NO_ROOM
        else:
            self._disk.is_broken = True
        self._until(self._for(kind, 1_000, 60_000), self._repair)

    def _repair(self) -> None:
        self._disk.room, self._disk.is_broken = None, False

    def _kill(self, *, is_power_cut: bool, kind: Fault) -> None:
        if self._process.shell is None:
            return
        self._process.die(is_power_cut=is_power_cut)
        self.restart_later(kind)

    def restart_later(self, kind: Fault) -> None:
        """A supervisor starts the program again after a while."""
        self._timeline.after(self._for(kind, *RESTART_MS), self._process.boot)

    def _lose_guard(self) -> None:
        self._process.guard(is_armed=False)
        self._until(self._for(Fault.GUARD_LOST, 2_000, 60_000), partial(self._process.guard, is_armed=True))

    def _skew(self) -> None:
        self._clock.wall_skew_ms = self._faults.stream(Fault.SKEW).choice((-60_000, -1_500, -700, 700, 1_500, 60_000))
        self._process.die()
        self.restart_later(Fault.SKEW)

        def correct() -> None:
            self._clock.wall_skew_ms = 0
            self._process.die()
            self.restart_later(Fault.SKEW)

        self._until(self._for(Fault.SKEW, 60_000, 240_000), correct)

    def _lose_journal(self) -> None:
        self._process.die()
        self._disk.tear(len(self._disk.rows))
        self.restart_later(Fault.JOURNAL_LOST)

    def _turn_fickle(self) -> None:
        self._process.turn_fickle(is_fickle=True)
        self._until(self._for(Fault.FICKLE, 5_000, 60_000), partial(self._process.turn_fickle, is_fickle=False))

    def _operate(self) -> None:
        rng = self._faults.stream(Fault.OPERATOR)
        stale = Act(id=self._name(), by="operator", verb=Verb.FLATTEN, seen_at=self._clock() - STALE_PICTURE_S)
        self._give(stale)
        kind = rng.random()
        if kind < 0.35:
            self._give(SetParameters(id=self._name(), by="operator", changes=dict(rng.choice(EDITS))))
            return
        if kind < 0.5:
            self._give(CancelSide(id=self._name(), by="operator", side=rng.choice((Side.BUY, Side.SELL))))
        else:
            self.command(rng.choice(VERBS))
        self._timeline.after(rng.randint(2_000, 40_000), partial(self.command, Verb.RESUME))

    def _name(self) -> str:
        self._commands += 1
        return f"c{self._commands}"

    def _give(self, command: Command) -> None:
        self._process.receive(CommandReceived(received_at=0.0, command=command))


_ACTS: dict[Fault, Callable[[Hands], None]] = {
    Fault.DROP_WS: lambda hands: hands._network.cut(hands._for(Fault.DROP_WS, 300, 20_000), seen_after_ms=20),
    Fault.BLACKHOLE: lambda hands: hands._network.cut(hands._for(Fault.BLACKHOLE, 3_000, 40_000), seen_after_ms=20_000),
    Fault.FREEZE_MARKET: lambda hands: hands._silence(Feed.MARKET, Fault.FREEZE_MARKET),
    Fault.FREEZE_USER: lambda hands: hands._silence(Feed.USER, Fault.FREEZE_USER),
    Fault.LAG: Hands._lag,
    Fault.OUTAGE: Hands._outage,
    Fault.LEVERAGE: lambda hands: hands._outsider.change_leverage(),
    Fault.MANUAL_TRADE: lambda hands: hands._outsider.trade(),
    Fault.FOREIGN_ORDER: lambda hands: hands._outsider.rest(),
    Fault.WEB_CANCEL: lambda hands: hands._outsider.cancel_own(is_ours),
    Fault.SLOW_FSYNC: Hands._slow_fsync,
    Fault.DISK_FULL: lambda hands: hands._break_disk(Fault.DISK_FULL),
    Fault.DISK_ERROR: lambda hands: hands._break_disk(Fault.DISK_ERROR),
    Fault.KILL: lambda hands: hands._kill(is_power_cut=False, kind=Fault.KILL),
    Fault.POWER_CUT: lambda hands: hands._kill(is_power_cut=True, kind=Fault.POWER_CUT),
    Fault.GUARD_LOST: Hands._lose_guard,
    Fault.FREEZE_ENGINE: lambda hands: hands._process.stall(hands._for(Fault.FREEZE_ENGINE, 1_000, 40_000)),
    Fault.STALL: lambda hands: hands._process.stall(hands._for(Fault.STALL, 100, 4_000)),
    Fault.SUSPEND: lambda hands: hands._process.stall(hands._for(Fault.SUSPEND, 2_000, 60_000)),
    Fault.SKEW: Hands._skew,
    Fault.DRIFT: lambda hands: hands._clock.drift(
        hands._faults.stream(Fault.DRIFT).choice((-3_000.0, -300.0, 300.0, 3_000.0))
    ),
    Fault.OPERATOR: Hands._operate,
    Fault.TRANSFER: lambda hands: hands._outsider.transfer(
        hands._for(Fault.TRANSFER, 50, 5_000), hands._faults.stream(Fault.TRANSFER).random()
    ),
    Fault.JOURNAL_LOST: Hands._lose_journal,
    Fault.FICKLE: Hands._turn_fickle,
    Fault.DISK_HANG: Hands._hang_disk,
    Fault.SWITCH_FIRED: Hands._let_switch_fire,
}
