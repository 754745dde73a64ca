"""One open session: the sockets, their feeds, the desk and the queries, working together.

Owns what follows from a connection that comes, goes or falls silent: subscribing, renewing, dropping,
and asking for the whole account after every gap. Market data and the account have a socket each, so
that no answer waits behind books. Decides nothing about orders. Source: hyperliquid-protocol.md 11;
faults F35 to F39, F49; mechanism M9.
"""

import asyncio
from collections.abc import Coroutine
from typing import TypeAlias

import msgspec

from mmtui.domain.events import (
    AccountSnapshot,
    BudgetUpdate,
    ConnectionChanged,
    Feed,
    Fill,
    OrderStatusAnswer,
    QueryFailed,
)
from mmtui.domain.instrument import Instrument
from mmtui.domain.intents import Query, QueryOrder, Send, SetLeverage
from mmtui.venues.hyperliquid import errors, wire
from mmtui.venues.hyperliquid.account.reader import AccountReader
from mmtui.venues.hyperliquid.desk import OrderDesk, Tasks
from mmtui.venues.hyperliquid.feeds import Feeds
from mmtui.venues.hyperliquid.limits import GROWTH_SHARE, AddressBudget, SlidingWindow
from mmtui.venues.hyperliquid.notices import Notices
from mmtui.venues.hyperliquid.subscriptions import Subscriptions
from mmtui.venues.hyperliquid.venue_clock import VenueClock
from mmtui.venues.hyperliquid.ws import Socket
from mmtui.venues.port import Clock, Sink

_Result: TypeAlias = AccountSnapshot | OrderStatusAnswer | QueryFailed
_Query: TypeAlias = Coroutine[object, object, _Result]


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session waits before it acts, in seconds.

    ``watch_s`` is between two looks at the connections, ``renew_s`` and ``drop_s`` how long market
    data may be silent before it is subscribed again or the connection given up, ``resync_s`` the
    least time between two queries of the whole account.
    """

    watch_s: float = 1.0
    renew_s: float = 5.0
    drop_s: float = 15.0
    resync_s: float = 2.0


class Stream:
    """One socket with its subscriptions, as the engine sees it: a feed that is up or down."""

    __slots__ = (
        "_clock",
        "_patience",
        "_refusal_told",
        "_renewed_at",
        "_sink",
        "_subscriptions",
        "_up_at",
        "feed",
        "first_up",
        "has_gap",
        "socket",
    )

    def __init__(
        self, feed: Feed, subscriptions: Subscriptions, *, sink: Sink, clock: Clock, patience: Patience
    ) -> None:
        self.feed = feed
        self._patience = patience
        self._subscriptions = subscriptions
        self._sink = sink
        self._clock = clock
        self._refusal_told = False
        self._renewed_at = 0.0
        self._up_at = 0.0
        self.socket: Socket | None = None
        self.first_up = asyncio.Event()
        self.has_gap = False

    @property
    def is_up(self) -> bool:
        """Whether the connection is made."""
        return self.socket is not None and self.socket.is_up

    def came_up(self) -> None:
        """Subscribes on the fresh connection and tells the engine."""
        self.has_gap = self.first_up.is_set()
        self.first_up.set()
        self._up_at = self._clock()
        self._refusal_told = False
        self._send(self._subscriptions.open(self._up_at))
        self._sink(ConnectionChanged(received_at=self._up_at, feed=self.feed, is_up=True))

    def went_down(self, text: str) -> None:
        """Tells the engine, also of an attempt that failed."""
        self._sink(ConnectionChanged(received_at=self._clock(), feed=self.feed, is_up=False, text=text))

    def taken(self, kind: str) -> None:
        """The venue acknowledged a feed."""
        self._subscriptions.taken(kind)

    def check(self, now_s: float) -> None:
        """Asks again for feeds that were not acknowledged; gives up after a few tries and says so."""
        if not self.is_up:
            return
        self._send(self._subscriptions.overdue(now_s))
        refused = self._subscriptions.refused(now_s)
        if refused and not self._refusal_told:
            self._refusal_told = True
            self.went_down(f"subscription refused: {', '.join(refused)}")

    def check_silence(self, now_s: float, heard_at: float) -> None:
        """Subscribes again to feeds that fell silent on a live connection, then gives it up."""
        silent_s = now_s - max(heard_at, self._up_at)
        if not self.is_up or self.socket is None or silent_s <= self._patience.renew_s:
            return
        if silent_s > self._patience.drop_s:
            self.socket.drop()
        elif now_s - self._renewed_at > self._patience.renew_s:
            self._renewed_at = now_s
            self._send(self._subscriptions.renew(now_s))

    def _send(self, frames: list[bytes]) -> None:
        if self.socket is not None:
            for frame in frames:
                self.socket.send(frame)


class Allowances:
    """What is left of the venue's request allowances, told when it changes."""

    __slots__ = ("_budget", "_told", "_weight")

    def __init__(self, budget: AddressBudget, weight: SlidingWindow) -> None:
        self._budget = budget
        self._weight = weight
        self._told = (0, 0, 0)

    def update(self, now_s: float) -> BudgetUpdate | None:
        """The event to tell, or None when nothing changed or nothing is known."""
        weight_left = max(0, self._weight.limit - self._weight.used(now_s))
        found = (self._budget.left, self._budget.cap, weight_left)
        if not self._budget.is_known or found == self._told:
            return None
        self._told = found
        return BudgetUpdate(
            received_at=now_s,
            address_left=self._budget.left,
            address_cap=self._budget.cap,
            ip_weight_left=weight_left,
            ip_weight_cap=self._weight.limit,
        )


