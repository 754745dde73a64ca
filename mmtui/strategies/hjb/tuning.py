"""All settings of the controller, read once for each edit."""

import enum

import msgspec

from mmtui.domain.parameters import Settings
from mmtui.estimators.carry.drift import drift_rate
from mmtui.strategies import glft
from mmtui.strategies.gamma import GammaSettings
from mmtui.strategies.hjb.control import HeuristicRules
from mmtui.strategies.hjb.policy import PolicyShape
from mmtui.strategies.hjb.problem import DriftChain
from mmtui.strategies.hjb.search import multiples
from mmtui.strategies.inputs import ModelSettings
from mmtui.strategies.leaning import AlphaChannel, LeanSettings
from mmtui.strategies.sizing import SizeSettings
from mmtui.strategies.spread import SpreadLimits


class HjbMode(enum.Enum):
    """How the control is set: by the documents' rules, by search, or by the solution itself."""

    HEURISTIC = "heuristic"
    GRID = "grid"
    POLICY = "policy"


class HjbTuning(msgspec.Struct, frozen=True):
    """Settings of the controller; ``taker_max`` lots per second, 0 while takers are off.

    ``carry`` are the leans that the controller does not make itself: all but the drift.
    """

    mode: HjbMode
    rules: HeuristicRules
    lean: LeanSettings
    carry: LeanSettings
    model: ModelSettings
    gamma: GammaSettings
    limits: SpreadLimits
    sizes: SizeSettings
    shape: PolicyShape
    multiples: tuple[float, ...]
    taker_max: float

    @classmethod
    def from_settings(cls, settings: Settings) -> "HjbTuning":
        """Read the schema's rows."""
        number = settings.number
        mode = HjbMode(settings.text("strategy.hjb.mode"))
        lean = LeanSettings.from_settings(settings)
        model = ModelSettings.from_settings(settings)
        taker_max = number("strategy.hjb.nu_max") if settings.flag("strategy.hjb.taker_enabled") else 0.0
        book_factor = 0.0 if lean.alpha is AlphaChannel.MICROPRICE else number("strategy.hjb.book_imbalance_factor")
        rules = HeuristicRules(
            half_spread_bps=number("strategy.half_spread_bps"),
            inventory_skew_factor=number("strategy.inventory_skew_factor"),
            book_imbalance_factor=book_factor,
            adverse_factor=number("strategy.hjb.adverse_factor"),
            min_offset_ratio=number("strategy.hjb.min_offset_ratio"),
            risk_both_sides=settings.flag("strategy.hjb.risk_both_sides"),
        )
        return cls(
            mode=mode,
            rules=rules,
            lean=lean,
            carry=msgspec.structs.replace(lean, alpha=AlphaChannel.NONE),
            model=model,
            gamma=GammaSettings.from_settings(settings),
            limits=SpreadLimits.from_settings(settings),
            sizes=SizeSettings.from_settings(settings, 1),
            shape=_shape(settings, mode, lean, model, taker_max),
            multiples=multiples(settings.count("strategy.hjb.grid_points")),
            taker_max=taker_max,
        )


def _shape(
    settings: Settings, mode: HjbMode, lean: LeanSettings, model: ModelSettings, taker_max: float
) -> PolicyShape:
    """What the table spans: the signals only where they move the quotes. The search values fills without risk."""
    thinning = settings.number("strategy.hjb.imbalance_to_intensity")
    is_book_read = lean.alpha is not AlphaChannel.MICROPRICE and thinning > 0.0
    return PolicyShape(
        lots=max(1, int(model.lots_per_limit + 1e-9)),
        attitude=glft.RiskAttitude.PENALTY if mode is HjbMode.GRID else model.attitude,
        drift=_chain(settings, lean),
        imbalances=_imbalances(settings.count("strategy.hjb.imbalance_buckets")) if is_book_read else (0.0,),
        thinning=thinning if is_book_read else 0.0,
        taker_rate=taker_max,
    )


def _chain(settings: Settings, lean: LeanSettings) -> DriftChain:
    usual = settings.number("strategy.hjb.drift_sd") * drift_rate(1.0, lean.drift_beta_bps, lean.drift_decay)
    if lean.alpha is not AlphaChannel.DRIFT or not usual > 0.0:
        return DriftChain()
    return DriftChain(lean.drift_decay, usual, settings.count("strategy.hjb.drift_points") | 1)


def _imbalances(buckets: int) -> tuple[float, ...]:
    """Buckets from 0 up; the mirror image serves the other half."""
    half = buckets // 2
    return tuple(i / half for i in range(half + 1)) if half else (0.0,)
