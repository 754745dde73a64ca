"""Puts the desk on the screen: panes, plan, theme, and the turn of each group.

Owns every pane and the rule that one that raises shows so in its own place while all else goes on.
Reads the desk and never changes it, except that a question learns when it was first drawn.
"""

from collections.abc import Sequence

from mmtui.console.desk import Desk
from mmtui.console.format import plain
from mmtui.console.mishaps import Mishaps
from mmtui.console.moment import Moment
from mmtui.console.options import ConsoleOptions
from mmtui.console.palette import listing
from mmtui.console.pane import Board, Pane
from mmtui.console.rows import ASCII_GLYPHS, UNICODE_GLYPHS, Lines, block, text_of, title
from mmtui.console.scene import Health, Scene
from mmtui.console.scheduler import Scheduler
from mmtui.console.screens.catalogue import FRAME, PANES, plan
from mmtui.console.screens.plan import Placement
from mmtui.console.terminal.line import Line
from mmtui.console.themes.theming import Theme, ThemeShelf, automatic, is_unicode
from mmtui.console.themes.watch import ThemeWatch


class Painter:
    """Draws panes when told; knows where each stands on the open page."""

    def __init__(self, desk: Desk, options: ConsoleOptions, now: Moment) -> None:
        self.desk = desk
        self.shelf = ThemeShelf(options.themes)
        self.watch = ThemeWatch(options.themes) if options.themes is not None else None
        self.line: Line | None = None
        self._chosen = options.theme
        self._run_kind = ""
        self.theme = self._pick()
        self.mishaps = Mishaps()
        self.scheduler = Scheduler(options.rate_hz, now.real)
        self.panes = {name: Pane(name, draw) for name, draw in PANES.items()}
        self._glyphs = ASCII_GLYPHS
        if is_unicode() if options.is_unicode is None else options.is_unicode:
            self._glyphs = UNICODE_GLYPHS
        self._planned: tuple[str, int, int, str, int] = ("", 0, 0, "", 0)

    @property
    def encoding(self) -> str:
        """What the terminal is sent: nothing but ASCII where it may not take more."""
        return "utf-8" if self._glyphs.is_unicode else "ascii"

    def _pick(self) -> Theme:
        return self.shelf.of_run(automatic() if self._chosen == "auto" else self._chosen, self._run_kind)

    def scene(self, now: Moment) -> Scene:
        """One moment of the desk, for the panes."""
        scheduler = self.scheduler
        defect = self.mishaps.alarm()
        alarms = [*([defect] if defect else []), *self.desk.keymap.problems, *self.shelf.problems]
        if scheduler.is_reduced:
            alarms.append(f"the console is slow: drawing at {scheduler.rate_hz:g} Hz")
        health = Health(scheduler.share, scheduler.longest_s * 1e3, scheduler.rate_hz, tuple(alarms))
        line = self.line
        if line is not None:
            delay_ms = None if line.delay_s is None else line.delay_s * 1e3
            health = health._replace(
                kib_s=line.kib_s, mean_kib_s=line.mean_kib_s, delay_ms=delay_ms, skipped=line.skipped
            )
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

    def text(self) -> str:
        """The screen as it was last drawn, as plain text."""
        rows: dict[int, list[tuple[int, str]]] = {}
        for pane in self.panes.values():
            if pane.place is not None:
                for offset, line in enumerate(text_of(pane.lines).split("\n")):
                    rows.setdefault(pane.place.y + offset, []).append((pane.place.x, line))
        shown = []
        for y in range(max(rows, default=-1) + 1):
            text = ""
            for x, line in sorted(rows.get(y, [])):
                text = text.ljust(x)[:x] + line
            shown.append(text.rstrip())
        return "\n".join(shown) + "\n"

    def _sync(self, pane: Pane, place: Placement, scene: Scene) -> None:
        try:
            pane.sync(scene, self.theme.styles)
        except Exception as error:  # noqa: BLE001 - the one place where a pane's failure ends
            self.mishaps.failed(f"pane {pane.pane}", error)
            pane.show(_failure(pane.pane, place, scene), self.theme.styles)
        else:
            self.mishaps.went_well(f"pane {pane.pane}")

    def replan(self, board: Board, size: tuple[int, int]) -> bool:
        """Place panes for the open page and size; whether anything moved."""
        cursors = self.desk.cursors
        wanted = (self.desk.page, *size, cursors.zoomed, listing.height(self.desk, size[1]))
        if wanted == self._planned:
            return False
        self._planned = wanted
        board.planned.plan = plan(*wanted)
        by_name = {place.pane: place for place in board.planned.plan}
        for name, pane in self.panes.items():
            pane.place = by_name.get(name)
        self.forget()
        cursors.offered["theme"] = self.shelf.names
        # A pane shown alone leaves the others to choose from.
        cursors.offer([place.pane for place in plan(cursors.page, *size) if place.pane not in FRAME])
        # A pane asks, because only a child's request makes Textual forget the arrangement it kept.
        self.panes["status"].refresh(layout=True)
        return True

    def forget(self) -> None:
        """Have every pane drawn anew at its next turn."""
        for pane in self.panes.values():
            pane.forget()

    def change_theme(self, name: str) -> str:
        """Another theme; why not, if it cannot be."""
        if name not in self.shelf.themes and name != "auto":
            return f"no theme {plain(name)!r}: have auto, {', '.join(self.shelf.names)}"
        if self._holds_live:
            return "LIVE: a repaint holds the engine's loop; start with --theme, or attach"
        self._chosen = name
        self._wear(self._pick())
        return ""

    @property
    def _holds_live(self) -> bool:
        view = self.desk.view
        return view is not None and view.session.run_kind == "LIVE" and not self.desk.link.is_attached

    def renew(self) -> str:
        """Take up what kind of run this is, and themes whose files have changed; what a person should know of it."""
        view = self.desk.view
        if view is not None and view.session.run_kind != self._run_kind:
            self._run_kind = view.session.run_kind
            self._wear(self._pick())
        shelf = self.watch.take() if self.watch is not None else None
        if shelf is None:
            return ""
        known, self.shelf = self.shelf.problems, shelf
        broken = [problem for problem in shelf.problems if problem not in known]
        name = automatic() if self._chosen == "auto" else self._chosen
        if self._holds_live or name not in shelf.themes:
            return broken[0] if broken else "themes read again; the one on screen stays"
        self._wear(self._pick())
        return broken[0] if broken else f"themes read again: {self.theme.name}"

    def _wear(self, theme: Theme) -> None:
        if theme != self.theme:
            self.theme = theme
            self.forget()


def _failure(name: str, place: Placement, scene: Scene) -> Lines:
    body = ((" pane error, see log", "bad"),)
    head = title(name.upper(), "", place.width, scene.glyphs)
    return block([body] if place.height == 1 else [head, body], place.width, place.height)
