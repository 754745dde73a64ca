"""Edits that the engine refuses whoever sends them, and what it keeps of those that it takes."""

import msgspec
import pytest

from mmtui.domain.commands import Act, CommandResult, CommandStatus, SetParameters, Verb
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.records import ParametersChanged
from mmtui.engine.state import EngineOptions
from mmtui.research.simulation import SimulatedSession, synthetic_exchange

AVERSION = "trading.risk_aversion"


def a_session(*, is_stepwise: bool = False) -> SimulatedSession:
    settings = Settings.defaults().with_values({"trading.asset": "ETH", "strategy.warmup_on_timeout": "quote"})
    options = EngineOptions(run=1, is_stepwise=is_stepwise)
    session = SimulatedSession(synthetic_exchange("ETH", seed=1), "ETH", settings, options=options)
    session.run(40)
    return session


def sent(session: SimulatedSession, values: dict[str, Value], **fields: float) -> CommandResult:
    made = SetParameters(id=f"edit-{len(session.answers)}", by="op", changes=values, **fields)
    session.command(made)
    return session.answers[-1]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({AVERSION: 0.61}, "more than x2 in one change while LIVE; go from 0.3 in steps"),
        ({AVERSION: 0.14}, "more than x2"),
        ({AVERSION: "0.61"}, "more than x2"),
        ({AVERSION: 0.5, "trading.max_bps_diff": 5.0}, "trading.max_bps_diff: more than x2"),
    ],
)
def test_where_real_money_trades_a_number_at_most_doubles_or_halves_at_once(
    values: dict[str, Value], words: str
) -> None:
    live, simulated = a_session(is_stepwise=True), a_session()
    answer = sent(live, values)
    assert answer.status is CommandStatus.REFUSED
    assert words in answer.text
    assert live.view.parameters[AVERSION] == 0.3
    assert sent(simulated, values).status is CommandStatus.DONE


@pytest.mark.parametrize(
    "values", [{AVERSION: 0.6}, {AVERSION: 0.15}, {"risk.max_drawdown_pct": 0.5}, {"strategy.glft_mode": "as_horizon"}]
)
def test_steps_within_that_and_tighter_limits_however_far_are_taken(values: dict[str, Value]) -> None:
    assert sent(a_session(is_stepwise=True), values).status is CommandStatus.DONE


@pytest.mark.parametrize("key", ["trading.target_liquidity", "trading.max_absolute_position_size"])
def test_in_live_a_size_in_another_unit_does_not_take_the_place_of_the_one_in_force(key: str) -> None:
    live, simulated = a_session(is_stepwise=True), a_session()
    answer = sent(live, {key: 0.2})
    assert answer.status is CommandStatus.REFUSED
    assert "set it in the file" in answer.text
    assert live.view.parameters[key] is None
    assert sent(simulated, {key: 0.2}).status is CommandStatus.DONE


def test_an_undo_goes_back_however_far() -> None:
    session = a_session(is_stepwise=True)
    sent(session, {"trading.order_notional_usd": 100.0})
    answer = session.act(Verb.UNDO)
    assert answer is not None and answer.status is CommandStatus.DONE
    assert session.view.parameters["trading.order_notional_usd"] == 1000.0


def test_an_undo_takes_back_no_edit_that_came_after_the_picture_it_was_asked_from() -> None:
    session = a_session()
    sent(session, {AVERSION: 0.4})
    seen_at = session.engine.now
    session.run(1)
    session.command(SetParameters(id="other", by="somebody", changes={AVERSION: 0.5}))
    session.command(Act(id="undo", by="op", verb=Verb.UNDO, seen_at=seen_at))
    answer = session.answers[-1]
    assert answer.status is CommandStatus.REFUSED
    assert "v3 by somebody came after the picture" in answer.text
    assert session.view.parameters[AVERSION] == 0.5
    session.command(Act(id="again", by="op", verb=Verb.UNDO, seen_at=session.engine.now))
    assert session.answers[-1].status is CommandStatus.DONE
    assert session.view.parameters[AVERSION] == 0.4


def test_an_undo_that_gives_more_size_needs_a_fresh_picture() -> None:
    session = a_session()
    sent(session, {"trading.order_notional_usd": 500.0})
    seen_at = session.engine.now
    session.run(3)
    session.command(Act(id="undo", by="op", verb=Verb.UNDO, seen_at=seen_at))
    answer = session.answers[-1]
    assert answer.status is CommandStatus.REFUSED
    assert "s old; look again" in answer.text


def test_a_risk_limit_is_only_tightened_and_all_values_go_or_none() -> None:
    session = a_session()
    answer = sent(session, {AVERSION: 0.4, "risk.max_drawdown_pct": 50.0})
    assert answer.status is CommandStatus.REFUSED
    assert "only tightened live" in answer.text
    assert session.view.parameters[AVERSION] == 0.3
    assert session.view.parameters_version == 1


def test_more_size_from_an_old_picture_is_refused_and_less_is_taken() -> None:
    session = a_session()
    old = session.engine.now - 2.5
    assert "2.5 s old" in sent(session, {"trading.order_notional_usd": 1500.0}, seen_at=old).text
    assert sent(session, {"trading.order_notional_usd": 900.0}, seen_at=old).status is CommandStatus.DONE


def test_a_change_is_kept_with_who_what_and_when_it_was_staged_sent_and_applied() -> None:
    session = a_session()
    now = session.engine.now
    sent(session, {AVERSION: 0.4}, seen_at=now - 0.5, staged_at=now - 7.0)
    change = session.view.parameter_changes[0]
    assert msgspec.structs.asdict(change) == {
        "version": 2,
        "at": now,
        "by": "op",
        "before": {AVERSION: 0.3},
        "after": {AVERSION: 0.4},
        "staged_at": now - 7.0,
        "sent_at": now - 0.5,
    }
    row = next(row for row in session.rows if isinstance(row, ParametersChanged))
    assert (row.version, row.by, row.before, row.after, row.at) == (2, "op", {AVERSION: 0.3}, {AVERSION: 0.4}, now)
    line = next(line for line in session.logs if line.message == "Parameters changed")
    assert (line.fields["by"], line.fields["staged_s_before"], line.fields["seen_s_before"]) == ("op", 7.0, 0.5)
