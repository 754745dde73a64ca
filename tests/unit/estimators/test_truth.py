"""Estimators against markets of known truth; bands from models.md 12.2, k = 4."""

import math
from itertools import pairwise

import numpy as np
import pytest

from mmtui.domain.book import Trade
from mmtui.domain.instrument import Side
from mmtui.domain.parameters import Settings
from mmtui.estimators.arrivals.intensity import Intensity
from mmtui.estimators.fair.microprice import Microprice
from mmtui.estimators.fair.ridge import RegressionSums
from mmtui.estimators.tape import AggressiveOrders
from mmtui.estimators.volatility.realised import Variation, Volatility
from mmtui.estimators.volatility.volume_clock import VolumeBucket, VolumeClock, VolumeTick

DEFAULTS = Settings.defaults()
K = 4.0
SIGMA = 1e-4
SLOW = 1e9


def mids(seed: int, trades: int, *, rate: float = 10.0, jump_every_s: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """G1: trade times at exponential gaps and log mids of a diffusion with 10 bps jumps."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(1.0 / rate, trades)
    steps = SIGMA * np.sqrt(gaps) * rng.standard_normal(trades)
    if jump_every_s:
        jumps = rng.poisson(gaps / jump_every_s)
        steps += jumps * 10e-4 * rng.choice((-1.0, 1.0), trades)
    return np.cumsum(gaps), np.cumsum(steps)


def bucket_ticks(times: np.ndarray, logs: np.ndarray, per_bucket: int) -> list[VolumeTick]:
    bucket, ticks = VolumeBucket(), []
    for i, (at, log_mid) in enumerate(zip(times.tolist(), logs.tolist(), strict=True), 1):
        bucket.add(at, math.exp(log_mid), 1.0)
        if i % per_bucket == 0:
            ticks.append(bucket.close())
    return ticks


def measured(seed: int, buckets: int, *, lag: int, jump_every_s: float = 0.0) -> tuple[float, float, float]:
    """Sigma over truth, realised sigma over truth and jump ratio on equal-weight buckets of ten trades."""
    variation = Variation(SLOW, lag)
    ticks = bucket_ticks(*mids(seed, buckets * 10, jump_every_s=jump_every_s), 10)
    for last, tick in pairwise(ticks):
        variation.add(math.log(tick.vwap / last.vwap), tick.time_s - last.time_s, tick.n_eff)
    reading = variation.measure(0.0, 1.0)
    return reading.sigma / SIGMA, reading.sigma_rv / SIGMA, reading.jump_ratio


@pytest.mark.parametrize(("buckets", "mean", "sd"), [(50, 0.991, 0.125), (200, 0.991, 0.061), (1000, 0.989, 0.028)])
def test_sigma_of_a_diffusion_is_found_within_its_band(buckets: int, mean: float, sd: float) -> None:
    runs = 8
    found = [measured(seed, buckets, lag=1)[0] for seed in range(runs)]
    assert np.mean(found) == pytest.approx(mean, abs=K * sd / math.sqrt(runs))
    assert all(abs(value - 1.0) <= K * sd + 0.011 for value in found)


def test_realised_sigma_and_the_ratio_of_a_diffusion_are_one() -> None:
    runs = 10
    found = np.array([measured(seed, 200, lag=1) for seed in range(runs)])
    assert found[:, 1].mean() == pytest.approx(0.999, abs=K * 0.055 / math.sqrt(runs))
    assert found[:, 2].mean() == pytest.approx(1.019, abs=K * 0.056 / math.sqrt(runs))


@pytest.mark.parametrize(
    ("lag", "sigma", "sigma_sd", "ratio", "ratio_sd"), [(1, 1.396, 0.138, 1.53, 0.24), (2, 1.201, 0.075, 2.08, 0.38)]
)
def test_skipping_a_bucket_keeps_jumps_out_of_sigma(
    lag: int, sigma: float, sigma_sd: float, ratio: float, ratio_sd: float
) -> None:
    runs = 8
    found = np.array([measured(seed, 1000, lag=lag, jump_every_s=50.0) for seed in range(runs)])
    assert found[:, 0].mean() == pytest.approx(sigma, abs=K * sigma_sd / math.sqrt(runs))
    assert found[:, 2].mean() == pytest.approx(ratio, abs=K * ratio_sd / math.sqrt(runs))


def test_the_published_sigma_finds_the_truth_through_the_volume_clock() -> None:
    found = []
    for seed in range(6):
        clock, volatility = VolumeClock(DEFAULTS), Volatility(DEFAULTS)
        for at, log_mid in zip(*mids(seed, 9000), strict=True):
            tick = clock.on_trade(1.7e9 + float(at), 100.0 * math.exp(log_mid), 1.0)
            if tick is not None:
                volatility.on_tick(tick)
        found.append(volatility.reading.sigma / SIGMA)
        assert not volatility.is_toxic
    assert np.mean(found) == pytest.approx(0.986, abs=K * 0.070 / math.sqrt(6))


def reach_market(seed: int, orders: int, *, kappa: float, rate: float) -> Intensity:
    """G2: buyers and sellers arrive at ``rate`` each and print every level of a grid they reach."""
    rng = np.random.default_rng(seed)
    settings = DEFAULTS.with_values(
        {"estimators.kappa_half_life_s": 86_400.0, "estimators.intensity_half_life_s": 86_400.0}
    )
    intensity, tape = Intensity(settings), AggressiveOrders()
    intensity.reach_floor = 0.2e-4
    intensity.advance(0.0)
    at = 0.0
    for i in range(2 * orders):
        at += rng.exponential(1.0 / (2.0 * rate))
        side = Side.BUY if rng.random() < 0.5 else Side.SELL
        reach = rng.exponential(1.0 / kappa)
        levels = [*np.arange(0.0, reach, 1e-4).tolist(), reach]
        for tid, level in enumerate(levels):
            trade = Trade(int(at * 1000), side, 100_000 * (1 + side * level), 1.0, i * 1000 + tid, f"0x{i + 1:x}")
            intensity.on_order(at, side, tape.extend(trade, 100_000.0))
    intensity.advance(at)
    return intensity


@pytest.mark.parametrize(("orders", "mean", "sd"), [(50, 0.981, 0.113), (200, 0.995, 0.066), (1000, 0.999, 0.031)])
def test_kappa_is_found_from_whole_orders_not_from_prints(orders: int, mean: float, sd: float) -> None:
    truth, runs, found = 3000.0, 4, []
    for seed in range(runs):
        intensity = reach_market(seed, orders, kappa=truth, rate=0.2)
        found += [intensity.kappa(side, 0.0).value / truth for side in Side]
    assert np.mean(found) == pytest.approx(mean, abs=K * sd / math.sqrt(2 * runs))
    assert all(abs(value - 1.0) <= K * sd + 0.02 for value in found)


def test_the_interval_of_kappa_covers_the_truth() -> None:
    covered = 0
    for seed in range(30):
        intensity = reach_market(100 + seed, 60, kappa=3000.0, rate=0.2)
        for side in Side:
            posterior = intensity.kappa(side, 0.0)
            covered += posterior.low <= 3000.0 <= posterior.high
    assert covered >= 52


def test_intensity_is_found_for_one_side_alone() -> None:
    found = []
    for seed in range(6):
        intensity = reach_market(seed, 600, kappa=3000.0, rate=0.2)
        found += [intensity.intensity(side, 0.0, 3000.0).value / 0.2 for side in Side]
    # 600 orders cut at the floor and a prior of 5 in 50 s: one over the root of 570 a run.
    assert np.mean(found) == pytest.approx(1.0, abs=K * 0.042 / math.sqrt(12) + 0.01)


def features(seed: int, labels: int) -> tuple[np.ndarray, np.ndarray]:
    """G5: AR(1) features correlated one half and bounded, and forward returns with slopes (4, 2) x 1e-5."""
    rng = np.random.default_rng(seed)
    shocks = rng.standard_normal((labels, 2)) * math.sqrt(1 - 0.81)
    shocks[:, 1] = 0.5 * shocks[:, 0] + math.sqrt(0.75) * shocks[:, 1]
    state, rows = rng.standard_normal(2), []
    for shock in shocks:
        state = 0.9 * state + shock
        rows.append(np.tanh(state))
    x = np.array(rows)
    y = x @ np.array((4e-5, 2e-5)) + SIGMA * math.sqrt(0.3) * rng.standard_normal(labels)
    return x, y


@pytest.mark.parametrize(("labels", "sd"), [(50, (0.64, 1.21)), (200, (0.23, 0.49)), (2000, (0.07, 0.12))])
def test_the_slopes_of_a_known_signal_are_found_within_their_band(labels: int, sd: tuple[float, float]) -> None:
    runs, found = 30, []
    for seed in range(runs):
        sums = RegressionSums()
        for (book, flow), label in zip(*(part.tolist() for part in features(seed, labels)), strict=True):
            sums.add(book, flow, label)
        fit = sums.fit(1e-3)
        found.append((fit.beta_book / 4e-5, fit.beta_flow / 2e-5))
    mean = np.mean(found, axis=0)
    assert mean[0] == pytest.approx(1.0, abs=K * sd[0] / math.sqrt(runs) + 0.02)
    assert mean[1] == pytest.approx(1.0, abs=K * sd[1] / math.sqrt(runs) + 0.02)


def test_labels_made_online_carry_the_signal_of_the_market() -> None:
    settings = DEFAULTS.with_values(
        {"estimators.microprice_horizon_ms": 300.0, "estimators.microprice_window_s": 600.0}
    )
    found = []
    for seed in range(6):
        microprice = Microprice(settings)
        x, y = features(seed, 2000)
        log_mid = 0.0
        for i in range(2000):
            # A hair before the grid, so that the next mid is known at the end of each label.
            microprice.observe(i * 0.2999, math.exp(log_mid), float(x[i, 0]), float(x[i, 1]))
            log_mid += float(y[i])
        found.append((microprice.fit.beta_book / 4e-5, microprice.fit.beta_flow / 2e-5))
    mean = np.mean(found, axis=0)
    assert mean == pytest.approx((1.0, 1.0), abs=0.2)
