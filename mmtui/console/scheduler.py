"""Which panes take their turn at which tick, and how much of the loop the console may use. Pure.

Sixteen turns a round at four times the ladder's rate: never two groups in one callback. The
console measures itself; above its budget for ten seconds it halves its rate, and says so.
"""

TURNS = (
    "ladder", "money", "frame", "orders", "ladder", "models", "frame", "events",
    "ladder", "money", "frame", "orders", "ladder", "events", "frame", "chart",
)  # fmt: skip
TICKS_PER_REFRESH = 4
CHART_EVERY = 3
WINDOW_S = 10.0
SHARE_MAX = 0.05
CALLBACK_MAX_S = 0.005
SLOW_CALLBACKS_MAX = 10
RATE_MIN_HZ = 1.25


class Scheduler:
    """Hands out turns and keeps the console's own account of time."""

    __slots__ = ("_rate_asked_hz", "_slow", "_spent_s", "_tick", "_window_at", "longest_s", "rate_hz", "share")

    def __init__(self, rate_hz: float, now: float) -> None:
        self._rate_asked_hz = rate_hz
        self.rate_hz = rate_hz
        self.share = 0.0
        self.longest_s = 0.0
        self._tick = -1
        self._window_at = now
        self._spent_s = 0.0
        self._slow = 0

    @property
    def interval_s(self) -> float:
        """Seconds between ticks of the one timer."""
        return 1.0 / (self._rate_asked_hz * TICKS_PER_REFRESH)

    @property
    def is_reduced(self) -> bool:
        """Whether the console runs below the rate asked for."""
        return self.rate_hz < self._rate_asked_hz

    def turn(self) -> str:
        """The group whose turn it is; empty for a tick that is skipped."""
        self._tick += 1
        skip = round(self._rate_asked_hz / self.rate_hz)
        if self._tick % skip:
            return ""
        place = self._tick // skip
        group = TURNS[place % len(TURNS)]
        if group == "chart" and place // len(TURNS) % CHART_EVERY:
            return ""
        return group

    def account(self, spent_s: float, now: float) -> None:
        """Add one callback's time; at the end of a window judge the rate."""
        self._spent_s += spent_s
        self.longest_s = max(self.longest_s, spent_s)
        self._slow += spent_s > CALLBACK_MAX_S
        elapsed_s = now - self._window_at
        if elapsed_s < WINDOW_S:
            return
        self.share = self._spent_s / elapsed_s
        if (self.share > SHARE_MAX or self._slow > SLOW_CALLBACKS_MAX) and self.rate_hz / 2 >= RATE_MIN_HZ:
            self.rate_hz /= 2
        elif self.is_reduced and self.share < SHARE_MAX / 4 and not self._slow:
            self.rate_hz *= 2
        self._window_at, self._spent_s, self._slow, self.longest_s = now, 0.0, 0, 0.0
