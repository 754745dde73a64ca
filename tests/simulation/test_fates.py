"""What became of an order: contradictory, late and missing word of it, and orders nobody remembers."""

import msgspec
import pytest

from mmtui.domain.cloid import make_cloid
from mmtui.domain.commands import Verb
from mmtui.domain.events import (
    AccountSnapshot,
    ActionAnswered,
    ActionFailed,
    Certainty,
    FillsReceived,
    OrderReport,
    OrderReports,
    OrderStatusAnswer,
    Outcome,
    OutcomeKind,
    RefusalReason,
)
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders, QueryOrder
from mmtui.domain.order import Order, OrderState
from mmtui.domain.records import PositionAdjusted
from mmtui.domain.view import Mode
from mmtui.venues.exchange import actions
from tests.simulation.truth import assert_books_agree, exposure, position, resting


def quoting(make_session, **kwargs):
    session = make_session("ETH", **kwargs)
    session.run(60)
    assert session.view.mode is Mode.QUOTING
    return session


def one_resting(session) -> Order:
    return next(order for order in session.engine.state.ledger.live.values() if order.is_active)


def report(session, order: Order, status: str, *, filled: int = 0) -> OrderReport:
    return OrderReport(
        coin=session.venue.instrument.coin,
        oid=order.oid or 7,
        cloid=order.cloid,
        side=order.side,
        price=order.price,
        size=order.size,
        filled=filled,
        status=status,
        status_time_ms=session.now_ms,
    )


def tell(session, *reports: OrderReport) -> None:
    session.feed(OrderReports(received_at=session.now_ms / 1000.0, reports=reports))


def outlive_contradiction(session) -> None:
    session.run(30)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}
    session.act(Verb.PAUSE)
    session.run(40)
    assert_books_agree(session)


def submit_own(session, side: Side, price_usd: float, size: int, cloid: str) -> None:
    instrument = session.venue.instrument
    order = actions.PlaceOrder(
        asset=instrument.asset_id,
        side=side,
        price=instrument.floor_price(instrument.price_units(price_usd)),
        size=size,
        tif=actions.Tif.ALO,
        cloid=cloid,
    )
    session.exchange.submit(session.now_ms, session.account, actions.OrderAction((order,)), lambda reply: None)


def test_an_answer_that_an_order_rests_may_come_after_the_news_of_its_end(make_session) -> None:
    session = quoting(make_session)
    held: list[ActionAnswered] = []

    def hold(event):
        resting_only = isinstance(event, ActionAnswered) and all(
            outcome.kind is OutcomeKind.RESTING for outcome in event.outcomes
        )
        if resting_only and not held:
            held.append(event)
            return None
        return event

    session.on_event = hold
    for _ in range(300):
        session.run(0.1)
        if held:
            break
    session.on_event = lambda event: event
    state = session.engine.state
    order = state.ledger.live[state.ledger.requests[held[0].request_id].cloids[0]]
    tell(session, report(session, order, "canceled", filled=1))
    assert order.state is OrderState.SETTLING
    session.feed(held[0])
    outlive_contradiction(session)


@pytest.mark.parametrize("state", [OrderState.RESTING, OrderState.SETTLING])
def test_the_venue_not_knowing_an_order_proves_nothing_unless_that_was_the_question(make_session, state) -> None:
    session = quoting(make_session)
    order = one_resting(session)
    if state is OrderState.SETTLING:
        tell(session, report(session, order, "canceled", filled=1))
    for n in range(4):
        session.feed(
            OrderStatusAnswer(
                received_at=session.now_ms / 1000.0,
                request_id=900 + n,
                cloid=order.cloid,
                report=None,
                venue_time_ms=session.now_ms + 60_000,
            )
        )
        session.run(1.1)
    outlive_contradiction(session)


