"""Drills by name: one fault each, played to the second, and what the engine must do about it.

Owns the scripts. Each runs in a world of its own without random faults; the judge of that world holds
every invariant meanwhile, so a drill passes only if its own lines and all invariants do.
"""

from collections.abc import Callable

import msgspec

from mmtui.domain.commands import Verb
from mmtui.domain.events import Feed
from mmtui.domain.instrument import Side
from mmtui.domain.order import OrderState
from mmtui.domain.records import FillBooked
from mmtui.domain.view import Mode
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.ports.disk import NO_ROOM
from mmtui.research.drill.scenario import START_MS, Scenario, make_scenario
from mmtui.research.drill.violation import Violation
from mmtui.research.drill.world import World

DRILL_SEED = 5
WARM_S = 90.0
BOTH = {Side.BUY, Side.SELL}


class Line(msgspec.Struct, frozen=True):
    """One thing that happened or had to happen."""

    at_s: float
    what: str
    passed: bool


class Scored(msgspec.Struct, frozen=True):
    """How a drill went."""

    name: str
    rows: tuple[Line, ...]

    @property
    def passed(self) -> bool:
        """Whether every line did."""
        return all(row.passed for row in self.rows)


class Stage:
    """A world in which quotes stand, and the lines written so far."""

    def __init__(self, scenario: Scenario) -> None:
        self.world = World(scenario)
        self.rows: list[Line] = []
        self.world.begin()
        self.world.run(WARM_S)
        self.until("quotes stand on both sides", lambda: self.sides == BOTH, within_s=60.0)

    @property
    def sides(self) -> set[Side]:
        """Sides on which own orders rest at the exchange."""
        return {order.side for order in self.world.truth.own()}

    @property
    def mode(self) -> Mode | None:
        """The engine's mode, None while no process lives."""
        engine = self.world.process.engine
        return None if engine is None else engine.mode

    @property
    def states(self) -> set[OrderState]:
        """States of the orders that the engine holds for live."""
        engine = self.world.process.engine
        return set() if engine is None else {order.state for order in engine.state.ledger.live.values()}

    def run(self, seconds: float) -> None:
        """Lets time pass."""
        self.world.run(seconds)

    def say(self, what: str) -> None:
        """Writes down what the drill does."""
        self.rows.append(Line(self._now_s(), what, True))

    def must(self, what: str, passed: bool) -> None:
        """Writes down what must hold now."""
        self.rows.append(Line(self._now_s(), what, passed))

    def until(self, what: str, holds: Callable[[], bool], *, within_s: float) -> None:
        """Waits until something holds, which must be in time."""
        steps = round(within_s * 4.0)
        for _ in range(steps):
            if holds():
                break
            self.world.run(0.25)
        self.must(f"{what} (within {within_s:g} s)", holds())

    def recovers(self, within_s: float = 60.0) -> None:
        """Quotes come back on both sides, and position and cash equal the exchange's."""
        self.until("quotes stand on both sides again", lambda: self.sides == BOTH, within_s=within_s)
        self.ends()

    def ends(self) -> None:
        """Stops, and compares the books."""
        try:
            self.world.ending.stop()
            self.must("stopped, nothing rests, position and cash and fills equal the exchange's", True)
        except Violation as violation:
            self.must(f"stop and comparison: {violation}", False)

    def switch(self, kind: Fault, *, on: bool) -> None:
        """Lets every message have a fault, or none."""
        self.world.faults.is_on = on
        self.world.faults.set_rate(kind, 1.0 if on else 0.0)

    def _now_s(self) -> float:
        return (self.world.timeline.now_ms - START_MS) / 1000.0


class Rehearsal(msgspec.Struct, frozen=True):
    """A drill: what it is about, and its script."""

    text: str
    play: Callable[[Stage], None]


def rehearse(name: str) -> Scored:
    """Plays one drill."""
    scenario = make_scenario(DRILL_SEED, "calm", hours=1.0)
    scenario = msgspec.structs.replace(scenario, market="calm", has_guard=True, has_switch=False, finish_on_kill=True)
    stage = Stage(scenario)
    try:
        DRILLS[name].play(stage)
    except Violation as violation:
        stage.must(f"invariant {violation}", False)
    return Scored(name, tuple(stage.rows))


def _ack_lost(stage: Stage) -> None:
    stage.say("every answer of the exchange is lost for 6 s")
    stage.switch(Fault.DROP_REPLY, on=True)
    stage.switch(Fault.DROP_UPDATE, on=True)
    stage.until(
        "orders are unknown and keep their reservation", lambda: OrderState.UNKNOWN in stage.states, within_s=30
    )
    stage.switch(Fault.DROP_REPLY, on=False)
    stage.switch(Fault.DROP_UPDATE, on=False)
    stage.until("none is unknown any more", lambda: OrderState.UNKNOWN not in stage.states, within_s=10)
    stage.recovers()


