"""A market played from a recording: its books and its tape are the background.

Frames are re-stamped to the exchange's clock and keep the lag they were recorded with. Account orders
stand in the displayed queues (``displayed``), advance with the prints at their price, and are filled
by prints at or through it. Prints that a subscription replayed from the past, and repeated trade
ids, are left out. Taker orders of accounts consume what is displayed until the next snapshot.
"""

import statistics
from collections import deque
from pathlib import Path

import msgspec

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Instrument, Side
from mmtui.errors import InvariantError
from mmtui.venues.exchange.executions import BACKGROUND, BookOrder, MatchResult, MayFill, Settle
from mmtui.venues.exchange.markets.displayed import DecreaseRule, DisplayedBook
from mmtui.venues.exchange.markets.flow import MarketStep, Print, print_of
from mmtui.venues.exchange.markets.makers import OidSource
from mmtui.venues.exchange.markets.market_clock import MarketClock
from mmtui.venues.exchange.markets.playback import AtEnd, Playback
from mmtui.venues.exchange.markets.recording_rows import ContextRow, PrintRow, QuoteRow, RecordingReader
from mmtui.venues.exchange.matching import MatchingBook

BACKLOG_MS = 5_000
TIDS_REMEMBERED = 20_000
ORACLE_WINDOW_MS = 5_000


class RecordedMarket:
    """The background of one coin, read from a file."""

    __slots__ = (
        "_book_time_ms",
        "_clock",
        "_displayed",
        "_instrument",
        "_oids",
        "_playback",
        "_reference",
        "_rule",
        "_tape",
    )

    def __init__(
        self,
        instrument: Instrument,
        path: Path,
        *,
        speed: float = 1.0,
        at_end: AtEnd = AtEnd.HOLD,
        decrease_rule: DecreaseRule = DecreaseRule.PROPORTIONAL,
    ) -> None:
        """Open the file and find the first quote.

        Raises ConfigError for a file that cannot be read or holds no quote of the coin.
        """
        self._instrument = instrument
        self._playback = Playback(RecordingReader(path, instrument), at_end)
        self._clock = MarketClock(speed)
        self._rule = decrease_rule
        self._displayed: DisplayedBook | None = None
        self._oids = OidSource()
        self._tape = _Tape()
        self._reference = _Reference(instrument)
        self._book_time_ms = 0

    @property
    def instrument(self) -> Instrument:
        """The contract traded."""
        return self._instrument

    def start(self, now_ms: int, book: MatchingBook) -> None:
        """Show the first quote of the file."""
        self._clock.start(now_ms)
        self._displayed = DisplayedBook(book, self._oids, self._rule)
        self.advance(now_ms, book, _nobody_to_ask, _nobody_to_settle)

    def advance(self, now_ms: int, book: MatchingBook, may_fill: MayFill, settle: Settle) -> MarketStep:
        """Play every row due until ``now_ms``; raises ConfigError at a row that cannot be read."""
        until_ms = self._clock.market_ms(now_ms)
        prints: list[Print] = []
        results: list[MatchResult] = []
        is_changed = False
        while (due_ms := self._playback.due_ms) is not None and due_ms <= until_ms:
            row = self._playback.take()
            at_ms = min(now_ms, self._clock.exchange_ms(due_ms))
            if isinstance(row, ContextRow):
                self._reference.recorded = row.context
            elif isinstance(row, PrintRow):
                if self._is_fresh(row):
                    result = self._play(row, book, may_fill, settle)
                    results.append(result)
                    prints.extend(self._tape.show(row, result, at_ms, self._playback.loops))
                    is_changed = True
            elif not row.is_crossed:
                shown = self._show(row, due_ms, may_fill, settle)
                self._book_time_ms = max(self._book_time_ms, at_ms - row.lag_ms)
                results.extend(shown)
                prints.extend(self._tape.show_trades(shown, at_ms - row.lag_ms))
                is_changed = True
        refused = [order for result in results for order in result.refused]
        return MarketStep(prints, refused, is_changed, self._book_time_ms)

    def oracle(self, now_ms: int) -> float:
        """The recorded oracle where there is one, otherwise the median mid of the last five seconds."""
        return self._reference.context(self._clock.market_ms(now_ms)).oracle

    def context(self, now_ms: int) -> AssetContext | None:
        """The recorded context, or mark and oracle at the median mid with no funding."""
        return self._reference.context(self._clock.market_ms(now_ms))

    def next_event_ms(self) -> int | None:
        """Time of the next row."""
        due_ms = self._playback.due_ms
        return None if due_ms is None else self._clock.exchange_ms(due_ms)

    def outside_open_interest(self) -> float:
        """Nothing beyond what the context states."""
        return 0.0

    def is_silent(self, now_ms: int) -> bool:
        """Whether the recording is inside an outage with nothing due by ``now_ms`` to end it."""
        due_ms = self._playback.due_ms
        is_due = due_ms is not None and due_ms <= self._clock.market_ms(now_ms)
        return self._playback.is_silent and not is_due

    def is_finished(self, now_ms: int) -> bool:
        """Whether the file has ended and was to be played with ``exit``."""
        del now_ms
        return self._playback.is_finished

    def _is_fresh(self, row: PrintRow) -> bool:
        return row.lag_ms <= BACKLOG_MS and self._tape.is_first(row, self._playback.loops)

    def _play(self, row: PrintRow, book: MatchingBook, may_fill: MayFill, settle: Settle) -> MatchResult:
        """Let the print's aggressor trade with the queue it traded with."""
        taker = BookOrder(self._oids.take(), BACKGROUND, row.side, row.price, row.size, tif="Ioc")
        result = book.match_print(taker, row.price, may_fill, settle)
        self._display.keep_side(row.side.opposite, row.price)
        return result

    @property
    def _display(self) -> DisplayedBook:
        if self._displayed is None:
            raise InvariantError("a recorded market is advanced before it is started")
        return self._displayed

    def _show(self, row: QuoteRow, market_ms: float, may_fill: MayFill, settle: Settle) -> list[MatchResult]:
        if row.bids and row.asks:
            self._reference.see(market_ms, (row.bids[0][0] + row.asks[0][0]) / 2)
        return self._display.show(row, may_fill, settle)


