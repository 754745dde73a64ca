"""What the venue refuses, and what is tried next: F23 to F34."""

import pytest

from mmtui.domain.cloid import make_cloid
from mmtui.domain.commands import Verb
from mmtui.domain.events import ActionAnswered, OrderReports, Outcome, OutcomeKind, RefusalReason
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders
from mmtui.domain.order import OrderState, OrderTerms
from mmtui.domain.view import Mode
from mmtui.engine.orders.ledger import Ledger
from mmtui.errors import InvariantError
from mmtui.venues.exchange import actions
from tests.faults.hooks import Faults
from tests.faults.sessions import (
    alarms,
    assert_reserved_for_what_may_fill,
    has_both_sides,
    order_of,
    places,
    quoting,
    settle,
    some_resting,
    until,
)
from tests.simulation.truth import assert_books_agree, position, resting


def refusal(reason: RefusalReason, text: str = "refused", touch: tuple[int, int] | None = None) -> Outcome:
    return Outcome(kind=OutcomeKind.REFUSED, reason=reason, text=text, venue_touch=touch)


def attempts(session, side: Side, level: int, since: int = 0) -> list[tuple[float, int]]:
    """When and at what price each order for one level was sent."""
    return [
        (a.terms.created_at, a.terms.price)
        for place in places(session, since)
        for a in place.orders
        if a.terms.side is side and a.terms.level == level
    ]


def start_over(session) -> int:
    """Quotes off and on again, so that every level is placed anew; returns where the sends were."""
    session.act(Verb.PAUSE)
    session.run(3)
    since = len(session.sends)
    session.act(Verb.RESUME)
    return since


@pytest.mark.incident("B28")
def test_f23_a_post_only_refusal_is_priced_once_from_the_touch_it_names_and_then_backs_off() -> None:
    session, faults = quoting()
    instrument = session.venue.instrument
    mid = session.view.ladder.mid or 0.0
    touch = (instrument.price_units(mid * 0.997), instrument.price_units(mid * 0.9971))
    faults.reject_items(
        lambda terms: terms.side is Side.BUY and terms.level == 0,
        refusal(RefusalReason.POST_ONLY_WOULD_CROSS, "Post only order would have immediately matched", touch),
    )
    since = start_over(session)
    session.run(12)
    tried = attempts(session, Side.BUY, 0, since)
    assert len(tried) >= 3
    assert tried[1][0] - tried[0][0] < 1.0, "once more at once"
    assert tried[1][1] < touch[1], "from the touch that the venue named"
    later = [tried[i + 1][0] - tried[i][0] for i in range(1, len(tried) - 1)]
    assert min(later) >= 0.95, "then a second apart at least"
    settle(session, faults)


def test_f24_without_margin_the_farthest_levels_go_first_and_adding_stops_when_it_lasts() -> None:
    session, faults = quoting()
    faults.reject_items(lambda terms: True, refusal(RefusalReason.INSUFFICIENT_MARGIN, "Insufficient margin"), times=1)
    start_over(session)
    session.run(3)
    levels = session.engine.state.settings.count("strategy.ladder_config.num_levels")
    assert {order.level for order in resting_terms(session)} == set(range(levels - 1)), "the farthest is left out"
    faults.heal()
    faults.reject_items(lambda terms: not terms.reduce_only, refusal(RefusalReason.INSUFFICIENT_MARGIN, "margin"))
    start_over(session)
    assert until(session, lambda: session.view.mode is Mode.REDUCE_ONLY, 60), "repeated: only what reduces"
    since = len(session.sends)
    session.run(10)
    assert all(a.terms.reduce_only for place in places(session, since) for a in place.orders)
    faults.heal()
    assert until(session, lambda: session.view.mode is Mode.QUOTING, 200)
    settle(session, faults)


@pytest.mark.parametrize("reason", [RefusalReason.OFF_GRID, RefusalReason.MIN_NOTIONAL], ids=lambda r: r.name)
def test_f25_a_refusal_for_a_rule_that_we_check_ourselves_ends_trading(reason) -> None:
    session, faults = quoting()
    faults.reject_items(lambda terms: True, refusal(reason, "Order has invalid price"), times=1)
    start_over(session)
    assert until(session, lambda: bool(session.latches), 10)
    session.run(10)
    assert resting(session) == []
    assert session.finish is not None
    assert session.finish.is_killed


def test_f26_reduce_only_orders_that_the_venue_cuts_or_ends_settle_by_their_fills() -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 2_000 - position(session))
    session.run(2)
    session.act(Verb.REDUCE_ONLY)
    reducing = lambda: {order.reduce_only and order.side is Side.SELL for order in resting(session)} == {True}  # noqa: E731
    assert until(session, reducing, 10)
    mine = {order.cloid for order in resting(session)}
    faults.trade_by_hand(Side.SELL, position(session))
    assert until(session, lambda: position(session) == 0, 3)
    session.run(8)
    assert resting(session) == [], "the venue ended them with the position"
    assert all(order_of(session, cloid).is_terminal for cloid in mine)
    assert_books_agree(session)


