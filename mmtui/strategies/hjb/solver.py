"""Newton's method on the stationary equation, in pieces small enough for a quote cycle.

Owns the iteration and its linear algebra; the pieces are cut by count, never by time, so that a replay
repeats them. Blocks are eliminated by plain multiplications and additions, which give the same bits on
every machine. Source: models.md 4.3, 4.4.
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from mmtui.strategies import glft
from mmtui.strategies.hjb.problem import DriftChain, Problem
from mmtui.strategies.hjb.value import ValueFunction

STEP_MAX = 2.0
TOLERANCE = 1e-12
STALLED_BELOW = 1e-8
ITERATIONS_MAX = 80
EXPONENT_MAX = 200.0
BLOCKS_BACK = 8

Grid = npt.NDArray[np.float64]


class Newton:
    """One problem being solved; ``advance`` does some blocks of work, ``solution`` appears at the end."""

    __slots__ = ("_problem", "_theta", "_work", "has_failed", "iterations", "solution")

    def __init__(self, problem: Problem, start: ValueFunction | None = None) -> None:
        self._problem = problem
        self._theta = _started(problem, start)
        self._work = self._run()
        self.iterations = 0
        self.has_failed = False
        self.solution: ValueFunction | None = None

    @property
    def is_over(self) -> bool:
        """Whether no work is left."""
        return self.has_failed or self.solution is not None

    def advance(self, blocks: int) -> int:
        """Does at most ``blocks`` pieces; returns how many are left of them."""
        while blocks > 0 and not self.is_over:
            next(self._work, None)
            blocks -= 1
        return blocks

    def _run(self) -> Iterator[None]:
        problem = self._problem
        kappa = max(problem.bid.kappa, problem.ask.kappa)
        last = math.inf
        while self.iterations < ITERATIONS_MAX:
            self.iterations += 1
            system = _System(problem, self._theta)
            yield from system.eliminate()
            yield from system.substitute()
            target, growth = system.solution()
            move = target - self._theta
            size = kappa * float(np.abs(move).max())
            steep = kappa * float(np.abs(move[1:] - move[:-1]).max())
            if not size < math.inf:
                break
            self._theta = self._theta + move * min(1.0, STEP_MAX / steep if steep else 1.0)
            if size < TOLERANCE or (size < STALLED_BELOW and size > last / 2.0):
                self.solution = _value(problem, self._theta, growth)
                return
            last = size
            yield
        self.has_failed = True


class _System:
    """The linearised equation: one block of the drift's points for each inventory."""

    __slots__ = ("_blocks", "_chain", "_into", "_left", "_pin", "_reward", "_right", "_total")

    def __init__(self, problem: Problem, theta: Grid) -> None:
        bid_gap, ask_gap = theta[:-1] - theta[1:], theta[1:] - theta[:-1]
        eta_bid, eta_ask = problem.intensities
        bid_rate, bid_pay = _side(problem, bid_gap, eta_bid, problem.bid.kappa)
        ask_rate, ask_pay = _side(problem, ask_gap, eta_ask, problem.ask.kappa)
        self._right, self._left = bid_rate, ask_rate
        self._total = np.zeros_like(theta)
        self._total[:-1] += bid_rate
        self._total[1:] += ask_rate
        self._reward = running_reward(problem)
        self._reward[:-1] += bid_pay
        self._reward[1:] += ask_pay
        self._chain = _chain(problem)
        self._pin = (problem.lots, problem.drift.points // 2)
        self._blocks: list[Grid] = []
        self._into: list[Grid] = []

    def eliminate(self) -> Iterator[None]:
        """Forward through the inventories, one block a piece."""
        points = self._chain.shape[0]
        before: Grid | None = None
        for i in range(len(self._total)):
            block = np.diag(self._total[i]) - self._chain
            if i == self._pin[0]:
                # Pinning one value at 0 takes away the freedom of the equation to add a constant.
                block[self._pin[1], self._pin[1]] += 1.0
            right = np.empty((points, 2))
            right[:, 0] = self._reward[i]
            right[:, 1] = 1.0
            if before is not None:
                left = self._left[i - 1][:, None]
                block -= left * before[:, :points]
                right += left * before[:, points:]
            outward = np.diag(self._right[i]) if i < len(self._right) else np.zeros((points, points))
            before = _solved(block, np.concatenate((outward, right), axis=1))
            self._blocks.append(before[:, :points])
            self._into.append(before[:, points:])
            yield

    def substitute(self) -> Iterator[None]:
        """Backward through the inventories, some blocks a piece, because each is cheap."""
        ends = self._into
        for i in range(len(ends) - 2, -1, -1):
            ends[i] = ends[i] + (self._blocks[i][:, :, None] * ends[i + 1][None, :, :]).sum(axis=1)
            if i % BLOCKS_BACK == 0:
                yield

    def solution(self) -> tuple[Grid, float]:
        """The values, and the growth rate that keeps the pinned one at 0."""
        both = np.stack(self._into)
        values, ones = both[:, :, 0], both[:, :, 1]
        growth = float(values[self._pin] / ones[self._pin])
        return values - growth * ones, growth


def running_reward(problem: Problem) -> Grid:
    """Drift times inventory less the cost of its variance, for each inventory and drift."""
    n = np.arange(-problem.lots, problem.lots + 1, dtype=np.float64)[:, None]
    drift = np.array(problem.drift.grid)[None, :]
    return drift * n - 0.5 * problem.risk * problem.sigma * problem.sigma * n * n


def _side(problem: Problem, gap: Grid, eta: float, kappa: float) -> tuple[Grid, Grid]:
    """Rate of leaving an inventory through one side, and what the linearisation adds to the reward."""
    exponents = np.clip(-kappa * gap, -EXPONENT_MAX, EXPONENT_MAX)
    # Not numpy's own exponential, whose last bit depends on the processor.
    rate = eta * np.array([[math.exp(x) for x in row] for row in exponents.tolist()]).reshape(gap.shape)
    pay = rate * (gap + 1.0 / kappa)
    taker = problem.taker
    if taker.rate > 0.0:
        taken = np.where(-gap > taker.cost, taker.rate, 0.0)
        rate, pay = rate + taken, pay - taken * taker.cost
    return rate, pay


def _chain(problem: Problem) -> Grid:
    up, down = problem.drift.rates()
    matrix = np.diag([-(u + d) for u, d in zip(up, down, strict=True)])
    if len(up) > 1:
        matrix += np.diag(up[:-1], 1) + np.diag(down[1:], -1)
    return matrix


def _solved(block: Grid, right: Grid) -> Grid:
    """``block`` inverted times ``right``, without exchanging rows: the block's diagonal dominates."""
    size = len(block)
    work = np.concatenate((block, right), axis=1)
    for k in range(size):
        row = work[k] / work[k, k]
        factor = work[:, k].copy()
        work -= factor[:, None] * row[None, :]
        work[k] = row
    return work[:, size:]


def _started(problem: Problem, start: ValueFunction | None) -> Grid:
    points, lots = problem.drift.points, problem.lots
    if start is not None and start.lots == lots and len(start.drifts) == points:
        return np.array(start.theta)
    column = np.array([-value for value in _descent(problem)])[:, None]
    return np.repeat(column, points, axis=1)


def _descent(problem: Problem) -> list[float]:
    """A start for the fall of the value with inventory: quadratic, and logarithmic where fills are too few for that."""
    slope, eta = problem.closed_slope(), min(problem.intensities)
    kappa = max(problem.bid.kappa, problem.ask.kappa)
    variance_cost = problem.risk * problem.sigma * problem.sigma
    falls = [0.0]
    for n in range(1, problem.lots + 1):
        bound = math.log1p(kappa * variance_cost * n * n / eta) / kappa
        falls.append(falls[-1] + min(slope * (n - 0.5), bound))
    return [*reversed(falls[1:]), *falls]


def _value(problem: Problem, theta: Grid, growth: float) -> ValueFunction:
    rows = tuple(tuple(float(value) for value in row) for row in theta.tolist())
    return ValueFunction.of(problem.lots, problem.drift.grid, rows, growth)


def solve(problem: Problem, start: ValueFunction | None = None) -> ValueFunction:
    """The whole solution at once, for tools and tests; raises ValueError when there is none."""
    newton = Newton(problem, start)
    while not newton.is_over:
        newton.advance(1024)
    if newton.solution is None:
        raise ValueError("the control problem has no solution within the allowed iterations")
    return newton.solution


def warm_up() -> None:
    """Solves a small problem, because the first use of the library loads code that no quote should wait for."""
    flow = glft.Flow(1000.0, 1.0)
    solve(Problem(flow, flow, 1e-4, 10.0, 1, drift=DriftChain(1.0, 1e-5, 17)))
