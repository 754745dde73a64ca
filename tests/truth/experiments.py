"""The rows of models.md 12.2, each measured through the program's own panel."""

import math
from functools import partial

from mmtui.domain.estimates import Estimate, Estimates
from mmtui.domain.instrument import Side
from mmtui.estimators.panel import EstimatorPanel
from tests.truth import markets
from tests.truth.bands import Band, Experiment
from tests.truth.events import feed, panel, with_steady_clock

TRADES = 10
KAPPA = 3000.0
INTENSITY = 0.2
SLOPES = (4e-5, 2e-5)
ADVERSE = 1e-4
BPS = 1e4


def known(estimators: EstimatorPanel, at: float) -> Estimates:
    estimates = estimators.estimates(at)
    assert estimates is not None
    return estimates


def sigma(seed: int, *, buckets: int, lag: int, jump_every_s: float = 0.0, half_life: float = 1000.0) -> Estimates:
    """A diffusion through the volume clock, ten trades a bucket."""
    estimators = with_steady_clock(
        panel(
            estimators__bv_lag=lag,
            estimators__sigma_half_life_ticks=half_life,
            estimators__volume_bucket_ratio=1.0 / 300.0,
        )
    )
    trades = (buckets + 2) * TRADES
    return known(estimators, feed(estimators, markets.diffusion(seed, trades, jump_every_s=jump_every_s)))


def sigma_and_ratio(seed: int, *, buckets: int, lag: int = 1, jump_every_s: float = 0.0) -> tuple[float, ...]:
    found = sigma(seed, buckets=buckets, lag=lag, jump_every_s=jump_every_s)
    return found.sigma.value / markets.SIGMA, found.jump_ratio.value


def sigma_remembered(seed: int, *, half_life: float) -> tuple[float, ...]:
    found = sigma(seed, buckets=int(6 * half_life), lag=1, half_life=half_life)
    return (found.sigma.value / markets.SIGMA,)


def realised_sigma(seed: int, *, buckets: int) -> tuple[float, ...]:
    # With all jump variance counted and none in the market, effective sigma is the larger of both.
    found = sigma(seed, buckets=buckets, lag=1)
    return (found.sigma.value * math.sqrt(found.jump_ratio.value) / markets.SIGMA,)


def kappa(seed: int, *, orders: int) -> tuple[float, ...]:
    estimators = panel(estimators__kappa_half_life_s=86_400.0, estimators__intensity_half_life_s=86_400.0)
    found = known(estimators, feed(estimators, markets.reaches(seed, orders, kappa=KAPPA, intensity=INTENSITY)))
    kappa_bid, intensity_bid = found.kappa_bid, found.intensity_bid
    return (
        kappa_bid.value / KAPPA,
        covers(kappa_bid, KAPPA),
        intensity_bid.value / INTENSITY,
        covers(intensity_bid, INTENSITY),
    )


def covers(estimate: Estimate, truth: float) -> float:
    """1 where the truth lies in the published interval."""
    assert estimate.low is not None
    assert estimate.high is not None
    return float(estimate.low <= truth <= estimate.high)


def slopes(seed: int, *, labels: int) -> tuple[float, ...]:
    estimators = panel(
        estimators__microprice_horizon_ms=300.0,
        # Whole blocks of the window leave, and none may.
        estimators__microprice_window_s=labels * markets.STEP_S * 1.2,
        estimators__flow_time_constant_s=0.1,
        estimators__microprice_shrink=False,
    )
    at = feed(estimators, markets.signal(seed, labels + 2, slopes=SLOPES))
    signals = known(estimators, at).signals
    return signals.beta_book / SLOPES[0], signals.beta_flow / SLOPES[1]


def adverse(seed: int, *, fills: int) -> tuple[float, ...]:
    estimators = panel()
    feed(estimators, markets.informed_fills(seed, fills, adverse=ADVERSE))
    return (estimators.adverse_selection(Side.BUY).measured * BPS,)


def averaged(fills: int, half_life: float = 50.0) -> float:
    """Deviation of an average with exponential weights over so many samples of deviation one."""
    keep = 2.0 ** (-1.0 / half_life)
    weights = [keep**age for age in range(fills)]
    return math.sqrt(math.fsum(w * w for w in weights)) / math.fsum(weights)


