"""A desk on a memory link, two clocks that are moved by hand, and scenes of it."""

from collections.abc import Callable

import pytest

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.keys import KeyMap
from mmtui.console.moment import Moment
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS
from mmtui.console.scene import Scene
from mmtui.domain.view import View
from tests.console.memory_link import MemoryLink
from tests.console.pictures import a_view

START = Moment(engine=100.0, real=5_000.0)


def after(seconds: float, *, speed: float = 1.0) -> Moment:
    """That many real seconds after the start; the engine lives ``speed`` times as fast."""
    return Moment(START.engine + seconds * speed, START.real + seconds)


def a_desk(view: View | None = None, *, is_attached: bool = False) -> Desk:
    desk = Desk(MemoryLink(view, is_attached=is_attached), KeyMap(), HANDLERS, name="op", now=START)
    desk.look(START)
    return desk


def a_scene(view: View | None = None, *, page: str = "main", age_s: float = 0.0, is_unicode: bool = False) -> Scene:
    desk = a_desk(view)
    desk.cursors.open(page)
    return Scene(desk, after(age_s), UNICODE_GLYPHS if is_unicode else ASCII_GLYPHS)


class Keyboard:
    """Presses keys at chosen times; a question counts as drawn when the test says so.

    The engine's clock runs ``speed`` times as fast as the person's, in whose seconds ``wait`` counts.
    """

    def __init__(self, desk: Desk, *, speed: float = 1.0) -> None:
        self.desk = desk
        self.now = START
        self.speed = speed

    def press(self, *keys: str) -> "Keyboard":
        for key in keys:
            self.desk.press(key, self.now)
        return self

    def draw(self) -> "Keyboard":
        if self.desk.ask is not None:
            self.desk.ask.drawn_at = self.now.real
        return self

    def wait(self, seconds: float) -> "Keyboard":
        self.now = Moment(self.now.engine + seconds * self.speed, self.now.real + seconds)
        self.desk.look(self.now)
        return self

    @property
    def sent(self) -> list[object]:
        link = self.desk.link
        assert isinstance(link, MemoryLink)
        return list(link.sent)

    @property
    def note(self) -> str:
        return self.desk.note.text if self.desk.note else ""


@pytest.fixture
def keyboard() -> Keyboard:
    return Keyboard(a_desk(a_view()))


@pytest.fixture
def keyboard_of() -> Callable[[View | None], Keyboard]:
    return lambda view: Keyboard(a_desk(view))
