"""What a pane may look at: the picture to draw, the desk, the time, and the characters to use."""

import math
from typing import NamedTuple

from mmtui.console.desk import Desk
from mmtui.console.keys import KeyMap
from mmtui.console.moment import Moment
from mmtui.console.rows import Glyphs
from mmtui.console.sight import SILENT_S
from mmtui.domain.view import View

BOOK_OLD_MS = 1_000.0


class Health(NamedTuple):
    """What the console knows of itself: share of the loop, longest callback, rate, its line, and its own alarms.

    ``kib_s`` and ``mean_kib_s`` went to the terminal in the last second and minute; ``delay_ms`` is how long a
    frame took to be drawn there, None where the terminal does not tell; ``skipped`` frames gave way to later ones.
    """

    share: float = 0.0
    longest_ms: float = 0.0
    rate_hz: float = 10.0
    alarms: tuple[str, ...] = ()
    kib_s: float = 0.0
    mean_kib_s: float = 0.0
    delay_ms: float | None = None
    skipped: int = 0


class Scene(NamedTuple):
    """One moment of the console, read by every pane."""

    desk: Desk
    now: Moment
    glyphs: Glyphs
    theme: str = "default"
    health: Health = Health()
    old: str = ""

    @property
    def live(self) -> View | None:
        """The latest picture, for what is never held."""
        return self.desk.sight.view

    @property
    def view(self) -> View | None:
        """The picture the panes show: the held one while the view is held."""
        return self.desk.sight.held or self.desk.sight.view

    @property
    def age_s(self) -> float:
        """Seconds since the picture moved on."""
        return self.desk.sight.age_s(self.now.engine)

    @property
    def is_silent(self) -> bool:
        """Whether numbers on the screen are old."""
        return self.desk.sight.is_silent(self.now.engine)

    @property
    def keymap(self) -> KeyMap:
        """Keys as mapped now."""
        return self.desk.keymap

    def of_market(self) -> "Scene":
        """The scene for numbers made of the book: old in words when its last change is, or its feed is down."""
        feed = self.view.engine.feed if self.view is not None else None
        if feed is None or feed.book_age_ms is None or self.is_silent:
            return self
        if not feed.book_age_ms <= BOOK_OLD_MS:
            known = math.isfinite(feed.book_age_ms)
            return self._replace(old=f"old {feed.book_age_ms / 1e3:.1f} s" if known else "old")
        return self if feed.market_up else self._replace(old="feed down")

    def of_account(self) -> "Scene":
        """The scene for numbers told by the account's feed: old in words while it is down."""
        feed = self.view.engine.feed if self.view is not None else None
        is_down = feed is not None and feed.book_age_ms is not None and not feed.user_up and not self.is_silent
        return self._replace(old="account feed down") if is_down else self

    @property
    def doubt(self) -> str:
        """What stands behind the figures that matter while they are old."""
        return "?" if self.old or self.is_silent else ""

    def state(self, detail: str = "") -> str:
        """What a title says beside the name: that there is no data or how old it is, else the given detail."""
        if self.desk.sight.view is None:
            return f"no data {self.age_s:.0f} s"
        if self.age_s > SILENT_S:
            return f"OLD {self.age_s:.1f} s"
        return f"{self.old}  {detail}".rstrip() if self.old else detail

    def mark(self, role: str) -> str:
        """The role of a number: marked stale while the picture is old."""
        is_old = bool(self.old) or self.is_silent
        return "stale" if is_old and role not in ("rule", "label", "title") else role
