"""From messages to events: one message in, the domain events it means out.

Owns routing, the filter for our coin, the counting of what was refused, and the de-duplication of
prints that a new subscription replays. Fills and order updates are never filtered as duplicates
here: the engine's ledger owns that. Never decides anything. Faults F37 to F53.
"""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from mmtui.domain.book import Trade
from mmtui.domain.events import (
    BookUpdate,
    ContextUpdate,
    Fill,
    FillsReceived,
    FundingReceived,
    OrderReports,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Instrument
from mmtui.venues.hyperliquid import translate, wire
from mmtui.venues.hyperliquid.limits import SlidingWindow
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from mmtui.venues.port import Clock, Sink, Tap

TIDS_MAX = 2_000
BAD_FRAMES_PER_MINUTE = 5


class Listener(Protocol):
    """Who learns of what is not an event for the engine."""

    def on_post(self, post: wire.Post) -> None:
        """An answer to a request over the socket."""
        ...

    def on_error(self, text: str) -> None:
        """An error frame."""
        ...

    def on_subscribed(self, kind: str) -> None:
        """A subscription was taken."""
        ...

    def on_fills(self, fills: tuple[Fill, ...]) -> None:
        """Own fills, each once."""
        ...

    def on_disturbance(self) -> None:
        """The venue changed the account on its own: only a query tells how."""
        ...


class FeedCounts(msgspec.Struct):
    """What arrived and what was turned away, since start."""

    messages: int = 0
    refused_frames: int = 0
    refused_items: int = 0
    other_coins: int = 0
    unread_channels: int = 0


class Feeds:
    """Turns the messages of every socket into events for one instrument."""

    __slots__ = (
        "_bad_frames",
        "_clock",
        "_instrument",
        "_listener",
        "_routes",
        "_sink",
        "_tap",
        "_tids",
        "_venue_clock",
        "counts",
        "last_fill_ms",
        "market_at",
    )

    def __init__(
        self,
        instrument: Instrument,
        sink: Sink,
        listener: Listener,
        *,
        clock: Clock,
        venue_clock: VenueClock,
        tap: Tap | None = None,
    ) -> None:
        self._instrument = instrument
        self._sink = sink
        self._listener = listener
        self._clock = clock
        self._venue_clock = venue_clock
        self._tap = tap
        self._tids: dict[int, None] = {}
        self._bad_frames = SlidingWindow(BAD_FRAMES_PER_MINUTE)
        self.counts = FeedCounts()
        self.market_at = 0.0
        self.last_fill_ms = 0
        # Keyed by the frame's type; each route takes that type, which a dict cannot state.
        self._routes: dict[type, Callable[[Any, float], None]] = {
            wire.L2BookFrame: self._book,
            wire.BboFrame: self._touch,
            wire.TradesFrame: self._trades,
            wire.ContextFrame: self._context,
            wire.OrderUpdatesFrame: self._orders,
            wire.UserFillsFrame: self._user_fills,
            wire.UserEventsFrame: self._user_events,
            wire.UserFundingsFrame: self._fundings,
            wire.PostFrame: lambda frame, _: listener.on_post(frame.data),
            wire.SubscriptionFrame: self._subscribed,
            wire.ErrorFrame: lambda frame, _: listener.on_error(frame.data),
            wire.PongFrame: lambda *_: None,
            wire.UnknownFrame: self._unread,
            wire.Refused: self._refused,
        }

    def receive(self, message: bytes) -> None:
        """Takes one message of any socket."""
        if self._tap is not None:
            self._tap(message)
        self.counts.messages += 1
        frame = wire.decode(message)
        self._routes[type(frame)](frame, self._clock())

    def is_garbled(self, now_s: float) -> bool:
        """Whether damaged frames come so fast that the connection should be re-made."""
        return not self._bad_frames.fits(now_s)

    def _book(self, frame: wire.L2BookFrame, now_s: float) -> None:
        if self._is_ours(frame.data.coin):
            book = translate.book(frame.data)
            if book is None:
                self.counts.refused_frames += 1
                return
            self._market(book.venue_time_ms, now_s)
            self._sink(BookUpdate(received_at=now_s, book=book))

    def _touch(self, frame: wire.BboFrame, now_s: float) -> None:
        if self._is_ours(frame.data.coin):
            touch = translate.touch(frame.data)
            if touch is None:
                self.counts.refused_frames += 1
                return
            self._market(touch.venue_time_ms, now_s)
            self._sink(TouchUpdate(received_at=now_s, touch=touch))

    def _market(self, venue_time_ms: int, now_s: float) -> None:
        self.market_at = now_s
        self._venue_clock.observe(venue_time_ms, now_s)

    def _trades(self, frame: wire.TradesFrame, now_s: float) -> None:
        prints = []
        for data in frame.data:
            if data.tid in self._tids or not self._is_ours(data.coin):
                continue
            trade = translate.trade(data)
            if trade is None:
                self.counts.refused_items += 1
                continue
            self._tids[data.tid] = None
            prints.append(trade)
        while len(self._tids) > TIDS_MAX:
            del self._tids[next(iter(self._tids))]
        if prints:
            prints.sort(key=_trade_time)
            self._sink(TradePrints(received_at=now_s, trades=tuple(prints)))

    def _context(self, frame: wire.ContextFrame, now_s: float) -> None:
        if self._is_ours(frame.data.coin):
            context = translate.context(frame.data.ctx)
            if context is None:
                self.counts.refused_frames += 1
                return
            self._sink(ContextUpdate(received_at=now_s, context=context))

    def _orders(self, frame: wire.OrderUpdatesFrame, now_s: float) -> None:
        reports = []
        for update in frame.data:
            if not self._is_ours(update.order.coin):
                continue
            report = translate.order_report(update.order, update.status, update.status_timestamp, self._instrument)
            if report is None:
                self._doubt()
                continue
            reports.append(report)
        if reports:
            self._sink(OrderReports(received_at=now_s, reports=tuple(reports)))

    def _user_fills(self, frame: wire.UserFillsFrame, now_s: float) -> None:
        fills = self._own_fills(frame.data.fills, now_s, is_snapshot=frame.data.is_snapshot)
        if not frame.data.is_snapshot:
            self._listener.on_fills(fills)

    def _user_events(self, frame: wire.UserEventsFrame, now_s: float) -> None:
        data = frame.data
        if data.fills:
            self._own_fills(data.fills, now_s, is_snapshot=False)
        if data.funding is not None:
            self._payments([data.funding], now_s, is_snapshot=False)
        cancelled = any(item.coin == self._instrument.coin for item in data.non_user_cancel or [])
        if cancelled or data.liquidation is not None:
            self._listener.on_disturbance()

    def _own_fills(self, items: list[wire.WireFill], now_s: float, *, is_snapshot: bool) -> tuple[Fill, ...]:
        fills = []
        for data in items:
            if not self._is_ours(data.coin):
                continue
            fill = translate.fill(data, self._instrument)
            if fill is None:
                self._doubt()
                continue
            self.last_fill_ms = max(self.last_fill_ms, fill.venue_time_ms)
            fills.append(fill)
        found = tuple(fills)
        if found:
            self._sink(FillsReceived(received_at=now_s, fills=found, is_snapshot=is_snapshot))
        return found

    def _fundings(self, frame: wire.UserFundingsFrame, now_s: float) -> None:
        self._payments(frame.data.fundings, now_s, is_snapshot=frame.data.is_snapshot)

    def _payments(self, items: list[wire.WireFunding], now_s: float, *, is_snapshot: bool) -> None:
        payments = []
        for data in items:
            if not self._is_ours(data.coin):
                continue
            payment = translate.funding_payment(data, self._instrument)
            if payment is None:
                self._doubt()
                continue
            payments.append(payment)
        if payments:
            self._sink(FundingReceived(received_at=now_s, payments=tuple(payments), is_snapshot=is_snapshot))

    def _subscribed(self, frame: wire.SubscriptionFrame, now_s: float) -> None:  # noqa: ARG002
        if frame.data.method == "subscribe":
            self._listener.on_subscribed(frame.data.subscription.type)

    def _unread(self, frame: wire.UnknownFrame, now_s: float) -> None:  # noqa: ARG002
        self.counts.unread_channels += 1

    def _refused(self, frame: wire.Refused, now_s: float) -> None:  # noqa: ARG002
        self.counts.refused_frames += 1
        self._bad_frames.charge(now_s)

    def _is_ours(self, coin: str) -> bool:
        if coin == self._instrument.coin:
            return True
        self.counts.other_coins += 1
        return False

    def _doubt(self) -> None:
        """An own order or fill that cannot be read may have changed the position: ask."""
        self.counts.refused_items += 1
        self._listener.on_disturbance()


def _trade_time(trade: Trade) -> int:
    return trade.venue_time_ms
