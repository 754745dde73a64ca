"""Where the mid goes after imbalances, how wide the spread is, and what funding was.

Owns the regression of the micro-price over a whole recording, at its own horizon and others, and the window that
its slopes need. Pure. Source: models.md 6.9, 6.14 and 6.15.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from mmtui.domain.parameters import Settings
from mmtui.domain.units import BPS
from mmtui.estimators.arrivals.gamma_law import Z_975
from mmtui.estimators.fair.ridge import Fit, RegressionSums, shrink_factor
from mmtui.research.calibration.findings import Finding, Interval, Verdict, around, too_few
from mmtui.research.calibration.observed import Observed, Sample

LABELS_NEEDED = 200
HORIZONS_S = (0.3, 1.0, 3.0, 10.0)
CERTAIN = 0.25
"""Relative error at which slopes are good enough to price with."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
SPREAD_NEEDED_S = 60.0
CONTEXTS_NEEDED = 10
HOURS_A_YEAR = 8766.0


class Microprice(msgspec.Struct, frozen=True):
    """Findings on the slopes, and the window (s) over which they are known to a quarter; None when never."""

    findings: list[Finding]
    window_s: float | None


def microprice(observed: Observed, settings: Settings) -> Microprice:
    """Slopes at the configured horizon, and the share explained at others."""
    horizon_s = settings.number("estimators.microprice_horizon_ms") / 1000.0
    sums, n = _labelled(observed.samples, horizon_s)
    if n < LABELS_NEEDED:
        names = ("beta book", "beta flow")
        return Microprice([too_few(name, "bp", n, "labels") for name in names], None)
    fit = sums.fit(settings.number("estimators.microprice_ridge"))
    n_eff = min(float(n), observed.span.watched_s / horizon_s)
    errors = _errors(observed.samples, horizon_s, fit, n_eff)
    others = {f"r_squared_{each:g}_s": _labelled(observed.samples, each)[0].fit(1e-3).r_squared for each in HORIZONS_S}
    adjusted = 1.0 - (1.0 - fit.r_squared) * (n_eff - 1.0) / (n_eff - 3.0) if n_eff > 4.0 else 0.0
    is_real = errors[0] is not None and adjusted > 0.0 and fit.r_squared * n_eff > 2.0 * Z_975**2
    window_s = _window_s(adjusted, horizon_s) if is_real else None
    trusted = shrink_factor(fit.r_squared, n_eff)
    words = "explains next moves" if is_real else "explains nothing beyond chance: prior kept"
    return Microprice(
        [
            Finding(
                name=name,
                unit="bp",
                value=beta * BPS,
                interval=around(beta * BPS, None if error is None else Z_975 * error * BPS),
                n=int(n_eff),
                verdict=Verdict.TAKEN if is_real and name == "beta book" else Verdict.SHOWN,
                words=words,
                fit=f"R2 {fit.r_squared:.3f} at {horizon_s:g} s",
                details={"r_squared": fit.r_squared, "trusted": trusted, **others},
            )
            for name, beta, error in (("beta book", fit.beta_book, errors[0]), ("beta flow", fit.beta_flow, errors[1]))
        ],
        window_s,
    )


def _labelled(samples: Sequence[Sample], horizon_s: float) -> tuple[RegressionSums, int]:
    """Every sample with the mid known a horizon later; those that a silence or the end cuts off are left out."""
    sums = RegressionSums()
    times = np.array([sample.at for sample in samples])
    after = np.searchsorted(times, times + horizon_s, side="right") - 1
    n = 0
    for sample, place in zip(samples, after.tolist(), strict=True):
        later = samples[place]
        if place + 1 >= len(samples) or later.stretch != sample.stretch or samples[place + 1].stretch != sample.stretch:
            continue
        sums.add(sample.book, sample.flow, math.log(later.mid / sample.mid))
        n += 1
    return sums, n


def _errors(samples: Sequence[Sample], horizon_s: float, fit: Fit, n_eff: float) -> tuple[float | None, float | None]:
    """Standard errors of both slopes, of as many labels as horizons fit in; None where one is a multiple."""
    features = np.cov(np.array([(sample.book, sample.flow) for sample in samples]).T)
    times = np.array([sample.at for sample in samples])
    after = np.minimum(np.searchsorted(times, times + horizon_s, side="right"), times.size) - 1
    mids = np.log([sample.mid for sample in samples])
    noise = float(np.var(mids[after] - mids)) * (1.0 - fit.r_squared)
    determinant = float(np.linalg.det(features))
    if not (determinant > 0.0 and n_eff > 0.0):
        return None, None
    book, flow = np.diag(np.linalg.inv(features)) * noise / n_eff
    return math.sqrt(float(book)), math.sqrt(float(flow))


def _window_s(r_squared: float, horizon_s: float) -> float:
    """Time in which enough independent labels pass for slopes known to a quarter."""
    return horizon_s * (1.0 - r_squared) / (r_squared * CERTAIN**2)


def spread(observed: Observed) -> list[Finding]:
    """The market's spread over time: its median, and the range it is in nine tenths of the time."""
    total_s = sum(observed.spreads.values())
    if total_s < SPREAD_NEEDED_S:
        return [too_few("spread median", "bp", int(total_s), "seconds")]
    values = sorted(observed.spreads)
    reached = np.cumsum([observed.spreads[value] for value in values]) / total_s
    low, quarter, middle, most, high = (
        values[min(int(np.searchsorted(reached, share)), len(values) - 1)] * BPS for share in QUANTILES
    )
    mean = sum(value * held for value, held in observed.spreads.items()) / total_s * BPS
    return [
        Finding(
            name="spread median",
            unit="bp",
            value=middle,
            interval=Interval(low, high),
            n=int(total_s),
            verdict=Verdict.SHOWN,
            words="range: where it is 9 tenths of the time",
            details={"p5": low, "p25": quarter, "p75": most, "p95": high, "mean": mean},
        )
    ]


def funding(observed: Observed) -> list[Finding]:
    """What longs paid a year on average, and how far the mark was from the oracle."""
    n = len(observed.funding)
    if n < CONTEXTS_NEEDED:
        return []
    hourly, basis = np.array([row[0] for row in observed.funding]), np.array([row[1] for row in observed.funding])
    rates = [float(np.quantile(hourly, share)) * HOURS_A_YEAR * 100.0 for share in (0.025, 0.5, 0.975)]
    return [
        Finding(
            name="funding",
            unit="%/year",
            value=float(np.mean(hourly)) * HOURS_A_YEAR * 100.0,
            interval=Interval(min(rates[0], rates[1]), rates[2]),
            n=n,
            verdict=Verdict.SHOWN,
            words=f"mark {float(np.mean(basis)) * BPS:+.1f} bp from oracle",
            details={"hourly_mean": float(np.mean(hourly)), "basis_bps": float(np.mean(basis)) * BPS},
        )
    ]
