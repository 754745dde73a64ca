"""Rates: how many actions were sent, how one-sided the fills are, how often a level was replaced or refused.

Every memory here has a written cap.
"""

import math
from collections import deque

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS, Price

SECOND_S = 1.0
MINUTE_S = 60.0
RUN_WINDOW_S = 60.0
REPLACE_WINDOW_S = 10.0
BACKOFF_MAX_S = 30.0
BACKOFF_REDUCING_MAX_S = 2.0
BACKOFF_STEADY_S = 1.0
DOUBLINGS_MAX = 10
RUN_MAX = 1_024
LEVELS_MAX = 4_096
OCCASIONS_MAX = 128
CAUSES_MAX = 64


class ActionRate:
    """Signed actions in the last second and minute: every one counts, and only placing ones are refused."""

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
    """Distinct orders that made the position larger on one side with no fill on the other, within a minute."""

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
        if len(self._orders) > RUN_MAX:
            del self._orders[next(iter(self._orders))]
        return len(self._orders)

    def reduced(self, side: Side) -> None:
        """Takes a fill that made the position smaller: part of no run, the end of one on the other side."""
        if side is not self._side:
            self._side, self._orders = side, {}

    def length(self, now: float, side: Side) -> int:
        """Length of the run on ``side`` at ``now``."""
        if side is not self._side:
            return 0
        return sum(1 for at in self._orders.values() if at > now - RUN_WINDOW_S)

    def reset(self) -> None:
        """Starts a run anew."""
        self._side, self._orders = None, {}


class ReplaceRate:
    """Cycles of placing and taking off at one price, on one level of the ladder, in the last ten seconds.

    Prices within a basis point are one. A quote that follows a fast market is taken off at ever other
    prices; one that is placed and taken off at the same price again and again follows nothing.
    """

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[tuple[Side, int, int], deque[float]] = {}

    def replaced(self, now: float, side: Side, level: int, price: Price) -> int:
        """Counts one cycle; returns how many there were lately at this price."""
        key = (side, level, round(math.log(price) * BPS))
        times = self._times.pop(key, None) or deque(maxlen=1024)
        self._times[key] = times
        times.append(now)
        while times[0] <= now - REPLACE_WINDOW_S:
            times.popleft()
        self._forget(now)
        return len(times)

    def reset(self) -> None:
        """Forgets everything."""
        self._times.clear()

    def _forget(self, now: float) -> None:
        """Drops prices not used lately, oldest first, and the oldest of too many."""
        while self._times:
            oldest = next(iter(self._times))
            if self._times[oldest][-1] > now - REPLACE_WINDOW_S and len(self._times) <= LEVELS_MAX:
                return
            del self._times[oldest]


class Occasions:
    """How often each named thing happened lately; at most ``CAUSES_MAX`` names."""

    __slots__ = ("_times",)

    def __init__(self) -> None:
        self._times: dict[str, deque[float]] = {}

    def count(self, now: float, name: str, window_s: float) -> int:
        """Counts one occasion; returns how many there were within the window."""
        times = self._times.pop(name, None) or deque(maxlen=OCCASIONS_MAX)
        self._times[name] = times
        if len(self._times) > CAUSES_MAX:
            del self._times[next(iter(self._times))]
        times.append(now)
        while times[0] <= now - window_s:
            times.popleft()
        return len(times)

    def last(self, name: str) -> float | None:
        """When it last happened; None when it never did."""
        times = self._times.get(name)
        return times[-1] if times else None


class RefusalBackoff:
    """Levels the venue refuses: tried again at once, then after a second, then ever later."""

    __slots__ = ("_refused",)

    def __init__(self) -> None:
        self._refused: dict[tuple[Side, int], tuple[int, float]] = {}

    def refused(self, now: float, side: Side, level: int, *, is_reducing: bool, is_steady: bool = False) -> None:
        """Counts one refusal; what reduces the position never waits long, what is ``is_steady`` a second each time."""
        count = self._refused.get((side, level), (0, 0.0))[0] + 1
        most_s = BACKOFF_REDUCING_MAX_S if is_reducing else BACKOFF_MAX_S
        most_s = BACKOFF_STEADY_S if is_steady else most_s
        wait_s = 0.0 if count == 1 else min(most_s, 2.0 ** min(count - 2, DOUBLINGS_MAX))
        self._refused[(side, level)] = (count, now + wait_s)

    def accepted(self, side: Side, level: int) -> None:
        """The venue took an order there."""
        self._refused.pop((side, level), None)

    def may_place(self, now: float, side: Side, level: int) -> bool:
        """Whether the wait at this level is over."""
        return now >= self._refused.get((side, level), (0, 0.0))[1]
