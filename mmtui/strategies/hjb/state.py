"""The documents' state vector: mid, inventory, filtered drift, market spread and book imbalance.

Owns the units of the documents' interface and the line they log; estimates nothing. Source: models.md 4.1.
"""

import msgspec

from mmtui.domain.units import BPS
from mmtui.estimators.carry.drift import drift_rate
from mmtui.strategies.quote import QuoteContext


class StateVector(msgspec.Struct, frozen=True, kw_only=True):
    """Z = (S, Q, mu, Delta, I).

    ``mid_price`` USD, ``inventory`` base units, ``adverse_selection_estimate`` the filtered drift in
    fraction/s, ``market_spread_bps``, ``lob_imbalance`` in [-1, 1]. ``drift_score`` in [-1, 1] is what the
    drift is made of; ``utilisation`` the signed share of the limit in use, in [-1, 1].
    """

    mid_price: float
    inventory: float
    adverse_selection_estimate: float
    market_spread_bps: float
    lob_imbalance: float
    drift_score: float = 0.0
    utilisation: float = 0.0

    @property
    def bid_share(self) -> float:
        """The imbalance as the bids' share of the depth, in [0, 1], as the documents count it."""
        return (1.0 + self.lob_imbalance) / 2.0

    def __str__(self) -> str:
        """The documents' line; the drift in bps per second."""
        return (
            f"StateVector[S={self.mid_price:.8g}, Q={self.inventory:.6g}, "
            f"μ̂={self.adverse_selection_estimate * BPS:.4f}, "
            f"Δ={self.market_spread_bps:.2f}bps, I={self.lob_imbalance:.3f}]"
        )


def state_vector(
    context: QuoteContext, utilisation: float, *, drift_beta_bps: float, drift_decay: float
) -> StateVector:
    """The state of the moment."""
    estimates = context.estimates
    score = estimates.signals.drift_score
    return StateVector(
        mid_price=context.touch.mid,
        inventory=context.instrument.size_base(context.position),
        adverse_selection_estimate=drift_rate(score, drift_beta_bps, drift_decay),
        market_spread_bps=context.touch.spread * BPS,
        lob_imbalance=estimates.signals.depth_imbalance,
        drift_score=score,
        utilisation=min(max(utilisation, -1.0), 1.0),
    )
