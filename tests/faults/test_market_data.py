"""Pictures that are old, crossed, absurd, silent or ahead of time, and connections that break: F35 to F48."""

import msgspec
import pytest

from mmtui.domain.commands import SetParameters
from mmtui.domain.events import (
    BookUpdate,
    ContextUpdate,
    Feed,
    FillsReceived,
    OrderReports,
    TouchUpdate,
    TradePrints,
    VenueNotice,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders
from mmtui.domain.records import FillBooked
from mmtui.domain.view import Mode
from tests.faults.hooks import MARKET
from tests.faults.sessions import (
    has_both_sides,
    new_session,
    order_of,
    places,
    quoting,
    settle,
    some_resting,
    until,
)
from tests.faults.test_fills import hit
from tests.simulation.truth import position, resting

FAR = 10.0


def moved_touch(event: TouchUpdate, factor: float) -> TouchUpdate:
    touch = event.touch
    return msgspec.structs.replace(
        event, touch=msgspec.structs.replace(touch, bid=touch.bid * factor, ask=touch.ask * factor)
    )


def moved_book(event: BookUpdate, factor: float) -> BookUpdate:
    book = event.book
    bids, asks = tuple(p * factor for p in book.bid_prices), tuple(p * factor for p in book.ask_prices)
    return msgspec.structs.replace(event, book=msgspec.structs.replace(book, bid_prices=bids, ask_prices=asks))


def moved(event, factor: float):
    return moved_touch(event, factor) if isinstance(event, TouchUpdate) else moved_book(event, factor)


def changed_touch(event, **changes):
    """The event with another best bid and ask; a book becomes one of a single level."""
    if isinstance(event, TouchUpdate):
        return msgspec.structs.replace(event, touch=msgspec.structs.replace(event.touch, **changes))
    touch = msgspec.structs.replace(event.book.touch, **changes)
    book = msgspec.structs.replace(
        event.book,
        bid_prices=(touch.bid,) if touch.bid else (),
        bid_sizes=(touch.bid_size,) if touch.bid else (),
        ask_prices=(touch.ask,) if touch.ask else (),
        ask_sizes=(touch.ask_size,) if touch.ask else (),
    )
    return msgspec.structs.replace(event, book=book)


def touch_of(event):
    return event.touch if isinstance(event, TouchUpdate) else event.book.touch


def prices_stay_within(session, since: int, share: float) -> bool:
    """Whether every order sent since was near the exchange's own middle."""
    context = session.exchange.context(session.venue.instrument.coin)
    price = session.venue.instrument.price_usd
    return all(
        abs(price(a.terms.price) / context.oracle - 1.0) <= share
        for place in places(session, since)
        for a in place.orders
    )


@pytest.mark.incident("B10")
def test_f35_what_was_filled_while_the_socket_was_down_is_booked_before_quoting_goes_on() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.BUY)
    faults.drop(FillsReceived, OrderReports, *MARKET)
    faults.feed_down(Feed.MARKET)
    faults.feed_down(Feed.USER)
    since = len(session.sends)
    hit(session, faults, order, order.remaining)
    session.run(7)
    assert places(session, since) == [], "nothing is placed into the dark"
    assert resting(session) == [], "after five seconds quotes are off, cancelled by request"
    faults.heal()
    faults.feed_up(Feed.MARKET)
    faults.feed_up(Feed.USER)
    assert until(session, lambda: bool(places(session, since)), 20)
    assert order.oid in [row.oid for row in session.rows if isinstance(row, FillBooked)], "the fill came first"
    assert session.engine.state.account.position.size == position(session)
    settle(session, faults)


@pytest.mark.incident("B8")
def test_f36_a_dead_connection_that_looks_alive_stops_placing_at_two_seconds_and_pulls_at_five() -> None:
    session, faults = quoting()
    faults.freeze("market")
    faults.freeze("user")
    session.run(2.1)
    since = len(session.sends)
    other = {"trading.order_notional_usd": 700.0}
    session.command(SetParameters(id="other sizes", by="op", changes=other))
    session.run(2.3)
    assert any(isinstance(intent, CancelOrders) for intent in session.sends[since:]), "every order is to be another"
    assert places(session, since) == []
    session.run(2)
    assert session.view.mode is Mode.STALE
    session.run(2)
    assert resting(session) == []
    settle(session, faults)