@pytest.mark.parametrize("status", ["scheduledCancel", "internalCancel", "rejected", "somethingNewCanceled"])
def test_every_documented_end_of_an_order_ends_it(make_session, status) -> None:
    session = quoting(make_session)
    session.act(Verb.PAUSE)
    session.run(3)
    session.act(Verb.RESUME)
    session.on_event = lambda event: (
        msgspec.structs.replace(event, reports=tuple(ended(one, status) for one in event.reports))
        if isinstance(event, OrderReports)
        else msgspec.structs.replace(event, report=ended(event.report, status))
        if isinstance(event, OrderStatusAnswer) and event.report is not None
        else event
    )
    session.run(5)
    session.act(Verb.PAUSE)
    session.run(5)
    assert resting(session) == []
    assert session.engine.state.ledger.live == {}


def ended(one: OrderReport, status: str) -> OrderReport:
    return msgspec.structs.replace(one, status=status) if one.status == "canceled" else one


@pytest.mark.fault("F26")
def test_an_end_whose_filled_size_is_stated_too_high_does_not_stop_trading_for_good(make_session) -> None:
    """A reduce-only order that the venue has cut reads as filled by the size of the cut."""
    session = quoting(make_session)
    overstated: list[str] = []

    def overstate(event):
        if not isinstance(event, OrderReports):
            return event
        changed = []
        for one in event.reports:
            if one.status == "canceled" and len(overstated) < 3:
                overstated.append(one.cloid)
                changed.append(msgspec.structs.replace(one, filled=one.filled + 5))
            else:
                changed.append(one)
        return msgspec.structs.replace(event, reports=tuple(changed))

    session.on_event = lambda event: None if isinstance(event, OrderStatusAnswer) else overstate(event)
    session.run(30)
    assert len(overstated) == 3
    session.run(30)
    state = session.engine.state
    assert not [order for order in state.ledger.live.values() if order.cloid in overstated]
    session.on_event = lambda event: event
    outlive_contradiction(session)


def test_an_order_that_settles_is_asked_about_once_a_second_and_no_more(make_session) -> None:
    session = quoting(make_session)
    order = one_resting(session)
    tell(session, report(session, order, "canceled", filled=1))
    asked: list[float] = []
    ask = session.venue.ask

    def count(intents):
        asked.extend(session.now_ms for one in intents if isinstance(one, QueryOrder) and one.cloid == order.cloid)
        ask(intents)

    session.venue = _Spy(session.venue, count)
    session.run(10)
    assert len(asked) <= 11


class _Spy:
    def __init__(self, venue, ask) -> None:
        self._venue = venue
        self.ask = ask

    def __getattr__(self, name):
        return getattr(self._venue, name)


@pytest.mark.incident("B4")
def test_an_order_the_ledger_has_closed_but_the_venue_still_holds_is_cancelled(make_session) -> None:
    """A refusal that was not true: the order rests, and nothing but the venue's list says so."""
    session = quoting(make_session)
    refused: list[str] = []

    def lie(event):
        if isinstance(event, OrderReports) and refused:
            return msgspec.structs.replace(
                event, reports=tuple(one for one in event.reports if one.cloid not in refused)
            )
        return event

    session.on_event = lie
    for _ in range(100):
        count = len(session.sends)
        session.run(0.1)
        placed = [intent for intent in session.sends[count:] if isinstance(intent, PlaceOrders)]
        if placed:
            refused += [approved.terms.cloid for approved in placed[0].orders]
            session.feed(
                ActionFailed(
                    received_at=session.now_ms / 1000.0,
                    request_id=placed[0].request_id,
                    certainty=Certainty.NOT_EXECUTED,
                    reason=RefusalReason.BAD_NONCE,
                    text="Invalid nonce",
                )
            )
            break
    session.run(1)
    assert {order.cloid for order in resting(session)} & set(refused)
    session.run(25)
    assert not {order.cloid for order in resting(session)} & set(refused)
    session.on_event = lambda event: event
    outlive_contradiction(session)


def test_a_kill_cancels_what_only_the_venues_list_shows(make_session) -> None:
    session = quoting(make_session)
    order = one_resting(session)
    session.engine.state.ledger.close(order, 0, "a wrong word")
    assert order.is_terminal
    session.act(Verb.KILL)
    session.run(9)
    assert session.finish is not None
    assert not session.finish.unverified
    assert resting(session) == []


