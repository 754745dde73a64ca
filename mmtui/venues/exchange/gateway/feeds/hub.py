"""Who hears what, and when: the exchange's listener on one side, subscribers on the other.

Owns the subscribers of every feed, the events of the block that is being run, and the time each
periodic feed is next due. A frame is rendered once for all its subscribers, and not at all without
any. Time is an argument, in wall milliseconds. Source: hyperliquid-protocol.md 11.2, 11.3.
"""

from collections.abc import Sequence
from itertools import islice
from typing import Protocol

from mmtui.domain.instrument import Side
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.gateway import rendering
from mmtui.venues.exchange.gateway.account_rendering import instrument_of, ledger_entry
from mmtui.venues.exchange.gateway.candles import INTERVALS_MS, Candles
from mmtui.venues.exchange.gateway.feeds import frames
from mmtui.venues.exchange.gateway.feeds.subscriptions import (
    AllClearinghouseFeed,
    AllDexContexts,
    AllMids,
    AnySubscription,
    AssetContexts,
    AssetDataFeed,
    BboFeed,
    BookFeed,
    CandleFeed,
    ClearinghouseFeed,
    ContextFeed,
    LedgerUpdates,
    OfCoinFeed,
    OpenOrdersFeed,
    SpotStateFeed,
    TradesFeed,
)
from mmtui.venues.exchange.gateway.feeds.user_events import UserEventsOfBlock
from mmtui.venues.exchange.gateway.options import Cadence
from mmtui.venues.exchange.records import AccountFill, FundingPayment, Liquidation, OrderUpdate, PublicTrade

Touch = tuple[tuple[int, int, int] | None, tuple[int, int, int] | None]


class Subscriber(Protocol):
    """Takes frames; never blocks."""

    def send(self, frame: bytes) -> None:
        """Queue a frame."""


