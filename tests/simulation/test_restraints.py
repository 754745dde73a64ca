"""What holds trading back for a while does so at the exchange, and lets go when its cause is gone."""

import msgspec
import pytest

from mmtui.domain.commands import Verb
from mmtui.domain.events import AccountSnapshot, ContextUpdate, DiskSlow, FillsReceived, VenueNotice
from mmtui.domain.instrument import Side
from mmtui.domain.view import Mode
from mmtui.engine.tape import ALARMS_MAX
from mmtui.risk.restraints import RESTRAINTS_MAX, Effect, Restraint
from tests.faults.sessions import alarms, has_both_sides, places, quoting, until
from tests.simulation.truth import position, resting


def now(session) -> float:
    return session.now_ms / 1000.0


def best_bid_distance_bps(session) -> float:
    mid = session.view.ladder.mid
    best = max(order.price for order in resting(session) if order.side is Side.BUY)
    return (1.0 - session.venue.instrument.price_usd(best) / mid) * 1e4


@pytest.mark.fault("F62")
def test_a_slow_disk_keeps_orders_from_being_placed_and_lets_cancels_go() -> None:
    session, _ = quoting(trading__max_bps_diff=0.5)
    session.feed(DiskSlow(received_at=now(session), waited_s=2.1))
    since = len(session.sends)
    session.run(8)
    assert places(session, since) == []
    assert len(session.sends) > since, "what must go still goes"
    assert "disk 2.1 s" in alarms(session)
    session.feed(DiskSlow(received_at=now(session), waited_s=0.0))
    assert until(session, lambda: has_both_sides(session), 10)
    assert "disk" not in alarms(session)


def test_a_disk_that_stays_slow_ends_trading() -> None:
    session, _ = quoting()
    session.feed(DiskSlow(received_at=now(session), waited_s=5.2))
    assert session.latches[0].reason == "disk"
    session.run(10)
    assert resting(session) == []


@pytest.mark.fault("F49")
def test_a_blind_feed_pulls_the_quotes_until_it_sees_again() -> None:
    session, _ = quoting()
    session.feed(VenueNotice(received_at=now(session), code="subscription-refused", text="bbo refused", is_blind=True))
    session.run(3)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    session.feed(VenueNotice(received_at=now(session), code="subscription-refused", text="bbo", count=0))
    assert until(session, lambda: has_both_sides(session), 10)


def test_a_mere_notice_is_shown_for_a_minute_and_changes_no_order() -> None:
    session, _ = quoting()
    session.feed(VenueNotice(received_at=now(session), code="bad-frames", text="bad frames", count=5))
    assert "bad frames ×5" in alarms(session)
    session.run(30)
    assert has_both_sides(session)
    session.run(40)
    assert "bad frames" not in alarms(session)


@pytest.mark.fault("F47")
def test_a_book_away_from_the_oracle_widens_first_and_stops_quoting_when_it_lasts() -> None:
    session, faults = quoting()
    close = best_bid_distance_bps(session)

    def apart(event: ContextUpdate):
        context = msgspec.structs.replace(event.context, oracle=event.context.oracle * 1.013)
        return (msgspec.structs.replace(event, context=context),)

    faults.replace(ContextUpdate, by=apart)
    assert until(session, lambda: "book≠oracle" in alarms(session), 5)
    session.run(4)
    assert session.view.mode is Mode.QUOTING
    assert best_bid_distance_bps(session) > close + 4.0
    assert best_bid_distance_bps(session) < close + 20.0, "under the cap on all widening"
    session.run(10)
    assert session.view.mode is Mode.STALE
    assert resting(session) == []
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 10)


def test_mark_and_oracle_that_are_no_longer_told_neither_stop_quoting_nor_hold_the_collar() -> None:
    session, faults = quoting()
    faults.freeze("context")
    session.run(20)
    assert session.engine.state.market.references() == (session.engine.state.market.touch.mid,)
    assert "mark and oracle" in alarms(session)
    assert has_both_sides(session)
    assert session.view.feed.context_age_ms > 15_000
    faults.heal()
    session.run(3)
    assert len(session.engine.state.market.references()) == 3


