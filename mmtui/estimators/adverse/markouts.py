"""Markouts of own fills by side, level and horizon: what a fill earned at once, and what the mid took back.

Owns the fills whose horizons are not over and one record for each side, level and horizon. Prints of one
aggressive order are one event, weighted by size. The mid is the last one known at the horizon; a sample
whose horizon fell into a silence of the feed is dropped and counted. Memory is bounded. Never prices a
quote. Source: models.md 7.1, ruling 5.
"""

import math
from collections import deque

import msgspec

from mmtui.domain.instrument import Side
from mmtui.estimators.adverse.memory import MarkoutMemory

HORIZONS_S = (0.1, 0.5, 1.0, 5.0, 30.0, 60.0, 300.0)
HALF_LIFE_FILLS = 50.0
LEVELS_MAX = 20
PENDING_MAX = 4096
MOVE_MAX = 1.0
COUNT_MAX = 2**53


class MarkoutRecord(msgspec.Struct, frozen=True, gc=False):
    """The record of one side, level and horizon, as fractions of price; ``level`` None is every level.

    ``edge`` is earned at the fill, ``adverse`` what the mid moved against it since, ``markout`` the rest.
    ``count`` fills were judged and ``dropped`` were not; the averages forget, ``n_eff`` are behind them.
    """

    side: Side
    level: int | None
    horizon_s: float
    count: int
    dropped: int
    n_eff: float
    edge: float
    adverse: float
    adverse_error: float
    markout: float
    markout_error: float


