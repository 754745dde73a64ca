"""The switch of the exchange and the guard beside us: armed, lost, late, spent, missing: F64, F70, F86 to F89."""

import pytest

from mmtui.domain.events import GuardChanged
from mmtui.domain.intents import CancelOrders, ScheduleCancel
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession
from tests.faults.hooks import Faults
from tests.faults.sessions import alarms, has_both_sides, new_session, places, until
from tests.simulation.truth import resting

DAY_MS = 86_400_000
VOLUME_MICRO = 5_000_000 * 1_000_000


def eligible(**settings) -> tuple[SimulatedSession, Faults]:
    """A session whose account has traded enough for the switch."""
    session = new_session(**settings)
    account_of(session).volumes.cumulative_micro = VOLUME_MICRO
    return session, Faults(session)


def account_of(session: SimulatedSession):
    return session.exchange._state.account(session.account)


def switch_of(session: SimulatedSession):
    return account_of(session).scheduled_cancel


def armed(**settings) -> tuple[SimulatedSession, Faults]:
    session, faults = eligible(**settings)
    assert until(session, lambda: has_both_sides(session), 120)
    assert switch_of(session).at_ms is not None
    return session, faults


def guard_states(session: SimulatedSession) -> dict[str, str]:
    return {guard.name: guard.state for guard in session.view.guards}


def test_f64_when_the_whole_host_is_gone_the_exchange_takes_our_orders_off_within_its_horizon() -> None:
    session, _ = armed()
    assert resting(session)
    session.exchange.advance(session.now_ms + 32_000)
    assert resting(session) == [], "nobody is left to cancel them, and they are gone"


def test_the_switch_is_acknowledged_before_the_first_order_leaves() -> None:
    session, faults = eligible()
    faults.drop_request(ScheduleCancel)
    session.run(20)
    assert any(isinstance(intent, ScheduleCancel) for intent in faults.taken)
    first = next((n for n, intent in enumerate(session.sends) if intent in places(session)), None)
    asked = next(n for n, intent in enumerate(session.sends) if isinstance(intent, ScheduleCancel))
    assert first is None or asked < first


@pytest.mark.parametrize(("policy", "quotes"), [("if_available", True), ("require", False)])
def test_f86_an_account_without_the_switch_quotes_only_where_the_policy_lets_it(policy, quotes) -> None:
    session = new_session(execution__dead_mans_switch=policy)
    session.run(90)
    assert bool(resting(session)) is quotes
    assert bool(places(session)) is quotes
    assert "not eligible" in guard_states(session).values()


def test_f86_where_a_guard_is_demanded_nothing_is_placed_before_one_is_armed() -> None:
    session = new_session(options=EngineOptions(run=1, must_be_guarded=True))
    session.run(60)
    assert places(session) == []
    session.feed(GuardChanged(received_at=session.now_ms / 1000.0, name="guard", is_armed=True))
    assert until(session, lambda: has_both_sides(session), 20)


def test_f70_a_lost_guard_takes_the_quotes_off_where_one_is_demanded_until_it_is_back() -> None:
    session = new_session(options=EngineOptions(run=1, must_be_guarded=True))
    session.feed(GuardChanged(received_at=session.now_ms / 1000.0, name="guard", is_armed=True))
    assert until(session, lambda: has_both_sides(session), 90)
    session.feed(GuardChanged(received_at=session.now_ms / 1000.0, name="guard", is_armed=False, text="it died"))
    since = len(session.sends)
    session.run(4)
    assert places(session, since) == []
    assert resting(session) == []
    assert "guard" in alarms(session)
    session.feed(GuardChanged(received_at=session.now_ms / 1000.0, name="guard", is_armed=True))
    assert until(session, lambda: has_both_sides(session), 20)


def test_f87_a_switch_that_is_not_renewed_ends_placing_before_it_fires() -> None:
    session, faults = armed()
    faults.drop_request(ScheduleCancel)
    assert until(session, lambda: not places_soon(session), 40), "below half its time nothing is placed"
    assert switch_of(session).at_ms is not None, "and it has not fired yet"
    assert until(session, lambda: not resting(session), 5)
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 45)
    assert not session.latches


def test_f87_a_switch_that_fires_is_noticed_by_what_it_cancelled_counted_and_set_again() -> None:
    session, faults = armed()
    faults.drop_request((ScheduleCancel, CancelOrders))
    assert until(session, lambda: switch_of(session).fired_on(session.now_ms // DAY_MS) == 1, 40)
    assert resting(session) == [], "what we could not cancel, the exchange did"
    session.run(1)
    assert "1/10" in alarms(session)
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 30)
    assert switch_of(session).at_ms is not None
    assert session.days[-1].switch_fires == 1, "a restart does not refill the ten of the day"
    assert not session.latches


def places_soon(session: SimulatedSession) -> bool:
    since = len(session.sends)
    session.engine.state.quoting.urgent = True
    session.run(3)
    return bool(places(session, since))


def test_f88_a_renewal_that_arrives_late_never_brings_the_switch_forward() -> None:
    session, faults = armed()
    faults.delay_request(ScheduleCancel, 15.0, times=1)
    latest = 0
    for _ in range(600):
        session.run(0.1)
        at_ms = switch_of(session).at_ms
        if at_ms is None:
            break
        assert at_ms >= latest, "an older setting may not overwrite a later one"
        latest = at_ms
    assert faults.taken


@pytest.mark.parametrize(("policy", "quotes"), [("if_available", True), ("require", False)])
def test_f89_a_switch_that_fires_no_more_today_stops_quoting_only_where_it_is_required(policy, quotes) -> None:
    session, faults = armed(execution__dead_mans_switch=policy)
    switch = switch_of(session)
    switch._day, switch._fired = session.now_ms // DAY_MS, 10
    switch.at_ms = session.now_ms + 200
    session.run(45)
    since = len(session.sends)
    session.run(20)
    assert bool(resting(session)) is quotes
    assert bool(places(session, since)) is quotes
    assert "spent" in guard_states(session).values()
    assert faults.taken == []
