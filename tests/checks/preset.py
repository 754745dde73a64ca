"""The market and the dealer that most figures are computed for: models.md 1.4, preset P1."""

from mmtui.research.chain import Market
from mmtui.strategies import glft

PRICE = 100_000.0
LIMIT_BASE = 0.05
LOT_USD = 1000.0
LIMIT_LOTS = 5
SIGMA_BASELINE = 2e-4
REFERENCE_S = 120.0
SIGMA = 1e-4
KAPPA = 3000.0
INTENSITY = 0.2
FEE = 1.5e-4
GAMMA = 0.3

UNIT_USD = glft.risk_unit(LIMIT_BASE, PRICE, SIGMA_BASELINE, REFERENCE_S)
MARKET = Market(INTENSITY, KAPPA, SIGMA)


def aversion(gamma: float = GAMMA) -> float:
    """Absolute risk aversion in 1/USD."""
    return glft.risk_per_lot(gamma, 1.0, UNIT_USD)


def risk(gamma: float = GAMMA) -> float:
    """Risk aversion per lot in 1/fraction."""
    return glft.risk_per_lot(gamma, LOT_USD, UNIT_USD)


def flow(cost: float = FEE) -> glft.Flow:
    """What either side meets, with the fee as the only cost."""
    return glft.Flow(KAPPA, INTENSITY, cost)
