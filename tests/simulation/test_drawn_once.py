"""The picture makes nothing twice of the same, and shows every change all the same."""

from collections.abc import Callable

from mmtui.domain.commands import SetParameters
from mmtui.engine.picture_of_orders import ORDERS_SHOWN
from mmtui.research.simulation import SimulatedSession

MakeSession = Callable[..., SimulatedSession]


def test_a_second_look_at_the_same_moment_makes_no_part_anew(make_session: MakeSession) -> None:
    session = make_session("BTC", seed=1)
    session.run(60.0)
    first, second = session.view, session.view
    assert first == second
    assert first.levels
    assert first.levels is second.levels
    assert first.parameters is second.parameters
    over = len(session.engine.state.ledger.live)
    assert len(first.orders) == ORDERS_SHOWN > over
    assert all(a is b for a, b in zip(first.orders[over:], second.orders[over:], strict=True))


def test_an_edit_and_another_ladder_are_shown_at_once(make_session: MakeSession) -> None:
    session = make_session("BTC", seed=1)
    session.run(60.0)
    before = session.view
    changes = {"trading.risk_aversion": 0.6}
    session.command(SetParameters(id="edit", by="op", changes=changes))
    after = session.view
    assert after.parameters["trading.risk_aversion"] == 0.6
    assert before.parameters["trading.risk_aversion"] != 0.6
    session.run(3.0)
    ladder, levels = session.engine.state.quoting.ladder, session.view.levels
    assert ladder is not None
    assert [level.price for level in levels if level.price is not None] == [
        session.venue.instrument.price_usd(level.price) for level in (*ladder.bids, *ladder.asks)
    ]


def test_an_order_that_is_over_shows_within_the_same_second(make_session: MakeSession) -> None:
    session = make_session("BTC", seed=1)
    session.run(60.0)
    for _ in range(40):
        session.run(0.1)
        newest = next(iter(session.engine.state.ledger.recent()))
        assert newest.cloid in {row.cloid for row in session.view.orders}
