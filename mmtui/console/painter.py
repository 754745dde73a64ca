"""Puts the desk on the screen: panes, plan, theme, and the turn of each group.

Owns every pane and the rule that one that raises shows so in its own place while all else goes on.
Reads the desk and never changes it, except that a question learns when it was first drawn.
"""

import locale
import logging
from collections.abc import Sequence

from mmtui.console.desk import Desk
from mmtui.console.moment import Moment
from mmtui.console.options import ConsoleOptions
from mmtui.console.pane import Board, Pane
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS, Lines, block, title
from mmtui.console.scene import Health, Scene
from mmtui.console.scheduler import Scheduler
from mmtui.console.screens.catalogue import FRAME, PANES, plan
from mmtui.console.screens.plan import Placement
from mmtui.console.theming import Theme, ThemeShelf, automatic

log = logging.getLogger("mmtui.console")


class Painter:
    """Draws panes when told; knows where each stands on the open page."""

    def __init__(self, desk: Desk, options: ConsoleOptions, now: Moment) -> None:
        self.desk = desk
        self.shelf = ThemeShelf(options.themes)
        self.theme = self._pick(options.theme)
        self.scheduler = Scheduler(options.rate_hz, now.real)
        self.panes = {name: Pane(name, draw) for name, draw in PANES.items()}
        self._glyphs = UNICODE_GLYPHS if _is_unicode(options) else ASCII_GLYPHS
        self._planned: tuple[str, int, int, str] = ("", 0, 0, "")

    def _pick(self, name: str) -> Theme:
        return self.shelf.get(automatic() if name == "auto" else name)

    def scene(self, now: Moment) -> Scene:
        """One moment of the desk, for the panes."""
        scheduler = self.scheduler
        alarms = [*self.desk.keymap.problems, *self.shelf.problems]
        if scheduler.is_reduced:
            alarms.append(f"the console is slow: drawing at {scheduler.rate_hz:g} Hz")
        health = Health(scheduler.share, scheduler.longest_s * 1e3, scheduler.rate_hz, tuple(alarms))
        return Scene(self.desk, now, self._glyphs, self.theme.name, health)

    def draw(self, names: Sequence[str], now: Moment, *, is_behind: bool = False) -> None:
        """Draw the named panes of the open page."""
        scene = self.scene(now)
        for name in names:
            pane = self.panes[name]
            if pane.place is not None:
                self._sync(pane, pane.place, scene)
        ask = self.desk.ask
        if ask is not None and ask.drawn_at is None and "bottom" in names and not is_behind:
            ask.drawn_at = now.real

    def _sync(self, pane: Pane, place: Placement, scene: Scene) -> None:
        try:
            pane.sync(scene, self.theme.styles)
        except Exception as error:  # noqa: BLE001 - the one place where a pane's failure ends
            log.error("pane %s failed: %s at %s", pane.pane, type(error).__name__, where(error))
            pane.show(_failure(pane.pane, place, scene), self.theme.styles)

    def replan(self, board: Board, size: tuple[int, int]) -> bool:
        """Place panes for the open page and size; whether anything moved."""
        cursors = self.desk.cursors
        wanted = (self.desk.page, *size, cursors.zoomed)
        if wanted == self._planned:
            return False
        self._planned = wanted
        board.planned.plan = plan(*wanted)
        by_name = {place.pane: place for place in board.planned.plan}
        for name, pane in self.panes.items():
            pane.place = by_name.get(name)
        self.forget()
        # A pane shown alone leaves the others to choose from.
        cursors.offer([place.pane for place in plan(cursors.page, *size) if place.pane not in FRAME])
        # A pane asks, because only a child's request makes Textual forget the arrangement it kept.
        self.panes["status"].refresh(layout=True)
        return True

    def forget(self) -> None:
        """Have every pane drawn anew at its next turn."""
        for pane in self.panes.values():
            pane.forget()

    def change_theme(self, name: str) -> bool:
        """Another theme, if there is one of that name."""
        if name not in self.shelf.themes and name != "auto":
            return False
        self.theme = self._pick(name)
        self.forget()
        return True


def _failure(name: str, place: Placement, scene: Scene) -> Lines:
    body = ((" pane error, see log", "bad"),)
    head = title(name.upper(), "", place.width, scene.glyphs)
    return block([body] if place.height == 1 else [head, body], place.width, place.height)


def _is_unicode(options: ConsoleOptions) -> bool:
    if options.is_unicode is not None:
        return options.is_unicode
    return locale.getpreferredencoding(False).lower().replace("-", "") == "utf8"


def where(error: BaseException) -> str:
    """File and line where an error was raised; no values."""
    step = error.__traceback__
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    if step is None:
        return "unknown"
    return f"{step.tb_frame.f_code.co_filename.rpartition('/')[2]}:{step.tb_lineno}"
