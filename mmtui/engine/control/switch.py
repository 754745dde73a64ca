"""What is known of the exchange's dead man's switch: its settings on their way and in force, and its fires.

Every setting dies before the next one leaves, and until a later one is known to have arrived the earliest
of those that may be in force counts: a late renewal can never make us believe in more time than there
is. Times are the exchange's, in milliseconds, as far as our clock tells them: one that is ahead by up to
``AHEAD_MAX_MS`` lets a setting live longer than it was given. Faults F55, F87 to F89.
"""

import msgspec

FIRES_A_DAY = 10
DAY_MS = 86_400_000
SAME_FIRE_MS = 4_000
SETTINGS_MAX = 64
AHEAD_MAX_MS = 5_000


class Setting(msgspec.Struct):
    """One setting of the switch that may be in force; times are the exchange's, ``at_ms`` None takes it off."""

    at_ms: int | None
    sent_ms: int
    expires_ms: int
    acked_ms: int | None = None


class Switch:
    """Owner of what is known about the switch.

    ``asked_at`` is when it was first asked for, ``fires`` how often it fired on the day of ``fired_ms``,
    ``refused`` the volume at which the exchange found the account not eligible.
    """

    __slots__ = (
        "_settings",
        "asked_at",
        "disarm_at",
        "fired_ms",
        "fires",
        "next_at",
        "refused",
        "spent_day",
        "was_set",
    )

    def __init__(self) -> None:
        self._settings: dict[int, Setting] = {}
        self.asked_at: float | None = None
        self.disarm_at: float | None = None
        self.next_at = 0.0
        self.fires = 0
        self.fired_ms = 0
        self.refused: tuple[float, float] | None = None
        self.spent_day = 0
        self.was_set = False

    def sent(self, request_id: int, setting: Setting) -> None:
        """Notes a setting that leaves; those whose time has passed are over."""
        for key in [key for key, one in self._settings.items() if one.at_ms and one.at_ms < setting.sent_ms]:
            del self._settings[key]
        self._settings[request_id] = setting
        if len(self._settings) > SETTINGS_MAX:
            del self._settings[next(iter(self._settings))]

    def is_known(self, request_id: int) -> bool:
        """Whether this request is a setting under way."""
        return request_id in self._settings

    def accepted(self, request_id: int, venue_ms: int) -> None:
        """Notes that the exchange has taken it; what can only have come before it counts no more."""
        newest = self._settings[request_id]
        newest.acked_ms = venue_ms
        for key, one in list(self._settings.items()):
            is_earlier = one.expires_ms + AHEAD_MAX_MS < newest.sent_ms or (
                one.acked_ms is not None and one.acked_ms <= newest.sent_ms
            )
            if one is not newest and is_earlier:
                del self._settings[key]
        self.was_set = self.was_set or newest.at_ms is not None

    def renewal_ms(self, every_ms: int) -> int:
        """The exchange time of the next renewal: sooner where an earlier setting without an answer still counts."""
        last_ms = max(one.sent_ms for one in self._settings.values())
        doubtful = [one.expires_ms for one in self._settings.values() if one.acked_ms is None]
        return min(last_ms + every_ms, max(doubtful) + AHEAD_MAX_MS + 1) if doubtful else last_ms + every_ms

    def refuse(self, request_id: int) -> None:
        """Notes that a setting never took effect."""
        del self._settings[request_id]

    def deadline_ms(self) -> int | None:
        """The earliest exchange time at which it can fire; None when it may not be set at all."""
        if not self._settings:
            return None
        if not any(one.acked_ms is not None for one in self._settings.values()):
            return None
        times = [one.at_ms for one in self._settings.values()]
        known = [at_ms for at_ms in times if at_ms is not None]
        return min(known) if len(known) == len(times) else None

    def left_s(self, venue_ms: int) -> float | None:
        """Seconds that are certainly left before it fires; None when it may not be set."""
        deadline_ms = self.deadline_ms()
        return None if deadline_ms is None or deadline_ms <= venue_ms else (deadline_ms - venue_ms) / 1000.0

    def may_fire(self, venue_ms: int) -> bool:
        """Whether any setting may still be in force."""
        return any(one.at_ms is not None and one.at_ms > venue_ms for one in self._settings.values())

    def fired(self, at_ms: int) -> bool:
        """Counts a fire once, however many orders it took; returns whether it was unknown."""
        if at_ms <= self.fired_ms + SAME_FIRE_MS:
            return False
        self.fires = self.fires_on(at_ms) + 1
        self.fired_ms = at_ms
        for key in [key for key, one in self._settings.items() if one.acked_ms is not None]:
            del self._settings[key]
        self.next_at = 0.0
        return True

    def fires_on(self, venue_ms: int) -> int:
        """How often it has fired on the UTC day of an exchange time."""
        return self.fires if self.fired_ms // DAY_MS == venue_ms // DAY_MS else 0

    def restore(self, fires: int, fired_ms: int) -> None:
        """Takes what an earlier session of the day has counted."""
        if fired_ms > self.fired_ms:
            self.fires, self.fired_ms = fires, fired_ms

    def is_spent(self, venue_ms: int) -> bool:
        """Whether it fires no more before 00:00 UTC."""
        return self.fires_on(venue_ms) >= FIRES_A_DAY or self.spent_day == venue_ms // DAY_MS
