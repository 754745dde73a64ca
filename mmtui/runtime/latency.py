"""How long things take, over the last minute or so: bounded, cheap to feed, summed up on demand."""

from collections import deque

from mmtui.domain.view import LatencyRow

SAMPLES_MAX = 2_000


class LatencyBoard:
    """Milliseconds by name, in the order the names were first given."""

    __slots__ = ("_limits", "_samples")

    def __init__(self, limits_ms: dict[str, float]) -> None:
        self._limits = limits_ms
        self._samples: dict[str, deque[float]] = {name: deque(maxlen=SAMPLES_MAX) for name in limits_ms}

    def add(self, name: str, value_ms: float) -> None:
        """Adds one measurement."""
        self._samples[name].append(value_ms)

    def last(self, name: str) -> float | None:
        """The newest measurement."""
        samples = self._samples[name]
        return samples[-1] if samples else None

    def rows(self) -> tuple[LatencyRow, ...]:
        """Median, 99th percentile and longest of each."""
        return tuple(_row(name, samples, self._limits[name]) for name, samples in self._samples.items())


def _row(name: str, samples: deque[float], limit: float) -> LatencyRow:
    if not samples:
        return LatencyRow(name=name, p50=None, p99=None, longest=None, limit=limit or None)
    ordered = sorted(samples)
    last = len(ordered) - 1
    return LatencyRow(
        name=name,
        p50=ordered[last // 2],
        p99=ordered[round(0.99 * last)],
        longest=ordered[last],
        limit=limit or None,
    )
