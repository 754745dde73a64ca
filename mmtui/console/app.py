"""The console as a Textual app, in the loop of the engine it shows or of a process of its own.

Owns panes, the one timer, the theme and the end of the console. It decides nothing about trading:
keys go to the desk, the desk's commands go through the link. A pane that raises shows so in its
own place; a crash of the whole app ends the console with a reason and leaves the loop as it was.
"""

import asyncio
import enum
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.driver import GuardedDriver, TerminalSignals
from mmtui.console.format import plain
from mmtui.console.keys import KeyMap
from mmtui.console.link import Link
from mmtui.console.pane import Board, Pane
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS, Line, fit, text_of, title
from mmtui.console.scene import Health, Scene
from mmtui.console.scheduler import Scheduler
from mmtui.console.screens.catalogue import FRAME, GROUPS, PANES, plan
from mmtui.console.theming import Theme, ThemeShelf, automatic

log = logging.getLogger("mmtui.console")

Clock = Callable[[], float]


class EndReason(enum.Enum):
    """Why a console ended."""

    STOP = "stop"
    DETACH = "detach"
    HANGUP = "hangup"
    CRASH = "crash"


class ConsoleEnd:
    """How a console ended; ``message`` is one line for people, without any value of a variable."""

    __slots__ = ("message", "reason")

    def __init__(self, reason: EndReason, message: str = "") -> None:
        self.reason = reason
        self.message = message


class ConsoleOptions:
    """What the caller chooses: who is at the keys, theme, rate, own keys and themes, glyphs, mouse."""

    __slots__ = ("is_unicode", "keys", "mouse", "name", "rate_hz", "theme", "themes")

    def __init__(
        self,
        *,
        name: str = "op",
        theme: str = "auto",
        rate_hz: float = 10.0,
        is_unicode: bool = True,
        keys: dict[str, str] | None = None,
        themes: Path | None = None,
        mouse: bool = False,
    ) -> None:
        self.name = name
        self.theme = theme
        self.rate_hz = rate_hz
        self.is_unicode = is_unicode
        self.keys = keys or {}
        self.themes = themes
        self.mouse = mouse


