"""A dealer in a stream of orders, event by event, many paths at once.

Owns the simulated counterpart of ``chain``: orders come at random times, sides and reaches, a quote is filled
when an order reaches it, and the mid moves in between. A fixed time step would lose fills. Distances and costs
are fractions, money in USD, inventory in lots. Source: models.md 12.1 G4 and G7.
"""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from mmtui.research.chain import HOUR_S, Market, Policy

Floats = npt.NDArray[np.float64]


class Paths(msgspec.Struct, frozen=True):
    """Each path's P&L in USD, its fills, and the square of its inventory averaged over time."""

    pnl: Floats
    fills: Floats
    squares: Floats

    @property
    def mean(self) -> float:
        """Average P&L."""
        return float(self.pnl.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the P&L between paths."""
        return float(self.pnl.std(ddof=1))

    @property
    def standard_error(self) -> float:
        """Uncertainty of the average."""
        return self.sd / math.sqrt(len(self.pnl))


class _State:
    """All paths at their own times."""

    __slots__ = ("cash", "fills", "lots", "squares", "time_s")

    def __init__(self, paths: int) -> None:
        self.cash = np.zeros(paths)
        self.fills = np.zeros(paths)
        self.lots = np.zeros(paths, dtype=np.int64)
        self.squares = np.zeros(paths)
        self.time_s = np.zeros(paths)


def simulate(
    rng: np.random.Generator,
    quotes: Policy,
    market: Market,
    *,
    fee: float,
    lot_usd: float,
    paths: int,
    horizon_s: float = HOUR_S,
    moved_by_fills: bool = False,
) -> Paths:
    """Paths from a flat position over ``horizon_s``; with ``moved_by_fills`` only own fills can be informed."""
    state = _State(paths)
    bid, ask = np.array(quotes.bid), np.array(quotes.ask)
    while bool((state.time_s < horizon_s).any()):
        gap = rng.exponential(0.5 / market.intensity, paths)
        elapsed = np.minimum(gap, horizon_s - state.time_s)
        state.cash += state.lots * market.sigma * np.sqrt(elapsed) * rng.standard_normal(paths)
        state.squares += elapsed * state.lots.astype(float) ** 2
        state.time_s += elapsed
        is_live = state.time_s < horizon_s
        side = np.where(rng.random(paths) < 0.5, 1, -1)
        place = state.lots + quotes.limit
        distance = np.where(side > 0, ask[place], bid[place])
        is_filled = is_live & (rng.exponential(1.0 / market.kappa, paths) > distance)
        state.cash += np.where(is_filled, distance - fee, 0.0)
        state.lots -= np.where(is_filled, side, 0)
        state.fills += is_filled
        if market.informed > 0.0:
            is_moving = (is_filled if moved_by_fills else is_live) & (rng.random(paths) < market.informed)
            state.cash += np.where(is_moving, state.lots * side * market.jump, 0.0)
    return Paths(state.cash * lot_usd, state.fills, state.squares / horizon_s)
