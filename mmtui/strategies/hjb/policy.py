"""The solved problems of every bucket as one table, and when it is made anew.

Owns the buckets of imbalance and market spread, the mirror image that serves negative imbalances, and the
work's division over quote cycles: a table is in force whole or not at all. Sides that differ are solved
as their mean: a difference that lasts a minute is no property of the stationary problem. Source: models.md
2.5 (the trap), 4.3, 4.4.
"""

import math

import msgspec

from mmtui.strategies import glft
from mmtui.strategies.hjb.problem import DriftChain, Problem, Taker, taker_cost, thinned
from mmtui.strategies.hjb.solver import Newton
from mmtui.strategies.hjb.value import ValueFunction

TAKER_SPREADS = (1e-4, 3e-4, 10e-4)
MOVED = 0.05
# A piece eliminates one block: its work grows with the square of the points, beside what every piece costs.
WORK_A_CYCLE = 2200
WORK_A_PIECE = 100


class PolicyShape(msgspec.Struct, frozen=True):
    """What the table spans, fixed by the settings.

    ``imbalances`` are the buckets from 0 up; ``thinning`` how much a full imbalance thins a side;
    ``taker_rate`` in lots per second, 0 without takers.
    """

    lots: int
    attitude: glft.RiskAttitude
    drift: DriftChain = DriftChain()
    imbalances: tuple[float, ...] = (0.0,)
    thinning: float = 0.0
    taker_rate: float = 0.0

    @property
    def spreads(self) -> tuple[float, ...]:
        """Buckets of the market spread, which only a taker pays."""
        return TAKER_SPREADS if self.taker_rate > 0.0 else (0.0,)

    @property
    def pieces(self) -> int:
        """Pieces of work a cycle may do, fewer where each is larger."""
        return max(WORK_A_CYCLE // (self.drift.points * self.drift.points + WORK_A_PIECE), 1)


class PolicyInputs(msgspec.Struct, frozen=True):
    """What the table is solved for: the mean flow of the sides, sigma, risk per lot in 1/fraction, the taker's fee."""

    flow: glft.Flow
    sigma: float
    risk: float
    taker_fee: float = 0.0

    def has_moved(self, other: "PolicyInputs") -> bool:
        """Whether any input is more than 5 % from ``other``'s; a cost counts by what it does to the fills."""
        pairs = (
            (self.sigma, other.sigma),
            (self.risk, other.risk),
            (self.flow.kappa, other.flow.kappa),
            (self.flow.intensity, other.flow.intensity),
        )
        if any(abs(a - b) > MOVED * max(abs(b), 1e-12) for a, b in pairs):
            return True
        costs = abs(self.flow.cost - other.flow.cost) + abs(self.taker_fee - other.taker_fee)
        return other.flow.kappa * costs > MOVED


def mean_flow(bid: glft.Flow, ask: glft.Flow) -> glft.Flow:
    """One flow in place of two that differ."""
    return glft.Flow(
        (bid.kappa + ask.kappa) / 2.0, math.sqrt(bid.intensity * ask.intensity), (bid.cost + ask.cost) / 2.0
    )


class Gaps(msgspec.Struct, frozen=True, gc=False):
    """What one lot more and one lot less cost the value of the inventory, fractions."""

    bid: float
    ask: float


class PolicyTable(msgspec.Struct, frozen=True):
    """A solved value function for each bucket of spread and imbalance."""

    shape: PolicyShape
    inputs: PolicyInputs
    values: tuple[tuple[ValueFunction, ...], ...]

    def bucket(self, imbalance: float, spread: float) -> ValueFunction:
        """The nearest bucket's, of the imbalance's size alone."""
        imbalances, spreads = self.shape.imbalances, self.shape.spreads
        i = _nearest(imbalances, abs(imbalance)) if len(imbalances) > 1 else 0
        return self.values[_nearest(spreads, spread) if len(spreads) > 1 else 0][i]

    def gaps(self, n: float, drift: float, imbalance: float, spread: float) -> Gaps:
        """Both gaps at ``n`` lots; under asks heavier than bids the mirror image is read."""
        value = self.bucket(imbalance, spread)
        if imbalance < 0.0:
            return Gaps(value.ask_gap(-n, -drift), value.bid_gap(-n, -drift))
        return Gaps(value.bid_gap(n, drift), value.ask_gap(n, drift))

    def value(self, n: float, drift: float, imbalance: float, spread: float) -> float:
        """Value of ``n`` lots, a fraction of lot notional."""
        sign = -1.0 if imbalance < 0.0 else 1.0
        return self.bucket(imbalance, spread).value(sign * n, sign * drift)

    @property
    def growth(self) -> float:
        """Certainty-equivalent income per second and unit of lot notional, with a balanced book."""
        return self.values[0][0].growth


def problem_of(shape: PolicyShape, inputs: PolicyInputs, imbalance: float, spread: float) -> Problem:
    """The problem of one bucket."""
    taker = Taker(shape.taker_rate, taker_cost(spread, inputs.taker_fee)) if shape.taker_rate > 0.0 else Taker()
    return Problem(
        thinned(inputs.flow, imbalance, shape.thinning, 1),
        thinned(inputs.flow, imbalance, shape.thinning, -1),
        inputs.sigma,
        inputs.risk,
        shape.lots,
        shape.attitude,
        shape.drift,
        taker,
    )


class PolicyKeeper:
    """Keeps a table near the inputs of the moment, some pieces of work at each call."""

    __slots__ = ("_failed", "_inputs", "_newton", "_shape", "_solved", "table")

    def __init__(self) -> None:
        self.table: PolicyTable | None = None
        self._shape: PolicyShape | None = None
        self._inputs: PolicyInputs | None = None
        self._failed: tuple[PolicyShape, PolicyInputs] | None = None
        self._newton: Newton | None = None
        self._solved: list[ValueFunction] = []

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """A copy knows the table and begins anew what is still being solved."""
        kept = {name: getattr(self, name) for name in self.__slots__}
        return None, kept | {"_newton": None, "_solved": []}

    @property
    def is_solving(self) -> bool:
        """Whether a table is being made."""
        return self._newton is not None

    @property
    def progress(self) -> tuple[int, int]:
        """Buckets solved, and how many there are in the table being made."""
        return len(self._solved), _buckets(self._shape) if self._shape else 0

    @property
    def has_failed(self) -> bool:
        """Whether the last table could not be made."""
        return self._failed is not None

    def update(self, shape: PolicyShape, inputs: PolicyInputs) -> PolicyTable | None:
        """Does this call's work; the table in force, or None while there is none for this lot size."""
        if self._newton is not None and shape != self._shape:
            self._newton = None
        if self._newton is None and self._is_due(shape, inputs):
            self._begin(shape, inputs)
        if self._newton is not None:
            self._work()
        table = self.table
        return table if table is not None and table.shape.lots == shape.lots else None

    def _is_due(self, shape: PolicyShape, inputs: PolicyInputs) -> bool:
        table, failed = self.table, self._failed
        if failed is not None and failed[0] == shape and not inputs.has_moved(failed[1]):
            return False
        return table is None or table.shape != shape or inputs.has_moved(table.inputs)

    def _begin(self, shape: PolicyShape, inputs: PolicyInputs) -> None:
        self._shape, self._inputs, self._failed = shape, inputs, None
        self._solved = []
        self._newton = self._next(shape, inputs)

    def _next(self, shape: PolicyShape, inputs: PolicyInputs) -> Newton:
        done = len(self._solved)
        per_spread = len(shape.imbalances)
        imbalance, spread = shape.imbalances[done % per_spread], shape.spreads[done // per_spread]
        return Newton(problem_of(shape, inputs, imbalance, spread), self._start(done))

    def _start(self, index: int) -> ValueFunction | None:
        """The same bucket of the table in force, or the bucket solved before."""
        table = self.table
        if table is not None and table.shape == self._shape:
            per_spread = len(table.shape.imbalances)
            return table.values[index // per_spread][index % per_spread]
        return self._solved[-1] if self._solved else None

    def _work(self) -> None:
        shape, inputs, newton = self._shape, self._inputs, self._newton
        assert shape is not None and inputs is not None and newton is not None, "work without a problem"
        newton.advance(shape.pieces)
        if newton.has_failed:
            self._newton, self._failed = None, (shape, inputs)
        elif newton.solution is not None:
            self._solved.append(newton.solution)
            if len(self._solved) < _buckets(shape):
                self._newton = self._next(shape, inputs)
            else:
                self.table = PolicyTable(shape, inputs, _rows(self._solved, len(shape.imbalances)))
                self._newton = None


def _buckets(shape: PolicyShape) -> int:
    return len(shape.imbalances) * len(shape.spreads)


def _rows(solved: list[ValueFunction], width: int) -> tuple[tuple[ValueFunction, ...], ...]:
    return tuple(tuple(solved[start : start + width]) for start in range(0, len(solved), width))


def _nearest(places: tuple[float, ...], value: float) -> int:
    best, found = math.inf, 0
    for i, place in enumerate(places):
        if abs(place - value) < best:
            best, found = abs(place - value), i
    return found
