"""How much Python a frame takes: bytecodes executed and functions called, exactly repeatable.

    python -m benchmarks.bytecodes [--json] [--top N]

The situations of ``book_to_request``, counted by the interpreter's own tracing instead of a clock, so
that no other program on the machine can touch the figures. Work done in C (decoding, hashing, the
curve) is not in them. ``--top`` lists the functions that a quiet book spends most in.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType

from benchmarks.book_to_request import LEAD, SITUATIONS, Situation, run_of_frames
from benchmarks.measure import table
from benchmarks.quoting import QuotingRig

FRAMES = 10
QUIET = "nothing to change"


class Count:
    """Bytecodes and calls by function, over some frames."""

    def __init__(self) -> None:
        self.bytecodes: Counter[CodeType] = Counter()
        self.calls: Counter[CodeType] = Counter()
        self.frames = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts what runs inside."""
        self.frames += 1
        sys.settrace(self._enter)
        try:
            yield
        finally:
            sys.settrace(None)

    def summary(self) -> dict[str, float]:
        """Per frame."""
        return {
            "bytecodes": round(self.bytecodes.total() / self.frames, 1),
            "calls": round(self.calls.total() / self.frames, 1),
        }

    def _enter(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., object]:
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        self.calls[frame.f_code] += 1
        return self._step

    def _step(self, frame: FrameType, event: str, _argument: object) -> Callable[..., object]:
        if event == "opcode":
            self.bytecodes[frame.f_code] += 1
        return self._step


class _CountingRig(QuotingRig):
    """Counts each frame instead of timing it, the leading ones of a run excepted."""

    count: Count | None = None

    def _receive(self, frame: bytes) -> None:
        if self.count is None:
            super()._receive(frame)
            return
        with self.count.counted():
            super()._receive(frame)


async def count(situation: Situation) -> Count:
    """Counts of one situation on a fresh warm engine, so that no situation depends on another."""
    with tempfile.TemporaryDirectory() as folder:
        rig, found = _CountingRig(Path(folder)), Count()
        await run_of_frames(rig, situation, range(LEAD))
        rig.count = found
        await run_of_frames(rig, situation, range(LEAD, LEAD + FRAMES))
    return found


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--top", type=int, default=0)
    options = parser.parse_args()
    counts = {name: asyncio.run(count(situation)) for name, situation in SITUATIONS.items()}
    if options.json:
        print(json.dumps({name: found.summary() for name, found in counts.items()}))
        return
    rows = [(name, tuple(found.summary().values())) for name, found in counts.items()]
    print(table("Python run for one frame", ("bytecodes", "calls"), rows))
    quiet = counts[QUIET]
    for code, spent in quiet.bytecodes.most_common(options.top):
        calls = quiet.calls[code] / quiet.frames
        print(f"{spent / quiet.frames:9.1f}{calls:8.1f}  {Path(code.co_filename).stem}.{code.co_qualname}")


if __name__ == "__main__":
    main()
