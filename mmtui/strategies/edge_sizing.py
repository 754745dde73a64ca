"""Sizes by what each level earns, in whole size units: the allocators between a ladder's prices and its orders.

Owns the inputs of the allocators and the venue's rules around them: one order a price, no order below the
minimum, never more than the room. What a fill earns is reckoned before the skew, since the skew is what the
inventory it brings is worth; how often it comes, at the price quoted. Source: models.md 2.11, 2.12.
"""

import math
from collections.abc import Sequence

import msgspec

from mmtui.domain.instrument import MIN_NOTIONAL_USD_MICRO, Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS, Price, Size
from mmtui.strategies import allocation, glft
from mmtui.strategies.allocation import Kelly, SizeMode
from mmtui.strategies.inputs import AdverseCost
from mmtui.strategies.quote import AbsenceReason, QuoteContext
from mmtui.strategies.sizing import SidePlan, is_reducing, level_sizes


class AllocationSettings(msgspec.Struct, frozen=True):
    """Which allocator, and its settings."""

    mode: SizeMode
    share_max: float
    kelly: Kelly

    @classmethod
    def from_settings(cls, settings: Settings) -> "AllocationSettings":
        """Read the schema's rows."""
        number = settings.number
        return cls(
            mode=SizeMode(settings.text("strategy.size_mode")),
            share_max=number("strategy.level_share_max"),
            kelly=Kelly(
                fraction=number("strategy.kelly_fraction"),
                deviations=number("strategy.kelly_z"),
                horizon_s=number("strategy.kelly_horizon_s"),
                queue_s=number("strategy.kelly_queue_s"),
                edge_sd=number("strategy.kelly_edge_sd_bps") / BPS,
                adverse_sd=number("strategy.kelly_adverse_sd_bps") / BPS,
            ),
        )


class SideEdge(msgspec.Struct, frozen=True, gc=False):
    """What sizes of one side are worth: arrivals, costs (fractions), the mean market order and the equity.

    ``mean_order`` and ``equity`` in size units, ``equity`` at the reference price and 0 when not known.
    ``is_exit`` says that its fills reduce the position, which is worth more than what they earn.
    """

    settings: AllocationSettings
    kappa: float
    intensity: float
    fee: float
    adverse: AdverseCost
    sigma: float
    mean_order: float
    equity: float
    is_exit: bool = False

    def gain(self, depth: float) -> float:
        """What a unit filled at a level of ``depth`` before the skew earns, a fraction of price."""
        return depth - self.fee - self.adverse.at(depth)

    def rate(self, distance: float) -> float:
        """Fills per second of a level at ``distance``, a fraction."""
        return allocation.fill_rate(self.intensity, self.kappa, distance)

    def worth(self, depth: float, distance: float) -> float:
        """What a unit of size at a level earns per second; nothing where a fill does not pay for itself."""
        return self.rate(distance) * max(0.0, self.gain(depth))


def side_edge(
    context: QuoteContext,
    side: Side,
    settings: AllocationSettings,
    flow: glft.Flow,
    *,
    adverse: AdverseCost,
    sigma: float,
    lot: float,
) -> SideEdge:
    """The edge of one side now; ``lot`` in size units stands for the mean order while none is measured."""
    scale = context.instrument.size_scale
    signals = context.estimates.signals
    mean_order = (signals.mean_order_bid if side > 0 else signals.mean_order_ask) * scale
    return SideEdge(
        settings=settings,
        kappa=flow.kappa,
        intensity=flow.intensity,
        fee=context.maker_rate,
        adverse=adverse,
        sigma=sigma,
        mean_order=mean_order if mean_order > 0.0 else max(lot, 1.0),
        equity=context.equity_usd / context.touch.mid * scale if settings.mode is SizeMode.KELLY else 0.0,
        is_exit=is_reducing(side, context.position),
    )


class SideRequest(msgspec.Struct, frozen=True, gc=False):
    """What one side asks of its allocator: how much in all, and its levels from the inside out.

    ``distances_bps`` are those of the prices from the reference, ``depths_bps`` the levels' own before the skew,
    ``weights`` the geometric shares to fall back on.
    """

    total: Size
    room: Size
    weights: tuple[float, ...]
    prices: tuple[Price, ...]
    distances_bps: tuple[float, ...]
    depths_bps: tuple[float, ...]


