"""The panel: what is published when, with which provenance, whatever the market sends."""

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.estimates import Estimate, Estimates, Provenance
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.adverse.own_fills import OwnFill
from mmtui.estimators.cascades.cascade import CascadeDirection
from mmtui.estimators.panel import EstimatorPanel

DEFAULTS = Settings.defaults()
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
T0 = 1.7e9
FIELDS = [
    "fair",
    "sigma",
    "sigma_effective",
    "kappa_bid",
    "kappa_ask",
    "intensity_bid",
    "intensity_ask",
    "jump_ratio",
    "book_imbalance",
    "flow_imbalance",
]


def a_panel(**changes: float | str) -> EstimatorPanel:
    return EstimatorPanel(DEFAULTS.with_values({key.replace("__", "."): v for key, v in changes.items()}), BTC)


def ms(at: float) -> int:
    return round(at * 1000)


def a_book(at: float, mid: float = 100_000.0, bid_size: float = 1.0, ask_size: float = 1.0) -> Book:
    levels = range(5)
    return Book(
        ms(at),
        tuple(mid - 1.0 - i for i in levels),
        (bid_size,) * 5,
        tuple(mid + 1.0 + i for i in levels),
        (ask_size,) * 5,
    )


def a_touch(at: float, mid: float = 100_000.0) -> Touch:
    return Touch(ms(at), mid - 1.0, 1.0, mid + 1.0, 1.0)


def a_trade(at: float, tid: int, *, side: Side = Side.BUY, price: float = 100_010.0, size: float = 0.1) -> Trade:
    return Trade(ms(at), side, price, size, tid)


def known(panel: EstimatorPanel, now: float) -> Estimates:
    estimates = panel.estimates(now)
    assert estimates is not None
    return estimates


def run_market(panel: EstimatorPanel, seconds: float, *, start: float = T0, seed: int = 5) -> float:
    """A diffusing mid, a book every 200 ms and two orders a second; returns the last time."""
    rng = random.Random(seed)
    mid, now = 100_000.0, start
    for i in range(int(seconds / 0.2)):
        now = start + i * 0.2
        mid *= math.exp(rng.gauss(0.0, 1e-4 * math.sqrt(0.2)))
        panel.on_book(now, a_book(now, mid, rng.uniform(0.5, 2), rng.uniform(0.5, 2)))
        if rng.random() < 0.4:
            side = rng.choice((Side.BUY, Side.SELL))
            price = mid * (1 + side * rng.expovariate(3000.0))
            panel.on_trade(now + 0.05, a_trade(now + 0.05, i, side=side, price=price, size=rng.expovariate(5.0)))
    return now


def test_nothing_is_published_before_the_first_touch() -> None:
    panel = a_panel()
    panel.on_trade(T0, a_trade(T0, 1))
    assert panel.estimates(T0) is None
    assert not panel.warmup(T0).ready


def test_the_first_touch_publishes_priors_around_its_mid() -> None:
    panel = a_panel()
    panel.on_touch(T0, a_touch(T0))
    estimates = known(panel, T0)
    assert (estimates.mid, estimates.fair.value) == (100_000.0, 100_000.0)
    assert (estimates.sigma.value, estimates.jump_ratio.value) == (0.0002, 1.0)
    assert estimates.kappa_bid.value == estimates.kappa_ask.value == pytest.approx(2500.0)
    assert estimates.intensity_bid.value == pytest.approx(0.1)
    assert estimates.flow_imbalance.value == 0.0
    priors = [name for name in FIELDS if getattr(estimates, name).provenance is Provenance.PRIOR]
    assert priors == [name for name in FIELDS if name != "book_imbalance"]
    assert estimates.signals.market_spread == pytest.approx(2e-5)


@pytest.mark.incident("B17")
def test_market_data_alone_completes_warm_up_and_everything_is_learned() -> None:
    panel = a_panel()
    now = run_market(panel, 240.0)
    assert panel.warmup(now).is_complete
    estimates = known(panel, now)
    assert {getattr(estimates, name).provenance for name in FIELDS} == {Provenance.LEARNED}
    assert estimates.sigma.low is not None and estimates.sigma.high is not None
    assert estimates.sigma.low < estimates.sigma.value < estimates.sigma.high
    assert estimates.kappa_bid.value == pytest.approx(3000.0, rel=0.35)
    assert estimates.intensity_bid.value == pytest.approx(1.0, rel=0.4)
    assert estimates.signals.volume_rate == pytest.approx(0.4, rel=0.3)