class _Tape:
    """The public tape: each recorded print once, in time order."""

    __slots__ = ("_last_ms", "_loops", "_seen")

    def __init__(self) -> None:
        self._seen: dict[int, None] = {}
        self._loops = 0
        self._last_ms = 0

    def is_first(self, row: PrintRow, loops: int) -> bool:
        """Whether this trade id is met for the first time in this run through the file."""
        if loops != self._loops:
            self._loops = loops
            self._seen.clear()
        if row.tid in self._seen:
            return False
        self._seen[row.tid] = None
        if len(self._seen) > TIDS_REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return True

    def show(self, row: PrintRow, result: MatchResult, time_ms: int, loops: int) -> list[Print]:
        """The recorded print, with the part that traded with accounts shown as trades of their own."""
        time_ms = self._stamp(time_ms - row.lag_ms)
        key = row.key or f"0x{loops:016x}{row.venue_time_ms:032x}{row.side is Side.BUY:016x}"
        found = [
            msgspec.structs.replace(print_of(execution, time_ms), order_key=key)
            for execution in result.executions
            if execution.maker_account
        ]
        left = row.size - sum(print_.size for print_ in found)
        if left > 0:
            tid = (row.tid + loops) % (1 << 50)
            found.append(Print(time_ms, row.side, row.price, left, tid, key))
        return found

    def show_trades(self, results: list[MatchResult], time_ms: int) -> list[Print]:
        """Trades between account orders and a displayed opposite touch."""
        time_ms = self._stamp(time_ms) if results else time_ms
        return [print_of(execution, time_ms) for result in results for execution in result.executions]

    def _stamp(self, time_ms: int) -> int:
        """Times on the tape never fall."""
        self._last_ms = max(self._last_ms, time_ms)
        return self._last_ms


class _Reference:
    """Mark and oracle: as recorded, else the median of recent mids."""

    __slots__ = ("_mids", "_scale", "recorded")

    def __init__(self, instrument: Instrument) -> None:
        self._scale: float = float(10**instrument.price_decimals)
        self._mids: deque[tuple[float, float]] = deque()
        self.recorded: AssetContext | None = None

    def see(self, market_ms: float, mid: float) -> None:
        """Note the mid, in price units, from ``market_ms`` on."""
        self._mids.append((market_ms, mid))
        self._forget(market_ms)

    def context(self, market_ms: float) -> AssetContext:
        """The figures at ``market_ms``; before the first quote there are none to ask for."""
        if self.recorded is not None:
            return self.recorded
        self._forget(market_ms)
        median = statistics.median(mid for _, mid in self._mids) / self._scale
        return AssetContext(median, median, 0.0, 0.0)

    def _forget(self, market_ms: float) -> None:
        """Drop what is older than the window, but keep the last mid."""
        while len(self._mids) > 1 and self._mids[0][0] < market_ms - ORACLE_WINDOW_MS:
            self._mids.popleft()


def _nobody_to_ask(_maker: BookOrder, _size: int) -> int:
    raise InvariantError("an account order rests before the market has started")


def _nobody_to_settle(_execution: object) -> None:
    raise InvariantError("an account traded before the market has started")