@pytest.mark.fault("F96")
def test_a_side_that_alone_is_filled_fades_before_it_ends_trading() -> None:
    session, _ = quoting(risk__one_sided_orders_max=12)
    run = session.engine.state.risk.fill_run
    session.run(2)
    usual = {side: sum(o.size for o in resting(session) if o.side is side) for side in Side}
    for n in range(11):
        run.filled(now(session), Side.BUY, f"order {n}")
    session.run(4)
    faded = {side: sum(o.size for o in resting(session) if o.side is side) for side in Side}
    if position(session) >= 0:
        assert faded[Side.BUY] < 0.6 * usual[Side.BUY]
    assert faded[Side.SELL] > 0.8 * usual[Side.SELL]


@pytest.mark.fault("F15")
def test_both_legs_of_a_self_trade_count_and_are_told() -> None:
    session, faults = quoting()
    fills: list = []
    faults.replace(FillsReceived, by=lambda event: fills.extend(event.fills) or None)
    assert until(session, lambda: bool(fills), 600)
    session.run(1)
    before = session.engine.state.account.position.size
    leg = msgspec.structs.replace(fills[0], oid=10**9, side=fills[0].side.opposite, cloid=None, start_position=before)
    session.feed(FillsReceived(received_at=now(session), fills=(leg,)))
    assert session.engine.state.account.position.size == before + leg.side * leg.size
    assert "self trade" in alarms(session)


@pytest.mark.parametrize("effect", list(Effect))
def test_restraints_and_alarms_never_outgrow_their_caps(effect: Effect) -> None:
    session, _ = quoting()
    restraints = session.engine.state.risk.restraints
    restraints.put(Restraint(key="grave", effect=Effect.STALE, text="grave"))
    for n in range(4 * RESTRAINTS_MAX):
        restraints.put(Restraint(key=f"cause {n}", effect=effect, text=""))
        session.feed(VenueNotice(received_at=now(session), code=f"code {n}", text="text"))
    assert len(restraints) <= RESTRAINTS_MAX
    assert len(session.view.alarms) <= ALARMS_MAX
    if effect is not Effect.STALE:
        assert restraints.find("grave") is not None, "the mildest give way"


def test_dust_is_carried_and_told_and_no_order_is_wasted_on_it() -> None:
    session, faults = quoting()
    session.act(Verb.PAUSE)
    session.run(3)
    held = position(session)
    faults.trade_by_hand(Side.BUY if held <= 0 else Side.SELL, abs(held) + 20)
    session.run(12)
    assert 0 < abs(position(session)) <= 20
    assert session.view.position.is_dust
    assert "dust" in alarms(session)
    session.act(Verb.RESUME)
    assert until(session, lambda: has_both_sides(session), 20)
    least = session.venue.instrument.min_size(min(order.price for order in resting(session)))
    assert all(order.size >= least * 0.99 for order in resting(session))


def test_an_account_that_nobody_answers_for_is_only_reduced_however_lively_the_pushes_are() -> None:
    session, _ = quoting()
    silence = []

    def unanswered(event):
        return None if silence and isinstance(event, AccountSnapshot) else event

    session.on_event = unanswered
    session.run(70)
    assert has_both_sides(session), "answers come"
    silence.append(True)
    session.run(100)
    assert session.view.mode is Mode.REDUCE_ONLY
    assert "has not answered for the account in 60 s" in alarms(session)
    held = position(session)
    assert all(order.reduce_only and order.side * held < 0 for order in resting(session))
    assert not session.latches
    silence.clear()
    assert until(session, lambda: has_both_sides(session), 60)
    assert "has not answered" not in alarms(session)
