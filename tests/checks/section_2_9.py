"""Floors before the skew: models.md 2.9. The quotes are those of the strategy itself."""

from mmtui.strategies.glft import base_half_spread, closed_form
from tests.checks.preset import FEE, LIMIT_LOTS, SIGMA, flow, risk
from tests.checks.printed import BPS, printed
from tests.checks.quotes import distance_bps, quotes
from tests.unit.strategies.quote_contexts import context, settings

FLOORED = settings(risk__min_half_spread_bps=8.0, strategy__min_full_skew_ratio=0.0, risk__inventory_sensitivity=0.0)


def _free(side: int) -> float:
    form = closed_form(risk(), SIGMA, flow(), flow())
    return (form.bid_distance(LIMIT_LOTS) if side > 0 else form.ask_distance(LIMIT_LOTS)) * BPS


def _floored(side: int) -> float:
    return distance_bps(quotes(context(position=5000), FLOORED), side)


CHECKS = (
    printed("2.9", "full position without a floor: bid, bps", "6.5377", lambda: _free(1)),
    printed("2.9", "full position without a floor: ask, bps", "3.4114", lambda: _free(-1)),
    printed("2.9", "the same with a floor of 8 bps: bid, bps", "9.563134", lambda: _floored(1)),
    printed("2.9", "the same with a floor of 8 bps: ask, bps", "6.436866", lambda: _floored(-1)),
    printed("2.9", "kappa above which such a floor binds: fee and base, bps", "8.000", lambda: _costly(1538.5)),
)


def _costly(kappa: float) -> float:
    return (base_half_spread(0.0, kappa) + FEE) * BPS
