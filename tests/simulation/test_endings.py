"""Kill, stop and flatten end as they say: everything cancelled, verified when it was, nothing sent after."""

import msgspec
import pytest

from mmtui.domain.cloid import is_ours
from mmtui.domain.commands import CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    Certainty,
    QueryFailed,
    RefusalReason,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, PlaceOrders, SetLeverage
from mmtui.domain.parameters import Settings
from mmtui.domain.view import Mode
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from mmtui.venues.exchange import actions
from mmtui.venues.exchange.direct import Latency
from tests.simulation.truth import position, resting


def quoting(make_session, **kwargs):
    session = make_session("ETH", **kwargs)
    session.run(60)
    assert session.view.mode is Mode.QUOTING
    return session


def trade_by_hand(session, side: Side, size: int, *, price_usd: float | None = None, tif=actions.Tif.IOC) -> None:
    instrument, mid = session.venue.instrument, session.view.ladder.mid
    price = price_usd if price_usd is not None else mid * (1.0 + 0.05 * side)
    order = actions.PlaceOrder(
        asset=instrument.asset_id,
        side=side,
        price=instrument.floor_price(instrument.price_units(price)),
        size=size,
        tif=tif,
    )
    session.exchange.submit(session.now_ms, session.account, actions.OrderAction((order,)), lambda reply: None)


def holding(make_session, size: int = 3_000, **kwargs):
    session = quoting(make_session, **kwargs)
    trade_by_hand(session, Side.BUY, size)
    session.run(2)
    assert position(session) > size / 2
    return session


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_an_account_query_slower_than_the_interval_of_asking_still_verifies(verb) -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    latency = Latency(uplink_ms=300, downlink_ms=450)
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings, latency=latency)
    session.run(90)
    assert resting(session)
    session.act(verb)
    session.run(11)
    assert session.finish is not None
    assert not session.finish.unverified
    assert resting(session) == []


def test_an_answer_overtaken_by_one_that_shows_our_orders_verifies_nothing(make_session) -> None:
    session = quoting(make_session)
    kept: list[AccountSnapshot] = []
    later: list[AccountSnapshot] = []

    def keep(event):
        if isinstance(event, AccountSnapshot) and any(is_ours(report.cloid) for report in event.open_orders):
            kept.append(event)
        return event

    session.on_event = keep
    session.run(60)
    assert kept

    def answer(event):
        if not isinstance(event, AccountSnapshot):
            return event
        later.append(event)
        if len(later) == 1:
            return msgspec.structs.replace(event, open_orders=kept[-1].open_orders)
        if len(later) == 2:
            return msgspec.structs.replace(event, venue_time_ms=later[0].venue_time_ms - 1)
        return event

    session.act(Verb.STOP)
    while not session.engine.state.control.clearance.first_query_id:
        session.run(0.1)
    session.on_event = answer
    session.run(11)
    assert session.finish is not None
    assert not session.finish.unverified
    assert len(later) >= 4, "one showed our orders, one was older than that, and two looks verify"


def test_a_lost_query_does_not_keep_a_stop_from_being_verified(make_session) -> None:
    session = quoting(make_session)
    lost: list[AccountSnapshot] = []

    def lose(event):
        if isinstance(event, AccountSnapshot) and len(lost) < 2:
            lost.append(event)
            return QueryFailed(received_at=event.received_at, request_id=event.request_id, text="lost")
        return event

    session.act(Verb.STOP)
    session.on_event = lose
    session.run(9)
    assert len(lost) == 2
    assert session.finish is not None
    assert not session.finish.unverified


def test_a_stop_that_becomes_a_kill_still_ends_the_session(make_session) -> None:
    session = quoting(make_session)
    session.engine.state.control.finish_on_kill = False
    session.act(Verb.STOP)
    session.act(Verb.KILL)
    session.run(12)
    assert session.finish is not None
    assert session.finish.is_killed
    assert resting(session) == []


def test_a_cancel_without_an_answer_kills_only_while_an_order_waits_for_it(make_session) -> None:
    session = quoting(make_session)

    def break_answers(event):
        if isinstance(event, ActionAnswered) and event.request_id in session.engine.state.ledger.requests:
            return ActionFailed(
                received_at=event.received_at,
                request_id=event.request_id,
                certainty=Certainty.UNKNOWN,
                reason=RefusalReason.VENUE_DOWN,
                text="lost",
            )
        return event

    session.on_event = break_answers
    session.act(Verb.PAUSE)
    session.run(5)
    session.on_event = lambda event: event
    assert resting(session) == []
    session.run(60)
    assert not session.latches


def test_cancels_that_cannot_be_delivered_kill_also_when_nothing_comes_back_at_all(make_session) -> None:
    session = quoting(make_session)
    session.on_send = lambda intent: not isinstance(intent, CancelOrders)
    session.act(Verb.PAUSE)
    session.run(40)
    assert session.latches
    assert session.latches[0].reason == "cancel undelivered"


