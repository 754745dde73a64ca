"""The UTC day in a session that runs over midnight: its P&L begins anew, is kept, and the session's goes on."""

import pytest

from mmtui.domain.commands import Verb
from mmtui.engine.account import DayState
from mmtui.engine.state import EngineOptions
from mmtui.research import simulation
from mmtui.research.simulation import START_MS
from tests.simulation.test_endings import quoting

DAY_MS = 86_400_000
MIDNIGHT_MS = START_MS - START_MS % DAY_MS + DAY_MS


@pytest.fixture
def late_session(make_session, monkeypatch):
    """A session that has traded for some minutes, shortly before midnight."""
    monkeypatch.setattr(simulation, "START_MS", MIDNIGHT_MS - 10 * 60_000)
    session = quoting(make_session, trading__order_notional_usd=2000.0)
    session.run(300)
    assert session.view.counters.fills > 0
    assert session.now_ms < MIDNIGHT_MS
    return session


def test_the_day_begins_anew_at_midnight_and_the_session_goes_on(late_session) -> None:
    session = late_session
    before = session.view.pnl
    assert before.utc_day == before.total
    session.run((MIDNIGHT_MS - session.now_ms) / 1000.0 - 0.1)
    last = session.view.pnl
    session.run(1.0)
    after = session.view.pnl
    assert after.total == pytest.approx(last.total, abs=5.0)
    assert abs(after.utc_day) < abs(last.total - after.total) + 5.0
    assert after.utc_day != after.total
    day = session.engine.state.account.day
    assert day.number == MIDNIGHT_MS // DAY_MS
    assert day.opening_equity / 1e6 == pytest.approx(after.equity - after.utc_day, abs=1.0)
    session.run(120)
    later = session.view.pnl
    assert later.total - later.utc_day == pytest.approx(after.total - after.utc_day, abs=2e-6)


def test_what_is_kept_of_the_day_lets_the_next_start_go_on_where_it_ended(late_session) -> None:
    session = late_session
    session.run((MIDNIGHT_MS - session.now_ms) / 1000.0 + 60.0)
    session.act(Verb.STOP)
    session.run(15)
    kept = session.days[-1]
    assert kept.utc_day == MIDNIGHT_MS // DAY_MS
    day = DayState(
        utc_day=kept.utc_day,
        opening_equity=kept.opening_equity,
        peak_pnl=kept.peak_pnl,
        pnl=kept.pnl,
        relief=kept.relief,
    )
    again = simulation.SimulatedSession(
        session.exchange, "ETH", session.engine.state.settings, options=EngineOptions(run=2, day=day)
    )
    again.run(5)
    pnl = again.view.pnl
    assert pnl.utc_day == pytest.approx(kept.pnl / 1e6 + pnl.total, abs=1e-6)
    assert again.engine.state.account.day.opening_equity == kept.opening_equity
