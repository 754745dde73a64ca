"""What a flatten is said to cost beforehand, held against the flatten that follows."""

import asyncio

import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.consultations import CostFlatten, Finding, FlattenCosted, Unable
from mmtui.domain.instrument import Side
from mmtui.domain.intents import PlaceOrders
from mmtui.research.simulation import SimulatedSession
from mmtui.runtime.consulting.flattening import first_size, flattening, walk
from tests.faults.sessions import quoting, until
from tests.simulation.test_endings import trade_by_hand

ROWS = ((100.0, 2.0), (99.0, 1.0), (98.0, 5.0))


def costed(session: SimulatedSession) -> Finding:
    async def ask() -> Finding:
        return await flattening(lambda: session.engine)(CostFlatten(id="c"), lambda _: None)

    return asyncio.run(ask())


@pytest.mark.parametrize("side", list(Side), ids=lambda side: side.name)
def test_the_order_told_beforehand_is_the_one_that_is_sent(side: Side) -> None:
    session, _ = quoting()
    trade_by_hand(session, side, 3_000)
    session.run(2)
    told = costed(session)
    assert isinstance(told, FlattenCosted)
    sent: list[tuple[str, float, float]] = []

    def note(intent: object) -> bool:
        if isinstance(intent, PlaceOrders):
            instrument = session.engine.state.instrument
            sent.extend(
                (order.terms.side.name, instrument.size_base(order.terms.size), instrument.price_usd(order.terms.price))
                for order in intent.orders
            )
        return True

    session.on_send = note
    session.act(Verb.FLATTEN)
    assert until(session, lambda: bool(sent), 5)
    told_side, told_size, told_price = told.side, told.size, told.price
    assert sent[0][:2] == (told_side, told_size)
    assert sent[0][2] == pytest.approx(told_price, rel=2e-3)
    assert told_side == side.opposite.name


def test_the_cost_told_is_what_the_fills_then_cost() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(2)
    told = costed(session)
    assert isinstance(told, FlattenCosted)
    assert told.cost_usd is not None
    assert told.worst_usd is not None
    assert told.orders >= 1
    before = session.engine.view().at
    session.act(Verb.FLATTEN)
    assert until(session, lambda: session.engine.view().position.size == 0.0, 30)
    taken = [row for row in session.engine.view().fills if row.is_taker and row.at >= before]
    cost = sum(row.fee_usd - (row.edge_bps or 0.0) / 1e4 * row.price * row.size for row in taken)
    assert sum(row.size for row in taken) == pytest.approx(abs(told.position))
    assert cost <= told.worst_usd
    assert cost == pytest.approx(told.cost_usd, rel=0.5)


def test_without_a_position_there_is_nothing_to_cost() -> None:
    session, _ = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    held = session.engine.state.account.position.size
    if held:
        trade_by_hand(session, Side.SELL if held > 0 else Side.BUY, abs(held))
        session.run(2)
    assert session.engine.state.account.position.size == 0
    assert isinstance(costed(session), Unable)


def test_asking_changes_nothing_in_the_engine() -> None:
    session, _ = quoting()
    trade_by_hand(session, Side.BUY, 3_000)
    session.run(2)
    before = session.engine.view()
    costed(session)
    assert session.engine.view() == before


def test_the_walk_skips_our_own_size_and_stops_at_the_limit() -> None:
    assert walk(ROWS, {}, Side.SELL, size_base=2.5, limit_usd=98.0) == (2.5, 249.5)
    assert walk(ROWS, {100.0: 1.5}, Side.SELL, size_base=2.5, limit_usd=99.0) == (1.5, 149.0)
    assert walk(ROWS, {}, Side.SELL, size_base=9.0, limit_usd=99.0) == (3.0, 299.0)
    assert walk((), {}, Side.BUY, size_base=1.0, limit_usd=99.0) == (0.0, 0.0)


@pytest.mark.parametrize(("held", "size"), [(100, 40), (45, 45), (40, 40), (30, 30)])
def test_a_slice_never_leaves_less_than_the_venue_takes(held: int, size: int) -> None:
    assert first_size(held, 20, 10) == size
