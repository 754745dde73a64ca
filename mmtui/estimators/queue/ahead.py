"""How much stands before an own order at its price, from what is seen of the level.

Owns the estimate for one order: trades at the price come off the front, and what vanishes without a trade
was cancelled, before or behind us, as the model says. Sizes are base units and never count our own orders.
A print that comes after the book that has it already is put in its place. Never knows what an order is.
Source: models.md 9.1.
"""

import enum
import math

CANCEL_POWER = 2.0
DECAY_PER_S = 0.8
TINY = 1e-12


class QueueModel(enum.Enum):
    """Where in a queue a cancel is taken to have been; the value is the setting's.

    CONSERVATIVE: behind us always. DECAY: not looked at, a fifth of the front leaves each second instead.
    """

    POWER = "power"
    LOG = "log"
    CONSERVATIVE = "conservative"
    DECAY = "decay"


def after_book(
    front: float, before: float, after: float, traded: float, model: QueueModel, power: float = CANCEL_POWER
) -> float:
    """Front once a level of ``before`` is seen as ``after``, with ``traded`` of it taken off the front already."""
    gone = before - after - traded
    if gone < 0.0 or model is QueueModel.CONSERVATIVE or model is QueueModel.DECAY:
        return max(0.0, min(front, after))
    back = max(0.0, before - front)
    from_back = share_behind(front, back, model, power)
    left = front - (1.0 - from_back) * gone + min(back - from_back * gone, 0.0)
    return max(0.0, min(left, after))


def share_behind(front: float, back: float, model: QueueModel, power: float = CANCEL_POWER) -> float:
    """Share of a cancel that falls behind us, in [0, 1]; nothing in the queue counts as all before us."""
    if model is QueueModel.LOG:
        behind, before = math.log1p(back), math.log1p(front)
    else:
        largest = max(front, back)
        if not largest > TINY:
            return 0.0
        behind, before = (back / largest) ** power, (front / largest) ** power
    total = behind + before
    return behind / total if total > TINY else 0.0


def decayed(front: float, dt_s: float) -> float:
    """Front after ``dt_s`` seconds in which cancels were not seen: 20 % of it leave each second."""
    return front * DECAY_PER_S**dt_s if dt_s > 0.0 else front


class QueueAhead:
    """The queue before one order: ``probable`` by the model, ``cautious`` as if no cancel ever helped.

    Both are None until the level was seen. ``is_through`` says that the market traded beyond our price.
    """

    __slots__ = ("_at", "_before", "_is_seen", "_level", "_traded", "at_ms", "cautious", "is_through", "probable")

    def __init__(self) -> None:
        self.cautious: float | None = None
        self.probable: float | None = None
        self.is_through = False
        self.at_ms = 0
        self._at = 0.0
        self._level = 0.0
        self._traded = 0.0
        self._is_seen = False
        self._before: tuple[float, float, float, float] | None = None

    def start(self, now: float, at_ms: int, level: float) -> None:
        """Takes the level as it was when we joined: all of it stands before us."""
        self.cautious = self.probable = self._level = max(0.0, level)
        self.at_ms, self._at, self._traded = at_ms, now, 0.0
        self._is_seen, self._before = True, None

    def on_level(self, now: float, at_ms: int, level: float, model: QueueModel, power: float) -> None:
        """Takes the level's size at a venue time; one older than the last is ignored."""
        cautious, probable = self.cautious, self.probable
        if at_ms < self.at_ms:
            return
        level = max(0.0, level)
        if cautious is None or probable is None:
            self.start(now, at_ms, level)
            return
        if model is QueueModel.DECAY or not self._is_seen:
            self.probable = min(decayed(probable, now - self._at), level)
            self.cautious = min(cautious, level)
            self._level, self._traded, self._before = level, 0.0, None
        elif level != self._level or self._traded:
            self._before = (cautious, probable, self._level, self._traded)
            self._compare(level, model, power)
        self.at_ms, self._at, self._is_seen = at_ms, max(now, self._at), True

    def on_trade(self, at_ms: int, size: float, model: QueueModel, power: float) -> None:
        """Takes a print at our price that took ``size`` off the other side of our queue."""
        if self.cautious is None or self.probable is None:
            return
        if at_ms > self.at_ms:
            self._take(size)
        elif self._before is not None:
            level = self._level
            self.cautious, self.probable, self._level, self._traded = self._before
            self._take(size)
            self._before = (self.cautious, self.probable, self._level, self._traded)
            self._compare(level, model, power)

    def out_of_sight(self, now: float) -> None:
        """The level is deeper than what is shown: cancels are not seen, so the front decays instead."""
        if self.probable is not None:
            self.probable = decayed(self.probable, now - self._at)
            self._at, self._is_seen = max(now, self._at), False

    def reach_front(self, *, is_through: bool = False) -> None:
        """We were filled, or must have been: nothing stands before us."""
        self.cautious = self.probable = 0.0
        self.is_through = self.is_through or is_through
        self._before = None

    def _take(self, size: float) -> None:
        assert self.cautious is not None and self.probable is not None, "a front that was seen"
        self.cautious = max(0.0, self.cautious - size)
        self.probable = max(0.0, self.probable - size)
        self._traded += size

    def _compare(self, level: float, model: QueueModel, power: float) -> None:
        assert self.cautious is not None and self.probable is not None, "a front that was seen"
        self.probable = after_book(self.probable, self._level, level, self._traded, model, power)
        self.cautious = min(self.cautious, level)
        self._level, self._traded = level, 0.0
