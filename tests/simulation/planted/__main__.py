"""Searches the seeds of all planted bugs afresh, prints the table and keeps it: ``make find-planted``.

``python -m tests.simulation.planted [--hours H] [word ...]`` looks only for bugs whose names have a word.
"""

import argparse
import sys

import msgspec

from tests.simulation.planted.search import HOURS_MAX, find_all
from tests.simulation.planted.table import RECORDED, recorded


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.planted")
    parser.add_argument("words", nargs="*", help="parts of names; all bugs without one")
    parser.add_argument("--hours", type=float, default=HOURS_MAX, help="simulated hours after which a bug survives")
    args = parser.parse_args()
    survived = 0
    for bug, catch in find_all(args.words, hours_max=args.hours):
        found = recorded() if RECORDED.exists() else {}
        if catch is None:
            survived += 1
            say(f"{bug.name:45} {bug.world:13} SURVIVED {args.hours:g} h")
            continue
        found[bug.name] = catch
        say(f"{bug.name:45} {bug.world:13} {catch.seed:4} {catch.hours:6.2f} h {catch.invariant:6} {catch.text}")
        RECORDED.write_bytes(msgspec.json.format(msgspec.json.encode(dict(sorted(found.items())))) + b"\n")
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main())
