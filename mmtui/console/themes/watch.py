"""The user's themes, looked at once a second by a thread of their own, so that a changed file shows at once.

Owns the thread. The loop only ever picks up a shelf that is read and checked already; a disk that hangs
hangs this thread and nothing else, and the program can end without it.
"""

import threading
from pathlib import Path

from mmtui.console.themes.theming import Stamp, ThemeShelf, stamp

POLL_S = 1.0


class ThemeWatch:
    """Reads the folder of own themes again whenever a file of it has changed."""

    __slots__ = ("_folder", "_fresh", "_seen", "_stop", "_thread")

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: Stamp = stamp(folder)
        self._fresh: ThemeShelf | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="themes", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(POLL_S):
            self.look()

    def look(self) -> None:
        """Read the themes again if a file has changed since the last look."""
        now = stamp(self._folder)
        if now != self._seen:
            self._seen, self._fresh = now, ThemeShelf(self._folder)

    def take(self) -> ThemeShelf | None:
        """What was read since the last call; None when nothing has changed."""
        fresh, self._fresh = self._fresh, None
        return fresh

    def stop(self) -> None:
        """Look no more; does not wait for a disk that hangs."""
        self._stop.set()
