"""Margin at the exchange: what an isolated position is given, and what is not sent for want of margin."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import AccountSnapshot
from mmtui.domain.instrument import MarginTier, Side
from mmtui.domain.intents import AddMargin
from mmtui.domain.view import Mode
from tests.simulation.test_endings import quoting, trade_by_hand
from tests.simulation.truth import position, resting

ISOLATED = {
    "trading__force_isolated": True,
    "trading__leverage": "25",
    "risk__liquidation_sigmas": 0.0,
    "risk__liquidation_distance_min_pct": 0.0,
}
USD = 1e6


def isolated(make_session, size: int = 6_000, **settings):
    session = quoting(make_session, **{**ISOLATED, **settings})
    trade_by_hand(session, Side.BUY, size)
    session.run(30)
    assert position(session) > 0
    return session


def added(session) -> list[float]:
    return [intent.amount / USD for intent in session.sends if isinstance(intent, AddMargin)]


def restrained(session) -> str:
    return next((alarm.text for alarm in session.view.alarms if "isolated" in alarm.text), "")


def test_an_isolated_position_short_of_margin_is_filled_up_to_its_allocation(make_session) -> None:
    session = isolated(make_session, trading__isolated_top_ups=2, trading__initial_isolated_margin=1500.0)
    (amount,) = added(session)
    before = session.view.position.liquidation_distance
    statement = session.exchange.statements.statement(session.account, "")
    held = next(row for row in statement.positions if row.coin == "ETH")
    assert amount > 500.0
    assert held.margin_used_micro / USD == pytest.approx(1500.0, rel=0.05)
    assert before > 0.04
    assert "MARGIN_ADDED" in [row.code for row in session.rows if hasattr(row, "code")]
    assert not restrained(session)


def test_without_leave_nothing_is_added_and_nothing_is_restrained(make_session) -> None:
    session = isolated(make_session)
    assert added(session) == []
    assert not restrained(session)


def test_a_position_that_may_be_given_no_more_is_only_reduced(make_session) -> None:
    session = quoting(make_session, **ISOLATED, trading__isolated_top_ups=1, trading__initial_isolated_margin=50.0)
    trade_by_hand(session, Side.BUY, 6_000)
    for _ in range(40):
        session.run(0.5)
        if restrained(session):
            break
    assert "only reducing" in restrained(session)
    assert added(session) == []
    assert session.view.mode is Mode.REDUCE_ONLY
    session.run(1)
    assert {order.side for order in resting(session)} <= {Side.SELL}


def test_an_isolated_position_is_let_go_some_way_above_the_point_where_it_was_held(make_session) -> None:
    session = quoting(make_session, **ISOLATED, trading__isolated_top_ups=1, trading__initial_isolated_margin=50.0)
    trade_by_hand(session, Side.BUY, 6_000)
    session.run(20)
    assert restrained(session)
    instrument, ratios = session.venue.instrument, [1.5]
    rate = 0.5 / instrument.tiers[0].max_leverage

    def stated(event):
        if not isinstance(event, AccountSnapshot) or not event.position:
            return event
        price_usd = session.engine.state.market.touch.mid * (1.0 - ratios[-1] * rate) / (1.0 - rate)
        return msgspec.structs.replace(event, liquidation_price=instrument.price_units(price_usd))

    session.on_event = stated
    told = []
    for ratio in (1.5, 2.2, 2.4, 3.0, 2.2):
        ratios.append(ratio)
        session.run(15)
        told.append(bool(restrained(session)))
    assert told == [True, True, True, False, False]


@pytest.mark.parametrize("verb", [Verb.KILL, Verb.STOP])
def test_no_margin_is_added_once_trading_is_to_end(make_session, verb) -> None:
    session = quoting(make_session, **ISOLATED, trading__isolated_top_ups=2, trading__initial_isolated_margin=1500.0)
    session.act(verb)
    trade_by_hand(session, Side.BUY, 6_000)
    session.run(15)
    assert added(session) == []


def test_quotes_shrink_to_what_free_margin_carries_and_say_why(make_session) -> None:
    session = quoting(make_session, trading__order_notional_usd=2000.0)
    assert resting(session)

    def poor(event):
        if not isinstance(event, AccountSnapshot):
            return event
        others = int(event.account_value - share * USD * event.leverage**-1)
        return msgspec.structs.replace(event, margin_used=event.margin_used + max(0, others))

    adding = Side.BUY if position(session) >= 0 else Side.SELL
    for share in (6000.0, 1.0):
        session.on_event = poor
        session.run(30)
        sizes = sum(order.size for order in resting(session) if order.side is adding)
        value = session.venue.instrument.size_base(sizes) * session.view.ladder.mid
        most = max(0.0, share - session.view.position.value_usd) / 2.0 / 1.1
        assert value <= 1.02 * most
        assert (value > 0.0) == (most > 10.0)
    assert any("InsufficientMargin" in text for text in session.view.why_no_quotes)


@pytest.mark.parametrize(
    ("tiers", "is_killed"),
    [((MarginTier(0.0, 25), MarginTier(5e6, 5)), True), ((), False)],
    ids=["another table", "no table"],
)
def test_another_margin_table_ends_trading_and_one_that_is_not_told_does_not(make_session, tiers, is_killed) -> None:
    session = quoting(make_session)

    def restate(event):
        if not isinstance(event, AccountSnapshot) or event.instrument is None:
            return event
        return msgspec.structs.replace(event, instrument=msgspec.structs.replace(event.instrument, margin_tiers=tiers))

    session.on_event = restate
    session.run(40)
    assert session.view.kill.is_fired is is_killed
    if is_killed:
        assert (
            "margin tiers 25x from 0, 15x from 100,000,000 -> 25x from 0, 5x from 5,000,000" in session.view.kill.reason
        )


def test_a_cap_on_open_interest_takes_the_adding_side_off_and_leaves_the_exit(make_session) -> None:
    session = quoting(make_session)
    session.engine.state.instrument = msgspec.structs.replace(
        session.engine.state.instrument, open_interest_cap_usd=1.0
    )
    session.run(3)
    assert session.engine.state.risk.limit.binding == "open interest"
    held = position(session)
    assert {order.side * held < 0 for order in resting(session)} <= {True}
    assert "open interest" in session.view.position.binding_cap


def test_isolated_leverage_that_brings_liquidation_near_is_not_quoted_with_and_the_remedy_is_told(make_session) -> None:
    session = quoting(make_session, trading__force_isolated=True, trading__leverage="25")
    session.run(2)
    assert resting(session) == []
    assert session.engine.state.risk.limit.binding == "liquidation distance"
    text = next(alarm.text for alarm in session.view.alarms if "isolated" in alarm.text)
    most = int(text.partition("trading.leverage to ")[2].partition(" ")[0])
    other = quoting(make_session, trading__force_isolated=True, trading__leverage=str(max(1, most - 3)))
    other.run(2)
    assert resting(other)
    assert not [alarm for alarm in other.view.alarms if "isolated" in alarm.text]
