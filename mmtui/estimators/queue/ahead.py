"""How much stands before an own order at its price, from what is seen of the level.

Owns the estimate for one order: trades at the price come off the front, and what vanishes without a trade
was cancelled, before or behind us, as the model says. Sizes are base units and never count our own orders.
A print that comes after the book that has it already is put in its place. Never knows what an order is.
Source: models.md 9.1.
"""

import enum
import math
from typing import NamedTuple

CANCEL_POWER = 2.0
DECAY_PER_S = 0.8
TINY = 1e-12
# A fill is told within this long of the print; an order that is still there was not met by it.
THROUGH_MS = 2_000


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


class _Before(NamedTuple):
    """What held before the last picture, should a print from before it come late."""

    cautious: float
    probable: float
    level: float
    traded: float
    at_ms: int
    joined_ms: int


class QueueAhead:
    """The queue before one order: ``probable`` by the model, ``cautious`` as if no cancel ever helped.

    Both are None until the level was seen.
    """

    __slots__ = (
        "_at",
        "_before",
        "_is_seen",
        "_joined_ms",
        "_level",
        "_through_ms",
        "_traded",
        "at_ms",
        "cautious",
        "probable",
    )

    def __init__(self) -> None:
        self.cautious: float | None = None
        self.probable: float | None = None
        self._through_ms = 0
        self.at_ms = 0
        self._at = 0.0
        self._level = 0.0
        self._traded = 0.0
        self._is_seen = False
        self._joined_ms = 0
        self._before: _Before | None = None

    def start(self, now: float, at_ms: int, level: float, joined_ms: int = 0) -> None:
        """Takes the level as it was seen last when we joined it: all of it stands before us.

        Of those who came between a picture from before ``joined_ms`` and the next one some are before us too:
        for the cautious front all, for the probable one the share of the time in which they came first.
        """
        self.cautious = self.probable = self._level = max(0.0, level)
        self.at_ms, self._at, self._traded = at_ms, now, 0.0
        self._joined_ms = joined_ms if joined_ms > at_ms else 0
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
            self._level, self._traded, self._before, self._joined_ms = level, 0.0, None, 0
        elif level != self._level or self._traded or self._joined_ms:
            self._before = _Before(cautious, probable, self._level, self._traded, self.at_ms, self._joined_ms)
            self._compare(at_ms, level, model, power)
        self.at_ms, self._at, self._is_seen = at_ms, max(now, self._at), True

    def on_trade(self, at_ms: int, size: float, model: QueueModel, power: float) -> None:
        """Takes a print at our price that took ``size`` off the other side of our queue."""
        if self.cautious is None or self.probable is None:
            return
        if at_ms > self.at_ms:
            self._take(size)
        elif self._before is not None:
            last_ms, level, before = self.at_ms, self._level, self._before
            self.cautious, self.probable = before.cautious, before.probable
            self._level, self._traded, self.at_ms, self._joined_ms = before[2:]
            self._take(size)
            self._before = before._replace(cautious=self.cautious, probable=self.probable, traded=self._traded)
            self._compare(last_ms, level, model, power)
            self.at_ms = last_ms

    def out_of_sight(self, now: float) -> None:
        """The level is deeper than what is shown: cancels are not seen, so the front decays instead."""
        if self.probable is not None:
            self.probable = decayed(self.probable, now - self._at)
            self._at, self._is_seen = max(now, self._at), False

    def reach_front(self, through_ms: int = 0) -> None:
        """We were filled, or must have been by a trade beyond us at ``through_ms``: nothing stands before us."""
        self.cautious = self.probable = 0.0
        self._through_ms = max(self._through_ms, through_ms)
        self._before = None

    @property
    def is_through(self) -> bool:
        """Whether the market traded beyond our price just now, so that our fill is on its way."""
        return 0 < self._through_ms >= self.at_ms - THROUGH_MS

    def _take(self, size: float) -> None:
        assert self.cautious is not None and self.probable is not None, "a front that was seen"
        self.cautious = max(0.0, self.cautious - size)
        self.probable = max(0.0, self.probable - size)
        self._traded += size

    def _compare(self, at_ms: int, level: float, model: QueueModel, power: float) -> None:
        assert self.cautious is not None and self.probable is not None, "a front that was seen"
        if self._joined_ms:
            came = max(0.0, level - self._level + self._traded)
            share = (self._joined_ms - self.at_ms) / (at_ms - self.at_ms) if at_ms > self.at_ms else 1.0
            self.cautious += came
            self.probable += came * min(share, 1.0)
            self._level += came
            self._joined_ms = 0
        self.probable = after_book(self.probable, self._level, level, self._traded, model, power)
        self.cautious = min(self.cautious, level)
        self._level, self._traded = level, 0.0
