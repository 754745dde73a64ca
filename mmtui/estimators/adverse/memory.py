"""What own fills have taught, in a shape that outlives the process.

Owns the shapes only; whether their numbers can be is checked with those of the whole panel.
"""

import msgspec


class MarkoutMemory(msgspec.Struct, frozen=True, kw_only=True):
    """One record of markouts; ``levels`` 0 is every level and 1 the first, ``costs`` sums of edge and adverse move."""

    is_buy: bool
    levels: int
    horizon_s: float
    count: int
    dropped: int
    weight: float
    weight_squares: float
    squares: tuple[float, float]
    costs: tuple[float, float]


class DepthMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Fills of one side by depth, as (bin, weight); ``costs`` are their sums in the same order."""

    bins: tuple[tuple[int, float], ...] = ()
    costs: tuple[float, ...] = ()


class AdverseMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Markouts, the counts of informed fills as (beyond, all) by side, and the costs by depth."""

    markouts: tuple[MarkoutMemory, ...] = ()
    informed_bid: tuple[float, float] = (0.0, 0.0)
    informed_ask: tuple[float, float] = (0.0, 0.0)
    depth_bid: DepthMemory = DepthMemory()
    depth_ask: DepthMemory = DepthMemory()
