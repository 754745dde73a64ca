"""Second-order estimators as the panel feeds and publishes them: from events to signals, over gaps and restarts."""

import math
import random

import msgspec
import pytest

from mmtui.domain.book import Touch, Trade
from mmtui.domain.estimates import Provenance, Signals
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.memory import PanelMemory
from mmtui.estimators.panel import EstimatorPanel

DEFAULTS = Settings.defaults()
BTC = Instrument(coin="BTC", asset_id=0, size_decimals=5, max_leverage=40)
T0 = 1.7e9
ROWS = {
    "sigma_rv", "sigma_total", "sigma_forecast", "jump_rate", "jump_probability", "jump_size", "momentum_fast",
    "momentum_slow", "filtered_mid", "spread_percentile", "vpin", "vpin_usual", "flow_toxic", "regime_toxic",
    "hawkes_ratio",
}  # fmt: skip


class Market:
    """A diffusing mid with a touch every 100 ms and an order in each, played into a panel."""

    def __init__(self, *, sigma: float = 1e-4, **changes: float | str) -> None:
        self.settings = DEFAULTS.with_values({key.replace("__", "."): value for key, value in changes.items()})
        self.panel = EstimatorPanel(self.settings, BTC)
        self.rng = random.Random(4)
        self.sigma, self.mid, self.half, self.now, self.tid = sigma, 100_000.0, 1.0, T0, 0

    def touch(self, dt_s: float = 0.1) -> None:
        self.now += dt_s
        stamp = round(self.now * 1000)
        self.panel.on_touch(self.now, Touch(stamp, self.mid - self.half, 1.0, self.mid + self.half, 1.0))

    def trade(self, side: Side, size: float = 0.1) -> None:
        self.tid += 1
        self.panel.on_trade(self.now, Trade(round(self.now * 1000), side, self.mid, size, self.tid, f"0x{self.tid:x}"))

    def run(self, seconds: float, *, buys: float = 0.5) -> "Market":
        for _ in range(int(seconds * 10)):
            self.mid *= math.exp(self.rng.gauss(0.0, self.sigma * math.sqrt(0.1)))
            self.touch()
            self.trade(Side.BUY if self.rng.random() < buys else Side.SELL, self.rng.expovariate(10.0) + 1e-3)
        return self

    @property
    def signals(self) -> Signals:
        estimates = self.panel.estimates(self.now)
        assert estimates is not None
        return estimates.signals


def test_before_anything_is_known_every_signal_is_neutral() -> None:
    market = Market()
    market.touch()
    signals = market.signals
    assert (signals.momentum_fast, signals.falling_knife, signals.rising_knife) == (0.0, 0.0, 0.0)
    assert (signals.spread_percentile, signals.hawkes_ratio, signals.vpin) == (0.5, 1.0, 0.0)
    assert signals.sigma_forecast == DEFAULTS.number("risk.sigma_baseline")
    assert market.panel.published(market.now)["vpin"].provenance is Provenance.PRIOR


def test_a_running_market_learns_all_of_them() -> None:
    market = Market().run(700)
    rows = market.panel.published(market.now)
    assert set(rows) >= ROWS | {"variance_reversion"}
    for name in ROWS - {"jump_size"}:
        assert rows[name].provenance is Provenance.LEARNED, name
    assert rows["jump_size"].provenance is Provenance.PRIOR, "a diffusion has no jumps"
    assert rows["jump_rate"].low is not None and rows["jump_rate"].low < rows["jump_rate"].value
    assert market.signals.filtered_mid == pytest.approx(market.mid, rel=1e-4)
    assert market.signals.variance_reversion > 0.0
    assert rows["sigma_total"].value == pytest.approx(rows["sigma_rv"].value, rel=0.35)


def test_a_fall_of_ten_deviations_is_a_falling_knife_until_it_has_settled() -> None:
    market = Market().run(60)
    market.mid *= 1.0 - 10.0 * 1e-4 * math.sqrt(0.5)
    market.touch()
    assert (market.signals.falling_knife, market.signals.rising_knife) == (1.0, 0.0)
    for _ in range(30):
        market.touch()
    assert market.signals.falling_knife == 0.0


def test_a_wider_market_than_usual_is_told_as_such() -> None:
    market = Market().run(120)
    for half, told in ((3.0, 1.0), (0.5, 0.0)):
        market.half = half
        for _ in range(100):
            market.touch()
        assert market.signals.spread_percentile == pytest.approx(told, abs=0.2)


def test_a_touch_that_widens_for_a_moment_again_and_again_is_no_regime() -> None:
    market = Market().run(120)
    seen = []
    for step in range(600):
        market.half = 3.0 if step % 20 < 4 else 1.0
        market.touch()
        seen.append(market.signals.spread_percentile)
    assert min(seen) > 0.25
    assert max(seen) < 0.75


def test_a_burst_of_orders_raises_the_activity_over_its_mean() -> None:
    market = Market().run(300)
    calm = market.signals.hawkes_ratio
    assert 0.5 < calm < 1.6
    for _ in range(400):
        market.trade(Side.BUY)
    assert market.signals.hawkes_ratio > 2.0 * calm


