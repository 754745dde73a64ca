"""What a person asks is done to the orders at the exchange, and only then reported as done."""

import pytest

from mmtui.domain.commands import Act, CancelSide, CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.records import ParametersChanged
from mmtui.domain.view import Mode
from mmtui.engine.control.standing import ANSWERS_MAX
from tests.simulation.truth import assert_books_agree, position, resting


def quoting(make_session, **kwargs):
    session = make_session("ETH", **kwargs)
    session.run(60)
    assert session.view.mode is Mode.QUOTING
    return session


def holding(make_session, **kwargs):
    session = quoting(make_session, **kwargs)
    for _ in range(200):
        if abs(position(session)) > 300:
            return session
        session.run(5)
    raise AssertionError("the run must have built a position")


def test_pause_takes_every_quote_off_and_says_zero_only_when_it_is_true(make_session) -> None:
    session = quoting(make_session)
    session.act(Verb.PAUSE)
    assert session.view.mode is Mode.PAUSED
    assert resting(session), "the cancel is still on its way"
    session.run(2)
    assert resting(session) == []
    assert (session.view.bids_quoted, session.view.asks_quoted) == (0, 0)
    session.run(30)
    assert resting(session) == []


def test_resume_quotes_again_but_not_from_an_old_picture(make_session) -> None:
    session = quoting(make_session)
    session.act(Verb.PAUSE)
    session.run(5)
    now = session.now_ms / 1000.0
    session.command(Act(id="late", by="op", verb=Verb.RESUME, seen_at=now - 3.0))
    assert session.answers[-1].status is CommandStatus.REFUSED
    session.run(2)
    assert resting(session) == []
    now = session.now_ms / 1000.0
    session.command(Act(id="fresh", by="op", verb=Verb.RESUME, seen_at=now - 1.0))
    session.run(5)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def test_flatten_leaves_no_position_no_order_and_pauses(make_session) -> None:
    session = holding(make_session, seed=3)
    session.act(Verb.FLATTEN)
    session.run(10)
    assert position(session) == 0
    assert resting(session) == []
    assert session.view.mode is Mode.PAUSED
    assert session.answers[-1].status is CommandStatus.DONE
    assert_books_agree(session)


@pytest.mark.incident("B22")
def test_kill_clears_the_book_latches_and_only_a_reason_rearms(make_session) -> None:
    session = quoting(make_session)
    session.engine.state.control.finish_on_kill = False
    session.act(Verb.KILL)
    session.run(5)
    assert session.latches[0].reason == "operator"
    assert resting(session) == []
    assert session.view.mode is Mode.KILLED
    assert "verified" in session.view.kill.progress
    assert session.act(Verb.RESUME).status is CommandStatus.REFUSED
    session.run(20)
    assert resting(session) == []
    session.command(Rearm(id="r1", by="op", reason=" "))
    assert session.answers[-1].status is CommandStatus.REFUSED
    for part in ("Cause: operator", "position", "0 own", "0 edits", "in breach: nothing"):
        assert part in session.answers[-1].text, "the checklist comes before the reason"
    assert session.view.kill.checklist in session.answers[-1].text
    session.command(Rearm(id="r2", by="op", reason="test over"))
    assert session.answers[-1].status is CommandStatus.DONE
    assert session.view.mode is Mode.PAUSED
    session.act(Verb.RESUME)
    session.run(10)
    assert resting(session)


def test_a_headless_kill_ends_the_session_killed(make_session) -> None:
    session = quoting(make_session)
    session.act(Verb.KILL)
    session.run(10)
    assert session.finish is not None
    assert session.finish.is_killed
    assert resting(session) == []


def test_cancelling_one_side_keeps_the_other_until_resume(make_session) -> None:
    session = quoting(make_session)
    session.command(CancelSide(id="c", by="op", side=Side.BUY))
    session.run(5)
    assert {order.side for order in resting(session)} == {Side.SELL}
    session.act(Verb.RESUME)
    session.run(5)
    assert {order.side for order in resting(session)} == {Side.BUY, Side.SELL}


