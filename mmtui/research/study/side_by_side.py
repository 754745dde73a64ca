"""Contenders against each other over the same seeds: means, risk, and paired differences with intervals.

A seed is one observation: what happens within it is not independent. Intervals come from drawing seeds again,
the same draws for every contender, so that differences keep their pairing. Pure but for the seeded generator.
"""

import math
import random
from collections.abc import Callable, Sequence
from typing import TypeAlias

import msgspec

from mmtui.research.study.after_fills import HORIZONS_S
from mmtui.research.study.ranges import percentile
from mmtui.research.study.trial import Trial, deviation

DRAWS = 4_000
SEED = 12_345
MINUTES = 60.0
SEEDS_MIN = 2

Trials: TypeAlias = Sequence[Trial]
Measure: TypeAlias = Callable[[Trials], float]


class Interval(msgspec.Struct, frozen=True):
    """A value and its 95 % interval over drawn seeds."""

    value: float
    low: float
    high: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One contender over all seeds.

    USD an hour; ``sd_usd`` the deviation of an hour's P&L between seeds; ``ratio`` the mean over it;
    ``calm_ratio`` the mean over the hourly deviation that the minutes' P&L implies, which is measured far more
    often. Inventory as a share of the limit, markouts bps by horizon in s.
    """

    contender: str
    seeds: int
    usd_per_hour: Interval
    sd_usd: float
    ratio: Interval
    calm_ratio: Interval
    spread_capture: float
    adverse: float
    inventory: float
    fees: float
    inventory_sd: float
    at_limit: float
    fills_per_hour: float
    requests_per_fill: float
    uptime: float
    half_spread_bps: float
    markouts: dict[float, Interval]
    killed: int


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One contender minus another over the same seeds; ``won`` is the number of seeds it earned more on."""

    contender: str
    against: str
    seeds: int
    won: int
    usd_per_hour: Interval
    ratio: Interval
    calm_ratio: Interval
    sd_share: float


def by_contender(trials: Trials) -> dict[str, list[Trial]]:
    """Trials of every contender on the seeds that all of them have played, in the order of seeds."""
    seeds: dict[str, dict[int, Trial]] = {}
    for trial in trials:
        seeds.setdefault(trial.contender, {})[trial.seed] = trial
    shared = sorted(set.intersection(*(set(found) for found in seeds.values()))) if seeds else []
    return {name: [found[seed] for seed in shared] for name, found in seeds.items()}


def standing(name: str, trials: Trials) -> Standing:
    """Sums up at least two trials of one contender."""
    assert len(trials) >= SEEDS_MIN, "a deviation needs two seeds"
    hours = sum(trial.hours for trial in trials)
    fills = sum(trial.fills for trial in trials)
    return Standing(
        contender=name,
        seeds=len(trials),
        usd_per_hour=drawn(trials, usd_per_hour),
        sd_usd=hourly_sd(trials),
        ratio=drawn(trials, ratio),
        calm_ratio=drawn(trials, calm_ratio),
        spread_capture=sum(trial.pnl.spread_capture for trial in trials) / 1e6 / hours,
        adverse=sum(trial.pnl.adverse_selection for trial in trials) / 1e6 / hours,
        inventory=sum(trial.pnl.inventory for trial in trials) / 1e6 / hours,
        fees=sum(trial.pnl.fees for trial in trials) / 1e6 / hours,
        inventory_sd=math.sqrt(sum(trial.inventory_sd**2 for trial in trials) / len(trials)),
        at_limit=sum(trial.at_limit for trial in trials) / len(trials),
        fills_per_hour=fills / hours,
        requests_per_fill=sum(trial.requests for trial in trials) / max(1, fills),
        uptime=sum(trial.uptime for trial in trials) / len(trials),
        half_spread_bps=sum(trial.half_spread_bps for trial in trials) / len(trials),
        markouts={horizon_s: drawn(trials, markout(horizon_s)) for horizon_s in HORIZONS_S},
        killed=sum(bool(trial.killed_by) for trial in trials),
    )


def difference(name: str, ours: Trials, against: str, theirs: Trials) -> Difference:
    """What ``name`` earned more than ``against``, seed by seed, and per unit of risk."""
    pairs = list(zip(ours, theirs, strict=True))
    assert all(one.seed == other.seed for one, other in pairs), "seeds must be paired"
    return Difference(
        contender=name,
        against=against,
        seeds=len(pairs),
        won=sum(one.pnl.total > other.pnl.total for one, other in pairs),
        usd_per_hour=_drawn_difference(ours, theirs, usd_per_hour),
        ratio=_drawn_difference(ours, theirs, ratio),
        calm_ratio=_drawn_difference(ours, theirs, calm_ratio),
        sd_share=hourly_sd(ours) / max(hourly_sd(theirs), 1e-9),
    )


def usd_per_hour(trials: Trials) -> float:
    """Mean P&L of an hour."""
    return sum(trial.pnl.total for trial in trials) / 1e6 / sum(trial.hours for trial in trials)


def hourly_sd(trials: Trials) -> float:
    """Deviation of an hour's P&L between seeds, by the root of time where a trial is no hour."""
    return deviation([trial.pnl.total / 1e6 for trial in trials]) / math.sqrt(trials[0].hours)


def ratio(trials: Trials) -> float:
    """Mean P&L over its deviation between seeds, for an hour; 0 without deviation."""
    sd = hourly_sd(trials)
    return usd_per_hour(trials) / sd if sd > 0.0 else 0.0


def calm_ratio(trials: Trials) -> float:
    """Mean P&L over the deviation that the P&L of single minutes implies for an hour; 0 without deviation."""
    sd = math.sqrt(MINUTES * sum(trial.minute_sd_usd**2 for trial in trials) / len(trials))
    return usd_per_hour(trials) / sd if sd > 0.0 else 0.0


def markout(horizon_s: float) -> Measure:
    """The mean markout of all fills ``horizon_s`` later, bps; 0 without fills."""

    def measure(trials: Trials) -> float:
        judged = [one for trial in trials for one in trial.worths if one.horizon_s == horizon_s]
        return sum(one.n * one.markout_bps for one in judged) / max(1, sum(one.n for one in judged))

    return measure


def drawn(trials: Trials, measure: Measure) -> Interval:
    """A measure with its interval over seeds drawn again."""
    values = sorted(measure([trials[index] for index in draw]) for draw in _draws(len(trials)))
    return Interval(measure(trials), percentile(values, 0.025), percentile(values, 0.975))


def _drawn_difference(ours: Trials, theirs: Trials, measure: Measure) -> Interval:
    values = sorted(
        measure([ours[index] for index in draw]) - measure([theirs[index] for index in draw])
        for draw in _draws(len(ours))
    )
    return Interval(measure(ours) - measure(theirs), percentile(values, 0.025), percentile(values, 0.975))


def _draws(count: int) -> list[list[int]]:
    """The same draws for every measure of as many seeds; one that is all the same seed tells no deviation."""
    rng = random.Random(SEED)  # noqa: S311 - a simulation
    drawn_seeds: list[list[int]] = []
    while len(drawn_seeds) < DRAWS:
        draw = rng.choices(range(count), k=count)
        if len(set(draw)) >= SEEDS_MIN:
            drawn_seeds.append(draw)
    return drawn_seeds
