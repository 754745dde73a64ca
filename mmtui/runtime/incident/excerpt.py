"""The stretch of a market's recordings that a bundle or a rehearsal is about, as one recording.

Owns which segments overlap the stretch and the joining of their lines; log lines that a picture left to an
earlier one of its file are put back into the first picture taken. Reads files that are still being written.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mmtui.domain.view import LogLine
from mmtui.errors import JournalError
from mmtui.journal.recording import PICTURE, RecordedMessage, picture_message, read_recording
from mmtui.journal.segments import segments_of

LOG_LINES_MAX = 500
_PICTURE_START = b'{"channel":"' + PICTURE.encode() + b'"'
_MESSAGE = b',"msg":'


class _Logged(msgspec.Struct):
    log: tuple[LogLine, ...] = ()


class _Picture(msgspec.Struct):
    data: _Logged


class _Whole(msgspec.Struct):
    data: dict[str, msgspec.Raw]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Files that overlap a span of time, oldest first; times are epoch milliseconds of the messages."""

    paths: tuple[Path, ...]
    from_ms: int
    to_ms: int


def message_of(line: bytes) -> bytes:
    """The message in a line of ``lines_of``."""
    return line[line.index(_MESSAGE) + len(_MESSAGE) : -2]


def is_picture(line: bytes) -> bool:
    """Whether a line, or the message in it, is a picture of ours."""
    return _PICTURE_START in line[:80]


def logged_in(message: bytes) -> tuple[LogLine, ...]:
    """The log lines of a picture; none where it cannot be read."""
    try:
        return msgspec.json.decode(message, type=_Picture).data.log
    except msgspec.MsgspecError:
        return ()


def last_ms(folder: Path, market: str) -> int | None:
    """The time of the last message recorded of a market; None where nothing is."""
    for segment in reversed(segments_of(folder, market)):
        times = [row.ts for row in _readable(segment.path)]
        if times:
            return times[-1]
    return None


def stretch_of(folder: Path, market: str, *, from_ms: int, to_ms: int) -> Stretch:
    """The files of a market that hold messages of that time."""
    paths = []
    for segment in reversed(segments_of(folder, market)):
        first = next((row.ts for row in _readable(segment.path)), None)
        if first is None or first > to_ms:
            continue
        paths.append(segment.path)
        if first <= from_ms:
            break
    return Stretch(paths=tuple(reversed(paths)), from_ms=from_ms, to_ms=to_ms)


def lines_of(stretch: Stretch, clean: Callable[[bytes], bytes] = bytes) -> Iterator[bytes]:
    """Each message of the stretch as its line, cleaned."""
    for path in stretch.paths:
        carried: list[LogLine] = []
        is_first = True
        for row in _readable(path):
            message = bytes(row.msg)
            if row.ts < stretch.from_ms:
                if is_picture(message):
                    carried = [*carried, *logged_in(message)][-LOG_LINES_MAX:]
                continue
            if row.ts > stretch.to_ms:
                break
            if is_first and is_picture(message):
                message, is_first = _with_log(message, carried), False
            yield b'{"ts":%d,"msg":%b}\n' % (row.ts, clean(message))


def _readable(path: Path) -> Iterator[RecordedMessage]:
    """Messages up to where a file can no longer be read; it may be removed meanwhile."""
    with contextlib.suppress(JournalError):
        yield from read_recording(path)


def _with_log(message: bytes, earlier: list[LogLine]) -> bytes:
    if not earlier:
        return message
    try:
        fields = msgspec.json.decode(message, type=_Whole).data
        lines = msgspec.json.decode(fields.get("log", msgspec.Raw(b"[]")), type=tuple[LogLine, ...])
    except msgspec.MsgspecError:
        return message
    fields["log"] = msgspec.Raw(msgspec.json.encode([*earlier, *lines]))
    return picture_message(msgspec.json.encode(fields))