def test_f37_silence_of_the_book_alone_pulls_quotes_although_other_channels_speak() -> None:
    session, faults = quoting()
    faults.freeze("book")
    faults.freeze("touch")
    session.run(2.2)
    since = len(session.sends)
    session.run(2.2)
    assert places(session, since) == []
    session.run(2.5)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 10)
    settle(session, faults)


def test_f38_changes_of_orders_that_a_gap_swallowed_are_found_by_asking() -> None:
    session, faults = quoting()
    gone = {order.cloid for order in resting(session)}
    faults.drop(OrderReports)
    faults.feed_down(Feed.USER)
    faults.cancel_by_hand()
    session.run(1)
    assert not gone & {order.cloid for order in resting(session)}
    faults.feed_up(Feed.USER)
    assert until(session, lambda: all(order_of(session, cloid).is_terminal for cloid in gone), 12)
    settle(session, faults)


def test_f38_an_order_that_went_without_a_word_is_missed_at_the_next_comparison() -> None:
    session, faults = quoting(trading__max_bps_diff=40.0, execution__size_tolerance_pct=90.0)
    gone = {order.cloid for order in resting(session)}
    faults.drop(OrderReports)
    faults.cancel_by_hand()
    session.run(1)
    assert not gone & {order.cloid for order in resting(session)}
    assert until(session, lambda: all(order_of(session, cloid).is_terminal for cloid in gone), 15)
    settle(session, faults)


def test_f39_a_backlog_reads_as_old_data_however_fast_it_arrives() -> None:
    session, faults = quoting()
    for kind in MARKET:
        faults.delay(kind, 3.5)
    session.run(6)
    since = len(session.sends)
    assert session.view.feed.book_age_ms is not None
    assert session.view.feed.book_age_ms < 1_500, "messages keep coming"
    session.run(5)
    assert places(session, since) == [], "but what they say is more than three seconds old"
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 15)
    settle(session, faults)


def test_f40_a_book_older_than_the_last_moves_nothing() -> None:
    session, _ = quoting()
    market = session.engine.state.market
    kept, good_at, refused = market.book, market.good_at, market.refused
    old = msgspec.structs.replace(kept, venue_time_ms=kept.venue_time_ms - 5_000)
    session.feed(moved_book(BookUpdate(received_at=session.now_ms / 1000.0 + 0.01, book=old), 0.99))
    assert market.book == kept
    assert market.good_at == good_at, "a refused picture is no sign of life"
    assert market.refused == refused + 1


@pytest.mark.incident("B31")
@pytest.mark.parametrize("gap", [0.0, 1.0], ids=["locked", "crossed"])
def test_f41_crossed_and_locked_books_are_refused_and_quotes_are_pulled_when_no_other_comes(gap) -> None:
    session, faults = quoting()
    faults.replace(TouchUpdate, BookUpdate, by=lambda event: (changed_touch(event, bid=touch_of(event).ask + gap),))
    session.run(2.2)
    since = len(session.sends)
    session.run(5)
    assert places(session, since) == []
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    settle(session, faults)


def test_f42_a_book_without_asks_is_refused_and_quotes_are_pulled_when_it_stays_so() -> None:
    session, faults = quoting()
    faults.replace(TouchUpdate, BookUpdate, by=lambda event: (changed_touch(event, ask=0.0, ask_size=0.0),))
    session.run(2.2)
    since = len(session.sends)
    session.run(5)
    assert places(session, since) == []
    assert resting(session) == []
    settle(session, faults)


def test_f44_an_absurd_first_book_is_not_quoted_on() -> None:
    session = new_session()
    left = {"n": 2}

    def absurd(event):
        if isinstance(event, TouchUpdate | BookUpdate) and left["n"]:
            left["n"] -= 1
            return moved(event, FAR)
        return event

    session.on_event = absurd
    session.run(45)
    assert left["n"] == 0
    assert places(session), "and the true ones after it are"
    assert prices_stay_within(session, 0, 0.02)


