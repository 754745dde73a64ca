"""Text from elsewhere is only ever text: nothing in it reaches the terminal as an order, in any pane or line."""

import base64
import io
import unicodedata
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from mmtui.console.format import plain
from mmtui.console.pane import GLYPHS, _strip, drawable
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import BODIES, PANES, plan
from mmtui.console.themes.theming import ThemeShelf
from mmtui.domain.view import Alarm, LogLine, View
from tests.console.conftest import START, a_desk
from tests.console.pictures import a_view
from tests.console.test_app import a_stage

HOSTILE = (
    "\x1b[2J\x1b[31mred", "\x9b31m", "\x1b]52;c;ZXZpbA==\x07", "[bold red]markup[/]", "a\u202eb\u2066c",
    "\u200bzero\u0301", "\u05d0\u0627", "\u4f60\u597d", "\r\n\t\x00\x7f\x85\u2028", "\U0001f600", "\ud800",
)  # fmt: skip
FOREIGN = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(), max_size=12)).map(
    lambda text: text + "\x1b\u202e"
)


OUR_WORDS = ("side", "reference_name")


def spoiled(value: Any, text: str) -> Any:
    """The same picture with the text in every field that holds text."""
    if isinstance(value, msgspec.Struct):
        fields = [field for field in value.__struct_fields__ if field not in OUR_WORDS]
        return msgspec.structs.replace(value, **{field: spoiled(getattr(value, field), text) for field in fields})
    if isinstance(value, tuple):
        return tuple(spoiled(part, text) for part in value)
    return text if isinstance(value, str) else value


def a_spoiled_view(text: str) -> View:
    view = a_view()
    engine = msgspec.structs.replace(
        spoiled(view.engine, text), alarms=(Alarm(id=text, severity=2, text=text, since=1.0),)
    )
    line = LogLine(seq=1, at=1.0, level=text, text=text)
    session = msgspec.structs.replace(spoiled(view.session, text), run_kind="LIVE")
    return msgspec.structs.replace(view, engine=engine, session=session, log=(line, *view.log))


def is_harmless(char: str, *, is_unicode: bool) -> bool:
    if char.isascii():
        return char.isprintable()
    is_glyph = char in GLYPHS or 0x2800 <= ord(char) <= 0x28FF
    return is_glyph or (is_unicode and char.isprintable() and unicodedata.bidirectional(char) not in ("R", "AL", "AN"))


@settings(max_examples=25)
@given(text=FOREIGN)
def test_no_pane_of_any_page_says_anything_that_a_terminal_obeys(text: str) -> None:
    desk = a_desk(a_spoiled_view(text))
    for page in BODIES:
        desk.cursors.open(page)
        for place in plan(page, 120, 40):
            for line in PANES[place.pane](Scene(desk, START, ASCII_GLYPHS), place.width, place.height):
                for part, _ in line:
                    assert all(is_harmless(char, is_unicode=True) for char in part), (place.pane, part)
                    assert not any(unicodedata.east_asian_width(char) in "FW" for char in part), (place.pane, part)


@given(text=FOREIGN)
def test_even_a_pane_that_forgets_to_clean_its_text_sends_no_order(text: str) -> None:
    styles = ThemeShelf().get("ansi").styles
    out = io.StringIO()
    strip = _strip(((text, "bid"), ("|", "rule")), styles)
    Console(file=out, force_terminal=True, color_system=None, width=200).print(
        *(segment.text for segment in strip), sep="", markup=False, highlight=False, soft_wrap=True
    )
    assert all(is_harmless(char, is_unicode=True) for char in out.getvalue().rstrip("\n"))
    assert strip.cell_length == len(text) + 1
    assert len(drawable(text)) == len(text)


@given(text=st.text())
def test_cleaned_text_takes_one_cell_a_character_and_reads_from_left_to_right(text: str) -> None:
    for char in plain(text):
        assert char.isprintable()
        assert unicodedata.east_asian_width(char) not in ("F", "W")
        assert unicodedata.bidirectional(char) not in ("R", "AL", "AN")
        assert not unicodedata.combining(char)


@pytest.mark.parametrize("glyphs", [ASCII_GLYPHS, UNICODE_GLYPHS], ids=["ascii", "unicode"])
async def test_what_y_sends_to_the_clipboard_is_exactly_the_text_of_the_pane_and_bounded(glyphs: object) -> None:
    async with a_stage(a_spoiled_view("\x1b]52;c;ZXZpbA==\x07x"), size=(200, 60)) as stage:
        sent: list[str] = []
        stage.app._driver.write = sent.append  # type: ignore[union-attr, method-assign]
        await stage.press("tab", "y")
        orders = [piece for piece in sent if "]52;" in piece]
        assert len(orders) == 1
        head, _, body = orders[0].partition("\x1b]52;c;")
        assert head == ""
        assert body.endswith("\a")
        text = base64.b64decode(body[:-1]).decode()
        assert text == text_of(stage.app.painter.panes[stage.app.desk.cursors.pane].lines)
        assert len(orders[0]) < 74_994
        assert all(char == "\n" or char.isprintable() for char in text)
