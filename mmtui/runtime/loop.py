"""The live loop: the engine's shell on asyncio, with a tick ten times a second.

Owns the ticks and the measure of how late they are. What a step does, and in which order, is the
shell's; time-outs and the end of a run are the event loop's.
"""

import asyncio
from collections.abc import Callable

from mmtui.domain.events import AnyEvent, LoopStalled, Tick
from mmtui.domain.intents import Finish
from mmtui.engine.engine import Engine
from mmtui.journal.port import Journal
from mmtui.runtime.clock import EngineClock
from mmtui.runtime.shell import Outlets, Shell
from mmtui.venues.port import Venue

__all__ = ["EngineLoop", "Outlets"]

TICK_S = 0.1
SLEEP_MIN_S = 0.001
STALL_S = 0.25


class EngineLoop:
    """One engine at work; ``run`` returns how it ended."""

    def __init__(self, engine: Engine, venue: Venue, journal: Journal, outlets: Outlets, *, clock: EngineClock) -> None:
        self.shell = Shell(engine, venue, journal, outlets, clock=clock, host=self)
        self.latency = self.shell.latency
        self._clock = clock
        self._awake_at: float | None = None
        self._told_s = 0.0
        self._finished: asyncio.Future[Finish] | None = None
        self._finish: Finish | None = None
        self._ticking: asyncio.Task[None] | None = None

    def sink(self, event: AnyEvent) -> None:
        """Takes an event from anywhere on this loop; it is applied in the next turn.

        After a gap without ticks the engine hears of the stall first: what waited in the sockets meanwhile
        is received now and still old.
        """
        if self._awake_at is not None and not self._told_s:
            late = event.received_at - self._awake_at - TICK_S
            if late > STALL_S:
                self._stalled(event.received_at, late)
        self.shell.sink(event)

    @property
    def engine(self) -> Engine:
        """The engine at work."""
        return self.shell.engine

    async def run(self) -> Finish:
        """Ticks until the engine has come to rest; an end that came before the first tick is one."""
        if self._finish is not None:
            return self._finish
        self._finished = asyncio.get_running_loop().create_future()
        self._ticking = asyncio.create_task(self._tick())
        try:
            return await self._finished
        finally:
            self._ticking.cancel()

    def cancel_everything(self) -> None:
        """Sends one cancel for every own order that may rest, past the engine: the last resort."""
        self.shell.cancel_everything()

    def journal_failed(self, text: str) -> None:
        """The journal cannot be written: cancels must leave all the same, and the engine must know."""
        self.shell.journal_failed(text)

    def end(self, finish: Finish) -> None:
        """Ends the run; nothing is placed any more."""
        self.shell.end(finish)

    def soon(self, call: Callable[[], None]) -> None:
        """Calls back in the next turn of the event loop."""
        asyncio.get_running_loop().call_soon(call)

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        """Calls back after a delay."""
        asyncio.get_running_loop().call_later(delay_s, call)

    def ended(self, finish: Finish) -> None:
        """Lets ``run`` return."""
        self._finish = self._finish or finish
        if self._finished is not None and not self._finished.done():
            self._finished.set_result(finish)

    def failed(self, error: Exception) -> None:
        """Hands what failed after a defect to the event loop's own handler."""
        asyncio.get_running_loop().call_exception_handler({"message": "after a defect", "exception": error})

    def _stalled(self, now: float, seconds: float) -> None:
        self._told_s = seconds
        self.shell.sink(LoopStalled(received_at=now, stalled_s=seconds))

    async def _tick(self) -> None:
        self._awake_at = self._clock()
        due = self._awake_at + TICK_S
        while True:
            await asyncio.sleep(max(SLEEP_MIN_S, (due - self._clock()) / self._clock.speed))
            now = self._clock()
            late = now - due
            self.latency.add("loop stall", max(0.0, late) * 1e3)
            if late > self._told_s + STALL_S:
                self._stalled(now, late)
            self._awake_at, self._told_s = now, 0.0
            self.shell.sink(Tick(received_at=now))
            due = now + TICK_S if late > TICK_S else due + TICK_S
