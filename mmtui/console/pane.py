"""The one live widget: it keeps the lines last drawn, and repaints only those that changed.

Owns strips and their styles. It has no border, padding, focus or scroll bar, asks Textual for no
style, and never updates itself: the scheduler calls ``sync`` when it is this pane's turn.
"""

from collections.abc import Mapping
from functools import lru_cache

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from mmtui.console.format import plain
from mmtui.console.rows import UNICODE_GLYPHS, Line, Lines, divided
from mmtui.console.scene import Scene
from mmtui.console.screens.catalogue import Draw
from mmtui.console.screens.plan import Placement, Plan

NO_STYLE = Style()
GLYPHS = frozenset("".join(UNICODE_GLYPHS[:7]))


class Pane(Widget, can_focus=False, inherit_bindings=False):
    """One pane: draws rows of (text, role) in the place its plan gives."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Pane { width: auto; height: auto; }"

    def __init__(self, name: str, draw: Draw) -> None:
        super().__init__(id=f"pane-{name}")
        self.pane = name
        self.place: Placement | None = None
        self.lines: Lines = ()
        self._draw = draw
        self._strips: list[Strip] = []

    def sync(self, scene: Scene, styles: Mapping[str, Style]) -> int:
        """Draw for this moment; how many lines changed. The pane must be placed."""
        place = self.place
        assert place is not None
        lines = self._draw(scene, place.width - place.has_divider, place.height)
        if place.has_divider:
            lines = tuple(divided(line, scene.glyphs) for line in lines)
        return self.show(lines, styles)

    def show(self, lines: Lines, styles: Mapping[str, Style]) -> int:
        """Put lines on the screen, refreshing only those that differ from the last."""
        place = self.place
        assert place is not None
        if len(self._strips) != len(lines):
            self.lines, self._strips = lines, [_strip(line, styles) for line in lines]
            self.refresh()
            return len(lines)
        changed = [y for y, line in enumerate(lines) if line != self.lines[y]]
        for y in changed:
            self._strips[y] = _strip(lines[y], styles)
        if changed:
            self.lines = lines
            self.refresh(*(Region(0, y, place.width, 1) for y in changed))
        return len(changed)

    def forget(self) -> None:
        """Drop what is drawn, so that the next sync draws everything."""
        self.lines, self._strips = (), []

    def render_lines(self, crop: Region) -> list[Strip]:
        """The strips of a region; blank where nothing has been drawn yet."""
        strips = self._strips[crop.y : crop.bottom]
        if len(strips) < crop.height:
            strips = strips + [Strip.blank(crop.right, NO_STYLE)] * (crop.height - len(strips))
        if strips and crop.x == 0 and crop.width == strips[0].cell_length:
            return strips
        return [strip.crop_extend(crop.x, crop.right, NO_STYLE) for strip in strips]


def _strip(line: Line, styles: Mapping[str, Style]) -> Strip:
    segments: list[Segment] = []
    run, drawn = "", NO_STYLE
    for text, role in line:
        if not text:
            continue
        style = styles.get(role, NO_STYLE)
        shown = text if text.isascii() and text.isprintable() else drawable(text)
        if run and style is not drawn:
            segments.append(Segment(run, drawn))
            run = ""
        run, drawn = run + shown, style
    segments.append(Segment(run, drawn))
    return Strip(segments, sum(len(text) for text, _ in line))


@lru_cache(maxsize=512)
def drawable(text: str) -> str:
    """The text with nothing in it that a terminal would obey, mirror or draw two cells wide; its length stays.

    Panes clean what comes from elsewhere themselves; this is for the one that forgets to.
    """
    return "".join(char if char in GLYPHS else (plain(char) or "?") for char in text)


class Board(Screen[None], inherit_bindings=False):
    """The one Textual screen: every page is a plan over the same panes, so nothing is pushed or destroyed."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__()
        self.planned = PlannedLayout()

    @property
    def layout(self) -> Layout:
        """The open page's plan."""
        return self.planned


class PlannedLayout(Layout):
    """Places panes exactly where the open page's plan says; panes without a place are not shown."""

    name = "planned"

    def __init__(self) -> None:
        self.plan: Plan = ()

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002
        """One placement for each pane of the plan."""
        places = {place.pane: place for place in self.plan}
        result: ArrangeResult = []
        for child in children:
            place = places.get(child.pane) if isinstance(child, Pane) else None
            if place is not None:
                region = Region(place.x, place.y, place.width, place.height)
                result.append(
                    WidgetPlacement(
                        region, offset=region.offset - region.offset, margin=parent.styles.margin, widget=child
                    )
                )
        return result
