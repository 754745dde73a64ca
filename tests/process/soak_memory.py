"""What a week does to the memory of one process: ``make soak-memory``.

    python -m tests.process.soak_memory [--hours N] [--seed N] [--json FILE]

Runs an engine against the local exchange in virtual time and prints resident memory, its slope after the first day,
and the longest collections of the engine. A slope above a megabyte a day is followed up with what grows. Ends with 1
for such a slope and for a collection above its cap.
"""

import argparse
import itertools
import json
import statistics
import sys
import tracemalloc
from pathlib import Path

from tests.process.collections_held import held_by
from tests.process.figures import shown, tell
from tests.process.long_run import LongRun, over_cap, peak_mb, resident_mb

SLOPE_MAX_MB_A_DAY = 1.0
EVERY_HOURS = 6
WARM_UP_HOURS = 24
FOLLOWED_HOURS = 6
SHOWN = 12


def main() -> int:
    """Runs, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.process.soak_memory", description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=int, default=168)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    run = LongRun(options.seed)
    samples: list[tuple[float, float]] = []
    for hour in run.hours(options.hours):
        if (hour + 1) % EVERY_HOURS == 0:
            samples.append(((hour + 1) / 24.0, resident_mb()))
            tell(f"hour {hour + 1:4}  {samples[-1][1]:7.2f} MB  {run.tally.events} events, {run.tally.boots} starts")
    lengths = held_by(run.engine)
    warm = [sample for sample in samples if sample[0] * 24.0 >= min(WARM_UP_HOURS, options.hours / 4)]
    slope = statistics.linear_regression(*zip(*warm, strict=True)).slope if len(warm) > 1 else 0.0
    too_long = over_cap(lengths)
    summary: dict[str, object] = {
        "simulated_hours": options.hours,
        "events": run.tally.events,
        "fills": run.engine.view().counters.fills,
        "starts": run.tally.boots,
        "resident_mb_first_and_last": [round(samples[0][1], 2), round(samples[-1][1], 2)] if samples else [],
        "resident_mb_peak": round(peak_mb(), 2),
        "slope_mb_a_day": round(slope, 3),
        "longest_collections": dict(sorted(lengths.items(), key=lambda item: -item[1])[:SHOWN]),
        "above_their_cap": too_long,
    }
    tell(shown(summary))
    if slope > SLOPE_MAX_MB_A_DAY:
        tell("\n".join(growth(run)))
    if options.json is not None:
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    return int(bool(too_long) or slope > SLOPE_MAX_MB_A_DAY)


def growth(run: LongRun) -> list[str]:
    """Which lines of code hold more than they did some simulated hours before."""
    tracemalloc.start(8)
    next(run.hours(1))
    before = tracemalloc.take_snapshot()
    for _ in itertools.islice(run.hours(FOLLOWED_HOURS), FOLLOWED_HOURS):
        continue
    return [str(line) for line in tracemalloc.take_snapshot().compare_to(before, "lineno")[:SHOWN]]


if __name__ == "__main__":
    sys.exit(main())