class Feeds:
    """Every feed with a subscriber."""

    __slots__ = (
        "_cadence", "_changed", "_due_ms", "_exchange", "_last", "_ledger_seen", "_subscribers", "_touches",
        "_traded", "_user_events", "candles",
    )  # fmt: skip

    def __init__(self, exchange: Exchange, candles: Candles, cadence: Cadence) -> None:
        self.candles = candles
        self._exchange = exchange
        self._cadence = cadence
        self._subscribers: dict[AnySubscription, dict[Subscriber, None]] = {}
        self._due_ms: dict[AnySubscription, int] = {}
        self._last: dict[AnySubscription, bytes] = {}
        self._ledger_seen: dict[str, int] = {}
        self._touches: dict[str, Touch] = {}
        self._changed: set[str] = set()
        self._traded: set[str] = set()
        self._user_events = UserEventsOfBlock()

    def subscribe(self, feed: AnySubscription, subscriber: Subscriber, now_ms: int) -> None:
        """Add a subscriber and send it the feed's first message."""
        is_first = feed not in self._subscribers
        self._subscribers.setdefault(feed, {})[subscriber] = None
        if is_first:
            self._begin(feed, now_ms)
        first = frames.opening(self._exchange, self.candles, feed)
        if first is not None:
            subscriber.send(frames.frame(feed.channel, first))

    def unsubscribe(self, feed: AnySubscription, subscriber: Subscriber) -> None:
        """Remove a subscriber; the last one ends the feed."""
        remaining = self._subscribers.get(feed, {})
        remaining.pop(subscriber, None)
        if not remaining:
            for table in (self._subscribers, self._due_ms, self._last):
                table.pop(feed, None)

    def publish(self, now_ms: int) -> None:
        """Send every periodic feed that is due."""
        for feed in [feed for feed, due_ms in self._due_ms.items() if due_ms <= now_ms]:
            self._due_ms[feed] = now_ms + (_period_ms(self._cadence, feed) or 0)
            if isinstance(feed, LedgerUpdates):
                self._publish_ledger(feed)
            elif not (isinstance(feed, OfCoinFeed) and self._exchange.is_silent(feed.coin)):
                self._publish_state(feed)

    def on_fill(self, account: str, fill: AccountFill) -> None:
        """An account traded."""
        self._user_events.of(account).fills.append(fill)

    def on_order(self, account: str, update: OrderUpdate) -> None:
        """An order opened or ended."""
        self._user_events.of(account).orders.append(update)

    def on_funding(self, account: str, payment: FundingPayment) -> None:
        """An account paid or received funding."""
        self._user_events.of(account).fundings.append(payment)

    def on_liquidation(self, account: str, liquidation: Liquidation) -> None:
        """An account fell below maintenance margin."""
        self._user_events.of(account).liquidations.append(liquidation)

    def on_trades(self, coin: str, trades: Sequence[PublicTrade]) -> None:
        """Prints of one block."""
        self.candles.add(coin, trades)
        self._traded.add(coin)
        feed = TradesFeed(coin)
        if feed in self._subscribers:
            instrument = instrument_of(self._exchange.listing, coin)
            self._send(feed, [rendering.trade(instrument, row) for row in trades])

    def on_book(self, coin: str) -> None:
        """The book changed."""
        self._changed.add(coin)

    def on_context(self, coin: str) -> None:
        """Mark, oracle or funding changed: contexts go out at their own pace."""

    def on_block(self, _now_ms: int) -> None:
        """A block is complete: its events go out."""
        for coin in self._changed:
            self._publish_touch(coin)
        for coin in self._traded:
            self._publish_candles(coin)
        self._changed.clear()
        self._traded.clear()
        for feed, data in self._user_events.drain(self._exchange.listing, self._subscribers):
            self._send(feed, data)

    def _begin(self, feed: AnySubscription, now_ms: int) -> None:
        period_ms = _period_ms(self._cadence, feed)
        if period_ms is not None:
            self._due_ms[feed] = now_ms + period_ms
        if isinstance(feed, LedgerUpdates):
            self._ledger_seen[feed.user] = len(self._exchange.statements.ledger(feed.user))
        if isinstance(feed, BboFeed):
            self._touches[feed.coin] = self._touch(feed.coin)

    def _publish_state(self, feed: AnySubscription) -> None:
        frame = frames.frame(feed.channel, frames.content(self._exchange, feed))
        if isinstance(feed, AssetDataFeed):
            if self._last.get(feed) == frame:
                return
            self._last[feed] = frame
        self._send_frame(feed, frame)

    def _publish_ledger(self, feed: LedgerUpdates) -> None:
        entries = self._exchange.statements.ledger(feed.user)
        rows = [ledger_entry(row) for row in islice(entries, self._ledger_seen[feed.user], None)]
        if rows:
            self._ledger_seen[feed.user] += len(rows)
            self._send(feed, frames.ledger_updates(feed.user, rows))

    def _publish_touch(self, coin: str) -> None:
        feed = BboFeed(coin)
        if feed not in self._subscribers:
            return
        touch = self._touch(coin)
        if touch != self._touches.get(coin):
            self._touches[coin] = touch
            self._send(feed, frames.content(self._exchange, feed))

    def _publish_candles(self, coin: str) -> None:
        for interval in INTERVALS_MS:
            feed = CandleFeed(coin, interval)
            if feed in self._subscribers:
                self._send(feed, frames.candle(self._exchange, self.candles, feed))

    def _touch(self, coin: str) -> Touch:
        book = self._exchange.book(coin)
        bids, asks = book.levels(Side.BUY, 1), book.levels(Side.SELL, 1)
        return (bids[0] if bids else None, asks[0] if asks else None)

    def _send(self, feed: AnySubscription, data: object) -> None:
        self._send_frame(feed, frames.frame(feed.channel, data))

    def _send_frame(self, feed: AnySubscription, frame: bytes) -> None:
        for subscriber in list(self._subscribers.get(feed, ())):
            subscriber.send(frame)


def _period_ms(cadence: Cadence, feed: AnySubscription) -> int | None:
    """Pace of a periodic feed; None for feeds of events."""
    if isinstance(feed, BookFeed):
        return cadence.fast_book_ms if feed.fast else cadence.book_ms
    if isinstance(feed, AllMids):
        return cadence.mids_ms
    if isinstance(feed, AssetContexts | AllDexContexts):
        return cadence.all_contexts_ms
    if isinstance(feed, ContextFeed | AssetDataFeed | LedgerUpdates):
        return cadence.context_ms
    if isinstance(feed, ClearinghouseFeed | AllClearinghouseFeed | OpenOrdersFeed | SpotStateFeed):
        return cadence.account_ms
    return None
