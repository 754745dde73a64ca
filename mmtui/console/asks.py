"""Questions at the bottom of the screen. Pure; time is an argument, in real seconds.

A question takes its keys only ``ARM_S`` after it was drawn, so that keys typed during a stall do
nothing; any other key is no; silence is no. It never covers a pane.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from mmtui.console.moment import Moment

if TYPE_CHECKING:
    from mmtui.console.desk import Desk

ARM_S = 0.3
CONFIRM_S = 10.0
RENEW_S = 1.0
KILL_S = 3.0
REARM_S = 30.0

Answer: TypeAlias = "Callable[[Desk, Moment], None]"


class Ask:
    """One question: what it says, the keys that answer it, and how long it stays.

    ``detail`` follows the headline where it fits whole; ``renew`` brings both up to date once a second. ``briefs``
    say the same in fewer words, the longest first, for screens where the headline would be cut.
    """

    __slots__ = (
        "answers",
        "briefs",
        "detail",
        "drawn_at",
        "headline",
        "is_armed_at_once",
        "kind",
        "lasts_s",
        "opened_at",
        "options",
        "renew",
        "renewed_at",
    )

    def __init__(
        self,
        kind: str,
        headline: str,
        options: str,
        answers: Mapping[str, Answer],
        *,
        opened_at: float,
        lasts_s: float = CONFIRM_S,
        is_armed_at_once: bool = False,
        renew: Answer | None = None,
        briefs: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.headline = headline
        self.options = options
        self.answers = dict(answers)
        self.opened_at = opened_at
        self.lasts_s = lasts_s
        self.drawn_at: float | None = None
        self.is_armed_at_once = is_armed_at_once
        self.detail = ""
        self.briefs = briefs
        self.renew = renew
        self.renewed_at = opened_at

    def left_s(self, now: float) -> float:
        """Seconds until it closes with no."""
        return max(self.opened_at + self.lasts_s - now, 0.0)

    def is_over(self, now: float) -> bool:
        """Whether its time has run out."""
        return now >= self.opened_at + self.lasts_s

    def must_renew(self, now: float) -> bool:
        """Whether a second has passed since it was brought up to date; the next second begins."""
        if self.renew is None or now - self.renewed_at < RENEW_S:
            return False
        self.renewed_at = now
        return True

    def is_armed(self, now: float) -> bool:
        """Whether a key may answer yet."""
        if self.is_armed_at_once:
            return True
        return self.drawn_at is not None and now - self.drawn_at >= ARM_S
