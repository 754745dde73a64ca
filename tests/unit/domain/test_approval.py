"""Permission to send is a type: without the controls' key nobody makes one."""

import pytest

from mmtui.domain.instrument import Side
from mmtui.domain.intents import APPROVAL_KEY, Approved
from mmtui.domain.order import OrderTerms, Purpose, TimeInForce


def terms(size=5):
    return OrderTerms(
        cloid="0x6d6d7475" + "0" * 24,
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


@pytest.mark.parametrize("key", [None, True, object(), "APPROVAL_KEY"], ids=["none", "true", "an object", "a name"])
def test_an_approval_is_not_made_without_the_controls_key(key):
    with pytest.raises(AssertionError, match="only the controls"):
        Approved(terms(), key)


def test_approvals_are_compared_by_their_terms():
    one, same, other = (Approved(terms(size), APPROVAL_KEY) for size in (5, 5, 6))
    assert one == same != other
    assert len({one, same, other}) == 2
    assert one != terms()
