"""Who looks after a world whose engine may be gone: the guard, the supervisor, the person with the latch.

Owns the deadlines by which nothing of ours may rest any more (I19, I20).
"""

from typing import TYPE_CHECKING

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


class Warden:
    """Everything that happens without the engine."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._unguarded_ms = 0

    def watch(self) -> None:
        """Looks once a second, from now on."""
        self._world.timeline.after(EVERY_MS, self.watch)
        process, now_ms = self._world.process, self._world.timeline.now_ms
        dead_ms = now_ms - process.dead_since_ms if process.dead_since_ms is not None else process.stalled_ms
        if not dead_ms:
            self._check_guarded()
            return
        self._unguarded_ms = 0
        limit_ms = GUARD_LOSS_MS if process.dead_since_ms is not None else GUARD_SILENCE_MS
        if process.is_guarded and dead_ms > limit_ms:
            self._world.outsider.clear()
        deadline_ms = DEAD_WITH_GUARD_MS if process.is_guarded else DEAD_WITH_SWITCH_MS
        is_watched = process.is_guarded or self._world.network.is_switch_set
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
