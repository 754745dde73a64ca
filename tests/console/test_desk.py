"""The rules of the keyboard: what goes out at once, what asks, what an old picture forbids."""

from collections.abc import Callable

import msgspec
import pytest

from mmtui.console.panes import bottom
from mmtui.console.rows import ASCII_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.domain.commands import Act, CancelSide, CommandResult, CommandStatus, Rearm, SetParameters, Verb
from mmtui.domain.instrument import Side
from mmtui.domain.view import PositionView, View
from tests.console.conftest import START, Keyboard, a_desk, after
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_session, a_view, an_engine, killed_view

KeyboardOf = Callable[[View | None], Keyboard]


def sim_view() -> View:
    return a_view(session=a_session(run_kind="SIM"))


@pytest.mark.parametrize(
    ("key", "verb"), [("p", Verb.PAUSE), ("ctrl+p", Verb.PAUSE), ("r", Verb.REDUCE_ONLY), ("ctrl+k", Verb.KILL)]
)
def test_what_lowers_risk_goes_out_at_once_and_carries_the_time_it_was_seen(
    keyboard: Keyboard, key: str, verb: Verb
) -> None:
    keyboard.press(key)
    assert keyboard.sent == [Act(id="op-1", by="op", verb=verb, seen_at=AT)]


@pytest.mark.parametrize(("key", "side"), [("b", Side.BUY), ("s", Side.SELL)])
def test_one_side_is_taken_off_without_a_question(keyboard: Keyboard, key: str, side: Side) -> None:
    keyboard.press(key)
    assert keyboard.sent == [CancelSide(id="op-1", by="op", side=side)]


@pytest.mark.fault("F116")
def test_flatten_asks_with_size_and_cost_and_takes_only_y(keyboard: Keyboard) -> None:
    keyboard.press("f")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    assert keyboard.desk.ask.headline == "sell 0.35120 BTC at market, costs 0.35 USD (0.2 bp) + fees"
    keyboard.draw().wait(0.31).press("y")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.FLATTEN]


def test_the_cost_of_flattening_walks_the_book_without_our_own_orders() -> None:
    engine = an_engine(position=PositionView(size=1.0, limit=2.0))
    keyboard = Keyboard(a_desk(a_view(engine=engine))).press("f")
    # 0.858 of others at 64248, 0.142 at 64247, against a mid of 64249
    assert keyboard.desk.ask is not None
    assert "costs 1.14 USD (0.2 bp)" in keyboard.desk.ask.headline


@pytest.mark.parametrize("key", ["n", "escape", "enter", "K", "f", " ", "p", "Y"])
def test_any_other_key_is_no_and_does_nothing_else(keyboard: Keyboard, key: str) -> None:
    keyboard.press("f").draw().wait(1.0).press(key)
    assert keyboard.sent == []
    assert keyboard.desk.ask is None


def test_a_question_not_yet_drawn_or_drawn_just_now_cannot_be_answered(keyboard: Keyboard) -> None:
    keyboard.press("f", "y")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    keyboard.draw().wait(0.29).press("y")
    assert keyboard.sent == []
    keyboard.wait(0.02).press("y")
    assert len(keyboard.sent) == 1


def test_a_question_left_alone_closes_with_no(keyboard: Keyboard) -> None:
    keyboard.press("f").draw().wait(9.9)
    assert keyboard.desk.ask is not None
    keyboard.desk.link.view = a_view(engine=an_engine(at=AT + 10))  # type: ignore[attr-defined]
    keyboard.wait(0.2)
    assert keyboard.desk.ask is None
    assert keyboard.note == "FLATTEN: no answer, nothing done"


@pytest.mark.fault("F116")
def test_kill_takes_two_presses_within_three_seconds(keyboard: Keyboard) -> None:
    keyboard.press("K").wait(2.9).press("K")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.KILL]


def test_a_second_press_too_late_only_asks_again(keyboard: Keyboard) -> None:
    keyboard.press("K").wait(3.1).press("K")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None


def test_people_have_as_long_as_ever_when_the_engine_lives_six_times_as_fast() -> None:
    """Every time limit of a person in real seconds; at the engine's speed each of these would be over."""
    view = a_view(session=a_session(run_kind="SIM"))
    keyboard = Keyboard(a_desk(view), speed=6.0)

    def picture() -> None:
        keyboard.desk.link.view = a_view(engine=an_engine(at=keyboard.now.engine))  # type: ignore[attr-defined]
        keyboard.wait(0.0)

    keyboard.press("f").draw().wait(0.29).press("y")
    assert keyboard.sent == []
    assert keyboard.desk.ask is not None
    keyboard.wait(9.6)
    assert keyboard.desk.ask is not None
    picture()
    keyboard.press("y")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.FLATTEN]
    assert keyboard.desk.outbox.silence(keyboard.now.real + 0.49) == ""
    keyboard.press("K").wait(2.9).press("K")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.FLATTEN, Verb.KILL]
    keyboard.press("ctrl+c").wait(2.9).press("ctrl+c")
    assert keyboard.desk.wishes == [("leave", "stop")]
    keyboard.desk.say("still here", keyboard.now)
    keyboard.wait(11.9)
    assert keyboard.note == "still here"
    keyboard.wait(0.2)
    assert keyboard.note == ""


