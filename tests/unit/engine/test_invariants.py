"""Breaches that no correct program makes are caught where they would leave the engine."""

import pytest

from mmtui.domain.instrument import Side
from mmtui.domain.order import Happening, Order, OrderState, OrderTerms, Purpose, TimeInForce
from mmtui.engine.orders.invariants import check_finished, check_uncrossed
from mmtui.errors import InvariantError


def terms(side: Side, price: int, *, size: int = 10, cloid: int = 1) -> OrderTerms:
    return OrderTerms(
        cloid=f"0x{cloid:032x}",
        side=side,
        price=price,
        size=size,
        tif=TimeInForce.ALO,
        purpose=Purpose.QUOTE,
        reduce_only=False,
        level=0,
        created_at=0.0,
        expires_at_ms=1,
    )


@pytest.mark.parametrize(("bid", "ask", "is_crossed"), [(99, 100, False), (100, 100, True), (101, 100, True)])
@pytest.mark.parametrize("placed_side", list(Side))
def test_an_order_never_leaves_that_would_trade_with_an_own_one(
    placed_side: Side, bid: int, ask: int, *, is_crossed: bool
) -> None:
    placed, rests = (bid, ask) if placed_side is Side.BUY else (ask, bid)
    other = Order(terms(placed_side.opposite, rests, cloid=2))
    batch = [terms(placed_side, placed)]
    if is_crossed:
        with pytest.raises(InvariantError):
            check_uncrossed(batch, [other])
    else:
        check_uncrossed(batch, [other])
    other.state = OrderState.CANCELLED
    check_uncrossed(batch, [other])


def test_two_orders_of_one_batch_are_held_against_each_other() -> None:
    bid, ask = terms(Side.BUY, 101), terms(Side.SELL, 100, cloid=2)
    with pytest.raises(InvariantError):
        check_uncrossed([bid, ask], [Order(bid), Order(ask)])


def test_an_order_is_over_only_with_the_fills_that_the_venue_counted() -> None:
    order = Order(terms(Side.BUY, 100))
    order.happens(Happening.CLOSED)
    order.venue_filled, order.filled = 4, 3
    order.state = OrderState.CANCELLED
    with pytest.raises(InvariantError):
        check_finished(order)
    order.filled = 4
    check_finished(order)
    order.state = OrderState.FILLED
    with pytest.raises(InvariantError):
        check_finished(order)
    order.filled = 10
    check_finished(order)
    for state in (OrderState.LOST, OrderState.REJECTED):
        order.state = state
        with pytest.raises(InvariantError):
            check_finished(order)
