"""How much of the time quotes stand, of the time in which they could (L5).

Owns what counts: a second under faults in which the process has been up for a while, the exchange has been within
reach for a moment, and neither a person nor a latch holds trading back. A gap of up to two seconds, such as replacing
makes, is none. Judges nothing; the sum over seeds is judged.
"""

from typing import TYPE_CHECKING

from mmtui.domain.instrument import Side
from mmtui.domain.view import Mode
from mmtui.engine.control.standing import Control
from mmtui.research.drill.process import ObservedEngine

if TYPE_CHECKING:
    from mmtui.research.drill.world import World

EVERY_MS = 1_000
UP_FOR_S = 45
REACHED_FOR_S = 10
GAP_S = 2
NO_ROOM = "no room"


class Uptime:
    """The count of one world."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._up_s = 0
        self._reached_s = 0
        self._missing_s = 0
        self._run = 0

    def begin(self) -> None:
        """Looks once a second, from now on."""
        self._world.timeline.after(EVERY_MS, self._watch)

    def _watch(self) -> None:
        world = self._world
        world.timeline.after(EVERY_MS, self._watch)
        engine = world.process.engine
        is_up = engine is not None and not world.process.is_stalled and world.process.run == self._run
        self._up_s = self._up_s + 1 if is_up else 0
        self._reached_s = self._reached_s + 1 if self._is_within_reach() else 0
        self._run = world.process.run
        if not world.faults.is_on or engine is None:
            return
        if self._up_s < UP_FOR_S or self._reached_s < REACHED_FOR_S:
            return
        is_held = world.process.latch is not None or _is_held(engine.state.control) or self._is_bare()
        is_there = wanted_sides(engine, world.truth.position) <= self._sides()
        self._missing_s = 0 if is_there or is_held else self._missing_s + 1
        world.tally.count_second(is_held=is_held, is_quoted=self._missing_s <= GAP_S)

    def _sides(self) -> set[Side]:
        return {order.side for order in self._world.truth.own()}

    def _is_bare(self) -> bool:
        """Whether the account must be guarded and is not, so that nothing may be quoted."""
        world = self._world
        return world.scenario.must_be_guarded and not world.process.is_guarded and not world.network.is_switch_set

    def _is_within_reach(self) -> bool:
        world = self._world
        network, disk = world.network, world.disk
        is_clear = not (network.is_out or network.silent or network.lag_ms or world.venue.windows)
        is_disk_well = disk.room is None and not disk.is_broken and disk.sync_s < 1.0
        return is_clear and is_disk_well and all(network.is_up.values()) and not world.process.is_fickle


def wanted_sides(engine: ObservedEngine, position: int) -> set[Side]:
    """The sides on which quotes should stand: at the limit, or when only reducing, the one that reduces."""
    is_full = any(NO_ROOM in text for text in engine.state.quoting.why_not)
    if position and (engine.mode is Mode.REDUCE_ONLY or is_full):
        return {Side.SELL if position > 0 else Side.BUY}
    return set(Side)


def _is_held(control: Control) -> bool:
    orders = control.paused_by, control.reduce_only_by, control.sides_off, control.stop_reason, control.flatten
    return any(orders)
