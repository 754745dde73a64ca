"""Each control at its limit: the order beyond it is denied for that reason, its neighbour inside is approved."""

from dataclasses import dataclass, field

import pytest

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.order import OrderState, OrderTerms, TimeInForce
from mmtui.risk.controls import Denial, Gate, Permit, review
from tests.unit.risk.desk import ASK, BID, MID, NONSENSE, TICK, flatten, gate, live, quote

BUY, SELL = Side.BUY, Side.SELL
NEITHER_SIDE_KNOWN = {"book_bid": 0, "book_ask": 0}


@dataclass
class Edge:
    """An order that must be denied and one that must not be, each with what the controls know."""

    denied: OrderTerms
    inside: OrderTerms
    gate: Gate = field(default_factory=gate)
    inside_gate: Gate | None = None
    live: tuple = ()
    inside_live: tuple | None = None


REDUCE = gate(permit=Permit.REDUCE, position=5000)
SMALL_CLIP = gate(clip=6)
CLOSING = gate(position=9)
EDGES = {
    Denial.VALVE_SHUT: [
        Edge(quote(), quote(), gate(permit=Permit.NONE), gate()),
        Edge(flatten(SELL, 5000), flatten(SELL, 5000), gate(permit=Permit.NONE, position=5000), REDUCE),
    ],
    Denial.ADDS_RISK: [
        Edge(quote(SELL, size=5001, reduce_only=True), quote(SELL, size=5000, reduce_only=True), REDUCE),
        Edge(quote(SELL, size=100), quote(SELL, size=100, reduce_only=True), REDUCE),
        Edge(quote(BUY, size=100, reduce_only=True), quote(SELL, size=100, reduce_only=True), REDUCE),
        Edge(
            quote(SELL, size=4001, reduce_only=True),
            quote(SELL, size=4000, reduce_only=True),
            gate(permit=Permit.REDUCE, position=5000, reserved=(0, 1000)),
        ),
        Edge(flatten(SELL, 5001), flatten(SELL, 5000), gate(position=5000)),
        Edge(flatten(BUY, 5001), flatten(BUY, 5000), gate(position=-5000)),
        Edge(flatten(SELL, 5000, tif=TimeInForce.GTC), flatten(SELL, 5000), gate(position=5000)),
        Edge(flatten(SELL, 5000, reduce_only=False), flatten(SELL, 5000), gate(position=5000)),
        Edge(flatten(BUY, 5000), flatten(BUY, 5000), gate(), gate(position=-5000)),
    ],
    Denial.OFF_GRID: [
        Edge(quote(price=MID - 5), quote(price=MID - TICK)),
        Edge(quote(price=0), quote()),
        Edge(quote(price=-MID), quote()),
        Edge(quote(size=0), quote()),
        Edge(quote(size=-1000), quote()),
        Edge(quote(SELL, size=-1000), quote(SELL)),
    ],
    Denial.BELOW_MINIMUM: [
        Edge(quote(size=9), quote(size=10)),
        Edge(quote(SELL, size=9), quote(SELL, size=9, reduce_only=True), CLOSING),
        Edge(quote(SELL, size=8, reduce_only=True), quote(SELL, size=9, reduce_only=True), CLOSING),
        Edge(quote(BUY, size=9, reduce_only=True), quote(SELL, size=9, reduce_only=True), CLOSING),
        Edge(flatten(SELL, 8), flatten(SELL, 9), CLOSING),
    ],
    Denial.OFF_COLLAR: [
        Edge(quote(price=989_990), quote(price=990_010)),
        Edge(quote(SELL, price=1_010_010), quote(SELL, price=1_009_990)),
        Edge(
            quote(), quote(), gate(references=(100_000.0, 98_900.0, 98_900.0)), gate(references=(100_000.0, 98_900.0))
        ),
        Edge(quote(), quote(), gate(collar=float("nan")), gate(collar=0.0)),
    ],
    Denial.NOTIONAL: [
        Edge(quote(size=15_001), quote(size=15_000)),
        Edge(quote(SELL, size=15_001), quote(SELL, size=15_000)),
    ],
    Denial.SIZE: [
        Edge(quote(size=13), quote(size=12), SMALL_CLIP),
        Edge(quote(), quote(), gate(clip=0), gate()),
    ],
    Denial.POSITION: [
        Edge(quote(size=5001), quote(size=5000), gate(limit=5000)),
        Edge(quote(SELL, size=5001), quote(SELL, size=5000), gate(limit=5000)),
        Edge(quote(size=2001), quote(size=2000), gate(limit=5000, position=3000)),
        Edge(quote(SELL, size=8001), quote(SELL, size=8000), gate(limit=5000, position=3000)),
        Edge(quote(size=1001), quote(size=1000), gate(limit=5000, position=3000, reserved=(1000, 0))),
        Edge(quote(SELL, size=1001), quote(SELL, size=1000), gate(limit=5000, position=-3000, reserved=(0, 1000))),
        Edge(quote(BUY), quote(SELL, reduce_only=True), gate(limit=0, position=1000)),
    ],
    Denial.OPEN_ORDERS: [
        Edge(quote(), quote(), gate(caps=(0, 10**12)), gate(caps=(1, 10**12))),
        Edge(quote(), quote(), gate(caps=(1, 10**12)), live=(live(BUY, price=BID),), inside_live=()),
    ],
    Denial.OPEN_NOTIONAL: [
        Edge(quote(), quote(), gate(caps=(9, MID * 1000 - 1)), gate(caps=(9, MID * 1000))),
        Edge(
            quote(size=501),
            quote(size=500),
            gate(caps=(9, BID * 500 + MID * 500)),
            live=(live(BUY, price=BID, size=1000, filled=500),),
        ),
    ],
    Denial.DUPLICATE: [
        Edge(quote(), quote(size=1001), live=(live(BUY, price=MID),)),
        Edge(quote(), quote(price=MID - TICK), live=(live(BUY, price=MID),)),
        Edge(quote(), quote(), live=(live(BUY, price=MID, state=OrderState.UNKNOWN),), inside_live=()),
        Edge(
            quote(),
            quote(),
            live=(live(BUY, price=MID, state=OrderState.CANCEL_PENDING),),
            inside_live=(live(BUY, price=MID, state=OrderState.CANCELLED),),
        ),
    ],
    Denial.SELF_CROSS: [
        Edge(quote(price=MID), quote(price=MID - TICK), live=(live(SELL, price=MID),)),
        Edge(quote(SELL, price=MID), quote(SELL, price=MID + TICK), live=(live(BUY, price=MID),)),
        Edge(quote(price=MID - TICK), quote(price=MID - 3 * TICK), live=(live(SELL, price=MID - 2 * TICK),)),
        Edge(
            quote(price=MID),
            quote(price=MID),
            live=(live(SELL, price=MID, state=OrderState.UNKNOWN),),
            inside_live=(live(SELL, price=MID, state=OrderState.FILLED),),
        ),
    ],
    Denial.NOT_POST_ONLY: [
        Edge(quote(tif=TimeInForce.GTC), quote()),
        Edge(quote(tif=TimeInForce.IOC), quote()),
    ],
    Denial.CROSSES_MARKET: [
        Edge(quote(price=ASK), quote(price=ASK - TICK)),
        Edge(quote(SELL, price=BID), quote(SELL, price=BID + TICK)),
        Edge(quote(), quote(), gate(**NEITHER_SIDE_KNOWN), gate()),
        Edge(quote(), quote(), gate(book_bid=0), gate()),
        Edge(quote(SELL), quote(SELL), gate(book_ask=0), gate()),
        Edge(quote(price=BID), quote(price=BID), gate(book_bid=ASK), gate()),
        Edge(quote(SELL), quote(SELL), gate(**NEITHER_SIDE_KNOWN), gate()),
    ],
    Denial.OLD_DATA: [
        Edge(quote(), quote(), gate(is_fresh=False), gate()),
        Edge(quote(), flatten(BUY, 1000), gate(is_fresh=False, position=-1000)),
    ],
    Denial.NO_REFERENCE: [
        Edge(quote(), quote(), gate(references=()), gate(references=(100_000.0,))),
        Edge(quote(), quote(), gate(references=NONSENSE), gate(references=(*NONSENSE, 100_000.0))),
    ],
}


