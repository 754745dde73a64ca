"""The wire between a process and the exchange: what is lost, late, doubled, shuffled or unreadable.

Owns every message under way and the connections. Requests carry a nonce from the host's signer and meet
the exchange's own nonce rule. Everything arrives in order per channel unless a fault says otherwise.
"""

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import msgspec

from mmtui.domain.book import Book, Touch
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    AnyEvent,
    BookUpdate,
    Certainty,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    FundingReceived,
    OrderReports,
    OrderStatusAnswer,
    QueryFailed,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.intents import Fence, PlaceOrders, Query, QueryAccount, ScheduleCancel, Send
from mmtui.domain.order import OrderTerms
from mmtui.research.drill.faults import Fault, Faults
from mmtui.research.drill.ports.signer import SimSigner
from mmtui.research.drill.ports.timeline import Timeline
from mmtui.research.drill.ports.venue import SimVenue
from mmtui.venues.exchange.direct import DirectVenue

MARKET = (BookUpdate, TouchUpdate, TradePrints, ContextUpdate)
USER = (FillsReceived, OrderReports, FundingReceived)
LATE_MS = (500, 15_000)
PUSH_LATE_MS = (200, 12_000)
SNAPSHOT_FILLS = 50
ASKED_MAX = 1_000
ANSWERS = (ActionAnswered, ActionFailed, OrderStatusAnswer, AccountSnapshot, QueryFailed)
Answered: TypeAlias = ActionAnswered | ActionFailed | OrderStatusAnswer | AccountSnapshot | QueryFailed
_CHANNEL = dict.fromkeys(MARKET, Feed.MARKET) | dict.fromkeys(USER, Feed.USER)


class InFlight(msgspec.Struct, frozen=True):
    """Orders on their way to the exchange, which drops them after ``expires_ms`` or when their nonce is spent."""

    orders: tuple[OrderTerms, ...]
    expires_ms: int
    nonce: int


