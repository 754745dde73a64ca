"""Distributions of what was measured, and how they are printed."""

import statistics
import sys
from collections.abc import Mapping, Sequence


def distribution(samples: Sequence[float]) -> dict[str, float]:
    """Count, p50, p99 and the largest; p99 of fewer than a hundred samples is the largest."""
    if not samples:
        return {"n": 0}
    ordered = sorted(samples)
    rank = -(-99 * len(ordered) // 100) - 1
    return {
        "n": len(ordered),
        "p50": round(statistics.median(ordered), 4),
        "p99": round(ordered[rank], 4),
        "max": round(ordered[-1], 4),
    }


def tell(line: str) -> None:
    """Prints a line now."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def shown(figures: Mapping[str, object]) -> str:
    """A line a figure."""
    wide = max(len(name) for name in figures)
    return "\n".join(f"{name:{wide}}  {_cell(value)}" for name, value in figures.items())


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        return "  ".join(f"{name} {count}" for name, count in value.items())
    return str(value)
