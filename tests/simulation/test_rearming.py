"""What may not be traded again in the same run."""

import msgspec
import pytest

from mmtui.domain.commands import CommandStatus, Rearm, Verb
from mmtui.domain.events import AccountSnapshot, JournalStalled
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession, synthetic_exchange
from tests.simulation.test_endings import trade_by_hand
from tests.simulation.truth import position


@pytest.mark.parametrize("is_killed_before", [False, True])
def test_a_run_whose_journal_failed_cannot_be_rearmed_since_nothing_it_does_would_be_kept(is_killed_before) -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    options = EngineOptions(run=1, finish_on_kill=False)
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings, options=options)
    session.run(30)
    if is_killed_before:
        session.act(Verb.KILL)
        session.run(5)
    session.feed(JournalStalled(received_at=session.now_ms / 1000.0, text="disk full"))
    session.run(5)
    session.command(Rearm(id="again", by="op", reason="room was made"))
    answer = next(answer for answer in session.answers if answer.id == "again")
    assert answer.status is CommandStatus.REFUSED
    assert "start again" in answer.text
    assert session.engine.state.control.killed is not None
    session.act(Verb.KILL)
    assert session.engine.state.control.killed.reason == "journal"


def test_an_account_mode_that_changed_while_killed_ends_a_rearmed_run_again() -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    options = EngineOptions(run=1, finish_on_kill=False)
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings, options=options)
    session.run(30)
    session.act(Verb.KILL)
    session.run(5)
    session.on_event = lambda event: (
        msgspec.structs.replace(event, account_mode="portfolioMargin") if isinstance(event, AccountSnapshot) else event
    )
    session.run(15)
    session.command(Rearm(id="again", by="op", reason="looked at it"))
    session.run(15)
    killed = session.engine.state.control.killed
    assert killed is not None
    assert killed.reason == "account mode changed"
    assert not session.exchange.statements.open_orders(session.account)


def test_a_run_is_not_rearmed_into_the_limit_that_would_kill_it_again() -> None:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    options = EngineOptions(run=1, finish_on_kill=False)
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings, options=options)
    session.run(60)
    trade_by_hand(session, Side.BUY, 40_000)
    session.run(15)
    assert session.latches[0].reason == "position value"
    session.command(Rearm(id="too soon", by="op", reason="seen it"))
    assert session.answers[-1].status is CommandStatus.REFUSED
    assert "mmtui flatten" in session.answers[-1].text
    trade_by_hand(session, Side.SELL, position(session))
    session.run(15)
    session.command(Rearm(id="now", by="op", reason="closed by hand"))
    assert session.answers[-1].status is CommandStatus.DONE
    session.run(15)
    assert len(session.latches) == 1
