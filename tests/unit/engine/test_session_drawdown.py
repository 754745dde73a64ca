"""The drawdown of the session beside that of the day: over midnight, and over money that comes and goes."""

import pytest

from mmtui.domain.events import AccountSnapshot
from mmtui.domain.instrument import Side
from mmtui.engine.account import SECONDS_A_DAY, Account
from mmtui.risk.monitors.drawdown import drawdown

NOON = 20_371 * SECONDS_A_DAY + 43_200.0
USD = 1_000_000


def account(value_usd=1000) -> Account:
    kept = Account()
    snapshot = AccountSnapshot(
        received_at=NOON,
        request_id=1,
        venue_time_ms=int(NOON * 1000),
        position=0,
        entry_cost=0,
        account_value=value_usd * USD,
        cash=value_usd * USD,
        margin_used=0,
        withdrawable=value_usd * USD,
        leverage=10,
        is_cross=True,
        liquidation_price=None,
        open_orders=(),
        fills=(),
    )
    kept.anchor(snapshot, now=NOON, horizon_s=1.0, restored=None)
    kept.pnl.mark(NOON, 100 * USD, 100 * USD)
    kept.position.apply(Side.BUY, 100 * USD, 1)
    kept.pnl.fill(NOON, Side.BUY, 100 * USD, 1, 0)
    return kept


def earn(kept: Account, now: float, usd: float) -> None:
    """Brings the session's P&L to so many USD."""
    mark = round((100.0 + usd) * USD)
    kept.pnl.mark(now, mark, mark)
    kept.pass_time(now)


def day_drawdown(kept: Account) -> float:
    return drawdown(kept.limit_pnl() / USD, kept.day.peak / USD, kept.day.opening_equity / USD)


def test_the_path_of_the_specification_gives_its_drawdowns_in_day_and_session() -> None:
    kept = account()
    expected = [0.0, 0.0, 0.0, 0.011650485, 0.033980583, 0.007766990, 0.0, 0.020368574]
    for second, (usd, wanted) in enumerate(zip([0, 12, 30, 18, -5, 22, 31, 10], expected, strict=True)):
        earn(kept, NOON + second, usd)
        assert kept.session_drawdown() == pytest.approx(wanted, abs=5e-10)
        assert day_drawdown(kept) == pytest.approx(wanted, abs=5e-10)


def test_midnight_ends_the_drawdown_of_the_day_and_not_that_of_the_session() -> None:
    kept = account()
    earn(kept, NOON + 1, 50)
    earn(kept, NOON + 2, 20)
    before = kept.session_drawdown()
    earn(kept, NOON + 43_201, 20)
    assert (kept.day_pnl(), kept.day.peak) == (0, 0)
    assert day_drawdown(kept) == 0.0
    assert kept.session_drawdown() == before == pytest.approx(30.0 / 1050.0)
    earn(kept, NOON + 43_202, 5)
    assert kept.day_pnl() == -15 * USD


def test_a_withdrawal_alone_is_no_drawdown_and_does_not_undo_one() -> None:
    kept = account()
    earn(kept, NOON + 1, 100)
    earn(kept, NOON + 2, 0)
    before = kept.session_drawdown()
    kept.transferred(-500 * USD, 1000 * USD)
    kept.pass_time(NOON + 3)
    assert kept.session_drawdown() == pytest.approx(before, rel=1e-3)
    kept.transferred(1000 * USD, 500 * USD)
    assert kept.session_drawdown() < before
