"""Clocks that jump, machines that sleep, disks that fail and processes that die: F54 to F70."""

import pytest

from mmtui.domain.commands import SetParameters, Verb
from mmtui.domain.events import DiskSlow, JournalStalled, LoopStalled, Tick
from mmtui.domain.intents import CancelOrders, QueryAccount
from mmtui.domain.view import Mode
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession
from tests.faults.hooks import MARKET, Faults
from tests.faults.sessions import alarms, has_both_sides, places, quoting, settle, until
from tests.simulation.truth import assert_books_agree, position, resting


@pytest.mark.parametrize("jump_s", [2.0, 60.0])
def test_f54_a_clock_that_jumps_back_makes_no_data_young_again(jump_s) -> None:
    session, faults = quoting()
    faults.freeze("market")
    session.run(2.2)
    since = len(session.sends)
    other = {"trading.order_notional_usd": 700.0}
    session.command(SetParameters(id="other sizes", by="op", changes=other))
    back = session.now_ms / 1000.0 - jump_s
    for n in range(15):
        session.engine.state.quoting.urgent = True
        session.feed(Tick(received_at=back + n / 10.0))
    assert places(session, since) == [], "by the clock that went back the data would be fresh"
    session.run(5)
    assert session.view.mode is Mode.STALE
    settle(session, faults)


@pytest.mark.parametrize("slept_s", [2.5, 41.0])
def test_f56_after_a_sleep_nothing_is_placed_before_book_and_account_were_seen_again(slept_s) -> None:
    session, faults = quoting()
    session.feed(LoopStalled(received_at=faults.now_s, stalled_s=slept_s))
    assert session.view.mode is Mode.STALE
    faults.drop(*MARKET)
    since = len(session.sends)
    session.run(3)
    assert places(session, since) == []
    faults.heal()
    assert until(session, lambda: has_both_sides(session), 10)
    settle(session, faults)


def test_f57_a_short_stall_changes_nothing_and_a_long_one_is_stale_data() -> None:
    session, faults = quoting()
    session.feed(LoopStalled(received_at=faults.now_s, stalled_s=0.3))
    assert session.view.mode is Mode.QUOTING
    assert resting(session)
    session.feed(LoopStalled(received_at=faults.now_s, stalled_s=2.1))
    assert session.view.mode is Mode.STALE
    settle(session, faults)


def test_f58_a_full_disk_ends_placing_cancels_everything_and_latches() -> None:
    session, faults = quoting()
    since = len(session.sends)
    session.feed(JournalStalled(received_at=faults.now_s, text="database or disk is full"))
    assert session.latches
    assert session.latches[0].reason == "journal"
    session.run(8)
    assert places(session, since) == []
    assert any(isinstance(intent, CancelOrders) for intent in session.sends[since:])
    assert resting(session) == []
    assert session.finish is not None
    assert session.finish.is_killed


def test_f62_a_slow_disk_holds_placing_back_and_a_disk_that_stands_ends_trading() -> None:
    session, faults = quoting(trading__max_bps_diff=0.2)
    session.feed(DiskSlow(received_at=faults.now_s, waited_s=1.5))
    since = len(session.sends)
    session.run(4)
    assert places(session, since) == []
    assert "disk" in alarms(session)
    session.feed(DiskSlow(received_at=faults.now_s, waited_s=0.0))
    assert until(session, lambda: bool(places(session, since)), 20)
    session.feed(DiskSlow(received_at=faults.now_s, waited_s=5.5))
    assert until(session, lambda: bool(session.latches), 1)
    session.run(8)
    assert resting(session) == []


@pytest.mark.incident("B41")
@pytest.mark.parametrize("when_s", [0.1, 3.7, 11.3])
def test_f63_after_a_kill_the_next_run_cancels_what_was_left_before_it_quotes(when_s) -> None:
    first, _ = quoting(trading__max_bps_diff=0.2)
    first.run(when_s)
    left = {order.cloid for order in resting(first)}
    assert left
    second = SimulatedSession(
        first.exchange, "ETH", first.engine.state.settings, options=EngineOptions(run=2), account=first.account
    )
    faults = Faults(second)
    assert until(second, lambda: second.engine.state.account.is_anchored, 3)
    assert until(second, lambda: not left & {order.cloid for order in resting(second)}, 3), "within three seconds"
    assert second.engine.state.account.position.size == position(second)
    assert not places(second) or not left
    assert until(second, lambda: has_both_sides(second), 90)
    settle(second, faults)


@pytest.mark.incident("B5", "B37")
def test_f69_a_stop_ends_within_its_budget_with_nothing_left_and_verified() -> None:
    session, faults = quoting()
    started, asked = session.now_ms, len(faults.asked)
    session.act(Verb.STOP, by="supervisor")
    assert until(session, lambda: session.finish is not None, 12)
    assert sum(isinstance(one, QueryAccount) for one in faults.asked[asked:]) >= 2, "verified by two queries"
    assert session.now_ms - started <= 10_000
    assert session.finish is not None
    assert not session.finish.is_killed
    assert not session.finish.unverified
    assert session.finish.orders_left == 0
    assert resting(session) == []
    assert_books_agree(session)