def test_a_little_data_is_called_learning() -> None:
    panel = a_panel()
    now = run_market(panel, 9.0)
    estimates = known(panel, now)
    assert estimates.fair.provenance is Provenance.LEARNING
    assert estimates.kappa_bid.provenance is Provenance.LEARNING
    assert estimates.fair.value == estimates.mid


def test_a_minute_without_a_tick_an_order_or_a_book_is_called_stale() -> None:
    panel = a_panel()
    now = run_market(panel, 240.0)
    quiet = known(panel, now + 61.0)
    for name in ("fair", "sigma", "sigma_effective", "jump_ratio", "kappa_bid", "book_imbalance"):
        assert getattr(quiet, name).provenance is Provenance.STALE
    later = now + 61.0
    panel.on_touch(later, a_touch(later))
    renewed = known(panel, later)
    assert renewed.fair.provenance is not Provenance.STALE
    assert renewed.sigma.provenance is Provenance.STALE


def test_a_binding_clamp_is_called_clamped() -> None:
    panel = a_panel(estimators__kappa_max=2600.0)
    now = run_market(panel, 240.0)
    estimates = known(panel, now)
    assert (estimates.kappa_bid.value, estimates.kappa_bid.provenance) == (2600.0, Provenance.CLAMPED)


@pytest.mark.incident("B32")
def test_fair_stays_inside_the_touch() -> None:
    panel = a_panel()
    rng = random.Random(9)
    mid, imbalance, now = 100_000.0, 0.0, T0
    for i in range(1500):
        now = T0 + i * 0.1
        panel.on_book(now, a_book(now, mid, 1.0 + imbalance, 1.0 - imbalance))
        fair = known(panel, now).fair.value
        assert mid - 1.0 <= fair <= mid + 1.0
        mid *= 1 + 3e-4 * imbalance * 0.1
        imbalance = min(max(0.98 * imbalance + rng.gauss(0, 0.1), -0.9), 0.9)
    assert known(panel, now).signals.beta_book > 0.0


def test_old_and_repeated_prints_do_not_count() -> None:
    panel = a_panel()
    panel.on_touch(T0, a_touch(T0))
    panel.on_trade(T0 + 5.5, a_trade(T0, 1))
    panel.on_trade(T0 + 5.5, a_trade(T0 + 5.4, 2))
    panel.on_trade(T0 + 5.6, a_trade(T0 + 5.4, 2))
    assert panel.warmup(T0 + 6).seen.trades == 1


def test_reach_is_measured_from_where_the_quotes_were_placed() -> None:
    from_mid, from_quotes = a_panel(), a_panel()
    for panel in (from_mid, from_quotes):
        panel.on_touch(T0, a_touch(T0))
    from_quotes.set_reference(99_910.0)
    for i in range(1, 60):
        for panel in (from_mid, from_quotes):
            at = T0 + 0.05 * i
            panel.on_trade(at, a_trade(at, i, price=100_010.0))
    near, far = (known(panel, T0 + 3).kappa_ask.value for panel in (from_mid, from_quotes))
    assert near > 3000.0
    assert far < 2000.0


@pytest.mark.parametrize("cleared", [0.0, -1.0, math.nan, math.inf])
def test_without_resting_quotes_reach_is_measured_from_the_mid(cleared: float) -> None:
    panel, plain = a_panel(), a_panel()
    for one in (panel, plain):
        one.on_touch(T0, a_touch(T0))
    panel.set_reference(90_000.0)
    panel.set_reference(cleared)
    for one in (panel, plain):
        one.on_trade(T0 + 0.1, a_trade(T0 + 0.1, 1))
    assert known(panel, T0 + 1) == known(plain, T0 + 1)


def test_a_reference_that_was_not_renewed_is_forgotten() -> None:
    panel, plain = a_panel(), a_panel()
    for one in (panel, plain):
        one.on_touch(T0, a_touch(T0))
    panel.set_reference(99_500.0)
    for i in range(1, 13):
        for one in (panel, plain):
            one.on_touch(T0 + i, a_touch(T0 + i))
    for one in (panel, plain):
        one.on_trade(T0 + 12.1, a_trade(T0 + 12.1, 1))
    assert known(panel, T0 + 13) == known(plain, T0 + 13)


