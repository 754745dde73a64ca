"""A position is always being reduced, however much of others' rests on the same account."""

import pytest

from mmtui.domain.instrument import Side
from mmtui.domain.view import Mode
from mmtui.venues.exchange import actions
from tests.simulation.test_endings import holding, trade_by_hand
from tests.simulation.truth import exposure, position, resting


@pytest.mark.fault("F80")
@pytest.mark.incident("B14")
@pytest.mark.parametrize("foreign", [20_000, 40_000])
def test_large_foreign_orders_on_the_reducing_side_leave_room_for_the_reducing_quote(make_session, foreign) -> None:
    session = holding(make_session)
    trade_by_hand(session, Side.SELL, foreign, price_usd=session.view.ladder.mid * 1.04, tif=actions.Tif.GTC)
    session.run(12)
    assert session.view.mode is Mode.QUOTING
    for _ in range(60):
        session.run(0.5)
        limit = session.engine.state.risk.limit.size
        asks = [order for order in resting(session) if order.side is Side.SELL]
        held = position(session)
        if held <= session.venue.instrument.min_size(session.engine.state.instrument.price_units(1_000.0)):
            break
        worst_without = foreign - held
        if worst_without + sum(order.size for order in asks if not order.reduce_only) > limit:
            assert all(order.reduce_only for order in asks), "nothing here adds to what foreign orders do"
        assert sum(order.size for order in asks if order.reduce_only) <= held
        assert exposure(session, Side.BUY) <= limit * 1.002
    assert any(o.terms.side is Side.SELL and o.terms.reduce_only for o in orders_of(session)), "it was quoted"


def orders_of(session):
    ledger = session.engine.state.ledger
    return [*ledger.live.values(), *ledger.recent()]


def test_a_reducing_quote_is_never_away_for_long_while_foreign_orders_rest(make_session) -> None:
    session = holding(make_session, trading__max_position_usd=6_000.0)
    trade_by_hand(session, Side.SELL, 60_000, price_usd=session.view.ladder.mid * 1.04, tif=actions.Tif.GTC)
    session.run(12)
    away_s = longest_s = 0.0
    for _ in range(150):
        session.run(0.2)
        if abs(position(session)) < 20 or session.view.mode is not Mode.QUOTING:
            away_s = 0.0
            continue
        side = Side.SELL if position(session) > 0 else Side.BUY
        there = any(order.side is side for order in resting(session))
        away_s = 0.0 if there else away_s + 0.2
        longest_s = max(longest_s, away_s)
    assert longest_s <= 2.0


def test_foreign_orders_on_the_other_side_still_take_room_from_adding(make_session) -> None:
    session = holding(make_session)
    limit = session.engine.state.risk.limit.size
    trade_by_hand(session, Side.BUY, 2 * limit, price_usd=session.view.ladder.mid * 0.96, tif=actions.Tif.GTC)
    session.run(14)
    assert not [order for order in resting(session) if order.side is Side.BUY]
    assert [order for order in resting(session) if order.side is Side.SELL]
