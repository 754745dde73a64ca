"""When each row of a recording is due, and in which order.

Owns the reading position. Books and trades travel on separate streams and a trade usually arrives a
few milliseconds after the book that already shows it; played like that, every fill would first look
like a cancellation. So a print is played just before the first quote row whose exchange time is not
earlier, if that row was received at most LOOKAHEAD_MS before it. Silence in the file stays silence.
"""

import enum
from collections import deque
from collections.abc import Iterator

import msgspec

from mmtui.errors import ConfigError
from mmtui.venues.exchange.markets.recording_rows import PrintRow, QuoteRow, RecordedRow, RecordingReader

LOOKAHEAD_MS = 500
SILENCE_MS = 3_000
LOOP_PAUSE_MS = 1_000


class AtEnd(enum.Enum):
    """What happens after the last row."""

    HOLD = "hold"
    LOOP = "loop"
    EXIT = "exit"


def prints_before_quotes(rows: Iterator[RecordedRow]) -> Iterator[RecordedRow]:
    """The same rows with late prints moved before the quote that shows them; holds LOOKAHEAD_MS of rows."""
    pending: deque[RecordedRow] = deque()
    for row in rows:
        while pending and row.ts_ms - pending[0].ts_ms > LOOKAHEAD_MS:
            yield pending.popleft()
        if isinstance(row, PrintRow):
            _insert(pending, row)
        else:
            pending.append(row)
    yield from pending


def _insert(pending: deque[RecordedRow], row: PrintRow) -> None:
    for place, other in enumerate(pending):
        if isinstance(other, QuoteRow) and other.venue_time_ms >= row.venue_time_ms:
            pending.insert(place, msgspec.structs.replace(row, ts_ms=other.ts_ms))
            return
    pending.append(row)


class Playback:
    """Rows with their market time: milliseconds since the first quote."""

    __slots__ = ("_at_end", "_base_ms", "_is_silent", "_last_ms", "_loops", "_next", "_reader", "_rows")

    def __init__(self, reader: RecordingReader, at_end: AtEnd) -> None:
        """Read up to the first quote; raises ConfigError when the recording has none."""
        self._reader = reader
        self._at_end = at_end
        self._loops = 0
        self._is_silent = False
        self._last_ms = 0.0
        self._rows = prints_before_quotes(iter(reader))
        first = self._first_quote()
        self._next: RecordedRow | None = first
        self._base_ms = first.ts_ms

    @property
    def loops(self) -> int:
        """How often the recording has begun again."""
        return self._loops

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to play."""
        return self._next is None

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left and the exchange is to stop."""
        return self._next is None and self._at_end is AtEnd.EXIT

    @property
    def due_ms(self) -> int | None:
        """Market time of the next row; None at the end."""
        return None if self._next is None else max(0, self._next.ts_ms - self._base_ms)

    @property
    def is_silent(self) -> bool:
        """Whether the feed is down: from the last row before a gap to the first quote after it."""
        return self._is_silent

    def take(self) -> RecordedRow:
        """The next row; only while ``due_ms`` is not None."""
        row, due_ms = self._next, self.due_ms
        assert row is not None and due_ms is not None, "a finished recording has no next row"
        self._last_ms = max(self._last_ms, due_ms)
        self._next = next(self._rows, None)
        if self._next is None and self._at_end is AtEnd.LOOP:
            self._begin_again()
        is_gap = self.due_ms is not None and self.due_ms - self._last_ms > SILENCE_MS
        self._is_silent = is_gap or (self._is_silent and not isinstance(row, QuoteRow))
        return row

    def _begin_again(self) -> None:
        self._loops += 1
        self._rows = prints_before_quotes(iter(self._reader))
        first = self._first_quote()
        self._next = first
        self._base_ms = first.ts_ms - round(self._last_ms) - LOOP_PAUSE_MS

    def _first_quote(self) -> QuoteRow:
        for row in self._rows:
            if isinstance(row, QuoteRow) and row.bids and row.asks and not row.is_crossed:
                return row
        raise ConfigError(
            f"{self._reader.path.name} holds no book or bbo of {self._reader.coin}",
            remedy="record bbo or l2Book of this coin, or name another coin",
        )
