"""The console as a Textual app, in the loop of the engine it shows or of a process of its own.

Owns the one timer, the keys' way to the desk, and the end of the console. It decides nothing about
trading: keys go to the desk, the desk's commands go through the link. A crash of the app ends the
console with a reason and leaves the loop as it was.
"""

import asyncio
import gc
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from textual import events
from textual.app import App, ComposeResult
from textual.screen import Screen

from mmtui.console.acts import HANDLERS
from mmtui.console.acts.incidents import ask_for_bundle
from mmtui.console.attending.berths import Berths
from mmtui.console.desk import Desk
from mmtui.console.format import clock, date, plain
from mmtui.console.keyfile import read_keymap, write_pane
from mmtui.console.keys import KeyMap
from mmtui.console.link import Link
from mmtui.console.mishaps import where
from mmtui.console.moment import Moment
from mmtui.console.options import ConsoleEnd, ConsoleOptions, EndReason
from mmtui.console.pages import blotter
from mmtui.console.painter import Painter
from mmtui.console.pane import Board
from mmtui.console.rows import text_of
from mmtui.console.screens.catalogue import FRAME, GROUPS, PANES
from mmtui.console.terminal.driver import GuardedDriver
from mmtui.console.terminal.signals import TerminalSignals

__all__ = ["ConsoleApp", "ConsoleEnd", "ConsoleOptions", "EndReason", "run_console"]

log = logging.getLogger("mmtui.console")

