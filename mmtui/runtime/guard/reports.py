"""The guard's reports on disk: one line for each piece of work, readable by the owner only.

Owns the file ``MARKET.guard.jsonl``: the guard appends, the next start of the engine reads the last
line. Bounded: what is older is dropped when the file has grown.
"""

import contextlib
import os
from pathlib import Path

import msgspec

from mmtui.runtime.guard.work import Report

BYTES_MAX = 256 * 1024


def keep_report(path: Path, report: Report) -> None:
    """Adds one line; a disk that refuses does not keep the guard from its work."""
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(report) + b"\n")
            if os.fstat(descriptor).st_size > BYTES_MAX:
                _drop_older(path)
        finally:
            os.close(descriptor)


def last_report(path: Path) -> Report | None:
    """What the guard did last; None when it never had to, or when the line cannot be read."""
    try:
        lines = path.read_bytes().splitlines()
        return msgspec.json.decode(lines[-1], type=Report) if lines else None
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _drop_older(path: Path) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    draft = path.with_name(path.name + ".tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, b"".join(lines[len(lines) // 2 :]))
    finally:
        os.close(descriptor)
    draft.replace(path)
