"""Money paid in or out is told from profit and loss, and moves the day's limits with it."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.records import RiskRecorded
from mmtui.engine.account import Day
from mmtui.engine.transfers import LEAST, CashWatch
from tests.faults.sessions import alarms, quoting
from tests.unit.properties import examples

USD = 1_000_000


@pytest.mark.fault("F82")
@pytest.mark.incident("B21")
@pytest.mark.parametrize(("amount", "word"), [(25_000.0, "deposit"), (-25_000.0, "withdrawal")])
def test_a_transfer_rebases_the_day_and_leaves_the_pnl(amount, word) -> None:
    session, faults = quoting()
    before = session.view.pnl
    opening = session.engine.state.account.day.opening_equity
    faults.transfer(amount)
    session.run(25)
    account = session.engine.state.account
    assert account.transfers == round(amount * USD)
    assert account.day.opening_equity == pytest.approx(opening + amount * USD, rel=0.01)
    assert word in alarms(session)
    rows = [row for row in session.rows if isinstance(row, RiskRecorded) and row.code == "TRANSFER"]
    assert [round(row.value) for row in rows] == [round(amount)]
    assert session.view.pnl.transfers == amount
    change = session.view.pnl.equity - before.equity - amount
    assert change == pytest.approx(session.view.pnl.total - before.total, abs=5.0)
    assert not session.latches


def test_a_transfer_between_two_looks_is_seen_whatever_snapshots_came_between() -> None:
    """The last snapshot may have the money already; what counts is the last look at which nothing had moved."""
    session, _ = quoting()
    last = session.engine.state.account.snapshot
    watch = CashWatch()
    watch.start(100_000 * USD)
    later = [
        msgspec.structs.replace(
            last, cash=99_500 * USD, account_value=99_500 * USD, venue_time_ms=last.venue_time_ms + 1_000 * number
        )
        for number in (1, 2)
    ]
    assert [watch.look(one, cash=100_000 * USD, earned=0, value=0) for one in later] == [0, -500 * USD]


def test_funding_fees_and_fills_are_no_transfers() -> None:
    session, _ = quoting()
    session.run(1_200)
    assert session.engine.state.tape.counts["fills"] > 0
    assert session.engine.state.account.transfers == 0


def day(pnl: int, peak: int, opening: int) -> Day:
    made = Day(1, opening, None)
    made.before, made.peak = pnl, peak
    return made


@examples(200)
@given(
    st.integers(-400 * USD, 400 * USD),
    st.integers(0, 400 * USD),
    st.floats(0.01, 0.99),
)
def test_a_withdrawal_alone_moves_no_share_of_a_limit(pnl, peak, share) -> None:
    opening, peak = 50_000 * USD, max(peak, pnl)
    equity = opening + pnl
    made = day(pnl, peak, opening)
    drawdown = (peak - pnl) / (opening + peak)
    made.transferred(-round(share * equity), equity, pnl)
    seen = pnl + made.relief
    assert (made.peak - seen) / (made.opening_equity + made.peak) == pytest.approx(drawdown, rel=1e-3, abs=1e-4)
    assert seen / made.opening_equity == pytest.approx(pnl / opening, rel=1e-3, abs=1e-4)


@examples(100)
@given(st.integers(-400 * USD, 400 * USD), st.integers(LEAST, 10**6 * USD))
def test_a_deposit_alone_brings_no_limit_nearer(pnl, amount) -> None:
    opening = 50_000 * USD
    made = day(pnl, max(0, pnl), opening)
    made.transferred(amount, opening + pnl, pnl)
    assert made.relief == 0
    assert made.opening_equity == opening + amount
