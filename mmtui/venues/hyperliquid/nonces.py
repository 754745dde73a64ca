"""Nonces: strictly increasing, also across restarts, clock jumps and the processes that share a key.

Owns one small file with the highest nonce that may ever have been used. A process reserves a block
above it under a file lock and then hands out nonces from memory, so that no action waits for the
disk; ranges of two processes never overlap. Wall time is an argument. Never goes back: a clock that
jumps back continues from the last nonce. Answers F31, F54 and invariant I9.
"""

import contextlib
import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from mmtui.errors import InvariantError, JournalError

BLOCK = 10_000  # ten seconds of wall time: one write in ten seconds, and a restart skips as much
NONCE_MAX = 2**63
LOCK_TRIES = 25
LOCK_PAUSE_S = 0.02
DISK_PATIENCE_S = 2.0
REFILL_PATIENCE_S = 0.05  # a sound disk has written by then; one that has not is waited for no second time


class NonceSource:
    """Nonces of one signer; ``path`` is its high-water file, 0600, replaced atomically.

    ``headroom`` is added above the persisted value: the guard leaves that much to an engine that
    may still be alive (decisions.md ruling 20). ``must_give`` is for those who cancel when all else has
    failed: a file that cannot be used, whose disk hangs, or whose lock is held by a process that stands
    still, gives them nonces from beyond any block that another process can have reserved.
    """

    __slots__ = (
        "_current",
        "_generation",
        "_headroom",
        "_is_refilling",
        "_last",
        "_must_give",
        "_path",
        "_patience_s",
        "_refilled",
        "_spare",
    )

    def __init__(self, path: Path, *, headroom: int = 0, must_give: bool = False) -> None:
        self._path = path
        self._headroom = headroom
        self._must_give = must_give
        self._last = 0
        self._current = (1, 0)
        self._spare: tuple[int, int] | None = None
        self._generation = 0
        self._is_refilling = False
        self._refilled = threading.Event()
        self._patience_s = 0.0

    @property
    def last(self) -> int:
        """The nonce handed out last, 0 before the first."""
        return self._last

    def take(self, wall_ms: int, *, must_give: bool = False) -> int:
        """The next nonce: wall time where that is higher than every nonce before.

        Raises JournalError when the file cannot be read or written, or while ``refill`` still waits for it in its
        thread; no nonce is used then. What takes orders off the book must not wait for a disk: with ``must_give`` it
        gets one nonce that no file vouches for, and the next placing still meets the same disk.
        """
        try:
            return self._take(wall_ms)
        except JournalError:
            if not must_give:
                raise
            self._last = max(self._last, self._used_or_zero(), wall_ms - 1) + 1
            return self._last

    def _take(self, wall_ms: int) -> int:
        nonce = self._candidate(wall_ms)
        if nonce > self._current[1]:
            self._current = self._spare or self._reserve_now(wall_ms)
            self._spare = None
            nonce = self._candidate(wall_ms)
            if nonce > self._current[1]:
                self._current = self._reserve_now(wall_ms)
                nonce = self._candidate(wall_ms)
        if not self._last < nonce <= self._current[1]:
            raise InvariantError(f"nonce {nonce} does not rise within its reserved block")
        self._last = nonce
        return nonce

    def high_water(self) -> int | None:
        """The highest nonce that any process with this key can have used; 0 for none, None when nobody can tell."""
        try:
            return _read(self._path)
        except (JournalError, OSError):
            return None

    def skip_past(self, nonce: int) -> None:
        """Hand out nothing up to ``nonce``, which the venue refused or named as its floor."""
        self._last = max(self._last, nonce)

    def is_low(self, wall_ms: int) -> bool:
        """Whether ``refill`` should be called soon, off the event loop."""
        is_due = self._candidate(wall_ms) > self._current[1] - BLOCK // 2
        return is_due and self._spare is None and not self._is_refilling

    def refill(self, wall_ms: int) -> None:
        """Reserve the next block ahead of need; safe to run in a thread. Raises JournalError."""
        if self._spare is not None:
            return
        self._refilled.clear()
        self._patience_s = REFILL_PATIENCE_S
        self._is_refilling = True
        try:
            generation = self._generation
            spare = self._reserve(wall_ms)
            if generation == self._generation:
                self._spare = spare
        finally:
            self._is_refilling = False
            self._refilled.set()

    def renew(self) -> None:
        """Give up what is reserved: the next nonce lies above whatever any process has reserved by then."""
        self._generation += 1
        self._current, self._spare = (1, 0), None

    def _candidate(self, wall_ms: int) -> int:
        return max(self._last + 1, self._current[0], wall_ms)

    def _reserve_now(self, wall_ms: int) -> tuple[int, int]:
        """A block for the caller, who must not wait behind a refill that a slow disk holds up."""
        if self._is_refilling:
            patience_s, self._patience_s = self._patience_s, 0.0
            if not self._refilled.wait(patience_s):
                raise JournalError("the next nonces wait for the disk", remedy="check the disk of the state directory")
        return self._spare or self._reserve(wall_ms)

    def _reserve(self, wall_ms: int) -> tuple[int, int]:
        if not self._must_give:
            return self._reserve_in_file(wall_ms)
        try:
            return self._reserve_soon(wall_ms)
        except JournalError:
            low = max(self._used_or_zero(), self._last, wall_ms) + BLOCK + self._headroom + 1
            return low, low + BLOCK

    def _reserve_soon(self, wall_ms: int) -> tuple[int, int]:
        """A block, unless the disk hangs: whoever must cancel waits for it a moment and no longer."""
        found: list[tuple[int, int] | JournalError] = []

        def reserve() -> None:
            try:
                found.append(self._reserve_in_file(wall_ms))
            except JournalError as error:
                found.append(error)

        thread = threading.Thread(target=reserve, name="nonces", daemon=True)
        thread.start()
        thread.join(DISK_PATIENCE_S)
        outcome = found[0] if found else JournalError("the disk hangs", remedy="check the state directory")
        if isinstance(outcome, JournalError):
            raise outcome
        return outcome

    def _used_or_zero(self) -> int:
        return self.high_water() or 0

    def _reserve_in_file(self, wall_ms: int) -> tuple[int, int]:
        try:
            with _locked(self._path, waits=not self._must_give):
                used = _read(self._path)
                low = max(used, self._last) + 1 + self._headroom
                high = max(low, wall_ms) + BLOCK
                if not 0 < high < NONCE_MAX:
                    raise JournalError(f"no nonce fits after {used} at wall time {wall_ms} ms")
                _replace(self._path, high)
        except OSError as error:
            raise JournalError(
                f"the nonce file {self._path} cannot be used: {error.strerror}",
                remedy="check the owner, the mode and the free space of the state directory",
            ) from error
        return low, high


@contextlib.contextmanager
def _locked(path: Path, *, waits: bool) -> Iterator[None]:
    """Hold the lock file beside ``path``: the file itself is replaced, so its own lock would not hold.

    Without ``waits`` a lock that stays taken raises BlockingIOError: its holder may never move again.
    """
    descriptor = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if waits:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        else:
            _lock_soon(descriptor)
        yield
    finally:
        os.close(descriptor)


def _lock_soon(descriptor: int) -> None:
    for number in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if number == LOCK_TRIES - 1:
                raise
            time.sleep(LOCK_PAUSE_S)
        else:
            return


def _read(path: Path) -> int:
    try:
        text = path.read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        return 0
    if text.isascii() and text.isdigit() and len(text) < 20:
        return int(text)
    raise JournalError(
        f"the nonce file {path} is damaged",
        remedy="remove it once no process uses this key; the clock then gives the next nonce",
    )


def _replace(path: Path, value: int) -> None:
    """Write ``value`` so that a crash at any point leaves the old or the whole file."""
    draft = path.with_name(path.name + ".tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        text = f"{value}\n".encode()
        if os.write(descriptor, text) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
