"""Where the levels of a ladder stand before the skew: spaced between two depths, or by the inventory.

Owns the clamp to the least depth and the cap to the market's spread, each as its own term. Source:
models.md 2.8, decisions.md S31 and S44, ruling 7.
"""

from collections.abc import Sequence

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.strategies.inputs import AdverseCost
from mmtui.strategies.placement import LevelDepth
from mmtui.strategies.quote import Term
from mmtui.strategies.spread import SideSpread

FREE = AdverseCost(0.0)


class DepthSettings(msgspec.Struct, frozen=True):
    """Shape of a ladder; depths in bps from the reference, before the skew."""

    levels: int
    min_bps: float
    max_bps: float
    is_geometric: bool
    is_by_inventory: bool
    market_spreads_max: float

    @property
    def follows_market(self) -> bool:
        """Whether the depths depend on more than the model."""
        return self.is_by_inventory or self.market_spreads_max > 0.0

    @classmethod
    def from_settings(cls, settings: Settings) -> "DepthSettings":
        """Read the schema's rows."""
        section = "strategy.ladder_config"
        return cls(
            levels=settings.count(f"{section}.num_levels"),
            min_bps=settings.number(f"{section}.min_depth_bps"),
            max_bps=settings.number(f"{section}.max_depth_bps"),
            is_geometric=settings.flag(f"{section}.geometric_spacing"),
            is_by_inventory=settings.text(f"{section}.depth_mode") == "inventory",
            market_spreads_max=settings.number(f"{section}.cap_to_market_spread"),
        )


def spaced_bps(first_bps: float, last_bps: float, levels: int, is_geometric: bool) -> list[float]:
    """Depths from the first to the last, which is not allowed inside the first."""
    last_bps = max(last_bps, first_bps)
    if levels == 1:
        return [first_bps]
    if is_geometric and first_bps > 0.0:
        ratio = (last_bps / first_bps) ** (1.0 / (levels - 1))
        return [first_bps * ratio**i for i in range(levels)]
    step = (last_bps - first_bps) / (levels - 1)
    return [first_bps + step * i for i in range(levels)]


def inventory_offsets(slope_bps: float, lots: Sequence[float]) -> list[float]:
    """Extra distance of each level over a standard first fill, when inner levels fill before outer ones.

    ``lots`` are the levels' sizes in lots. Source: models.md 2.8, mode ``inventory``.
    """
    offsets, inside = [], 0.0
    for size in lots:
        offsets.append(slope_bps * (inside + size / 2.0 - 0.5))
        inside += size
    return offsets


def side_depths(
    spread: SideSpread,
    settings: DepthSettings,
    market_spread_bps: float,
    slope_bps: float,
    lots: Sequence[float],
    adverse: AdverseCost = FREE,
) -> tuple[LevelDepth, ...]:
    """A depth for each level of one side; ``slope_bps`` per lot and ``lots`` serve the inventory mode.

    ``adverse`` is what fills are charged by their depth: an outer level by its own. Source: models.md 7.3.
    """
    own = spread.half_bps
    first = max(own, settings.min_bps)
    if settings.is_by_inventory:
        offsets = inventory_offsets(slope_bps, lots)
        least = max(settings.min_bps, spread.floor_bps)
        farthest = max(settings.max_bps, first)
        depths = [_clamped(own, "inventory depth", offset, least=least, most=farthest) for offset in offsets]
    else:
        clamp = (Term("min_depth", first - own),) if first > own else ()
        spaced = spaced_bps(first, settings.max_bps, settings.levels, settings.is_geometric)
        depths = [
            LevelDepth(bps, (*clamp, Term("level depth", bps - first)) if bps > first else clamp) for bps in spaced
        ]
    if adverse.decay > 0.0:
        depths = _charged(depths, spread, adverse, is_moved=settings.is_by_inventory)
    depths[0] = market_capped(depths[0], spread, settings, market_spread_bps)
    return tuple(depths)


def market_capped(
    depth: LevelDepth, spread: SideSpread, settings: DepthSettings, market_spread_bps: float
) -> LevelDepth:
    """The first level kept within some market spreads, never closer than what a fill costs."""
    if not settings.market_spreads_max > 0.0:
        return depth
    cap_bps = max(settings.market_spreads_max * market_spread_bps, spread.least_bps)
    if not cap_bps < depth.bps:
        return depth
    return LevelDepth(cap_bps, (*depth.terms, Term("market spread cap", cap_bps - depth.bps)))


def _charged(
    depths: Sequence[LevelDepth], spread: SideSpread, adverse: AdverseCost, *, is_moved: bool
) -> list[LevelDepth]:
    """Outer levels with the charge of their own depth in place of the side's, each kept to what a fill there costs.

    Levels that are spaced out only keep to that cost; those priced by the inventory (``is_moved``) move with
    the charge too. The first level has the side's charge; no level comes inside the one before it.
    """
    charged = [depths[0]]
    first_bps = depths[0].bps
    first_charge = adverse.at(first_bps / BPS)
    for depth in depths[1:]:
        inner_bps = charged[-1].bps
        wanted = depth.bps + (adverse.at(depth.bps / BPS) - first_charge) * BPS if is_moved else depth.bps
        at_bps = max(wanted, inner_bps)
        bps = max(at_bps, spread.least_bps + (adverse.at(at_bps / BPS) - adverse.mean) * BPS)
        change = () if bps == depth.bps else (Term("adverse by depth", bps - depth.bps),)
        charged.append(LevelDepth(bps, (*depth.terms, *change)))
    return charged


def _clamped(own_bps: float, name: str, offset_bps: float, *, least: float, most: float) -> LevelDepth:
    wanted = own_bps + offset_bps
    bps = min(max(wanted, least), most)
    terms: tuple[Term, ...] = (Term(name, offset_bps),) if offset_bps != 0.0 else ()
    if bps != wanted:
        clamp = "min_depth" if bps > wanted else "max_depth"
        terms += (Term(clamp, bps - wanted),)
    return LevelDepth(bps, terms)
