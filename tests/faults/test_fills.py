"""Fills that come early, late, twice, out of order or not at all, and cancels that race with them: F12 to F22."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    Fill,
    FillsReceived,
    OrderReports,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, PlaceOrders, QueryAccount, QueryOrder
from mmtui.domain.order import Order, OrderState
from mmtui.domain.records import FillBooked, PositionAdjusted
from mmtui.domain.view import Mode
from mmtui.venues.exchange import actions
from tests.faults.hooks import Faults
from tests.faults.sessions import (
    alarms,
    assert_reserved_for_what_may_fill,
    assert_within_limit,
    places,
    quoting,
    settle,
    some_resting,
    states,
    until,
)
from tests.simulation.truth import assert_books_agree, position, resting

TAKER = "0x" + "7a" * 20


def hit(session, faults: Faults, order: Order, size: int) -> None:
    """Another account trades ``size`` against one of our orders, and against all that stand before it."""
    opposite = Side.SELL if order.side is Side.BUY else Side.BUY
    book = session.exchange.book(session.venue.instrument.coin)
    ahead = sum(s for price, s, *_ in book.levels(order.side, 500) if order.side * (price - order.price) > 0)
    same = sum(s for price, s, *_ in book.levels(order.side, 500) if price == order.price)
    wanted = ahead + (same - order.remaining) + size
    taker = actions.PlaceOrder(
        asset=session.venue.instrument.asset_id, side=opposite, price=order.price, size=wanted, tif=actions.Tif.IOC
    )
    faults.submit(actions.OrderAction((taker,)), account=TAKER)


def fills_in(session) -> list[FillBooked]:
    return [row for row in session.rows if isinstance(row, FillBooked)]


def keys_are_unique(session) -> bool:
    keys = [(row.coin, row.venue_time_ms, row.tid, row.oid) for row in fills_in(session)]
    return len(keys) == len(set(keys))


def wait_for_fill(session, seconds: float = 200) -> FillBooked:
    before = len(fills_in(session))
    assert until(session, lambda: len(fills_in(session)) > before, seconds)
    return fills_in(session)[-1]


def test_f12_a_fill_before_its_answer_counts_at_once_and_exactly_once() -> None:
    session, faults = quoting()
    faults.delay(ActionAnswered, 1.5)
    faults.delay(OrderReports, 1.5)
    session.act(Verb.PAUSE)
    session.run(4)
    session.act(Verb.RESUME)
    since = len(session.sends)
    assert until(session, lambda: bool(places(session, since)), 10)
    session.run(0.2)
    before, known = session.engine.state.account.position.size, len(fills_in(session))
    submitted = [o for o in session.engine.state.ledger.live.values() if o.state is OrderState.SUBMITTED]
    for order in submitted:
        hit(session, faults, order, order.size // 2)
    assert until(session, lambda: any(order.filled for order in submitted), 1.0)
    order = next(order for order in submitted if order.filled)
    assert order.acked_at == 0.0, "the answer is still on its way"
    assert not order.is_terminal or order.filled == order.size
    booked = fills_in(session)[known:]
    assert session.engine.state.account.position.size - before == sum(row.side * row.size for row in booked)
    assert sum(row.size for row in booked if row.oid == order.oid) == order.filled
    settle(session, faults)
    assert keys_are_unique(session)


def test_f13_an_answer_that_says_filled_moves_no_position_until_the_fill_comes() -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 500)
    session.run(2)
    faults.delay(FillsReceived, 2.0)
    before = session.engine.state.account.position.size
    session.act(Verb.FLATTEN)
    assert until(session, lambda: OrderState.SETTLING in states(session), 5), "the answer arrives first"
    settling = [o for o in session.engine.state.ledger.live.values() if o.state is OrderState.SETTLING]
    assert session.engine.state.account.position.size == before
    assert sum(order.reserved for order in settling) > 0, "the fill is still owed"
    assert until(session, lambda: position(session) == session.engine.state.account.position.size == 0, 20)
    assert keys_are_unique(session)
    settle_resumed(session, faults)


def settle_resumed(session, faults: Faults) -> None:
    session.run(1)
    session.act(Verb.RESUME)
    settle(session, faults)


@pytest.mark.incident("B10")
def test_f14_a_fill_told_by_stream_snapshot_and_query_moves_the_position_once() -> None:
    session, faults = quoting(seed=3)
    heard: list[Fill] = []

    def again(event: FillsReceived):
        heard.extend(event.fills)
        repeated = msgspec.structs.replace(event, fills=tuple(heard[-200:]), is_snapshot=True)
        return (msgspec.structs.replace(event, fills=event.fills + event.fills), repeated)

    faults.replace(FillsReceived, by=again)
    faults.replace(
        AccountSnapshot, by=lambda event: (msgspec.structs.replace(event, fills=(*event.fills, *heard[-200:])),)
    )
    session.run(150)
    assert len(fills_in(session)) > 3, "a run that does not trade proves nothing"
    assert keys_are_unique(session)
    assert session.engine.state.account.position.size == sum(row.side * row.size for row in fills_in(session))
    settle(session, faults)


def test_f15_both_legs_of_a_trade_with_ourselves_count_and_raise_an_alarm() -> None:
    session, faults = quoting()
    before = session.engine.state.account.position.size
    order = some_resting(session, Side.BUY)
    price, size = order.price, 20

    def leg(side: Side, oid: int, start: int, cloid: str | None) -> Fill:
        return Fill(
            coin="ETH", venue_time_ms=session.now_ms, tid=424242, oid=oid, side=side, price=price, size=size,
            fee=0, start_position=start, is_taker=side is Side.SELL, cloid=cloid,
        )  # fmt: skip

    assert order.oid is not None
    legs = (leg(Side.BUY, order.oid, before, order.cloid), leg(Side.SELL, 999_999, before + size, None))
    faults.drop(AccountSnapshot)
    session.feed(FillsReceived(received_at=faults.now_s, fills=legs))
    rows = [row for row in fills_in(session) if row.tid == 424242]
    assert [row.side for row in rows] == [Side.BUY, Side.SELL], "one trade id, two orders: both count"
    assert session.engine.state.account.position.size == before
    assert order.filled == size
    assert "self" in alarms(session).lower()


@pytest.mark.incident("B10")
def test_f16_after_a_missing_fill_nothing_is_placed_until_it_was_found() -> None:
    session, faults = quoting(seed=3)
    faults.drop(FillsReceived, times=1)
    faults.drop_query(QueryAccount)
    assert until(session, lambda: bool(session.engine.state.account.uncertain_because), 300), "the gap must show"
    assert session.view.mode is Mode.STALE
    since = len(session.sends)
    session.run(5)
    assert places(session, since) == []
    assert resting(session) == []
    missing = faults.taken[0].fills[0]
    faults.heal()
    assert until(session, lambda: session.view.mode is Mode.QUOTING, 20)
    assert missing.key in [(row.coin, row.venue_time_ms, row.tid, row.oid) for row in fills_in(session)]
    assert not [row for row in session.rows if isinstance(row, PositionAdjusted)], "found, not adjusted"
    settle(session, faults)


@pytest.mark.incident("B40")
def test_f17_fills_in_any_order_of_one_message_are_booked_along_their_chain() -> None:
    session, faults = quoting()
    held: list[Fill] = []
    faults.replace(FillsReceived, by=lambda event: held.extend(event.fills) or ())
    for side in (Side.BUY, Side.SELL, Side.BUY):
        order = some_resting(session, side)
        hit(session, faults, order, order.remaining // 2)
        session.run(0.3)
    assert len(held) >= 3
    faults.heal()
    session.feed(FillsReceived(received_at=faults.now_s, fills=tuple(reversed(held))))
    rows = fills_in(session)[-len(held) :]
    assert [row.venue_time_ms for row in rows] == sorted(fill.venue_time_ms for fill in held)
    assert not session.engine.state.account.uncertain_because, "a known order of fills is no gap"
    assert session.engine.state.account.position.size == position(session)
    settle(session, faults)


def test_f18_a_fill_ten_minutes_after_its_order_closed_still_counts() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.SELL)
    session.act(Verb.PAUSE)
    session.run(5)
    assert order.is_terminal
    session.run(600)
    before = session.engine.state.account.position.size
    fill = Fill(
        coin="ETH", venue_time_ms=session.now_ms - 1000, tid=77, oid=order.oid or 0, side=order.side,
        price=order.price, size=10, fee=15, start_position=before, is_taker=False, cloid=order.cloid,
    )  # fmt: skip
    faults.drop(AccountSnapshot)
    session.feed(FillsReceived(received_at=faults.now_s, fills=(fill,)))
    assert session.engine.state.account.position.size == before + order.side * 10
    assert [row.tid for row in fills_in(session)][-1] == 77
    assert order.is_terminal, "a late fill does not bring an order back"
    assert any(line.message == "Late fill" for line in session.logs)


@pytest.mark.incident("B2", "B40")
def test_f19_a_cancel_that_finds_its_order_filled_leads_to_the_fill_and_not_to_a_second_order() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.BUY)
    faults.delay(FillsReceived, 4.0)
    faults.delay(OrderReports, 4.0)
    hit(session, faults, order, order.remaining)
    assert until(session, lambda: order.cloid not in {o.cloid for o in resting(session)}, 2)
    session.engine.state.quoting.urgent = True
    session.act(Verb.PAUSE)
    held = []
    for _ in range(30):
        session.run(0.1)
        held.append(order.reserved if not order.is_terminal else order.filled)
    assert all(held), "until the fill is known its size stays reserved"
    assert until(session, lambda: order.is_terminal, 10)
    assert order.state is OrderState.FILLED
    assert order.filled == order.size
    session.run(5)
    assert_books_agree(session)


@pytest.mark.incident("B40")
def test_f20_a_cancelled_order_settles_only_with_the_fill_that_was_on_its_way() -> None:
    session, faults = quoting()
    faults.delay(FillsReceived, 6.0)
    faults.drop(OrderReports)
    faults.drop_query(QueryOrder)
    order, part = partly_filled(session, faults)
    session.act(Verb.PAUSE)
    assert until(session, lambda: order.state is OrderState.SETTLING, 3), "cancelled, and its fill is still owed"
    assert order.reserved >= part > order.filled
    assert_within_limit(session)
    assert until(session, lambda: order.filled == part, 8)
    faults.heal()
    session.run(12)
    assert order.is_terminal
    assert_books_agree(session)


def partly_filled(session, faults: Faults) -> tuple[Order, int]:
    """An order of which the exchange has filled a part that we have not heard of, and that part."""
    for _ in range(60):
        order = some_resting(session, Side.SELL)
        hit(session, faults, order, max(1, order.remaining // 2))
        session.run(0.2)
        for one in session.engine.state.ledger.live.values():
            known = session.exchange.statements.order_status(session.account, one.cloid)
            if known is not None and 0 < known.size < known.original_size - one.filled:
                return one, known.original_size - known.size
    raise AssertionError("no order was filled in part")


def test_f21_a_lost_cancel_is_sent_again_because_of_its_result_and_ends_with_no_order() -> None:
    session, faults = quoting()
    faults.drop_request(CancelOrders, times=2)
    session.act(Verb.PAUSE)
    session.run(1.0)
    assert resting(session), "the first cancel was lost"
    assert_reserved_for_what_may_fill(session)
    assert until(session, lambda: not resting(session), 8)
    assert len([intent for intent in faults.taken if isinstance(intent, CancelOrders)]) == 2
    session.run(1)
    since = len(session.sends)
    session.run(10)
    assert session.sends[since:] == [], "what is gone is not cancelled again"
    assert_books_agree(session)


def test_f21_cancels_that_are_lost_for_long_are_repeated_together_and_not_one_by_one() -> None:
    session, faults = quoting()
    session.run(1)
    assert until(session, lambda: len(resting(session)) > 7, 20)
    there = len(resting(session))
    faults.drop_request(CancelOrders)
    since = len(session.sends)
    session.act(Verb.PAUSE)
    session.run(12)
    assert there - 3 <= len(resting(session)) <= there, "but for what the market takes"
    assert 10 <= len(session.sends) - since <= 24, "about once a second, all in one action"
    faults.heal()
    assert until(session, lambda: not resting(session), 4)
    session.run(5)
    assert_books_agree(session)


@pytest.mark.incident("B3")
def test_f22_no_order_is_ever_modified_so_that_no_order_has_two_legs() -> None:
    session, _ = quoting(trading__max_bps_diff=0.2)
    session.run(60)
    assert {type(intent) for intent in session.sends} <= {PlaceOrders, CancelOrders}
    oids: dict[str, set[int]] = {}
    for order in [*session.engine.state.ledger.live.values(), *session.engine.state.ledger.recent()]:
        oids.setdefault(order.cloid, set()).add(order.oid or 0)
    assert len(oids) > 20
    assert all(len(found) == 1 for found in oids.values()), "one order, one venue id"
