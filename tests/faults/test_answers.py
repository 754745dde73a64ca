"""Places whose answers are lost, late, broken or not understood: F01 to F11."""

import itertools

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    ActionAnswered,
    BudgetUpdate,
    OrderReports,
    Outcome,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import CancelOrders, PlaceOrders
from mmtui.domain.order import OrderState
from mmtui.domain.records import OrderChanged
from mmtui.domain.view import Mode
from tests.faults.hooks import Faults
from tests.faults.sessions import (
    assert_reserved_for_what_may_fill,
    assert_within_limit,
    has_both_sides,
    order_of,
    places,
    quoting,
    settle,
    states,
    until,
)
from tests.simulation.truth import resting


def next_place(session, since: int) -> PlaceOrders:
    """The first place after the ``since``-th send."""
    assert until(session, lambda: bool(places(session, since)), 60)
    return places(session, since)[0]


def cloids(place: PlaceOrders) -> set[str]:
    return {approved.terms.cloid for approved in place.orders}


def resting_cloids(session) -> set[str]:
    return {order.cloid for order in resting(session)}


def answers_a_cancel(session, event: ActionAnswered) -> bool:
    request = session.engine.state.ledger.requests.get(event.request_id)
    return request is None or request.is_cancel


def fates(session, place: PlaceOrders, seconds: float) -> set[OrderState]:
    """The states that the orders of a place go through, while all that may fill stays reserved."""
    seen: set[OrderState] = set()
    for _ in range(round(seconds / 0.1)):
        session.run(0.1)
        seen |= {order_of(session, cloid).state for cloid in cloids(place)}
        assert_reserved_for_what_may_fill(session)
    return seen


@pytest.mark.incident("B1", "B4")
def test_f01_an_order_whose_answer_is_lost_stays_reserved_and_is_adopted() -> None:
    session, faults = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    since = len(session.sends)
    faults.drop(ActionAnswered, OrderReports)
    session.act(Verb.RESUME)
    place = next_place(session, since)
    session.run(session.engine.state.settings.number("execution.reply_timeout_s") + 0.5)
    live = session.engine.state.ledger.live
    alive = cloids(place) & resting_cloids(session)
    assert alive, "the orders must rest although nobody told us"
    assert {live[cloid].state for cloid in alive} <= {OrderState.UNKNOWN, OrderState.CANCEL_PENDING, OrderState.RESTING}
    assert_reserved_for_what_may_fill(session)
    twins = [one for one in places(session, since) if one is not place]
    levels = {(a.terms.side, a.terms.level) for a in place.orders if a.terms.cloid in alive}
    again = {(a.terms.side, a.terms.level) for one in twins for a in one.orders}
    assert not levels & again, "nothing is placed where an order of open fate may rest"
    settle(session, faults)


def test_f02_a_place_that_never_arrived_is_proven_dead_before_its_level_is_used_again() -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.drop_request(PlaceOrders, times=1)
    place = next_place(session, since)
    at = session.now_ms
    while any(cloid in session.engine.state.ledger.live for cloid in cloids(place)):
        assert_reserved_for_what_may_fill(session)
        for cloid in cloids(place) & set(session.engine.state.ledger.live):
            order = session.engine.state.ledger.live[cloid]
            assert order.reserved == order.size, "no proof yet: the reservation stays"
        session.run(0.1)
        assert session.now_ms - at < 20_000
    assert {order_of(session, cloid).state for cloid in cloids(place)} == {OrderState.LOST}
    assert session.now_ms > place.expires_at_ms, "before its expiry nothing is proven"
    settle(session, faults)


@pytest.mark.parametrize("late_s", [4.0, 12.0])
def test_f03_a_late_place_is_adopted_within_its_expiry_and_refused_by_the_venue_after_it(late_s) -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.delay_request(PlaceOrders, late_s, times=1)
    place = next_place(session, since)
    arrives_ms = session.now_ms + round(late_s * 1000)
    seen: set[str] = set()
    while session.now_ms < arrives_ms + 3_000:
        session.run(0.1)
        seen |= cloids(place) & resting_cloids(session)
        assert_reserved_for_what_may_fill(session)
        assert_within_limit(session)
    if late_s < 8.0:
        assert seen, "it arrived in time and rests"
    else:
        assert not seen, "the venue must refuse it by its expiry"
        assert session.exchange.statements.order_status(session.account, next(iter(cloids(place)))) is None
    settle(session, faults)


@pytest.mark.incident("B1")
@pytest.mark.parametrize("executes", [True, False])
def test_f04_while_the_api_errs_no_order_counts_as_refused_and_none_is_doubled(executes) -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.outage(executes=executes, kind=PlaceOrders)
    faults.drop(OrderReports)
    place = next_place(session, since)
    session.run(2.0)
    for cloid in cloids(place):
        assert order_of(session, cloid).state is not OrderState.REJECTED
    for _ in range(60):
        session.run(0.5)
        assert_reserved_for_what_may_fill(session)
        assert_within_limit(session)
    settle(session, faults)


def test_f05_an_answer_that_cannot_be_read_leaves_its_orders_unknown_until_asked() -> None:
    session, faults = quoting()
    since = len(session.sends)
    faults.outage(executes=True, text="unreadable answer: <html><h1>502</h1>", kind=PlaceOrders)
    faults.drop(OrderReports)
    place = next_place(session, since)
    known = fates(session, place, 6)
    assert OrderState.UNKNOWN in known
    assert OrderState.REJECTED not in known
    settle(session, faults)