def edge_sizes(edge: SideEdge, request: SideRequest) -> SidePlan | None:
    """Sizes by level, 0 where absent with its reason; None when nothing earns enough for one order."""
    budget, prices = min(request.total, request.room), request.prices
    count = len(prices)
    fresh = [i for i in range(count) if i == 0 or prices[i] != prices[i - 1]]
    least = [-(-MIN_NOTIONAL_USD_MICRO // prices[i]) for i in fresh]
    places = [(request.depths_bps[i] / BPS, request.distances_bps[i] / BPS) for i in fresh]
    edges = [edge.gain(depth) for depth, _ in places]
    rates = [edge.rate(distance) for _, distance in places]
    values = [edge.worth(depth, distance) for depth, distance in places]
    # A cap below an order's minimum, or below an equal share, would leave size over that every level could take.
    cap = max(edge.settings.share_max * budget, budget / max(len(fresh), 1), float(min(budget, max(least))))

    def allocate(worth: Sequence[float]) -> Sequence[float]:
        return _allocated(edge, worth, rates, edges, [prices[i] for i in fresh], budget, cap)

    wanted = allocation.with_minimum(allocate, values, least)
    sizes = [0] * count
    absent = {i: AbsenceReason.SAME_PRICE for i in range(count) if i not in fresh}
    for i, size, minimum, value in zip(fresh, wanted, least, values, strict=True):
        whole = math.floor(size + 1e-9)
        if whole >= minimum:
            sizes[i] = whole
        else:
            absent[i] = AbsenceReason.EARNS_MORE_ELSEWHERE if value > 0.0 else AbsenceReason.NO_EDGE
    if not any(sizes):
        return None
    if edge.is_exit and not sizes[0]:
        giver = _give_exit(sizes, prices)
        absent.pop(0)
        if not sizes[giver]:
            absent[giver] = AbsenceReason.EARNS_MORE_ELSEWHERE
    return SidePlan(tuple(sizes), tuple((i, absent[i]) for i in sorted(absent)))


def _give_exit(sizes: list[Size], prices: Sequence[Price]) -> int:
    """Move half of the largest size, all of it where half is too small an order, to the first level; whose it was.

    What closes a position stands where the skew has brought it, whatever a fill there earns by itself.
    """
    giver = max(range(len(sizes)), key=lambda i: (sizes[i], -i))
    half = sizes[giver] // 2
    is_enough = half * min(prices[0], prices[giver]) >= MIN_NOTIONAL_USD_MICRO
    sizes[0] = half if is_enough else sizes[giver]
    sizes[giver] -= sizes[0]
    return giver


def side_plan(edge: SideEdge, request: SideRequest) -> SidePlan:
    """Sizes of one side by its allocator; by the geometric weights where it leaves nothing."""
    plan = edge_sizes(edge, request)
    return plan if plan is not None else level_sizes(request.total, request.room, request.weights, request.prices)


class PlanMemo:
    """The last plan of each side, given again while what it depends on stands still."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Side, tuple[SideEdge, SideRequest, SidePlan]] = {}

    def plan(self, side: Side, edge: SideEdge, request: SideRequest) -> SidePlan:
        """As ``side_plan``."""
        kept = self._kept.get(side)
        if kept is not None and kept[0] == edge and kept[1] == request:
            return kept[2]
        plan = side_plan(edge, request)
        self._kept[side] = edge, request, plan
        return plan


def _allocated(
    edge: SideEdge,
    values: Sequence[float],
    rates: Sequence[float],
    edges: Sequence[float],
    prices: Sequence[Price],
    budget: float,
    cap: float,
) -> Sequence[float]:
    """The chosen allocator over the levels whose value is not 0."""
    mode, kelly = edge.settings.mode, edge.settings.kelly
    if mode is SizeMode.VARIATIONAL:
        return allocation.variational(values, edge.mean_order, budget, cap).sizes
    if mode is SizeMode.LP:
        return allocation.linear(values, prices, budget, cap)
    if mode is SizeMode.KELLY:
        kept = [gain if value > 0.0 else 0.0 for gain, value in zip(edges, values, strict=True)]
        chances = [allocation.fill_chance(rate, kelly.queue_s) for rate in rates]
        return allocation.kelly(allocation.kelly_bets(kept, edge.sigma, kelly), chances, edge.equity, budget, cap)
    return allocation.proportional(values, budget, cap)
