"""Who is in control of an engine: whatever consoles do, at most one is, and taking risk off is refused to none."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.commands import Act, CancelSide, Command, Rearm, SetParameters, Verb
from mmtui.domain.consultations import KeepPreset, Preview, SaveParameters, WriteBundle
from mmtui.domain.instrument import Side
from mmtui.domain.standing import Standing
from mmtui.runtime.control.operators import Operators

PAUSE = Act(id="1", by="x", verb=Verb.PAUSE)
ALWAYS: tuple[Command, ...] = (
    PAUSE,
    Act(id="2", by="x", verb=Verb.KILL),
    Act(id="3", by="x", verb=Verb.REDUCE_ONLY),
    CancelSide(id="4", by="x", side=Side.BUY),
)
IN_CONTROL: tuple[Command, ...] = (
    Act(id="5", by="x", verb=Verb.RESUME),
    Act(id="6", by="x", verb=Verb.FLATTEN),
    Act(id="7", by="x", verb=Verb.STOP),
    Act(id="8", by="x", verb=Verb.UNDO),
    SetParameters(id="9", by="x", changes={"risk.max_daily_loss_usd": 1.0}),
    Rearm(id="10", by="x", reason="seen"),
)


class Screen:
    """A console that remembers where it was told it stands."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.standing = Standing()

    def stand(self, standing: Standing) -> None:
        self.standing = standing


def test_the_first_console_is_in_control_and_the_second_looks_on_until_it_takes_over() -> None:
    notes: list[str] = []
    operators = Operators("sim-BTC-local", notes.append)
    ann, bob = Screen("ann/1 on pts/1"), Screen("bob/2 on pts/2")
    operators.join(ann)
    operators.join(bob)
    assert (ann.standing.is_in_control, bob.standing.is_in_control, bob.standing.consoles) == (True, False, 2)
    assert operators.refusal(bob, IN_CONTROL[0]) == "in control: ann/1 on pts/1; :take to take over"
    assert operators.take(bob) == ""
    assert (ann.standing.is_in_control, bob.standing.is_in_control) == (False, True)
    assert ann.standing.text == notes[-1] == "bob/2 on pts/2 took control from ann/1 on pts/1"
    assert operators.refusal(ann, IN_CONTROL[0])
    assert operators.refusal(bob, IN_CONTROL[0]) == ""


def test_control_that_nobody_holds_goes_to_the_next_console_that_asks_for_it_and_to_no_other() -> None:
    operators = Operators("x", lambda _: None)
    ann, bob, eve, kim = (Screen(name) for name in ("ann", "bob", "eve", "kim"))
    operators.join(ann)
    operators.join(bob)
    operators.leave(ann)
    assert (bob.standing.holder, bob.standing.is_in_control) == ("", False)
    assert "nobody; :take" in operators.refusal(bob, IN_CONTROL[0])
    operators.join(eve, claims=False)
    assert not eve.standing.is_in_control
    operators.join(kim)
    assert (kim.standing.is_in_control, bob.standing.holder) == (True, "kim")


def test_a_console_that_was_opened_to_look_never_comes_into_control() -> None:
    operators = Operators("x", lambda _: None)
    eve = Screen("eve")
    operators.join(eve, may_take=False)
    assert not eve.standing.is_in_control
    assert "--read-only" in operators.take(eve)
    assert not eve.standing.is_in_control


def test_who_looks_on_may_have_things_worked_out_but_writes_nothing_that_others_start_from() -> None:
    operators = Operators("x", lambda _: None)
    ann, bob = Screen("ann"), Screen("bob")
    operators.join(ann)
    operators.join(bob)
    for allowed in (Preview(id="1", changes={}), WriteBundle(id="2"), SaveParameters(id="3")):
        assert operators.refusal(bob, allowed) == ""
    for refused in (SaveParameters(id="4", diff_id="3"), KeepPreset(id="5", name="calm", values={})):
        assert "in control: ann" in operators.refusal(bob, refused)
        assert operators.refusal(ann, refused) == ""


moves = st.lists(
    st.tuples(st.sampled_from(["join", "watch", "leave", "take"]), st.integers(0, 4)), min_size=1, max_size=40
)


@given(moves)
def test_at_most_one_console_is_in_control_and_all_agree_on_which(steps: list[tuple[str, int]]) -> None:
    operators = Operators("x", lambda _: None)
    screens = [Screen(f"s{place}") for place in range(5)]
    there: set[int] = set()
    for move, place in steps:
        if move in ("join", "watch") and place not in there:
            operators.join(screens[place], may_take=move == "join")
            there.add(place)
        elif move == "leave":
            operators.leave(screens[place])
            there.discard(place)
        elif move == "take":
            operators.take(screens[place])
        holders = [screens[at].label for at in there if screens[at].standing.is_in_control]
        said = {(screens[at].standing.holder, screens[at].standing.consoles) for at in there}
        assert len(holders) <= 1
        assert said <= {(holders[0] if holders else "", len(there))}
        for at in there:
            assert not any(operators.refusal(screens[at], command) for command in ALWAYS)
            is_holder = screens[at].label in holders
            assert all(bool(operators.refusal(screens[at], command)) is not is_holder for command in IN_CONTROL)
