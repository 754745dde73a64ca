"""The palette: what is offered for what is typed, what enter does with it, and what it never covers."""

import pytest

from mmtui.console.palette import listing
from mmtui.console.palette.choosing import choices
from mmtui.console.rows import ASCII_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import plan
from mmtui.domain.commands import Act, Verb
from mmtui.domain.view import PositionView
from tests.console.conftest import Keyboard, a_desk
from tests.console.pictures import a_view, an_engine, killed_view


def names(keyboard: Keyboard, text: str) -> list[str]:
    return [choice.line for choice in choices(keyboard.desk, text, keyboard.now)]


def refusal(keyboard: Keyboard, name: str) -> str:
    return next(one.refusal for one in choices(keyboard.desk, name, keyboard.now) if one.line.strip() == name)


@pytest.mark.parametrize(
    ("typed", "first"),
    [("fl", "flatten"), ("pau", "pause"), ("asks", "cancel-asks"), ("rdo", "reduce-only"), ("clipboard", "copy")],
)
def test_the_best_match_comes_first(keyboard: Keyboard, typed: str, first: str) -> None:
    assert names(keyboard, typed)[0] == first


def test_nothing_matches_nonsense_and_everything_an_empty_line(keyboard: Keyboard) -> None:
    assert names(keyboard, "zzz") == []
    assert {"pause ", "pause"} & set(names(keyboard, ""))
    assert len(names(keyboard, "")) > 30


def test_parameters_follow_set_with_their_value_bounds_and_help(keyboard: Keyboard) -> None:
    found = choices(keyboard.desk, "set risk_av", keyboard.now)
    assert [one.line for one in found] == ["set trading.risk_aversion "]
    assert found[0].help.startswith("0.3")
    assert (
        choices(keyboard.desk, "set trading.risk_aversion 0.4", keyboard.now)[0].line == "set trading.risk_aversion 0.4"
    )


def test_a_parameter_whose_name_begins_so_comes_before_one_that_only_contains_it(keyboard: Keyboard) -> None:
    found = names(keyboard, "set gamma")
    begins = [line.partition(".")[2].rpartition(".")[2].startswith("gamma") for line in found]
    assert begins == sorted(begins, reverse=True)
    assert True in begins


def test_names_offered_by_the_screen_follow_their_command(keyboard: Keyboard) -> None:
    keyboard.desk.cursors.offered["theme"] = ("dark", "light")
    assert names(keyboard, "theme li") == ["theme light"]
    keyboard.press(":", *"theme", "space", *"li", "enter")
    assert keyboard.desk.wishes == [("theme", "light")]


def test_enter_fills_in_what_is_not_a_whole_name_and_runs_what_is(keyboard: Keyboard) -> None:
    keyboard.press(":", *"kil", "enter")
    assert keyboard.sent == []
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "kill"
    keyboard.press("escape", ":", *"pa", "enter")
    assert keyboard.sent == []
    keyboard.press("enter")
    assert [command.verb for command in keyboard.sent if isinstance(command, Act)] == [Verb.PAUSE]
    assert keyboard.desk.field is None


def test_a_harmless_guess_runs_at_once(keyboard: Keyboard) -> None:
    keyboard.press(":", *"orde", "enter")
    assert keyboard.desk.page == "orders"
    assert keyboard.desk.field is None


def test_the_arrows_choose_and_tab_fills_in(keyboard: Keyboard) -> None:
    second = names(keyboard, "cancel")[1]
    keyboard.press(":", *"cancel", "down", "down", "up", "down", "tab")
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == second
    keyboard.press("enter")
    assert len(keyboard.sent) == 1


def test_up_on_an_empty_line_brings_back_the_last_command(keyboard: Keyboard) -> None:
    keyboard.press(":", *"orders", "enter", ":", "up")
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "orders"
    keyboard.press("down")
    assert keyboard.desk.field.text == ""


def test_escape_backs_out_and_nothing_has_happened(keyboard: Keyboard) -> None:
    keyboard.press(":", *"flatten", "escape")
    assert keyboard.desk.field is None
    assert keyboard.sent == []


def test_what_cannot_be_done_now_says_why() -> None:
    flat = Keyboard(a_desk(a_view(engine=an_engine(position=PositionView()))))
    assert refusal(flat, "flatten") == "there is no position"
    assert refusal(flat, "rearm") == "the kill switch has not fired"
    assert refusal(flat, "pause") == ""
    killed = Keyboard(a_desk(killed_view()))
    assert refusal(killed, "resume") == "killed; re-arm first"
    assert refusal(killed, "rearm") == ""
    old = Keyboard(a_desk(a_view())).wait(2.5)
    for name in ("resume", "flatten", "size-up", "tighter", "set"):
        assert refusal(old, name) == "the picture is 2.5 s old", name
    for name in ("pause", "kill", "reduce-only", "cancel-bids", "size-down", "wider"):
        assert refusal(old, name) == "", name


def test_the_list_shows_key_danger_and_help_and_marks_the_chosen(keyboard: Keyboard) -> None:
    keyboard.press(":", *"fla")
    lines = text_of(listing.rows(Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS), 80, 9)).splitlines()
    assert lines[0].startswith("- COMMANDS ")
    assert lines[1].startswith("> :flatten")
    assert " f  " in lines[1]
    assert " asks " in lines[1]
    assert "close the position" in lines[1]


@pytest.mark.parametrize("page", ["main", "orders", "log", "parameters"])
@pytest.mark.parametrize("size", [(60, 14), (80, 24), (120, 40), (200, 60)])
def test_the_palette_never_covers_the_first_three_lines_nor_the_last_two(
    keyboard: Keyboard, page: str, size: tuple[int, int]
) -> None:
    assert listing.height(keyboard.desk, size[1]) == 0
    keyboard.press(":")
    rows = listing.height(keyboard.desk, size[1])
    laid = plan(page, *size, "", rows)
    cells = [(x, y) for place in laid for x in (place.x,) for y in range(place.y, place.y + place.height)]
    assert len(cells) == len(set(cells)), "two panes in one place"
    palette = next(place for place in laid if place.pane == "palette")
    assert palette.y >= 3
    assert palette.height == rows
    assert {place.pane for place in laid} >= {"status", "alarm", "bottom"}


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_row_of_the_palette_is_exactly_as_wide_as_the_screen(keyboard: Keyboard, width: int) -> None:
    keyboard.press(":")
    drawn = listing.rows(Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS), width, 60)
    assert {sum(len(text) for text, _ in line) for line in drawn} == {width}
