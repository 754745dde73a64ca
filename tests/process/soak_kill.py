"""A hundred kills of a real market maker, once, with the figures: ``make soak-kill``.

    python -m tests.process.soak_kill [--kills N] [--seed N] [--json FILE]

Ends with 1 when an order outlived its limit, a fill was lost or counted twice, or the last run did not end clean.
"""

import argparse
import collections
import json
import sys
import tempfile
from pathlib import Path

from tests.process.books import booked, differences, own_orders
from tests.process.figures import distribution, shown, tell
from tests.process.kills import Killings, moments
from tests.process.programs import Programs


def main() -> int:
    """Kills, counts, prints."""
    parser = argparse.ArgumentParser(prog="python -m tests.process.soak_kill", description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(Path(folder))
        try:
            summary = soak(programs, options.kills, options.seed)
        finally:
            programs.close()
    if options.json is not None:
        options.json.write_text(json.dumps(summary, indent=2) + "\n")
    return int(bool(summary["faults"]))


def soak(programs: Programs, kills: int, seed: int) -> dict[str, object]:
    """All trials and what they add up to."""
    programs.exchange("--seed", str(seed))
    killings = Killings(programs)
    for number, moment in enumerate(moments(seed, kills), start=1):
        trial = killings.run(moment)
        cleared = "" if trial.cleared_s is None else f"cleared by the guard in {trial.cleared_s:.2f} s "
        found = f"left {trial.left:2} {cleared}{'; '.join(trial.faults)}"
        tell(f"{number:4} {moment.name:12} {moment.afterwards:18} {found}")
    ended = killings.finish()
    trials = killings.trials
    faults = [fault for trial in trials for fault in trial.faults] + differences(programs)
    if ended.returncode != 0:
        faults.append(f"the last run ended with {ended.returncode}")
    if own_orders(programs):
        faults.append("orders rest after the last run")
    summary: dict[str, object] = {
        "kills": kills,
        "seed": seed,
        "moments": collections.Counter(trial.moment.name for trial in trials[:-1]),
        "kills_that_left_orders": sum(trial.left > 0 for trial in trials),
        "fills_booked": len(booked(programs)),
        "faults": faults,
        "guard_cleared_s": distribution([t.cleared_s for t in trials if t.cleared_s is not None and t.left]),
        "reconciled_after_lock_s": distribution([t.reconciled_s for t in trials if t.reconciled_s is not None]),
        "reconciled_after_start_s": distribution([t.from_spawn_s for t in trials if t.from_spawn_s is not None]),
    }
    tell(shown(summary))
    return summary


if __name__ == "__main__":
    sys.exit(main())