class _Record:
    """Forgetting sums over the fills of one side, level and horizon."""

    __slots__ = (
        "adverse",
        "adverse_squares",
        "count",
        "dropped",
        "edge",
        "markout_squares",
        "weight",
        "weight_squares",
    )

    def __init__(self) -> None:
        self.count = 0
        self.dropped = 0
        self.weight = 0.0
        self.weight_squares = 0.0
        self.edge = 0.0
        self.adverse = 0.0
        self.adverse_squares = 0.0
        self.markout_squares = 0.0

    def add(self, edge: float, adverse: float) -> None:
        self.count += 1
        markout = edge - adverse
        self.weight = _KEEP * self.weight + 1.0
        self.weight_squares = _KEEP * _KEEP * self.weight_squares + 1.0
        self.edge = _KEEP * self.edge + edge
        self.adverse = _KEEP * self.adverse + adverse
        self.adverse_squares = _KEEP * self.adverse_squares + adverse * adverse
        self.markout_squares = _KEEP * self.markout_squares + markout * markout

    def reading(self, side: Side, level: int | None, horizon_s: float) -> MarkoutRecord:
        weight = self.weight
        if not weight > 0.0:
            return MarkoutRecord(side, level, horizon_s, self.count, self.dropped, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        n_eff = weight * weight / self.weight_squares
        edge, adverse = self.edge / weight, self.adverse / weight
        markout = edge - adverse
        return MarkoutRecord(
            side,
            level,
            horizon_s,
            self.count,
            self.dropped,
            n_eff,
            edge,
            adverse,
            _standard_error(self.adverse_squares / weight, adverse, n_eff),
            markout,
            _standard_error(self.markout_squares / weight, markout, n_eff),
        )


class _Sweep:
    """The part of one aggressive order that hit our quotes, level by level."""

    __slots__ = ("at", "edges", "key", "mid", "side", "size")

    def __init__(self, at: float, key: int, side: Side, mid: float) -> None:
        self.at = at
        self.key = key
        self.side = side
        self.mid = mid
        self.size = 0.0
        self.edges: dict[int | None, tuple[float, float]] = {}

    def add(self, level: int | None, size: float, edge: float) -> None:
        self.size += size
        for key in (None,) if level is None else (None, level):
            known_size, known_edge = self.edges.get(key, (0.0, 0.0))
            total = known_size + size
            self.edges[key] = (total, known_edge + (edge - known_edge) * (size / total))


class Markouts:
    """Every record, fed with own fills and every mid."""

    __slots__ = ("_alive_at", "_last", "_memo", "_mid", "_next_due", "_pending", "_records")

    def __init__(self) -> None:
        self._records: dict[tuple[Side, int | None, int], _Record] = {}
        self._pending: tuple[deque[_Sweep], ...] = tuple(deque() for _ in HORIZONS_S)
        self._last: _Sweep | None = None
        self._mid = 0.0
        self._alive_at = 0.0
        self._next_due = math.inf
        self._memo: tuple[MarkoutRecord, ...] | None = ()

    def on_fill(
        self, at: float, side: Side, size: float, *, price: float, mid: float, level: int | None, key: int = 0
    ) -> None:
        """Take an own fill of ``size`` (base) at ``price`` (USD); ``mid`` (USD) was known just before it.

        Fills of one side and ``key``, or of one instant, are one event. Ignored when a number cannot be.
        """
        if not (0.0 < size < math.inf and 0.0 < mid < math.inf and 0.0 < price < math.inf):
            return
        edge = side * (mid - price) / mid
        if not abs(edge) <= MOVE_MAX:
            return
        if level is not None and not 0 <= level < LEVELS_MAX:
            level = None
        last = self._last
        if last is not None and last.side is side and (last.at == at or (key and key == last.key)) and self._is_open():
            last.add(level, size, edge)
            return
        sweep = _Sweep(max(at, last.at) if last is not None else at, key, side, mid)
        sweep.add(level, size, edge)
        self._last = sweep
        self._append(sweep)

    def observe(self, at: float, mid: float) -> None:
        """Take the mid (USD, positive) known from ``at`` on, and judge the fills that came due before."""
        if at > self._next_due:
            self._judge(at)
        self._mid = mid
        self._alive_at = max(self._alive_at, at)

    def readings(self) -> tuple[MarkoutRecord, ...]:
        """Every record with a fill behind it: by side, then level (all levels first), then horizon."""
        if self._memo is None:
            keys = sorted(self._records, key=_order)
            self._memo = tuple(self._records[key].reading(key[0], key[1], HORIZONS_S[key[2]]) for key in keys)
        return self._memo

    def reading(self, side: Side, horizon_s: float, level: int | None = None) -> MarkoutRecord:
        """One record; empty while no fill was judged at this horizon, which must be one of ``HORIZONS_S``."""
        record = self._records.get((side, level, HORIZONS_S.index(horizon_s)))
        return (record or _Record()).reading(side, level, horizon_s)

    def memory(self) -> tuple[MarkoutMemory, ...]:
        """What outlives the process: the records; fills not judged yet are not kept."""
        return tuple(
            MarkoutMemory(
                is_buy=side is Side.BUY,
                levels=0 if level is None else level + 1,
                horizon_s=HORIZONS_S[place],
                count=record.count,
                dropped=record.dropped,
                weight=record.weight,
                weight_squares=record.weight_squares,
                squares=(record.adverse_squares, record.markout_squares),
                costs=(record.edge, record.adverse),
            )
            for (side, level, place), record in sorted(self._records.items(), key=lambda item: _order(item[0]))
            if record.count
        )

    def recall(self, memory: tuple[MarkoutMemory, ...]) -> None:
        """Go on from the records remembered; one of an unknown level or horizon is left out."""
        for kept in memory:
            if not 0 <= kept.levels <= LEVELS_MAX or kept.horizon_s not in HORIZONS_S:
                continue
            if not (0 <= kept.count <= COUNT_MAX and 0 <= kept.dropped <= COUNT_MAX):
                continue
            # The last fill alone weighs 1.
            if not (kept.weight >= 1.0 and kept.weight_squares >= 1.0):
                continue
            side = Side.BUY if kept.is_buy else Side.SELL
            level = kept.levels - 1 if kept.levels else None
            record = self._record(side, level, HORIZONS_S.index(kept.horizon_s))
            record.count, record.dropped = kept.count, kept.dropped
            record.weight, record.weight_squares = kept.weight, kept.weight_squares
            record.adverse_squares, record.markout_squares = kept.squares
            record.edge, record.adverse = kept.costs
        self._memo = None

    def _append(self, sweep: _Sweep) -> None:
        for place, pending in enumerate(self._pending):
            if len(pending) >= PENDING_MAX:
                self._drop(pending.popleft(), place)
            pending.append(sweep)
        self._next_due = min(self._next_due, sweep.at + HORIZONS_S[0])

    def _is_open(self) -> bool:
        """Whether the latest event has not been judged at any horizon yet."""
        return bool(self._pending[0]) and self._pending[0][-1] is self._last

    def _judge(self, at: float) -> None:
        next_due = math.inf
        for place, pending in enumerate(self._pending):
            horizon_s = HORIZONS_S[place]
            while pending and pending[0].at + horizon_s < at:
                self._count(pending.popleft(), place, at)
            if pending:
                next_due = min(next_due, pending[0].at + horizon_s)
        self._next_due = next_due
        self._memo = None

    def _count(self, sweep: _Sweep, place: int, at: float) -> None:
        horizon_s = HORIZONS_S[place]
        due = sweep.at + horizon_s
        adverse = -sweep.side * (self._mid - sweep.mid) / sweep.mid
        if max(at - due, due - self._alive_at) > horizon_s or not abs(adverse) <= MOVE_MAX:
            self._drop(sweep, place)
            return
        for level, (_, edge) in sweep.edges.items():
            self._record(sweep.side, level, place).add(edge, adverse)

    def _drop(self, sweep: _Sweep, place: int) -> None:
        for level in sweep.edges:
            self._record(sweep.side, level, place).dropped += 1

    def _record(self, side: Side, level: int | None, place: int) -> _Record:
        key = (side, level, place)
        record = self._records.get(key)
        if record is None:
            record = self._records[key] = _Record()
        return record


def _order(key: tuple[Side, int | None, int]) -> tuple[bool, int, int]:
    side, level, place = key
    return side is Side.SELL, -1 if level is None else level, place


def _standard_error(mean_square: float, mean: float, n_eff: float) -> float:
    return math.sqrt(max(mean_square - mean * mean, 0.0) / n_eff)


_KEEP = 2.0 ** (-1.0 / HALF_LIFE_FILLS)
