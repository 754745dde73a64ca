"""The life of an order: the table is complete and final, and nothing that can still fill goes unreserved."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.order import (
    ACTIVE,
    TERMINAL,
    TRANSITIONS,
    Happening,
    Order,
    OrderState,
    OrderTerms,
    Purpose,
    TimeInForce,
)
from mmtui.errors import InvariantError
from tests.unit.properties import examples

H, S = Happening, OrderState
PAIRS = list(itertools.product(OrderState, Happening))


def an_order(state=S.SUBMITTED, *, size=10):
    order = Order(
        OrderTerms(
            cloid="0x" + "0" * 32,
            side=Side.BUY,
            price=100,
            size=size,
            tif=TimeInForce.ALO,
            purpose=Purpose.QUOTE,
            reduce_only=False,
            level=0,
            created_at=0.0,
            expires_at_ms=0,
        )
    )
    order.state = state
    return order


@pytest.mark.parametrize(("state", "happening"), PAIRS, ids=lambda member: member.name)
def test_a_happening_is_in_the_table_or_impossible(state, happening):
    order = an_order(state)
    if (state, happening) in TRANSITIONS:
        assert order.happens(happening, "why") is TRANSITIONS[(state, happening)]
        assert (order.state, order.reason) == (TRANSITIONS[(state, happening)], "why")
        return
    with pytest.raises(InvariantError, match=happening.name):
        order.happens(happening, "why")
    assert (order.state, order.reason, order.was_cancelling) == (state, "", False)


def test_nothing_happens_to_an_order_that_is_over():
    assert {S.FILLED, S.CANCELLED, S.REJECTED, S.LOST} == TERMINAL
    assert [pair for pair in TRANSITIONS if pair[0] in TERMINAL] == []


def test_every_state_is_reached_from_submitted_and_leads_to_an_end():
    reached, frontier = {S.SUBMITTED}, [S.SUBMITTED]
    while frontier:
        here = frontier.pop()
        for after in {after for (before, _), after in TRANSITIONS.items() if before is here} - reached:
            reached.add(after)
            frontier.append(after)
    assert reached == set(OrderState)
    ending = set(TERMINAL)
    for _ in OrderState:
        ending |= {before for (before, _), after in TRANSITIONS.items() if after in ending}
    assert ending == set(OrderState)


@pytest.mark.parametrize("state", [state for state in OrderState if state not in TERMINAL], ids=lambda s: s.name)
def test_fills_can_come_at_any_time_before_the_end(state):
    assert TRANSITIONS[(state, H.FILL_ALL)] is S.FILLED
    assert (state, H.FILL_PART) in TRANSITIONS


@pytest.mark.parametrize("happening", [H.UNANSWERED, H.CANCEL_SENT, H.CANCEL_FAILED, H.RESTED, H.FILL_PART, H.CLOSED])
def test_no_doubt_cancel_or_closing_word_alone_ends_an_order(happening):
    assert {after for (_, what), after in TRANSITIONS.items() if what is happening} & TERMINAL == set()


def test_silence_about_a_live_order_makes_its_fate_unknown_and_keeps_its_reservation():
    for state in (S.SUBMITTED, S.RESTING, S.PARTIALLY_FILLED, S.CANCEL_PENDING, S.UNKNOWN):
        order = an_order(state)
        assert order.happens(H.UNANSWERED) is S.UNKNOWN
        assert order.reserved == order.size


def test_an_order_that_rests_is_neither_refused_nor_lost():
    for state in ACTIVE:
        assert (state, H.REFUSED) not in TRANSITIONS
        assert (state, H.PROVEN_DEAD) not in TRANSITIONS


def test_only_resting_and_partly_filled_orders_are_active():
    assert {state for state in OrderState if an_order(state).is_active} == {S.RESTING, S.PARTIALLY_FILLED}


def test_a_settling_order_reserves_exactly_the_fills_it_still_owes():
    order = an_order(S.SETTLING)
    order.filled = 3
    assert order.reserved == 7
    order.venue_filled = 5
    assert order.reserved == 2
    order.filled = 5
    assert order.reserved == 0


@pytest.mark.parametrize(
    ("happenings", "acked_at", "shown"),
    [
        ([H.RESTED], 1.0, "Resting"),
        ([H.RESTED, H.FILL_PART], 1.0, "PartialFilled"),
        ([H.RESTED, H.CANCEL_SENT], 1.0, "CancelPending"),
        ([H.RESTED, H.CANCEL_SENT, H.CLOSED], 1.0, "CancelConfirmed"),
        ([H.RESTED, H.CANCEL_SENT, H.FILL_ALL], 1.0, "FilledDuringCancel"),
        ([H.RESTED, H.CANCEL_SENT, H.CANCEL_FAILED, H.RESTED, H.FILL_ALL], 1.0, "Filled"),
        ([H.FILL_ALL], 0.0, "FilledImmediately"),
        ([H.RESTED, H.FILL_ALL], 1.0, "Filled"),
        ([H.RESTED, H.CANCEL_SENT, H.SETTLED], 1.0, "Cancelled"),
        ([H.REFUSED], 0.0, "Rejected"),
    ],
)
def test_states_are_shown_in_the_documents_words(happenings, acked_at, shown):
    order = an_order()
    order.acked_at = acked_at
    for happening in happenings:
        order.happens(happening)
    assert order.shown_state == shown


@pytest.mark.parametrize(("price", "size"), [(0, 1), (1, 0), (-1, 1), (1, -1)])
def test_an_order_without_size_or_price_cannot_exist(price, size):
    terms = an_order().terms
    with pytest.raises(AssertionError, match="size and a price"):
        Order(
            OrderTerms(
                **{**{name: getattr(terms, name) for name in terms.__struct_fields__}, "price": price, "size": size}
            )
        )


class Venue:
    """The truth about one order at the exchange, and what we have been told of it so far."""

    def __init__(self, size):
        self.size = size
        self.filled = 0
        self.over = False
        self.arrived = False

    def can_still_fill(self):
        return self.filled if self.over else self.size


def take_truthful_step(order, venue, draw):
    """One thing that may really happen next; the venue lies about nothing, but may be late or silent."""
    step = draw(
        st.sampled_from(["rest", "trade", "learn", "end", "cancel", "cancel failed", "silence", "closed", "settled"])
    )
    if step == "rest" and not venue.over:
        venue.arrived = True
        return H.RESTED
    if step == "trade" and not venue.over and venue.filled < venue.size:
        venue.arrived = True
        venue.filled += draw(st.integers(1, venue.size - venue.filled))
        venue.over = venue.filled == venue.size
    elif step == "learn" and order.filled < venue.filled:
        order.filled += draw(st.integers(1, venue.filled - order.filled))
        return H.FILL_ALL if order.filled == order.size else H.FILL_PART
    elif step == "end":
        venue.over = True
    elif step in ("cancel", "cancel failed"):
        return H.CANCEL_SENT if step == "cancel" else H.CANCEL_FAILED
    elif step == "silence":
        return H.UNANSWERED
    elif step == "closed" and venue.over:
        if draw(st.booleans()):
            order.venue_filled = venue.filled
        return H.CLOSED
    elif step == "settled" and venue.over and order.filled == venue.filled:
        return draw(st.sampled_from([H.SETTLED, H.PROVEN_DEAD, H.REFUSED])) if not venue.arrived else H.SETTLED
    return None


@given(data=st.data())
@examples(200)
def test_a_reservation_is_never_below_what_the_venue_can_still_fill(data):
    order, venue = an_order(size=data.draw(st.integers(1, 5))), Venue(0)
    venue.size = order.size
    for _ in range(data.draw(st.integers(1, 25))):
        happening = take_truthful_step(order, venue, data.draw)
        if happening is not None and (order.state, happening) in TRANSITIONS:
            order.happens(happening)
        assert order.reserved >= venue.can_still_fill() - order.filled
        assert 0 <= order.reserved <= order.size - order.filled
        if order.is_terminal:
            assert order.reserved == 0
            return
