"""What holds for every batch, whatever is proposed, held, reserved and live."""

from decimal import Decimal

import pytest
from hypothesis import given

from mmtui.domain.instrument import Side
from mmtui.domain.order import Purpose, TimeInForce
from mmtui.risk.controls import Denial, Permit, review
from tests.unit.properties import examples
from tests.unit.risk.desk import Draw, changed, seeds


def drawn(seed, *permits):
    """A gate, the live orders, a batch, and what the controls approve of it."""
    draw = Draw(seed)
    known, alive = draw.desk(*permits)
    batch = draw.batch()
    return known, alive, batch, terms_of(review(batch, known, alive))


def terms_of(result):
    return [approved.terms for approved in result.approved]


def standing(alive):
    return [order for order in alive if order.reserved]


@given(seed=seeds)
@examples(150)
def test_every_proposal_is_answered_once_and_in_its_order(seed):
    known, alive, batch, approved = drawn(seed)
    denied = [denied.terms for denied in review(batch, known, alive).denied]
    assert sorted(map(repr, [*approved, *denied])) == sorted(map(repr, batch))
    for answered in (approved, denied):
        waiting = iter(batch)
        assert all(any(terms is proposed for proposed in waiting) for terms in answered)


@pytest.mark.incident("B3", "B13")
@given(seed=seeds)
@examples(300)
def test_the_worst_case_never_exceeds_the_limit_on_the_side_that_was_added_to(seed):
    known, _, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    for side, reserved in zip((Side.BUY, Side.SELL), known.reserved, strict=True):
        added = sum(terms.size for terms in approved if terms.side is side)
        if added:
            assert side * known.position + reserved + added <= known.limit


@given(seed=seeds)
@examples(300)
def test_no_approved_order_can_trade_with_an_own_one(seed):
    _, alive, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    own = [(order.side, order.price) for order in standing(alive)]
    for terms in approved:
        for side, price in own:
            assert side is terms.side or terms.side * (price - terms.price) > 0
        own.append((terms.side, terms.price))


@given(seed=seeds)
@examples(300)
def test_every_approved_order_is_one_the_venue_takes(seed):
    known, _, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    for terms in approved:
        price = Decimal(terms.price).scaleb(-known.instrument.price_decimals)
        assert price > 0 and terms.size > 0
        assert price == price.to_integral_value() or len(price.normalize().as_tuple().digits) <= 5
        closes_all = terms.reduce_only and terms.side * terms.size == -known.position
        assert closes_all or terms.price * terms.size >= 10_000_000


@pytest.mark.incident("B32")
@given(seed=seeds)
@examples(300)
def test_every_approved_quote_is_post_only_fresh_inside_the_collar_and_does_not_take(seed):
    known, _, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    for terms in approved:
        if terms.purpose is not Purpose.QUOTE:
            assert terms.tif is TimeInForce.IOC and terms.reduce_only
            continue
        assert terms.tif is TimeInForce.ALO and known.is_fresh
        assert terms.price < known.book_ask if terms.side is Side.BUY else terms.price > known.book_bid
        assert terms.size <= 2 * known.clip
        usable = [price for price in known.references if 0.0 < price < 1e15]
        price_usd = known.instrument.price_usd(terms.price)
        collars = [abs(price_usd / reference - 1.0) <= known.collar for reference in usable]
        assert any(collars) or min(usable) < price_usd < max(usable)


@given(seed=seeds)
@examples(300)
def test_the_open_orders_and_their_value_stay_within_the_caps(seed):
    known, alive, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    if approved:
        assert len(standing(alive)) + len(approved) <= known.caps.orders
    adding = [terms.price * terms.size for terms in approved if not terms.reduce_only]
    if adding:
        value = sum(order.price * order.reserved for order in standing(alive)) + sum(adding)
        assert value <= known.caps.notional_micro


@given(seed=seeds)
@examples(150)
def test_no_approved_order_is_the_twin_of_an_own_one(seed):
    _, alive, _, approved = drawn(seed, Permit.ADD, Permit.REDUCE)
    own = {(order.side, order.price, order.size) for order in standing(alive)}
    for terms in approved:
        key = (terms.side, terms.price, terms.size)
        assert key not in own
        own.add(key)


@pytest.mark.incident("B29")
@given(seed=seeds)
@examples(300)
def test_in_reduce_mode_only_reducing_orders_pass_and_never_more_than_is_held(seed):
    known, _, _, approved = drawn(seed, Permit.REDUCE)
    assert all(terms.reduce_only and terms.side * known.position < 0 for terms in approved)
    if approved:
        reserved = known.reserved[0 if approved[0].side is Side.BUY else 1]
        assert reserved + sum(terms.size for terms in approved) <= abs(known.position)


@given(seed=seeds)
@examples(100)
def test_with_the_valve_shut_nothing_passes(seed):
    assert drawn(seed, Permit.NONE)[-1] == []


@given(seed=seeds)
@examples(1000)
def test_what_a_stricter_gate_approves_every_looser_one_approves_too(seed):
    """Of single orders: in a batch, a denied order leaves its room to later ones."""
    draw = Draw(seed)
    known, alive = draw.desk(Permit.ADD, Permit.REDUCE)
    stricter = draw.tightened(known, alive)
    for proposal in draw.batch():
        if review([proposal], *stricter).approved:
            assert review([proposal], known, alive).denied == ()


@given(seed=seeds)
@examples(200)
def test_a_smaller_order_is_denied_only_as_too_small_or_as_a_twin(seed):
    draw = Draw(seed)
    known, alive = draw.desk(Permit.ADD)
    for proposal in draw.batch():
        if proposal.reduce_only or not review([proposal], known, alive).approved:
            continue
        smaller = changed(proposal, size=draw.rng.randint(1, proposal.size))
        reasons = {denied.reason for denied in review([smaller], known, alive).denied}
        assert reasons <= {Denial.BELOW_MINIMUM, Denial.DUPLICATE}


def test_the_random_desks_reach_every_denial_and_approve_often():
    """A property over batches that are always refused would prove nothing."""
    desks = [drawn(seed) for seed in range(2000)]
    approved = [terms for *_, terms in desks]
    assert sum(1 for terms in approved if terms) > 0.2 * len(desks)
    assert sum(1 for terms in approved if len(terms) >= 3) > 0.05 * len(desks)
    assert any(one.purpose is Purpose.FLATTEN for terms in approved for one in terms)
    reasons = {denied.reason for known, alive, batch, _ in desks for denied in review(batch, known, alive).denied}
    assert reasons == set(Denial)
