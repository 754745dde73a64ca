"""Each act that asks or stops, by the same rules: does, refuses, times out, takes no early key and no paste."""

from collections.abc import Callable

import pytest

from mmtui.console.keys import ACTIONS, KILL_KEY, Danger
from mmtui.domain.commands import Act, CommandResult, CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.consultations import SaveParameters
from mmtui.domain.view import View
from tests.console.conftest import START, Keyboard, a_desk
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_view, an_engine, killed_view

Open = Callable[[Keyboard], object]


def staged(keyboard: Keyboard) -> None:
    keyboard.desk.drafts.stage_text("trading.risk_aversion", "0.4", keyboard.desk.view)
    keyboard.press("5", "a")


ASKING: dict[str, tuple[Callable[[], View], Open, object]] = {
    "resume": (a_view, lambda keyboard: keyboard.press("P"), Verb.RESUME),
    "flatten": (a_view, lambda keyboard: keyboard.press("f"), Verb.FLATTEN),
    "rearm": (killed_view, lambda keyboard: keyboard.desk.run_line("rearm looked into", keyboard.now), Rearm),
    "apply": (a_view, staged, SetParameters),
    "undo": (a_view, lambda keyboard: keyboard.press("5", "u"), Verb.UNDO),
    "set": (a_view, lambda one: one.desk.run_line("set trading.risk_aversion 0.35", one.now), SetParameters),
}  # fmt: skip


def kinds(keyboard: Keyboard) -> list[object]:
    return [command.verb if isinstance(command, Act) else type(command) for command in keyboard.sent]


@pytest.fixture(params=ASKING)
def asked(request: pytest.FixtureRequest) -> tuple[Keyboard, object]:
    view, opened, wanted = ASKING[request.param]
    keyboard = Keyboard(a_desk(view()))
    opened(keyboard)
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    return keyboard, wanted


def test_every_action_that_asks_is_among_these() -> None:
    assert {action.id for action in ACTIONS if action.danger is Danger.ASKS} - {"save"} == set(ASKING)


def test_it_does_what_it_asked_for_on_y(asked: tuple[Keyboard, object]) -> None:
    keyboard, wanted = asked
    keyboard.draw().wait(0.31).press("y")
    assert kinds(keyboard) == [wanted]
    assert keyboard.desk.ask is None


@pytest.mark.parametrize("key", ["n", "escape", "enter", "space", "Y", "q", "1", "down"])
def test_any_other_key_is_no(asked: tuple[Keyboard, object], key: str) -> None:
    keyboard, _ = asked
    keyboard.draw().wait(0.5).press(key)
    assert keyboard.sent == []
    assert keyboard.desk.ask is None
    assert keyboard.note.endswith("no, nothing done")


def test_a_key_within_three_tenths_of_a_second_of_its_drawing_is_not_taken(asked: tuple[Keyboard, object]) -> None:
    keyboard, wanted = asked
    keyboard.press("y", "y").draw().wait(0.29).press("y")
    assert keyboard.sent == []
    keyboard.wait(0.02).press("y")
    assert kinds(keyboard) == [wanted]


def test_silence_is_no(asked: tuple[Keyboard, object]) -> None:
    keyboard, _ = asked
    keyboard.draw().wait(31.0)
    assert keyboard.desk.ask is None
    keyboard.press("y")
    assert keyboard.sent == []


def test_a_paste_never_answers(asked: tuple[Keyboard, object]) -> None:
    keyboard, _ = asked
    keyboard.draw().wait(0.5)
    keyboard.desk.paste("y\ny\n")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None


def test_an_old_picture_refuses_the_yes(asked: tuple[Keyboard, object]) -> None:
    keyboard, _ = asked
    keyboard.draw().wait(2.5).press("y")
    assert keyboard.sent == []
    assert "refused: the picture is 2.5 s old" in keyboard.note


def test_the_kill_chord_goes_over_any_question_and_ends_it(asked: tuple[Keyboard, object]) -> None:
    keyboard, _ = asked
    keyboard.press(KILL_KEY)
    assert kinds(keyboard) == [Verb.KILL]
    assert keyboard.desk.ask is None
    keyboard.draw().wait(0.5).press("y")
    assert kinds(keyboard) == [Verb.KILL]


def test_pausing_by_its_chord_goes_over_any_question(asked: tuple[Keyboard, object]) -> None:
    keyboard, _ = asked
    keyboard.press("ctrl+p")
    assert kinds(keyboard) == [Verb.PAUSE]


@pytest.mark.parametrize("page", ["1", "2", "3", "4", "5", "6", "7", "8", "9", "?"])
@pytest.mark.parametrize("field", ["", ":", "/"])
def test_the_kill_and_pause_chords_work_on_every_page_and_over_every_field(page: str, field: str) -> None:
    keyboard = Keyboard(a_desk(a_view())).press(page, *field, "ctrl+p", KILL_KEY)
    assert kinds(keyboard) == [Verb.PAUSE, Verb.KILL]


def test_keys_held_down_send_one_step_and_one_kill_question() -> None:
    keyboard = Keyboard(a_desk(a_view()))
    for _ in range(20):
        keyboard.press("+").wait(0.033)
    assert kinds(keyboard) == [SetParameters]
    assert "let the key go first" in keyboard.note


def test_saving_shows_the_difference_and_writes_nothing_before_it_was_agreed_to() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("5", "S")
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    assert [asked.diff_id for asked in link.consulted if isinstance(asked, SaveParameters)] == [""]
    assert keyboard.sent == []


def test_an_answer_that_comes_late_or_twice_or_for_nothing_is_shown_once() -> None:
    keyboard = Keyboard(a_desk(a_view())).press("p").wait(0.6)
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    assert keyboard.desk.outbox.silence(keyboard.now.real).startswith("NO ACK pause, 0.6 s")
    done = CommandResult(id="op-1", status=CommandStatus.DONE, text="6 of 6", at=AT)
    link.answer(done)
    keyboard.wait(0.1)
    assert keyboard.note == "pause: done in 700ms: 6 of 6"
    assert keyboard.desk.outbox.silence(keyboard.now.real) == ""
    link.view = a_view(engine=an_engine(at=AT + 5))
    keyboard.wait(13.0)
    assert keyboard.note == ""
    link.answer(done)
    link.answer(CommandResult(id="op-77", status=CommandStatus.DONE, text="nobody's", at=AT))
    keyboard.wait(0.1)
    assert keyboard.note == ""


def test_a_desk_without_a_picture_pauses_and_kills_and_does_nothing_else() -> None:
    keyboard = Keyboard(a_desk(None)).press("P", "f", "+", "<", "p", KILL_KEY)
    assert kinds(keyboard) == [Verb.PAUSE, Verb.KILL]
    assert keyboard.now == START
