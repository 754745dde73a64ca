"""The screens in the documentation: the console's own text, drawn from the fixed picture of its tests."""

import re

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.keys import KeyMap
from mmtui.console.rows import UNICODE_GLYPHS
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import draw
from tests.console.answering import AnsweringLink
from tests.console.conftest import START, a_scene, after
from tests.console.pictures import a_view

SIZES = ((80, 24), (120, 40), (200, 60))


def main_screen(width: int, height: int, *, is_unicode: bool = False) -> str:
    """One capture as a block of text."""
    lines = draw(a_scene(a_view(), is_unicode=is_unicode), "main", width, height)
    return "\n".join(["```text", *lines, "```"])


# Keys from the main screen, size, and the lines of the screen that are shown.
PAGES: dict[str, tuple[tuple[str, ...], tuple[int, int], tuple[int, int]]] = {
    "orders": (("2", "enter"), (80, 24), (3, 21)),
    "fills": (("3",), (80, 24), (3, 22)),
    "chart": (("4", "right"), (80, 24), (3, 22)),
    "log": (("6", "down"), (80, 24), (3, 7)),
    "why": (("8",), (120, 24), (3, 13)),
    "parameters": (("5",), (80, 24), (3, 16)),
    "preview": (("5", "/", *"min_half", "enter", "e", *("up",) * 4), (120, 30), (3, 26)),
    "risk": (("7",), (80, 30), (3, 26)),
    "palette": ((":", *"can"), (80, 24), (13, 24)),
    "report": (("9",), (80, 24), (3, 16)),
    "help": (("?",), (80, 24), (3, 12)),
}


def page_screen(name: str) -> str:
    """The body of a page after its keys, without empty lines."""
    keys, (width, height), (first, last) = PAGES[name]
    desk = Desk(AnsweringLink(a_view()), KeyMap(), HANDLERS, name="op", now=START)
    scene = Scene(desk, START, UNICODE_GLYPHS)
    desk.look(START)
    for key in keys:
        desk.press(key, START)
        desk.look(START)
        draw(scene, desk.page, width, height)
    # A preview is asked for at most twice a second, and shown with the next look.
    desk.look(after(1.0, speed=0.0))
    desk.look(after(1.0, speed=0.0))
    lines = draw(scene, desk.page, width, height)[first:last]
    return "\n".join(["```text", *filter(None, lines), "```"])


def readme(text: str) -> str:
    """The first page with its picture drawn anew."""
    return replaced(text, "main screen", main_screen(80, 24, is_unicode=True))


def console_page(text: str) -> str:
    """The console's page with its captures drawn anew."""
    for width, height in SIZES:
        text = replaced(text, f"main screen {width}x{height}", main_screen(width, height))
    for name in PAGES:
        text = replaced(text, f"page {name}", page_screen(name))
    return text


def replaced(text: str, name: str, made: str) -> str:
    """The page with what stands between the marker of this name and the next end replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    text, count = pattern.subn(lambda match: f"{match[1]}\n{made}\n\n{match[2]}", text)
    assert count == 1, name
    return text
