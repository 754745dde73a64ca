"""The end of a seed: faults off, everything known and quoted again, a stop, and the books compared."""

from typing import TYPE_CHECKING

from mmtui.domain.commands import Verb
from mmtui.domain.order import OrderState
from mmtui.domain.records import FillBooked, PositionAdjusted, SessionOpened
from mmtui.domain.view import Mode
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.process import ObservedEngine
from mmtui.research.drill.scenario import COIN
from mmtui.research.drill.uptime import wanted_sides
from mmtui.research.drill.violation import Violation

if TYPE_CHECKING:
    from mmtui.research.drill.world import World

CALM_S = 120
QUOTING_AGAIN_S = 45
HELD_BACK_S = 60.0
TOLD_WITHIN_S = 15.0
DARK_MAX_S = 5
LOOKS_PER_S = 4
QUIET_MS = 2_000
UNKNOWN_MAX_S = 10.0
STOP_MAX_S = 20
PNL_TOLERANCE_MICRO = 2
DIVERGED = 0.005
OWN_RATE = "own action rate"


class Ending:
    """What must hold once the faults of a world are over."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._calm_at = 0.0
        self._dark_s = 0

    def calm_down(self) -> None:
        """Faults off: within two minutes everything is known and quotes stand on both sides."""
        self._world.faults.is_on = False
        self._world.hands.end()
        self._calm_at = self._world.clock()
        self._world.upheavals.end()
        self._world.person.start_over()
        self._recover()
        run, since = self._world.process.run, 0
        for second in range(CALM_S):
            is_dark = self.look()
            self._recover()
            if self._world.process.run != run or self._world.process.is_stalled:
                run, since = self._world.process.run, second  # a start warms up first, and who sleeps does nothing
            if second - since >= QUOTING_AGAIN_S:
                self._check_quoting(is_dark=is_dark)
            if second >= QUOTING_AGAIN_S:
                self._check_unknown()

    def stop(self) -> None:
        """Stops the engine and compares the books."""
        self._world.hands.command(Verb.STOP)
        engine = self._world.process.engine
        for _ in range(STOP_MAX_S):
            self._world.run(1.0)
            if self._world.process.shell is None:
                break
        finish = self._world.process.finish
        if finish is None:
            raise Violation("I18", f"not stopped {STOP_MAX_S} s after the order to stop")
        if self._world.truth.own():
            raise Violation("I18", f"{len(self._world.truth.own())} own orders rest after the stop")
        if finish.unverified:
            raise Violation("I18", "stopped without proof although the venue was reachable")
        assert engine is not None, "a stopped engine was alive"
        self._reconcile(engine)

    def _reconcile(self, engine: ObservedEngine) -> None:
        account, truth = engine.state.account, self._world.truth
        if account.position.size != truth.position:
            raise Violation("I3", f"position {account.position.size}, the venue says {truth.position}")
        statement = self._world.exchange.statements.statement(self._world.account, self._world.direct.instrument.dex)
        cash = statement.total.total_raw_usd_micro
        if account.cash + account.transfers != cash:
            raise Violation("I24", f"cash {account.cash} and {account.transfers} transferred, the venue says {cash}")
        self._check_pnl(engine)
        self._check_day()
        if self._world.exchange.unaccounted_micro(self._world.direct.instrument.dex):
            raise Violation("world", "the exchange's own books do not balance")
        keys = [
            (row.venue_time_ms, row.tid, row.oid) for _, row in self._world.disk.rows if isinstance(row, FillBooked)
        ]
        if len(set(keys)) != len(keys):
            raise Violation("I6", "a fill stands twice in the journal")
        known = {(fill.time_ms, fill.tid, fill.oid) for fill in truth.fills}
        if not set(keys) <= known:
            raise Violation("I6", "the journal has a fill that the venue has not")
        self._world.tally.adjusted = sum(isinstance(row, PositionAdjusted) for _, row in self._world.disk.rows)
        fired = self._world.faults.fired
        if self._world.tally.adjusted and not (fired[Fault.JOURNAL_LOST] or fired[Fault.DELISTING]):
            raise Violation("I1", "the position was taken from the venue although its fills could be read")
        if not fired[Fault.JOURNAL_LOST] and set(keys) != known:
            raise Violation("I3", f"{len(known - set(keys))} fills of the venue are not in the journal")

    def _check_pnl(self, engine: ObservedEngine) -> None:
        """Realised, unrealised, fees and funding make what cash and the marked position have become."""
        account = engine.state.account
        opened = next((row for _, row in reversed(self._world.disk.rows) if isinstance(row, SessionOpened)), None)
        opening, mid2 = account.pnl.opening_value, account.pnl.mid2
        if opened is None or opening is None:
            return
        made = account.cash - opened.cash + account.position.size * mid2 // 2 - opening
        total = account.pnl.attribution().total
        if abs(made - total) > PNL_TOLERANCE_MICRO:
            raise Violation("I24", f"P&L {total} by cause, cash and position have made {made}")

    def _check_day(self) -> None:
        """A start within the day goes on with the day's opening equity."""
        fired = self._world.faults.fired
        if fired[Fault.TRANSFER] or fired[Fault.JOURNAL_LOST]:
            return
        opened: dict[int, int] = {}
        for _, row in self._world.disk.rows:
            if isinstance(row, SessionOpened):
                first = opened.setdefault(row.utc_day, row.opening_equity)
                if row.opening_equity != first:
                    raise Violation("I24", f"a start forgets the day: {row.opening_equity} instead of {first}")

    def _recover(self) -> None:
        if self._world.process.latch is not None:
            self.resume()
        if self._world.process.shell is None:
            self._world.process.boot()
        engine = self._world.process.engine
        if engine is None:
            return
        control = engine.state.control
        if engine.mode is Mode.PAUSED or control.reduce_only_by or control.sides_off:
            self._world.hands.command(Verb.RESUME)

    def resume(self) -> None:
        """A person has seen the latch and lets trading go on."""
        if self._world.process.shell is None:
            self._world.process.clear_latch()
            self._world.process.boot()
        elif self._world.person.must_start_again() or self._has_failed_journal():
            self._world.hands.command(Verb.STOP)
        elif not self._world.process.is_stalled:
            self._world.hands.rearm()
            self._world.hands.command(Verb.RESUME)

    def _has_failed_journal(self) -> bool:
        journal = self._world.process.journal
        return journal is not None and bool(journal.failure)

    def look(self) -> bool:
        """Lets a second pass; whether quotes stood on the wanted sides at no moment of it."""
        is_dark = True
        for _ in range(LOOKS_PER_S):
            self._world.run(1.0 / LOOKS_PER_S)
            engine = self._world.process.engine
            if engine is not None:
                sides = {order.side for order in self._world.truth.own()}
                is_dark = is_dark and not wanted_sides(engine, self._world.truth.position) <= sides
        return is_dark

    def _is_excused(self) -> bool:
        """Scarce requests and own rates slow quoting; nothing is quoted unguarded, off mark and oracle, or blindly."""
        is_unset = not self._world.network.is_switch_set or self._world.exchange.is_switch_spent(self._world.account)
        is_bare = self._world.scenario.must_be_guarded and not self._world.scenario.has_guard and is_unset
        engine = self._world.process.engine
        is_slow = engine is not None and any(OWN_RATE in text for text in engine.state.quoting.why_not)
        is_off = engine is not None and engine.state.market.divergence() > DIVERGED
        # Where the exchange itself has no younger picture, nobody may place by it (I15).
        is_quiet = self._world.timeline.now_ms - self._world.exchange.book_time_ms(COIN) > QUIET_MS
        return self._world.scenario.is_budget_poor or is_bare or is_slow or is_off or is_quiet or self._is_held_back()

    def _is_held_back(self) -> bool:
        """Whether the exchange refused for want of margin or open interest as faults ended: a minute of placing less.

        One that goes on being refused by what it places is excused no longer than one refused as they ended.
        """
        told_at = min(self._world.manners.held_back_at, self._calm_at + TOLD_WITHIN_S)
        return self._world.clock() - told_at <= HELD_BACK_S

    def _check_quoting(self, *, is_dark: bool) -> None:
        """Counts the dark seconds in a row; those that are excused neither count nor end the row."""
        if not is_dark:
            self._dark_s = 0
            return
        if self._is_excused():
            return
        engine = self._world.process.engine
        if engine is None:
            raise Violation("L1", "no process lives although nothing is wrong any more")
        self._dark_s += 1
        if self._dark_s > DARK_MAX_S:
            raise Violation(
                "L1", f"no quotes on both sides for 5 s: {engine.mode.value}, {engine.state.quoting.why_not}"
            )

    def _check_unknown(self) -> None:
        engine = self._world.process.engine
        if engine is None:
            return
        now = self._world.clock()
        for order in engine.state.ledger.live.values():
            if order.state is OrderState.UNKNOWN and now - order.unknown_since > UNKNOWN_MAX_S:
                raise Violation("L2", f"{order.cloid} unknown for {now - order.unknown_since:.1f} s: {order.reason}")