def _diffusions() -> list[Experiment]:
    rows = (
        (50, (0.991, 0.125), (1.027, 0.122, 1.39), 20, 300),
        (200, (0.991, 0.061), (1.019, 0.056, 1.17), 8, 150),
        (1000, (0.989, 0.028), (1.017, 0.025, 1.08), 4, 100),
    )
    return [
        Experiment(
            f"{buckets} buckets",
            (
                Band("sigma from bipower variation, lag 1", *of_sigma),
                Band("jump ratio without jumps", *ratio, quantile=quantile),
            ),
            partial(sigma_and_ratio, buckets=buckets),
            runs,
            runs_full,
        )
        for buckets, of_sigma, (*ratio, quantile), runs, runs_full in rows
    ]


def _memories() -> list[Experiment]:
    return [
        Experiment(
            f"half-life {half_life:g} buckets",
            (Band("sigma from bipower variation, forgetting", mean, sd),),
            partial(sigma_remembered, half_life=half_life),
            runs,
            100,
        )
        for half_life, mean, sd, runs in ((50.0, 0.986, 0.070, 6), (20.0, 0.980, 0.112, 12))
    ]


def _jumps() -> list[Experiment]:
    rows = ((1, (1.396, 0.138), (1.53, 0.24)), (2, (1.201, 0.075), (2.08, 0.38)))
    return [
        Experiment(
            f"1000 buckets, lag {lag}",
            (Band("sigma with jumps of 10 bps", *of_sigma), Band("jump ratio with jumps, ideally 3", *of_ratio)),
            partial(sigma_and_ratio, buckets=1000, lag=lag, jump_every_s=50.0),
            4,
            30,
        )
        for lag, of_sigma, of_ratio in rows
    ]


def posterior_of_intensity(orders: int) -> tuple[float, float]:
    """Mean and deviation of A over its truth with so many orders beyond the floor."""
    seconds = orders / INTENSITY
    return (5.0 + orders) / (50.0 + seconds) / INTENSITY, 1.0 / math.sqrt(5.0 + orders)


def _kappas() -> list[Experiment]:
    # What is published is of one sample; each side of ours is drawn to the pool of both (models.md 6.4, step 5),
    # whose mean, deviation and coverage follow from sums of exponential reaches.
    rows = (
        (50, (1.010, 0.122), 0.949, 12, 300),
        (200, (1.004, 0.068), 0.949, 8, 120),
        (1000, (1.001, 0.031), 0.950, 4, 30),
    )
    return [
        Experiment(
            f"{orders} orders",
            (
                Band("kappa from trades", *of_kappa, closer=True),
                Band("its 95 % interval covers", share, math.sqrt(share * (1.0 - share)), closer=True),
                # Not published: the posterior's own mean and deviation, prior of 5 orders in 50 s included.
                Band("A from trades", *posterior_of_intensity(orders), closer=True),
                Band("the 95 % interval of A covers", 0.95, math.sqrt(0.95 * 0.05), closer=True),
            ),
            partial(kappa, orders=orders),
            runs,
            runs_full,
        )
        for orders, of_kappa, share, runs, runs_full in rows
    ]


def _slopes() -> list[Experiment]:
    rows = (
        (50, (1.00, 0.64), (1.02, 1.21), 25, 300),
        (200, (1.00, 0.23), (1.01, 0.49), 10, 120),
        (2000, (1.00, 0.07), (0.99, 0.12), 3, 30),
    )
    return [
        Experiment(
            f"{labels} labels",
            (Band("microprice, slope on the book", *book), Band("microprice, slope on the flow", *flow)),
            partial(slopes, labels=labels),
            runs,
            runs_full,
        )
        for labels, book, flow, runs, runs_full in rows
    ]


def _costs() -> list[Experiment]:
    rows = ((20, 1.002, 0.225, 40, 400), (100, 1.002, 0.101, 20, 400), (500, 1.000, 0.045, 10, 100))
    return [
        Experiment(
            f"{fills} fills",
            (Band("adverse selection at 1 s", mean, max(sd, averaged(fills))),),
            partial(adverse, fills=fills),
            runs,
            runs_full,
        )
        for fills, mean, sd, runs, runs_full in rows
    ]


EXPERIMENTS = (
    *_diffusions(),
    Experiment(
        "200 buckets",
        (Band("sigma from realised variation", 0.999, 0.055),),
        partial(realised_sigma, buckets=200),
        8,
        100,
    ),
    *_memories(),
    *_jumps(),
    *_kappas(),
    *_slopes(),
    *_costs(),
)
