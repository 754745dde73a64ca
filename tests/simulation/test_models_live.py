"""Arrivals, micro-price and funding in a running session: what is shown, what an edit changes at once, what is said."""

import pytest

from mmtui.estimators.fair.ridge import Fit
from tests.simulation.test_endings import quoting
from tests.simulation.test_gamma_live import edit

NAMES = {
    "kappa_gumbel_bid", "kappa_gumbel_ask", "A_gumbel_bid", "A_gumbel_ask", "kappa_l2_bid", "kappa_l2_literal_ask",
    "microprice_regression", "microprice_stoikov", "drift_score", "holding_time", "own_fills_bid", "premium",
    "funding_hourly", "funding_outlook", "funding_due",
}  # fmt: skip


def rows(session) -> dict[str, float]:
    return {row.name: row.value for row in session.view.estimates}


def test_everything_measured_is_shown_with_its_interval(make_session) -> None:
    session = quoting(make_session)
    session.run(300)
    shown = {row.name: row for row in session.view.estimates}
    assert set(shown) >= NAMES
    for name in ("kappa_bid", "A_ask", "kappa_gumbel_bid", "A_gumbel_ask"):
        assert shown[name].low < shown[name].value < shown[name].high, name


def test_the_position_shows_what_funding_will_take_and_when(make_session) -> None:
    session = quoting(make_session)
    session.run(120)
    position, shown = session.view.position, rows(session)
    oracle = session.engine.state.market.context.oracle
    assert position.funding_due_usd == pytest.approx(position.size * oracle * shown["funding_hourly"], rel=1e-6)
    assert 0.0 < position.funding_due_s <= 3600.0
    horizon_h = session.engine.state.settings.number("risk.funding_rate_horizon_s") / 3600.0
    assert shown["funding_cost"] == pytest.approx(
        position.size * oracle * shown["funding_outlook"] * horizon_h, rel=1e-6
    )


@pytest.mark.parametrize(
    ("changes", "name", "source"),
    [
        ({"estimators__kappa_source": "gumbel"}, "kappa_bid", "kappa_gumbel_bid"),
        ({"estimators__microprice_mode": "stoikov"}, "microprice", "microprice_stoikov"),
    ],
)
def test_an_edit_of_the_source_prices_with_the_other_one_and_forgets_nothing(
    make_session, changes, name, source
) -> None:
    session = quoting(make_session)
    session.run(300)
    before = rows(session)
    assert before[name] != before[source]
    edit(session, **changes)
    after = rows(session)
    assert after[name] == after[source]
    assert after["kappa_gumbel_bid"] == before["kappa_gumbel_bid"]
    session.run(30)
    assert session.view.bids_quoted and session.view.asks_quoted


def test_slopes_that_cannot_be_are_said_and_not_used(make_session) -> None:
    session = quoting(make_session)
    session.engine.state.panel._microprice.fit = Fit(is_refused=True)
    session.run(0.15)
    assert "slopes" in {alarm.id for alarm in session.view.alarms}
    assert any(line.message == "Micro-price slopes refused" for line in session.logs)
    session.run(60)
    assert "slopes" not in {alarm.id for alarm in session.view.alarms}
