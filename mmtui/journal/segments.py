"""Segments: a long recording as files of a few minutes, kept within a budget of bytes and days.

Owns their names, when one ends and the next begins, and which of the oldest are removed. Names hold the run
and the time of the first message, so they sort by time within a run and are told from other markets' files.
Recordings in one file, named without a time, are listed and removed like segments.
"""

import contextlib
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

SEGMENT_S = 300.0
SEGMENT_BYTES = 64 * 1024 * 1024
ENDING = ".jsonl.zst"
RESERVE_BYTES = 64 * 1024 * 1024
RESERVE_SHARE = 8  # of a small disk an eighth
_STAMP = "%Y%m%dT%H%M%S"


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """What the recordings of one market may take, and when a file is long enough."""

    kept_bytes: int
    kept_s: float
    segment_s: float = SEGMENT_S
    segment_bytes: int = SEGMENT_BYTES


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a market: its bytes, and the time it was written to last, epoch seconds."""

    path: Path
    size_bytes: int
    written_at: float


class Shelf:
    """The recordings of one market, and the names of those of one run. ``now`` dates files: epoch seconds."""

    __slots__ = ("_market", "_now", "_run_id", "budget", "folder")

    def __init__(self, folder: Path, market: str, run_id: str, budget: Budget, *, now: Callable[[], float]) -> None:
        self.folder = folder
        self.budget = budget
        self._market = market
        self._run_id = run_id
        self._now = now

    def path_at(self, ts_ms: int) -> Path:
        """The file that begins with a message of ``ts_ms``, epoch milliseconds; never one that exists."""
        stamp = f"{datetime.fromtimestamp(ts_ms / 1000, UTC):{_STAMP}}{ts_ms % 1000:03d}"
        stem = f"{self._market}-{self._run_id}-{stamp}"
        path, number = self.folder / f"{stem}{ENDING}", 1
        while path.exists():
            number += 1
            path = self.folder / f"{stem}.{number}{ENDING}"
        return path

    def is_full(self, *, age_s: float, size_bytes: int) -> bool:
        """Whether a file of this age and size is long enough."""
        return age_s >= self.budget.segment_s or age_s < 0.0 or size_bytes >= self.budget.segment_bytes

    def prune(self, keep: Path | None = None) -> int:
        """Removes the oldest files until the budget holds; returns how many went. ``keep`` is being written."""
        segments, now = segments_of(self.folder, self._market), self._now()
        left = sum(segment.size_bytes for segment in segments)
        gone = 0
        for segment in segments:
            if left <= self.budget.kept_bytes and now - segment.written_at <= self.budget.kept_s:
                continue
            if segment.path != keep and _removed(segment.path):
                left -= segment.size_bytes
                gone += 1
        return gone

    def make_room(self, descriptor: int, keep: Path) -> bool:
        """Removes old files while the disk is nearly full; whether there is room then. The rest is the journal's."""
        for segment in segments_of(self.folder, self._market):
            if not is_short(descriptor):
                return True
            if segment.path != keep:
                _removed(segment.path)
        return not is_short(descriptor)


def segments_of(folder: Path, market: str) -> list[Segment]:
    """The recordings of a market, by the time they were last written to; none where there is no folder."""
    name = re.compile(re.escape(market) + r"-[0-9a-f]{8}(-\d{8}T\d{9}(\.\d+)?)?" + re.escape(ENDING))
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if name.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    status = entry.stat()
                    found.append(Segment(path=Path(entry.path), size_bytes=status.st_size, written_at=status.st_mtime))
    return sorted(found, key=lambda segment: (segment.written_at, segment.path.name))


def is_short(descriptor: int) -> bool:
    """Whether a file's disk has no more left than what the journal and the latches may need."""
    disk = os.fstatvfs(descriptor)
    if not disk.f_blocks:
        return False
    reserve = min(RESERVE_BYTES, disk.f_blocks * disk.f_frsize // RESERVE_SHARE)
    return disk.f_bavail * disk.f_frsize < reserve


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
