"""The same parsers under a fuzzer that follows the branches it reaches: ``make fuzz``, where atheris is installed.

``python -m tests.fuzz.coverage_guided [TARGET] [INPUTS]``; without a target each in turn, in a process of its own.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

INPUTS = 1_000_000
SLOWER = 20


def main(words: list[str]) -> int:
    """Runs one target here, or all of them one after the other; the exit code says whether one failed."""
    try:
        import atheris
    except ImportError:
        sys.stdout.write("atheris is not installed: the coverage-guided part is left out (pip install atheris)\n")
        return 0
    if not words or words[0].isdigit():
        return _all(words[0] if words else str(INPUTS))
    with atheris.instrument_imports(include=["mmtui"]):
        from tests.fuzz.targets import TARGETS

    target = TARGETS[words[0]]
    count = int(words[1]) if len(words) > 1 else INPUTS
    corpus = Path(tempfile.mkdtemp(prefix="corpus-"))
    for number, seed in enumerate(target.seeds):
        (corpus / str(number)).write_bytes(seed)
    runs = count // SLOWER if target.is_slow else count
    atheris.Setup([sys.argv[0], f"-runs={runs}", "-max_len=20000", "-timeout=20", str(corpus)], target.run)
    atheris.Fuzz()
    return 0


def _all(inputs: str) -> int:
    from tests.fuzz.targets import TARGETS

    failed = 0
    for name in TARGETS:
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        command = [sys.executable, "-m", "tests.fuzz.coverage_guided", name, inputs]
        failed += subprocess.run(command, env={**os.environ}, check=False).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