def test_every_reason_for_a_denial_is_tested_here():
    assert set(EDGES) == set(Denial)


@pytest.mark.parametrize(
    ("reason", "edge"),
    [(reason, edge) for reason, edges in EDGES.items() for edge in edges],
    ids=lambda value: value.name if isinstance(value, Denial) else "",
)
def test_the_order_beyond_the_limit_is_denied_and_its_neighbour_approved(reason, edge):
    refused = review([edge.denied], edge.gate, edge.live)
    assert refused.approved == ()
    assert [(denied.terms, denied.reason) for denied in refused.denied] == [(edge.denied, reason)]

    around = edge.live if edge.inside_live is None else edge.inside_live
    passed = review([edge.inside], edge.inside_gate or edge.gate, around)
    assert passed.denied == ()
    assert [approved.terms for approved in passed.approved] == [edge.inside]


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_a_reference_that_is_no_price_does_not_move_the_collar(nonsense):
    references = (100_000.0, nonsense, 100_000.0)
    assert review([quote(price=990_010)], gate(references=references), ()).denied == ()
    assert review([quote(price=989_990)], gate(references=references), ()).approved == ()


def test_one_wild_reference_of_three_does_not_move_the_collar():
    assert review([quote()], gate(references=(100_000.0, 1.0, 100_000.0)), ()).denied == ()
    assert review([quote()], gate(references=(1e6, 100_000.0, 100_000.0)), ()).denied == ()


