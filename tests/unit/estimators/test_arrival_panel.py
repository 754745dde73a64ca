"""Arrivals, the micro-price of states and carry as the panel feeds them, and what their settings do to quotes."""

import math
import random

import pytest

from mmtui.domain.book import AssetContext, Book, Trade
from mmtui.domain.estimates import Estimates, Provenance
from mmtui.domain.instrument import Instrument, Side
from mmtui.estimators.adverse.own_fills import OwnFill
from mmtui.estimators.panel import EstimatorPanel
from tests.checks.quotes import distance_bps, quotes, term_bps
from tests.checks.quotes import first as innermost
from tests.unit.strategies.quote_contexts import PURE, context

BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
T0 = 472_000 * 3600.0
TICK = 1.0
LEVELS = range(20)


class Market:
    """Books every 200 ms whose lean the mid follows, and two orders a second that reach exponentially."""

    def __init__(self, **changes: float | str | bool) -> None:
        self.settings = PURE.with_values({key.replace("__", "."): value for key, value in changes.items()})
        self.panel = EstimatorPanel(self.settings, BTC)
        self.rng = random.Random(8)
        self.mid, self.lean, self.now, self.tid = 100_000.5, 0.0, T0, 0

    def book(self, *, depth_usd: float = 40.0, step: float = TICK) -> None:
        """A book whose depth falls off by e over ``depth_usd``, with a level every ``step``."""
        bid, ask = self.mid - TICK / 2.0, self.mid + TICK / 2.0
        sizes = [math.exp(-level * step / depth_usd) for level in LEVELS]
        self.panel.on_book(
            self.now,
            Book(
                round(self.now * 1000),
                tuple(bid - level * step for level in LEVELS),
                tuple((1.0 + self.lean) * size for size in sizes),
                tuple(ask + level * step for level in LEVELS),
                tuple((1.0 - self.lean) * size for size in sizes),
            ),
        )

    def order(self, *, kappa: float = 3000.0, size: float = 0.1) -> None:
        self.tid += 1
        side = self.rng.choice((Side.BUY, Side.SELL))
        price = self.mid * (1.0 + side * self.rng.expovariate(kappa))
        self.panel.on_trade(self.now, Trade(round(self.now * 1000), side, price, size, self.tid, f"0x{self.tid:x}"))

    def run(self, seconds: float, *, pull: float = 0.3) -> "Market":
        for _ in range(int(seconds * 5)):
            self.now += 0.2
            if self.rng.random() < 0.2:
                self.mid += TICK if self.rng.random() < 0.5 + pull * self.lean else -TICK
            self.lean = min(max(0.9 * self.lean + self.rng.gauss(0.0, 0.25), -0.95), 0.95)
            self.book()
            if self.rng.random() < 0.4:
                self.order()
            self.panel.pass_time(self.now)
        return self

    @property
    def estimates(self) -> Estimates:
        found = self.panel.estimates(self.now)
        assert found is not None
        return found


def test_a_running_market_learns_maxima_and_depth_beside_the_posterior() -> None:
    market = Market().run(400.0)
    rows, posterior = market.panel.published(market.now), market.estimates.kappa_bid
    fit = rows["kappa_gumbel_bid"]
    assert fit.provenance is Provenance.LEARNED
    assert fit.low is not None and fit.high is not None and fit.low < fit.value < fit.high
    assert fit.value == pytest.approx(posterior.value, rel=0.4)
    assert rows["A_gumbel_ask"].value == pytest.approx(1.0, rel=0.5)
    # Depth falls by e over 40 USD, 2500 in fractions of the price, but is cut off at fifteen levels.
    assert rows["kappa_l2_bid"].value > 2500.0
    assert rows["kappa_l2_literal_bid"].value < 0.0


def test_the_source_of_kappa_decides_which_one_prices() -> None:
    posterior, gumbel = Market().run(400.0), Market(estimators__kappa_source="gumbel").run(400.0)
    rows = gumbel.panel.published(gumbel.now)
    assert gumbel.estimates.kappa_bid == rows["kappa_gumbel_bid"]
    assert gumbel.estimates.intensity_ask == rows["A_gumbel_ask"]
    assert posterior.estimates.kappa_bid != gumbel.estimates.kappa_bid
    before, after = (
        distance_bps(quotes(context(view=market.estimates), market.settings), 1) for market in (posterior, gumbel)
    )
    assert before != pytest.approx(after, abs=1e-3)


