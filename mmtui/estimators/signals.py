"""The second-order estimators of one market behind one object, and the signals they make together.

Owns them, their routing and what they publish. Add an estimator here: construct it, feed it in the routes
below, fill its field in ``read`` and its row in ``published``. Reads the first-order estimators; never
feeds them. Sources: models.md 6.3, 6.11 to 6.14, 7.5 and 8.2.
"""

import math

from mmtui.domain.book import Trade
from mmtui.domain.estimates import Estimate, Signals
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.own_fills import OwnFills
from mmtui.estimators.carry.carry import Carry
from mmtui.estimators.cascades.cascade import CascadeDirection
from mmtui.estimators.cascades.liquidations import BURST_WARM_ORDERS, ORDERS_WARM
from mmtui.estimators.fair.kalman import WARM_OBSERVATIONS as KALMAN_WARM
from mmtui.estimators.fair.kalman import FilteredMid
from mmtui.estimators.fair.microprice import Microprice
from mmtui.estimators.fair.momentum import KNIFE_FROM, Momentum, falling_knife, rising_knife
from mmtui.estimators.fair.spread_regime import WARM_S as SPREAD_WARM_S
from mmtui.estimators.fair.spread_regime import SpreadRegime
from mmtui.estimators.flow import TopOfBook
from mmtui.estimators.memory import PanelMemory
from mmtui.estimators.publish import SIGMA_UNIT, provenance_of
from mmtui.estimators.queue.touch_volume import TouchVolumes
from mmtui.estimators.tape import Tape
from mmtui.estimators.volatility.jumps import jump_probability
from mmtui.estimators.volatility.realised import Return, Volatility
from mmtui.estimators.volatility.swings import Swings
from mmtui.estimators.vpin import BUCKETS, Vpin

DIRECTIONS = {CascadeDirection.LONG: -1, CascadeDirection.SHORT: 1, CascadeDirection.BOTH: 0}
EPISODES_WARM = 10.0


