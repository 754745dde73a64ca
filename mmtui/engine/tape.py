"""What the session has done: fills with their markouts, counters, uptime, alarms."""

from collections import deque

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings, Value
from mmtui.domain.view import Alarm, LevelView, MarkoutView, OrderRow
from mmtui.estimators.adverse.markouts import MarkoutRecord
from mmtui.strategies.quote import Ladder

FILLS_MAX = 200
ALARMS_MAX = 20


class FillNote:
    """One fill as shown; the markout is filled in when its horizon has passed."""

    __slots__ = ("at", "fee_usd", "is_taker", "level", "markout_bps", "mid", "position", "price", "side", "size")

    def __init__(self, *, at: float, side: Side, price: float, size: float, fee_usd: float, mid: float) -> None:
        self.at = at
        self.side = side
        self.price = price
        self.size = size
        self.fee_usd = fee_usd
        self.mid = mid
        self.level: int | None = None
        self.is_taker = False
        self.position = 0.0
        self.markout_bps: float | None = None

    @property
    def edge_bps(self) -> float | None:
        """Distance of the price from the mid at the fill, positive when it earned."""
        return self.side * (self.mid - self.price) / self.mid * 1e4 if self.mid > 0.0 else None


class Drawn:
    """Parts of the last picture beside what each was made of, so that nothing is made twice of the same."""

    __slots__ = ("levels", "markouts", "over", "parameters")

    def __init__(self) -> None:
        self.levels: tuple[Ladder | None, tuple[LevelView, ...]] = (None, ())
        self.markouts: tuple[tuple[MarkoutRecord, ...], tuple[MarkoutView, ...]] = ((), ())
        self.over: tuple[tuple[object, ...], tuple[OrderRow, ...]] = ((), ())
        self.parameters: tuple[Settings | None, dict[str, Value]] = (None, {})


class Tape:
    """Owner of the session's totals and of what is worth showing."""

    __slots__ = (
        "_ends",
        "_open_since",
        "_two_sided",
        "_unmarked",
        "alarms",
        "counts",
        "drawn",
        "fills",
        "ready_at",
        "sampled_at",
        "started_at",
        "synced_at",
        "turnover",
        "volumes",
    )

    def __init__(self) -> None:
        self.fills: deque[FillNote] = deque(maxlen=FILLS_MAX)
        self._unmarked: deque[FillNote] = deque(maxlen=FILLS_MAX)
        self.counts: dict[str, int] = dict.fromkeys(
            ("placed", "filled", "cancelled", "refused", "fills", "cycles", "denied", "rate_limit_errors"), 0
        )
        self.volumes: dict[Side, int] = {Side.BUY: 0, Side.SELL: 0}
        self.turnover = 0
        self.drawn = Drawn()
        self.alarms: dict[str, Alarm] = {}
        self._ends: dict[str, float] = {}
        self.started_at = 0.0
        self.sampled_at = 0.0
        self.synced_at = 0.0
        self.ready_at: float | None = None
        self._two_sided = 0.0
        self._open_since: float | None = None

    def count(self, name: str, by: int = 1) -> None:
        """Adds to a total."""
        self.counts[name] += by

    def add_fill(self, note: FillNote) -> None:
        """Adds a fill whose markout is still to come."""
        self.fills.append(note)
        self._unmarked.append(note)

    def mark(self, now: float, mid: float, horizon_s: float) -> None:
        """Resolves the markouts whose horizon has passed, with the mid that held until now."""
        while self._unmarked and now - self._unmarked[0].at > horizon_s:
            note = self._unmarked.popleft()
            if note.mid > 0.0:
                note.markout_bps = note.side * (mid - note.price) / note.mid * 1e4

    def two_sided(self, now: float, *, is_open: bool) -> None:
        """Follows whether quotes rest on both sides."""
        if is_open and self._open_since is None:
            self._open_since = now
        elif not is_open and self._open_since is not None:
            self._two_sided += now - self._open_since
            self._open_since = None

    def uptime(self, now: float) -> float:
        """Share of the time since ready with quotes on both sides."""
        if self.ready_at is None or now <= self.ready_at:
            return 0.0
        open_s = self._two_sided + (now - self._open_since if self._open_since is not None else 0.0)
        return min(1.0, open_s / (now - self.ready_at))

    def alarm(self, key: str, now: float, severity: int, text: str, *, lasts_s: float | None = None) -> None:
        """Raises or renews an alarm; it keeps the time it began, and ends after ``lasts_s`` or when cleared.

        When there are too many the mildest gives way, unless all are graver.
        """
        known = self.alarms.get(key)
        if known is None and len(self.alarms) >= ALARMS_MAX:
            mildest = min(self.alarms.values(), key=lambda alarm: alarm.severity)
            if mildest.severity >= severity:
                return
            self.clear(mildest.id)
        since = known.since if known is not None else now
        self.alarms[key] = Alarm(id=key, since=since, severity=severity, text=text)
        if lasts_s is not None:
            self._ends[key] = now + lasts_s
        else:
            self._ends.pop(key, None)

    def clear(self, key: str) -> None:
        """Ends an alarm."""
        self.alarms.pop(key, None)
        self._ends.pop(key, None)

    def pass_time(self, now: float) -> None:
        """Ends the alarms whose time is over."""
        for key in [key for key, end in self._ends.items() if now >= end]:
            self.clear(key)
