"""The formulas of optimal market making, in fractions, seconds and lots. Pure arithmetic.

Owns the closed form of Gueant, Lehalle and Fernandez-Tapia with its extension to sides that differ,
the meaning of gamma, and the requirement documents' formulas under ``literal_`` names. Knows nothing
of floors, caps, grids or bps. Source: models.md 1.3, 2.1, 2.3 to 2.6, 2.13.
"""

import enum
import math

import msgspec

SERIES_BELOW = 1e-6
EXPONENT_MAX = 600.0
VOLUME_RATE_MIN = 1e-6


class RiskAttitude(enum.Enum):
    """How fills are valued: exponential utility, or expected value with a running inventory cost."""

    CARA = "cara"
    PENALTY = "penalty"


class Flow(msgspec.Struct, frozen=True, gc=False):
    """What one side meets: ``kappa`` 1/fraction, ``intensity`` fills/s at distance 0, ``cost`` a fraction.

    ``cost`` is what a fill costs besides the distance: fee plus expected adverse move.
    """

    kappa: float
    intensity: float
    cost: float = 0.0


class ClosedForm(msgspec.Struct, frozen=True, gc=False):
    """Distances of (2.8) and (2.11) as fractions: linear in the inventory ``n`` in lots.

    ``reversion`` is how fast the quotes bring inventory back, 1/s; ``passing`` the part of the flow-balancing
    shift that is left out because the difference between the sides does not last.
    """

    base_bid: float
    base_ask: float
    slope: float
    balance: float
    cost_bid: float = 0.0
    cost_ask: float = 0.0
    reversion: float = 0.0
    passing: float = 0.0

    def bid_distance(self, n: float) -> float:
        """Distance of the bid below the reference."""
        return self.base_bid + self.cost_bid + self.balance + (n + 0.5) * self.slope

    def ask_distance(self, n: float) -> float:
        """Distance of the ask above the reference."""
        return self.base_ask + self.cost_ask - self.balance - (n - 0.5) * self.slope


def risk_unit(limit_base: float, price_usd: float, sigma_baseline: float, reference_s: float) -> float:
    """One-sigma P&L in USD of a full position over the reference time. Source: models.md (1.1)."""
    return limit_base * price_usd * sigma_baseline * math.sqrt(reference_s)


def risk_per_lot(gamma: float, lot_notional_usd: float, unit_usd: float) -> float:
    """Risk aversion per lot in 1/fraction, comparable with kappa. Source: models.md (1.2), (1.3)."""
    return gamma / unit_usd * lot_notional_usd


def base_half_spread(risk: float, kappa: float) -> float:
    """Distance that is best for a single fill; 1/kappa as risk falls to 0. Source: models.md (2.1)."""
    x = risk / kappa
    if x < SERIES_BELOW:
        return (1.0 - x / 2.0 + x * x / 3.0) / kappa
    return math.log1p(x) / risk


def utility_exponent(x: float) -> float:
    """``(1 + 1/x) ln(1 + x)``, 1 as x falls to 0. Source: models.md 2.1."""
    if x < SERIES_BELOW:
        return 1.0 + x / 2.0 - x * x / 6.0 + x * x * x / 12.0
    return (1.0 + 1.0 / x) * math.log1p(x)


def risk_adjusted_intensity(risk: float, flow: Flow) -> float:
    """Arrivals per second as the optimum counts them, cost included. Source: models.md (2.2)."""
    return math.exp(log_risk_adjusted_intensity(risk, flow))


def log_risk_adjusted_intensity(risk: float, flow: Flow) -> float:
    """Natural logarithm of ``risk_adjusted_intensity``, finite also where that is not."""
    return math.log(flow.intensity) - utility_exponent(risk / flow.kappa) - flow.kappa * flow.cost


