"""Keeps the day's P&L on disk without holding up the event loop; the last word always arrives."""

import asyncio
from collections.abc import Callable

from mmtui.domain.intents import SaveDay
from mmtui.errors import MmtuiError
from mmtui.runtime.state import MarketFiles


class DayKeeper:
    """One write at a time; what comes during a write is brought by the next one or by ``finish``."""

    def __init__(self, files: MarketFiles, on_failure: Callable[[str], None]) -> None:
        self._files = files
        self._on_failure = on_failure
        self._last: SaveDay | None = None
        self._writing: asyncio.Task[None] | None = None

    def save(self, day: SaveDay) -> None:
        """Takes the day as it stands."""
        self._last = day
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write(day))

    async def finish(self) -> None:
        """Writes the day as it was last taken."""
        if self._writing is not None:
            await self._writing
        if self._last is not None:
            await self._write(self._last)

    async def _write(self, day: SaveDay) -> None:
        try:
            await asyncio.to_thread(self._files.save_day, day)
        except MmtuiError as error:
            self._on_failure(str(error))
