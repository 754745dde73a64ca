"""A replay at the console's keys: they move the replay, and only there; the status line says where it stands."""

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.keys import KeyMap
from mmtui.console.moment import Moment
from mmtui.console.panes import bottom, status
from mmtui.console.rows import UNICODE_GLYPHS, text_of
from mmtui.console.scene import Scene
from mmtui.runtime.replay.film import Film
from mmtui.runtime.replay.link import ReplayLink
from mmtui.runtime.replay.player import FilmPlayer
from tests.console.memory_link import MemoryLink
from tests.incident.state import START_S
from tests.replay.test_film import Clock, film


class Console:
    """A desk over a replay, at a real second moved by hand."""

    def __init__(self, made: Film) -> None:
        self.clock = Clock()
        self.player = FilmPlayer(made, self.clock)
        self.desk = Desk(ReplayLink(made, self.player), KeyMap(), HANDLERS, name="op", now=self.now())
        self.desk.look(self.now())

    def now(self) -> Moment:
        return Moment(self.player.at(), self.clock.now)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.clock.now += 1.0 if not self.player.played().is_paused else 0.0
            self.desk.press(key, self.now())
            self.desk.look(self.now())

    def status(self, width: int = 120) -> str:
        scene = Scene(self.desk, self.now(), UNICODE_GLYPHS)
        return text_of(status.rows(scene, width, 2))

    def keys(self, width: int = 120) -> str:
        return text_of([bottom.key_line(Scene(self.desk, self.now(), UNICODE_GLYPHS), width)])


def test_the_keys_of_a_replay_move_it() -> None:
    console = Console(film())
    console.press("space")
    assert console.player.played().is_paused
    at = console.player.at()
    console.press("}", ".", ",", ",")
    assert console.player.at() == at + 59.0
    console.press("N")
    assert console.player.at() == START_S + 40.0
    console.press("m", ")")
    assert console.player.at() == START_S + 50.0
    assert console.player.played().speed == 2.0
    console.desk.run_line("goto +30", console.now())
    assert console.player.at() == START_S + 80.0


def test_the_status_line_says_that_it_is_a_replay_and_where_it_stands() -> None:
    console = Console(film())
    console.press("}", "space")
    for width in (60, 79):
        assert "REPLAY" in console.status(width)
        assert "PAUSED 52%" in console.status(width)
    for width in (80, 120, 200):
        assert "REPLAY" in console.status(width)
        assert "PAUSED 0:01:02 of 0:01:59" in console.status(width)
    assert "OLD" not in console.status()
    console.press("space")
    assert " x1 " in console.status()


def test_the_key_line_shows_the_keys_of_a_replay_and_none_that_trades() -> None:
    told = Console(film()).keys()
    assert "space play" in told
    assert "n fill" in told
    assert "flatten" not in told
    assert "kill" not in told


def test_a_command_in_a_replay_is_refused_in_words() -> None:
    console = Console(film())
    console.press("p")
    note = console.desk.note
    assert note is not None
    assert "this is a replay" in note.text


def test_a_live_console_keeps_its_own_keys() -> None:
    now = Moment(START_S, 1.0)
    desk = Desk(MemoryLink(film().view(5)), KeyMap(), HANDLERS, name="op", now=now)
    desk.look(now)
    desk.press("space", now)
    assert desk.sight.held is not None
    desk.do("play", "", now)
    assert desk.note is not None
    assert "this is no replay" in desk.note.text
