"""Small files: read without waiting, written so that a crash leaves the old or the whole one; times for people."""

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mmtui.errors import JournalError


def replace_file(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Writes ``data`` durably so that a crash at any point leaves the old or the whole file.

    Raises JournalError when the disk refuses.
    """
    # A name of its own: two who write the same file at once must not share a draft.
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_native_id()}.tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
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
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise JournalError(
            f"{path} cannot be written: {error.strerror}", remedy="check the disk and the owner"
        ) from None


def within(seconds: float, write: Callable[[], None]) -> None:
    """Does a write and waits so long for the disk; raises JournalError when it refuses or hangs."""
    outcome: list[JournalError | None] = []

    def work() -> None:
        try:
            write()
            outcome.append(None)
        except JournalError as error:
            outcome.append(error)

    thread = threading.Thread(target=work, name="write", daemon=True)
    thread.start()
    thread.join(seconds)
    error = outcome[0] if outcome else JournalError("the disk hangs", remedy="check the disk of the state folder")
    if error is not None:
        raise error


def read_small_file(path: Path, size_max: int) -> tuple[bytes, os.stat_result]:
    """The bytes of a regular file, never blocking on a pipe or device.

    Raises FileNotFoundError, other OSErrors, and ValueError saying what is wrong with the file.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        if status.st_size > size_max:
            raise ValueError(f"{status.st_size // 1024} kB, more than the {size_max // 1024} kB allowed")
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            data = stream.read(size_max + 1)
    finally:
        os.close(descriptor)
    if len(data) > size_max:
        raise ValueError(f"more than the {size_max // 1024} kB allowed")
    return data, status


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
