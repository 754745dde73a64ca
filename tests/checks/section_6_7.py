"""Imbalances: models.md 6.7."""

from mmtui.domain.instrument import Side
from mmtui.estimators.flow import FlowImbalance, imbalance, level_weights, weighted_depths
from tests.checks.values import CheckValue

BIDS, ASKS = (5.0, 8.0, 6.0), (4.0, 9.0, 3.0)
PRINTS = ((0.0, Side.BUY, 2.0), (0.4, Side.SELL, 1.0), (1.1, Side.BUY, 0.5), (1.3, Side.SELL, 3.0))


def _flow() -> FlowImbalance:
    flow = FlowImbalance(2.0)
    for at, side, size in PRINTS:
        flow.on_trade(at, side, size)
    return flow


CHECKS = (
    CheckValue(
        "6.7",
        "book imbalance, unweighted",
        0.085714285714,
        lambda: imbalance(*weighted_depths(BIDS, ASKS, (1.0, 1.0, 1.0))),
    ),
    CheckValue(
        "6.7",
        "book imbalance, weighted",
        0.066179466316,
        lambda: imbalance(*weighted_depths(BIDS, ASKS, level_weights(3))),
    ),
    CheckValue("6.7", "signed flow", -2.141117889082, lambda: _flow().signed),
    CheckValue("6.7", "total flow", 5.134138414162, lambda: _flow().total),
    CheckValue("6.7", "flow imbalance", -0.417035482171, lambda: _flow().unfaded),
)