class ConsoleApp(App[ConsoleEnd], inherit_bindings=False):
    """Panes over a link. ``is_ticking`` off leaves every draw to ``draw_all``, for tests."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = "Screen { overflow: hidden; background: ansi_default; color: ansi_default; }"

    def __init__(self, link: Link, options: ConsoleOptions, *, clock: Clock, is_ticking: bool = True) -> None:
        super().__init__(driver_class=GuardedDriver, ansi_color=True)
        self.animation_level = "none"
        self.clock = clock
        self.shelf = ThemeShelf(options.themes)
        self.look = self._pick(options.theme)
        keymap = KeyMap(options.keys)
        self.shelf.problems.extend(keymap.problems)
        self.desk = Desk(link, keymap, HANDLERS, name=options.name, now=clock())
        self.scheduler = Scheduler(options.rate_hz, clock())
        self.panes = {name: Pane(name, draw) for name, draw in PANES.items()}
        self.crash = ""
        self._glyphs = UNICODE_GLYPHS if options.is_unicode else ASCII_GLYPHS
        self._is_ticking = is_ticking
        self._area: tuple[int, int] | None = None
        self._planned: tuple[str, int, int] = ("", 0, 0)

    def _pick(self, name: str) -> Theme:
        return self.shelf.get(automatic() if name == "auto" else name)

    def get_default_screen(self) -> Screen[Any]:
        """Textual's hook for the first screen; ours is the only one."""
        return Board()

    def compose(self) -> ComposeResult:
        """Every pane of every page, made once."""
        yield from self.panes.values()

    def on_mount(self) -> None:
        """Draw once and start the one timer."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.on_hangup = self.hang_up
            self._driver.on_drained = self._repaint
        self.draw_all()
        if self._is_ticking:
            self.set_interval(self.scheduler.interval_s, self._tick)

    def scene(self, now: float) -> Scene:
        """One moment, for the panes."""
        alarms = list(self.shelf.problems)
        if self.scheduler.is_reduced:
            alarms.append(f"the console is slow: drawing at {self.scheduler.rate_hz:g} Hz")
        scheduler = self.scheduler
        health = Health(scheduler.share, scheduler.longest_s * 1e3, scheduler.rate_hz, tuple(alarms))
        return Scene(self.desk, now, self._glyphs, self.look.name, health)

    def draw_all(self) -> None:
        """Look at the link and draw every pane of the page."""
        now = self.clock()
        self.desk.look(now)
        self._draw(tuple(self.panes), now)

    def _tick(self) -> None:
        started = self.clock()
        if isinstance(self._driver, GuardedDriver) and self._driver.is_behind:
            return
        self.desk.look(started)
        group = self.scheduler.turn()
        if group:
            self._draw(GROUPS[group], started)
        self.scheduler.account(self.clock() - started, started)

    def _draw(self, names: tuple[str, ...], now: float) -> None:
        self._replan()
        scene = self.scene(now)
        for name in names:
            pane = self.panes[name]
            if pane.place is not None:
                self._sync(pane, scene)
        ask = self.desk.ask
        if ask is not None and ask.drawn_at is None and "bottom" in names and not self._is_behind():
            ask.drawn_at = now

    def _is_behind(self) -> bool:
        return isinstance(self._driver, GuardedDriver) and self._driver.is_behind

    def _sync(self, pane: Pane, scene: Scene) -> None:
        try:
            pane.sync(scene, self.look.styles)
        except Exception as error:  # noqa: BLE001
            log.error("pane %s failed: %s at %s", pane.pane, type(error).__name__, _where(error))
            place = pane.place
            assert place is not None
            head: Line = title(pane.pane.upper(), "", place.width, scene.glyphs)
            body: Line = fit(((" pane error, see log", "bad"),), place.width)
            lines = (
                (body,)
                if place.height == 1
                else (head, *(fit(line, place.width) for line in [body] + [()] * (place.height - 2)))
            )
            pane.show(lines, self.look.styles)

    def _replan(self) -> None:
        width, height = self._area or self.size
        board = self.screen
        if not isinstance(board, Board) or (self.desk.page, width, height) == self._planned:
            return
        self._planned = (self.desk.page, width, height)
        places = plan(self.desk.page, width, height)
        by_name = {place.pane: place for place in places}
        for name, pane in self.panes.items():
            pane.place = by_name.get(name)
            pane.forget()
        self.desk.cursors.offer([place.pane for place in places if place.pane not in FRAME])
        board.planned.plan = places
        # A pane asks, because only a child's request makes Textual forget the arrangement it kept.
        self.panes["status"].refresh(layout=True)
        self._draw(tuple(self.panes), self.clock())

    def on_resize(self, event: events.Resize) -> None:
        """Another size: another plan."""
        self._area = event.size
        self._draw(tuple(self.panes), self.clock())

    def _repaint(self) -> None:
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes go to the desk and nowhere else, so that no widget can swallow the kill key."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.press(_name_of(event))
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            self.desk.paste(event.text)
            self._draw(FRAME, self.clock())
        else:
            await super().on_event(event)

    def press(self, key: str) -> None:
        """One key."""
        now = self.clock()
        page = self.desk.page
        self.desk.look(now)
        self.desk.press(key, now)
        self._grant_wishes(now)
        self._draw(FRAME if self.desk.page == page and not self._moves_list() else tuple(self.panes), now)

    def _moves_list(self) -> bool:
        return self.desk.page in ("orders", "fills", "parameters", "log", "help")

    def _grant_wishes(self, now: float) -> None:
        wishes, self.desk.wishes = self.desk.wishes, []
        for name, argument in wishes:
            if name == "leave":
                self.exit(ConsoleEnd(EndReason(argument)))
            elif name == "redraw":
                for pane in self.panes.values():
                    pane.forget()
                self._draw(tuple(self.panes), now)
                self._repaint()
            elif name == "theme":
                self._change_theme(argument, now)
            elif name == "copy":
                self._copy(now)

    def _change_theme(self, name: str, now: float) -> None:
        if name not in self.shelf.themes and name != "auto":
            self.desk.say(f"no theme {plain(name)!r}: have {', '.join(self.shelf.names)}", now, "warn")
            return
        self.look = self._pick(name)
        for pane in self.panes.values():
            pane.forget()
        self._draw(tuple(self.panes), now)

    def _copy(self, now: float) -> None:
        cursors = self.desk.cursors
        name = cursors.pane or (cursors.panes[0] if cursors.panes else "")
        if not name:
            return
        self.copy_to_clipboard(text_of(self.panes[name].lines))
        self.desk.say(f"{name} sent to the terminal's clipboard (not all terminals take it)", now)

    def hang_up(self) -> None:
        """The terminal is gone: end, and say why."""
        self.exit(ConsoleEnd(EndReason.HANGUP, "the terminal is gone"))

    def resized(self) -> None:
        """The terminal has another size."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.resized()

    def _handle_exception(self, error: Exception) -> None:
        """Textual's hook for what nobody caught: end with one line, without the values of variables."""
        if not self.crash:
            self.crash = f"{type(error).__name__} at {_where(error)}"
            log.error("console ends: %s", self.crash)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Textual would print a traceback with locals here."""
        self._close_messages_no_wait()


def _name_of(event: events.Key) -> str:
    character = event.character
    if character is not None and len(character) == 1 and character.isprintable() and character != " ":
        return character
    return event.key


def _where(error: BaseException) -> str:
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    return f"{Path(step.tb_frame.f_code.co_filename).name}:{step.tb_lineno}" if step is not None else "unknown"


@contextmanager
def _own_task_factory(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Textual sets another task factory on some Pythons; the engine's must come back."""
    before: Any = loop.get_task_factory()
    try:
        yield
    finally:
        loop.set_task_factory(before)


async def run_console(link: Link, options: ConsoleOptions, *, clock: Clock) -> ConsoleEnd:
    """Run a console in this loop until a person leaves, the terminal goes, or it crashes.

    Takes SIGHUP, SIGWINCH and SIGTSTP meanwhile and gives them back; SIGINT and SIGTERM are the caller's.
    """
    loop = asyncio.get_running_loop()
    with _own_task_factory(loop):
        app = ConsoleApp(link, options, clock=clock)
        signals = TerminalSignals(loop, app.hang_up, app.resized)
        signals.install()
        try:
            end = await app.run_async(mouse=options.mouse)
        finally:
            signals.restore()
    if app.crash:
        return ConsoleEnd(EndReason.CRASH, app.crash)
    return end if end is not None else ConsoleEnd(EndReason.CRASH, "the console ended without saying why")