class SimNetwork:
    """The way to the exchange and back, for one process at a time."""

    def __init__(
        self,
        timeline: Timeline,
        faults: Faults,
        exchange: DirectVenue,
        venue: SimVenue,
        signer: SimSigner,
        *,
        rng: random.Random,
    ) -> None:
        self._timeline = timeline
        self._faults = faults
        self._exchange = exchange
        self._venue = venue
        self._signer = signer
        self._rng = rng
        self._epoch = 0
        self._receive: Callable[[AnyEvent], None] | None = None
        self._ordered: dict[Feed, int] = {}
        self._recent: list[FillsReceived] = []
        self._sent = 0
        self._asked: dict[int, tuple[int, int]] = {}
        self.version = 0
        self.statements_lost = 0
        self.in_flight: dict[int, InFlight] = {}
        self.silent: dict[Feed, int] = {}
        self.is_up: dict[Feed, bool] = {Feed.MARKET: False, Feed.USER: False}
        self.lag_ms = 0
        self.is_out = False
        self.is_switch_set = False
        self.on_sent: Callable[[Send], None] = lambda _: None
        self.after_sent: Callable[[], None] = lambda: None

    def connect(self, receive: Callable[[AnyEvent], None]) -> None:
        """A process has started."""
        self._epoch += 1
        self._receive = receive
        for feed in (Feed.MARKET, Feed.USER):
            self._ordered[feed] = 0
            self._timeline.after(self._latency_ms() * 3, partial(self._come_up, feed, self._epoch))

    def disconnect(self) -> None:
        """The process is gone: what was on its way to it is lost, what is on its way to the venue is not."""
        self._epoch += 1
        self._receive = None
        self.is_up = {Feed.MARKET: False, Feed.USER: False}

    def cut(self, duration_ms: int, *, seen_after_ms: int) -> None:
        """Both connections are lost; the host notices after a while."""
        epoch = self._epoch
        for feed in (Feed.MARKET, Feed.USER):
            self.is_up[feed] = False
            self._timeline.after(seen_after_ms, partial(self._tell_down, feed, epoch))
            self._timeline.after(max(duration_ms, seen_after_ms + 200), partial(self._come_up, feed, epoch))

    def freeze(self, feed: Feed) -> None:
        """Nothing comes over a feed although its connection stands."""
        self.silent[feed] = self.silent.get(feed, 0) + 1

    def thaw(self, feed: Feed) -> None:
        """Ends one freeze."""
        left = self.silent.pop(feed, 1) - 1
        if left > 0:
            self.silent[feed] = left

    def send(self, intents: Sequence[Send]) -> None:
        """Signs each intent and puts it on its way."""
        for intent in intents:
            self.version += 1
            self.on_sent(intent)
            nonce = self._signer.sign(intent)
            key = self._key(intent.request_id)
            is_switch_lost = isinstance(intent, ScheduleCancel) and self._venue.is_open(Fault.SWITCH_LOST)
            if is_switch_lost or self._faults.hit(Fault.DROP_REQUEST):
                self._fail_later(intent.request_id)
                continue
            delay_ms = self._latency_ms()
            if self._faults.hit(Fault.DELAY_REQUEST):
                delay_ms += self._faults.stream(Fault.DELAY_REQUEST).randint(*LATE_MS)
            if isinstance(intent, PlaceOrders):
                terms = tuple(approved.terms for approved in intent.orders)
                self.in_flight[key] = InFlight(terms, intent.expires_at_ms, nonce)
            self._timeline.after(delay_ms, partial(self._arrive, key, intent, nonce))
        self.after_sent()

    def ask(self, intents: Sequence[Query]) -> None:
        """Puts queries on their way."""
        for intent in intents:
            lost = self._faults.hit(Fault.DROP_QUERY) or self.is_out
            if lost or self._venue.is_open(Fault.HALT):
                self.statements_lost += isinstance(intent, QueryAccount)
                self._later(QueryFailed(received_at=0.0, request_id=intent.request_id, text="timed out"), 2_000)
            else:
                numbered = msgspec.structs.replace(intent, request_id=self._key(intent.request_id))
                self._timeline.after(self._latency_ms(), partial(self._exchange.ask, [numbered]))

    def come(self, event: AnyEvent) -> None:
        """Takes what the exchange says and puts it on its way to the process."""
        if isinstance(event, FillsReceived):
            self._recent = [*self._recent[-SNAPSHOT_FILLS + 1 :], event]
        if isinstance(event, ANSWERS):
            self.version += 1
            self.in_flight.pop(event.request_id, None)
        if self._receive is None or isinstance(event, ConnectionChanged):
            return
        if isinstance(event, ANSWERS):
            asked = self._asked.pop(event.request_id, None)
            if asked is None or asked[0] != self._epoch:
                return
            self._come_answer(event, asked[1])
            return
        feed = _CHANNEL.get(type(event))
        if feed is None:
            self._later(event, self._latency_ms())
            return
        if not self.is_up[feed] or feed in self.silent or self._is_lost(event):
            return
        if feed is Feed.MARKET:
            self._come_market(event)
        else:
            self._come_user(event)

    def _come_market(self, event: AnyEvent) -> None:
        if isinstance(event, BookUpdate | TouchUpdate) and self._faults.hit(Fault.ABSURD_BOOK):
            strange = _absurd(event, self._faults.stream(Fault.ABSURD_BOOK))
            self._in_order(Feed.MARKET, strange, self._latency_ms() + self.lag_ms)
        self._in_order(Feed.MARKET, event, self._latency_ms() + self.lag_ms)

    def _come_user(self, event: AnyEvent) -> None:
        faults = self._faults
        if faults.hit(Fault.DELAY_PUSH):
            self._later(event, faults.stream(Fault.DELAY_PUSH).randint(*PUSH_LATE_MS))
        elif faults.hit(Fault.SHUFFLE_PUSH):
            self._later(event, faults.stream(Fault.SHUFFLE_PUSH).randint(0, 600))
        else:
            self._in_order(Feed.USER, event, self._latency_ms())
        if faults.hit(Fault.DOUBLE_PUSH):
            self._later(msgspec.structs.replace(event), faults.stream(Fault.DOUBLE_PUSH).randint(1, 5_000))

    def _is_lost(self, event: AnyEvent) -> bool:
        if isinstance(event, FillsReceived):
            return self._faults.hit(Fault.DROP_FILL)
        return isinstance(event, OrderReports) and self._faults.hit(Fault.DROP_UPDATE)

    def _come_answer(self, event: Answered, request_id: int) -> None:
        faults = self._faults
        if isinstance(event, ActionAnswered):
            event = self._venue.answer(event)
        event = msgspec.structs.replace(event, request_id=request_id)
        if not isinstance(event, ActionAnswered):
            self._come_inquiry(event, request_id)
        elif faults.hit(Fault.DROP_REPLY):
            self._fail_later(request_id)
        elif faults.hit(Fault.GARBLE_REPLY) or self.is_out:
            self._later(_unknown(request_id, "bad answer (html)"), self._latency_ms())
        elif faults.hit(Fault.DELAY_REPLY):
            self._later(event, faults.stream(Fault.DELAY_REPLY).randint(*PUSH_LATE_MS))
        else:
            self._later(event, self._latency_ms())

    def _come_inquiry(self, event: Answered, request_id: int) -> None:
        """The answer to a question, or the failure of an action."""
        faults = self._faults
        if isinstance(event, ActionFailed):
            self._later(event, self._latency_ms())
        elif faults.hit(Fault.DROP_ANSWER):
            self.statements_lost += isinstance(event, AccountSnapshot)
            self._later(QueryFailed(received_at=0.0, request_id=request_id, text="timed out"), 2_000)
        elif faults.hit(Fault.DELAY_ANSWER):
            self._later(event, faults.stream(Fault.DELAY_ANSWER).randint(*PUSH_LATE_MS))
        else:
            self._later(event, self._latency_ms())

    def _key(self, request_id: int) -> int:
        """A number for a request that no other process's request has, so that no answer goes astray."""
        self._sent += 1
        self._asked[self._sent] = (self._epoch, request_id)
        if len(self._asked) > ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        return self._sent

    def _arrive_again(self, intent: Send, nonce: int) -> None:
        self._sent += 1
        again = msgspec.structs.replace(intent, request_id=self._sent)
        self._exchange.send(self._timeline.now_ms, [again], nonces=[nonce])

    def _arrive(self, key: int, intent: Send, nonce: int) -> None:
        self.version += 1
        epoch, _ = self._asked.get(key, (0, 0))
        mine = epoch == self._epoch
        if self.is_out and self._rng.random() < 0.5:
            self.in_flight.pop(key, None)
            if mine:
                self._later(_unknown(intent.request_id, "502 bad gateway"), self._latency_ms())
            return
        judged = self._venue.judge(msgspec.structs.replace(intent, request_id=key), nonce)
        floor = self._venue.nonce_floor
        self.in_flight = {key: one for key, one in self.in_flight.items() if one.nonce > floor}
        if judged.failure is not None and mine:
            failure = msgspec.structs.replace(judged.failure, request_id=intent.request_id)
            self._later(failure, self._latency_ms())
            self._asked.pop(key, None)
        if judged.intent is None:
            self.in_flight.pop(key, None)
            return
        if isinstance(judged.intent, PlaceOrders) and not judged.intent.orders:
            self.come(ActionAnswered(received_at=0.0, request_id=key, outcomes=()))
            return
        self._exchange.send(self._timeline.now_ms, [judged.intent], nonces=[nonce])
        if isinstance(intent, ScheduleCancel) and intent.expires_at_ms >= self._timeline.now_ms:
            self.is_switch_set = intent.at_ms is not None
        if isinstance(intent, Fence) and intent.expires_at_ms >= self._timeline.now_ms:
            self.in_flight = {key: one for key, one in self.in_flight.items() if one.nonce != nonce}
        if self._faults.hit(Fault.DOUBLE_REQUEST):
            again_ms = self._faults.stream(Fault.DOUBLE_REQUEST).randint(1, 2_000)
            self._timeline.after(again_ms, partial(self._arrive_again, judged.intent, nonce))

    def _fail_later(self, request_id: int) -> None:
        if self._rng.random() < 0.5:
            self._later(_unknown(request_id, "timed out"), self._rng.randint(1_000, 6_000))

    def _in_order(self, feed: Feed, event: AnyEvent, delay_ms: int) -> None:
        due_ms = max(self._timeline.now_ms + delay_ms, self._ordered.get(feed, 0))
        self._ordered[feed] = due_ms
        self._timeline.at(due_ms, partial(self._deliver, event, self._epoch))

    def _later(self, event: AnyEvent, delay_ms: int) -> None:
        self._timeline.after(delay_ms, partial(self._deliver, event, self._epoch))

    def _deliver(self, event: AnyEvent, epoch: int) -> None:
        feed = _CHANNEL.get(type(event))
        if epoch != self._epoch or self._receive is None or (feed is not None and not self.is_up[feed]):
            return
        self._receive(event)

    def _come_up(self, feed: Feed, epoch: int) -> None:
        if epoch != self._epoch or self._receive is None or self.is_up[feed]:
            return
        self.is_up[feed] = True
        self._receive(ConnectionChanged(received_at=0.0, feed=feed, is_up=True))
        if feed is Feed.USER and self._recent:
            fills = tuple(fill for event in self._recent for fill in event.fills)
            self._later(FillsReceived(received_at=0.0, fills=fills, is_snapshot=True), self._latency_ms())

    def _tell_down(self, feed: Feed, epoch: int) -> None:
        if epoch == self._epoch and self._receive is not None and not self.is_up[feed]:
            self._receive(ConnectionChanged(received_at=0.0, feed=feed, is_up=False, text="cut"))

    def _latency_ms(self) -> int:
        return 20 + int(self._rng.random() * 60.0)