def test_reduce_only_rests_only_reducing_orders_flagged_as_such(make_session) -> None:
    session = holding(make_session, seed=3)
    session.act(Verb.REDUCE_ONLY)
    session.run(3)
    held = position(session)
    orders = resting(session)
    if held:
        assert orders
        assert {order.side for order in orders} == {Side.SELL if held > 0 else Side.BUY}
        assert all(order.reduce_only for order in orders)
        assert sum(order.size for order in orders) <= abs(held)


def test_an_edit_moves_the_quotes_is_journaled_and_can_be_undone(make_session) -> None:
    session = quoting(make_session)

    def nearest() -> float:
        ladder = session.engine.state.quoting.ladder
        return (ladder.asks[0].price - ladder.bids[0].price) / ladder.bids[0].price * 1e4

    before = nearest()
    key = "strategy.ladder_config.min_depth_bps"
    session.command(SetParameters(id="e", by="op", changes={key: 15.0}))
    session.run(3)
    assert nearest() > before + 10.0
    session.act(Verb.UNDO)
    session.run(3)
    assert nearest() < before + 5.0
    changes = [row for row in session.rows if isinstance(row, ParametersChanged)]
    assert [(row.before[key], row.after[key]) for row in changes] == [(5.0, 15.0), (15.0, 5.0)]


@pytest.mark.fault("F98")
def test_a_refused_edit_changes_nothing(make_session) -> None:
    session = quoting(make_session)
    before = session.engine.state.settings
    for changes in (
        {"strategy.ladder_config.min_depth_bps": -1.0},
        {"strategy.ladder_config.min_depth_bps": 7.0, "no.such": 1},
        {"strategy.ladder_config.min_depth_bps": 60.0},
        {"risk.max_daily_loss_usd": 5000.0},
        {"estimators.bv_lag": 1},
    ):
        session.command(SetParameters(id="x", by="op", changes=changes))
        assert session.answers[-1].status is CommandStatus.REFUSED
        assert session.engine.state.settings == before


@pytest.mark.fault("F99")
def test_lowering_the_position_limit_below_the_position_reduces_at_once(make_session) -> None:
    session = holding(make_session, seed=3)
    held = position(session)
    value = abs(held) / session.venue.instrument.size_scale * session.view.ladder.mid
    session.command(
        SetParameters(
            id="l",
            by="op",
            changes={"trading.max_position_usd": value / 2, "trading.order_notional_usd": max(10.0, value / 6)},
        )
    )
    assert session.answers[-1].status is CommandStatus.DONE
    session.run(2)
    orders = resting(session)
    assert session.view.mode is Mode.REDUCE_ONLY or abs(position(session)) < abs(held) / 2
    reducing = Side.SELL if held > 0 else Side.BUY
    assert all(order.side is reducing for order in orders) or session.view.mode is Mode.QUOTING


def test_a_command_that_comes_again_acts_once_and_gets_the_same_answer(make_session) -> None:
    session = quoting(make_session)
    pause = Act(id="once", by="op", verb=Verb.PAUSE)
    session.command(pause)
    first = session.answers[-1]
    session.act(Verb.RESUME)
    session.run(5)
    assert resting(session)
    session.command(pause)
    assert session.answers[-1] == first
    session.run(5)
    assert session.view.mode is Mode.QUOTING
    assert resting(session)


def test_a_repeated_edit_is_applied_once_and_a_repeated_flatten_tells_how_it_ended(make_session) -> None:
    session = quoting(make_session)
    edit = SetParameters(id="edit", by="op", changes={"trading.max_position_usd": 4_000.0})
    session.command(edit)
    session.command(edit)
    assert session.view.parameters_version == 2
    assert next(answer.text for answer in session.answers if answer.id == "edit") == session.answers[-1].text
    for _ in range(100):
        session.run(5)
        if abs(position(session)) > 100:
            break
    flatten = Act(id="flat", by="op", verb=Verb.FLATTEN)
    session.command(flatten)
    session.run(20)
    assert position(session) == 0
    sent = len(session.sends)
    session.command(flatten)
    assert session.answers[-1].status is CommandStatus.DONE
    assert len(session.sends) == sent


def test_answers_are_remembered_up_to_a_cap(make_session) -> None:
    session = quoting(make_session)
    for n in range(3 * ANSWERS_MAX):
        session.command(Act(id=f"id {n}", by="op", verb=Verb.REDUCE_ONLY))
    assert len(session.engine.state.control.answered) <= ANSWERS_MAX
