"""P&L by cause over whole sessions: exact to the micro-USD, against the cash at the exchange and the average cost."""

import pytest

from mmtui.domain.events import AccountSnapshot
from mmtui.domain.units import MICRO


@pytest.mark.parametrize(("seed", "strategy"), [(1, "ladder"), (2, "glft"), (3, "symmetric")])
def test_the_causes_explain_the_session_to_the_micro_usd(make_session, seed, strategy) -> None:
    session = make_session("ETH", seed=seed, speed=4.0, strategy__strategy_type=strategy)
    stated: list[int] = []

    def watch(event):
        if isinstance(event, AccountSnapshot):
            stated.append(event.cash)
        return event

    session.on_event = watch
    for _ in range(4):
        session.run(60)
        _exact(session)
    assert session.view.counters.fills > 3
    statement = session.exchange.statements.statement(session.account, "")
    assert session.engine.state.account.cash == statement.total.total_raw_usd_micro
    assert len(stated) > 3


def _exact(session) -> None:
    account, instrument = session.engine.state.account, session.venue.instrument
    parts = account.pnl.attribution()
    causes = (parts.spread_capture, parts.adverse_selection, parts.inventory, parts.fees, parts.funding)
    assert sum(causes) == parts.total
    if not account.pnl.has_mid:
        return
    # The session began flat, so that cash and what is held at the mid are all there is.
    worth2 = 2 * (account.cash - account._opening_cash) + account.position.size * account.pnl.mid2
    assert abs(2 * parts.total - worth2) <= 1
    held2 = account.position.size * account.pnl.mid2 - 2 * account.position.cost
    assert abs(2 * (account.position.realised + parts.fees + parts.funding) + held2 - 2 * parts.total) <= 2
    assert account.pnl.position == account.position.size
    assert instrument.size_base(account.position.size) == session.view.position.size
    assert session.view.pnl.total == parts.total / MICRO
