"""Keeps what the estimators have learned on disk, once a minute and at the end, without holding up the event loop."""

import asyncio
from collections.abc import Callable

from mmtui.errors import MmtuiError
from mmtui.estimators.panel import EstimatorPanel
from mmtui.runtime.state import MarketFiles

SAVE_EVERY_S = 60.0


class EstimatorKeeper:
    """Saves one panel; a disk that refuses is told once and tried again."""

    def __init__(self, panel: EstimatorPanel, files: MarketFiles, on_failure: Callable[[str], None]) -> None:
        self._panel = panel
        self._files = files
        self._on_failure = on_failure
        self._is_told = False

    async def run(self) -> None:
        """Saves again and again until cancelled."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Saves what was learned so far; the panel is read here, the file written on another thread."""
        memory = self._panel.memory()
        if memory is None:
            return
        try:
            await asyncio.to_thread(self._files.save_estimators, memory)
        except MmtuiError as error:
            if not self._is_told:
                self._is_told = True
                self._on_failure(str(error))
