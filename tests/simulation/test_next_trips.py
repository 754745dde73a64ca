"""What trips next in a running session, and that the named move really trips it."""

import pytest

from mmtui.domain.commands import SetParameters
from mmtui.domain.instrument import Side
from tests.simulation.test_endings import holding, quoting, trade_by_hand
from tests.simulation.truth import position


def trip(session, name: str):
    return next(one for one in session.view.next_trips if one.name.startswith(name))


def test_every_kind_of_limit_is_told_with_its_distance(make_session) -> None:
    session = holding(make_session)
    session.run(2)
    names = {one.name.split(" (")[0] for one in session.view.next_trips}
    assert {
        "day loss", "drawdown", "position value", "position value, reduce-only", "position limit", "data age",
        "data age, pulled", "cascade", "cascade, pulled", "book against oracle", "margin used", "one-sided fills",
        "actions", "rate-limit errors", "cancel undelivered", "widening cap", "half-spread cap", "skew cap",
        "price collar", "funding clamp", "requests",
    } <= names  # fmt: skip
    ratios = [one.ratio for one in session.view.next_trips]
    assert ratios == sorted(ratios, reverse=True)
    assert all(one.distance == pytest.approx(max(0.0, abs(one.limit - one.value))) for one in session.view.next_trips)


def test_the_move_that_loses_the_day_follows_the_position(make_session) -> None:
    session = holding(make_session)
    session.run(2)
    value, pnl = session.view.position.value_usd, session.view.pnl.utc_day
    loss = trip(session, "day loss")
    assert position(session) > 0
    assert loss.move_bps == pytest.approx(-(loss.limit + pnl) / value * 1e4, rel=0.02)
    trade_by_hand(session, Side.SELL, 2 * position(session))
    session.run(3)
    assert position(session) < 0
    assert trip(session, "day loss").move_bps > 0


def test_an_edit_of_a_limit_moves_its_distance(make_session) -> None:
    session = quoting(make_session)
    before = trip(session, "day loss")
    session.command(SetParameters(id="e", by="op", changes={"risk.max_daily_loss_usd": 100.0}))
    session.run(2)
    after = trip(session, "day loss")
    assert (before.limit, after.limit) == (500.0, 100.0)
    assert after.distance < before.distance