def test_f44_after_a_gap_the_third_consistent_picture_is_the_first_to_be_quoted_on() -> None:
    session, faults = quoting()
    faults.feed_down(Feed.MARKET)
    session.run(1)
    since = len(session.sends)
    left = {"n": 2}

    def two_only(event):
        if left["n"] > 0:
            left["n"] -= 1
            return None
        return ()

    faults.replace(TouchUpdate, BookUpdate, by=two_only)
    faults.feed_up(Feed.MARKET)
    session.run(1.5)
    assert left["n"] == 0
    assert session.view.mode is Mode.WARMING
    assert places(session, since) == []
    assert resting(session) == []
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 3)
    settle(session, faults)


def test_f45_a_spike_of_one_block_is_not_chased() -> None:
    session, faults = quoting()
    since = len(session.sends)
    for factor in (1.03, 0.96, 1.2):
        faults.replace(TouchUpdate, BookUpdate, by=lambda event, factor=factor: (moved(event, factor),), times=1)
        session.run(1.5)
    assert len(faults.taken) == 3
    assert prices_stay_within(session, since, 0.0105)
    assert not session.latches
    settle(session, faults)


def test_f46_prints_told_twice_or_late_change_no_order() -> None:
    once, _ = quoting(seed=5)
    twice, faults = quoting(seed=5)
    assert [p.orders for p in places(once)] == [p.orders for p in places(twice)]

    def again(event: TradePrints):
        stale = tuple(
            msgspec.structs.replace(t, venue_time_ms=t.venue_time_ms - 60_000, tid=t.tid + 10**12) for t in event.trades
        )
        return (msgspec.structs.replace(event, trades=event.trades + event.trades + stale),)

    faults.replace(TradePrints, by=again)
    once.run(60)
    twice.run(60)
    assert faults.taken
    assert [p.orders for p in places(once)] == [p.orders for p in places(twice)]


def test_f47_a_book_away_from_the_oracle_widens_and_after_ten_seconds_is_not_quoted_on() -> None:
    session, faults = quoting()
    before = session.engine.state.quoting.ladder.half_spread_bps

    def apart(event: ContextUpdate):
        context = event.context
        shifted = msgspec.structs.replace(context, mark=context.mark * 1.015, oracle=context.oracle * 1.015)
        return (msgspec.structs.replace(event, context=shifted),)

    faults.replace(ContextUpdate, by=apart)
    session.run(5)
    since = len(session.sends)
    assert session.view.mode in (Mode.QUOTING, Mode.REDUCE_ONLY)
    ladder = session.engine.state.quoting.ladder
    assert ladder.half_spread_bps > before + 5.0 or not resting(session)
    session.run(12)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    assert prices_stay_within(session, since, 0.02)
    settle(session, faults)


def test_f48_pictures_from_ahead_of_our_clock_are_not_quoted_on() -> None:
    session, faults = quoting()

    def ahead(event):
        if isinstance(event, TouchUpdate):
            later = msgspec.structs.replace(event.touch, venue_time_ms=event.touch.venue_time_ms + 30_000)
            return (msgspec.structs.replace(event, touch=later),)
        later = msgspec.structs.replace(event.book, venue_time_ms=event.book.venue_time_ms + 30_000)
        return (msgspec.structs.replace(event, book=later),)

    faults.replace(TouchUpdate, BookUpdate, by=ahead)
    session.run(2.2)
    since = len(session.sends)
    session.run(6)
    assert places(session, since) == []
    assert resting(session) == []
    cancels = [intent for intent in session.sends[since - 20 :] if hasattr(intent, "cloids")]
    assert all(intent.expires_at_ms > session.now_ms for intent in cancels[-1:]), "cancels are in time for that clock"
    settle(session, faults)


def test_f49_while_a_feed_was_refused_nothing_is_quoted() -> None:
    session, faults = quoting()
    notice = VenueNotice(
        received_at=faults.now_s, code="subscription-refused", text="l2Book refused three times", is_blind=True
    )
    session.feed(notice)
    since = len(session.sends)
    session.run(4)
    assert session.view.mode is Mode.STALE
    assert places(session, since) == []
    assert resting(session) == []
    session.feed(msgspec.structs.replace(notice, received_at=faults.now_s, count=0, is_blind=False))
    settle(session, faults)
