"""What ends trading from outside is noticed, nothing of ours rests after it, and a person can bring trading back."""

import pytest

from mmtui.research.drill.faults import Fault
from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.upheavals import KINDS
from mmtui.research.drill.world import World

NOTICED_WITHIN_S = 60


@pytest.mark.parametrize("kind", sorted(KINDS, key=lambda kind: kind.name), ids=lambda kind: kind.name.lower())
def test_an_upheaval_ends_trading_until_a_person_has_looked(kind: Fault) -> None:
    world = World(make_scenario(18, "calm", hours=0.1))
    world.begin()
    world.run(60.0)
    while not world.upheavals.strike(kind):
        world.run(1.0)
    world.faults.fired[kind] += 1
    waited_s = 0
    while world.process.latch is None and waited_s < NOTICED_WITHIN_S:
        world.run(1.0)
        waited_s += 1
    assert world.process.latch is not None
    world.run(10.0)
    assert not world.truth.own()
    world.ending.calm_down()
    world.ending.stop()


def test_an_exchange_that_settles_or_closes_a_position_keeps_its_books_balanced() -> None:
    for kind in (Fault.LIQUIDATION, Fault.ADL, Fault.DELISTING):
        world = World(make_scenario(18, "calm", hours=0.1))
        world.begin()
        world.run(60.0)
        while not world.truth.position or not world.upheavals.strike(kind):
            world.run(1.0)
        before = abs(world.truth.position)
        world.run(1.0)
        assert abs(world.truth.position) < before
        assert world.exchange.unaccounted_micro(world.direct.instrument.dex) == 0
