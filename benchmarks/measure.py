"""How the benchmarks time and print: percentiles, rotated rounds, tables, the state of the garbage collector.

Owns no figure of its own. Ratios between things measured in turn in one run are what carries over to
another machine; microseconds describe the machine of that run.
"""

import contextlib
import gc
import statistics
import time
from collections.abc import Callable, Iterator, Sequence


def percentiles_us(samples_ns: Sequence[int]) -> dict[str, float]:
    """p1 (nothing disturbed it), p50, p99 and p99.9 of nanosecond samples, in microseconds."""
    ordered = sorted(samples_ns)
    last = len(ordered) - 1
    marks = (("p1", 0.01), ("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999))
    return {name: round(ordered[round(mark * last)] / 1000.0, 1) for name, mark in marks}


@contextlib.contextmanager
def collector_as_when_trading() -> Iterator[None]:
    """The program freezes what it was built of before it trades; collections of the rest stay on."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def in_turn(ways: dict[str, Callable[[], object]], *, rounds: int, repeats: int) -> dict[str, float]:
    """Median microseconds of one call of each way; the ways take turns, so that noise falls on all."""
    samples: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            call = ways[name]
            began = time.perf_counter_ns()
            for _ in range(repeats):
                call()
            samples[name].append((time.perf_counter_ns() - began) / repeats / 1000.0)
    return {name: round(statistics.median(values), 2) for name, values in samples.items()}


def table(title: str, columns: Sequence[str], rows: Sequence[tuple[str, Sequence[object]]]) -> str:
    """A plain table: a name, then right-aligned cells."""
    wide = max([len(name) for name, _ in rows], default=0) + 2
    lines = [title, " " * wide + "".join(f"{column:>11}" for column in columns)]
    lines += [f"{name:{wide}}" + "".join(f"{_cell(cell):>11}" for cell in cells) for name, cells in rows]
    return "\n".join(lines)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return str(value)
