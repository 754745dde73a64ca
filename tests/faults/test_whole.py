"""The whole program on a simulated disk and process, under faults of both: F59, F61, F63, F94."""

import msgspec
import pytest

from mmtui.domain.records import FillBooked
from mmtui.research.drill.scenario import make_scenario
from mmtui.research.drill.scripted import DRILL_SEED, Stage
from mmtui.research.drill.world import World


class Raising:
    """A strategy that has a defect."""

    def ladder(self, _context, _settings):
        raise ZeroDivisionError("planted in the strategy")


def quoting_stage(**changes) -> Stage:
    """A program that quotes, with a guard beside it."""
    calm = make_scenario(DRILL_SEED, "calm", hours=1.0)
    wanted = {"market": "calm", "has_guard": True, "has_switch": False, "finish_on_kill": True, **changes}
    return Stage(msgspec.structs.replace(calm, **wanted))


def passed(stage: Stage) -> bool:
    failed = [row.what for row in stage.rows if not row.passed]
    assert failed == []
    return True


@pytest.mark.incident("B36")
def test_f94_a_strategy_that_raises_cancels_everything_latches_and_leaves_its_trace(monkeypatch) -> None:
    traces: list[str] = []
    monkeypatch.setattr(World, "_crashed", lambda self, trace: traces.append(trace))
    stage = quoting_stage()
    engine = stage.world.process.engine
    assert engine is not None
    engine.state.quoting.strategy = Raising()
    stage.until("the process has ended", lambda: stage.mode is None, within_s=10)
    stage.until("nothing rests", lambda: not stage.sides, within_s=5)
    assert stage.world.process.latch is not None
    assert "planted in the strategy" in traces[0]
    stage.world.process.boot()
    stage.run(30)
    assert stage.mode is None, "it does not start again by itself"
    assert stage.sides == set()
    assert passed(stage)


def test_f61_a_disk_that_fails_to_sync_is_not_tried_again_and_trading_ends() -> None:
    stage = quoting_stage()
    written = len(stage.world.disk.records())
    stage.world.disk.is_broken = True
    stage.until("nothing rests", lambda: not stage.sides, within_s=10)
    stage.until("the process has ended", lambda: stage.mode is None, within_s=30)
    assert stage.world.process.latch is not None
    assert len(stage.world.disk.records()) == written
    assert passed(stage)


@pytest.mark.parametrize("rows", [1, 7, 60])
def test_f59_rows_that_a_torn_tail_lost_are_read_again_from_the_venue(rows) -> None:
    stage = quoting_stage()
    stage.until("something was filled", lambda: len(stage.world.truth.fills) > 0, within_s=1_200)
    stage.world.process.die()
    stage.world.disk.tear(rows)
    stage.run(5)
    stage.world.process.boot()
    stage.recovers()
    keys = [(row.venue_time_ms, row.tid, row.oid) for row in stage.world.disk.records() if isinstance(row, FillBooked)]
    assert len(keys) == len(set(keys)) >= len(stage.world.truth.fills) > 0
    assert passed(stage)
