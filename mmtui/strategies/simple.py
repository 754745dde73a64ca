"""Strategies with a fixed half-spread: symmetric, and inventory-aware.

Owns what differs from the GLFT strategies: the half-spread is the operator's, and gamma plays no part.
Floors, caps, grid and sizes are those of every strategy. Source: models.md 3.3, 3.4.
"""

from collections.abc import Callable

import msgspec

from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.strategies.bounds import clip
from mmtui.strategies.inputs import utilisation
from mmtui.strategies.leaning import LeanSettings, Pull, leans
from mmtui.strategies.placement import (
    Frame,
    LevelDepth,
    SideShape,
    no_ladder,
    place,
    reference_price,
)
from mmtui.strategies.quote import AbsenceReason, Ladder, QuoteContext, Term
from mmtui.strategies.sizing import SizeSettings, is_reducing, scaled
from mmtui.strategies.spread import (
    Shift,
    SideSpread,
    SpreadLimits,
    data_terms,
    knife_term,
    mean_terms,
    side_spread,
    skew,
)


class FixedTuning(msgspec.Struct, frozen=True):
    """Settings of a fixed-spread strategy; ``skew_factor`` 0 ignores the inventory."""

    half_spread_bps: float
    skew_factor: float
    leans: LeanSettings
    limits: SpreadLimits
    sizes: SizeSettings


def symmetric_tuning(settings: Settings) -> FixedTuning:
    """Settings of the symmetric strategy."""
    limits = msgspec.structs.replace(SpreadLimits.from_settings(settings), min_full_skew_ratio=0.0)
    return FixedTuning(
        settings.number("strategy.half_spread_bps"),
        0.0,
        LeanSettings.from_settings(settings),
        limits,
        SizeSettings.from_settings(settings, 1),
    )


def inventory_aware_tuning(settings: Settings) -> FixedTuning:
    """Settings of the inventory-aware strategy."""
    factor = settings.number("strategy.inventory_skew_factor")
    return msgspec.structs.replace(symmetric_tuning(settings), skew_factor=factor)


class FixedSpreadStrategy:
    """One quote a side at the operator's half-spread; with a skew factor it leans and shrinks with inventory."""

    __slots__ = ("_name", "_read", "_settings", "_tuning")

    def __init__(self, name: str, read: Callable[[Settings], FixedTuning]) -> None:
        self._name = name
        self._read = read
        self._settings: Settings | None = None
        self._tuning: FixedTuning | None = None

    @property
    def name(self) -> str:
        """The name it is chosen by."""
        return self._name

    def ladder(self, context: QuoteContext, settings: Settings) -> Ladder:
        """The quotes wanted now."""
        tuning = self._tuning_of(settings)
        reference = reference_price(context, tuning.leans.is_fair_wanted)
        if reference is None:
            return no_ladder(AbsenceReason.NO_REFERENCE)
        model = (Term("half-spread", tuning.half_spread_bps),)
        spreads = {side: _spread(context, side, model, tuning) for side in Side}
        half_bps = (spreads[Side.BUY].half_bps + spreads[Side.SELL].half_bps) / 2.0
        leaning = leans(context, tuning.leans, Pull(), tuning.half_spread_bps, is_fair=reference[1] == "fair")
        shift, size_share = _lean(context, tuning, half_bps, leaning)
        exposed_sizes = scaled(tuning.sizes, size_share)
        bid, ask = (
            SideShape(
                spreads[side].terms,
                (LevelDepth(spreads[side].half_bps),),
                tuning.sizes if is_reducing(side, context.position) else exposed_sizes,
            )
            for side in (Side.BUY, Side.SELL)
        )
        bids, asks = place(context, Frame(*reference, shift, bid, ask, tuning.limits))
        return Ladder(
            bids=bids.levels,
            asks=asks.levels,
            reference=reference[0],
            reservation=reference[0] * (1.0 - shift.total_bps / BPS),
            absences=bids.absences + asks.absences,
            half_spread_bps=half_bps,
            model_half_spread_bps=tuning.half_spread_bps,
            widening=mean_terms(spreads[Side.BUY].widening, spreads[Side.SELL].widening),
        )

    def _tuning_of(self, settings: Settings) -> FixedTuning:
        if self._tuning is None or settings is not self._settings:
            self._tuning = self._read(settings)
            self._settings = settings
        return self._tuning


def _spread(context: QuoteContext, side: Side, model: tuple[Term, ...], tuning: FixedTuning) -> SideSpread:
    knife = knife_term(context, side, tuning.half_spread_bps, tuning.limits)
    widening = [knife, *data_terms(context, tuning.half_spread_bps, tuning.limits)]
    return side_spread(model, widening, context.maker_rate * BPS, tuning.limits)


def _lean(
    context: QuoteContext, tuning: FixedTuning, half_bps: float, leaning: tuple[Term, ...]
) -> tuple[Shift, float]:
    """Shift of the centre, and the share of its size that the exposed side keeps."""
    if tuning.skew_factor == 0.0:
        return skew(0.0, 0.0, 0.0, half_bps, tuning.limits, leaning), 1.0
    share = clip(utilisation(context), -1.0, 1.0)
    shift = skew(tuning.skew_factor * share * half_bps, 0.0, share, half_bps, tuning.limits, leaning)
    return shift, max(0.0, 1.0 - abs(share))


def symmetric_strategy() -> FixedSpreadStrategy:
    """Both sides at the same distance, whatever the inventory."""
    return FixedSpreadStrategy("symmetric", symmetric_tuning)


def inventory_aware_strategy() -> FixedSpreadStrategy:
    """Both sides lean against the inventory, and the exposed side shrinks."""
    return FixedSpreadStrategy("inventory_aware", inventory_aware_tuning)