def test_f27_capped_open_interest_takes_the_increasing_side_off_for_a_minute() -> None:
    session, faults = quoting()
    faults.trade_by_hand(Side.BUY, 500 - position(session))
    session.run(1)
    faults.reject_items(
        lambda terms: terms.side is Side.BUY, refusal(RefusalReason.OPEN_INTEREST_CAP, "open interest is at its cap")
    )
    start_over(session)
    session.run(3)
    since = len(session.sends)
    session.run(50)
    buys = [a for place in places(session, since) for a in place.orders if a.terms.side is Side.BUY]
    assert [a for a in buys if not a.terms.reduce_only] == []
    assert {order.side for order in resting(session)} == {Side.SELL}
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 30), "and comes back after it"
    settle(session, faults)


def test_f28_prices_too_far_from_the_oracle_again_and_again_mean_that_our_data_is_wrong() -> None:
    session, faults = quoting()
    faults.reject_items(lambda terms: True, refusal(RefusalReason.PRICE_BAND, "Price too far from oracle"))
    start_over(session)
    assert until(session, lambda: session.view.mode is Mode.STALE, 30)
    assert resting(session) == []
    faults.heal()
    assert until(session, lambda: session.view.mode is Mode.QUOTING, 60)
    settle(session, faults)


def test_f29_too_many_open_orders_takes_the_farthest_level_off() -> None:
    session, faults = quoting()
    levels = session.engine.state.settings.count("strategy.ladder_config.num_levels")
    assert until(session, lambda: {t.level for t in resting_terms(session)} == set(range(levels)), 20)
    refused = refusal(RefusalReason.OPEN_ORDER_LIMIT, "Too many open orders")
    faults.reject_items(lambda terms: terms.level < levels - 1, refused, times=1)
    assert until(session, lambda: bool(session.view.counters.orders_refused), 60)
    session.run(2)
    assert {terms.level for terms in resting_terms(session)} == set(range(levels - 1))
    settle(session, faults)


def resting_terms(session) -> list[OrderTerms]:
    """The terms of own orders that rest and that the engine knows to rest."""
    there = {order.cloid for order in resting(session)}
    return [o.terms for o in session.engine.state.ledger.live.values() if o.cloid in there and o.is_active]


def test_f30_an_order_that_the_venue_cancels_against_our_own_is_closed_and_told() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.BUY)
    faults.said(order.cloid, "selfTradeCanceled")
    faults.submit(actions.CancelAction((actions.Cancel(session.venue.instrument.asset_id, order.cloid),)))
    assert until(session, lambda: order.is_terminal, 5)
    assert order.reserved == 0
    assert "self" in alarms(session).lower() or "own orders" in alarms(session).lower()
    settle(session, faults)


def test_f31_a_refused_nonce_places_nothing_twice_and_goes_on_with_another_order() -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.refuse_requests(PlaceOrders, RefusalReason.BAD_NONCE, "Invalid nonce: duplicate nonce", times=1)
    assert until(session, lambda: bool(faults.taken) or len(places(session, since)) > 0, 60)
    place = places(session, since)[0]
    session.run(3)
    mine = {a.terms.cloid for a in place.orders}
    assert not mine & {order.cloid for order in resting(session)}
    later = {a.terms.cloid for one in places(session, since) if one is not place for a in one.orders}
    assert later, "the level is quoted again"
    assert not later & mine, "under another id"
    settle(session, faults)


def test_f31_a_nonce_refused_as_used_may_be_that_of_the_request_itself_so_its_orders_are_asked_about() -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.refuse_requests(
        PlaceOrders, RefusalReason.BAD_NONCE, "Invalid nonce: duplicate nonce", times=1, executes=True
    )
    faults.drop(ActionAnswered, OrderReports)
    assert until(session, lambda: bool(places(session, since)), 60)
    mine = {a.terms.cloid for a in places(session, since)[0].orders}
    session.run(0.5)
    assert mine & {order.cloid for order in resting(session)}, "it had run"
    assert OrderState.REJECTED not in {order_of(session, cloid).state for cloid in mine}
    assert_reserved_for_what_may_fill(session)
    session.run(3)
    assert_reserved_for_what_may_fill(session)
    assert "nonce" in alarms(session)
    settle(session, faults)


def test_f33_actions_that_expire_again_and_again_alarm_and_slow_the_cadence() -> None:
    session, faults = quoting()
    since = len(session.sends)
    session.run(40)
    usual = len(places(session, since))
    faults.refuse_requests(PlaceOrders, RefusalReason.EXPIRED, "Action already expired")
    session.run(40)
    since = len(session.sends)
    session.run(40)
    assert len(places(session, since)) < 0.6 * usual
    assert "expired" in alarms(session)
    assert not session.latches
    settle(session, faults)


def test_f34_a_client_order_id_is_never_used_twice_and_the_venue_saying_so_ends_trading() -> None:
    session, faults = quoting()
    order = some_resting(session, Side.BUY)
    with pytest.raises(InvariantError):
        session.engine.state.ledger.open(order.terms)
    assert len({make_cloid(run, n) for run in range(30) for n in range(30)}) == 900
    assert Ledger(1).numbering.cloid() != Ledger(2).numbering.cloid(), "runs never share ids"
    faults.reject_items(
        lambda terms: True, refusal(RefusalReason.DUPLICATE_CLOID, "Order has duplicate cloid"), times=1
    )
    start_over(session)
    assert until(session, lambda: bool(session.latches), 10)
    session.run(10)
    assert resting(session) == []
    assert OrderState.REJECTED in {one.state for one in session.engine.state.ledger.recent()}
    assert isinstance(faults, Faults)
