"""Lost answers, lost requests, silence, gaps and limits: what the orders at the exchange do then."""

import os
import random

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    BookUpdate,
    ConnectionChanged,
    ContextUpdate,
    Feed,
    FillsReceived,
    OrderReports,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, PlaceOrders
from mmtui.domain.order import OrderState
from mmtui.domain.parameters import Settings
from mmtui.domain.records import FillBooked, PositionAdjusted
from mmtui.domain.view import Mode
from mmtui.engine.account import DayState
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import START_MS, SimulatedSession, synthetic_exchange
from mmtui.venues.exchange import actions
from tests.simulation.truth import assert_books_agree, exposure, position, resting

SEEDS = int(os.environ.get("MMTUI_SEEDS", "4"))
MARKET = (BookUpdate, TouchUpdate, TradePrints, ContextUpdate)


def started(make_session, coin="ETH", seconds=60, **kwargs):
    session = make_session(coin, **kwargs)
    session.run(seconds)
    for _ in range(120):
        if session.view.mode is Mode.QUOTING:
            return session
        session.run(1)
    raise AssertionError("warm-up must end")


def quotes_both_sides_soon(session: SimulatedSession) -> bool:
    for _ in range(20):
        if {order.side for order in resting(session)} == {Side.BUY, Side.SELL}:
            return True
        session.run(0.5)
    return False


def settle(session: SimulatedSession) -> None:
    session.act(Verb.PAUSE)
    session.run(15)
    assert_books_agree(session)


def test_answers_that_never_come_leave_orders_unknown_until_the_exchange_is_asked(make_session) -> None:
    session = started(make_session)
    seen: set[OrderState] = set()
    session.on_event = lambda e: None if isinstance(e, ActionAnswered | OrderReports) else e
    for _ in range(120):
        session.run(0.5)
        seen |= {order.state for order in session.engine.state.ledger.live.values()}
        for side in Side:
            assert exposure(session, side) <= session.engine.state.risk.limit.size * 1.002
    assert OrderState.UNKNOWN in seen
    assert session.view.counters.fills > 0 or session.view.counters.orders_placed > 20
    session.on_event = lambda e: e
    settle(session)


def test_requests_that_never_arrive_are_proven_dead_and_quoting_goes_on(make_session) -> None:
    session = started(make_session)
    lost = {"n": 0}

    def lose(intent) -> bool:
        if isinstance(intent, PlaceOrders) and lost["n"] < 3:
            lost["n"] += 1
            return False
        return True

    session.on_send = lose
    session.run(60)
    assert lost["n"] == 3
    reasons = [order.state for order in session.engine.state.ledger.recent()]
    assert OrderState.LOST in reasons
    assert quotes_both_sides_soon(session)
    settle(session)


def test_a_lost_cancel_is_sent_again_until_the_order_is_gone(make_session) -> None:
    session = started(make_session)
    cancels = {"lost": 0}

    def lose(intent) -> bool:
        if isinstance(intent, CancelOrders) and cancels["lost"] < 3:
            cancels["lost"] += 1
            return False
        return True

    session.on_send = lose
    session.act(Verb.PAUSE)
    session.run(20)
    assert cancels["lost"] == 3
    assert resting(session) == []


def test_repeated_fills_count_once(make_session) -> None:
    session = started(make_session, seed=3)

    def twice(event):
        if isinstance(event, FillsReceived):
            return msgspec.structs.replace(event, fills=event.fills + event.fills)
        return event

    session.on_event = twice
    session.run(240)
    rows = [row for row in session.rows if isinstance(row, FillBooked)]
    assert len(rows) > 5
    assert len({(row.venue_time_ms, row.tid, row.oid) for row in rows}) == len(rows)
    session.on_event = lambda e: e
    settle(session)


def test_a_fill_that_was_never_pushed_is_found_and_the_position_is_right_again(make_session) -> None:
    session = started(make_session, seed=3)
    dropped: list[FillsReceived] = []

    def drop_first(event):
        if isinstance(event, FillsReceived) and not event.is_snapshot and not dropped:
            dropped.append(event)
            return None
        return event

    session.on_event = drop_first
    for _ in range(100):
        session.run(5)
        if dropped:
            break
    session.run(20)
    assert dropped
    key = dropped[0].fills[0].tid
    assert key in [row.tid for row in session.rows if isinstance(row, FillBooked)]
    assert not [row for row in session.rows if isinstance(row, PositionAdjusted)]
    settle(session)


