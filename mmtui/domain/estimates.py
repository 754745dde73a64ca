"""What an estimator publishes: a finite value and where it came from."""

import enum

import msgspec


class Provenance(enum.Enum):
    """How far a value may be trusted."""

    PRIOR = "prior"
    LEARNING = "learning"
    LEARNED = "learned"
    STALE = "stale"
    CLAMPED = "clamped"


class Estimate(msgspec.Struct, frozen=True, gc=False):
    """One published number, in ``unit``.

    ``n_eff`` is the effective number of observations, ``updated_at`` the engine second of the last
    one (0 when none), ``low`` and ``high`` a 95 % interval where the estimator knows one.
    """

    value: float
    unit: str
    provenance: Provenance
    n_eff: float = 0.0
    updated_at: float = 0.0
    low: float | None = None
    high: float | None = None


class Estimates(msgspec.Struct, frozen=True, kw_only=True):
    """What strategies and monitors may read, one immutable snapshot a cycle.

    Units (models.md 0.1): prices USD, sigma fraction per root second, kappa 1/fraction, intensity
    fills per second and side, imbalances in [-1, 1], adverse selection as a fraction of price.
    """

    mid: float
    fair: Estimate
    sigma: Estimate
    sigma_effective: Estimate
    kappa_bid: Estimate
    kappa_ask: Estimate
    intensity_bid: Estimate
    intensity_ask: Estimate
    jump_ratio: Estimate
    book_imbalance: Estimate
    flow_imbalance: Estimate
    signals: "Signals"


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """Second-order inputs of dynamic gamma and the spread; neutral values when not estimated."""

    market_spread: float = 0.0
    is_toxic: bool = False
    volatility_regime: int = 0
    beta_book: float = 0.0
    beta_flow: float = 0.0
    adverse_bid: float = 0.0
    adverse_ask: float = 0.0
    cascade_severity: float = 0.0
    cascade_raw: float = 0.0
    hawkes_ratio: float = 1.0
    spread_percentile: float = 0.5
    volume_rate: float = 0.0