def test_f06_too_many_requests_slow_placing_while_cancels_leave_at_once() -> None:
    session, faults = quoting(trading__max_bps_diff=1.0)
    since = len(session.sends)
    session.run(40)
    usual = len(places(session, since))
    faults.refuse_requests(PlaceOrders, RefusalReason.RATE_LIMITED, "429 Too Many Requests")
    since = len(session.sends)
    session.run(40)
    sent = [place.orders[0].terms.created_at for place in places(session, since)]
    assert min(later - at for at, later in itertools.pairwise(sent)) >= 1.0, "each waits for longer than a second"
    since = len(session.sends)
    session.run(40)
    assert 0 < len(places(session, since)) < 0.6 * usual
    assert not session.latches, "being slowed is no reason to end"
    faults.heal()
    assert until(session, lambda: bool(resting(session)), 60)
    since = len(session.sends)
    session.act(Verb.PAUSE)
    assert any(isinstance(intent, CancelOrders) for intent in session.sends[since:])
    session.run(3)
    assert resting(session) == []


def with_allowance(session, faults: Faults, share: float) -> None:
    """The venue states this share of the address's requests as left from now on."""
    faults.replace(
        BudgetUpdate,
        by=lambda event: (msgspec.structs.replace(event, address_left=int(share * event.address_cap)),),
    )


def test_f07_a_used_up_allowance_costs_cadence_and_levels_and_at_last_adding_but_never_price() -> None:
    session, faults = quoting()
    before = session.engine.state.quoting.ladder.half_spread_bps
    with_allowance(session, faults, 0.07)
    session.run(30)
    assert session.view.mode is Mode.QUOTING
    assert abs(session.engine.state.quoting.ladder.half_spread_bps - before) < 10.0
    faults.heal()
    faults.trade_by_hand(Side.BUY, 8_000)
    session.run(3)
    with_allowance(session, faults, 0.04)
    session.run(30)
    assert session.view.mode is Mode.REDUCE_ONLY
    assert resting(session)
    assert all(order.reduce_only for order in resting(session))
    since = len(session.sends)
    session.act(Verb.PAUSE)
    assert any(isinstance(intent, CancelOrders) for intent in session.sends[since:]), "the cancel reserve is untouched"


def test_f08_a_refused_entry_ends_alone_and_its_neighbours_rest() -> None:
    session, faults = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    rejected: list[str] = []

    def first_bid(terms) -> bool:
        if terms.side is Side.BUY and not rejected:
            rejected.append(terms.cloid)
            return True
        return False

    faults.reject_items(first_bid, Outcome(kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text="no"))
    since = len(session.sends)
    session.act(Verb.RESUME)
    place = next_place(session, since)
    session.run(0.4)
    others = cloids(place) - set(rejected)
    assert others
    assert order_of(session, rejected[0]).state is OrderState.REJECTED
    assert order_of(session, rejected[0]).reserved == 0
    assert others <= resting_cloids(session)
    assert {order_of(session, cloid).state for cloid in others} == {OrderState.RESTING}
    settle(session, faults)


@pytest.mark.parametrize("proven", [True, False])
def test_f09_one_error_for_a_batch_refuses_it_only_when_the_text_is_a_documented_refusal(proven) -> None:
    session, faults = quoting()
    text = "Must deposit before performing actions." if proven else "Internal error"
    reason = RefusalReason.OTHER if proven else RefusalReason.VENUE_DOWN
    since = len(session.sends)
    faults.refuse_requests(PlaceOrders, reason, text, times=1, proven=proven)
    place = next_place(session, since)
    session.run(0.3)
    found = {order_of(session, cloid).state for cloid in cloids(place)}
    assert found == ({OrderState.REJECTED} if proven else {OrderState.UNKNOWN})
    held = sum(order_of(session, cloid).reserved for cloid in cloids(place))
    assert held == (0 if proven else sum(approved.terms.size for approved in place.orders))
    settle(session, faults)


@pytest.mark.parametrize("change", [-1, 1])
def test_f10_an_answer_with_too_few_or_too_many_entries_decides_nothing(change) -> None:
    session, faults = quoting()
    since = len(session.sends)

    def resize(event: ActionAnswered):
        if answers_a_cancel(session, event):
            return None
        outcomes = event.outcomes[:change] if change < 0 else (*event.outcomes, event.outcomes[-1])
        return (msgspec.structs.replace(event, outcomes=outcomes),)

    faults.replace(ActionAnswered, by=resize, times=1)
    faults.drop(OrderReports)
    place = next_place(session, since)
    known = fates(session, place, 3)
    assert OrderState.UNKNOWN in known
    assert OrderState.REJECTED not in known
    settle(session, faults)


def test_f11_an_unfamiliar_status_or_refusal_is_unknown_and_journaled_and_then_asked_about() -> None:
    session, faults = quoting()
    since = len(session.sends)
    novel = Outcome(kind=OutcomeKind.UNKNOWN, text="orderIsQuantumEntangled")

    def strange(event: ActionAnswered):
        if answers_a_cancel(session, event):
            return None
        return (msgspec.structs.replace(event, outcomes=tuple(novel for _ in event.outcomes)),)

    faults.replace(ActionAnswered, by=strange, times=1)
    faults.drop(OrderReports, times=20)
    place = next_place(session, since)
    known = fates(session, place, 1)
    assert OrderState.UNKNOWN in known
    assert OrderState.REJECTED not in known
    rows = [row for row in session.rows if isinstance(row, OrderChanged) and row.cloid in cloids(place)]
    assert any("orderIsQuantumEntangled" in row.reason for row in rows)
    assert until(session, lambda: OrderState.UNKNOWN not in states(session), 15)
    assert until(session, lambda: has_both_sides(session), 10)
    settle(session, faults)