class Parts(msgspec.Struct, frozen=True):
    """What a session works with; ``user`` and ``reader`` are None without an account."""

    instrument: Instrument
    desk: OrderDesk
    allowances: Allowances
    venue_clock: VenueClock
    market: Stream
    user: Stream | None
    reader: AccountReader | None
    patience: Patience


class Session:
    """Keeps everything of one open venue alive until ``close``."""

    __slots__ = (
        "_clock",
        "_notices",
        "_opened_ms",
        "_parts",
        "_rest_is_up",
        "_resync_at",
        "_resync_due",
        "_sink",
        "_tasks",
        "feeds",
    )

    def __init__(self, parts: Parts, *, sink: Sink, clock: Clock) -> None:
        self._notices = Notices()
        self._parts = parts
        self._sink = sink
        self._clock = clock
        self._opened_ms = int(clock() * 1000)
        self._resync_at = 0.0
        self._resync_due = False
        self._rest_is_up = True
        self._tasks = Tasks()
        self.feeds: Feeds | None = None

    def start(self, feeds: Feeds) -> None:
        """Starts the sockets and the watch over them."""
        self.feeds = feeds
        for stream in self._streams():
            if stream.socket is not None:
                stream.socket.start()
        self._tasks.start(self._watch(feeds))

    async def close(self) -> None:
        """Stops everything; sends nothing."""
        await self._tasks.stop()
        for stream in self._streams():
            if stream.socket is not None:
                await stream.socket.stop()
        await self._parts.desk.close()

    def send(self, intent: Send) -> None:
        """Passes one intent to the desk."""
        if isinstance(intent, SetLeverage) and self._parts.reader is not None:
            self._parts.reader.forget_leverage()
        self._parts.desk.send(intent)

    def ask(self, intent: Query) -> None:
        """Starts one query."""
        reader = self._parts.reader
        if reader is None:
            self._sink(QueryFailed(received_at=self._clock(), request_id=intent.request_id, text="there is no account"))
        elif isinstance(intent, QueryOrder):
            # Read before the question goes out: a missing order proves nothing about later times.
            seen_ms = self._parts.venue_clock.time_ms
            self._tasks.start(self._tell(reader.order_status(intent.request_id, intent.cloid, seen_ms)))
        else:
            self._tasks.start(self._tell(reader.snapshot(intent.request_id, intent.fills_since_ms)))

    def user_up(self) -> None:
        """The account's stream is back: after a gap, what was missed has to be asked for."""
        user = self._parts.user
        assert user is not None, "only an account has this stream"
        user.came_up()
        if user.has_gap:
            self._resync_at = 0.0
            self.on_disturbance()

    def user_down(self, text: str) -> None:
        """The account's stream is gone, and posts with it."""
        user = self._parts.user
        assert user is not None, "only an account has this stream"
        user.went_down(text)
        self._parts.desk.on_down()

    def on_post(self, post: wire.Post) -> None:
        """An answer to a request over the socket."""
        self._parts.desk.on_post(post)

    def on_error(self, text: str) -> None:
        """An error frame: about a subscription we have, or a post that was not taken."""
        held = errors.subscription_held(text)
        if held is not None:
            self.on_subscribed(held)
        self._parts.desk.on_error(text)

    def on_subscribed(self, kind: str) -> None:
        """A subscription was taken."""
        for stream in self._streams():
            stream.taken(kind)

    def on_fills(self, fills: tuple[Fill, ...]) -> None:
        """Own fills buy request allowance, a tenth of it on a contract in growth mode."""
        share = GROWTH_SHARE if self._parts.instrument.growth_mode else 1.0
        for fill in fills:
            self._parts.desk.budget.earn(fill.price * fill.size / 1e6 * share)

    def on_disturbance(self) -> None:
        """The account changed in a way that only a query can tell."""
        self._resync_due = self._parts.reader is not None
        self._resync(self._clock())

    def _streams(self) -> tuple[Stream, ...]:
        market, user = self._parts.market, self._parts.user
        return (market,) if user is None else (market, user)

    async def _watch(self, feeds: Feeds) -> None:
        while True:
            self._look(feeds, self._clock())
            await asyncio.sleep(self._parts.patience.watch_s)

    def _look(self, feeds: Feeds, now_s: float) -> None:
        refill = self._parts.desk.refill()
        if refill is not None:
            self._tasks.start(refill)
        for stream in self._streams():
            stream.check(now_s)
            if feeds.is_garbled(now_s) and stream.socket is not None:
                stream.socket.drop()
        self._parts.market.check_silence(now_s, feeds.market_at)
        self._resync(now_s)
        for notice in self._notices.look(now_s, feeds.counts):
            self._sink(notice)
        update = self._parts.allowances.update(now_s)
        if update is not None:
            self._sink(update)

    def _resync(self, now_s: float) -> None:
        """Asks for the whole account when that is due; a failed query stays due."""
        reader, user, feeds = self._parts.reader, self._parts.user, self.feeds
        if not self._resync_due or now_s - self._resync_at < self._parts.patience.resync_s:
            return
        if reader is not None and user is not None and user.is_up and feeds is not None:
            self._resync_due = False
            self._resync_at = now_s
            since_ms = feeds.last_fill_ms or self._opened_ms
            self._tasks.start(self._tell(reader.snapshot(0, since_ms), is_resync=True))

    async def _tell(self, query: _Query, *, is_resync: bool = False) -> None:
        event = await query
        if is_resync and isinstance(event, QueryFailed):
            self._resync_due = True
        self._report(event)

    def _report(self, event: _Result) -> None:
        is_up = not isinstance(event, QueryFailed)
        if is_up != self._rest_is_up:
            self._rest_is_up = is_up
            text = event.text if isinstance(event, QueryFailed) else ""
            self._sink(ConnectionChanged(received_at=event.received_at, feed=Feed.REST, is_up=is_up, text=text))
        self._sink(event)
