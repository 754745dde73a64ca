"""Nothing that holds trading back outlives its cause, and what only reduces ends no trading."""

import msgspec
import pytest

from mmtui.domain.commands import CommandStatus, SetParameters, Verb
from mmtui.domain.events import (
    ActionFailed,
    BookUpdate,
    BudgetUpdate,
    Certainty,
    ContextUpdate,
    DiskSlow,
    LoopStalled,
    RefusalReason,
    TouchUpdate,
    TradePrints,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, Fence, PlaceOrders, SetLeverage
from mmtui.domain.order import OrderState
from mmtui.domain.view import Mode
from mmtui.risk.restraints import Effect, Restraint
from mmtui.strategies.sizing import is_dust
from tests.faults.sessions import alarms, has_both_sides, quoting, until
from tests.simulation.test_endings import trade_by_hand
from tests.simulation.truth import position, resting


def test_a_position_of_dust_may_earn_the_requests_that_it_lacks() -> None:
    session, _ = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    missing = 100 - position(session)
    trade_by_hand(session, Side.BUY if missing > 0 else Side.SELL, abs(missing))
    session.run(3)
    trade_by_hand(session, Side.SELL, 80)
    session.run(12)
    touch = session.engine.state.market.touch
    assert is_dust(session.venue.instrument, position(session), session.venue.instrument.price_units(touch.mid))
    session.on_event = lambda event: (
        msgspec.structs.replace(event, address_left=100, address_cap=10_000)
        if isinstance(event, BudgetUpdate)
        else event
    )
    session.run(15)
    session.act(Verb.RESUME)
    assert until(session, lambda: has_both_sides(session), 30)
    assert session.view.mode is Mode.QUOTING


def test_fills_that_only_reduce_a_position_are_no_run(make_session) -> None:
    session = make_session("ETH", speed=6.0, trading__order_notional_usd=200.0, trading__max_position_usd=9_000.0)
    while session.view.mode is not Mode.QUOTING:
        session.run(1)
    session.run(2)
    trade_by_hand(session, Side.BUY, 20_000 - position(session))
    session.run(1)
    session.act(Verb.REDUCE_ONLY)
    before = position(session)
    session.run(120)
    assert not session.latches
    assert session.engine.state.tape.counts["filled"] > 13
    assert 0 <= position(session) < before


def test_a_flatten_that_gave_up_is_no_alarm_any_more_once_someone_resumes() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(2)
    session.on_send = lambda intent: not isinstance(intent, PlaceOrders)
    session.act(Verb.FLATTEN)
    assert until(session, lambda: "flatten" in alarms(session), 60)
    session.on_send = lambda _: True
    session.act(Verb.RESUME)
    session.run(1)
    assert "flatten" not in alarms(session)


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_a_mark_that_is_no_price_says_nothing(price: float) -> None:
    session, _ = quoting()
    known = session.engine.state.market.context
    strange = msgspec.structs.replace(known, mark=price, oracle=price)
    session.feed(ContextUpdate(received_at=session.now_ms / 1000.0, context=strange))
    assert session.engine.state.market.context == known
    session.run(1)
    assert session.view.mode is Mode.QUOTING


def test_a_machine_that_slept_wakes_to_trade_and_is_killed_by_silence_alone() -> None:
    session, _ = quoting()
    session.now_ms += 600_000
    session.feed(LoopStalled(received_at=session.now_ms / 1000.0, stalled_s=600.0))
    assert session.view.mode is Mode.STALE
    session.run(3)
    assert not session.latches
    assert until(session, lambda: session.view.mode is Mode.QUOTING, 60)
    session.on_event = lambda event: None if isinstance(event, (BookUpdate, TouchUpdate, TradePrints)) else event
    session.run(57)
    assert not session.latches
    session.run(5)
    assert session.latches[0].reason == "data age"


def test_a_side_that_is_off_for_open_interest_still_reduces() -> None:
    session, _ = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    capped = Restraint(key="capped", effect=Effect.SIDE_OFF, text="capped", until=1e12, side=Side.SELL)
    session.engine.state.risk.restraints.put(capped)
    trade_by_hand(session, Side.BUY, 3_000 - position(session))
    session.run(12)
    session.act(Verb.RESUME)
    assert until(session, lambda: has_both_sides(session), 20)
    asks = [order for order in session.engine.state.ledger.live.values() if order.side is Side.SELL]
    assert asks
    assert all(order.terms.reduce_only for order in asks)
    trade_by_hand(session, Side.SELL, position(session))
    session.run(3)
    assert all(order.side is Side.BUY for order in resting(session)) or position(session) > 0


def test_a_resume_during_a_flatten_is_refused_since_the_flatten_ends_in_a_pause() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(2)
    session.on_send = lambda intent: not isinstance(intent, PlaceOrders)
    session.act(Verb.FLATTEN)
    session.run(1)
    answer = session.act(Verb.RESUME)
    assert answer.status is CommandStatus.REFUSED
    assert "pause ends it" in answer.text
    session.act(Verb.PAUSE)
    session.on_send = lambda _: True
    assert session.act(Verb.RESUME).status is CommandStatus.ACCEPTED
    assert until(session, lambda: has_both_sides(session), 30)


def test_an_order_whose_cancel_was_refused_is_not_called_filled_during_its_cancel() -> None:
    session, _ = quoting()
    refused: list[CancelOrders] = []
    session.on_send = lambda intent: not isinstance(intent, CancelOrders) or refused.append(intent) or False
    session.act(Verb.PAUSE)
    request = refused[0]
    session.feed(
        ActionFailed(
            received_at=session.now_ms / 1000.0,
            request_id=request.request_id,
            certainty=Certainty.NOT_EXECUTED,
            reason=RefusalReason.OTHER,
            text="not today",
        )
    )
    orders = [session.engine.state.ledger.live[cloid] for cloid in request.cloids]
    assert {order.state for order in orders} == {OrderState.UNKNOWN}
    assert not any(order.was_cancelling for order in orders)
    session.on_send = lambda _: True
    session.run(5)
    assert resting(session) == []


SMALL = [
    {"trading.order_notional_usd": 10.0},
    {"trading.target_liquidity": 0.0002, "trading.max_absolute_position_size": 1.0},
]


@pytest.mark.parametrize("small", SMALL, ids=["notional", "liquidity"])
@pytest.mark.parametrize("how", ["quoting", "side off", "reduce-only"])
def test_a_position_is_reduced_however_small_the_configured_size(make_session, small, how: str) -> None:
    session = make_session("ETH", **small)
    while session.view.mode is not Mode.QUOTING:
        session.run(1)
    session.act(Verb.PAUSE)
    if how == "side off":
        capped = Restraint(key="capped", effect=Effect.SIDE_OFF, text="capped", until=1e12, side=Side.SELL)
        session.engine.state.risk.restraints.put(capped)
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(15)
    session.act(Verb.RESUME)
    if how == "reduce-only":
        session.act(Verb.REDUCE_ONLY)
    assert until(session, lambda: any(order.side is Side.SELL for order in resting(session)), 10)


def test_a_flatten_that_a_slow_disk_holds_back_says_so() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(2)
    session.act(Verb.PAUSE)
    session.run(3)
    session.feed(DiskSlow(received_at=session.now_ms / 1000.0, waited_s=2.0))
    session.act(Verb.FLATTEN)
    assert until(session, lambda: "flatten gave up" in alarms(session), 40)
    assert "disk 2.0 s" in session.answers[-1].text


@pytest.mark.parametrize(("held", "stated", "mid", "distance"), [
    (10, 10, 110.0, 1.0 - 100.0 / 110.0),
    (10, 10, 90.0, 0.0),
    (-10, -10, 90.0, 100.0 / 90.0 - 1.0),
    (-10, -10, 110.0, 0.0),
    (-10, 10, 110.0, None),
    (0, 10, 110.0, None),
])  # fmt: skip
def test_the_way_to_a_liquidation_ends_at_its_price(held: int, stated: int, mid: float, distance) -> None:
    session, _ = quoting()
    account, instrument = session.engine.state.account, session.venue.instrument
    price = instrument.price_units(100.0)
    account.snapshot = msgspec.structs.replace(account.snapshot, position=stated, liquidation_price=price)
    account.position.size = held
    assert account.liquidation_distance(instrument, mid) == pytest.approx(distance)


def test_every_signed_action_counts_against_the_actions_a_minute() -> None:
    session, _ = quoting(trading__leverage="5")
    assert any(isinstance(intent, SetLeverage) for intent in session.sends)
    since = len(session.sends)
    session.run(54)
    session.on_send = lambda intent: not isinstance(intent, PlaceOrders)
    session.run(4)
    session.act(Verb.STOP)
    session.run(1)
    sent = session.sends[since:]
    assert any(isinstance(intent, Fence) for intent in sent)
    assert session.view.budget.actions_last_min >= len(sent)


def test_a_limit_is_not_lowered_so_far_that_trading_would_end_at_once() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 8_000)
    session.run(3)

    def lowered(value: float) -> CommandStatus:
        limits = {"trading.max_position_usd": value, "risk.max_position_value_usd": value}
        changes = {**limits, "trading.order_notional_usd": 100.0}
        session.command(SetParameters(id=f"to {value}", by="op", changes=changes))
        session.run(2)
        return session.answers[-1].status

    assert lowered(1_000.0) is CommandStatus.REFUSED
    assert "position value" in session.answers[-1].text
    assert lowered(3_000.0) is CommandStatus.DONE
    assert not session.latches
    assert session.view.mode is Mode.REDUCE_ONLY


def test_a_refusal_for_our_clock_stays_in_sight_for_a_while() -> None:
    session, _ = quoting()
    refusal = ActionFailed(
        received_at=session.now_ms / 1000.0,
        request_id=10**6,
        certainty=Certainty.NOT_EXECUTED,
        reason=RefusalReason.NONCE_AHEAD,
        text="Invalid nonce: nonce too high",
    )
    session.feed(refusal)
    session.run(5)
    assert "is the clock right?" in alarms(session)
    session.run(6)
    assert "is the clock right?" not in alarms(session)
