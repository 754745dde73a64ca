"""The position limit at the exchange, with everything that rests there, when it or the position moves."""

from mmtui.domain.commands import SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.view import Mode
from tests.simulation.test_endings import holding, quoting, trade_by_hand
from tests.simulation.truth import exposure, position, resting


def over(session) -> int:
    limit = session.engine.state.risk.limit.size
    return max(exposure(session, side) for side in Side) - int(limit * 1.002)


def test_resting_orders_give_way_when_the_limit_is_lowered(make_session) -> None:
    session = quoting(make_session, seed=4, trading__max_position_usd=2600.0, strategy__strategy_type="glft")
    session.run(30)
    trade_by_hand(session, Side.BUY, 3_500 - position(session))
    session.run(5)
    assert session.view.mode is Mode.QUOTING
    for limit_usd in range(2550, 1600, -50):
        session.command(SetParameters(id="e", by="op", changes={"trading.max_position_usd": float(limit_usd)}))
        session.run(1.0)
        if session.view.mode is not Mode.QUOTING:
            break
        assert over(session) <= 0, limit_usd


def test_resting_orders_give_way_when_the_position_is_moved_by_hand(make_session) -> None:
    session = quoting(make_session, seed=4, trading__max_position_usd=2600.0, strategy__strategy_type="glft")
    for _ in range(12):
        trade_by_hand(session, Side.BUY, 300)
        session.run(1.0)
        if session.view.mode is not Mode.QUOTING:
            break
        assert over(session) <= 0, position(session)


def test_only_flagged_orders_rest_once_only_reducing_is_allowed(make_session) -> None:
    for seed in range(1, 5):
        session = holding(make_session, size=9_000, seed=seed, trading__max_position_usd=50_000.0)
        assert [order for order in resting(session) if order.side is Side.SELL]
        session.act(Verb.REDUCE_ONLY)
        session.run(3)
        orders = resting(session)
        assert orders
        assert {order.side for order in orders} == {Side.SELL}
        assert all(order.reduce_only for order in orders)


def test_flagged_orders_keep_their_place_when_adding_is_allowed_again(make_session) -> None:
    session = holding(make_session, size=9_000, trading__max_position_usd=50_000.0, trading__max_bps_diff=40.0)
    session.act(Verb.REDUCE_ONLY)
    session.run(3)
    kept = {order.cloid for order in resting(session)}
    assert kept
    session.act(Verb.RESUME)
    session.run(1)
    assert kept & {order.cloid for order in resting(session)}
