"""``mmtui drill``: scripted drills as a scored table, one seed replayed, or many seeds summed up."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mmtui.errors import ConfigError, ExitCode
from mmtui.research.drill.coverage import missing
from mmtui.research.drill.faults import PROFILES
from mmtui.research.drill.scripted import DRILLS, Scored, rehearse
from mmtui.research.drill.seeds import Job, SeedResult, Total, jobs, run_job, run_many

SEEDS_MAX = 1_000_000
FOR_SEEDS = {"--profile": "profile", "--hours": "hours", "--intensity": "intensity", "--pace": "pace"}
FOR_MANY = {"-j": "jobs", "--json": "as_json", "--complete": "complete"}


def drill(args: argparse.Namespace) -> int:
    """Exit code 0 when everything held, 1 when something did not."""
    if getattr(args, "list", False):
        _list()
        return int(ExitCode.CLEAN)
    profile = getattr(args, "profile", "hostile")
    if profile != "all" and profile not in PROFILES:
        raise ConfigError(f"no profile {profile!r}", remedy=f"one of {', '.join(PROFILES)}, all")
    hours, intensity = getattr(args, "hours", 0.5), getattr(args, "intensity", 1.0)
    pace = getattr(args, "pace", "sparse")
    name = getattr(args, "name", None)
    _refuse_what_does_not_apply(args, name)
    if hasattr(args, "seed"):
        return _one(jobs([args.seed], profile, hours=hours, intensity=intensity, pace=pace)[0])
    if hasattr(args, "seeds"):
        todo = jobs(_range(args.seeds), profile, hours=hours, intensity=intensity, pace=pace)
        return _many(todo, args)
    return _scripted([name] if name else list(DRILLS))


def _refuse_what_does_not_apply(args: argparse.Namespace, name: str | None) -> None:
    """An option that would be ignored is refused: whoever gave it expects something of it."""
    if hasattr(args, "seed") and hasattr(args, "seeds"):
        raise ConfigError("drill: both --seed and --seeds", remedy="give one of them")
    plays = hasattr(args, "seed") or hasattr(args, "seeds")
    if name is not None and plays:
        raise ConfigError(f"drill {name} is scripted and has no seeds", remedy="leave out the name, or the seeds")
    for flag, key in FOR_SEEDS.items():
        if hasattr(args, key) and not plays:
            raise ConfigError(f"drill: {flag} is for seeds", remedy="give --seed N or --seeds A:B with it")
    for flag, key in FOR_MANY.items():
        if getattr(args, key, None) and not hasattr(args, "seeds"):
            raise ConfigError(f"drill: {flag} is for many seeds", remedy="give --seeds A:B with it")


def _range(text: str) -> range:
    low, _, high = text.partition(":")
    if not (low.isdecimal() and high.isdecimal() and int(low) < int(high) <= int(low) + SEEDS_MAX):
        raise ConfigError(f"--seeds {text} is no range", remedy="give A:B, such as 0:200")
    return range(int(low), int(high))


def _list() -> None:
    _say("drills:")
    for name, rehearsal in DRILLS.items():
        _say(f"  {name:18} {rehearsal.text}")
    _say("profiles: " + ", ".join((*PROFILES, "all")))


def _one(job: Job) -> int:
    result = run_job(job)
    _report(result)
    _say(
        f"seed {result.seed}, {result.profile}: {result.simulated_s / 3600.0:.2f} h, {result.events} events, "
        f"{result.fills} fills, {result.boots} starts, digest {result.digest}"
    )
    struck = ", ".join(f"{kind.lower()} {count}" for kind, count in sorted(result.faults.items()))
    _say(f"faults: {struck or 'none'}")
    _say("every invariant held" if not result.invariant else f"FAILED {result.invariant}: {result.text}")
    return int(ExitCode.CRASH if result.invariant else ExitCode.CLEAN)


def _many(todo: Sequence[Job], args: argparse.Namespace) -> int:
    total = run_many(list(todo), processes=getattr(args, "jobs", 1), seen=_report)
    lacking = missing(total) if getattr(args, "complete", False) else []
    _say(_summary(total))
    for text in lacking:
        _say(f"never seen: {text}")
    if hasattr(args, "as_json"):
        Path(args.as_json).write_bytes(msgspec.json.format(msgspec.json.encode(_sums(total, lacking))) + b"\n")
    return int(ExitCode.CRASH if total.violations or lacking else ExitCode.CLEAN)


def _summary(total: Total) -> str:
    return (
        f"{total.seeds} seeds, {total.simulated_s / 3600.0:.1f} simulated hours, {total.events} events, "
        f"{total.fills} fills, {total.boots} starts, {sum(total.faults.values())} faults, "
        f"{len(total.violations)} violations"
    )


def _sums(total: Total, lacking: list[str]) -> dict[str, object]:
    return {
        "seeds": total.seeds,
        "simulated_hours": round(total.simulated_s / 3600.0, 3),
        "events": total.events,
        "fills": total.fills,
        "starts": total.boots,
        "faults": dict(sorted(total.faults.items())),
        "modes": dict(sorted(total.modes.items())),
        "rules": dict(sorted(total.rules.items())),
        "denials": dict(sorted(total.denials.items())),
        "states": dict(sorted(total.states.items())),
        "verbs": dict(sorted(total.verbs.items())),
        "records": dict(sorted(total.records.items())),
        "uptime": {name: round(total.uptime(name), 4) for name in sorted(total.watched_s)},
        "never_seen": lacking,
        "violations": [
            {"replay": bad.replay, "invariant": bad.invariant, "text": bad.text} for bad in total.violations
        ],
    }


def _report(result: SeedResult) -> None:
    if not result.invariant:
        return
    _say(f"FAILED {result.invariant}: {result.text}")
    _say(f"  after {result.simulated_s:.1f} s of seed {result.seed}; play it again with")
    _say(f"  {result.replay}")
    for line in result.recent:
        _say(f"  {line}")


def _scripted(names: Sequence[str]) -> int:
    unknown = [name for name in names if name not in DRILLS]
    if unknown:
        raise ConfigError(f"no drill {unknown[0]!r}", remedy=f"one of {', '.join(DRILLS)}")
    scores: list[Scored] = []
    for name in names:
        scored = rehearse(name)
        scores.append(scored)
        _say(f"{'pass' if scored.passed else 'FAIL'}  {name}: {DRILLS[name].text}")
        for row in scored.rows:
            _say(f"      {'ok  ' if row.passed else 'FAIL'} {row.at_s:7.1f} s  {row.what}")
    failed = sum(not scored.passed for scored in scores)
    _say(f"{len(scores) - failed} of {len(scores)} drills passed")
    return int(ExitCode.CRASH if failed else ExitCode.CLEAN)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
