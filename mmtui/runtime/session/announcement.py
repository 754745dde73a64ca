"""How a run says that it is there: the file that ``mmtui ps`` and ``mmtui attach`` read.

Owns what is announced and the order of its writes. A disk that hangs or refuses after the start costs the
announcement and nothing else.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from mmtui.errors import JournalError
from mmtui.runtime.instances import Running, register, unregister


class Announcement:
    """The announcement of one run, whose lock the caller holds."""

    def __init__(self, folder: Path, running: Running, failed: Callable[[str], None]) -> None:
        self._folder = folder
        self._running = running
        self._failed = failed
        self._turn = asyncio.Lock()

    def make(self, *, has_socket: bool, metrics_port: int) -> None:
        """Says so now; raises JournalError where the folder cannot be written."""
        socket = self._running.socket if has_socket else ""
        self._running = msgspec.structs.replace(self._running, socket=socket, metrics_port=metrics_port)
        register(self._folder, self._running)

    async def guarded_by(self, pid: int) -> None:
        """Says it again with the guard's process."""
        self._running = msgspec.structs.replace(self._running, guard_pid=pid)
        async with self._turn:
            try:
                await asyncio.to_thread(register, self._folder, self._running)
            except JournalError as error:
                self._failed(str(error))

    def withdraw(self) -> None:
        """Takes it back."""
        unregister(self._folder, self._running.id)
