"""Which market data is decided on, and what quotes and P&L do with the rest of it."""

import msgspec
import pytest

from mmtui.domain.book import Book, Touch
from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    BookUpdate,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    QueryFailed,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, PlaceOrders
from mmtui.domain.records import ModeChanged
from mmtui.domain.view import Mode
from tests.simulation.test_endings import holding, quoting
from tests.simulation.truth import resting

MARKET = (BookUpdate, TouchUpdate, TradePrints)


def absurd(event, factor: float):
    if isinstance(event, TouchUpdate):
        touch = event.touch
        return msgspec.structs.replace(
            event, touch=msgspec.structs.replace(touch, bid=touch.bid * factor, ask=touch.ask * factor)
        )
    if isinstance(event, BookUpdate):
        book = event.book
        return msgspec.structs.replace(
            event,
            book=msgspec.structs.replace(
                book,
                bid_prices=tuple(price * factor for price in book.bid_prices),
                ask_prices=tuple(price * factor for price in book.ask_prices),
            ),
        )
    return event


@pytest.mark.fault("F39")
@pytest.mark.incident("B8")
def test_quotes_are_pulled_when_the_data_is_old_by_the_exchanges_clock_however_fast_it_comes(make_session) -> None:
    """A backlog: every message arrives now and tells of eight seconds ago."""
    session = quoting(make_session)
    late: list = []

    def delay(event):
        if not isinstance(event, MARKET):
            return event
        late.append(event)
        first = late[0]
        if event.received_at - first.received_at < 8.0:
            held = first
        else:
            held = late.pop(0)
        return msgspec.structs.replace(held, received_at=event.received_at)

    session.on_event = delay
    session.run(9)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    session.on_event = lambda event: event
    session.run(10)
    assert session.view.mode is Mode.QUOTING
    assert resting(session)


@pytest.mark.fault("F44")
@pytest.mark.parametrize("factor", [0.1, 10.0, 1e-7])
def test_an_absurd_first_book_after_a_gap_moves_no_pnl_and_stops_nothing(make_session, factor) -> None:
    session = holding(make_session)
    session.on_event = lambda event: None if isinstance(event, ContextUpdate) else event
    session.engine.state.market.context = None
    at = session.now_ms / 1000.0
    before = session.view.pnl.total
    session.feed(ConnectionChanged(received_at=at, feed=Feed.MARKET, is_up=False))
    session.feed(ConnectionChanged(received_at=at, feed=Feed.MARKET, is_up=True))
    spoiled: list = []

    def spoil(event):
        if isinstance(event, ContextUpdate):
            return None
        if isinstance(event, TouchUpdate | BookUpdate) and len(spoiled) < 1:
            spoiled.append(event)
            return absurd(event, factor)
        return event

    session.on_event = spoil
    pnl = []
    for _ in range(20):
        session.run(0.1)
        pnl.append(session.view.pnl.total)
    assert spoiled
    assert max(abs(value - before) for value in pnl) < 50.0
    session.on_event = lambda event: event
    session.run(10)
    assert not session.latches
    assert session.view.mode is Mode.QUOTING


def test_alternating_absurd_books_are_never_quoted_on_and_never_marked(make_session) -> None:
    session = holding(make_session)
    session.engine.state.market.context = None
    flip = [0]

    def spoil(event):
        if isinstance(event, ContextUpdate):
            return None
        if isinstance(event, TouchUpdate | BookUpdate):
            flip[0] += 1
            return absurd(event, 3.0) if flip[0] % 2 else event
        return event

    before = session.view.pnl.total
    session.on_event = spoil
    for _ in range(100):
        session.run(0.1)
        assert abs(session.view.pnl.total - before) < 50.0
    assert not session.latches
    assert resting(session) == []


