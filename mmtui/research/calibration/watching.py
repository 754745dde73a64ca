"""Plays recordings into the program's own estimators and keeps what offline fits need.

Owns what an interruption is, which is what the live panel takes for one, and the defects met. Books pass the gate
of the live program; prints pass its filter. The panel is fed in the order and at the times of receiving, as live.
Never fits anything.
"""

from collections.abc import Iterator
from pathlib import Path

from mmtui.domain.book import AssetContext, Book, Touch, Trade, book_refusal, touch_refusal
from mmtui.domain.parameters import Settings
from mmtui.errors import ConfigError
from mmtui.estimators.adverse.own_fills import OwnFill
from mmtui.estimators.fair.microprice import SPACING_S
from mmtui.estimators.flow import FlowImbalance, TopOfBook
from mmtui.estimators.panel import EstimatorPanel
from mmtui.estimators.readings import FEED_GAP_S
from mmtui.estimators.tape import PRINT_AGE_S, AggressiveOrders, TapeFilter, order_key
from mmtui.estimators.volatility.volume_clock import VolumeClock, VolumeTick
from mmtui.research.calibration.observed import Fill, Observed, Order, Sample
from mmtui.research.calibration.own_rows import OwnRow, own_rows
from mmtui.research.calibration.readings import LiveReadings
from mmtui.research.calibration.returns import ReturnChain
from mmtui.research.calibration.sources import Recordings, Source
from mmtui.venues.exchange.markets.recording_rows import ContextRow, PrintRow, QuoteRow, RecordedRow, RecordingReader
from mmtui.venues.exchange.markets.statistics import StatisticsMeter

SPREAD_DIGITS = 9
MS = 0.001


def watch(recordings: Recordings, settings: Settings, *, feeds_panel: bool = True) -> "Watcher":
    """Plays every file once; raises ConfigError for rows that cannot be read and files that overlap in time.

    Without the panel only what is observed is kept, in half the time.
    """
    watcher = Watcher(recordings, settings, feeds_panel=feeds_panel)
    last: Source | None = None
    for source in recordings.sources:
        if last is not None and source.first_ms * MS < watcher.observed.span.last:
            names = f"{last.path.name} and {source.path.name}"
            raise ConfigError(f"{names} overlap in time", remedy="leave one of them out: what both hold counts twice")
        for row in _merged(source.path, recordings):
            watcher.take(row)
        last = source
    watcher.finish()
    return watcher


def _merged(path: Path, recordings: Recordings) -> Iterator[RecordedRow | OwnRow]:
    """Market rows and own fills in the order of receiving."""
    own = own_rows(path, recordings.instrument.coin)
    waiting = next(own, None)
    for row in RecordingReader(path, recordings.instrument):
        while waiting is not None and waiting.ts_ms <= row.ts_ms:
            yield waiting
            waiting = next(own, None)
        yield row