def test_the_source_of_kappa_may_be_changed_while_running() -> None:
    market = Market().run(400.0)
    fit = market.panel.published(market.now)["kappa_gumbel_bid"]
    before = market.estimates.kappa_bid
    market.panel.reconfigure(market.settings.with_values({"estimators.kappa_source": "gumbel"}))
    assert market.estimates.kappa_bid == fit
    market.panel.reconfigure(market.settings)
    assert market.estimates.kappa_bid == before


def test_the_posterior_prices_until_maxima_tell_enough() -> None:
    market, plain = Market(estimators__kappa_source="gumbel").run(8.0), Market().run(8.0)
    assert market.estimates.kappa_bid == plain.estimates.kappa_bid


def test_a_fit_is_held_within_the_bounds_of_kappa() -> None:
    market = Market(estimators__kappa_source="gumbel", estimators__kappa_max=1500.0).run(400.0)
    assert (market.estimates.kappa_bid.value, market.estimates.kappa_bid.provenance) == (1500.0, Provenance.CLAMPED)


def test_the_posted_depth_is_the_prior_of_kappa_until_the_first_trade() -> None:
    market = Market()
    market.book(step=8.0)
    posted = market.panel.depth(Side.BUY)
    assert posted is not None and 2500.0 < posted.kappa < 5000.0
    assert market.estimates.kappa_bid.value == pytest.approx(posted.kappa)
    assert market.estimates.kappa_bid.provenance is Provenance.PRIOR
    market.now += 1.0
    market.order(kappa=1e9)
    assert market.estimates.kappa_bid.value == pytest.approx(2500.0)
    market.now += 2.0
    market.book(depth_usd=20.0, step=8.0)
    assert market.estimates.kappa_bid.value == pytest.approx(2500.0)


@pytest.mark.parametrize(("depth_usd", "expected"), [(1.0, 5000.0), (1e9, 1000.0)])
def test_a_posted_prior_stays_between_one_and_five_thousand(depth_usd: float, expected: float) -> None:
    market = Market()
    levels = [math.exp(-level / depth_usd) for level in LEVELS]
    wide = 1.0 if depth_usd == 1.0 else 40.0
    prices = [market.mid - TICK / 2.0 - level * wide for level in LEVELS]
    asks = [market.mid + TICK / 2.0 + level * wide for level in LEVELS]
    book = Book(round(T0 * 1000), tuple(prices), tuple(levels), tuple(asks), tuple(levels))
    market.panel.on_book(T0, book)
    assert market.estimates.kappa_bid.value == expected


def test_after_a_restart_the_trades_of_before_have_been_seen() -> None:
    market = Market().run(60.0)
    memory = market.panel.memory()
    assert memory is not None
    again = Market()
    assert again.panel.recall(memory)
    again.now = market.now + 1.0
    again.book()
    assert again.estimates.kappa_bid.value == pytest.approx(market.estimates.kappa_bid.value, rel=0.02)


def sized(weights: bool) -> Estimates:
    """Small orders that reach far and large ones that do not."""
    market = Market(estimators__kappa_size_weights=weights)
    for i in range(600):
        market.now += 0.25
        market.book()
        market.order(kappa=6000.0, size=1.0) if i % 3 == 0 else market.order(kappa=1500.0, size=0.1)
    return market.estimates


def test_size_weights_listen_to_large_orders() -> None:
    plain, weighted = sized(weights=False), sized(weights=True)
    assert weighted.kappa_bid.value > 1.2 * plain.kappa_bid.value
    assert weighted.kappa_bid.n_eff < plain.kappa_bid.n_eff
    assert weighted.intensity_bid.n_eff == pytest.approx(plain.intensity_bid.n_eff)
    near, far = (distance_bps(quotes(context(view=view), PURE), 1) for view in (weighted, plain))
    assert near < far


def test_stoikovs_price_leads_where_the_book_leads_and_stays_inside_the_touch() -> None:
    market = Market(estimators__microprice_mode="stoikov").run(900.0)
    assert market.settings.text("estimators.microprice_mode") == "stoikov"
    for lean in (0.9, -0.9):
        market.lean, market.now = lean, market.now + 0.2
        market.book()
        fair = market.estimates.fair
        assert fair == market.panel.published(market.now)["microprice_stoikov"]
        assert fair.provenance in (Provenance.LEARNED, Provenance.CLAMPED)
        assert 0.05 * TICK < math.copysign(1.0, lean) * (fair.value - market.mid) <= 0.5 * TICK
        reference = quotes(context(view=market.estimates), market.settings).reference
        assert reference == fair.value


