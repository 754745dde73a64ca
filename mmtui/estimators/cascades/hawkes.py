"""Self-exciting event rates: how much of the present rate earlier events explain.

Owns the decaying sum of event weights, the slow base rate, and the severity made of both. Works on
any stream of weighted events; never decides what an event is. Source: models.md 8.1, ruling 3.
"""

import math

from mmtui.estimators.ewma import LN2, decay, time_constant

BRANCHING = 0.5
RATE_MULTIPLE = 10.0
SINGLE_EVENT_RAW = 0.3
BASE_HALF_LIFE_S = 6 * 3600.0
BASE_PRIOR_EVENTS = 1.0
BASE_PRIOR_S = 600.0
BASE_RATE_MIN = 1.0 / 3600.0
SUM_MAX = 1e12
SEVERITY_MAX = math.nextafter(1.0, 0.0)


def raw_severity(excitation: float, base_rate: float, branching: float, decay_rate: float) -> float:
    """Rate above base in units of ``RATE_MULTIPLE`` times the base rate; 0 is calm, unbounded above.

    Rates in 1/s. The reference keeps one event of average size at ``SINGLE_EVENT_RAW`` when the
    base rate is next to nothing.
    """
    multiple = RATE_MULTIPLE - 1.0
    reference = max(base_rate, branching * decay_rate / (SINGLE_EVENT_RAW * multiple))
    return branching * decay_rate * max(excitation, 0.0) / (multiple * reference)


def severity(raw: float) -> float:
    """Raw severity bounded to [0, 1)."""
    return min(-math.expm1(-raw), SEVERITY_MAX)


def decay_rate(half_life_s: float) -> float:
    """Decay rate of a half-life, in 1/s."""
    return LN2 / half_life_s


class Excitation:
    """Sum of event weights, each fading exponentially from its event on."""

    __slots__ = ("_at", "_sum")

    def __init__(self) -> None:
        self._at = 0.0
        self._sum = 0.0

    def add(self, at: float, weight: float, decay_rate: float) -> None:
        """Take an event of ``weight``, or take one back; one from the past counts as of the latest."""
        self._sum = min(max(self.value(at, decay_rate) + weight, 0.0), SUM_MAX)
        self._at = max(self._at, at)

    def value(self, now: float, decay_rate: float) -> float:
        """The sum as faded at ``now``."""
        dt_s = now - self._at
        return self._sum * math.exp(-decay_rate * dt_s) if dt_s > 0.0 else self._sum


class BaseRate:
    """Slow average rate of weighted events, starting from a prior of one in ten minutes."""

    __slots__ = ("_at", "_events", "_exposure_s")

    def __init__(self) -> None:
        self._at: float | None = None
        self._events = 0.0
        self._exposure_s = 0.0

    def start(self, at: float) -> None:
        """Watch from now on, unless already watching: time without an event counts too."""
        if self._at is None:
            self._at = at

    def add(self, at: float, weight: float) -> None:
        """Take an event; a weight of 0 only lets time pass."""
        events, self._exposure_s = self._at_time(at)
        self._events = min(events + weight, SUM_MAX)
        self._at = at if self._at is None else max(self._at, at)

    def value(self, now: float) -> float:
        """Events a second, at least one an hour."""
        events, exposure_s = self._at_time(now)
        return max((BASE_PRIOR_EVENTS + events) / (BASE_PRIOR_S + exposure_s), BASE_RATE_MIN)

    def _at_time(self, now: float) -> tuple[float, float]:
        tau_s = time_constant(BASE_HALF_LIFE_S)
        keep = decay(now - (now if self._at is None else self._at), tau_s)
        return self._events * keep, self._exposure_s * keep + tau_s * (1.0 - keep)
