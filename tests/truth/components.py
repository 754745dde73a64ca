"""The rows of models.md 12.2 for estimators that work on returns or intervals rather than on the tape."""

import math
from functools import partial

import numpy as np

from mmtui.estimators.arrivals.gumbel import Maxima, gumbel_fit
from mmtui.estimators.arrivals.intensity import Gamma
from mmtui.estimators.cascades.hawkes_fit import fit_hawkes
from mmtui.estimators.volatility.lee_mykland import WINDOW, JumpTest
from tests.truth.bands import Band, Experiment
from tests.truth.events import DEFAULTS
from tests.truth.excitement import hawkes

KAPPA = 3000.0
INTERVALS = 2000
RETURNS = 1000
EXCITED = (0.5, 0.6, 1.5)
JUMPS = 5


def jump_test() -> JumpTest:
    """One test period of a thousand returns, at one percent."""
    settings = DEFAULTS.with_values({"estimators.jump_test_ticks": float(RETURNS), "estimators.jump_test_alpha": 0.01})
    return JumpTest(settings)


def detected(seed: int, size: float) -> set[int]:
    """Where jumps are found among Gaussian returns with five jumps of ``size`` deviations."""
    rng = np.random.default_rng(seed)
    returns = rng.standard_normal(WINDOW + RETURNS)
    spacing = RETURNS // JUMPS
    if size:
        returns[WINDOW + spacing // 2 :: spacing] += size * rng.choice((-1.0, 1.0), JUMPS)
    test = jump_test()
    return {index for index, value in enumerate(returns.tolist()) if test.on_return(value * 1e-4)}


def power(seed: int, *, size: float) -> tuple[float, ...]:
    spacing = RETURNS // JUMPS
    places = range(WINDOW + spacing // 2, WINDOW + RETURNS, spacing)
    found = detected(seed, size)
    # A jump is told one return late.
    return (sum(place + 1 in found for place in places) / JUMPS,)


def false_alarm(seed: int) -> tuple[float, ...]:
    return (float(bool(detected(seed, 0.0))),)


def maxima(seed: int, orders_an_interval: float) -> Maxima:
    """Farthest reach of each of so many one-second intervals."""
    rng = np.random.default_rng(seed)
    orders = rng.poisson(orders_an_interval, INTERVALS)
    reaches = tuple(float(rng.exponential(1.0 / KAPPA, count).max()) for count in orders.tolist() if count)
    return Maxima(reaches, INTERVALS - len(reaches), 1.0, 0.0)


def posterior(seed: int, *, orders: int) -> tuple[float, ...]:
    """Kappa of one sample of reaches under the published prior, and whether 1.96 deviations cover."""
    excess = float(np.random.default_rng(seed).exponential(1.0 / KAPPA, orders).sum())
    law = Gamma(10.0 + orders, 0.004 + excess)
    return law.mean / KAPPA, float(abs(law.mean - KAPPA) <= 1.96 * law.deviation)


def gumbel(seed: int, *, orders_an_interval: float) -> tuple[float, ...]:
    fit = gumbel_fit(maxima(seed, orders_an_interval))
    assert fit is not None
    return fit.kappa / KAPPA, fit.intensity / orders_an_interval


def excited(seed: int, *, events: int) -> tuple[float, ...]:
    """Base rate, branching and decay fitted to a self-exciting process that expects so many events."""
    base, branching, decay = EXCITED
    horizon_s = events * (1.0 - branching) / base
    found = hawkes(np.random.default_rng(seed), horizon_s, base=base, branching=branching, decay=decay)
    fit = fit_hawkes([at for at, _ in found], None, horizon_s)
    assert fit is not None
    return fit.mu.value / base, fit.alpha.value / branching, fit.beta.value / decay


def _excited() -> list[Experiment]:
    rows = (
        (200, (1.00, 0.18), (0.99, 0.15), (1.11, 0.35), 60, 30, 200),
        (1000, (1.02, 0.09), (0.97, 0.07), (1.03, 0.11), 40, 10, 60),
        (5000, (0.99, 0.03), (1.01, 0.03), (0.99, 0.05), 12, 4, 20),
    )
    return [
        Experiment(
            f"{events} events",
            (
                Band("Hawkes base rate", *base, closer=True, published_runs=published),
                Band("Hawkes branching", *branching, closer=True, published_runs=published),
                Band("Hawkes decay", *decay, closer=True, published_runs=published),
            ),
            partial(excited, events=events),
            runs,
            runs_full,
        )
        for events, base, branching, decay, published, runs, runs_full in rows
    ]


def _share(what: str, mean: float, samples: int = 1, *, published_runs: float = math.inf) -> Band:
    return Band(what, mean, math.sqrt(mean * (1.0 - mean) / samples), published_runs=published_runs)


COMPONENTS = (
    *(
        Experiment(
            f"{orders} reaches",
            (Band("kappa posterior", *of_kappa), _share("1.96 deviations cover", covered)),
            partial(posterior, orders=orders),
            400,
            4000,
        )
        for orders, of_kappa, covered in (
            (50, (0.981, 0.113), 0.957),
            (200, (0.995, 0.066), 0.954),
            (1000, (0.999, 0.031), 0.954),
        )
    ),
    *(
        Experiment(
            f"2000 intervals, A h = {orders:g}",
            (Band("Gumbel kappa", *of_kappa), Band("Gumbel A", *of_intensity)),
            partial(gumbel, orders_an_interval=orders),
            runs,
            100,
        )
        for orders, of_kappa, of_intensity, runs in (
            (0.1, (1.010, 0.077), (0.995, 0.071), 20),
            (1.0, (1.002, 0.028), (0.999, 0.029), 10),
            (5.0, (1.000, 0.018), (1.002, 0.032), 10),
        )
    ),
    *(
        Experiment(
            f"five jumps of {size:g} sigma in 1000 returns",
            (_share("Lee-Mykland power", share, JUMPS, published_runs=200),),
            partial(power, size=size),
            60,
            200,
        )
        for size, share in ((5.0, 0.64), (6.0, 0.88))
    ),
    Experiment(
        "five jumps of 8 sigma in 1000 returns",
        # 1.00 as published is anything from 0.995 on.
        (_share("Lee-Mykland power", 0.998, JUMPS, published_runs=200),),
        partial(power, size=8.0),
        60,
        200,
    ),
    *_excited(),
    Experiment("1000 returns without jumps", (_share("Lee-Mykland false alarm", 0.015),), false_alarm, 100, 1000),
)
