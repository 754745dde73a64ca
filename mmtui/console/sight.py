"""The last picture of the engine and how old it is. Pure; time is an argument, on the engine's clock.

Age is measured from when the picture last moved on, so a frozen engine, a
dead socket and a stopped publisher all look the same: old.
"""

import math

from mmtui.domain.view import Alarm, View

SILENT_S = 2.0


class Sight:
    """What was last seen, and when it last changed."""

    __slots__ = ("_acknowledged", "_changed_at", "_engine_at", "held", "held_at", "view")

    def __init__(self, now: float) -> None:
        self.view: View | None = None
        self.held: View | None = None
        self.held_at = 0.0
        self._acknowledged: set[tuple[str, float]] = set()
        self._changed_at = now
        self._engine_at = -math.inf

    def take(self, view: View | None, now: float) -> None:
        """Look at the link's latest picture; only one of another engine time is fresh."""
        if view is None:
            return
        self.view = view
        if view.engine.at != self._engine_at:
            self._engine_at = view.engine.at
            self._changed_at = now

    def age_s(self, now: float) -> float:
        """Seconds since the picture last moved on."""
        return max(now - self._changed_at, 0.0)

    def is_silent(self, now: float) -> bool:
        """Whether the picture is too old to act on."""
        return self.view is None or self.age_s(now) > SILENT_S

    def toggle_hold(self, now: float) -> None:
        """Hold the panes at this picture, or let them go on."""
        self.held = None if self.held is not None else self.view
        self.held_at = now

    def open_alarms(self) -> list[Alarm]:
        """Alarms not acknowledged, worst first, then oldest."""
        if self.view is None:
            return []
        alarms = self.view.engine.alarms
        self._acknowledged &= {(alarm.id, alarm.since) for alarm in alarms}
        unseen = [alarm for alarm in alarms if (alarm.id, alarm.since) not in self._acknowledged]
        return sorted(unseen, key=lambda alarm: (-alarm.severity, alarm.since))

    def worst_alarm(self) -> Alarm | None:
        """The alarm to show."""
        alarms = self.open_alarms()
        return alarms[0] if alarms else None

    def acknowledge(self, alarm: Alarm) -> None:
        """Put an alarm away until it is raised anew."""
        self._acknowledged.add((alarm.id, alarm.since))
