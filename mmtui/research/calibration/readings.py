"""What the live estimators would have said while a recording ran: their spread over time, and their bounds.

Owns sampling the panel once a second of the recording. Never feeds it.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from mmtui.domain.estimates import Estimate, Estimates, Provenance
from mmtui.domain.units import BPS
from mmtui.estimators.panel import EstimatorPanel

EVERY_S = 1.0


class LiveSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One estimator over the recording: quantiles of its readings once warm, and shares of time.

    ``clamped`` is the share in which a bound held it, ``prior`` that in which it was still its prior.
    """

    name: str
    unit: str
    low: float
    median: float
    high: float
    clamped: float
    prior: float


class LiveReadings:
    """Readings of the panel, once a second."""

    __slots__ = ("_next_at", "_rows", "_started_at", "warm_after_s")

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[float, Provenance]]] = {}
        self._next_at = 0.0
        self._started_at: float | None = None
        self.warm_after_s: float | None = None

    def see(self, at: float, panel: EstimatorPanel) -> None:
        """Note what the panel says, once a second."""
        if self._started_at is None:
            self._started_at = at
        if at < self._next_at:
            return
        self._next_at = at + EVERY_S
        panel.pass_time(at)
        estimates = panel.estimates(at)
        if estimates is None:
            return
        if self.warm_after_s is None and panel.warmup(at).is_complete:
            self.warm_after_s = at - self._started_at
        for name, estimate in _named(estimates):
            self._rows.setdefault(name, []).append((estimate.value, estimate.provenance))

    def end(self, at: float, panel: EstimatorPanel) -> None:
        """Note the last reading."""
        self._next_at = 0.0
        self.see(at, panel)

    def summaries(self) -> tuple[LiveSummary, ...]:
        """Every estimator that was read."""
        return tuple(_summary(name, rows) for name, rows in self._rows.items())


SHOWN: dict[str, tuple[str, float]] = {
    "sigma": ("bp/rt s", BPS),
    "jump_ratio": ("", 1.0),
    "kappa_bid": ("1/frac", 1.0),
    "kappa_ask": ("1/frac", 1.0),
    "intensity_bid": ("1/s", 1.0),
    "intensity_ask": ("1/s", 1.0),
    "fair": ("bp of mid", BPS),
}
"""Name, unit and factor of what is summarised."""


def _named(estimates: Estimates) -> Iterator[tuple[str, Estimate]]:
    for name in SHOWN:
        estimate: Estimate = getattr(estimates, name)
        if name == "fair":
            estimate = msgspec.structs.replace(estimate, value=estimate.value / estimates.mid - 1.0)
        yield name, estimate


def _summary(name: str, rows: list[tuple[float, Provenance]]) -> LiveSummary:
    unit, factor = SHOWN[name]
    learned = [value for value, trust in rows if trust in (Provenance.LEARNED, Provenance.CLAMPED)]
    values = np.array(learned or [value for value, _ in rows]) * factor
    low, median, high = (float(value) for value in np.quantile(values, (0.05, 0.5, 0.95)))
    return LiveSummary(
        name=name,
        unit=unit,
        low=low,
        median=median,
        high=high,
        clamped=sum(trust is Provenance.CLAMPED for _, trust in rows) / len(rows),
        prior=sum(trust in (Provenance.PRIOR, Provenance.LEARNING) for _, trust in rows) / len(rows),
    )