def test_quotes_that_stay_after_all_are_no_undelivered_cancels(make_session) -> None:
    still = {"trading.max_bps_diff": 50.0, "execution.size_tolerance_pct": 100.0, "execution.reply_timeout_s": 1.0}
    far = {"num_levels": 1, "min_depth_bps": 30.0, "max_depth_bps": 40.0}
    still |= {f"strategy.ladder_config.{key}": value for key, value in far.items()}
    session = make_session("ETH", seed=3, speed=0.05, **still)
    while session.view.mode is not Mode.QUOTING:
        session.run(1)
    session.run(5)
    session.on_send = lambda intent: not isinstance(intent, CancelOrders)
    session.act(Verb.PAUSE)
    session.run(2)
    session.act(Verb.RESUME)
    session.run(1.5)
    session.on_send = lambda _: True
    assert session.view.mode is Mode.QUOTING
    session.run(40)
    assert not session.latches


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.STOP, Verb.KILL])
def test_pause_stop_and_kill_end_a_flatten_and_answer_it(make_session, verb) -> None:
    session = holding(make_session, trading__order_notional_usd=50.0)
    session.engine.state.control.finish_on_kill = False
    flatten = session.act(Verb.FLATTEN)
    assert flatten is not None
    session.run(0.5)
    assert position(session) != 0
    session.act(verb)
    last = [answer for answer in session.answers if answer.id == flatten.id][-1]
    assert last.status is CommandStatus.REFUSED
    count = len(session.sends)
    session.run(5)
    assert not [intent for intent in session.sends[count:] if isinstance(intent, PlaceOrders)]


def test_a_stop_with_flatten_carries_on_the_flatten_under_way(make_session) -> None:
    session = holding(make_session, execution__on_stop="flatten")
    session.act(Verb.FLATTEN)
    session.run(0.3)
    session.act(Verb.STOP)
    session.run(40)
    assert session.finish is not None
    assert position(session) == 0


def test_a_flatten_of_many_slices_closes_everything(make_session) -> None:
    session = holding(make_session, size=9_500, trading__order_notional_usd=25.0)
    session.act(Verb.FLATTEN)
    session.run(60)
    assert position(session) == 0
    assert session.answers[-1].status is CommandStatus.DONE


def test_foreign_orders_do_not_keep_the_position_from_being_closed(make_session) -> None:
    session = holding(make_session)
    trade_by_hand(session, Side.SELL, 9_000, price_usd=session.view.ladder.mid * 1.04, tif=actions.Tif.GTC)
    session.run(12)
    assert session.view.position.foreign_orders == 1
    session.act(Verb.FLATTEN)
    session.run(15)
    assert position(session) == 0


def test_foreign_orders_do_not_keep_reducing_quotes_off(make_session) -> None:
    session = holding(make_session)
    trade_by_hand(session, Side.SELL, 9_000, price_usd=session.view.ladder.mid * 1.04, tif=actions.Tif.GTC)
    session.run(12)
    session.act(Verb.REDUCE_ONLY)
    session.run(3)
    orders = resting(session)
    assert orders
    assert {order.side for order in orders} == {Side.SELL}
    assert all(order.reduce_only for order in orders)


def test_nothing_is_taken_at_a_price_from_a_book_that_is_not_confirmed(make_session) -> None:
    session = holding(make_session)
    session.act(Verb.PAUSE)
    session.run(3)
    session.engine.state.market.distrust()
    session.on_event = lambda event: None if "Update" in type(event).__name__ else event
    session.act(Verb.FLATTEN)
    count = len(session.sends)
    session.run(3)
    assert not [intent for intent in session.sends[count:] if isinstance(intent, PlaceOrders)]
    session.on_event = lambda event: event
    session.run(10)
    assert position(session) == 0


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_leverage_is_not_set_once_trading_is_to_end(verb) -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "trading.leverage": "7"})
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings)
    session.act(verb)
    session.run(10)
    assert session.engine.state.account.is_anchored
    assert not [intent for intent in session.sends if isinstance(intent, SetLeverage)]


@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_the_day_is_saved_as_it_was_at_the_end(make_session, verb) -> None:
    session = holding(make_session, execution__on_stop="flatten")
    session.run(3)
    session.act(verb)
    session.run(40)
    assert session.finish is not None
    assert session.days[-1].pnl == session.engine.state.account.day_pnl()


def test_risk_is_measured_on_while_killed(make_session) -> None:
    session = holding(make_session)
    session.engine.state.control.finish_on_kill = False
    session.act(Verb.KILL)
    session.run(2)
    before = {bar.name: bar.value for bar in session.view.risk}["position value"]
    trade_by_hand(session, Side.BUY, 1_000)
    session.run(5)
    after = {bar.name: bar.value for bar in session.view.risk}["position value"]
    assert after > before * 1.1
    assert len(session.latches) == 1


def test_a_rearm_is_refused_while_the_session_is_being_stopped(make_session) -> None:
    session = quoting(make_session)
    session.engine.state.control.finish_on_kill = False
    session.on_event = lambda event: None if isinstance(event, AccountSnapshot) else event
    session.act(Verb.KILL)
    session.act(Verb.STOP)
    session.run(2)
    session.command(Rearm(id="r", by="op", reason="tested"))
    assert session.answers[-1].status is CommandStatus.REFUSED
    session.run(12)
    assert session.finish is not None
    assert session.finish.unverified


def test_a_lost_cancel_is_repeated_each_second_also_when_requests_are_scarce(make_session) -> None:
    session = quoting(make_session, risk__rate_limit_errors_max=1)
    session.engine.state.risk.rate_limit_errors.append(session.now_ms / 1000.0 + 60.0)
    session.run(3)
    lost: list[CancelOrders] = []
    session.on_send = lambda intent: (
        not isinstance(intent, CancelOrders) or len(lost) >= 2 or lost.append(intent) or False
    )
    session.act(Verb.PAUSE)
    session.run(5)
    assert len(lost) == 2
    assert resting(session) == []


def test_an_edit_of_the_position_limit_holds_from_the_same_step(make_session) -> None:
    session = quoting(make_session)
    before = session.engine.state.risk.limit.size
    session.command(
        SetParameters(id="e", by="op", changes={"trading.max_position_usd": 500.0, "trading.order_notional_usd": 100.0})
    )
    assert session.engine.state.risk.limit.size < before / 5