@pytest.mark.fault("F37")
@pytest.mark.incident("B8")
def test_silence_pulls_at_five_seconds_and_kills_at_sixty(make_session) -> None:
    session = started(make_session)
    session.on_event = lambda e: None if isinstance(e, MARKET) else e
    session.run(4.5)
    assert resting(session)
    session.run(3)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    assert not session.latches
    session.run(60)
    assert session.latches
    assert session.latches[0].reason == "data age"
    assert session.finish is not None
    assert session.finish.is_killed


def test_quoting_resumes_after_a_short_silence(make_session) -> None:
    session = started(make_session)
    session.on_event = lambda e: None if isinstance(e, MARKET) else e
    session.run(12)
    session.on_event = lambda e: e
    session.run(10)
    assert session.view.mode is Mode.QUOTING
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def test_no_order_is_placed_from_a_book_older_than_two_seconds(make_session) -> None:
    session = started(make_session)
    session.on_event = lambda e: None if isinstance(e, MARKET) else e
    frozen_at = session.now_ms
    placed_before = len(session.sends)
    session.run(2.0)
    count = len(session.sends)
    session.engine.state.quoting.urgent = True
    session.run(2.0)
    late = [intent for intent in session.sends[count:] if isinstance(intent, PlaceOrders)]
    assert late == []
    assert session.now_ms - frozen_at >= 4000
    assert placed_before <= count


def test_a_lost_account_stream_stops_quoting_until_the_account_was_compared(make_session) -> None:
    session = started(make_session)
    now = session.now_ms / 1000.0
    session.feed(ConnectionChanged(received_at=now, feed=Feed.USER, is_up=False, text="cut"))
    before = len([i for i in session.sends if isinstance(i, PlaceOrders)])
    session.run(8)
    assert len([i for i in session.sends if isinstance(i, PlaceOrders)]) == before
    assert resting(session) == []
    session.on_event = lambda e: None if isinstance(e, AccountSnapshot) else e
    session.feed(ConnectionChanged(received_at=session.now_ms / 1000.0, feed=Feed.USER, is_up=True))
    session.run(5)
    assert session.view.mode is Mode.STALE
    session.on_event = lambda e: e
    session.run(8)
    assert session.view.mode is Mode.QUOTING
    assert resting(session)


@pytest.mark.incident("B41")
def test_own_orders_of_an_earlier_run_are_cancelled_before_the_first_quote(make_session) -> None:
    first = started(make_session)
    assert resting(first)
    leftovers = {order.cloid for order in resting(first)}
    second = SimulatedSession(first.exchange, "ETH", first.engine.state.settings, run=2)
    second.run(2)
    assert leftovers.isdisjoint({order.cloid for order in resting(second)})
    second.run(60)
    assert {order.side for order in resting(second)} == {Side.BUY, Side.SELL}
    settle(second)


@pytest.mark.fault("F80")
def test_foreign_orders_are_left_alone_and_counted_in_the_exposure(make_session) -> None:
    session = make_session("ETH", trading__max_position_usd=2500.0)
    mid_units = session.venue.instrument.price_units(4000.0)
    foreign = actions.PlaceOrder(
        asset=session.venue.instrument.asset_id,
        side=Side.BUY,
        price=session.venue.instrument.floor_price(mid_units),
        size=3000,
        tif=actions.Tif.GTC,
        cloid="0x" + "ab" * 16,
    )
    session.exchange.submit(START_MS, session.account, actions.OrderAction((foreign,)), lambda reply: None)
    session.run(90)
    assert session.view.position.foreign_orders == 1
    orders = session.exchange.statements.open_orders(session.account)
    assert "0x" + "ab" * 16 in [order.cloid for order in orders]
    total = position(session) + sum(order.size for order in orders if order.side is Side.BUY)
    assert total <= session.engine.state.risk.limit.size * 1.002
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}
    session.act(Verb.KILL)
    session.run(10)
    left = session.exchange.statements.open_orders(session.account)
    assert [order.cloid for order in left] == ["0x" + "ab" * 16]


def test_the_foreign_block_policy_keeps_quotes_off_while_foreign_orders_rest(make_session) -> None:
    session = make_session("ETH", execution__foreign_orders="block")
    price = session.venue.instrument.floor_price(session.venue.instrument.price_units(4000.0))
    order = actions.PlaceOrder(
        asset=session.venue.instrument.asset_id, side=Side.BUY, price=price, size=3000, tif=actions.Tif.GTC
    )
    session.exchange.submit(START_MS, session.account, actions.OrderAction((order,)), lambda reply: None)
    session.run(90)
    assert resting(session) == []
    assert "foreign" in session.view.why_no_quotes[0]


