"""What must be on disk before a run is over, without holding up the event loop while the disk takes its time.

Owns the latch, its clearing and the crash file, written one after the other on another thread: on the loop
a disk that stands still would stand between a kill and its cancels. A latch that the disk refuses is tried
again until it is kept or cleared.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

from mmtui.domain.intents import ClearLatch, Latch, LogLevel
from mmtui.errors import JournalError, MmtuiError
from mmtui.runtime.ending.stopping import Say
from mmtui.runtime.files import replace_file
from mmtui.runtime.state import MarketFiles

RETRY_S = 5.0
FINISH_S = 10.0


class _Write(msgspec.Struct, frozen=True):
    """One write; what it says when it fails, "" when that was said before."""

    call: Callable[[], None]
    failure: str
    keeps_latch: bool = False
    clears_latch: bool = False


class LastWrites:
    """One run's writes that outlive it. Used on the event loop only."""

    def __init__(self, files: MarketFiles, *, clock: Callable[[], float], say: Say) -> None:
        self._files = files
        self._clock = clock
        self._say = say
        self._waiting: deque[_Write] = deque()
        self._working: asyncio.Task[None] | None = None
        self._unkept: _Write | None = None
        self._retry: asyncio.TimerHandle | None = None

    def latch(self, intent: Latch) -> None:
        """Latches a kill and takes the kill file away: as soon as the disk allows, and before ``finish`` returns."""
        self._put(_Write(partial(self._latch, intent), "The kill could not be latched", keeps_latch=True))

    def clear_latch(self, intent: ClearLatch) -> None:
        """Removes the latch and the kill file; a latch that could not be kept so far is not tried again."""
        self._unkept = None
        clear = partial(self._clear, intent, self._clock())
        self._put(_Write(clear, "The latch could not be removed", clears_latch=True))

    def replace(self, path: Path, text: str) -> None:
        """Writes a file as a whole."""
        self._put(_Write(partial(replace_file, path, text.encode()), f"{path.name} could not be written"))

    async def finish(self) -> None:
        """Waits for what is under way, after a last try of a latch that is not kept; a disk that hangs is told."""
        self._try_again()
        if self._working is None:
            return
        try:
            async with asyncio.timeout(FINISH_S):
                await asyncio.shield(self._working)
        except TimeoutError:
            self._say(LogLevel.ERROR, "The disk hangs: what must be kept is not written", left=len(self._waiting) + 1)

    def _latch(self, intent: Latch) -> None:
        self._files.latch(intent)
        with contextlib.suppress(JournalError):  # a kill file that stays kills the next start once more
            self._files.withdraw_kill()

    def _clear(self, intent: ClearLatch, at: float) -> None:
        self._files.withdraw_kill()
        self._files.clear_latch(reason=intent.reason, by=intent.by, at=at)

    def _put(self, write: _Write) -> None:
        self._waiting.append(write)
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            await self._carry_out(self._waiting.popleft())

    async def _carry_out(self, write: _Write) -> None:
        try:
            await asyncio.to_thread(write.call)
        except (MmtuiError, OSError) as error:
            if write.failure:
                self._say(LogLevel.ERROR, write.failure, reason=str(error))
            if write.keeps_latch and not any(later.clears_latch for later in self._waiting):
                self._unkept = msgspec.structs.replace(write, failure="")
                self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)
        else:
            if not write.failure:
                self._say(LogLevel.WARN, "The kill is latched now")

    def _try_again(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        write, self._unkept = self._unkept, None
        if write is not None:
            self._put(write)
