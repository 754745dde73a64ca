"""A console over a ticking engine double, run on a pseudo terminal by the tests; writes what it saw to a file."""

import asyncio
import json
import sys
import time
from pathlib import Path

import uvloop
from msgspec.structs import replace

from mmtui.console.app import ConsoleOptions, run_console
from mmtui.console.link import MemoryLink
from mmtui.domain.view import EngineView
from tests.console.pictures import AT, a_view, an_engine


def moving_engine(count: int) -> EngineView:
    """A book whose every size differs from the last, so that each frame has something to draw."""
    engine = an_engine(at=AT + count * 0.01)
    bids = tuple(replace(row, size=(row.size + count * 0.37) % 9 + 0.1) for row in engine.ladder.bids)
    asks = tuple(replace(row, size=(row.size + count * 0.53) % 9 + 0.1) for row in engine.ladder.asks)
    return replace(engine, ladder=replace(engine.ladder, bids=bids, asks=asks))


async def tick(link: MemoryLink, gaps: list[float], seconds_after: float, ended: asyncio.Event) -> None:
    last = time.monotonic()
    count = 0
    until: float | None = None
    while until is None or last < until:
        await asyncio.sleep(0.01)
        now = time.monotonic()
        gaps.append(now - last)
        last = now
        count += 1
        link.view = a_view(engine=moving_engine(count))
        if ended.is_set() and until is None:
            until = now + seconds_after


async def main(out: Path) -> None:
    link, gaps, ended = MemoryLink(), [], asyncio.Event()
    ticker = asyncio.create_task(tick(link, gaps, 0.5, ended))
    started = time.monotonic()
    end = await run_console(link, ConsoleOptions(theme="ansi"), clock=time.monotonic, seconds=time.monotonic)
    ticks_at_end, took_s = len(gaps), time.monotonic() - started
    ended.set()
    await ticker
    verbs = [command.verb.value for command in link.sent if hasattr(command, "verb")]
    report = {
        "reason": end.reason.value,
        "longest_gap_s": max(gaps[100:], default=0.0),
        "ticks_after": len(gaps) - ticks_at_end,
        "verbs": verbs,
        "took_s": took_s,
        "factory": asyncio.get_running_loop().get_task_factory() is None,
    }
    out.write_text(json.dumps(report))  # noqa: ASYNC240


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
