"""A level that waits for the orders it replaces stands again as soon as they are gone, also at a slow pace."""

from mmtui.domain.events import BookUpdate, TouchUpdate
from mmtui.domain.instrument import Side
from mmtui.risk.controls import Denial
from mmtui.venues.exchange import actions
from tests.simulation.truth import resting

PACE_S = 6.0


def test_a_side_whose_cancels_hold_its_room_is_not_empty_for_a_whole_cycle(make_session) -> None:
    session = make_session(
        trading__order_notional_usd=1_000.0,
        trading__max_position_usd=1_100.0,
        trading__max_bps_diff=0.5,
        risk__actions_per_s_max=100.0,
        strategy__ladder_config__num_levels=1,
        execution__requote_interval_ms=PACE_S * 1_000.0,
    )
    session.run(30)
    empty_s = dict.fromkeys(Side, 0.0)
    longest_s = 0.0
    replaced: set[str] = set()
    for _ in range(300):
        session.run(0.2)
        standing = {order.side for order in resting(session)}
        replaced.update(order.cloid for order in resting(session))
        if abs(session.engine.state.account.position.size) > session.engine.state.risk.limit.size // 10:
            empty_s = dict.fromkeys(Side, 0.0)
            continue
        for side in Side:
            empty_s[side] = 0.0 if side in standing else empty_s[side] + 0.2
        longest_s = max(longest_s, *empty_s.values())
    assert len(replaced) > 6, "quotes were replaced again and again"
    assert longest_s <= 1.0


def test_a_side_that_an_old_picture_kept_from_being_placed_stands_again_with_the_first_new_one(make_session) -> None:
    session = make_session(
        strategy__ladder_config__num_levels=1, execution__requote_interval_ms=PACE_S * 1_000.0, risk__stale_data_s=30.0
    )
    session.run(60)
    assert {order.side for order in resting(session)} == set(Side)
    session.on_event = lambda event: None if isinstance(event, BookUpdate | TouchUpdate) else event
    session.run(session.engine.state.settings.number("risk.venue_age_max_s") + 0.5)
    bids = tuple(order.cloid for order in resting(session) if order.side is Side.BUY)
    cancels = tuple(actions.Cancel(session.venue.instrument.asset_id, cloid) for cloid in bids)
    session.exchange.submit(session.now_ms, session.account, actions.CancelAction(cancels), lambda reply: None)
    session.run(1.0)
    assert Denial.OLD_DATA.value in session.engine.state.quoting.why_not
    assert {order.side for order in resting(session)} == {Side.SELL}
    session.on_event = lambda event: event
    session.run(1.0)
    assert {order.side for order in resting(session)} == set(Side)
