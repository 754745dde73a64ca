"""The key table: no clash, all documented, all reachable, the kill key beyond reach."""

import re

import pytest

from mmtui.console.acts import HANDLERS
from mmtui.console.keys import (
    ACTIONS,
    COMMANDS,
    FORBIDDEN_KEYS,
    HINTS,
    KILL_KEY,
    PAGES,
    REPEATING_KEYS,
    Danger,
    KeyMap,
    hints,
)
from mmtui.console.panes import bottom, explain
from mmtui.console.panes import help as help_pane
from mmtui.console.rows import ASCII_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import BODIES
from tests.console.conftest import a_scene
from tests.console.pictures import a_view, warming_view

ALL_PAGES = (*BODIES,)


@pytest.mark.parametrize("page", ALL_PAGES)
def test_no_key_means_two_things_on_one_page(page: str) -> None:
    seen: dict[str, str] = {}
    for action in ACTIONS:
        if not action.pages or page in action.pages:
            for key in action.keys:
                assert key not in seen, f"{key} means {action.id} and {seen.get(key)} on {page}"
                seen[key] = action.id


def test_every_action_acts_is_explained_and_can_be_typed() -> None:
    assert {action.id for action in ACTIONS} == set(HANDLERS)
    assert all(action.help for action in ACTIONS)
    dangerous = {action.id for action in ACTIONS if action.danger}
    assert dangerous <= {action.id for action in COMMANDS}


def test_digits_open_only_pages_that_exist() -> None:
    assert [page.digit for page in PAGES] == [str(i + 1) for i in range(len(PAGES))]
    assert {page.name for page in PAGES} | {"help", "instances"} == set(BODIES)
    assert {key for action in ACTIONS for key in action.keys if key.isdigit()} == {page.digit for page in PAGES}


def test_no_danger_is_under_a_key_that_repeats_and_no_key_is_eaten_by_terminals() -> None:
    for action in ACTIONS:
        assert not set(action.keys) & FORBIDDEN_KEYS
        if action.danger:
            assert not set(action.keys) & REPEATING_KEYS


def test_what_stops_trading_works_while_typing() -> None:
    for name in ("pause", "kill-now", "quit"):
        action = next(a for a in ACTIONS if a.id == name)
        assert action.while_typing
        assert any(key.startswith("ctrl+") for key in action.keys)


def test_a_user_may_add_and_move_keys_but_never_the_kill_key() -> None:
    keymap = KeyMap(
        {"F": "flatten", "p": "hold", KILL_KEY: "help", "ctrl+z": "pause", "enter": "kill-now", "m": "dance"}
    )
    assert keymap.find("F", "main").id == "flatten"  # type: ignore[union-attr]
    assert keymap.find("p", "main").id == "hold"  # type: ignore[union-attr]
    assert keymap.find("ctrl+p", "main").id == "pause"  # type: ignore[union-attr]
    assert keymap.find(KILL_KEY, "main").id == "kill-now"  # type: ignore[union-attr]
    assert len(keymap.problems) == 4


def test_the_same_key_may_mean_different_things_on_different_pages() -> None:
    keymap = KeyMap()
    assert keymap.find("e", "main").id == "parameters-edit"  # type: ignore[union-attr]
    assert keymap.find("e", "parameters").id == "edit"  # type: ignore[union-attr]


def test_the_key_line_and_the_help_page_come_from_the_table() -> None:
    scene = a_scene(a_view())
    assert text_of([bottom.key_line(scene, 80)]) == (
        " p pause  P resume  f flatten  K kill  ctrl+k kill now  1-9 screens  ? help"
    )
    page = text_of(help_pane.rows(a_scene(a_view(), page="help"), 200, 400))
    for action in ACTIONS:
        assert f":{action.id}" in page
        assert action.help in page


def test_the_first_line_of_help_is_how_to_kill_without_a_console() -> None:
    assert "mmtui kill" in text_of(help_pane.rows(a_scene(a_view(), page="help"), 80, 20)).splitlines()[1]


@pytest.mark.parametrize("page", ALL_PAGES)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_pause_and_kill_never_leave_the_key_line(page: str, width: int) -> None:
    line = text_of([bottom.key_line(a_scene(a_view(), page=page), width)])
    assert re.search(r"\bp pause\b", line)
    assert re.search(r"\bK kill\b", line)


def test_hints_name_only_actions_of_their_page() -> None:
    for page in (*HINTS, "orders"):
        for action in hints(page):
            assert not action.pages or page in action.pages, (page, action.id)


def test_danger_levels_match_what_asks() -> None:
    asks = {action.id for action in ACTIONS if action.danger is Danger.ASKS}
    assert asks == {"resume", "flatten", "rearm", "apply", "undo", "set", "save"}


def test_the_chosen_level_is_explained_and_the_cursor_walks_all_levels(keyboard) -> None:
    keyboard.press("8")
    scene = Scene(keyboard.desk, keyboard.now, ASCII_GLYPHS)
    first = text_of(explain.chosen_rows(scene, 80, 30))
    explain.level_rows(scene, 40, 30)
    keyboard.press("down")
    second = text_of(explain.chosen_rows(scene, 80, 30))
    assert "WHY bid 0" in first
    assert "WHY ask 0" in second


def test_a_missing_side_says_why_where_its_levels_would_be() -> None:
    scene = a_scene(warming_view(), page="why")
    assert "none" in text_of(explain.level_rows(scene, 40, 20))
    assert "warming" in text_of(explain.chosen_rows(scene, 60, 20)).lower()