class Watcher:
    """Takes rows one by one; ``live`` has what the panel said meanwhile, ``meter`` the market in figures."""

    __slots__ = (
        "_clock", "_filter", "_flow", "_orders", "_panel", "_returns", "_scales", "_stretch", "_tids", "_top",
        "live", "meter", "observed",
    )  # fmt: skip

    def __init__(self, recordings: Recordings, settings: Settings, *, feeds_panel: bool = True) -> None:
        instrument = recordings.instrument
        self._panel = EstimatorPanel(settings, instrument) if feeds_panel else None
        self._top = TopOfBook(settings)
        self._filter = TapeFilter()
        self._orders = AggressiveOrders()
        self._clock = VolumeClock(settings)
        self._flow = FlowImbalance(settings.number("estimators.flow_time_constant_s"))
        self._scales = float(instrument.price_scale), float(instrument.size_scale)
        self._returns = ReturnChain()
        self._stretch = 0
        self._tids: set[int] = set()
        self.observed = Observed(instrument)
        self.live = LiveReadings()
        self.meter = StatisticsMeter()

    def take(self, row: RecordedRow | OwnRow) -> None:
        """Takes the next row."""
        at = self._advance(row.ts_ms * MS)
        if isinstance(row, QuoteRow):
            self._on_quote(at, row)
        elif isinstance(row, PrintRow):
            self._on_print(at, row)
        elif isinstance(row, ContextRow):
            self._on_context(at, row.context)
        else:
            self._on_fill(at, row)
        if self._panel is not None:
            self.live.see(at, self._panel)

    def finish(self) -> None:
        """Closes the books: the last changes of the tape are in."""
        self.observed.changes = self._returns.changes
        if self._panel is not None:
            self.live.end(self.observed.span.last, self._panel)

    def _advance(self, received_at: float) -> float:
        """Lets watched time pass; silences are left out of it. Time never runs back."""
        span = self.observed.span
        if not span.first:
            span.first = span.last = received_at
        gap_s = received_at - span.last
        if gap_s < 0.0:
            self.observed.defects.receive_backwards += 1
            return span.last
        if gap_s > FEED_GAP_S:
            span.silences.append((span.last, gap_s))
            self._interrupt()
        else:
            span.watched_s += gap_s
        span.last = received_at
        return received_at

    def _interrupt(self) -> None:
        self._stretch += 1
        self._clock.drop_bucket()
        self._returns.skip()

    def _on_quote(self, at: float, row: QuoteRow) -> None:
        span, defects = self.observed.span, self.observed.defects
        if row.is_touch:
            span.touches += 1
        else:
            span.books += 1
        if not (row.bids and row.asks):
            defects.refused_books += 1
            return
        held = self._top
        before = (held.received_at, held.spread if held.is_known else 0.0)
        taken = self._show(at, row)
        if taken is None:
            defects.refused_books += 1
        elif not taken:
            defects.old_books += 1
        else:
            self._after_quote(at, before, row.venue_time_ms)

    def _show(self, at: float, row: QuoteRow) -> bool | None:
        """Gives a quote to panel and book; None when the gate refuses it, False when it is old."""
        price, size = self._scales
        if row.is_touch:
            (bid, bid_size), (ask, ask_size) = row.bids[0], row.asks[0]
            touch = Touch(row.venue_time_ms, bid / price, bid_size / size, ask / price, ask_size / size)
            if touch_refusal(touch) is not None:
                return None
            if self._panel is not None:
                self._panel.on_touch(at, touch)
            return self._top.on_touch(at, touch)
        book = Book(
            row.venue_time_ms,
            tuple([level / price for level, _ in row.bids]),
            tuple([amount / size for _, amount in row.bids]),
            tuple([level / price for level, _ in row.asks]),
            tuple([amount / size for _, amount in row.asks]),
        )
        if book_refusal(book) is not None:
            return None
        if self._panel is not None:
            self._panel.on_book(at, book)
        return self._top.on_book(at, book)

    def _after_quote(self, at: float, before: tuple[float, float], venue_time_ms: int) -> None:
        observed, top = self.observed, self._top
        self.meter.on_touch(round(at / MS), top.bid, top.ask)
        since, spread = before
        if spread and at - since <= FEED_GAP_S:
            key = round(spread, SPREAD_DIGITS)
            observed.spreads[key] = observed.spreads.get(key, 0.0) + at - since
        times = observed.mid_times
        times.append(max(venue_time_ms * MS, times[-1] if times else 0.0))
        observed.mids.append(top.mid)
        samples = observed.samples
        if not samples or at - samples[-1].at >= SPACING_S:
            samples.append(Sample(at, top.imbalance, self._flow.value(at), top.mid, self._stretch))

    def _on_print(self, at: float, row: PrintRow) -> None:
        price, size = self._scales
        trade = Trade(row.venue_time_ms, row.side, row.price / price, row.size / size, row.tid, row.key)
        if self._panel is not None:
            self._panel.on_trade(at, trade)
        tape_at = self._filter.accept(at, trade, self._top.mid)
        if tape_at is None:
            self._refuse(at, trade)
            return
        span = self.observed.span
        span.prints += 1
        self._tids.add(row.tid)
        self.meter.on_print(round(at / MS), trade.price, trade.size, f"{trade.side}{order_key(trade)}")
        self._flow.on_trade(tape_at, trade.side, trade.size)
        self._note_order(tape_at, trade)
        tick: VolumeTick | None = self._clock.on_trade(tape_at, trade.price, trade.size)
        if tick is not None:
            self._returns.on_tick(tick)

    def _refuse(self, at: float, trade: Trade) -> None:
        defects = self.observed.defects
        if trade.tid in self._tids:
            defects.repeated_prints += 1
        elif at - trade.venue_time_ms * MS > PRINT_AGE_S:
            defects.late_prints += 1
        else:
            defects.absurd_prints += 1

    def _note_order(self, at: float, trade: Trade) -> None:
        reference = self._top.mid_before(trade.venue_time_ms)
        if not reference > 0.0:
            return
        reach, orders, span = self._orders.extend(trade, reference), self.observed.orders, self.observed.span
        if reach.previous is None:
            watched_at = min(max(span.watched_s - (span.last - at), 0.0), span.watched_s)
            orders.append(Order(at, watched_at, trade.side, reach.now, reach.size))
            return
        for order in reversed(orders):
            if order.aggressor is trade.side:
                order.reach, order.size = reach.now, reach.size
                return

    def _on_context(self, at: float, context: AssetContext) -> None:
        self.observed.span.contexts += 1
        if self._panel is not None:
            self._panel.on_context(at, context)
        basis = context.mark / context.oracle - 1.0
        self.observed.funding.append((context.funding_rate, basis))

    def _on_fill(self, at: float, row: OwnRow) -> None:
        if self._panel is not None:
            fill = OwnFill(side=row.side, size=row.size, price=row.price, venue_time_ms=row.venue_time_ms)
            self._panel.on_fill(at, fill)
        mid = self._top.mid_before(row.venue_time_ms)
        if mid > 0.0 and at - row.venue_time_ms * MS <= PRINT_AGE_S:
            self.observed.fills.append(Fill(row.venue_time_ms * MS, row.side, row.price, mid))
