"""The documents' parts of the control problem under their names: fill rates, value, taker's gain.

Owns the translation to the documents' units: offsets in bps, inventory in base units, values in USD.
Source: models.md 4.3.
"""

import math

import msgspec

from mmtui.domain.units import BPS
from mmtui.strategies import glft
from mmtui.strategies.hjb.control import ControlVector
from mmtui.strategies.hjb.policy import PolicyTable
from mmtui.strategies.hjb.state import StateVector


class HJBComponents(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides meet now, and the value of inventory; ``lot_base`` is a lot in base units.

    ``table`` is None where nothing was solved: inventory then has no value of its own. ``drift`` and
    ``imbalance`` are what the table is read at.
    """

    bid: glft.Flow
    ask: glft.Flow
    lot_base: float
    table: PolicyTable | None = None
    drift: float = 0.0
    imbalance: float = 0.0

    def lambda_bid(self, offset_bps: float) -> float:
        """Fills per second of a lot bid ``offset_bps`` below the reference."""
        return fill_rate(self.bid, offset_bps)

    def lambda_ask(self, offset_bps: float) -> float:
        """Fills per second of a lot offered ``offset_bps`` above the reference."""
        return fill_rate(self.ask, offset_bps)

    def expected_fill_rates(self, control: ControlVector) -> tuple[float, float]:
        """Fills per second of bid and ask under ``control``."""
        return self.lambda_bid(control.bid_offset_bps), self.lambda_ask(control.ask_offset_bps)

    def inventory_value_usd(self, state: StateVector) -> float:
        """What holding the inventory is worth besides its price; never positive without a drift."""
        if self.table is None or not self.lot_base > 0.0:
            return 0.0
        spread = state.market_spread_bps / BPS
        value = self.table.value(state.inventory / self.lot_base, self.drift, self.imbalance, spread)
        return value * self.lot_base * state.mid_price

    def value_usd(self, state: StateVector, cash_usd: float) -> float:
        """The value function V(Q, Z): cash, inventory at the mid, and what holding it is worth."""
        return cash_usd + state.inventory * state.mid_price + self.inventory_value_usd(state)

    def income_usd_per_s(self, state: StateVector) -> float:
        """Certainty-equivalent income with a balanced book; 0 where nothing was solved."""
        return self.table.growth * self.lot_base * state.mid_price if self.table is not None else 0.0


def fill_rate(flow: glft.Flow, offset_bps: float) -> float:
    """Fills per second at an offset; one inside the reference is filled no more often than at it."""
    return flow.intensity * math.exp(-flow.kappa * max(offset_bps, 0.0) / BPS)
