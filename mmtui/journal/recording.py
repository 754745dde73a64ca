"""Recordings: the venue's own messages with the time we received them, one JSON object a line.

Owns the format ``{"ts": local milliseconds, "msg": message}``, its zstd writer, which never makes
the event loop wait, and a reader for ``.zst``, ``.gz`` and plain files that ends quietly at a torn
tail. A recording that cannot be written stops with one report; trading goes on.
"""

import gzip
import io
import os
import queue
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import zstandard

from mmtui.errors import JournalError
from mmtui.journal.port import OnError

PENDING_MAX = 50_000
FLUSH_MS = 1_000
LINE_MAX = 16 * 1024 * 1024
LEVEL = 3


class RecordedMessage(msgspec.Struct, frozen=True, gc=False):
    """One message; ``ts`` is when it was received, local milliseconds, ``msg`` its bytes."""

    ts: int
    msg: msgspec.Raw


class Recorder:
    """Appends messages to one file from a thread of its own; ``on_error`` runs in that thread, once.

    Messages beyond ``PENDING_MAX`` waiting ones are dropped and counted in ``dropped``.
    """

    def __init__(self, path: Path, *, on_error: OnError) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"the recording {path} cannot be written: {error.strerror}") from None
        self.path = path
        self.dropped = 0
        self._file = os.fdopen(descriptor, "wb")
        self._on_error = on_error
        self._inbox: queue.SimpleQueue[tuple[int, bytes] | None] = queue.SimpleQueue()
        self._is_failed = False
        self._thread = threading.Thread(target=self._write, name="recording", daemon=True)
        self._thread.start()

    def record(self, ts_ms: int, message: bytes) -> None:
        """Takes one message as it came; never blocks."""
        if self._is_failed:
            return
        if self._inbox.qsize() >= PENDING_MAX:
            self.dropped += 1
            return
        self._inbox.put((ts_ms, message))

    def tap(self, clock: Callable[[], float]) -> Callable[[bytes], None]:
        """A sink for raw messages that stamps them with ``clock`` (epoch seconds)."""
        return lambda message: self.record(int(clock() * 1000), message)

    def close(self) -> None:
        """Writes what is waiting and closes the file."""
        self._inbox.put(None)
        self._thread.join()

    def _write(self) -> None:
        try:
            with self._file, zstandard.ZstdCompressor(level=LEVEL).stream_writer(self._file, closefd=False) as stream:
                flushed_ms = 0
                while (item := self._inbox.get()) is not None:
                    ts_ms, message = item
                    stream.write(b'{"ts":%d,"msg":%b}\n' % (ts_ms, message.replace(b"\n", b" ")))
                    if abs(ts_ms - flushed_ms) >= FLUSH_MS:
                        stream.flush(zstandard.FLUSH_BLOCK)
                        self._file.flush()
                        flushed_ms = ts_ms
        except (OSError, ValueError, zstandard.ZstdError) as error:
            self._is_failed = True
            self._on_error(f"the recording {self.path.name} ended: {error}")


def read_recording(path: Path) -> Iterator[RecordedMessage]:
    """The messages of a recording, in file order.

    A last line that was cut off is left out; a broken line before it raises JournalError with its number.
    """
    decode = msgspec.json.Decoder(RecordedMessage).decode
    broken = 0
    for number, line in enumerate(_lines(path), start=1):
        if broken:
            raise JournalError(f"{path}:{broken} is not a recorded message", remedy="cut the damaged line out")
        try:
            message = decode(line)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            broken = number
            continue
        yield message
    if broken == 1:
        raise JournalError(f"{path} is not a recording", remedy='give a file of {"ts": ..., "msg": ...} lines')


def _lines(path: Path) -> Iterator[bytes]:
    """Lines up to the end of the readable part; an unfinished compressed tail is the end."""
    try:
        with _opened(path) as stream:
            while line := _next_line(stream):
                if len(line) > LINE_MAX:
                    raise JournalError(f"{path} has a line of more than {LINE_MAX >> 20} MB, so it is not a recording")
                if line.strip():
                    yield line
    except OSError as error:
        raise JournalError(f"{path} cannot be read: {error.strerror or error}") from None


def _next_line(stream: BinaryIO) -> bytes:
    try:
        return stream.readline(LINE_MAX + 1)
    except (EOFError, zlib.error, zstandard.ZstdError):
        return b""


def _opened(path: Path) -> BinaryIO:
    if path.suffix == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    raw = path.open("rb")
    if path.suffix != ".zst":
        return raw
    reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=True)
    return io.BufferedReader(reader)
