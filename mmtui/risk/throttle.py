"""Rates: how many actions were sent, how one-sided the fills are, how often a level was replaced or refused."""

from collections import deque

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings

SECOND_S = 1.0
MINUTE_S = 60.0
RUN_WINDOW_S = 60.0
REPLACE_WINDOW_S = 10.0
BACKOFF_MAX_S = 30.0
BACKOFF_REDUCING_MAX_S = 2.0
DOUBLINGS_MAX = 10


class ActionRate:
    """Signed actions in the last second and minute; cancels are counted but never refused."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=4096)

    def sent(self, now: float) -> None:
        """Counts one action."""
        self._sent.append(now)

    def last_minute(self, now: float) -> int:
        """Actions in the last minute."""
        while self._sent and self._sent[0] <= now - MINUTE_S:
            self._sent.popleft()
        return len(self._sent)

    def may_place(self, now: float, settings: Settings) -> bool:
        """Whether one more placing action leaves the cancel reserve untouched."""
        share = 1.0 - settings.number("risk.cancel_reserve_pct") / 100.0
        if not self.last_minute(now) + 1 <= share * settings.number("risk.actions_per_min_max"):
            return False
        recent = 0
        for at in reversed(self._sent):
            if at <= now - SECOND_S:
                break
            recent += 1
        return recent + 1 <= max(1.0, share * settings.number("risk.actions_per_s_max"))


class FillRun:
    """Distinct orders filled on one side with none on the other, within a minute."""

    __slots__ = ("_orders", "_side")

    def __init__(self) -> None:
        self._side: Side | None = None
        self._orders: dict[str, float] = {}

    def filled(self, now: float, side: Side, cloid: str) -> int:
        """Counts a fill; returns the length of the run."""
        if side is not self._side:
            self._side, self._orders = side, {}
        self._orders[cloid] = now
        self._orders = {key: at for key, at in self._orders.items() if at > now - RUN_WINDOW_S}
        return len(self._orders)

    def reset(self) -> None:
        """Starts a run anew."""
        self._side, self._orders = None, {}


class ReplaceRate:
    """Replacements of each level of the ladder in the last ten seconds."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[tuple[Side, int], deque[float]] = {}

    def replaced(self, now: float, side: Side, level: int) -> int:
        """Counts one replacement; returns how many there were lately."""
        times = self._times.setdefault((side, level), deque(maxlen=1024))
        times.append(now)
        while times[0] <= now - REPLACE_WINDOW_S:
            times.popleft()
        return len(times)

    def reset(self) -> None:
        """Forgets everything."""
        self._times.clear()


class RefusalBackoff:
    """Levels the venue refuses: tried again at once, then after a second, then ever later."""

    __slots__ = ("_refused",)

    def __init__(self) -> None:
        self._refused: dict[tuple[Side, int], tuple[int, float]] = {}

    def refused(self, now: float, side: Side, level: int, *, is_reducing: bool) -> None:
        """Counts one refusal; what reduces the position never waits long."""
        count = self._refused.get((side, level), (0, 0.0))[0] + 1
        most_s = BACKOFF_REDUCING_MAX_S if is_reducing else BACKOFF_MAX_S
        wait_s = 0.0 if count == 1 else min(most_s, 2.0 ** min(count - 2, DOUBLINGS_MAX))
        self._refused[(side, level)] = (count, now + wait_s)

    def accepted(self, side: Side, level: int) -> None:
        """The venue took an order there."""
        self._refused.pop((side, level), None)

    def may_place(self, now: float, side: Side, level: int) -> bool:
        """Whether the wait at this level is over."""
        return now >= self._refused.get((side, level), (0, 0.0))[1]