def _request_lost(stage: Stage) -> None:
    stage.say("every request is lost for 6 s")
    stage.switch(Fault.DROP_REQUEST, on=True)
    stage.run(6.0)
    stage.switch(Fault.DROP_REQUEST, on=False)
    stage.until("every fate is proved", lambda: OrderState.UNKNOWN not in stage.states, within_s=20)
    stage.recovers()


def _fill_lost(stage: Stage) -> None:
    truth = stage.world.truth
    before = len(truth.fills)
    stage.switch(Fault.DROP_FILL, on=True)
    stage.until("a fill happens that is never pushed", lambda: len(truth.fills) > before, within_s=1_200)
    stage.switch(Fault.DROP_FILL, on=False)
    stage.until("the engine has found it", lambda: _position(stage) == truth.position, within_s=20)
    rows = stage.world.disk.records()
    tids = {row.tid for row in rows if isinstance(row, FillBooked)}
    stage.must("it stands in the journal", truth.fills[before].tid in tids)
    stage.recovers()


def _kill_9(stage: Stage) -> None:
    stage.say("the process is killed at once")
    stage.world.process.die()
    stage.until("the guard has cleared the book", lambda: not stage.sides, within_s=12)
    stage.say("the program starts again")
    stage.world.process.boot()
    stage.recovers()


def _power_cut(stage: Stage) -> None:
    stage.say("power is cut for 20 s: what was not synced is gone")
    stage.world.process.die(is_power_cut=True)
    stage.run(20.0)
    stage.world.process.boot()
    stage.recovers()


def _disk_full(stage: Stage) -> None:
    stage.say("the disk is full")
    stage.world.disk.room = NO_ROOM
    stage.until("everything is cancelled", lambda: not stage.sides, within_s=10)
    stage.until("the process has ended, latched", lambda: stage.mode is None, within_s=30)
    stage.must("a latch is set", stage.world.process.latch is not None)
    stage.world.process.boot()
    stage.must("the next start refuses", stage.mode is None)
    stage.world.disk.room = None
    stage.say("space is made, and a person resumes")
    stage.world.process.clear_latch()
    stage.world.process.boot()
    stage.recovers()


def _disk_slow(stage: Stage) -> None:
    stage.say("every sync takes 1.5 s, for 20 s")
    stage.world.disk.sync_s = 1.5
    stage.run(20.0)
    stage.world.disk.sync_s = 0.001
    stage.recovers()


def _feed_silent(stage: Stage) -> None:
    stage.say("market data stops, the connection stays")
    stage.world.network.freeze(Feed.MARKET)
    stage.until("quotes are pulled", lambda: not stage.sides, within_s=8)
    stage.until("the engine ends with a latch", lambda: stage.world.process.latch is not None, within_s=70)
    stage.world.network.thaw(Feed.MARKET)
    stage.run(15.0)
    stage.world.process.clear_latch()
    stage.world.process.boot()
    stage.recovers()


def _connection_lost(stage: Stage) -> None:
    stage.say("both connections are lost for 12 s")
    stage.world.network.cut(12_000, seen_after_ms=20)
    stage.until("quotes are pulled by request", lambda: not stage.sides, within_s=9)
    stage.recovers()


def _exchange_down(stage: Stage) -> None:
    stage.say("the exchange takes no requests and sends no market data for 30 s")
    stage.world.venue.windows[Fault.HALT] = 1
    stage.world.network.freeze(Feed.MARKET)
    stage.until("the engine is not quoting", lambda: stage.mode is not Mode.QUOTING, within_s=10)
    stage.run(20.0)
    stage.world.venue.windows.clear()
    stage.world.network.thaw(Feed.MARKET)
    stage.recovers()


def _answers_fail(stage: Stage) -> None:
    stage.say("requests fail with 502 while blocks go on, for 15 s")
    stage.world.network.is_out = True
    stage.run(15.0)
    stage.world.network.is_out = False
    stage.until("no order is unknown", lambda: OrderState.UNKNOWN not in stage.states, within_s=15)
    stage.recovers()


def _key_revoked(stage: Stage) -> None:
    stage.say("the key is revoked")
    stage.world.venue.windows[Fault.REVOKED] = 1
    stage.until("the engine has latched", lambda: stage.world.process.latch is not None, within_s=30)
    stage.until("the process has ended", lambda: stage.mode is None, within_s=40)
    finish = stage.world.process.finish
    stage.must("it says that orders may rest", finish is not None and finish.unverified)
    stage.until("the guard has cleared the book", lambda: not stage.sides, within_s=5)


def _clock_wrong(stage: Stage) -> None:
    process, clock = stage.world.process, stage.world.clock
    stage.say("the machine starts again with its clock a minute slow")
    process.die()
    stage.run(15.0)
    clock.wall_skew_ms = -60_000
    process.boot()
    stage.run(40.0)
    stage.must("nothing was placed by that clock", not stage.sides)
    process.die()
    clock.wall_skew_ms = 0
    stage.run(2.0)
    process.boot()
    stage.recovers()


