"""From an estimator's number to a published one: where it came from and how far to trust it.

Owns the order in which provenances win: no data, too old, held by a clamp, learned, still learning.
"""

import math

import msgspec

from mmtui.domain.estimates import Estimate, Provenance
from mmtui.domain.instrument import Side
from mmtui.estimators.arrivals.gamma_law import Z_975
from mmtui.estimators.arrivals.intensity import INTENSITY_WARM, KAPPA_WARM, Intensity, Posterior
from mmtui.estimators.volatility.realised import Volatility

STALE_S = 60.0
SIGMA_UNIT = "1/sqrt(s)"


class VolatilityEstimates(msgspec.Struct, frozen=True):
    """What is published from the volume ticks."""

    sigma: Estimate
    sigma_effective: Estimate
    jump_ratio: Estimate


class ArrivalEstimates(msgspec.Struct, frozen=True):
    """What is published from the reaches of aggressive orders, by the side of our quotes."""

    kappa_bid: Estimate
    intensity_bid: Estimate
    kappa_ask: Estimate
    intensity_ask: Estimate


def provenance_of(
    count: float, needed: float, age_s: float, *, is_clamped: bool = False, stale_s: float = STALE_S
) -> Provenance:
    """How far a value made of ``count`` observations, the last ``age_s`` ago, may be trusted."""
    if not count > 0.0:
        return Provenance.PRIOR
    if not age_s <= stale_s:
        return Provenance.STALE
    if is_clamped:
        return Provenance.CLAMPED
    return Provenance.LEARNED if count >= needed else Provenance.LEARNING


def volatility_estimates(volatility: Volatility, now: float, tick_at: float) -> VolatilityEstimates:
    """Sigma with its interval, effective sigma and jump ratio; the last tick came at ``tick_at``."""
    reading, n_eff = volatility.reading, volatility.n_eff
    count = volatility.returns
    needed = count if volatility.is_warm else count + 1
    age_s = now - tick_at
    bounded = provenance_of(count, needed, age_s, is_clamped=reading.is_clamped)
    low = high = None
    if count:
        factor = math.exp(Z_975 * volatility.error_ratio)
        low, high = reading.sigma / factor, reading.sigma * factor
    return VolatilityEstimates(
        sigma=Estimate(reading.sigma, SIGMA_UNIT, bounded, n_eff, tick_at, low, high),
        sigma_effective=Estimate(reading.sigma_effective, SIGMA_UNIT, bounded, n_eff, tick_at),
        jump_ratio=Estimate(reading.jump_ratio, "", provenance_of(count, needed, age_s), n_eff, tick_at),
    )


def arrival_estimates(intensity: Intensity, now: float, watched_until: float) -> ArrivalEstimates:
    """Kappa and A of both sides; the feed was alive until ``watched_until``."""
    kappa_bid, intensity_bid = _side_estimates(intensity, Side.BUY, now, watched_until)
    kappa_ask, intensity_ask = _side_estimates(intensity, Side.SELL, now, watched_until)
    return ArrivalEstimates(kappa_bid, intensity_bid, kappa_ask, intensity_ask)


def _side_estimates(intensity: Intensity, side: Side, now: float, watched_until: float) -> tuple[Estimate, Estimate]:
    reached_at = intensity.updated_at(side)
    kappa = intensity.kappa(side, watched_until)
    arrival = intensity.intensity(side, watched_until, kappa.value)
    # A silent tape still tells about A, as long as it is watched; kappa needs an order to measure.
    watched_at = max(reached_at, watched_until) if reached_at else 0.0
    return (
        _posterior_estimate(kappa, "1/fraction", KAPPA_WARM, now, reached_at),
        _posterior_estimate(arrival, "1/s", INTENSITY_WARM, now, watched_at),
    )


def _posterior_estimate(posterior: Posterior, unit: str, needed: float, now: float, at: float) -> Estimate:
    return Estimate(
        posterior.value,
        unit,
        provenance_of(posterior.n_eff, needed, now - at, is_clamped=posterior.is_clamped),
        posterior.n_eff,
        at,
        posterior.low,
        posterior.high,
    )
