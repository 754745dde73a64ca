"""Whether this console is in control of the engine that it shows, and what is said when that changes. Pure.

Owns the words. The engine's side owns the rule and refuses by itself; here a person is told before he is asked
for a confirmation that would come to nothing.
"""

from mmtui.console.format import plain
from mmtui.console.keys import Action, Danger
from mmtui.console.outbox import Note
from mmtui.domain.standing import Standing, refused_to

FOR_EVERYONE = frozenset({"pause", "reduce-only", "cancel-bids", "cancel-asks", "kill", "kill-now"})
LEAVES_AFTER_S = 3.0


class Attendance:
    """What was last heard of who is in control, and since when the engine's session is over."""

    __slots__ = ("_ended_at", "_news")

    def __init__(self, standing: Standing) -> None:
        self._news = standing.news
        self._ended_at: float | None = None

    def settle(self, standing: Standing, now: float) -> Note | None:
        """A note when somebody came, went or took control, and when the session ended."""
        if standing.ended and self._ended_at is None:
            self._ended_at = now
            return Note(f"THE ENGINE HAS ENDED: {plain(standing.ended)}", "bad", now)
        if standing.news == self._news:
            return None
        self._news = standing.news
        return Note(plain(standing.text), "text" if standing.is_in_control else "warn", now)

    def is_over(self, now: float) -> bool:
        """Whether the end has been on the screen for long enough."""
        return self._ended_at is not None and now - self._ended_at >= LEAVES_AFTER_S


def looks_on(standing: Standing, action: Action) -> str:
    """Why a console that only looks on cannot do this; empty when it can."""
    if standing.is_in_control or action.danger is Danger.NONE or action.id in FOR_EVERYONE:
        return ""
    return f"{action.id} refused: {plain(refused_to(standing))}"
