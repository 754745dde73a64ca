"""Who looks after a world whose engine may be gone: the guard, the supervisor, the person with the latch.

Owns the deadlines by which nothing of ours may rest any more (I18, I19, I20), and what the switch must be.
"""

from typing import TYPE_CHECKING

from mmtui.domain.intents import PlaceOrders, Send
from mmtui.domain.order import TimeInForce
from mmtui.domain.view import Mode
from mmtui.research.drill.faults import Fault
from mmtui.research.drill.violation import Violation

if TYPE_CHECKING:
    from mmtui.research.drill.world import World

GUARD_LOSS_MS = 1_500
GUARD_SILENCE_MS = 10_000
EVERY_MS = 1_000
DEAD_WITH_GUARD_MS = 14_000
DEAD_WITH_SWITCH_MS = 32_000
LATCH_LOOKED_AT_MS = (10_000, 60_000)
UNGUARDED_MAX_MS = 15_000
UNSWITCHED_MAX_MS = 60_000
UNWANTED_MAX_MS = 20_000
BARE_MAX_MS = 4_000
SETTLED_MS = 45_000
_MAY_REST = frozenset({Mode.QUOTING, Mode.REDUCE_ONLY})


class Warden:
    """Everything that happens without the engine."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._unguarded_ms = 0
        self._unswitched_ms = 0
        self._unwanted_ms = 0
        self._bare_since_ms: int | None = None
        self._alive_ms = 0

    def placing(self, intent: Send) -> None:
        """An order leaves that may rest: where it must be guarded, something guards it."""
        since, now_ms = self._bare_since_ms, self._world.timeline.now_ms
        is_bare = isinstance(intent, PlaceOrders) and _may_rest(intent) and since is not None and self._is_bare()
        if is_bare and since is not None and now_ms - since > BARE_MAX_MS:
            raise Violation("I19", f"an order leaves with neither guard nor switch for {(now_ms - since) / 1000:.0f} s")

    def watch(self) -> None:
        """Looks once a second, from now on."""
        self._world.timeline.after(EVERY_MS, self.watch)
        process, now_ms = self._world.process, self._world.timeline.now_ms
        dead_ms = now_ms - process.dead_since_ms if process.dead_since_ms is not None else process.stalled_ms
        if not self._is_bare():
            self._bare_since_ms = None
        elif self._bare_since_ms is None:
            self._bare_since_ms = now_ms
        if not dead_ms and process.engine is not None:
            self._alive_ms += EVERY_MS
            self._check_guarded()
            self._check_switch()
            self._check_wanted()
            return
        self._unguarded_ms = self._unswitched_ms = self._unwanted_ms = self._alive_ms = 0
        limit_ms = GUARD_LOSS_MS if process.dead_since_ms is not None else GUARD_SILENCE_MS
        if process.is_guarded and dead_ms > limit_ms:
            self._world.outsider.clear()
        deadline_ms = DEAD_WITH_GUARD_MS if process.is_guarded else DEAD_WITH_SWITCH_MS
        is_spent = self._world.exchange.is_switch_spent(self._world.account)
        is_watched = process.is_guarded or (self._world.network.is_switch_set and not is_spent)
        if is_watched and dead_ms > deadline_ms and self._world.truth.own():
            raise Violation(
                "I20", f"{len(self._world.truth.own())} own orders rest {dead_ms / 1000:.0f} s after the end"
            )
        if process.latch is not None and process.shell is None and dead_ms > LATCH_LOOKED_AT_MS[1]:
            self._world.ending.resume()
        elif process.shell is None and process.latch is None and dead_ms > LATCH_LOOKED_AT_MS[0] * 4:
            process.boot()

    def _check_guarded(self) -> None:
        is_covered = (
            not self._world.scenario.must_be_guarded
            or self._world.process.is_guarded
            or self._world.network.is_switch_set
        )
        can_cancel = not (self._world.network.is_out or self._world.venue.windows)
        if is_covered or not self._world.truth.own() or not can_cancel:
            self._unguarded_ms = 0
            return
        self._unguarded_ms += EVERY_MS
        if self._unguarded_ms > UNGUARDED_MAX_MS:
            raise Violation("I19", f"{len(self._world.truth.own())} own orders rest with neither guard nor switch")

    def _is_bare(self) -> bool:
        return self._world.scenario.must_be_guarded and not self._world.process.is_guarded and self._switch_ms() is None

    def _switch_ms(self) -> int | None:
        at_ms = self._world.exchange.switch_ms(self._world.account)
        return at_ms if at_ms is not None and at_ms > self._world.timeline.now_ms else None

    def _check_switch(self) -> None:
        """The switch is set where the account has earned it, and never fires sooner than is believed."""
        world = self._world
        engine, at_ms = world.process.engine, self._switch_ms()
        assert engine is not None, "a living process has an engine"
        believed = engine.state.control.switch.deadline_ms()
        if believed is not None and believed > world.timeline.now_ms and self._alive_ms > SETTLED_MS:
            if at_ms is None:
                raise Violation("I19", "believes in a switch that is not set")
            if at_ms < believed:
                raise Violation("I19", f"the switch fires {(believed - at_ms) / 1000:.1f} s sooner than is believed")
        is_owed = world.scenario.has_switch and world.truth.own() and self._can_act()
        if at_ms is not None or not is_owed or engine.state.control.switch.is_spent(world.timeline.now_ms):
            self._unswitched_ms = 0
            return
        self._unswitched_ms += EVERY_MS
        if self._unswitched_ms > UNSWITCHED_MAX_MS:
            raise Violation("I19", f"own orders rest for {UNSWITCHED_MAX_MS // 1000} s, and the switch could be set")

    def _check_wanted(self) -> None:
        """Nothing rests for long in a mode that wants nothing to rest."""
        world = self._world
        engine = world.process.engine
        assert engine is not None, "a living process has an engine"
        if engine.mode in _MAY_REST or not world.truth.own() or not self._can_act():
            self._unwanted_ms = 0
            return
        self._unwanted_ms += EVERY_MS
        if self._unwanted_ms > UNWANTED_MAX_MS:
            raise Violation("I18", f"{len(world.truth.own())} own orders rest although the mode is {engine.mode.value}")

    def _can_act(self) -> bool:
        windows = self._world.venue.windows
        return not (self._world.network.is_out or windows.keys() - {Fault.OI_CAP, Fault.POST_ONLY, Fault.MARGIN})


def _may_rest(intent: PlaceOrders) -> bool:
    return any(approved.terms.tif is not TimeInForce.IOC for approved in intent.orders)
