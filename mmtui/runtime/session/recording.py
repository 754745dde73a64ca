"""The recording of a session: what the sockets said, and once a second what a person could see of it.

Owns the files' budget and the task that takes pictures; the files are written by the recorder's own thread.
A recording that cannot be written is told of once, and the session goes on without it.
"""

import asyncio
from collections.abc import Callable

from mmtui.domain.parameters import Settings
from mmtui.domain.view import View
from mmtui.errors import JournalError
from mmtui.journal.recording import Recorder
from mmtui.journal.segments import Budget, Shelf
from mmtui.runtime.clock import EngineClock, wall_seconds
from mmtui.runtime.state import PRIVATE, MarketFiles
from mmtui.runtime.tap import TapSwitch

PICTURE_S = 1.0
MB = 1024 * 1024
DAY_S = 86_400.0


class RecordingKeeper:
    """Records until closed; everything is taken without waiting for a disk."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @classmethod
    def open(
        cls,
        settings: Settings,
        files: MarketFiles,
        run_id: str,
        tap: TapSwitch,
        *,
        clock: EngineClock,
        failed: Callable[[str], None],
    ) -> "RecordingKeeper | None":
        """Begins to record what passes the tap; None when that is switched off. Raises JournalError."""
        if not settings.flag("logging.record"):
            return None
        try:
            files.recordings.mkdir(mode=PRIVATE, exist_ok=True)
        except OSError as error:
            remedy = "check the folder, or set [logging] record = false"
            raise JournalError(f"{files.recordings} cannot be made: {error.strerror}", remedy=remedy) from None
        budget = Budget(
            kept_bytes=round(settings.number("logging.record_total_mb") * MB),
            kept_s=settings.number("logging.record_days") * DAY_S,
        )
        shelf = Shelf(files.recordings, files.market, run_id, budget, now=wall_seconds)
        recorder = Recorder(shelf.path_at(clock.milliseconds()), on_error=failed, shelf=shelf)
        tap.target = recorder.tap(clock)
        return cls(recorder)

    async def film(self, latest: Callable[[], View | None]) -> None:
        """Takes a picture a second until cancelled."""
        seen = 0.0
        while True:
            view = latest()
            if view is not None and view.engine.at != seen:
                seen = view.engine.at
                self._recorder.show(round(seen * 1000), view)
            await asyncio.sleep(PICTURE_S)

    async def close(self) -> None:
        """Writes what is waiting."""
        await asyncio.to_thread(self._recorder.close)
