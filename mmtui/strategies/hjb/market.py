"""The market as the solution reads it, and the distances that the solution wants there.

Owns the reading of the table at one place, the closed form that stands in while there is none, and the
search in grid mode. Knows no floors and no widening. Source: models.md 2.5, 4.3, 4.5.
"""

import msgspec

from mmtui.domain.units import BPS
from mmtui.strategies import glft
from mmtui.strategies.gamma import Gamma
from mmtui.strategies.hjb.policy import Gaps, PolicyInputs, PolicyTable, mean_flow
from mmtui.strategies.hjb.pricing import reducing_rates
from mmtui.strategies.hjb.problem import Taker, taker_cost, thinned
from mmtui.strategies.hjb.search import best_multiple
from mmtui.strategies.hjb.state import StateVector
from mmtui.strategies.hjb.tuning import HjbMode, HjbTuning
from mmtui.strategies.inputs import adverse_costs, effective_sigma, flows, inventory_lots
from mmtui.strategies.quote import QuoteContext

SIGMA_MIN = 1e-6


class Market(msgspec.Struct, frozen=True, gc=False):
    """What the model reads of one moment: both sides with costs, their mean, sigma, and risk per lot.

    ``balance`` is the shift that a difference of the sides asks for, ``slope`` and ``reversion`` those of
    the closed form for the mean flow.
    """

    bid: glft.Flow
    ask: glft.Flow
    inputs: PolicyInputs
    balance: float
    slope: float
    reversion: float
    base_bid: float
    base_ask: float


def market_of(context: QuoteContext, tuning: HjbTuning, gamma: Gamma) -> Market:
    """The market of the moment at the gamma that leaves inventory out: the solution prices inventory itself."""
    settings = tuning.model
    bid, ask = flows(context, adverse_costs(context, settings.adverse), settings)
    sigma = max(effective_sigma(context), SIGMA_MIN)
    risk = glft.risk_per_lot(gamma.market, 1.0, settings.risk_unit)
    attitude = tuning.shape.attitude
    mean = mean_flow(bid, ask)
    sides = glft.closed_form(risk, sigma, bid, ask, persistence_s=settings.persistence_s, attitude=attitude)
    slope = glft.closed_form(risk, sigma, mean, mean, attitude=attitude).slope
    return Market(
        bid=bid,
        ask=ask,
        inputs=PolicyInputs(mean, sigma, risk, max(context.taker_rate, 0.0)),
        balance=sides.balance,
        slope=slope,
        reversion=risk * sigma * sigma / slope if slope > 0.0 else 0.0,
        base_bid=sides.base_bid,
        base_ask=sides.base_ask,
    )


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where the solution is read: lots, drift, imbalance, market spread; signals are 0 where they must not act."""

    n: float
    drift: float
    imbalance: float
    spread: float


def place_of(context: QuoteContext, tuning: HjbTuning, state: StateVector) -> Place:
    """Where the solution is read now."""
    shape = tuning.shape
    return Place(
        inventory_lots(context, tuning.model),
        state.adverse_selection_estimate if shape.drift.points > 1 else 0.0,
        state.lob_imbalance if shape.thinning > 0.0 else 0.0,
        state.market_spread_bps / BPS,
    )


def gaps_at(place: Place, table: PolicyTable | None, market: Market, drift_decay: float) -> Gaps:
    """Value gaps of the table, or of the closed form while there is none. Source: (2.8), (2.10), (4.2)."""
    if table is not None:
        return table.gaps(place.n, place.drift, place.imbalance, place.spread)
    lead = place.drift / (drift_decay + market.reversion)
    return Gaps((place.n + 0.5) * market.slope - lead, -(place.n - 0.5) * market.slope + lead)


class Distances(msgspec.Struct, frozen=True, gc=False):
    """Wanted distances of bid and ask before widening, floors and caps, bps."""

    bid: float
    ask: float


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """Wanted distances: flat without signals, with the drift, with the book too, and with the inventory at last."""

    flat: Distances
    drifted: Distances
    signalled: Distances
    final: Distances
    balance_bps: float


class Solution:
    """One moment's solved control, from the market and the table, None while there is none."""

    __slots__ = ("_context", "_tuning", "market", "table")

    def __init__(self, context: QuoteContext, tuning: HjbTuning, market: Market, table: PolicyTable | None) -> None:
        self._context, self._tuning, self.market, self.table = context, tuning, market, table

    def wanted(self, place: Place, flat: Distances) -> Wanted:
        """Distances on the way to ``place``: signals first, then inventory; what does not act is not read again."""
        drifted = self.distances(Place(0.0, place.drift, 0.0, place.spread)) if place.drift != 0.0 else flat
        signalled = drifted
        if place.imbalance != 0.0:
            signalled = self.distances(Place(0.0, place.drift, place.imbalance, place.spread))
        final = self.distances(place) if place.n != 0.0 else signalled
        balance = self.market.balance if self._tuning.mode is HjbMode.POLICY else 0.0
        return Wanted(flat, drifted, signalled, final, balance * BPS)

    def gaps(self, place: Place) -> Gaps:
        """What one lot more and one lot less cost."""
        return gaps_at(place, self.table, self.market, self._tuning.lean.drift_decay)

    def distances(self, place: Place) -> Distances:
        """The best distances at ``place``, fee included, without adverse selection."""
        gaps, market, fee = self.gaps(place), self.market, self._context.maker_rate
        if self._tuning.mode is not HjbMode.GRID:
            return Distances((market.base_bid + fee + gaps.bid) * BPS, (market.base_ask + fee + gaps.ask) * BPS)
        start, tried = self._tuning.rules.half_spread_bps, self._tuning.multiples
        bid, ask = self.flows(place.imbalance)
        return Distances(
            start * best_multiple(_at_cost(bid, fee), gaps.bid, start / BPS, tried)[0],
            start * best_multiple(_at_cost(ask, fee), gaps.ask, start / BPS, tried)[0],
        )

    def flows(self, imbalance: float) -> tuple[glft.Flow, glft.Flow]:
        """What the sides meet under an imbalance of the book."""
        thinning = self._tuning.shape.thinning
        return thinned(self.market.bid, imbalance, thinning, 1), thinned(self.market.ask, imbalance, thinning, -1)

    def taker_rates(self, place: Place) -> tuple[float, float]:
        """Rates of buying and selling takers: all or nothing, and nothing before a table is solved."""
        if self.table is None or not self._tuning.taker_max > 0.0:
            return 0.0, 0.0
        taker = Taker(self._tuning.taker_max, taker_cost(place.spread, self.market.inputs.taker_fee))
        gaps = self.gaps(place)
        rates = taker.rate_at(gaps.bid), taker.rate_at(gaps.ask)
        return reducing_rates(self._context.position, *rates, self._tuning.taker_max)


def _at_cost(flow: glft.Flow, cost: float) -> glft.Flow:
    return glft.Flow(flow.kappa, flow.intensity, cost)
