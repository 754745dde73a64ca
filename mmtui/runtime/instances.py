"""Which markets are traded by which process: the lock, and the announcements of running instances.

Owns one lock file a market, held by ``flock`` so that any death of the process frees it, and the
list that `mmtui status` reads. Never signals a process. Answers M10.
"""

import contextlib
import fcntl
import os
from pathlib import Path

import msgspec

from mmtui.errors import LockError
from mmtui.runtime.files import replace_file, utc_text

_TRIES = 1_000


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A running instance as it announces itself."""

    id: str
    pid: int
    network: str
    account: str
    coin: str
    started_at: float
    version: str
    run_kind: str
    socket: str = ""
    metrics_port: int = 0
    guard_pid: int = 0


class _Holder(msgspec.Struct, frozen=True):
    pid: int
    since: float


class RunLock:
    """Held while a process trades a market; freed by the system however the process ends."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path, market: str, *, since: float) -> "RunLock":
        """The lock of ``market``; raises LockError naming who holds it. ``since`` is epoch seconds."""
        path = folder / f"{market}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _flocked(descriptor):
            holder = _held_by(descriptor)
            os.close(descriptor)
            raise LockError(
                f"{market} is already traded by {holder}",
                remedy="stop that process first, or trade another market",
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, msgspec.json.encode(_Holder(os.getpid(), since)), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Gives the lock back."""
        os.close(self._descriptor)


def is_locked(folder: Path, market: str) -> bool:
    """Whether a live process trades ``market``."""
    try:
        descriptor = os.open(folder / f"{market}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def other_holder(folder: Path, market: str, pid: int) -> bool:
    """Whether a live process other than ``pid`` trades ``market``; what cannot be read is nobody.

    One that holds the lock and has not announced itself still reads what was left, and may yet refuse to start.
    """
    try:
        descriptor = os.open(folder / f"{market}.lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if _try(descriptor, fcntl.LOCK_SH):
            return False
        holder = msgspec.json.decode(os.pread(descriptor, 500, 0), type=_Holder).pid
        announced = msgspec.json.decode((folder / f"{market}.running.json").read_bytes(), type=Running).pid
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return False
    finally:
        os.close(descriptor)
    return holder == announced != pid


def register(folder: Path, running: Running) -> None:
    """Announces a running instance; call with its lock held."""
    replace_file(folder / f"{running.id}.running.json", msgspec.json.encode(running))


def unregister(folder: Path, market: str) -> None:
    """Takes the announcement back; one that will not go says nothing once the lock is free."""
    with contextlib.suppress(OSError):
        (folder / f"{market}.running.json").unlink(missing_ok=True)


def running_instances(folder: Path) -> list[Running]:
    """Every instance that is alive, by id; what dead ones left behind is removed."""
    alive = []
    for path in sorted(folder.glob("*.running.json")):
        try:
            running = msgspec.json.decode(path.read_bytes(), type=Running)
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
            continue
        if is_locked(folder, running.id):
            alive.append(running)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    return alive


def _flocked(descriptor: int) -> bool:
    """Takes the lock. Who only looks shares it for a moment, which is no reason to refuse: who trades never shares."""
    for _ in range(_TRIES):
        if _try(descriptor, fcntl.LOCK_EX):
            return True
        if not _try(descriptor, fcntl.LOCK_SH):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.sched_yield()
    return False


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _held_by(descriptor: int) -> str:
    try:
        holder = msgspec.json.decode(os.pread(descriptor, 500, 0), type=_Holder)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "another process"
    return f"process {holder.pid} since {utc_text(holder.since)}"
