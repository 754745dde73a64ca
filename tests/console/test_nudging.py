"""Size and width by one key: the step, its bounds, what an old picture forbids, and a key held down."""

from typing import Any

import pytest

from mmtui.console.acts.nudging import NUDGING, WIDTH_KEYS
from mmtui.domain.commands import CommandResult, CommandStatus, SetParameters
from mmtui.domain.parameters import parameter
from mmtui.domain.view import View
from tests.console.conftest import Keyboard, a_desk
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, a_session, a_view, an_engine

NOTIONAL = "trading.order_notional_usd"
BASE = "trading.target_liquidity"
DEPTH = "strategy.ladder_config.min_depth_bps"


def a_picture(*, strategy: str = "ladder", **values: Any) -> View:
    parameters = {**an_engine().parameters, **values}
    return a_view(session=a_session(strategy=strategy), engine=an_engine(parameters=parameters))


def changes(keyboard: Keyboard) -> list[dict[str, object]]:
    return [command.changes for command in keyboard.sent if isinstance(command, SetParameters)]


@pytest.mark.parametrize(
    ("key", "expected"),
    [("+", {NOTIONAL: 1100.0}), ("-", {NOTIONAL: 909.091}), ("<", {DEPTH: 4.5}), (">", {DEPTH: 5.5})],
)
def test_one_press_is_one_step_from_where_the_engine_stands(key: str, expected: dict[str, float]) -> None:
    keyboard = Keyboard(a_desk(a_picture())).press(key)
    assert keyboard.sent == [SetParameters(id="op-1", by="op", changes=expected, seen_at=AT)]


def test_the_answer_of_the_engine_fits_one_line_of_eighty() -> None:
    for key, label in (("+", "size up"), ("<", "tighter")):
        keyboard = Keyboard(a_desk(a_picture())).press(key)
        assert keyboard.note == f"{label}: sent"
        ((changed, value),) = changes(keyboard)[0].items()
        link = keyboard.desk.link
        assert isinstance(link, MemoryLink)
        text = f"v12: {changed} {parameter(changed).default} -> {value}"
        link.answer(CommandResult(id="op-1", status=CommandStatus.DONE, text=text, at=AT))
        keyboard.wait(0.04)
        assert keyboard.note == f"{label}: done in 40ms: {text}"
        assert len(keyboard.note) < 80


def test_a_step_down_undoes_a_step_up() -> None:
    keyboard = Keyboard(a_desk(a_picture(**{NOTIONAL: 1100.0}))).press("-")
    assert changes(keyboard) == [{NOTIONAL: 1000.0}]


def test_a_size_in_base_units_is_the_one_that_is_scaled_when_it_is_set() -> None:
    values = {BASE: 0.02, "trading.max_absolute_position_size": 0.1}
    up, down = (Keyboard(a_desk(a_picture(**values))).press(key) for key in "+-")
    assert changes(up) == [{BASE: 0.022}]
    assert changes(down) == [{BASE: 0.0181818}]


@pytest.mark.parametrize("strategy", WIDTH_KEYS)
def test_every_strategy_of_ours_has_a_width(strategy: str) -> None:
    key = WIDTH_KEYS[strategy]
    keyboard = Keyboard(a_desk(a_picture(strategy=strategy, **{key: 7.0}))).press(">")
    assert changes(keyboard) == [{key: 7.5}]
    assert parameter(key).live


def test_a_strategy_without_a_width_of_ours_is_told_so() -> None:
    keyboard = Keyboard(a_desk(a_picture(strategy="theirs"))).press(">")
    assert keyboard.sent == []
    assert "theirs has no width of ours" in keyboard.note


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("<", {DEPTH: 0.3}, {DEPTH: 0.0}),
        (">", {DEPTH: 99.8, "strategy.ladder_config.max_depth_bps": 200.0}, {DEPTH: 100.0}),
        ("-", {NOTIONAL: 10.5}, {NOTIONAL: 10.0}),
    ],
)
def test_the_last_step_ends_at_the_bound(key: str, values: dict[str, float], expected: dict[str, float]) -> None:
    keyboard = Keyboard(a_desk(a_picture(**values))).press(key)
    assert changes(keyboard) == [expected]


@pytest.mark.parametrize(("key", "values"), [("<", {DEPTH: 0.0}), ("-", {NOTIONAL: 10.0})])
def test_at_the_bound_nothing_is_sent(key: str, values: dict[str, float]) -> None:
    keyboard = Keyboard(a_desk(a_picture(**values))).press(key)
    assert keyboard.sent == []
    assert "stands at its bound" in keyboard.note


def test_a_step_that_breaks_a_relation_is_refused_in_words() -> None:
    size = Keyboard(a_desk(a_picture(**{NOTIONAL: 1950.0}))).press("+")
    width = Keyboard(a_desk(a_picture(**{DEPTH: 49.8}))).press(">")
    assert size.sent == width.sent == []
    assert size.note.startswith("size up refused: trading.order_notional_usd: 2145 with max_position_usd = 5000")
    assert width.note.startswith("wider refused: strategy.ladder_config.min_depth_bps: 50.3; expected at most")


@pytest.mark.parametrize(("key", "words"), [("+", "size up"), ("<", "tighter")])
def test_an_old_picture_forbids_what_adds_risk(key: str, words: str) -> None:
    keyboard = Keyboard(a_desk(a_picture())).wait(2.1).press(key)
    assert keyboard.sent == []
    assert keyboard.note.startswith(f"{words} refused: the picture is 2.1 s old")


@pytest.mark.parametrize("key", ["-", ">"])
def test_an_old_picture_never_forbids_what_takes_risk_away(key: str) -> None:
    keyboard = Keyboard(a_desk(a_picture())).wait(60.0).press(key)
    assert [command.seen_at for command in keyboard.sent if isinstance(command, SetParameters)] == [AT]


@pytest.mark.parametrize("key", ["+", "-", "<", ">"])
def test_a_key_held_down_steps_once(key: str) -> None:
    keyboard = Keyboard(a_desk(a_picture())).press(key)
    for _ in range(20):
        keyboard.wait(0.09).press(key)
    assert len(keyboard.sent) == 1
    keyboard.wait(0.16).press(key)
    assert len(keyboard.sent) == 2


def test_other_keys_are_not_held_back() -> None:
    keyboard = Keyboard(a_desk(a_picture())).press("+", "-", "p", "p")
    assert len(keyboard.sent) == 4


@pytest.mark.parametrize("key", ["+", "-", "<", ">"])
def test_before_the_first_picture_nothing_is_sent(key: str) -> None:
    keyboard = Keyboard(a_desk(None)).press(key)
    assert keyboard.sent == []
    assert "no picture of the engine yet" in keyboard.note


def test_while_typing_they_are_characters_and_to_a_question_they_are_no() -> None:
    keyboard = Keyboard(a_desk(a_picture())).press(":", "+", "-", "<", ">")
    assert keyboard.sent == []
    assert keyboard.desk.field is not None
    assert keyboard.desk.field.text == "+-<>"
    keyboard.press("escape", "f").draw().wait(0.4).press("+")
    assert keyboard.sent == []
    assert keyboard.desk.ask is None


def test_each_can_be_typed_by_name() -> None:
    for name in NUDGING:
        keyboard = Keyboard(a_desk(a_picture()))
        keyboard.desk.run_line(name, keyboard.now)
        assert len(keyboard.sent) == 1, name
