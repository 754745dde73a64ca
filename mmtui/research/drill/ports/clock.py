"""The engine's clock in a world: the venue's time with an error that a fault may set.

Owns skew and drift. Like the live clock it never goes back while a process lives: a jump of the wall
clock shows only at the next start, a suspended machine shows as a leap forward.
"""

from mmtui.research.drill.ports.timeline import Timeline


class SimClock:
    """Epoch seconds as this host sees them."""

    __slots__ = ("_anchor_ms", "_anchor_s", "_rate", "_timeline", "wall_skew_ms")

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self._anchor_ms = timeline.now_ms
        self._anchor_s = timeline.now_ms / 1000.0
        self._rate = 1.0
        self.wall_skew_ms = 0

    def __call__(self) -> float:
        """The host's time now."""
        return self._anchor_s + (self._timeline.now_ms - self._anchor_ms) * self._rate / 1000.0

    @property
    def error_ms(self) -> float:
        """By how much the host's time is ahead of the venue's."""
        return self() * 1000.0 - self._timeline.now_ms

    def wall(self) -> float:
        """What the wall clock says, which a start begins with."""
        return (self._timeline.now_ms + self.wall_skew_ms) / 1000.0

    def drift(self, parts_per_million: float) -> None:
        """Lets the clock run fast or slow from now on."""
        self._anchor_s, self._anchor_ms = self(), self._timeline.now_ms
        self._rate = 1.0 + parts_per_million / 1e6

    def restart(self) -> None:
        """A process starts: its clock is the wall clock of that moment."""
        self._anchor_ms = self._timeline.now_ms
        self._anchor_s = self.wall()