def test_people_have_no_longer_than_ever_when_the_engine_stands_still() -> None:
    keyboard = Keyboard(a_desk(a_view()), speed=0.0).press("f").draw().wait(10.1)
    assert keyboard.desk.ask is None
    keyboard.press("K").wait(3.1).press("K")
    assert keyboard.sent == []


def test_a_picture_ages_by_the_engines_clock() -> None:
    keyboard = Keyboard(a_desk(a_view()), speed=6.0).wait(0.35).press("f")
    assert keyboard.desk.ask is None
    assert keyboard.note.startswith("flatten refused: the picture is 2.1 s old")


@pytest.mark.parametrize(
    "prelude", [(":",), (":", "s", "e", "t"), ("/",), ("f",), ("K",), ("q",), ("5", "e"), ("?",), (" ",)]
)
def test_ctrl_k_kills_from_everywhere(keyboard: Keyboard, prelude: tuple[str, ...]) -> None:
    keyboard.press(*("space" if key == " " else key for key in prelude), "ctrl+k")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.KILL]


def test_ctrl_p_pauses_while_typing_but_p_is_a_letter(keyboard: Keyboard) -> None:
    keyboard.press(":", "p")
    assert keyboard.sent == []
    keyboard.press("ctrl+p")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.PAUSE]
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "p"


def test_pasted_text_never_acts(keyboard: Keyboard) -> None:
    keyboard.desk.paste("KK\x0bp:kill-now\n")
    assert keyboard.sent == []
    keyboard.press(":")
    keyboard.desk.paste("kill-now\nkill-now\n")
    assert keyboard.sent == []
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "kill-now kill-now "


@pytest.mark.parametrize(
    "keys",
    [("P",), ("f",), ("5", "a"), ("5", "u"), (":", *"set trading.risk_aversion 0.35".replace(" ", "~"), "enter")],
)
def test_an_old_picture_forbids_what_adds_risk(keyboard: Keyboard, keys: tuple[str, ...]) -> None:
    keyboard.desk.drafts.stage_text("trading.risk_aversion", "0.4", keyboard.desk.view)
    keyboard.wait(2.1).press(*(" " if key == "~" else key for key in keys))
    keyboard.draw().wait(0.4).press("y")
    assert keyboard.sent == []
    assert "refused: the picture is 2.1 s old" in keyboard.note


@pytest.mark.parametrize("keys", [("p",), ("r",), ("b",), ("s",), ("ctrl+k",), ("K", "K")])
def test_an_old_picture_never_forbids_what_lowers_risk(keyboard: Keyboard, keys: tuple[str, ...]) -> None:
    keyboard.wait(60.0).press(*keys)
    assert len(keyboard.sent) == 1


def test_a_picture_that_grows_old_while_asking_refuses_the_yes(keyboard: Keyboard) -> None:
    keyboard.wait(1.9).press("f").draw().wait(0.4).press("y")
    assert keyboard.sent == []
    assert keyboard.note.startswith("flatten refused: the picture is 2.3 s old")


def test_resume_asks_only_when_live(keyboard_of: KeyboardOf) -> None:
    live, sim = keyboard_of(a_view()), keyboard_of(sim_view())
    sim.press("P")
    assert [command.verb for command in sim.sent if isinstance(command, Act)] == [Verb.RESUME]
    live.press("P")
    assert live.sent == []
    live.draw().wait(0.4).press("y")
    assert [command.verb for command in live.sent if isinstance(command, Act)] == [Verb.RESUME]


def test_rearm_needs_a_reason_and_a_fired_switch(keyboard_of: KeyboardOf) -> None:
    killed, healthy = keyboard_of(killed_view()), keyboard_of(a_view())
    killed.desk.run_line("rearm", START)
    assert killed.sent == []
    assert killed.note == "use :rearm TEXT"
    killed.desk.run_line("rearm checked the feed", START)
    assert killed.sent == [], "the checklist is shown before the reason is taken"
    assert killed.desk.ask is not None
    assert "in breach" in killed.desk.ask.headline
    killed.draw().wait(0.4).press("y")
    assert killed.sent == [Rearm(id="op-1", by="op", reason="checked the feed")]
    healthy.desk.run_line("rearm why not", START)
    assert healthy.sent == []