def test_orders_of_one_batch_count_against_each_other():
    batch = [quote(price=MID - step * TICK, size=2000) for step in range(4)]
    result = review(batch, gate(limit=5000), ())
    assert [approved.terms for approved in result.approved] == batch[:2]
    assert [denied.reason for denied in result.denied] == [Denial.POSITION] * 2


def test_a_denied_order_leaves_its_room_to_the_next():
    result = review([quote(size=6000), quote(size=5000)], gate(limit=5000), ())
    assert [approved.terms.size for approved in result.approved] == [5000]


def test_bids_and_asks_of_one_batch_do_not_cross_each_other():
    result = review([quote(BUY), quote(SELL), quote(SELL, price=MID + TICK)], gate(book_bid=MID - 50), ())
    assert [approved.terms.price for approved in result.approved] == [MID, MID + TICK]
    assert [denied.reason for denied in result.denied] == [Denial.SELF_CROSS]


def test_the_same_order_twice_in_a_batch_is_sent_once():
    result = review([quote(), quote()], gate(), ())
    assert len(result.approved) == 1
    assert result.denied[0].reason is Denial.DUPLICATE


def test_a_reducing_order_passes_where_the_position_is_beyond_the_limit():
    over = gate(limit=1000, position=30_000)
    assert review([quote(SELL, size=9000, reduce_only=True)], over, ()).denied == ()
    assert review([quote(SELL, size=9000)], over, ()).denied == ()
    assert review([quote(BUY, size=10)], over, ()).approved == ()


def test_a_reducing_order_is_not_held_back_by_the_cap_on_open_value():
    full = gate(caps=(9, 0), position=5000)
    assert review([flatten(SELL, 5000)], full, ()).denied == ()
    assert review([quote(SELL, size=5000)], full, ()).denied[0].reason is Denial.OPEN_NOTIONAL


@pytest.mark.parametrize(
    ("terms", "known", "found", "limit"),
    [
        (quote(price=MID - 5), gate(), 999_995.0, 10.0),
        (quote(size=9), gate(), 9.0, 10.0),
        (quote(size=5001), gate(limit=5000), 5001.0, 5000.0),
        (quote(price=980_000), gate(), 0.02, 0.01),
        (quote(price=ASK), gate(), 1_000_010.0, 1_000_010.0),
        (quote(SELL, price=BID), gate(), 999_990.0, 999_990.0),
        (quote(size=30_001), gate(), 30_001.0, 20_000.0),
        (quote(size=15_001), gate(), 15_001.0, 15_000.0),
        (quote(), gate(caps=(0, 10**12)), 1.0, 0.0),
        (quote(), gate(caps=(9, 500_000_000)), 1000.0, 500.0),
        (flatten(SELL, 5001), gate(position=5000), 5001.0, 5000.0),
    ],
)
def test_a_denial_says_what_was_found_and_what_is_allowed(terms, known, found, limit):
    denied = review([terms], known, ()).denied[0]
    assert (denied.found, denied.limit) == pytest.approx((found, limit))


def test_a_coin_far_below_a_dollar_is_held_to_the_same_controls():
    cheap = Instrument(coin="kPEPE", asset_id=1, size_decimals=0, max_leverage=10)
    known = gate(instrument=cheap, book_bid=3799, book_ask=3801, references=(0.0038,), clip=10_000, limit=20_000)
    assert review([quote(price=3800, size=10_000)], known, ()).denied == ()
    assert review([quote(price=3761, size=10_000)], known, ()).denied[0].reason is Denial.OFF_COLLAR
    assert review([quote(price=3800, size=2631)], known, ()).denied[0].reason is Denial.BELOW_MINIMUM


def test_a_flatten_is_not_bound_by_the_caps_on_a_quote():
    held = gate(position=40_000, clip=10)
    assert review([flatten(SELL, 40_000, price=BID - 5000)], held, ()).denied == ()
    assert review([quote(SELL, size=40_000, reduce_only=True)], held, ()).denied[0].reason is Denial.SIZE
