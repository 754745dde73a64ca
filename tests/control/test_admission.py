"""Which commands pass the socket: how often, and only on the strength of a picture that was shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.commands import Act, CancelSide, Command, Rearm, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.runtime.control.admission import COMMANDS_PER_S, Pace, Shown, needs_picture, refusal, stamped

NOW = 1_800_000_000.0
NEEDY: list[Command] = [
    Act(id="1", by="x", verb=Verb.RESUME),
    Act(id="1", by="x", verb=Verb.FLATTEN),
    Act(id="1", by="x", verb=Verb.UNDO),
    SetParameters(id="1", by="x", changes={"trading.risk_aversion": 0.1}),
    SetParameters(id="1", by="x", changes={"risk.max_daily_loss_usd": 1.0, "trading.order_notional_usd": 1.0}),
    Rearm(id="1", by="x", reason="looked"),
]
SAFE: list[Command] = [
    Act(id="1", by="x", verb=Verb.PAUSE),
    Act(id="1", by="x", verb=Verb.KILL),
    Act(id="1", by="x", verb=Verb.STOP),
    Act(id="1", by="x", verb=Verb.REDUCE_ONLY),
    CancelSide(id="1", by="x", side=Side.BUY),
    SetParameters(id="1", by="x", changes={"risk.max_daily_loss_usd": 1.0}),
]


def shown(at: float = NOW - 1.0) -> Shown:
    made = Shown()
    made.add("n1", at)
    return made


def name(command: Command) -> str:
    return f"{type(command).__name__}-{getattr(getattr(command, 'verb', None), 'value', '')}"


@pytest.mark.parametrize("command", NEEDY, ids=name)
def test_what_may_add_risk_needs_a_fresh_picture_that_this_client_was_shown(command: Command) -> None:
    assert needs_picture(command)
    assert "nonce" in refusal(command, "", Shown(), NOW)
    assert "nonce" in refusal(command, "n2", shown(), NOW)
    assert "3.0 s old" in refusal(command, "n1", shown(NOW - 3.0), NOW)
    assert refusal(command, "n1", shown(), NOW) == ""


@pytest.mark.parametrize("command", SAFE, ids=name)
def test_what_makes_things_safer_passes_from_any_picture_or_none(command: Command) -> None:
    assert refusal(command, "", Shown(), NOW) == ""
    assert refusal(command, "gone", shown(NOW - 900.0), NOW) == ""


def test_the_time_of_a_shown_picture_serves_as_its_nonce_and_an_invented_time_does_not() -> None:
    real = Act(id="1", by="x", verb=Verb.RESUME, seen_at=NOW - 1.0)
    invented = Act(id="1", by="x", verb=Verb.RESUME, seen_at=NOW)
    assert refusal(real, "", shown(), NOW) == ""
    assert refusal(invented, "", shown(), NOW)


def test_the_engine_gets_our_id_the_senders_name_and_the_pictures_time() -> None:
    given_id = Act(id="a", by="root", verb=Verb.RESUME, seen_at=5.0)
    passed = stamped(given_id, command_id="ctl:a", by="ann/7", nonce="n1", shown=shown())
    assert passed == Act(id="ctl:a", by="ann/7", verb=Verb.RESUME, seen_at=NOW - 1.0)


@given(st.lists(st.floats(0.0, 0.2), max_size=200))
def test_no_second_admits_more_than_twice_the_rate(gaps: list[float]) -> None:
    now, pace, admitted = 0.0, Pace(0.0), []
    for gap in gaps:
        now += gap
        if pace.admits(now):
            admitted.append(now)
    for at in admitted:
        assert sum(1 for other in admitted if at <= other < at + 1.0) <= 2 * COMMANDS_PER_S + 1


def test_a_patient_sender_is_never_refused_and_a_deaf_one_is_a_flood() -> None:
    pace = Pace(0.0)
    assert all(pace.admits(i / 30.0) for i in range(300))
    deaf = Pace(0.0)
    for _ in range(32 + 129):
        deaf.admits(0.0)
    assert deaf.is_flood
