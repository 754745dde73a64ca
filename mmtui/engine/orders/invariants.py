"""What must be true of own orders whatever happens; a breach is a defect and ends the run.

The controls deny what would break these. They are looked at once more at the last step before the wire,
so that a defect in the controls themselves cannot pass. Invariants I7, I12 and I13.
"""

from collections.abc import Iterable

from mmtui.domain.instrument import Side
from mmtui.domain.order import Order, OrderState, OrderTerms
from mmtui.domain.units import Price
from mmtui.errors import InvariantError


def check_uncrossed(placed: Iterable[OrderTerms], live: Iterable[Order]) -> None:
    """No order about to leave meets an own one that may still trade; raises InvariantError."""
    best_bid: Price | None = None
    best_ask: Price | None = None
    for order in live:
        if not order.reserved:
            continue
        terms = order.terms
        if terms.side is Side.BUY:
            if best_bid is None or terms.price > best_bid:
                best_bid = terms.price
        elif best_ask is None or terms.price < best_ask:
            best_ask = terms.price
    for terms in placed:
        meets = best_ask if terms.side is Side.BUY else best_bid
        if meets is not None and terms.side * (terms.price - meets) >= 0:
            raise InvariantError(f"{terms.side.name} at {terms.price} would trade with an own order at {meets}")


def check_finished(order: Order) -> None:
    """An order that is over has every fill the venue counted, and a refused or lost one none.

    Raises InvariantError.
    """
    if order.state in (OrderState.REJECTED, OrderState.LOST):
        is_right = order.filled == 0
    elif order.state is OrderState.FILLED:
        is_right = order.filled == order.size
    else:
        is_right = order.venue_filled is not None and order.filled >= order.venue_filled
    if not is_right:
        raise InvariantError(
            f"order {order.cloid} ends {order.state.value} with {order.filled} of {order.venue_filled} filled"
        )
