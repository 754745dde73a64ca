"""Log files: named, private, rotated by size.

Owns the documents' naming and the rotation; a file that cannot be written is given up with one
report, never an exception on the way of a line. The last of a disk is the journal's: there old files
are removed, then lines dropped, until there is room again. Answers F118.
"""

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mmtui.errors import ConfigError, Problem

KEPT = 4
RESERVE_BYTES = 32 * 1024 * 1024
RESERVE_SHARE = 8  # of a small disk an eighth
STEM = "mm_"
_BUFFER = 64 * 1024


class RotatingFile:
    """Appends lines to ``path``; at ``bytes_max`` it becomes ``path.1`` and four old ones are kept."""

    def __init__(self, path: Path, *, bytes_max: int, on_error: Callable[[str], None]) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._on_error = on_error
        self._pending = bytearray()
        self._is_trimmed = False
        try:
            self._descriptor = self._opened()
        except OSError as error:
            raise ConfigError(
                "the log file cannot be opened",
                problems=[Problem(str(path), error.strerror or "unusable", "a file that can be written")],
            ) from None

    def write(self, line: str) -> None:
        """Appends one line; it may wait for ``flush``."""
        if self._descriptor < 0:
            return
        data = line.encode("utf-8", errors="backslashreplace") + b"\n"
        if self._size and self._size + len(data) > self._bytes_max:
            self._rotate()
        self._pending += data
        self._size += len(data)
        if len(self._pending) >= _BUFFER:
            self.flush()

    def flush(self) -> None:
        """Hands what was written to the system, unless that is the last of the disk."""
        try:
            if self._pending and self._descriptor >= 0 and not self._has_room():
                self._size -= len(self._pending)
                self._pending.clear()
            while self._pending and self._descriptor >= 0:
                del self._pending[: os.write(self._descriptor, self._pending)]
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Closes the file."""
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _opened(self) -> int:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        self._size = os.fstat(descriptor).st_size
        return descriptor

    def _has_room(self) -> bool:
        """Whether the disk has more left than the journal's share, once old files are gone."""
        number = KEPT
        while _is_short(self._descriptor):
            self._tell_trimmed()
            while number and not self._numbered(number).exists():
                number -= 1
            if not number:
                return False
            self._numbered(number).unlink(missing_ok=True)
        self._is_trimmed = False
        return True

    def _tell_trimmed(self) -> None:
        if not self._is_trimmed:
            self._is_trimmed = True
            self._on_error(f"logs trimmed: the disk of {self.path} is nearly full, the rest is the journal's")

    def _rotate(self) -> None:
        self.close()
        try:
            for number in range(KEPT, 0, -1):
                older = self._numbered(number - 1) if number > 1 else self.path
                if older.exists():
                    older.replace(self._numbered(number))
            self._descriptor = self._opened()
        except OSError as error:
            self._give_up(error)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")

    def _give_up(self, error: OSError) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        self._pending.clear()
        self._on_error(f"the log file {self.path} ended: {error.strerror}")


def trim(folder: Path, bytes_max: int, in_use: frozenset[Path]) -> tuple[int, int]:
    """Removes our oldest log files until those of ``folder`` fit ``bytes_max``; never one in use.

    Returns how many files went and how many bytes they had. A file that cannot be removed stays.
    """
    found = []
    for path in folder.glob(f"{STEM}*.log*"):
        with contextlib.suppress(OSError):
            status = path.stat()
            found.append((status.st_mtime, status.st_size, path))
    total = sum(size for _, size, _ in found)
    files = freed = 0
    for _, size, path in sorted(found):
        if total - freed <= bytes_max:
            break
        if path in in_use:
            continue
        with contextlib.suppress(OSError):
            path.unlink()
            files, freed = files + 1, freed + size
    return files, freed


def _is_short(descriptor: int) -> bool:
    disk = os.fstatvfs(descriptor)
    reserve = min(RESERVE_BYTES, disk.f_blocks * disk.f_frsize // RESERVE_SHARE)
    return disk.f_bavail * disk.f_frsize < reserve


def auto_name(*, network: str, dex: str, asset: str, started_at: float) -> str:
    """``mm_{network|dex}_{asset}_{YYYY-MM-DD}_{HH-MM-SS}``, in UTC, without the ending."""
    where = dex or network
    return f"{STEM}{where}_{asset}_{datetime.fromtimestamp(started_at, UTC):%Y-%m-%d_%H-%M-%S}"
