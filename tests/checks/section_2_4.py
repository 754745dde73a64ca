"""Exponential utility against a running penalty: models.md 2.4."""

from mmtui.strategies.glft import RiskAttitude
from mmtui.strategies.glft_exact import stationary
from tests.checks.preset import LIMIT_LOTS, SIGMA, flow, risk
from tests.checks.printed import BPS, number, printed


def _bid_bps(attitude: RiskAttitude) -> float:
    quotes = stationary(risk(), SIGMA, flow(), flow(), LIMIT_LOTS, attitude=attitude)
    return number(quotes.bid_distance(0)) * BPS


CHECKS = (
    printed("2.4", "utility: bid when flat, bps", "4.998867", lambda: _bid_bps(RiskAttitude.CARA)),
    printed("2.4", "penalty: bid when flat, bps", "5.013719", lambda: _bid_bps(RiskAttitude.PENALTY)),
)
