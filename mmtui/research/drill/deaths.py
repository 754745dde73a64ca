"""Kill points: a session that is killed at a chosen boundary, again and again, and must recover each time.

Owns the choice of the moment. The judge of the world holds its invariants meanwhile; after the last
death position, cash and fills of journal and exchange are compared.
"""

import enum
import random

import msgspec

from mmtui.domain.instrument import Side
from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.violation import ProcessDeath, Violation
from mmtui.research.drill.world import World
from mmtui.runtime.recovery import CRASH_LOOP

WARM_S = 40.0
WAIT_MAX_S = 30.0
FILL_WAIT_MAX_S = 120.0
QUOTING_AGAIN_S = 60.0
DOWN_S = (0.3, 15.0)


class Boundary(enum.Enum):
    """Where a process may die between a decision and its effect."""

    JOURNAL = "before the records are handed to the journal"
    SYNC = "before the sync"
    SEND = "before the send"
    SENT = "after the send"
    FILL = "as a fill happens that nobody has heard of"
    ANYWHERE = "at any moment"


_POINTS = (Boundary.JOURNAL, Boundary.SYNC, Boundary.SEND, Boundary.SENT)


class Death(msgspec.Struct, frozen=True):
    """The ``nth`` time that a boundary is reached."""

    boundary: Boundary
    nth: int


def every_boundary(most: int) -> list[Death]:
    """The first ``most`` times of each boundary, one after the other."""
    return [Death(boundary, nth) for nth in range(1, most + 1) for boundary in Boundary if boundary in _POINTS]


def at_random(seed: int, count: int) -> list[Death]:
    """Deaths anywhere, drawn from the seed."""
    rng = random.Random(f"{seed}:deaths")  # noqa: S311 - a simulation
    return [Death(rng.choice(list(Boundary)), rng.randint(1, 40)) for _ in range(count)]


def die_often(seed: int, deaths: list[Death]) -> World:
    """Plays a session that dies so, and stops it; raises ``Violation``. Returns the world as it ended."""
    scenario = msgspec.structs.replace(make_scenario(seed, "calm", hours=1.0), has_guard=True)
    world = World(scenario)
    rng = random.Random(f"{seed}:down")  # noqa: S311 - a simulation
    world.begin()
    world.run(WARM_S)
    for death in deaths:
        _kill(world, death, rng)
        world.run(rng.uniform(*DOWN_S))
        world.process.boot()
        if world.process.latch is not None:
            _resume(world)
        _wait_for_quotes(world)
    world.ending.stop()
    return world


def _kill(world: World, death: Death, rng: random.Random) -> None:
    if death.boundary is Boundary.ANYWHERE:
        world.run(rng.uniform(0.05, WAIT_MAX_S))
        world.process.die()
        return
    if death.boundary is Boundary.FILL:
        known, waited_s = len(world.truth.fills), 0.0
        while len(world.truth.fills) == known and waited_s < FILL_WAIT_MAX_S:
            world.run(0.01)
            waited_s += 0.01
        world.process.die()
        return
    left = [death.nth]

    def point() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise ProcessDeath

    world.set_death_point(death.boundary.name, point)
    waited_s = 0.0
    while world.process.shell is not None and waited_s < WAIT_MAX_S:
        world.run(0.5)
        waited_s += 0.5
    world.set_death_point(death.boundary.name, _live_on)
    world.process.die()


def _resume(world: World) -> None:
    """Starts that keep failing are refused: a person sees to that and starts once more."""
    if world.process.latch is None or world.process.latch.reason != CRASH_LOOP:
        raise Violation("I17", f"a start is refused: {world.process.latch}")
    world.process.clear_latch()
    world.process.boot()


def _wait_for_quotes(world: World) -> None:
    waited_s = 0.0
    while {order.side for order in world.truth.own()} != {Side.BUY, Side.SELL}:
        if waited_s > QUOTING_AGAIN_S:
            raise Violation("L1", f"no quotes on both sides {QUOTING_AGAIN_S:.0f} s after a restart")
        world.run(0.5)
        waited_s += 0.5


def _live_on() -> None:
    """The process passes the boundary."""
