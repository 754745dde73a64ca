"""The console as a Textual app, in the loop of the engine it shows or of a process of its own.

Owns the one timer, the keys' way to the desk, and the end of the console. It decides nothing about
trading: keys go to the desk, the desk's commands go through the link. A crash of the app ends the
console with a reason and leaves the loop as it was.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen

from mmtui.console.acts import HANDLERS
from mmtui.console.desk import Desk
from mmtui.console.format import plain
from mmtui.console.keys import KeyMap
from mmtui.console.link import Link
from mmtui.console.moment import Moment
from mmtui.console.options import ConsoleEnd, ConsoleOptions, EndReason
from mmtui.console.painter import Painter, where
from mmtui.console.pane import Board
from mmtui.console.rows import text_of
from mmtui.console.screens.catalogue import FRAME, GROUPS, PANES
from mmtui.console.terminal.driver import GuardedDriver
from mmtui.console.terminal.signals import TerminalSignals

__all__ = ["ConsoleApp", "ConsoleEnd", "ConsoleOptions", "EndReason", "run_console"]

log = logging.getLogger("mmtui.console")

Clock = Callable[[], float]
LIST_PAGES = ("orders", "fills", "parameters", "log", "help")
EVERY_PANE = tuple(PANES)


class ConsoleApp(App[ConsoleEnd], inherit_bindings=False):
    """Panes over a link. ``is_ticking`` off leaves every draw to ``draw_all``, for tests."""

    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    CSS = "Screen { overflow: hidden; background: ansi_default; color: ansi_default; }"

    def __init__(
        self, link: Link, options: ConsoleOptions, *, clock: Clock, seconds: Clock, is_ticking: bool = True
    ) -> None:
        super().__init__(driver_class=GuardedDriver, ansi_color=True)
        self.animation_level = "none"
        self.clock = clock
        self.seconds = seconds
        self.desk = Desk(link, KeyMap(options.keys), HANDLERS, name=options.name, now=self.moment())
        self.painter = Painter(self.desk, options, self.moment())
        self.crash = ""
        self._is_ticking = is_ticking
        self._area: tuple[int, int] | None = None

    def moment(self) -> Moment:
        """Now, on both clocks."""
        return Moment(self.clock(), self.seconds())

    def get_default_screen(self) -> Screen[Any]:
        """Textual's hook for the first screen; ours is the only one."""
        return Board()

    def compose(self) -> ComposeResult:
        """Every pane of every page, made once."""
        yield from self.painter.panes.values()

    def on_mount(self) -> None:
        """Draw once and start the one timer."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.on_hangup = self.hang_up
            self._driver.on_drained = self._repaint
        self.draw_all()
        if self._is_ticking:
            self.set_interval(self.painter.scheduler.interval_s, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Another size: another plan."""
        self._area = event.size
        self._draw(EVERY_PANE, self.moment())

    def draw_all(self) -> None:
        """Look at the link and draw every pane of the page."""
        now = self.moment()
        self.desk.look(now)
        self._draw(EVERY_PANE, now)

    def _tick(self) -> None:
        started = self.moment()
        if self._is_behind():
            return
        self.desk.look(started)
        group = self.painter.scheduler.turn()
        if group:
            self._draw(GROUPS[group], started)
        self.painter.scheduler.account(self.seconds() - started.real, started.real)

    def _draw(self, names: Sequence[str], now: Moment) -> None:
        board = self.screen
        if isinstance(board, Board) and self.painter.replan(board, self._area or self.size):
            names = EVERY_PANE
        self.painter.draw(names, now, is_behind=self._is_behind())

    def _is_behind(self) -> bool:
        return isinstance(self._driver, GuardedDriver) and self._driver.is_behind

    def _repaint(self) -> None:
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Keys and pastes go to the desk and nowhere else, so that no widget can swallow the kill key."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._press(_name_of(event))
        elif isinstance(event, events.Paste) and not event.is_forwarded:
            self.desk.paste(event.text)
            self._draw(FRAME, self.moment())
        else:
            await super().on_event(event)

    def _press(self, key: str) -> None:
        now = self.moment()
        self.desk.look(now)
        self.desk.press(key, now)
        wishes, self.desk.wishes = self.desk.wishes, []
        for name, argument in wishes:
            self._grant(name, argument, now)
        self._draw(EVERY_PANE if self.desk.page in LIST_PAGES else FRAME, now)

    def _grant(self, wish: str, argument: str, now: Moment) -> None:
        if wish == "leave":
            self.exit(ConsoleEnd(EndReason(argument)))
        elif wish == "copy":
            self._copy(now)
        elif wish == "theme" and not self.painter.change_theme(argument):
            names = ", ".join(self.painter.shelf.names)
            self.desk.say(f"no theme {plain(argument)!r}: have {names}", now, "warn")
        elif wish in ("theme", "redraw"):
            self.painter.forget()
            self._draw(EVERY_PANE, now)
            self._repaint()

    def _copy(self, now: Moment) -> None:
        cursors = self.desk.cursors
        name = cursors.pane or (cursors.panes[0] if cursors.panes else "")
        if name:
            self.copy_to_clipboard(text_of(self.painter.panes[name].lines))
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
            self.crash = f"{type(error).__name__} at {where(error)}"
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


@contextmanager
def _own_task_factory(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Textual sets another task factory on some Pythons; the engine's must come back."""
    before: Any = loop.get_task_factory()
    try:
        yield
    finally:
        loop.set_task_factory(before)


async def run_console(link: Link, options: ConsoleOptions, *, clock: Clock, seconds: Clock) -> ConsoleEnd:
    """Run a console in this loop until a person leaves, the terminal goes, or it crashes.

    ``clock`` is the engine's, ``seconds`` a monotonic one of real time: an engine may run faster than life.
    Takes SIGHUP, SIGWINCH and SIGTSTP meanwhile and gives them back; SIGINT and SIGTERM are the caller's.
    """
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        return ConsoleEnd(EndReason.CRASH, "the console needs a terminal on its input; use --no-ui without one")
    loop = asyncio.get_running_loop()
    with _own_task_factory(loop):
        app = ConsoleApp(link, options, clock=clock, seconds=seconds)
        signals = TerminalSignals(loop, app.hang_up, app.resized)
        signals.install()
        try:
            end = await app.run_async(mouse=options.mouse)
        finally:
            signals.restore()
    if app.crash:
        return ConsoleEnd(EndReason.CRASH, app.crash)
    return end if end is not None else ConsoleEnd(EndReason.CRASH, "the console ended without saying why")
