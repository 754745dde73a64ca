"""Where the person is: page, chosen pane, list positions and filters. Pure."""

from collections.abc import Sequence

from mmtui.console.ladder.axis import Axis
from mmtui.console.ladder.rungs import Changes

MAIN = "main"


class Cursors:
    """The open page, and for each page its chosen line, first shown line, filter and pane; one may be zoomed."""

    __slots__ = (
        "_anchors",
        "axis",
        "changes",
        "chosen",
        "filters",
        "lengths",
        "log_level",
        "offered",
        "page",
        "pane",
        "panes",
        "steps",
        "view_heights",
        "zoomed",
    )

    def __init__(self) -> None:
        self.page = MAIN
        self.axis = Axis()
        self.changes = Changes()
        self.log_level = ""
        self.chosen: dict[str, int] = {}
        self.filters: dict[str, str] = {}
        self.lengths: dict[str, int] = {}
        self.view_heights: dict[str, int] = {}
        self.pane = ""
        self.panes: tuple[str, ...] = ()
        self.zoomed = ""
        self.offered: dict[str, tuple[str, ...]] = {}
        self.steps: dict[str, int] = {}
        self._anchors: dict[str, tuple[int, object]] = {}

    def open(self, page: str) -> None:
        """Show a page; the chosen pane does not carry over."""
        self.page = page
        self.pane = self.zoomed = ""

    def at(self, page: str, length: int, height: int) -> tuple[int, int]:
        """(chosen line, first line shown) of a list of ``length`` in ``height`` lines."""
        self.lengths[page] = length
        self.view_heights[page] = height
        chosen = min(max(self.chosen.get(page, 0), 0), max(length - 1, 0))
        self.chosen[page] = chosen
        first = min(max(chosen - height // 2, 0), max(length - height, 0))
        return chosen, first

    def on(self, page: str, keys: Sequence[object], height: int, *, is_pinned_at_top: bool = False) -> tuple[int, int]:
        """As ``at`` for a list whose entries have names: the chosen one stays chosen when others come and go.

        The first line means the newest and follows what comes, unless it is pinned as well.
        """
        chosen = self.chosen.get(page, 0)
        place, key = self._anchors.get(page, (-1, None))
        if chosen == place and (chosen > 0 or is_pinned_at_top) and key in keys:
            self.chosen[page] = keys.index(key)
        chosen, first = self.at(page, len(keys), height)
        if keys:
            self._anchors[page] = (chosen, keys[chosen])
        return chosen, first

    def anchor(self, page: str) -> object:
        """The name of the entry that was chosen when the list was last drawn."""
        return self._anchors.get(page, (0, None))[1]

    def move(self, step: int) -> None:
        """Move the chosen line of the open page."""
        last = max(self.lengths.get(self.page, 1) - 1, 0)
        self.chosen[self.page] = min(max(self.chosen.get(self.page, 0) + step, 0), last)

    def jump(self, to_end: bool) -> None:
        """Choose the first or the last line."""
        self.chosen[self.page] = max(self.lengths.get(self.page, 1) - 1, 0) if to_end else 0

    def screenful(self) -> int:
        """Lines a page key moves by."""
        return max(self.view_heights.get(self.page, 10) - 1, 1)

    def offer(self, panes: Sequence[str]) -> None:
        """Note the panes that can be chosen now."""
        self.panes = tuple(panes)
        if self.pane not in self.panes:
            self.pane = ""

    def next_pane(self, step: int) -> str:
        """Choose the next or previous pane; its name."""
        if not self.panes:
            return ""
        place = self.panes.index(self.pane) + step if self.pane else (0 if step > 0 else -1)
        self.pane = self.panes[place % len(self.panes)]
        self.zoomed = self.pane if self.zoomed else ""
        return self.pane

    def zoom(self) -> str:
        """Show the chosen pane alone, the first when none is chosen, or all panes again; what is alone now."""
        if self.zoomed:
            self.zoomed = ""
        elif self.panes:
            self.pane = self.zoomed = self.pane or self.panes[0]
        return self.zoomed