SETTLED_S = 1.0
Clock = Callable[[], float]
Result = TypeVar("Result")
LIST_PAGES = ("orders", "fills", "parameters", "log", "help", "why", "report", "chart")
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
        self.options = options
        keymap = read_keymap(options.keys_file, options.keys)
        self.desk = Desk(link, keymap, HANDLERS, name=options.name, now=Moment(clock(), seconds()))
        self.berths = Berths(self.desk, clock, seconds, options.roster)
        self.painter = Painter(self.desk, options, self.moment())
        self.crash = ""
        self._is_ticking = is_ticking
        self._disk_work: set[asyncio.Task[None]] = set()
        self._area: tuple[int, int] | None = None

    def moment(self) -> Moment:
        """Now, on both clocks."""
        return self.berths.moment()

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
            self._driver.encoding = self.painter.encoding
            self._driver.limit(self.options.line_kib_s)
            self.painter.line = self._driver.line
        self.draw_all()
        if self._is_ticking:
            if self.painter.watch is not None:
                self.painter.watch.start()
            # What the screen is made of is never garbage, and a full collection of it holds the loop for 20 ms.
            self.set_timer(SETTLED_S, gc.freeze)
            self.set_interval(self.painter.scheduler.interval_s, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        """Another size: another plan."""
        self._area = event.size
        self._draw(EVERY_PANE, self.moment())

    def draw_all(self) -> None:
        """Look at the link and draw every pane of the page."""
        now = self.moment()
        self._look(now)
        self._draw(EVERY_PANE, now)

    def _look(self, now: Moment) -> None:
        self.painter.mishaps.attempt("looking at the engine", lambda: self.desk.look(now))
        news = self.painter.renew()
        if news:
            self.desk.say(news, now, "warn")

    def _tick(self) -> None:
        # The thread's own CPU: a machine that others keep busy is no reason to draw less.
        started, spent_s = self.moment(), time.thread_time()
        self._look(started)
        over = self.berths.over(started)
        if over:
            self.exit(ConsoleEnd(EndReason.ENDED, over))
        if isinstance(self._driver, GuardedDriver) and not self._driver.may_draw():
            return
        group = self.painter.scheduler.turn()
        if group:
            self._draw(GROUPS[group], started)
        self.painter.scheduler.account(time.thread_time() - spent_s, started.real)

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
        self._acknowledge(key)
        self.painter.mishaps.attempt("looking at the engine", lambda: self.desk.look(now))
        if not self.painter.mishaps.attempt(f"key {key}", lambda: self._act_on(key, now)):
            self.painter.mishaps.went_well(f"key {key}")
            self.desk.wishes = []
            self.desk.say(f"key {key} FAILED: look at what the engine shows; pause and kill still work", now, "bad")
        self._draw(EVERY_PANE if self.desk.page in LIST_PAGES else FRAME, now)

    def _act_on(self, key: str, now: Moment) -> None:
        self.desk.press(key, now)
        wishes, self.desk.wishes = self.desk.wishes, []
        for name, argument in wishes:
            self._grant(name, argument, now)
        if self.desk is not self.berths.shown:
            self.desk = self.painter.desk = self.berths.shown
            self.desk.look(self.moment())
            self.painter.forget()
            self._draw(EVERY_PANE, self.moment())

    def _acknowledge(self, key: str) -> None:
        """Where the line is slow, show the key before the frame that it leads to."""
        if isinstance(self._driver, GuardedDriver):
            action = self.desk.keymap.find(key, self.desk.page)
            is_act = action is not None and self.desk.field is None and self.desk.ask is None
            if self._driver.mark(plain(f" {key} {action.id} " if is_act and action is not None else f" {key} ")):
                self.painter.panes["bottom"].forget()

    def _grant(self, wish: str, argument: str, now: Moment) -> None:
        if wish == "leave":
            if not self.berths.leads_home():
                self.exit(ConsoleEnd(EndReason(argument)))
        elif wish == "switch":
            refusal = self.berths.switch(argument)
            if refusal:
                self.desk.say(plain(refusal), now, "warn")
        elif wish == "copy":
            self._copy(now)
        elif wish == "write":
            self._write(now)
        elif wish == "export":
            self._export(argument, now)
        elif wish == "bundle":
            ask_for_bundle(self.desk, self.painter.text(), now)
        elif wish == "reload":
            self._beside(lambda: read_keymap(self.options.keys_file, self.options.keys), self._take_keys)
        elif wish == "theme" and (refusal := self.painter.change_theme(argument)):
            self.desk.say(refusal, now, "warn")
        elif wish in ("theme", "redraw"):
            self.painter.forget()
            self._draw(EVERY_PANE, now)
            self._repaint()

    def _chosen_pane(self) -> str:
        cursors = self.desk.cursors
        return cursors.pane or (cursors.panes[0] if cursors.panes else "")

    def _copy(self, now: Moment) -> None:
        name = self._chosen_pane()
        if name:
            self.copy_to_clipboard(text_of(self.painter.panes[name].lines))
            self.desk.say(f"{name} sent to the terminal's clipboard (not all terminals take it)", now)

    def _write(self, now: Moment) -> None:
        name, folder = self._chosen_pane(), self.options.exports
        if not name or folder is None:
            self.desk.say("there is no folder to write to here; y copies the pane", now, "warn")
            return
        text = text_of(self.painter.panes[name].lines)
        stem = f"{name}-{date(now.engine)}-{clock(now.engine).replace(':', '')}"
        self._beside(lambda: write_pane(folder, stem, text), lambda path: self._tell(f"{name} written to {path}"))

    def _export(self, name: str, now: Moment) -> None:
        view, folder = self.desk.sight.held or self.desk.sight.view, self.options.exports
        if view is None or folder is None:
            self.desk.say("there is nothing to export, or no folder to write to here", now, "warn")
            return
        words = self.desk.cursors.filters.get(name, "")
        stem = f"{name}-{date(now.engine)}-{clock(now.engine).replace(':', '')}"
        count = len(blotter.select(view, words).rows)
        self._beside(
            lambda: write_pane(folder, stem, blotter.as_csv(view, words), "csv"),
            lambda path: self._tell(f"{count} {name} written to {path.name}, in {path.parent}"),
        )

    def _tell(self, text: str, role: str = "ok") -> None:
        now = self.moment()
        self.desk.say(plain(text), now, role)
        self._draw(FRAME, now)

    def _take_keys(self, keymap: KeyMap) -> None:
        self.desk.keymap = keymap
        own = len(keymap.moved)
        text = f"keys read again: {'; '.join(keymap.moved)}" if own else "keys read again"
        problems = f"; {len(keymap.problems)} refused, ? lists them" if keymap.problems else ""
        self._tell(text + problems, "warn" if problems else "ok")

    def _beside(self, work: Callable[[], Result], then: Callable[[Result], None]) -> None:
        """Has the disk waited for in a thread: neither the engine in this loop nor the screen may."""

        async def wait() -> None:
            try:
                result = await asyncio.to_thread(work)
            except OSError as error:
                self._tell(f"not written: {error.strerror or error}", "bad")
            else:
                self.painter.mishaps.attempt("an answer of the disk", lambda: then(result))

        task = asyncio.get_running_loop().create_task(wait())
        self._disk_work.add(task)
        task.add_done_callback(self._disk_work.discard)

    def hang_up(self) -> None:
        """The terminal is gone: end, and say why."""
        self.exit(ConsoleEnd(EndReason.HANGUP, "the terminal is gone"))

    def resized(self) -> None:
        """The terminal has another size."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.resized()

    def continued(self) -> None:
        """The process was stopped and goes on."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.continued()

    def step_back(self) -> None:
        """Stop this process as its shell asks."""
        if isinstance(self._driver, GuardedDriver):
            self._driver.suspend()

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
        signals = TerminalSignals(
            loop, app.hang_up, app.resized, app.continued, app.step_back if link.is_attached else None
        )
        signals.install()
        try:
            end = await app.run_async(mouse=False)
        finally:
            signals.restore()
            if app.painter.watch is not None:
                app.painter.watch.stop()
    if app.crash:
        return ConsoleEnd(EndReason.CRASH, app.crash)
    return end if end is not None else ConsoleEnd(EndReason.CRASH, "the console ended without saying why")
