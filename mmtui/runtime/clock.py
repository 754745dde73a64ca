"""The one place that reads clocks.

The engine's clock is the wall clock at start carried on by one that never goes back, whatever happens
to the wall clock, and that counts the time a machine sleeps where the system has such a clock.
"""

import time

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class EngineClock:
    """Epoch seconds that never go back; ``speed`` above 1 makes a simulated day pass sooner."""

    __slots__ = ("_anchor", "_started", "speed")

    def __init__(self, speed: float = 1.0) -> None:
        self._anchor = time.time()
        self._started = time.clock_gettime(_STEADY)
        self.speed = speed

    def __call__(self) -> float:
        """The engine's time now."""
        return self._anchor + (time.clock_gettime(_STEADY) - self._started) * self.speed

    def milliseconds(self) -> int:
        """The same in whole milliseconds, for the embedded exchange."""
        return int(self() * 1000.0)


def wall_seconds() -> float:
    """The wall clock, for file names and expiry of files."""
    return time.time()


def wall_ms() -> int:
    """The wall clock in milliseconds, for the local exchange's wire."""
    return time.time_ns() // 1_000_000


def work_seconds() -> float:
    """A fine clock for measuring how long work takes; differences only."""
    return time.perf_counter()