def test_an_outage_is_no_evidence_of_silence() -> None:
    panel, steady = a_panel(), a_panel()
    now = run_market(panel, 120.0)
    run_market(steady, 120.0)
    for i in range(60):
        steady.on_touch(now + 1 + i, a_touch(now + 1 + i))
    panel.on_touch(now + 60, a_touch(now + 60))
    after_outage, after_silence = known(panel, now + 60), known(steady, now + 60)
    assert after_outage.intensity_bid.value > 1.2 * after_silence.intensity_bid.value


def test_silence_before_an_outage_still_counts() -> None:
    panel, cut = a_panel(), a_panel()
    now = run_market(panel, 120.0)
    run_market(cut, 120.0)
    for i in range(100):
        panel.on_touch(now + 1 + i, a_touch(now + 1 + i))
    for one in (panel, cut):
        one.on_touch(now + 200, a_touch(now + 200))
    quiet, unwatched = (known(one, now + 200).intensity_bid.value for one in (panel, cut))
    assert quiet < 0.75 * unwatched


def test_a_dead_feed_is_read_as_unknown_not_as_silence() -> None:
    panel = a_panel()
    now = run_market(panel, 120.0)
    soon, late = known(panel, now + 10.0), known(panel, now + 59.0)
    assert late.intensity_bid.value == soon.intensity_bid.value
    assert late.kappa_bid.value == soon.kappa_bid.value


def test_an_outage_makes_no_return_and_no_label() -> None:
    panel = a_panel()
    now = run_market(panel, 240.0)
    before, observed = known(panel, now).sigma.value, panel.warmup(now).seen.observations
    later = now + 600.0
    panel.on_touch(later, a_touch(later, 120_000.0))
    for i in range(40):
        panel.on_trade(later + 0.01 * i, a_trade(later + 0.01 * i, 10_000 + i, price=120_000.0 + i % 2))
    assert known(panel, later + 1).sigma.value < 1.5 * before
    assert panel.warmup(later).seen.observations == observed


def test_edits_keep_what_was_learned() -> None:
    panel = a_panel()
    now = run_market(panel, 240.0)
    before = known(panel, now)
    panel.reconfigure(DEFAULTS.with_values({"estimators.kappa_max": 1000.0, "estimators.jump_weight": 0.0}))
    after = known(panel, now)
    assert after.kappa_bid.value == 1000.0
    assert after.sigma == before.sigma
    assert after.sigma_effective.value == pytest.approx(after.sigma.value)
    assert panel.warmup(now).is_complete


def test_reading_often_or_seldom_gives_the_same_numbers() -> None:
    eager, lazy = a_panel(), a_panel()
    rng = random.Random(2)
    for i in range(600):
        now = T0 + i * 0.1
        for panel in (eager, lazy):
            panel.on_book(now, a_book(now, 100_000.0 + i % 7))
            if i % 3 == 0:
                panel.on_trade(now, a_trade(now, i, price=100_000.0 + i % 11))
        eager.estimates(now + rng.random())
        eager.warmup(now)
    assert eager.estimates(T0 + 61.5) == lazy.estimates(T0 + 61.5)


def test_own_fills_teach_what_each_side_costs() -> None:
    panel = a_panel()
    panel.on_fill(T0, OwnFill(side=Side.BUY, size=1.0))
    panel.on_touch(T0, a_touch(T0))
    prior = known(panel, T0).signals
    assert (prior.adverse_bid, prior.adverse_ask) == pytest.approx((0.5e-4, 0.5e-4))
    panel.on_fill(T0, OwnFill(side=Side.BUY, size=1.0))
    for i in range(1, 5):
        at = T0 + 0.4 * i
        panel.on_touch(at, a_touch(at, 99_900.0))
    learned = known(panel, T0 + 2).signals
    assert panel.adverse_selection(Side.BUY).measured == pytest.approx(1e-3)
    assert learned.adverse_bid == pytest.approx((20 * 0.5e-4 + 1e-3) / 21)
    assert learned.adverse_ask == prior.adverse_ask


