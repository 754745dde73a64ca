"""What the venue sends that cannot be used, told to the engine when there is more of it.

Counting is the feeds'; deciding is the engine's. Faults F51, F52.
"""

from mmtui.domain.events import VenueNotice
from mmtui.venues.hyperliquid.feeds import FeedCounts

QUIET_S = 60.0


class Notices:
    """Tells how much was turned away since it was last quiet, each kind at most once a look."""

    __slots__ = ("_base", "_changed_at", "_seen")

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._base: dict[str, int] = {}
        self._changed_at: dict[str, float] = {}

    def look(self, now_s: float, counts: FeedCounts) -> list[VenueNotice]:
        """The notices to tell now."""
        kinds = {
            "bad-frames": (counts.refused_frames, "bad frames"),
            "bad-items": (counts.refused_items, "bad prices, sizes or times refused"),
            "unknown-channels": (counts.unread_channels, "messages of unknown channels"),
        }
        told = []
        for code, (total, text) in kinds.items():
            if total == self._seen.get(code, 0):
                continue
            if now_s - self._changed_at.get(code, -QUIET_S) >= QUIET_S:
                self._base[code] = self._seen.get(code, 0)
            self._seen[code], self._changed_at[code] = total, now_s
            told.append(VenueNotice(received_at=now_s, code=code, text=text, count=total - self._base[code]))
        return told
