"""Seeds, one or many: played, judged, summed up.

Owns the result of a seed and the sum over many, on one or several processes. A seed is the same in every
process; a violation carries the command that plays it again and what came before it.
"""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from mmtui.research.drill.faults import PROFILES
from mmtui.research.drill.process import ObservedEngine
from mmtui.research.drill.scenario import Scenario, make_scenario
from mmtui.research.drill.violation import Violation
from mmtui.research.drill.world import World

SHOWN_MAX = 40
LINE_MAX = 400


class SeedResult(msgspec.Struct, frozen=True, kw_only=True):
    """How a seed went; ``invariant`` is "" when every one held."""

    seed: int
    profile: str
    replay: str
    digest: str
    simulated_s: float
    invariant: str
    text: str
    recent: tuple[str, ...]
    events: int
    fills: int
    boots: int
    adjusted: int
    modes: dict[str, int]
    rules: dict[str, int]
    denials: dict[str, int]
    states: dict[str, int]
    verbs: dict[str, int]
    records: dict[str, int]
    watched_s: int
    held_s: int
    quoted_s: int
    faults: dict[str, int]


class Total(msgspec.Struct):
    """The sum over seeds."""

    seeds: int = 0
    simulated_s: float = 0.0
    events: int = 0
    fills: int = 0
    boots: int = 0
    violations: list[SeedResult] = msgspec.field(default_factory=list)
    modes: Counter[str] = msgspec.field(default_factory=Counter)
    rules: Counter[str] = msgspec.field(default_factory=Counter)
    denials: Counter[str] = msgspec.field(default_factory=Counter)
    states: Counter[str] = msgspec.field(default_factory=Counter)
    verbs: Counter[str] = msgspec.field(default_factory=Counter)
    records: Counter[str] = msgspec.field(default_factory=Counter)
    watched_s: Counter[str] = msgspec.field(default_factory=Counter)
    quoted_s: Counter[str] = msgspec.field(default_factory=Counter)
    faults: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, result: SeedResult) -> None:
        """Counts a seed."""
        self.seeds += 1
        self.simulated_s += result.simulated_s
        self.events += result.events
        self.fills += result.fills
        self.boots += result.boots
        for name in ("modes", "rules", "denials", "states", "verbs", "records", "faults"):
            getattr(self, name).update(getattr(result, name))
        self.watched_s[result.profile] += result.watched_s - result.held_s
        self.quoted_s[result.profile] += result.quoted_s
        if result.invariant:
            self.violations.append(result)

    def uptime(self, profile: str) -> float:
        """Share of the time in which nobody held trading back that quotes stood on both sides."""
        return self.quoted_s[profile] / max(1, self.watched_s[profile])


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One seed to play."""

    seed: int
    profile: str
    hours: float
    intensity: float
    pace: str = "sparse"


def run_seed(scenario: Scenario, *, patch: Callable[[ObservedEngine], None] | None = None) -> SeedResult:
    """Plays a seed; ``patch`` is given every engine before its first event, for planting defects."""
    world = World(scenario, patch=patch)
    invariant = text = ""
    recent: tuple[str, ...] = ()
    started_ms = world.timeline.now_ms
    try:
        world.play()
    except Violation as violation:
        invariant, text = violation.invariant, violation.text
        recent = tuple(_line(started_ms, *entry) for entry in list(world.recent)[-SHOWN_MAX:])
    tally = world.tally
    return SeedResult(
        seed=scenario.seed,
        profile=scenario.profile,
        replay=scenario.replay,
        digest=world.digest,
        simulated_s=(world.timeline.now_ms - started_ms) / 1000.0,
        invariant=invariant,
        text=text,
        recent=recent,
        events=tally.events,
        fills=tally.fills,
        boots=tally.boots,
        adjusted=tally.adjusted,
        modes=dict(tally.modes),
        rules=dict(tally.rules),
        denials=dict(tally.denials),
        states=dict(tally.states),
        verbs=dict(tally.verbs),
        records=dict(tally.records),
        watched_s=tally.watched_s,
        held_s=tally.held_s,
        quoted_s=tally.quoted_s,
        faults={kind.name: count for kind, count in world.faults.fired.items()},
    )


def jobs(seeds: Iterable[int], profile: str, *, hours: float, intensity: float, pace: str = "sparse") -> list[Job]:
    """One job a seed; the profile ``all`` deals the profiles out in turn."""
    names = list(PROFILES)
    return [
        Job(
            seed=seed,
            profile=names[seed % len(names)] if profile == "all" else profile,
            hours=hours,
            intensity=intensity,
            pace=pace,
        )
        for seed in seeds
    ]


def run_job(job: Job) -> SeedResult:
    """Plays the seed of a job."""
    return run_seed(make_scenario(job.seed, job.profile, hours=job.hours, intensity=job.intensity, pace=job.pace))


def run_many(todo: list[Job], *, processes: int, seen: Callable[[SeedResult], None]) -> Total:
    """Plays many seeds; ``seen`` hears of each as it ends, in their order."""
    total = Total()
    if processes <= 1:
        for job in todo:
            result = run_job(job)
            total.add(result)
            seen(result)
        return total
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for result in pool.imap(run_job, todo):
            total.add(result)
            seen(result)
    return total


def _line(started_ms: int, at_ms: int, kind: str, what: object) -> str:
    text = f"{(at_ms - started_ms) / 1000.0:10.3f} {kind:6} {what}"
    return text if len(text) <= LINE_MAX else text[:LINE_MAX] + "…"