def test_the_mode_of_the_micro_price_may_be_changed_while_running() -> None:
    market = Market().run(900.0)
    rows = market.panel.published(market.now)
    assert market.estimates.fair == rows["microprice_regression"]
    market.panel.reconfigure(market.settings.with_values({"estimators.microprice_mode": "stoikov"}))
    assert market.estimates.fair == rows["microprice_stoikov"]


def told(premium: float | None, rate: float = 1.25e-5) -> AssetContext:
    return AssetContext(100_000.0, 100_000.0, rate, 1e4, premium)


def funded(premium: float, *, minutes: int, **changes: float) -> Market:
    """A contract with a premium, told every five seconds until some minutes into the hour."""
    market = Market(**changes)
    for i in range(minutes * 12):
        market.now = T0 + i * 5.0
        market.book()
        market.panel.on_context(market.now, told(premium))
    return market


def funding_term_bps(market: Market) -> float:
    ladder = quotes(context(view=market.estimates), market.settings)
    return term_bps(innermost(ladder, 1), "funding target")


def test_funding_reaches_the_signals_with_its_clock() -> None:
    signals = funded(0.0008, minutes=30).estimates.signals
    assert signals.premium == 0.0008
    assert signals.funding_hourly == pytest.approx(0.0000375)
    assert signals.funding_outlook == pytest.approx(0.0000375)
    assert signals.funding_due_s == pytest.approx(1805.0)


def test_a_recording_without_funding_has_none() -> None:
    market = Market()
    for i in range(800):
        market.now = T0 + 0.2 * i
        market.book()
        market.panel.on_context(market.now, told(None, rate=0.0))
    signals = market.estimates.signals
    assert (signals.premium, signals.funding_hourly, signals.funding_outlook, signals.funding_due_s) == (0, 0, 0, 0)
    assert "premium" not in market.panel.published(market.now)
    assert funding_term_bps(market) == 0.0


def test_an_extreme_rate_moves_the_quotes_only_in_the_last_minutes_of_the_hour() -> None:
    assert funding_term_bps(funded(0.05, minutes=30)) == 0.0
    late = funding_term_bps(funded(0.05, minutes=55))
    # Longs pay, so the inventory aimed at is short and the bid steps back.
    assert late > 0.1


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("risk__funding_rate_weight", 0.0, 0.0),
        ("risk__funding_window_s", 60.0, 0.0),
        ("risk__funding_window_s", 3600.0, 1.0),
        ("risk__funding_rate_weight", 0.25, 0.5),
        ("estimators__funding_divisor", 16.0, 0.5),
    ],
)
def test_every_setting_of_funding_moves_the_quotes(key: str, value: float, expected: float) -> None:
    usual = funding_term_bps(funded(0.004, minutes=55))
    assert funding_term_bps(funded(0.004, minutes=55, **{key: value})) == pytest.approx(expected * usual, rel=1e-6)


def test_the_horizon_of_funding_decides_how_far_the_next_hours_count() -> None:
    near, far = (funded(0.004, minutes=50, risk__funding_rate_horizon_s=horizon) for horizon in (600.0, 28_800.0))
    for market in (near, far):
        for _ in range(60):
            market.now += 5.0
            market.book()
            market.panel.on_context(market.now, told(-0.02))
    assert near.estimates.signals.funding_outlook > far.estimates.signals.funding_outlook
    assert funding_term_bps(near) > funding_term_bps(far)


def test_the_drift_score_and_the_holding_time_reach_the_signals() -> None:
    market = Market()
    market.lean = 0.8
    for _ in range(20):
        market.now += 0.2
        market.book()
    assert market.estimates.signals.drift_score == pytest.approx(0.8, rel=0.05)
    assert market.estimates.signals.holding_s == 120.0
    for _ in range(200):
        market.now += 1.0
        market.book()
        market.panel.pass_time(market.now)
        for side in Side:
            market.panel.on_fill(market.now, OwnFill(side=side, size=0.01))
    assert market.estimates.signals.holding_s < 2.0
    assert market.panel.published(market.now)["holding_time"].provenance is Provenance.LEARNED


def test_a_reset_of_the_feed_leaves_no_transition_and_no_silence_behind() -> None:
    market = Market().run(400.0)
    before = market.panel.published(market.now)["A_gumbel_bid"].value
    market.now += 400.0
    market.run(5.0)
    after = market.panel.published(market.now)["A_gumbel_bid"].value
    assert after == pytest.approx(before, rel=0.2)