def closed_form(
    risk: float,
    sigma: float,
    bid: Flow,
    ask: Flow,
    *,
    persistence_s: float = math.inf,
    attitude: RiskAttitude = RiskAttitude.CARA,
    drift: float = 0.0,
    drift_decay: float = 0.0,
) -> ClosedForm:
    """Asymptotic quotes for sides that may differ. Source: models.md 2.3 to 2.5, (2.9) to (2.11).

    ``persistence_s`` is how long a difference between the sides lasts, infinite for ever; ``drift`` in
    fraction/s reverts at ``drift_decay`` per second.
    """
    on_fills = risk if attitude is RiskAttitude.CARA else 0.0
    kappas = bid.kappa + ask.kappa
    log_bid, log_ask = log_risk_adjusted_intensity(on_fills, bid), log_risk_adjusted_intensity(on_fills, ask)
    full_balance = (log_bid - log_ask) / kappas
    variance_cost = risk * sigma * sigma
    slope = reversion = 0.0
    if variance_cost > 0.0:
        exponent = 0.5 * (math.log(variance_cost / kappas) - log_bid + bid.kappa * full_balance)
        slope = math.exp(min(exponent, EXPONENT_MAX))
        reversion = variance_cost / slope
    weight = 1.0 if math.isinf(persistence_s) else reversion / (reversion + 1.0 / persistence_s)
    drag = drift_decay + reversion
    balance = weight * full_balance - slope / 2.0 * (bid.kappa - ask.kappa) / kappas
    if drag > 0.0:
        balance -= drift / drag
    base_bid = base_half_spread(on_fills, bid.kappa)
    base_ask = base_bid if ask.kappa == bid.kappa else base_half_spread(on_fills, ask.kappa)
    passing = (1.0 - weight) * full_balance
    return ClosedForm(base_bid, base_ask, slope, balance, bid.cost, ask.cost, reversion, passing)


def inventory_slope(risk: float, sigma: float, flow: Flow) -> float:
    """Shift of the quotes per lot held, both sides alike, as a fraction. Source: models.md (2.7)."""
    return closed_form(risk, sigma, flow, flow).slope


def relaxation_time_s(risk: float, sigma: float, slope: float) -> float | None:
    """Seconds in which inventory reverts; None when nothing pulls it back. Source: models.md 2.3."""
    variance_cost = risk * sigma * sigma
    return slope / variance_cost if variance_cost > 0.0 else None


def inventory_deviation(kappa: float, slope: float) -> float | None:
    """Standard deviation, in lots, of an inventory without bounds; None when nothing pulls it back. Source: 2.3."""
    return 1.0 / math.sqrt(2.0 * kappa * slope) if slope > 0.0 else None


def spread_factor(multiple: float, elasticity: float) -> float:
    """What a multiple of gamma does to the symmetric part of the spread. Source: models.md 2.6."""
    return 1.0 if multiple == 1.0 or elasticity == 0.0 else float(multiple**elasticity)


def literal_half_spread(gamma: float, kappa: float) -> float:
    """``(1/gamma) ln(1 + gamma/kappa)`` with gamma a bare number, as the documents write it."""
    return math.log1p(gamma / kappa) / gamma


def literal_horizon_s(volume_rate: float, horizon_max_s: float) -> float:
    """``T = 1/lambda`` with lambda in volume ticks per second, capped. Source: the documents."""
    if not volume_rate > VOLUME_RATE_MIN:
        return horizon_max_s
    return min(1.0 / volume_rate, horizon_max_s)


def literal_skew(utilisation: float, gamma: float, sigma: float, horizon_s: float) -> float:
    """``(q/Qmax) gamma sigma^2 T`` as a fraction, as the documents write it."""
    return utilisation * gamma * sigma * sigma * horizon_s


def literal_quotes(microprice: float, half_spread: float, skew: float) -> tuple[float, float]:
    """Bid and ask around the microprice in USD, as the documents write them."""
    return microprice * (1.0 - half_spread - skew), microprice * (1.0 + half_spread - skew)