class SignalSources:
    """Second-order estimators, fed by the panel after its own."""

    __slots__ = (
        "_filtered",
        "_horizon_s",
        "_microprice",
        "_momentum",
        "_own_fills",
        "_spreads",
        "_tape",
        "_top",
        "_volatility",
        "_vpin",
        "carry",
        "swings",
        "touched",
    )

    def __init__(
        self, settings: Settings, top: TopOfBook, tape: Tape, volatility: Volatility, *, own_fills: OwnFills,
        microprice: Microprice, carry: Carry, filtered: FilteredMid,
    ) -> None:  # fmt: skip
        self._top, self._tape, self._volatility = top, tape, volatility
        self._own_fills, self._microprice, self.carry = own_fills, microprice, carry
        self._momentum = Momentum()
        self._filtered = filtered
        self._spreads = SpreadRegime(settings)
        self._vpin = Vpin()
        self.swings = Swings(settings)
        self.touched = TouchVolumes()
        self.reconfigure(settings)

    def reconfigure(self, settings: Settings) -> None:
        """Take edited settings; everything learned stays."""
        self._horizon_s = settings.number("risk.max_holding_time_s")
        self._spreads.reconfigure(settings)
        self.carry.reconfigure(settings)
        self.swings.reconfigure(settings)

    def on_mid(self, at: float) -> None:
        """A usable touch was taken, be it from a full book or not."""
        top, sigma = self._top, self._volatility.reading.sigma
        spread = top.spread
        self._momentum.on_mid(at, top.mid)
        self._filtered.on_mid(at, top.mid, spread, sigma)
        self._spreads.on_spread(at, spread)
        self.touched.on_touch(at, top.bid, top.ask)
        self.swings.on_time(at, sigma, is_known=self._volatility.is_warm)

    def on_trade(self, at: float, trade: Trade) -> None:
        """A print that counts was taken, at ``at`` on the tape."""
        self._vpin.on_trade(at, trade.side, trade.size, self._tape.clock.threshold)
        self.touched.on_trade(at, trade)

    def on_return(self, change: Return) -> None:
        """A volume tick made a return."""
        self.swings.on_return(change)

    def skip(self) -> None:
        """The feed was interrupted: nothing may reach across."""
        self._momentum.skip()
        self._filtered.skip()
        self._spreads.skip()
        self.swings.skip()
        self.touched.skip()

    def recall(self, memory: PanelMemory) -> None:
        """Go on from what was learned before."""
        self.swings.recall(memory.jumps, memory.variance)
        if memory.touch is not None:
            self.touched.recall(memory.touch)

    def read(self, now: float) -> Signals:
        """Every signal at ``now``; call only when a touch is known."""
        cascade = self._tape.cascade.reading(now)
        fit, reading = self._microprice.fit, self._volatility.reading
        fast, slow = self._momentum.scores(now, reading.sigma)
        process = self.swings.process
        own = self._own_fills
        law_bid, law_ask = own.law(Side.BUY), own.law(Side.SELL)
        funding = self.carry.reading(now)
        return Signals(
            market_spread=self._top.spread,
            is_toxic=self._volatility.is_toxic,
            volatility_regime=self._volatility.regime,
            sigma_forecast=self.swings.forecast(reading.sigma, self._horizon_s),
            variance_mean=process.mean if process else 0.0,
            variance_reversion=process.reversion if process else 0.0,
            jump_rate=self.swings.jumps.rate,
            jump_variance=self.swings.jumps.variance_rate,
            beta_book=fit.beta_book,
            beta_flow=fit.beta_flow,
            momentum_fast=fast,
            momentum_slow=slow,
            falling_knife=falling_knife(fast) if fast < -KNIFE_FROM else 0.0,
            rising_knife=rising_knife(fast) if fast > KNIFE_FROM else 0.0,
            filtered_mid=self._filtered.value,
            drift_score=self.carry.drift.value(now),
            depth_imbalance=self.carry.drift.imbalance(now),
            adverse_bid=own.reading(Side.BUY).value,
            adverse_ask=own.reading(Side.SELL).value,
            adverse_zero_bid=law_bid[0],
            adverse_zero_ask=law_ask[0],
            adverse_decay_bid=law_bid[1],
            adverse_decay_ask=law_ask[1],
            informed_bid=own.informed(Side.BUY),
            informed_ask=own.informed(Side.SELL),
            vpin=self._vpin.value,
            is_flow_toxic=self._vpin.is_toxic,
            cascade_severity=cascade.severity,
            cascade_raw=cascade.raw,
            cascade_direction=DIRECTIONS[cascade.direction],
            hawkes_ratio=self._tape.cascade.flow_ratio(now),
            spread_percentile=self._spreads.settled(now),
            volume_rate=self._tape.clock.volume_rate(now),
            mean_order_bid=self.touched.sizes.bid.value,
            mean_order_ask=self.touched.sizes.ask.value,
            touch_volume_bid=self.touched.value(Side.BUY),
            touch_volume_ask=self.touched.value(Side.SELL),
            holding_s=self.carry.holding.value_s,
            premium=funding.premium,
            funding_hourly=funding.running,
            funding_outlook=funding.outlook,
            funding_due_s=funding.due_s,
        )

    def published(self, now: float) -> dict[str, Estimate]:
        """What people see of these estimators, by name; not read by any decision."""
        return {
            **self._volatilities(now),
            **self._prices(now),
            **self._flows(now),
            **self.carry.published(now),
            **self._own_fills.published(now),
        }

    def _volatilities(self, now: float) -> dict[str, Estimate]:
        reading, at, swings = self._volatility.reading, self._tape.ticked_at, self.swings
        age_s = now - at
        n_eff = self._volatility.n_eff
        known = provenance_of(n_eff, n_eff if self._volatility.is_warm else math.inf, age_s)
        fitted = provenance_of(swings.pairs, swings.pairs if swings.process else math.inf, age_s)
        tested = provenance_of(swings.tested, 1.0, age_s)
        jumps = swings.jumps
        sized = provenance_of(jumps.count, 1.0, age_s)
        rate = jumps.rate_interval
        forecast = swings.forecast(reading.sigma, self._horizon_s)
        process = swings.process
        rows = {
            "sigma_rv": Estimate(reading.sigma_rv, SIGMA_UNIT, known, n_eff, at),
            "sigma_total": Estimate(swings.total(reading.sigma), SIGMA_UNIT, tested, n_eff, at),
            "regime_toxic": Estimate(float(self._volatility.is_toxic), "", known, n_eff, at),
            "sigma_forecast": Estimate(forecast, SIGMA_UNIT, fitted, swings.pairs, at),
            "jump_rate": Estimate(jumps.rate, "1/s", tested, jumps.count, at, *rate),
            "jump_probability": Estimate(jump_probability(jumps.rate, self._horizon_s), "", tested, jumps.count, at),
            "jump_size": Estimate(jumps.typical_size, "fraction", sized, jumps.count, at),
        }
        if process is not None:
            rows["variance_reversion"] = Estimate(process.reversion, "1/s", fitted, swings.pairs, at)
        return rows

    def _prices(self, now: float) -> dict[str, Estimate]:
        at, sigma = self._top.received_at, self._volatility.reading.sigma
        age_s = now - at
        fast, slow = self._momentum.scores(now, sigma)
        seen = provenance_of(self._filtered.observations, KALMAN_WARM, age_s)
        watched = self._spreads.watched_s
        level, error = self._filtered.value, 1.96 * self._filtered.deviation
        rank = provenance_of(watched, SPREAD_WARM_S, age_s)
        count = self._filtered.observations
        return {
            "momentum_fast": Estimate(fast, "sd", seen, count, at),
            "momentum_slow": Estimate(slow, "sd", seen, count, at),
            "filtered_mid": Estimate(level, "USD", seen, count, at, level * (1.0 - error), level * (1.0 + error)),
            "spread_percentile": Estimate(self._spreads.settled(now), "", rank, watched, at),
        }

    def _flows(self, now: float) -> dict[str, Estimate]:
        at, cascade = self._tape.updated_at, self._tape.cascade
        age_s = now - at
        buckets, touched = self._vpin.count, self.touched
        filled = provenance_of(buckets, BUCKETS, age_s)
        rows = {
            "touch_volume_bid": (touched.value(Side.BUY), touched.bid.n_eff),
            "touch_volume_ask": (touched.value(Side.SELL), touched.ask.n_eff),
        }
        volumes = {
            name: Estimate(value, "base", provenance_of(n, EPISODES_WARM, age_s), n, at)
            for name, (value, n) in rows.items()
        }
        return {
            **volumes,
            "cascade": Estimate(
                cascade.reading(now).severity,
                "",
                provenance_of(cascade.orders_seen, ORDERS_WARM, age_s),
                cascade.orders_seen,
                at,
            ),
            "vpin": Estimate(self._vpin.value, "", filled, buckets, at),
            "vpin_usual": Estimate(self._vpin.usual, "", filled, self._vpin.readings, at),
            "flow_toxic": Estimate(float(self._vpin.is_toxic), "", filled, buckets, at),
            "hawkes_ratio": Estimate(
                cascade.flow_ratio(now),
                "",
                provenance_of(cascade.orders_seen, BURST_WARM_ORDERS, age_s),
                cascade.orders_seen,
                at,
            ),
        }