def test_sweeping_sales_while_interest_falls_and_the_mark_runs_are_a_cascade() -> None:
    panel = a_panel()
    for i in range(120):
        at = T0 + i
        panel.on_touch(at, a_touch(at))
        panel.on_context(at, AssetContext(100_000.0, 100_000.0, 0.0, 1e4))
        panel.on_trade(at, a_trade(at, i, side=Side.SELL, price=99_999.0, size=0.01))
    assert known(panel, at).signals.cascade_severity == known(panel, at).signals.cascade_raw == 0.0
    for i in range(6):
        at += 1.0
        panel.on_context(at, AssetContext(99_500.0 - 50 * i, 100_000.0, 0.0, 9e3))
        for level in range(5):
            panel.on_trade(at, a_trade(at, 1000 + 10 * i + level, side=Side.SELL, price=99_990.0 - level, size=0.3))
    signals = known(panel, at).signals
    assert signals.cascade_severity == pytest.approx(1.0 - math.exp(-signals.cascade_raw))
    assert signals.cascade_severity > 0.8
    assert panel.cascade(at).direction is CascadeDirection.LONG


def test_depth_is_told_for_each_side_of_the_last_book() -> None:
    panel = a_panel()
    assert panel.depth(Side.BUY) is None
    panel.on_book(T0, a_book(T0))
    bids, asks = panel.depth(Side.BUY), panel.depth(Side.SELL)
    assert bids is not None and asks is not None
    assert bids.kappa == pytest.approx(asks.kappa)
    assert bids.kappa > 0.0


ANY_PRICE = st.floats(allow_nan=True, allow_infinity=True) | st.floats(1.0, 200_000.0)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(("book", "touch", "buy", "sell", "reference", "fill", "context")),
        st.floats(-2.0, 90.0),
        st.integers(-20_000, 20_000),
        ANY_PRICE,
        ANY_PRICE,
    ),
    max_size=60,
)


def play(panel: EstimatorPanel, events: list[tuple[str, float, int, float, float]]) -> float:
    now = T0
    panel.on_touch(now, a_touch(now))
    for tid, (kind, dt, skew_ms, a, b) in enumerate(events):
        now += dt
        stamp = ms(now) + skew_ms
        if kind == "book":
            panel.on_book(now, Book(stamp, (a, a), (b, 1.0), (b, b), (1.0, a)))
        elif kind == "touch":
            panel.on_touch(now, Touch(stamp, a, b, b, a))
        elif kind == "reference":
            panel.set_reference(a)
        elif kind == "fill":
            panel.on_fill(
                now, OwnFill(side=Side.BUY if skew_ms > 0 else Side.SELL, size=a, price=b, venue_time_ms=stamp)
            )
        elif kind == "context":
            panel.on_context(now, AssetContext(a, b, 0.0, b))
        else:
            panel.on_trade(now, Trade(stamp, Side.BUY if kind == "buy" else Side.SELL, a, b, tid))
    return now


@pytest.mark.fault("F93")
@pytest.mark.incident("B36")
@settings(max_examples=60, deadline=None)
@given(EVENTS, st.floats(-10.0, 1e5))
def test_no_market_publishes_a_number_that_is_not_finite(
    events: list[tuple[str, float, int, float, float]], wait: float
) -> None:
    panel = a_panel()
    now = play(panel, events)
    estimates = known(panel, now + wait)
    for name in FIELDS:
        estimate: Estimate = getattr(estimates, name)
        numbers = [estimate.value, estimate.n_eff, estimate.updated_at, estimate.low or 0.0, estimate.high or 0.0]
        assert all(math.isfinite(number) for number in numbers), name
    assert estimates.fair.value > 0.0 and estimates.mid > 0.0
    assert 1e-6 <= estimates.sigma.value <= 1e-2
    assert estimates.sigma_effective.value <= 1e-2
    signals = estimates.signals
    for name, value in msgspec.structs.asdict(signals).items():
        assert math.isfinite(value), name
    for name, estimate in panel.published(now + wait).items():
        numbers = [estimate.value, estimate.n_eff, estimate.updated_at, estimate.low or 0.0, estimate.high or 0.0]
        assert all(math.isfinite(number) for number in numbers), name
    assert 0.0 <= signals.falling_knife <= 1.0 and 0.0 <= signals.rising_knife <= 1.0
    assert 0.0 <= signals.spread_percentile <= 1.0 and 0.0 <= signals.vpin <= 1.0
    assert 0.0 <= signals.cascade_severity <= 1.0
    assert math.isfinite(panel.warmup(now).fraction)
