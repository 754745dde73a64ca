"""A console that runs for hours stays as large as it was: thirty minutes at ten times the speed, in its frames."""

import functools
import gc
import tracemalloc

from msgspec.structs import replace

from mmtui.domain.view import LogLine
from tests.console.pictures import AT, a_view
from tests.console.test_app import a_stage
from tests.process.console_child import moving_engine

VIEWS = 30
ROUNDS = 4
STEP_S = 15.0  # of the engine's time a frame: the measured frames stand for half an hour
# Short strings that the interpreter keeps saturate at about 18 kB; a hundred bytes a frame would be 12 kB more.
GROWTH_MAX_BYTES = 16_000


def held_bytes() -> int:
    """What the console's own lines of code hold, apart from memos of a known size, ours and the libraries'."""
    for memo in gc.get_objects():
        if isinstance(memo, functools._lru_cache_wrapper) and memo.cache_info().maxsize is not None:
            memo.cache_clear()
    gc.collect()
    snapshot = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, "*/mmtui/*")])
    return sum(stat.size for stat in snapshot.statistics("filename"))


async def test_frames_leave_nothing_behind() -> None:
    async with a_stage(size=(120, 40)) as stage:
        views = [
            replace(
                a_view(engine=moving_engine(count)),
                log=tuple(
                    LogLine(seq=count * 3 + i, at=AT + count, level="INFO", text=f"line {count} {i}") for i in (1, 2)
                ),
            )
            for count in range(VIEWS)
        ]

        async def rounds(count: int) -> None:
            for number in range(count * VIEWS):
                stage.link.view = views[number % VIEWS]
                stage.clock.now += STEP_S
                stage.seconds.now += STEP_S / 10
                stage.app.draw_all()
            await stage.pilot.pause()

        tracemalloc.start()
        try:
            await rounds(2)
            before = held_bytes()
            await rounds(ROUNDS)
            after = held_bytes()
        finally:
            tracemalloc.stop()
    assert VIEWS * ROUNDS * STEP_S >= 1_800.0
    assert after - before < GROWTH_MAX_BYTES