def test_a_very_first_book_far_off_does_not_stop_the_engine(make_session) -> None:
    session = make_session("ETH")
    touch = Touch(session.now_ms, 1e-9, 1.0, 4000.0, 1.0)
    session.feed(TouchUpdate(received_at=session.now_ms / 1000.0, touch=touch))
    book = Book(session.now_ms, (1e-9,), (1.0,), (4000.0,), (1.0,))
    for _ in range(5):
        session.feed(BookUpdate(received_at=session.now_ms / 1000.0, book=book))
    session.run(90)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def test_one_failed_query_does_not_keep_quotes_off_until_the_next_comparison(make_session) -> None:
    session = quoting(make_session)
    state = session.engine.state
    at = session.now_ms / 1000.0
    session.feed(ConnectionChanged(received_at=at, feed=Feed.REST, is_up=False, text="timeout"))
    session.feed(QueryFailed(received_at=at, request_id=10**6, text="timeout"))
    answered: list[float] = []

    def repair(event):
        if isinstance(event, AccountSnapshot):
            answered.append(event.received_at)
            state.control.down_since.pop(Feed.REST, None)
        return event

    session.on_event = repair
    session.run(4)
    assert answered


def test_a_cascade_that_is_about_to_kill_never_opens_the_quotes_again(make_session) -> None:
    session = quoting(make_session, risk__cascade_kill_hold_s=1.0)
    panel = session.engine.state.panel
    session.engine.state.panel = _Cascading(panel)
    session.run(0.5)
    assert session.view.mode is Mode.REDUCE_ONLY
    count = len(session.sends)
    session.run(5)
    assert session.latches
    assert session.latches[0].reason == "cascade"
    placed = [intent for intent in session.sends[count:] if isinstance(intent, PlaceOrders)]
    assert all(approved.terms.reduce_only for intent in placed for approved in intent.orders)
    modes = [row.mode for row in session.rows if isinstance(row, ModeChanged)]
    assert modes[modes.index(Mode.KILLED.value) - 1] == Mode.REDUCE_ONLY.value


class _Cascading:
    """A panel that sees the worst cascade there is."""

    def __init__(self, panel) -> None:
        self._panel = panel

    def estimates(self, now: float):
        found = self._panel.estimates(now)
        signals = msgspec.structs.replace(found.signals, cascade_severity=self.cascade_severity(now))
        return msgspec.structs.replace(found, signals=signals)

    def cascade_severity(self, now: float) -> float:
        return 0.99

    def __getattr__(self, name):
        return getattr(self._panel, name)


@pytest.mark.fault("F48")
def test_a_cancel_reaches_an_exchange_whose_clock_is_far_ahead_of_ours(make_session) -> None:
    """A machine that slept: its clock is behind, the books read as from the future, quotes must still go."""
    session = quoting(make_session)
    behind_s = 40.0
    session.on_event = lambda event: (
        absurd_time(event, behind_s) if isinstance(event, TouchUpdate | BookUpdate) else event
    )
    count = len(session.sends)
    session.run(8)
    cancels = [intent for intent in session.sends[count:] if isinstance(intent, CancelOrders)]
    assert cancels
    ahead_ms = session.now_ms + behind_s * 1000.0
    assert cancels[-1].expires_at_ms > ahead_ms - 4_000


def absurd_time(event, seconds: float):
    shift = int(seconds * 1000)
    if isinstance(event, TouchUpdate):
        touch = event.touch
        return msgspec.structs.replace(
            event, touch=msgspec.structs.replace(touch, venue_time_ms=touch.venue_time_ms + shift)
        )
    book = event.book
    return msgspec.structs.replace(event, book=msgspec.structs.replace(book, venue_time_ms=book.venue_time_ms + shift))


def test_the_screen_counts_quotes_as_gone_only_when_they_are(make_session) -> None:
    session = quoting(make_session)
    session.act(Verb.PAUSE)
    view = session.view
    assert view.mode is Mode.PAUSED
    assert view.bids_quoted + view.asks_quoted == len(resting(session)) > 0
    assert sum(1 for row in view.ladder.bids + view.ladder.asks if row.own_size) > 0
    session.run(3)
    view = session.view
    assert (view.bids_quoted, view.asks_quoted) == (0, 0)
    assert resting(session) == []
