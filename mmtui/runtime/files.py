"""Writing small files so that a crash leaves the old or the whole one, and times for people."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

from mmtui.errors import JournalError


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Writes ``data`` durably so that a crash at any point leaves the old or the whole file.

    Raises JournalError when the disk refuses.
    """
    draft = path.with_name(path.name + ".tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            if os.write(descriptor, data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        draft.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise JournalError(
            f"{path} cannot be written: {error.strerror}", remedy="check the disk and the owner"
        ) from None


def sync_folder(folder: Path) -> None:
    """Makes the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def utc_text(at: float) -> str:
    """Epoch seconds for people, to the second."""
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (ValueError, OverflowError, OSError):
        return "an unknown time"