def _frozen(stage: Stage) -> None:
    stage.say("the engine stands still for 20 s")
    stage.world.process.stall(20_000)
    stage.run(9.0)
    stage.until("the guard has cleared the book", lambda: not stage.sides, within_s=5)
    stage.run(8.0)
    stage.recovers()


def _foreign_order(stage: Stage) -> None:
    stage.say("somebody places an order by hand on the same account")
    stage.world.outsider.rest()
    stage.run(3.0)
    foreign = [order.oid for order in stage.world.truth.open.values() if not order.cloid]
    stage.say(f"{len(foreign)} foreign order rests; the engine is stopped")
    stage.world.hands.command(Verb.STOP)
    stage.until("own orders are gone", lambda: not stage.sides, within_s=10)
    left = [order.oid for order in stage.world.truth.open.values() if not order.cloid]
    stage.must("the foreign order was left alone", left == foreign)


def _absurd_book(stage: Stage) -> None:
    stage.say("every book and touch is followed by an absurd one, for 20 s")
    stage.switch(Fault.ABSURD_BOOK, on=True)
    stage.run(20.0)
    stage.switch(Fault.ABSURD_BOOK, on=False)
    engine = stage.world.process.engine
    stage.must("they were refused", engine is not None and engine.state.market.refused > 10)
    stage.recovers()


def _manual_trade(stage: Stage) -> None:
    truth = stage.world.truth
    before = len(truth.fills)
    stage.say("somebody trades by hand on the same account")
    stage.world.outsider.trade()
    stage.until("the trade is done", lambda: len(truth.fills) > before, within_s=2)
    stage.until("the engine counts it", lambda: _position(stage) == truth.position, within_s=15)
    stage.recovers()


def _requests_scarce(stage: Stage) -> None:
    stage.say("the exchange answers 429 to every request for 5 s")
    stage.switch(Fault.RATE_LIMIT, on=True)
    stage.run(5.0)
    stage.switch(Fault.RATE_LIMIT, on=False)
    stage.until("no order is unknown", lambda: OrderState.UNKNOWN not in stage.states, within_s=15)
    stage.recovers(within_s=120.0)


def _stop(stage: Stage) -> None:
    stage.say("the operator stops the engine")
    stage.ends()


def _pause(stage: Stage) -> None:
    stage.say("the operator pauses")
    stage.world.hands.command(Verb.PAUSE)
    stage.until("quotes are pulled", lambda: not stage.sides, within_s=3)
    stage.world.hands.command(Verb.RESUME)
    stage.recovers()


def _kill(stage: Stage) -> None:
    stage.say("the operator kills")
    stage.world.hands.command(Verb.KILL)
    stage.until("everything is cancelled", lambda: not stage.sides, within_s=5)
    stage.until("the process has ended", lambda: stage.mode is None, within_s=15)
    stage.must("a latch is set", stage.world.process.latch is not None)
    stage.world.process.boot()
    stage.must("the next start refuses", stage.mode is None)


def _position(stage: Stage) -> int | None:
    engine = stage.world.process.engine
    return None if engine is None else engine.state.account.position.size


DRILLS: dict[str, Rehearsal] = {
    "ack-lost": Rehearsal("answers to orders are lost", _ack_lost),
    "request-lost": Rehearsal("requests never arrive", _request_lost),
    "fill-lost": Rehearsal("a fill is never pushed", _fill_lost),
    "kill-9": Rehearsal("the process is killed while quotes stand", _kill_9),
    "power-cut": Rehearsal("the machine loses power", _power_cut),
    "frozen": Rehearsal("the process stands still", _frozen),
    "disk-full": Rehearsal("the journal cannot be written", _disk_full),
    "disk-slow": Rehearsal("the journal is written late", _disk_slow),
    "feed-silent": Rehearsal("market data stops on a living connection", _feed_silent),
    "connection-lost": Rehearsal("the connections break", _connection_lost),
    "exchange-down": Rehearsal("the exchange is down", _exchange_down),
    "answers-fail": Rehearsal("requests fail while orders may run", _answers_fail),
    "key-revoked": Rehearsal("the key may not sign any more", _key_revoked),
    "clock-wrong": Rehearsal("the machine's clock is wrong", _clock_wrong),
    "foreign-order": Rehearsal("somebody else trades on the account", _foreign_order),
    "absurd-book": Rehearsal("the feed shows absurd prices", _absurd_book),
    "manual-trade": Rehearsal("somebody else moves the position", _manual_trade),
    "rate-limited": Rehearsal("the exchange refuses requests as too many", _requests_scarce),
    "pause": Rehearsal("the operator pauses and resumes", _pause),
    "kill": Rehearsal("the operator kills", _kill),
    "stop": Rehearsal("the operator stops", _stop),
}
