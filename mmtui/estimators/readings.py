"""From the estimators' state to the first-order estimates of one moment.

Owns the memo of what changes rarely: volatility with each tick, arrivals with each order and second. A
reading changes nothing that a later one could see. Never feeds an estimator. Source: models.md 6.
"""

import math

from mmtui.domain.estimates import Estimate, Estimates, Provenance, Signals
from mmtui.estimators.arrivals.aggressors import Aggressors
from mmtui.estimators.fair.kalman import WARM_OBSERVATIONS as KALMAN_WARM
from mmtui.estimators.fair.kalman import FilteredMid
from mmtui.estimators.fair.microprice import WARM_OBSERVATIONS, Microprice
from mmtui.estimators.fair.transitions import VISITS_MIN, Transitions
from mmtui.estimators.flow import TopOfBook
from mmtui.estimators.publish import (
    STALE_S,
    ArrivalEstimates,
    VolatilityEstimates,
    provenance_of,
    volatility_estimates,
)
from mmtui.estimators.tape import Tape
from mmtui.estimators.volatility.realised import Volatility

FEED_GAP_S = 5.0


class Readings:
    """First-order estimates, read off the estimators of one panel."""

    __slots__ = (
        "_aggressors",
        "_arrival_memo",
        "_filtered",
        "_microprice",
        "_states",
        "_tape",
        "_top",
        "_volatility",
        "_volatility_memo",
    )

    def __init__(
        self,
        top: TopOfBook,
        tape: Tape,
        volatility: Volatility,
        *,
        aggressors: Aggressors,
        microprice: Microprice,
        states: Transitions,
        filtered: FilteredMid,
    ) -> None:
        self._top, self._tape, self._volatility = top, tape, volatility
        self._aggressors, self._microprice, self._states = aggressors, microprice, states
        self._filtered = filtered
        self._volatility_memo = (volatility.reading, (0.0, False), volatility_estimates(volatility, 0.0, 0.0))
        self._arrival_memo = ((0, 0.0, 0.0), aggressors.estimates(0.0, 0.0))

    def estimates(self, now: float, watched_at: float, trades: int, signals: Signals) -> Estimates:
        """Every estimate at ``now``; call only when a touch is known.

        The last market event came at ``watched_at``; ``trades`` prints were counted so far.
        """
        top = self._top
        volatility = self.volatilities(now)
        arrivals = self.arrivals(now, watched_at)
        return Estimates(
            mid=top.mid,
            fair=self.fair(now),
            sigma=volatility.sigma,
            sigma_effective=volatility.sigma_effective,
            kappa_bid=arrivals.kappa_bid,
            kappa_ask=arrivals.kappa_ask,
            intensity_bid=arrivals.intensity_bid,
            intensity_ask=arrivals.intensity_ask,
            jump_ratio=volatility.jump_ratio,
            book_imbalance=Estimate(
                top.imbalance, "", provenance_of(1, 1, now - top.received_at), 1.0, top.received_at
            ),
            flow_imbalance=self._flow_imbalance(now, trades),
            signals=signals,
        )

    def fair(self, now: float) -> Estimate:
        """The reference price at ``now``; call only when a touch is known."""
        if self._filtered.prices:
            return self.filtered_price(now)
        return self.settled_price(now) if self._states.prices else self.regressed_price(now)

    def regressed_price(self, now: float) -> Estimate:
        """Fair price of the regression on book and flow imbalance."""
        top, microprice = self._top, self._microprice
        flow_value = self._tape.flow.value(now)
        deviation, is_clamped = microprice.deviation(top.imbalance, flow_value, top.spread)
        trust = provenance_of(microprice.n, WARM_OBSERVATIONS, now - top.received_at, is_clamped=is_clamped)
        return self._priced(deviation, trust, microprice.n_eff)

    def settled_price(self, now: float) -> Estimate:
        """Fair price of the book's state: where the mid has settled after it, under the same clamp."""
        top = self._top
        wanted, visits = self._states.expected_move(top.mid, top.imbalance, top.spread)
        deviation, is_clamped = self._microprice.clamped(wanted, top.spread)
        trust = provenance_of(visits, VISITS_MIN, now - top.received_at, is_clamped=is_clamped)
        return self._priced(deviation, trust, visits)

    def filtered_price(self, now: float) -> Estimate:
        """Fair price of the filter on the mid, under the same clamp."""
        top, filtered = self._top, self._filtered
        count = filtered.observations
        wanted = filtered.value / top.mid - 1.0 if count else 0.0
        deviation, is_clamped = self._microprice.clamped(wanted, top.spread)
        trust = provenance_of(count, KALMAN_WARM, now - top.received_at, is_clamped=is_clamped)
        return self._priced(deviation, trust, count)

    def _priced(self, deviation: float, trust: Provenance, n_eff: float) -> Estimate:
        top = self._top
        fair = top.mid * (1.0 + deviation)
        if abs(deviation) <= top.spread / 2.0:
            # Rounding of the product must not carry it past the touch.
            fair = min(max(fair, top.bid), top.ask)
        return Estimate(fair, "USD", trust, n_eff, top.received_at)

    def volatilities(self, now: float) -> VolatilityEstimates:
        """What the volume ticks say at ``now``."""
        volatility, at = self._volatility, self._tape.ticked_at
        key = (at, now - at <= STALE_S)
        reading, known, published = self._volatility_memo
        if reading is volatility.reading and known == key:
            return published
        published = volatility_estimates(volatility, now, at)
        self._volatility_memo = (volatility.reading, key, published)
        return published

    def arrivals(self, now: float, watched_at: float) -> ArrivalEstimates:
        """What the aggressive orders say at ``now``; the last market event came at ``watched_at``."""
        # Whole seconds, in which evidence decays by a quarter of a percent, make the reading the
        # same however often it is asked for.
        second = math.floor(now)
        # Silence is evidence only while the feed lives.
        watched_until = min(second, watched_at + FEED_GAP_S)
        key = (self._aggressors.evidence, second, watched_until)
        if key != self._arrival_memo[0]:
            self._arrival_memo = (key, self._aggressors.estimates(second, watched_until))
        return self._arrival_memo[1]

    def _flow_imbalance(self, now: float, trades: int) -> Estimate:
        flow, at = self._tape.flow, self._tape.updated_at
        return Estimate(flow.value(now), "", provenance_of(trades, 1.0, now - at), flow.n_eff(now), at)
