"""The rendered screens, as pictures on disk: a wrong number, colour or place makes one differ.

Look at each changed picture before updating it.
"""

from collections.abc import Callable

import pytest

from mmtui.console.app import ConsoleApp, ConsoleOptions
from mmtui.domain.view import View
from tests.console.answering import AnsweringLink
from tests.console.memory_link import MemoryLink
from tests.console.pictures import a_view, killed_view, warming_view

NAMES = ("default", "ansi", "deutan", "mono", "light", "contrast", "classic")
KEYS = {"orders": "2", "fills": "3", "chart": "4", "parameters": "5", "log": "6", "risk": "7", "why": "8", "help": "?"}
SnapCompare = Callable[..., bool]


def an_app(view: View, theme: str = "default") -> ConsoleApp:
    return ConsoleApp(
        MemoryLink(view),
        ConsoleOptions(theme=theme, is_unicode=True),
        clock=lambda: 100.0,
        seconds=lambda: 5_000.0,
        is_ticking=False,
    )


@pytest.mark.parametrize("size", [(60, 14), (80, 24), (120, 40), (200, 60)], ids=str)
def test_main_at_four_sizes(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    assert snap_compare(an_app(a_view()), terminal_size=size)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
@pytest.mark.parametrize("page", KEYS)
def test_other_screens_at_two_sizes(snap_compare: SnapCompare, page: str, size: tuple[int, int]) -> None:
    assert snap_compare(an_app(a_view()), press=[KEYS[page]], terminal_size=size)


@pytest.mark.parametrize("theme", NAMES)
def test_main_in_every_theme(snap_compare: SnapCompare, theme: str) -> None:
    assert snap_compare(an_app(a_view(), theme), terminal_size=(80, 24))


def test_a_killed_engine(snap_compare: SnapCompare) -> None:
    assert snap_compare(an_app(killed_view()), terminal_size=(120, 40))


def test_an_engine_that_warms_up(snap_compare: SnapCompare) -> None:
    assert snap_compare(an_app(warming_view()), terminal_size=(80, 24))


def test_the_flatten_question(snap_compare: SnapCompare) -> None:
    assert snap_compare(an_app(a_view()), press=["f"], terminal_size=(80, 24))


def test_the_command_line_with_completions(snap_compare: SnapCompare) -> None:
    assert snap_compare(an_app(a_view()), press=[":", *"set ladder"], terminal_size=(80, 24))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_the_report_at_two_sizes(snap_compare: SnapCompare, size: tuple[int, int]) -> None:
    app = an_app(a_view())
    app.desk.link = AnsweringLink(a_view())
    assert snap_compare(app, press=["9", "0"], terminal_size=size)


def test_the_life_of_an_order(snap_compare: SnapCompare) -> None:
    app = an_app(a_view())
    app.desk.link = AnsweringLink(a_view())
    assert snap_compare(app, press=["2", "enter", "0"], terminal_size=(120, 40))


def test_the_chart_looked_back_at_over_half_an_hour(snap_compare: SnapCompare) -> None:
    assert snap_compare(an_app(a_view()), press=["4", "right", *"hhhhhhhhvv"], terminal_size=(120, 40))
