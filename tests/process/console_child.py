"""A console over a ticking engine double, run on a pseudo terminal by the tests.

Tells through a pipe how far its loop has come: how many ticks, which verbs, and at the end how it ended.
"""

import asyncio
import contextlib
import os
import sys
import time

import msgspec
import uvloop
from msgspec.structs import replace

from mmtui.console.app import ConsoleApp, ConsoleOptions, run_console
from mmtui.console.terminal.device import Terminal
from mmtui.domain.view import EngineView
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_view, an_engine

TICK_S = 0.01
TELL_EVERY = 5


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the child tells; ``reason`` is empty while the console runs."""

    ticks: int = 0
    verbs: tuple[str, ...] = ()
    reason: str = ""
    has_no_task_factory: bool = True
    acknowledged_ms: tuple[float, ...] = ()
    acknowledged_ticks: tuple[int, ...] = ()
    queued_bytes_max: int = 0


class Ticker:
    """The engine's place in the loop: counts its ticks and moves the picture."""

    def __init__(self, link: MemoryLink, descriptor: int) -> None:
        self.link = link
        self.descriptor = descriptor
        self.ticks = 0
        self.reason = ""
        self.keys = KeyWatch(self)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.ticks += 1
            self.link.view = a_view(engine=moving_engine(self.ticks))
            if self.ticks % TELL_EVERY == 0:
                self.tell()

    def tell(self) -> None:
        verbs = tuple(command.verb.value for command in self.link.sent if hasattr(command, "verb"))
        has_no_task_factory = asyncio.get_running_loop().get_task_factory() is None
        told = Told(
            ticks=self.ticks,
            verbs=verbs,
            reason=self.reason,
            has_no_task_factory=has_no_task_factory,
            acknowledged_ms=tuple(self.keys.acknowledged_ms),
            acknowledged_ticks=tuple(self.keys.acknowledged_ticks),
            queued_bytes_max=self.keys.queued_bytes_max,
        )
        with contextlib.suppress(BlockingIOError):
            os.write(self.descriptor, msgspec.json.encode(told) + b"\n")


class KeyWatch:
    """When a key came to the program, and when the first bytes that show it were handed to the terminal."""

    def __init__(self, ticker: Ticker) -> None:
        self.acknowledged_ms: list[float] = []
        self.acknowledged_ticks: list[int] = []
        self.queued_bytes_max = 0
        self._ticker = ticker
        self._came: tuple[float, int] | None = None
        self._wrap()

    def _wrap(self) -> None:
        press, write = ConsoleApp._press, Terminal.write

        def watched_press(app: ConsoleApp, key: str) -> None:
            self._came = (time.monotonic(), self._ticker.ticks)
            press(app, key)

        def watched_write(terminal: Terminal, data: bytes) -> bool:
            took_all = write(terminal, data)
            self.queued_bytes_max = max(self.queued_bytes_max, len(terminal._rest))
            if self._came is not None and data:
                self.acknowledged_ms.append((time.monotonic() - self._came[0]) * 1e3)
                self.acknowledged_ticks.append(self._ticker.ticks - self._came[1])
                self._came = None
            return took_all

        ConsoleApp._press = watched_press  # type: ignore[method-assign]
        Terminal.write = watched_write  # type: ignore[method-assign]


def moving_engine(count: int) -> EngineView:
    """A book whose every size differs from the last, so that each frame has something to draw."""
    engine = an_engine(at=AT + count * TICK_S)
    bids = tuple(replace(row, size=(row.size + count * 0.37) % 9 + 0.1) for row in engine.ladder.bids)
    asks = tuple(replace(row, size=(row.size + count * 0.53) % 9 + 0.1) for row in engine.ladder.asks)
    return replace(engine, ladder=replace(engine.ladder, bids=bids, asks=asks))


async def main(telling: int, enough: int) -> None:
    os.set_blocking(telling, False)
    link = MemoryLink(is_attached="attached" in sys.argv)
    ticker = Ticker(link, telling)
    ticking = asyncio.create_task(ticker.run())
    end = await run_console(link, ConsoleOptions(theme="ansi"), clock=time.monotonic, seconds=time.monotonic)
    ticker.reason = end.reason.value
    ticker.tell()
    # The loop outlives its console until the test closes its end: it has seen enough then.
    has_seen_enough = asyncio.Event()
    asyncio.get_running_loop().add_reader(enough, has_seen_enough.set)
    await has_seen_enough.wait()
    ticking.cancel()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
