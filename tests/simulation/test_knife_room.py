"""The side that a falling or rising market runs into shows less size; the side that reduces shows all of it."""

import pytest

from mmtui.domain.book import Touch
from mmtui.domain.instrument import Side
from mmtui.domain.intents import LogLevel
from mmtui.domain.view import Mode
from mmtui.engine.outbox import Outbox
from mmtui.engine.quoting import cycle
from mmtui.engine.quoting.rooms import rooms
from mmtui.strategies.quote import Rooms
from tests.simulation.test_endings import holding, quoting, trade_by_hand
from tests.simulation.truth import position


def rooms_after(session, move: float) -> Rooms:
    """Rooms right after the mid has moved by ``move`` from a level it had held for three seconds."""
    state, now = session.engine.state, session.now_ms / 1000.0
    mid = state.market.touch.mid
    for step in range(31):
        shown = mid * (1.0 + move) if step == 30 else mid
        now += 0.1
        state.panel.on_touch(now, Touch(round(now * 1000), shown * 0.99999, 1.0, shown * 1.00001, 1.0))
    return rooms(state, now, is_reduce_only=False)


def flat(make_session, **changes):
    """A session whose quotes are too far away to fill."""
    session = quoting(make_session, strategy__strategy_type="symmetric", strategy__half_spread_bps=60.0, **changes)
    assert position(session) == 0
    return session


def factors(found: Rooms) -> tuple[float, float]:
    return found.size_factor_buy, found.size_factor_sell


def test_while_flat_the_side_run_into_shows_nothing_at_four_deviations_and_the_other_all(make_session) -> None:
    assert factors(rooms_after(flat(make_session), -0.01)) == (0.0, 1.0)
    assert factors(rooms_after(flat(make_session), 0.01)) == (1.0, 0.0)


def test_a_calm_market_shows_all_on_both_sides(make_session) -> None:
    assert factors(rooms_after(flat(make_session), 0.0)) == (1.0, 1.0)


def test_a_rising_market_never_takes_size_from_the_side_that_reduces(make_session) -> None:
    session = holding(make_session)
    assert rooms_after(session, 0.01).size_factor_sell == 1.0
    assert rooms_after(session, -0.01).size_factor_buy == 0.0
    short = flat(make_session)
    trade_by_hand(short, Side.SELL, 3_000)
    short.run(2)
    assert rooms_after(short, -0.01).size_factor_buy == 1.0


@pytest.mark.parametrize("move", [-0.01, 0.01])
def test_switched_off_it_takes_nothing(make_session, move) -> None:
    assert factors(rooms_after(flat(make_session, strategy__knife_enabled=False), move)) == (1.0, 1.0)


def test_a_side_that_a_knife_takes_away_says_which_rule_it_is_and_until_when(make_session) -> None:
    session = flat(make_session)
    assert rooms_after(session, 0.0).buy_scaled == ""
    assert "falling knife" in rooms_after(session, -0.01).buy_scaled
    state, now = session.engine.state, session.now_ms / 1000.0 + 3.1
    out = Outbox(now, LogLevel.INFO)
    cycle.run(state, out, Mode.QUOTING, "")
    assert state.quoting.ladder.bids == ()
    assert state.quoting.why_not[0].startswith("its size is scaled to nothing (falling knife: ")
    assert "until it slows or rests for 1 s" in state.quoting.why_not[0]
