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
    """Second-order inputs of dynamic gamma, the spread and the sizes; neutral values when not estimated.

    Fractions of price for everything that is a distance or a cost; rates and intensities 1/s;
    ``sigma_forecast`` fraction per root second on average over the longest holding time; ``variance_mean``
    (fraction squared per s) and ``variance_reversion`` (1/s, 0 while not fitted) are what it is made of;
    ``jump_variance`` fraction squared per s, what jumps add to the variance; momentum in standard
    deviations, knives in [0, 1]; ``filtered_mid`` USD, 0 while unknown; ``premium``,
    ``funding_hourly`` (predicted for the running hour) and ``funding_outlook`` (the hourly rate on average over
    the funding horizon) fractions, positive when longs pay, 0 with ``funding_due_s`` 0 while funding is unknown;
    ``mean_order_bid`` is the mean size of an aggressive order that hits bids, base units, and
    ``touch_volume_bid`` the volume expected to trade at a price each time it is touched.
    ``adverse_zero_bid`` and ``adverse_decay_bid`` (1/fraction) are the law of a cost that falls with depth,
    both 0 where one cost serves every depth; ``informed_bid`` is the share of informed fills, which is shown
    and never priced;
    ``cascade_direction`` is the sign of the forced orders: -1 while longs are liquidated.
    """

    market_spread: float = 0.0
    is_toxic: bool = False
    volatility_regime: int = 0
    sigma_forecast: float = 0.0
    variance_mean: float = 0.0
    variance_reversion: float = 0.0
    jump_rate: float = 0.0
    jump_variance: float = 0.0
    beta_book: float = 0.0
    beta_flow: float = 0.0
    momentum_fast: float = 0.0
    momentum_slow: float = 0.0
    falling_knife: float = 0.0
    rising_knife: float = 0.0
    filtered_mid: float = 0.0
    drift_score: float = 0.0
    depth_imbalance: float = 0.0
    adverse_bid: float = 0.0
    adverse_ask: float = 0.0
    adverse_zero_bid: float = 0.0
    adverse_zero_ask: float = 0.0
    adverse_decay_bid: float = 0.0
    adverse_decay_ask: float = 0.0
    informed_bid: float = 0.0
    informed_ask: float = 0.0
    vpin: float = 0.0
    is_flow_toxic: bool = False
    cascade_severity: float = 0.0
    cascade_raw: float = 0.0
    cascade_direction: int = 0
    hawkes_ratio: float = 1.0
    spread_percentile: float = 0.5
    volume_rate: float = 0.0
    mean_order_bid: float = 0.0
    mean_order_ask: float = 0.0
    touch_volume_bid: float = 0.0
    touch_volume_ask: float = 0.0
    holding_s: float = 0.0
    premium: float = 0.0
    funding_hourly: float = 0.0
    funding_outlook: float = 0.0
    funding_due_s: float = 0.0
