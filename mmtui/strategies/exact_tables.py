"""The exact quotes of a strategy at work: solved again only when their inputs have moved, read at any position.

Owns when a table is stale and how it is read between whole lots. A solution costs about a millisecond at a
hundred lots, so it is made at most once a second; until then the last one stands. State depends on the calls
alone. Source: models.md 2.2 and 2.14.
"""

import math

import msgspec

from mmtui.strategies.glft import Flow, RiskAttitude
from mmtui.strategies.glft_exact import Bounded, stationary

MOVED_SHARE = 0.02
AGAIN_AFTER_S = 1.0
LOTS_MAX = 100


class ExactInputs(msgspec.Struct, frozen=True, gc=False):
    """What a table is solved for."""

    risk: float
    sigma: float
    bid: Flow
    ask: Flow
    lots_max: int
    attitude: RiskAttitude

    def has_moved(self, since: "ExactInputs") -> bool:
        """Whether a table made for ``since`` is more than two percent off."""
        return (
            _moved(self.risk, since.risk)
            or _moved(self.sigma, since.sigma)
            or _flow_moved(self.bid, since.bid)
            or _flow_moved(self.ask, since.ask)
        )


class Lean(msgspec.Struct, frozen=True, gc=False):
    """What the inventory does to the quotes, fractions: half of what it widens the spread by, and the shift.

    A positive shift is down.
    """

    half: float
    shift: float


class ExactTables:
    """The last solution and when it was made."""

    __slots__ = ("_at", "_inputs", "_table")

    def __init__(self) -> None:
        self._at = 0.0
        self._inputs: ExactInputs | None = None
        self._table: Bounded | None = None

    def table(self, now: float, inputs: ExactInputs) -> Bounded:
        """The solution to quote by at ``now`` (s)."""
        kept, since = self._table, self._inputs
        if kept is not None and since is not None and self._stands(now, inputs, since):
            return kept
        table = stationary(inputs.risk, inputs.sigma, inputs.bid, inputs.ask, inputs.lots_max, attitude=inputs.attitude)
        self._table, self._inputs, self._at = table, inputs, now
        return table

    def _stands(self, now: float, inputs: ExactInputs, since: ExactInputs) -> bool:
        if inputs.lots_max != since.lots_max or inputs.attitude is not since.attitude:
            return False
        return 0.0 <= now - self._at < AGAIN_AFTER_S or not inputs.has_moved(since)


def lots_of_limit(lots_per_limit: float) -> int:
    """Whole lots within the position limit. Source: models.md 2.1."""
    return min(max(1, math.floor(lots_per_limit + 1e-9)), LOTS_MAX)


def lean_at(table: Bounded, lots: float) -> Lean:
    """What ``lots`` held do to the quotes; between whole lots by interpolation, beyond the bounds as at them.

    At a bound the side that is not quoted is taken as one lot further in, where it is last quoted.
    """
    most = table.lots_max
    held = min(max(lots, -float(most)), float(most))
    below = min(math.floor(held), most - 1)
    share = held - below
    bid = _between(_step(table, below), _step(table, below + 1), share)
    ask = -_between(_step(table, below - 1), _step(table, below), share)
    return Lean((bid + ask) / 2.0, (bid - ask) / 2.0)


def _step(table: Bounded, n: int) -> float:
    return table.steps[min(max(n + table.lots_max, 0), len(table.steps) - 1)]


def _between(first: float, second: float, share: float) -> float:
    return first if share == 0.0 else first + (second - first) * share


def _flow_moved(flow: Flow, since: Flow) -> bool:
    if _moved(flow.kappa, since.kappa) or _moved(flow.intensity, since.intensity):
        return True
    # A cost acts on the table through the arrival rate alone.
    return abs(flow.cost - since.cost) * flow.kappa > MOVED_SHARE


def _moved(value: float, since: float) -> bool:
    return abs(value - since) > MOVED_SHARE * abs(since)
