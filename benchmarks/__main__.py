"""Every benchmark, one after another, each in a process of its own.

    python -m benchmarks [NAME ...] [--json]

Tables by default; with ``--json`` one object, by benchmark. Ends with 1 when one of them fails.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("signing", "decoding", "book_to_request", "bytecodes", "local_exchange", "console_cost")


def main() -> int:
    """Run what was named, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of: {', '.join(NAMES)}")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    results: dict[str, object] = {}
    has_failed = False
    for name in options.names or NAMES:
        if not options.json:
            print(f"== {name}", flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *(["--json"] if options.json else [])]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE if options.json else None, check=False)
        has_failed |= done.returncode != 0
        if options.json:
            results[name] = json.loads(done.stdout) if done.stdout else None
        else:
            print(flush=True)
    if options.json:
        print(json.dumps(results))
    return int(has_failed)


if __name__ == "__main__":
    raise SystemExit(main())