def test_a_late_order_of_an_earlier_run_is_counted_and_cancelled_as_soon_as_it_is_reported(make_session) -> None:
    session = make_session("ETH", trading__max_position_usd=2500.0)
    session.run(5)
    cloid = make_cloid(77, 5)
    submit_own(session, Side.BUY, session.exchange.context("ETH").mark * 0.99, 5_000, cloid)
    session.run(1.5)
    assert cloid not in [order.cloid for order in resting(session)]
    for _ in range(120):
        session.run(0.5)
        for side in Side:
            assert exposure(session, side) <= session.engine.state.risk.limit.size * 1.002
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def test_a_refusal_of_an_order_that_is_known_to_rest_is_not_believed(make_session) -> None:
    session = quoting(make_session)
    placed: list[PlaceOrders] = []
    session.on_send = lambda intent: placed.append(intent) or True if isinstance(intent, PlaceOrders) else True
    session.on_event = lambda event: None if isinstance(event, ActionAnswered) else event
    for _ in range(100):
        session.run(0.1)
        live = session.engine.state.ledger.live
        known = [p for p in placed if p.request_id in session.engine.state.ledger.requests]
        if known and all(a.terms.cloid in live and live[a.terms.cloid].is_active for a in known[-1].orders):
            break
    request = known[-1]
    cloids = [approved.terms.cloid for approved in request.orders]
    outcomes = tuple(Outcome(kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text="no") for _ in cloids)
    session.on_event = lambda event: event
    session.feed(ActionAnswered(received_at=session.now_ms / 1000.0, request_id=request.request_id, outcomes=outcomes))
    ledger = session.engine.state.ledger
    still = [order.cloid for order in resting(session) if order.cloid in cloids]
    assert still
    assert all(cloid in ledger.live and ledger.live[cloid].reserved for cloid in still)
    outlive_contradiction(session)


def run_with_slow_snapshots(session, seconds: float, *, delay_s: float) -> None:
    """Account answers arrive ``delay_s`` late, everything else in time, as over HTTP beside a socket."""
    waiting: list[AccountSnapshot] = []
    session.on_event = lambda event: waiting.append(event) if isinstance(event, AccountSnapshot) else event
    for _ in range(round(seconds / 0.1)):
        session.run(0.1)
        now = session.now_ms / 1000.0
        due = [event for event in waiting if event.received_at + delay_s <= now]
        waiting[:] = [event for event in waiting if event.received_at + delay_s > now]
        hold, session.on_event = session.on_event, lambda event: event
        for event in due:
            session.feed(msgspec.structs.replace(event, received_at=now))
        session.on_event = hold
    session.on_event = lambda event: event


def test_a_fill_between_the_account_and_its_arrival_makes_nothing_uncertain(make_session) -> None:
    session = make_session("ETH", seed=3, execution__reconcile_interval_s=2.0)
    session.run(60)
    run_with_slow_snapshots(session, 300, delay_s=1.0)
    assert session.view.counters.fills > 10, "a run that does not trade proves nothing"
    assert [line for line in session.logs if line.message == "Position uncertain"] == []


def test_two_answers_from_one_moment_do_not_overrule_our_fills(make_session) -> None:
    session = make_session("ETH", seed=3, execution__reconcile_interval_s=2.0)
    session.run(60)
    ask = session.venue.ask
    session.venue = _Spy(session.venue, lambda intents: (ask(intents), ask(intents)))
    run_with_slow_snapshots(session, 300, delay_s=1.0)
    assert session.view.counters.fills > 10, "a run that does not trade proves nothing"
    assert [row for row in session.rows if isinstance(row, PositionAdjusted)] == []
    session.run(10)
    assert session.engine.state.account.position.size == position(session)


