"""The screens in the documentation: the console's own text, drawn from the fixed picture of its tests."""

import re

from mmtui.console.screens.catalogue import draw
from tests.console.conftest import a_scene
from tests.console.pictures import a_view

SIZES = ((80, 24), (120, 40), (200, 60))


def main_screen(width: int, height: int) -> str:
    """One capture as a block of text."""
    lines = draw(a_scene(a_view(), is_unicode=False), "main", width, height)
    return "\n".join(["```text", *lines, "```"])


def console_page(text: str) -> str:
    """The console's page with its captures drawn anew."""
    for width, height in SIZES:
        pattern = re.compile(rf"(<!-- main screen {width}x{height} -->\n).*?(<!-- end -->)", re.DOTALL)
        made = main_screen(width, height)
        text, count = pattern.subn(lambda match, made=made: f"{match[1]}\n{made}\n\n{match[2]}", text)
        assert count == 1, (width, height)
    return text
