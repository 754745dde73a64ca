"""Estimators without a published error, held to what theory gives for their priors and their forgetting."""

import math

from mmtui.estimators.adverse.informed import chance_beyond
from mmtui.estimators.ewma import time_constant
from mmtui.estimators.volatility.lee_mykland import WINDOW
from tests.truth import markets
from tests.truth.bands import Band, Experiment
from tests.truth.events import feed, panel, with_steady_clock
from tests.truth.experiments import TRADES, known

JUMP_EVERY_S = 50.0
JUMP = 20e-4
BUCKETS = 2500
INFORMED = 0.4
FILLS = 300
PRIOR_FILLS = 10.0
HALF_LIFE_FILLS = 50.0


def jumps(seed: int) -> tuple[float, ...]:
    """Rate of jumps and the variance they add, over their truth."""
    estimators = with_steady_clock(panel(estimators__volume_bucket_ratio=1.0 / 300.0))
    market = markets.diffusion(seed, BUCKETS * TRADES, jump_every_s=JUMP_EVERY_S, jump_size=JUMP)
    signals = known(estimators, feed(estimators, market)).signals
    return signals.jump_rate * JUMP_EVERY_S, signals.jump_variance / (JUMP * JUMP / JUMP_EVERY_S)


def rate_posterior() -> tuple[float, float]:
    """Mean and deviation of the rate over its truth: a prior of one jump in 600 s, a half-life of an hour."""
    tau_s, watched_s = time_constant(3600.0), float(BUCKETS - WINDOW)
    remembered_s = tau_s * (1.0 - math.exp(-watched_s / tau_s))
    mean = (1.0 + remembered_s / JUMP_EVERY_S) / (600.0 + remembered_s) * JUMP_EVERY_S
    squares = tau_s / 2.0 * (1.0 - math.exp(-2.0 * watched_s / tau_s)) / JUMP_EVERY_S
    return mean, math.sqrt(squares) / (600.0 + remembered_s) * JUMP_EVERY_S


def informed(seed: int) -> tuple[float, ...]:
    """The share of informed fills over its truth; sigma is known."""
    estimators = panel(risk__sigma_baseline=markets.SIGMA)
    feed(estimators, markets.informed_fills(seed, FILLS, adverse=8e-4, informed=INFORMED))
    return (known(estimators, markets.START_S + 2.0 * FILLS).signals.informed_bid / INFORMED,)


def share_posterior() -> tuple[float, float]:
    """Mean and deviation of that share over its truth: ten fills of prior without information, forgetting."""
    keep = 2.0 ** (-1.0 / HALF_LIFE_FILLS)
    weight, squares = 1.0 / (1.0 - keep), 1.0 / (1.0 - keep * keep)
    chance = chance_beyond()
    beyond = chance + INFORMED * (1.0 - chance)
    deviation = math.sqrt(squares * beyond * (1.0 - beyond)) / (weight + PRIOR_FILLS) / (1.0 - chance)
    return weight / (weight + PRIOR_FILLS), deviation / INFORMED


PROCESSES = (
    Experiment(
        f"{BUCKETS} buckets, 20 bps every 50 s",
        (
            Band("jump rate", *rate_posterior(), slack=0.05),
            Band(
                "variance of jumps",
                *rate_posterior(),
                slack=0.35,
                why=(
                    "The variance of jumps is low by a quarter here: a jump is spread over two buckets, and a part "
                    "below the test's threshold, which earlier jumps have raised, is not counted."
                ),
            ),
        ),
        jumps,
        2,
        12,
    ),
    Experiment(f"{FILLS} fills", (Band("informed share", *share_posterior()),), informed, 20, 300),
)