def test_a_faster_decay_forgets_a_burst_sooner() -> None:
    slow, fast = Market(), Market(estimators__hawkes_decay=1.0)
    for market in (slow, fast):
        market.run(120)
        for _ in range(400):
            market.trade(Side.BUY)
        market.touch(5.0)
    assert fast.signals.hawkes_ratio < slow.signals.hawkes_ratio


def test_activity_is_not_judged_before_a_hundred_orders() -> None:
    market = Market()
    for _ in range(95):
        market.touch(1.0)
        market.trade(Side.BUY)
    assert market.signals.hawkes_ratio == 1.0


def test_one_sided_volume_is_told() -> None:
    market = Market().run(200)
    fair = market.signals.vpin
    assert market.run(200, buys=1.0).signals.vpin > max(fair, 0.9)
    rows = market.panel.published(market.now)
    assert rows["flow_toxic"].value == float(market.signals.is_flow_toxic)
    assert fair < rows["vpin_usual"].value <= 1.0


def test_a_jump_is_counted_once_and_adds_to_the_variance() -> None:
    market = Market().run(600)
    before = market.signals
    market.mid *= 1.004
    market.run(30)
    after = market.signals
    assert after.jump_rate > before.jump_rate
    assert after.jump_variance > before.jump_variance
    assert market.panel.published(market.now)["jump_size"].value == pytest.approx(0.004, rel=0.5)


def test_the_jump_test_follows_its_settings() -> None:
    strict, lax = Market(estimators__jump_test_alpha=0.0001), Market(estimators__jump_test_alpha=0.5)
    lax_settings = {"estimators.jump_test_ticks": 20.0}
    lax.panel.reconfigure(lax.settings.with_values(lax_settings))
    assert lax.run(500).signals.jump_rate > strict.run(500).signals.jump_rate


def test_nothing_reaches_across_an_outage() -> None:
    market = Market().run(120)
    market.mid *= 0.9
    market.touch(30.0)
    signals = market.signals
    assert (signals.momentum_fast, signals.falling_knife) == (0.0, 0.0)
    assert signals.filtered_mid == pytest.approx(market.mid)
    market.run(20)
    assert market.signals.jump_variance < 1e-6, "the move across the gap is no jump"


def test_time_that_runs_backward_changes_no_average() -> None:
    market = Market().run(60)
    market.now -= 20.0
    market.touch(0.0)
    signals = market.signals
    assert signals.falling_knife == signals.rising_knife == 0.0
    assert all(math.isfinite(value) for value in msgspec.structs.asdict(signals).values())


def test_an_edit_keeps_what_was_learned() -> None:
    market = Market().run(400)
    before = market.signals
    market.panel.reconfigure(market.settings.with_values({"estimators.spread_percentile_window_s": 200.0}))
    after = market.signals
    assert (after.vpin, after.jump_rate, after.variance_mean) == (before.vpin, before.jump_rate, before.variance_mean)
    assert after.spread_percentile == before.spread_percentile


def test_jumps_and_the_variance_fit_outlive_the_process() -> None:
    market = Market().run(500)
    memory = market.panel.memory()
    assert memory is not None
    again = EstimatorPanel(market.settings, BTC)
    assert again.recall(msgspec.json.decode(msgspec.json.encode(memory), type=PanelMemory))
    before, market.panel = market.signals, again
    market.touch()
    after = market.signals
    assert (after.variance_mean, after.variance_reversion) == (before.variance_mean, before.variance_reversion)
    assert (after.jump_rate, after.jump_variance) == (before.jump_rate, before.jump_variance)
    assert after.momentum_fast == 0.0, "the path of the last seconds is not inherited"


def test_a_memory_from_before_these_were_kept_still_loads() -> None:
    market = Market().run(60)
    memory = market.panel.memory()
    assert memory is not None
    old = msgspec.structs.replace(memory, jumps=None, variance=None)
    assert EstimatorPanel(DEFAULTS, BTC).recall(old)


def test_the_filtered_mid_prices_where_it_is_wanted() -> None:
    market = Market(estimators__microprice_mode="kalman", sigma=1e-6)
    market.half = 50.0
    market.run(60)
    market.mid += 40.0
    market.touch()
    estimates = market.panel.estimates(market.now)
    assert estimates is not None
    assert estimates.fair.value == pytest.approx(estimates.signals.filtered_mid)
    assert market.mid - 50.0 < estimates.fair.value < market.mid - 5.0, "a bounce within the spread is smoothed"


def test_the_filtered_mid_never_prices_outside_the_touch_nor_over_a_gap() -> None:
    market = Market(estimators__microprice_mode="kalman").run(30)
    for step in (0.999, 1.002, 0.9995):
        market.mid *= step
        market.touch()
        estimates = market.panel.estimates(market.now)
        assert estimates is not None
        assert market.mid - 1.0 <= estimates.fair.value <= market.mid + 1.0
    market.now += 60.0
    market.trade(Side.BUY)
    estimates = market.panel.estimates(market.now)
    assert estimates is not None and estimates.fair.value == estimates.mid
