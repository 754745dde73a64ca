"""From an estimator's number to a published one: where it came from and how far to trust it.

Owns the order in which provenances win: no data, too old, held by a clamp, still learning, learned.
"""

from mmtui.domain.estimates import Estimate, Provenance
from mmtui.estimators.intensity import Posterior

STALE_S = 60.0


def provenance_of(count: float, needed: float, age_s: float, *, is_clamped: bool = False) -> Provenance:
    """How far a value made of ``count`` observations, the last ``age_s`` ago, may be trusted."""
    if not count > 0.0:
        return Provenance.PRIOR
    if not age_s <= STALE_S:
        return Provenance.STALE
    if is_clamped:
        return Provenance.CLAMPED
    return Provenance.LEARNED if count >= needed else Provenance.LEARNING


def posterior_estimate(posterior: Posterior, unit: str, needed: float, now: float, at: float) -> Estimate:
    """A posterior as an estimate, learned from ``needed`` observations on, the last one made at ``at``."""
    return Estimate(
        posterior.value,
        unit,
        provenance_of(posterior.n_eff, needed, now - at, is_clamped=posterior.is_clamped),
        posterior.n_eff,
        at,
        posterior.low,
        posterior.high,
    )
