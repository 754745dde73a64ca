"""Recordings: the venue's own messages with the time we received them, one JSON object a line.

Owns the format ``{"ts": local milliseconds, "msg": message}``, its zstd writer, which never makes
the event loop wait, and a reader for ``.zst``, ``.gz`` and plain files that ends quietly at a torn
tail. A recording that cannot be written stops with one report; trading goes on. Pictures of what a
person could see are messages of a channel of ours, which readers of markets pass over; so are those
that came damaged and are no JSON, kept as text lest they spoil the lines after them.
"""

import contextlib
import errno
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

from mmtui.domain.history_view import HistoriesView
from mmtui.domain.view import View
from mmtui.errors import JournalError
from mmtui.journal.port import OnError
from mmtui.journal.segments import Shelf

PENDING_MAX = 50_000
FLUSH_MS = 1_000
LINE_MAX = 16 * 1024 * 1024
LEVEL = 3
CLOSE_TIMEOUT_S = 5.0
PICTURE = "mmtui.picture"
DAMAGED = "mmtui.damaged"


class RecordedMessage(msgspec.Struct, frozen=True, gc=False):
    """One message; ``ts`` is when it was received, local milliseconds, ``msg`` its bytes."""

    ts: int
    msg: msgspec.Raw


class Recorder:
    """Appends messages and pictures from a thread of its own; ``on_error`` runs in that thread, once.

    Messages beyond ``PENDING_MAX`` waiting ones are dropped and counted in ``dropped``. With a shelf one file
    follows another as it says; without one everything goes to ``path``.
    """

    def __init__(self, path: Path, *, on_error: OnError, shelf: Shelf | None = None) -> None:
        self._file = _File(path)
        self.path = path
        self.dropped = 0
        self._shelf = shelf
        self._pictures = _Pictures()
        self._on_error = on_error
        self._inbox: queue.SimpleQueue[tuple[int, bytes | View] | None] = queue.SimpleQueue()
        self._is_failed = False
        self._thread = threading.Thread(target=self._write, name="recording", daemon=True)
        self._thread.start()

    def record(self, ts_ms: int, message: bytes) -> None:
        """Takes one message as it came; never blocks."""
        self._put(ts_ms, message)

    def show(self, ts_ms: int, view: View) -> None:
        """Takes a picture of what a person could see then; never blocks."""
        self._put(ts_ms, view)

    def _put(self, ts_ms: int, what: bytes | View) -> None:
        if self._is_failed:
            return
        if self._inbox.qsize() >= PENDING_MAX:
            self.dropped += 1
            return
        self._inbox.put((ts_ms, what))

    def tap(self, clock: Callable[[], float]) -> Callable[[bytes], None]:
        """A sink for raw messages that stamps them with ``clock`` (epoch seconds)."""
        return lambda message: self.record(int(clock() * 1000), message)

    def close(self) -> None:
        """Writes what is waiting and closes the file; a disk that hangs is not waited for long."""
        self._inbox.put(None)
        self._thread.join(CLOSE_TIMEOUT_S)

    def _write(self) -> None:
        try:
            while (item := self._inbox.get()) is not None:
                ts_ms, what = item
                line = self._pictures.line(what) if isinstance(what, View) else _sound(what)
                self._file.write(ts_ms, b'{"ts":%d,"msg":%b}\n' % (ts_ms, line))
                if self._shelf is not None:
                    self._keep_within(self._shelf, ts_ms)
        except (JournalError, OSError, ValueError, zstandard.ZstdError, msgspec.MsgspecError) as error:
            self._is_failed = True
            self._on_error(f"the recording {self.path.name} ended: {error}")
        finally:
            with contextlib.suppress(OSError, ValueError, zstandard.ZstdError):
                self._file.close()

    def _keep_within(self, shelf: Shelf, ts_ms: int) -> None:
        file = self._file
        if file.is_fresh and not shelf.make_room(file.descriptor, self.path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if file.is_fresh and shelf.is_full(age_s=(ts_ms - file.first_ms) / 1000, size_bytes=file.size_bytes):
            file.close()
            self.path = shelf.path_at(ts_ms)
            self._file = _File(self.path)
            self._pictures = _Pictures()
            shelf.prune(self.path)


def _sound(message: bytes) -> bytes:
    """A message on one line; as text in a message of ours where it is no JSON."""
    try:
        msgspec.json.decode(message, type=msgspec.Raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        text = message.decode(errors="backslashreplace")
        return b'{"channel":"%b","data":%b}' % (DAMAGED.encode(), msgspec.json.encode(text))
    return message.replace(b"\n", b" ")


class _File:
    """One compressed file, made anew; ``is_fresh`` just after everything so far can be read by others."""

    __slots__ = ("_file", "_flushed_ms", "_stream", "descriptor", "first_ms", "is_fresh")

    def __init__(self, path: Path) -> None:
        try:
            self.descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalError(f"the recording {path} cannot be written: {error.strerror}") from None
        self._file = os.fdopen(self.descriptor, "wb")
        self._stream = zstandard.ZstdCompressor(level=LEVEL).stream_writer(self._file, closefd=False)
        self._flushed_ms = 0
        self.first_ms = 0
        self.is_fresh = False

    @property
    def size_bytes(self) -> int:
        """Bytes written."""
        return self._file.tell()

    def write(self, ts_ms: int, line: bytes) -> None:
        """Appends a line; what is older than a second is handed to the system."""
        self.first_ms = self.first_ms or ts_ms
        self._stream.write(line)
        self.is_fresh = abs(ts_ms - self._flushed_ms) >= FLUSH_MS
        if self.is_fresh:
            self._stream.flush(zstandard.FLUSH_BLOCK)
            self._file.flush()
            self._flushed_ms = ts_ms

    def close(self) -> None:
        """Ends the file."""
        with self._file:
            self._stream.flush(zstandard.FLUSH_FRAME)


class _Pictures:
    """Pictures as messages: log lines once a file, histories not at all, since a reader has the earlier pictures."""

    __slots__ = ("_encode", "_seq")

    def __init__(self) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._seq = 0

    def line(self, view: View) -> bytes:
        """The message of one picture."""
        lines = tuple(line for line in view.log if line.seq > self._seq)
        self._seq = max((line.seq for line in lines), default=self._seq)
        return picture_message(self._encode(msgspec.structs.replace(view, log=lines, histories=HistoriesView())))


def picture_message(view: bytes) -> bytes:
    """A picture, already JSON, as a message of its own channel."""
    return b'{"channel":"%b","data":%b}' % (PICTURE.encode(), view)


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