def test_fills_that_an_adopted_orders_report_counted_already_do_not_stop_the_engine(make_session) -> None:
    session = quoting(make_session)
    known = _any_fill(session)
    cloid = make_cloid(78, 1)
    submit_own(session, Side.BUY, session.view.ladder.mid * 0.99, 100, cloid)
    swollen: list[str] = []

    def swell(event):
        if isinstance(event, OrderReports):
            reports = []
            for one in event.reports:
                if one.cloid == cloid and one.status == "open" and not swollen:
                    swollen.append(cloid)
                    reports.append(msgspec.structs.replace(one, filled=60))
                else:
                    reports.append(one)
            return msgspec.structs.replace(event, reports=tuple(reports))
        return event

    session.on_event = swell
    for _ in range(30):
        session.run(0.1)
        if swollen:
            break
    assert swollen
    order = session.engine.state.ledger.find(cloid, None)
    start = session.engine.state.account.position.size
    fill = msgspec.structs.replace(
        known,
        oid=order.oid,
        cloid=cloid,
        tid=991,
        side=Side.BUY,
        size=60,
        start_position=start,
        venue_time_ms=session.now_ms,
    )
    session.feed(FillsReceived(received_at=session.now_ms / 1000.0, fills=(fill,)))
    assert session.engine.state.account.position.size == start + 60


def _any_fill(session):
    fills: list = []
    keep = session.on_event

    def spy(event):
        if isinstance(event, FillsReceived):
            fills.extend(event.fills)
        return keep(event)

    session.on_event = spy
    for _ in range(600):
        session.run(0.5)
        if fills:
            break
    session.on_event = keep
    return fills[0]


def test_an_old_answer_that_an_order_is_unknown_proves_nothing_about_what_came_after_it(make_session) -> None:
    """Asked before the order arrived, answered after its expiry: it rests all the same."""
    session = quoting(make_session)
    late: list[PlaceOrders] = []
    answers: list[OrderStatusAnswer] = []

    def withhold(intent) -> bool:
        if isinstance(intent, PlaceOrders) and not late:
            late.append(intent)
            return False
        return True

    def hold(event):
        if isinstance(event, OrderStatusAnswer) and event.report is None:
            answers.append(event)
            return None
        return None if isinstance(event, OrderReports | ActionAnswered | AccountSnapshot) else event

    session.on_send = withhold
    session.on_event = hold
    for _ in range(300):
        session.run(0.1)
        if late:
            break
    session.run(6)
    session.venue.send(session.now_ms, late)
    session.run(1)
    cloids = {approved.terms.cloid for approved in late[0].orders}
    assert cloids & {order.cloid for order in resting(session)}
    assert len(answers) >= 2 * len(cloids)
    session.on_event = lambda event: (
        None if isinstance(event, OrderReports | OrderStatusAnswer | AccountSnapshot) else event
    )
    session.run(5)
    blind = session.on_event
    for answer in answers:
        session.on_event = lambda event: event
        session.feed(msgspec.structs.replace(answer, received_at=session.now_ms / 1000.0))
        session.on_event = blind
        session.run(0.3)
    lost = {order.cloid for order in session.engine.state.ledger.recent() if order.state is OrderState.LOST}
    assert not lost & {order.cloid for order in resting(session)}
    assert not lost & cloids


@pytest.mark.incident("B28")
def test_a_level_that_is_refused_again_and_again_is_tried_less_and_less(make_session) -> None:
    session = quoting(make_session)
    refused: list[float] = []

    def refuse(intent) -> bool:
        if not isinstance(intent, PlaceOrders):
            return True
        refused.append(session.now_ms / 1000.0)
        outcome = Outcome(kind=OutcomeKind.REFUSED, reason=RefusalReason.OTHER, text="not now")
        answers.append(
            ActionAnswered(
                received_at=session.now_ms / 1000.0,
                request_id=intent.request_id,
                outcomes=tuple(outcome for _ in intent.orders),
            )
        )
        return False

    answers: list[ActionAnswered] = []
    session.on_send = refuse
    for _ in range(600):
        session.run(0.1)
        while answers:
            session.feed(answers.pop())
    late = [at for at in refused if at > refused[0] + 30.0]
    assert 0 < len(late) <= 30, "once a second at most in the long run"
    session.on_send = lambda intent: True
    session.run(35)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}