def test_the_command_line_runs_every_action_by_name_and_says_what_it_does_not_know(keyboard: Keyboard) -> None:
    keyboard.press(":", *"pause", "enter")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.PAUSE]
    keyboard.press(":", *"pasue", "enter")
    assert keyboard.note == "no command 'pasue'; ? lists them, tab completes"
    keyboard.press(":", *"pause", "space", *"now", "enter")
    assert len(keyboard.sent) == 1


def test_the_command_line_remembers_and_completes(keyboard: Keyboard) -> None:
    keyboard.press(":", *"orders", "enter", ":", "up")
    assert keyboard.desk.page == "orders"
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "orders"
    keyboard.press("ctrl+u", *"set", "space", *"risk_av", "tab")
    assert keyboard.desk.field.text == "set trading.risk_aversion "
    keyboard.press("escape")
    assert keyboard.desk.field is None


def test_nothing_is_shown_as_done_before_the_engine_says_so(keyboard: Keyboard) -> None:
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    keyboard.press("p")
    assert keyboard.note == "pause: sent"
    link.answer(CommandResult(id="op-1", status=CommandStatus.ACCEPTED, text="", at=AT))
    keyboard.wait(0.1)
    assert keyboard.note == "pause: accepted in 100ms"
    link.answer(CommandResult(id="op-1", status=CommandStatus.DONE, text="6 of 6 cancels acknowledged", at=AT))
    keyboard.wait(0.1)
    assert keyboard.note == "pause: done in 200ms: 6 of 6 cancels acknowledged"
    assert not keyboard.desk.outbox.pending


def test_a_refusal_stays_on_the_screen(keyboard: Keyboard) -> None:
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    keyboard.press("p")
    link.answer(CommandResult(id="op-1", status=CommandStatus.REFUSED, text="already\x1b[2J stopping", at=AT))
    keyboard.wait(0.1).wait(60)
    assert keyboard.note == "pause REFUSED: already[2J stopping"


def test_silence_after_a_command_is_an_alarm_that_names_the_other_way(keyboard: Keyboard) -> None:
    keyboard.press("p")
    assert keyboard.desk.outbox.silence(START.real + 0.49) == ""
    assert keyboard.desk.outbox.silence(START.real + 0.6) == "NO ACK pause, 0.6 s: run `mmtui kill` in another terminal"


def test_answers_to_other_consoles_are_not_shown_as_ours(keyboard: Keyboard) -> None:
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    link.answer(CommandResult(id="ctl-7", status=CommandStatus.DONE, text="theirs", at=AT))
    keyboard.wait(0.1)
    assert keyboard.note == ""


def test_quit_asks_what_becomes_of_the_engine(keyboard_of: KeyboardOf) -> None:
    for key, how in (("s", "stop"), ("d", "detach")):
        keyboard = keyboard_of(a_view())
        keyboard.press("q").draw().wait(0.4).press(key)
        assert keyboard.desk.wishes == [("leave", how)]
    back = keyboard_of(a_view())
    back.press("q").draw().wait(0.4).press("escape")
    assert back.desk.wishes == []


@pytest.mark.parametrize("key", ["q", "ctrl+c", "f", "K", "P"])
def test_the_keys_that_answer_a_question_are_whole_in_eighty_columns(keyboard: Keyboard, key: str) -> None:
    keyboard.press(key)
    assert keyboard.desk.ask is not None
    lines = text_of(bottom.rows(Scene(keyboard.desk, START, ASCII_GLYPHS), 80, 2)).splitlines()
    assert keyboard.desk.ask.options in lines[1]


@pytest.mark.parametrize("width", [38, 40, 60, 80])
@pytest.mark.parametrize(
    ("key", "must_say"), [("q", "stop"), ("f", "sell 0.35120"), ("K", "K again"), ("P", "quote again")]
)
def test_a_question_on_one_line_says_what_it_does_and_is_not_cut(width: int, key: str, must_say: str) -> None:
    view = a_view()
    keyboard = Keyboard(a_desk(view)).press(key)
    assert view.session.run_kind == "LIVE"
    line = text_of(bottom.rows(Scene(keyboard.desk, START, ASCII_GLYPHS), width, 1))
    assert must_say.replace("quote again", "quote") in line
    assert ".." not in line


def test_a_question_too_long_for_a_line_goes_on_in_the_next_rather_than_being_cut() -> None:
    keyboard = Keyboard(a_desk(killed_view()))
    keyboard.press(":", *"rearm looked into it", "enter")
    first, second = text_of(bottom.rows(Scene(keyboard.desk, START, ASCII_GLYPHS), 80, 2)).splitlines()
    assert "position 0.027, 0 own orders, 1 other order" in first
    assert "in breach: day loss   y this was looked into" in second


