"""From estimates to prices on the grid: models.md 2.13, by the strategy itself and by its formulas."""

from mmtui.strategies import glft
from mmtui.strategies.quote import Ladder
from tests.checks.preset import FEE, INTENSITY, KAPPA, LOT_USD, SIGMA, UNIT_USD
from tests.checks.printed import BPS, printed
from tests.checks.quotes import distance_bps, first, quotes, term_bps
from tests.unit.strategies.quote_contexts import BTC, PURE, context, estimates

GAMMA, LOTS, FAIR = 0.45, 2, 100_003.0
ADVERSE = (0.6e-4, 0.4e-4)
RISK = glft.risk_per_lot(GAMMA, LOT_USD, UNIT_USD)


def _form() -> glft.ClosedForm:
    bid, ask = (glft.Flow(KAPPA, INTENSITY, FEE + cost) for cost in ADVERSE)
    return glft.closed_form(RISK, SIGMA, bid, ask, persistence_s=60.0)


def _ladder() -> Ladder:
    # A severity of 0.4 makes the gamma of 0.45.
    view = estimates(fair=FAIR, cascade_severity=0.4, adverse_bid=ADVERSE[0], adverse_ask=ADVERSE[1])
    return quotes(context(position=LOTS * 1000, view=view), PURE)


def _half_bps(side: int) -> float:
    """What the strategy quotes before the centre moves."""
    level = first(_ladder(), side)
    return distance_bps(_ladder(), side) - term_bps(level, "inventory skew") - term_bps(level, "flow balance")


def _raw(side: int) -> float:
    return FAIR * (1.0 - side * distance_bps(_ladder(), side) / BPS)


def _price(side: int) -> float:
    return BTC.price_usd(first(_ladder(), side).price)


CHECKS = (
    printed("2.13", "gamma", "0.45", lambda: _ladder().gamma_eff),
    printed("2.13", "risk per lot", "41.079192", lambda: RISK),
    printed("2.13", "base, bps", "3.310718", lambda: _form().base_bid * BPS),
    printed("2.13", "slope, bps", "0.413177", lambda: _form().slope * BPS),
    printed("2.13", "reversion, 1/s", "0.009942281", lambda: _form().reversion),
    printed("2.13", "weight of the balance", "0.373644", lambda: _form().balance / (_form().balance + _form().passing)),
    printed("2.13", "full balance, bps", "-0.100000", lambda: (_form().balance + _form().passing) * BPS),
    printed("2.13", "balance, bps", "-0.037364", lambda: _form().balance * BPS),
    printed("2.13", "half-spread of the bid, bps", "6.407803", lambda: _half_bps(1)),
    printed("2.13", "half-spread of the ask, bps", "6.207803", lambda: _half_bps(-1)),
    printed("2.13", "bid, bps", "7.196792", lambda: distance_bps(_ladder(), 1)),
    printed("2.13", "ask, bps", "5.418814", lambda: distance_bps(_ladder(), -1)),
    printed("2.13", "bid before the grid, USD", "99931.0299", lambda: _raw(1)),
    printed("2.13", "ask before the grid, USD", "100057.1898", lambda: _raw(-1)),
    printed("2.13", "bid, USD", "99931", lambda: _price(1)),
    printed("2.13", "ask, USD", "100058", lambda: _price(-1)),
)
