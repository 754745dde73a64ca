"""Requests that are lost on the way to a stop, a kill or a flat position: fenced, and decided at once."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import ActionAnswered, ActionFailed, Certainty, FillsReceived, OrderReports, RefusalReason
from mmtui.domain.intents import CancelOrders, Fence, PlaceOrders, QueryOrder
from mmtui.domain.order import OrderState
from mmtui.domain.view import Mode
from tests.simulation.truth import assert_books_agree, position, resting


def quoting(make_session, **kwargs):
    session = make_session("ETH", **kwargs)
    session.run(60)
    assert session.view.mode is Mode.QUOTING
    return session


class Wire:
    """Loses, delays or mutes what goes out, by request."""

    def __init__(self, session) -> None:
        self.session = session
        self.lost: list[PlaceOrders] = []
        self.held: list[PlaceOrders] = []
        self.muted: set[int] = set()
        self.lose_places = False
        self.hold_places = False
        self.mute_places = False
        self.lose_fences = 0
        session.on_send = self.send
        session.on_event = self.come

    def send(self, intent) -> bool:
        if isinstance(intent, PlaceOrders):
            if self.lose_places:
                self.lost.append(intent)
                return False
            if self.hold_places:
                self.held.append(intent)
                return False
            if self.mute_places:
                self.muted.add(intent.request_id)
        if isinstance(intent, Fence) and self.lose_fences:
            self.lose_fences -= 1
            return False
        return True

    def come(self, event):
        if isinstance(event, ActionAnswered | ActionFailed) and event.request_id in self.muted:
            return None
        if self.muted and isinstance(event, OrderReports):
            return msgspec.structs.replace(event, reports=tuple(r for r in event.reports if r.status != "open"))
        return event

    def until_a_place(self, kept: list[PlaceOrders]) -> None:
        """Runs until one place met its fate."""
        for _ in range(600):
            self.session.run(0.1)
            if kept:
                return
        pytest.fail("nothing was placed")


def fences(session) -> list[Fence]:
    return [intent for intent in session.sends if isinstance(intent, Fence)]


def states(session, place: PlaceOrders) -> list[OrderState]:
    return [session.engine.state.ledger.find(a.terms.cloid, None).state for a in place.orders]


def stop(session, verb: Verb = Verb.STOP) -> float:
    """Ends the session; returns how long that took."""
    began = session.now_ms
    session.act(verb)
    session.run(15)
    assert session.finish is not None
    return (session.now_ms - began) / 1000.0


@pytest.mark.fault("F02")
@pytest.mark.parametrize("verb", [Verb.STOP, Verb.KILL])
def test_a_place_lost_right_before_the_end_is_proven_dead_within_a_second_and_the_end_is_verified(
    make_session, verb: Verb
) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.lose_places = True
    wire.until_a_place(wire.lost)
    assert stop(session, verb) < 2.0
    assert not session.finish.unverified
    assert session.finish.orders_left == 0
    assert resting(session) == []
    assert {intent.of_request_id for intent in fences(session)} == {place.request_id for place in wire.lost}
    assert {state for place in wire.lost for state in states(session, place)} == {OrderState.LOST}


@pytest.mark.fault("F03")
def test_a_fenced_place_that_arrives_later_is_refused_by_the_exchange(make_session) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.hold_places = True
    wire.until_a_place(wire.held)
    stop(session)
    assert not session.finish.unverified
    replies: list[object] = []
    session.venue.send(session.now_ms, wire.held)
    replies.extend(session.venue.advance(session.now_ms + 2_000))
    failures = [event for event in replies if isinstance(event, ActionFailed)]
    assert {failure.reason for failure in failures} == {RefusalReason.BAD_NONCE}
    assert resting(session) == []


def test_a_place_that_ran_although_nobody_said_so_is_found_by_its_spent_nonce_and_cancelled(make_session) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.mute_places = True
    wire.until_a_place(wire.muted)
    session.run(0.3)
    assert resting(session)
    assert stop(session) < 3.0
    assert not session.finish.unverified
    assert resting(session) == []


def test_a_request_that_ran_is_never_taken_for_dead_by_its_fence(make_session) -> None:
    """The cancel is lost too, so that only the fence and the question can tell."""
    session = quoting(make_session)
    wire = Wire(session)
    wire.mute_places = True
    wire.until_a_place(wire.muted)
    mute = session.on_send
    session.on_send = lambda intent: mute(intent) and not isinstance(intent, CancelOrders)
    session.act(Verb.STOP)
    session.run(6)
    asked = [order for order in session.engine.state.ledger.live.values() if order.state is not OrderState.LOST]
    assert {order.cloid for order in resting(session)} <= {order.cloid for order in asked}
    session.on_send = mute
    session.run(6)
    assert session.finish is not None
    assert not session.finish.unverified
    assert resting(session) == []


def test_a_lost_fence_is_sent_again_and_an_accepted_one_whose_answer_is_lost_is_understood(make_session) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.lose_places = True
    wire.until_a_place(wire.lost)
    wire.lose_fences = 1
    muted = session.on_event
    quiet: list[int] = []

    def lose_one_answer(event):
        if (
            isinstance(event, ActionAnswered)
            and not quiet
            and event.request_id in [f.request_id for f in fences(session)]
        ):
            quiet.append(event.request_id)
            return None
        return muted(event)

    session.on_event = lose_one_answer
    assert stop(session) < 6.0
    assert quiet
    assert not session.finish.unverified
    assert len(fences(session)) >= 3
    assert {state for place in wire.lost for state in states(session, place)} == {OrderState.LOST}


def test_nothing_is_fenced_while_nobody_is_in_a_hurry(make_session) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.lose_places = True
    wire.until_a_place(wire.lost)
    wire.lose_places = False
    session.run(20)
    assert fences(session) == []
    assert {state for place in wire.lost for state in states(session, place)} == {OrderState.LOST}


def test_a_fence_that_fails_for_another_reason_proves_nothing(make_session) -> None:
    session = quoting(make_session)
    wire = Wire(session)
    wire.lose_places = True
    wire.until_a_place(wire.lost)

    def answer(intent) -> bool:
        if not isinstance(intent, Fence):
            return wire.send(intent)
        session.feed(
            ActionFailed(
                received_at=session.now_ms / 1000.0,
                request_id=intent.request_id,
                certainty=Certainty.NOT_EXECUTED,
                reason=RefusalReason.EXPIRED,
                text="Action already expired",
            )
        )
        return False

    session.on_send = answer
    session.act(Verb.STOP)
    session.run(5)
    assert OrderState.LOST not in {state for place in wire.lost for state in states(session, place)}
    assert session.finish is None


def test_a_flatten_does_not_wait_for_the_expiry_of_a_lost_closing_order(make_session) -> None:
    session = make_session("ETH", trading__order_notional_usd=2000.0)
    for _ in range(60):
        session.run(10)
        if abs(session.engine.state.account.position.size) * 1.0 and session.view.mode is Mode.QUOTING:
            break
    assert position(session)
    wire = Wire(session)
    wire.lose_places = True
    session.act(Verb.FLATTEN)
    wire.until_a_place(wire.lost)
    wire.lose_places = False
    began = session.now_ms
    while position(session) and session.now_ms - began < 20_000:
        session.run(0.2)
    assert position(session) == 0
    assert session.now_ms - began < 7_000, "its answer is waited for four seconds, and then it is fenced"
    assert fences(session)


@pytest.mark.fault("F31")
def test_a_place_refused_for_its_nonce_is_asked_about_and_placed_again_as_another_order(make_session) -> None:
    session = quoting(make_session)
    refused: list[PlaceOrders] = []

    def refuse(intent) -> bool:
        if not isinstance(intent, PlaceOrders) or refused:
            return True
        refused.append(intent)
        session.feed(
            ActionFailed(
                received_at=session.now_ms / 1000.0,
                request_id=intent.request_id,
                certainty=Certainty.NOT_EXECUTED,
                reason=RefusalReason.BAD_NONCE,
                text="Invalid nonce: duplicate nonce 1760000000000",
            )
        )
        return False

    session.on_send = refuse
    asked: list[str] = []
    ask = session.venue.ask

    class Asking:
        def ask(self, intents) -> None:
            asked.extend(intent.cloid for intent in intents if isinstance(intent, QueryOrder))
            ask(intents)

        def __getattr__(self, name: str) -> object:
            return getattr(venue, name)

    venue = session.venue
    session.venue = Asking()
    for _ in range(300):
        session.run(0.1)
        if refused:
            break
    session.run(0.05)
    cloids = {approved.terms.cloid for approved in refused[0].orders}
    assert cloids <= set(asked)
    assert any(alarm.id == "nonce" for alarm in session.view.alarms)
    session.run(4)
    assert set(states(session, refused[0])) == {OrderState.LOST}
    again = [
        a.terms.cloid for s in session.sends if isinstance(s, PlaceOrders) and s is not refused[0] for a in s.orders
    ]
    assert not cloids & set(again)
    assert session.view.mode is Mode.QUOTING
    assert_books_agree(session)


def test_a_fill_that_comes_before_the_fences_answer_is_not_forgotten(make_session) -> None:
    """The fence is refused for a spent nonce and the order has filled: settled by its fills."""
    session = quoting(make_session)
    wire = Wire(session)
    wire.mute_places = True
    held: list[FillsReceived] = []
    come = session.on_event

    def hold_fills(event):
        if isinstance(event, FillsReceived) and wire.muted:
            held.append(event)
            return None
        return come(event)

    session.on_event = hold_fills
    for _ in range(300):
        session.run(0.2)
        if held:
            break
    assert held, "a muted order has filled"
    session.on_event = lambda event: event
    wire.muted.clear()
    for event in held:
        session.feed(event)
    stop(session)
    assert not session.finish.unverified
    assert_books_agree(session)
