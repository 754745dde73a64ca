"""Commands to another process when the way breaks: nothing is done twice, and nothing is claimed."""

from mmtui.domain.commands import Act, CancelSide, CommandResult, CommandStatus, Verb
from mmtui.domain.instrument import Side
from mmtui.runtime.attaching.errands import FRESH_S, Errands

PAUSE = Act(id="ann-1", by="ann", verb=Verb.PAUSE)
RESUME = Act(id="ann-2", by="ann", verb=Verb.RESUME, seen_at=5.0)
OFF = CancelSide(id="ann-3", by="ann", side=Side.SELL)


def said(command_id: str, status: CommandStatus) -> CommandResult:
    return CommandResult(id=command_id, status=status, text="so", at=1.0)


def test_ids_on_the_wire_are_the_consoles_own_and_answers_come_back_under_the_given_id() -> None:
    one, other = Errands("aa"), Errands("bb")
    first, second = one.send(PAUSE, "n", 0.0), other.send(PAUSE, "n", 0.0)
    assert first.command.id != second.command.id
    assert one.answered(said(second.command.id, CommandStatus.DONE)) is None
    answer = one.answered(said(first.command.id, CommandStatus.DONE))
    assert answer is not None
    assert (answer.id, answer.status) == ("ann-1", CommandStatus.DONE)
    assert one.answered(said(first.command.id, CommandStatus.DONE)) is None


def test_a_lost_pause_is_sent_once_more_and_a_lost_resume_is_said_to_be_unknown() -> None:
    errands = Errands("aa")
    sent = [errands.send(command, "n", 0.0) for command in (PAUSE, RESUME, OFF)]
    (unknown,) = errands.broken()
    assert (unknown.id, unknown.status) == ("ann-2", CommandStatus.UNKNOWN)
    again, late = errands.again("m", 1.0)
    assert [ask.command.id for ask in again] == [sent[0].command.id, sent[2].command.id]
    assert late == []
    assert {result.id for result in errands.broken()} == {"ann-1", "ann-3"}
    assert errands.again("m", 2.0) == ([], [])


def test_what_was_accepted_is_neither_repeated_nor_doubted() -> None:
    errands = Errands("aa")
    ask = errands.send(PAUSE, "n", 0.0)
    errands.answered(said(ask.command.id, CommandStatus.ACCEPTED))
    assert errands.broken() == []
    assert errands.again("m", 0.1) == ([], [])


def test_what_waits_for_a_connection_in_vain_is_said_to_be_unsent_even_if_none_ever_comes() -> None:
    errands = Errands("aa")
    errands.hold(PAUSE, 0.0)
    errands.send(OFF, "n", 0.0)
    assert errands.broken() == []
    assert errands.late(FRESH_S) == []
    first, second = errands.late(FRESH_S + 0.1)
    assert (first.id, first.status, "mmtui kill" in first.text) == ("ann-1", CommandStatus.REFUSED, True)
    assert (second.id, second.status) == ("ann-3", CommandStatus.UNKNOWN)
    assert errands.again("m", FRESH_S + 0.2) == ([], [])


def test_without_a_connection_only_what_takes_risk_off_waits_and_not_for_long() -> None:
    errands = Errands("aa")
    refused = errands.hold(RESUME, 0.0)
    assert refused is not None
    assert (refused.status, "mmtui kill" in refused.text) == (CommandStatus.REFUSED, True)
    assert errands.hold(PAUSE, 0.0) is None
    assert errands.hold(OFF, 8.0) is None
    again, late = errands.again("m", FRESH_S + 0.1)
    assert [ask.command.id for ask in again] == ["aa-ann-3"]
    assert [(result.id, result.status) for result in late] == [("ann-1", CommandStatus.REFUSED)]