def _unknown(request_id: int, text: str) -> ActionFailed:
    return ActionFailed(
        received_at=0.0, request_id=request_id, certainty=Certainty.UNKNOWN, reason=RefusalReason.OTHER, text=text
    )


def _absurd(event: BookUpdate | TouchUpdate, rng: random.Random) -> BookUpdate | TouchUpdate:
    factor = rng.choice((10.0, 0.1, 1.3, 0.7, float("nan"), float("inf"), 0.0, -1.0))
    if isinstance(event, TouchUpdate):
        touch = event.touch
        if rng.random() < 0.3:
            crossed = Touch(touch.venue_time_ms, touch.ask, touch.bid_size, touch.bid, touch.ask_size)
            return TouchUpdate(received_at=0.0, touch=crossed)
        bad = Touch(touch.venue_time_ms, touch.bid * factor, touch.bid_size, touch.ask * factor, touch.ask_size)
        return TouchUpdate(received_at=0.0, touch=bad)
    book = event.book
    if rng.random() < 0.3:
        empty = Book(venue_time_ms=book.venue_time_ms, bid_prices=(), bid_sizes=(), ask_prices=book.ask_prices,
                     ask_sizes=book.ask_sizes)  # fmt: skip
        return BookUpdate(received_at=0.0, book=empty)
    scaled = msgspec.structs.replace(
        book,
        bid_prices=tuple(price * factor for price in book.bid_prices),
        ask_prices=tuple(price * factor for price in book.ask_prices),
    )
    return BookUpdate(received_at=0.0, book=scaled)