@pytest.mark.parametrize("width", [46, 60, 80, 120])
def test_what_became_of_the_orders_of_a_kill_is_told_whole(width: int) -> None:
    line = text_of(bottom.rows(Scene(a_desk(killed_view()), START, ASCII_GLYPHS), width, 2)).splitlines()[0]
    assert "6 of 6 cancels acknowledged in 84 ms" in line


def test_leaving_an_attached_console_leaves_the_engine_alone() -> None:
    for key in ("q", "ctrl+q", "ctrl+c"):
        keyboard = Keyboard(a_desk(a_view(), is_attached=True)).press(key)
        assert keyboard.desk.wishes == [("leave", "detach")]
        assert keyboard.sent == []


def test_ctrl_c_twice_within_three_seconds_stops_gracefully(keyboard: Keyboard) -> None:
    keyboard.press("ctrl+c")
    assert keyboard.desk.wishes == []
    keyboard.wait(2.9).press("ctrl+c")
    assert keyboard.desk.wishes == [("leave", "stop")]


def test_ctrl_c_twice_but_slowly_only_asks_twice(keyboard: Keyboard) -> None:
    keyboard.press("ctrl+c").wait(3.1).press("ctrl+c")
    assert keyboard.desk.wishes == []


def test_holding_keeps_the_panes_still_and_the_top_lines_going(keyboard: Keyboard) -> None:
    keyboard.press("space")
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    later = a_view(engine=an_engine(at=AT + 1, position=PositionView(size=0.9, limit=1.0)))
    link.view = later
    keyboard.wait(1.0)
    scene = Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS)
    assert scene.live is later
    assert scene.view is not later
    keyboard.press("space")
    assert Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS).view is later


def test_an_acknowledged_alarm_is_gone_until_it_is_raised_again(keyboard: Keyboard) -> None:
    keyboard.press("x")
    assert keyboard.desk.sight.worst_alarm() is None
    engine = an_engine(at=AT + 1)
    again = msgspec.structs.replace(engine.alarms[0], since=AT + 1)
    keyboard.desk.link.view = a_view(engine=msgspec.structs.replace(engine, alarms=(again,)))  # type: ignore[attr-defined]
    keyboard.wait(1.0)
    assert keyboard.desk.sight.worst_alarm() == again


def test_one_picture_seen_again_and_again_grows_old() -> None:
    keyboard = Keyboard(a_desk(a_view()))
    for _ in range(5):
        keyboard.desk.link.view = a_view()  # type: ignore[attr-defined]
        keyboard.wait(0.5)
    assert keyboard.desk.sight.age_s(keyboard.now.engine) == pytest.approx(2.5)


def test_a_filter_narrows_the_log_and_escape_clears_it(keyboard: Keyboard) -> None:
    keyboard.press("6", "/", *"fill", "enter")
    assert keyboard.desk.cursors.filters == {"log": "fill"}
    keyboard.press("escape")
    assert keyboard.desk.cursors.filters == {}


def test_the_question_bar_says_verb_mode_and_the_time_left(keyboard: Keyboard) -> None:
    keyboard.press("f")
    lines = text_of(bottom.rows(Scene(keyboard.desk, after(1.0), ASCII_GLYPHS), 100, 2)).splitlines()
    assert lines[0] == " FLATTEN LIVE  sell 0.35120 BTC at market, costs 0.35 USD (0.2 bp) + fees"
    assert lines[1].startswith(" y yes, reduce only   any other key: no")
    assert lines[1].endswith("closes in 9 s")


def test_parameters_are_sent_all_or_none_with_one_id(keyboard_of: KeyboardOf) -> None:
    keyboard = keyboard_of(sim_view())
    keyboard.desk.drafts.stage_text("trading.risk_aversion", "0.4", keyboard.desk.view)
    keyboard.desk.drafts.stage_text("trading.max_bps_diff", "3", keyboard.desk.view)
    keyboard.press("5", "a")
    changes = {"trading.risk_aversion": 0.4, "trading.max_bps_diff": 3.0}
    assert keyboard.sent == [SetParameters(id="op-1", by="op", changes=changes, seen_at=AT, staged_at=AT)]


def test_after_a_kill_the_resume_key_names_the_only_way_back_and_asks_nothing(keyboard_of: KeyboardOf) -> None:
    killed = keyboard_of(killed_view())
    killed.press("P")
    assert killed.sent == []
    assert killed.desk.ask is None
    assert ":rearm REASON" in killed.note