def test_a_day_loss_beyond_the_limit_kills_and_clears_the_book(make_session) -> None:
    day = DayState(utc_day=START_MS // 86_400_000, opening_equity=100_000_000_000, peak_pnl=0, pnl=-499_000_000)
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    exchange = synthetic_exchange("ETH", seed=1)
    session = SimulatedSession(exchange, "ETH", settings, options=EngineOptions(run=1, day=day))
    session.run(30)
    assert not session.latches, "a loss just inside the limit does not kill"
    again = DayState(utc_day=START_MS // 86_400_000, opening_equity=100_000_000_000, peak_pnl=0, pnl=-501_000_000)
    killed = SimulatedSession(
        synthetic_exchange("ETH", seed=1), "ETH", settings, options=EngineOptions(run=1, day=again)
    )
    killed.run(40)
    assert killed.latches
    assert killed.latches[0].reason == "day loss"
    assert resting(killed) == []
    assert killed.finish is not None
    assert killed.finish.is_killed


@pytest.mark.incident("B20")
def test_a_restart_does_not_refill_the_purse(make_session) -> None:
    session = started(make_session, seed=5, seconds=200)
    kept = session.days[-1]
    assert kept.pnl == session.engine.state.account.day_pnl() or kept.pnl != 0
    state = DayState(utc_day=kept.utc_day, opening_equity=kept.opening_equity, peak_pnl=kept.peak_pnl, pnl=-123_000_000)
    again = SimulatedSession(
        synthetic_exchange("ETH", seed=6),
        "ETH",
        session.engine.state.settings,
        options=EngineOptions(run=2, day=state),
    )
    again.run(5)
    assert again.engine.state.account.day_pnl() == -123_000_000
    assert again.engine.state.account.day.opening_equity == kept.opening_equity


@pytest.mark.fault("F79")
def test_a_position_changed_by_hand_is_counted_and_reduced_when_over_the_limit(make_session) -> None:
    session = started(make_session, trading__max_position_usd=2500.0)
    order = actions.PlaceOrder(
        asset=session.venue.instrument.asset_id,
        side=Side.BUY,
        price=session.venue.instrument.floor_price(session.venue.instrument.price_units(4500.0)),
        size=10_000,
        tif=actions.Tif.IOC,
    )
    session.exchange.submit(session.now_ms, session.account, actions.OrderAction((order,)), lambda reply: None)
    session.run(5)
    assert position(session) > session.engine.state.risk.limit.size
    assert session.engine.state.account.position.size == position(session)
    assert session.view.mode is Mode.REDUCE_ONLY
    orders = resting(session)
    assert orders
    assert {order.side for order in orders} == {Side.SELL}
    assert all(order.reduce_only for order in orders)
    foreign = [row for row in session.rows if isinstance(row, FillBooked) and row.is_foreign]
    assert foreign


def test_position_value_beyond_one_and_a_half_limits_kills(make_session) -> None:
    session = started(make_session, risk__max_position_value_usd=3000.0, trading__max_position_usd=2500.0)
    order = actions.PlaceOrder(
        asset=session.venue.instrument.asset_id,
        side=Side.BUY,
        price=session.venue.instrument.floor_price(session.venue.instrument.price_units(4500.0)),
        size=12_000,
        tif=actions.Tif.IOC,
    )
    session.exchange.submit(session.now_ms, session.account, actions.OrderAction((order,)), lambda reply: None)
    session.run(10)
    assert session.latches
    assert session.latches[0].reason == "position value"
    assert resting(session) == []


@pytest.mark.parametrize("seed", range(SEEDS))
def test_hostile_sessions_keep_the_limit_and_end_with_equal_books(make_session, seed) -> None:
    session = started(make_session, seed=seed, trading__max_position_usd=2500.0)
    rng = random.Random(seed)
    session.on_send = lambda intent: rng.random() > 0.08
    session.on_event = lambda e: (
        None if isinstance(e, ActionAnswered | OrderReports | FillsReceived) and rng.random() < 0.08 else e
    )
    for _ in range(600):
        session.run(0.5)
        for side in Side:
            assert exposure(session, side) <= session.engine.state.risk.limit.size * 1.002
        if session.finish is not None:
            break
    session.on_send = lambda intent: True
    session.on_event = lambda e: e
    if session.finish is None:
        assert session.view.counters.fills > 0, "a run that does not trade proves nothing"
        settle(session)
