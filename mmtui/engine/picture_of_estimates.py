"""What the models believe, as rows of the view; changes nothing."""

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.estimates import Estimate, Estimates
from mmtui.engine.state import EngineState
from mmtui.estimators.carry.rates import expected_cost_usd, payment_usd


def estimate_rows(state: EngineState, estimates: Estimates | None, now: float) -> tuple[EstimateView, ...]:
    """Every estimate: what the quotes are made of first, then what is shown beside it."""
    if estimates is None:
        return ()
    named = {
        "sigma": estimates.sigma,
        "sigma_effective": estimates.sigma_effective,
        "kappa_bid": estimates.kappa_bid,
        "kappa_ask": estimates.kappa_ask,
        "A_bid": estimates.intensity_bid,
        "A_ask": estimates.intensity_ask,
        "microprice": estimates.fair,
        "jump_ratio": estimates.jump_ratio,
        "book_imbalance": estimates.book_imbalance,
        "flow_imbalance": estimates.flow_imbalance,
    }
    signals = estimates.signals
    extra = {
        "beta_book": signals.beta_book,
        "beta_flow": signals.beta_flow,
    }
    rows = [_row(name, estimate, now) for name, estimate in named.items()]
    rows += [EstimateView(name=name, value=value, unit="", provenance="") for name, value in extra.items()]
    rows += [_row(name, estimate, now) for name, estimate in state.panel.published(now).items()]
    context = state.market.fresh_context
    if context is not None and signals.funding_due_s > 0.0:
        size = state.instrument.size_base(state.account.position.size)
        horizon_s = state.settings.number("risk.funding_rate_horizon_s")
        cost = expected_cost_usd(size, context.oracle, signals.funding_outlook, horizon_s)
        rows.append(EstimateView(name="funding_cost", value=cost, unit="USD", provenance=""))
    return tuple(rows)


def funding_due(state: EngineState, estimates: Estimates | None) -> tuple[float | None, float | None]:
    """What the position pays (negative: receives) at the next funding, USD, and in how many s; None while unknown."""
    context = state.market.fresh_context
    if estimates is None or context is None or not estimates.signals.funding_due_s > 0.0:
        return None, None
    signals = estimates.signals
    size = state.instrument.size_base(state.account.position.size)
    return payment_usd(size, context.oracle, signals.funding_hourly), signals.funding_due_s


def _row(name: str, estimate: Estimate, now: float) -> EstimateView:
    return EstimateView(
        name=name,
        value=estimate.value,
        unit=estimate.unit,
        provenance=str(estimate.provenance.value),
        age_s=max(0.0, now - estimate.updated_at) if estimate.updated_at else None,
        n_eff=estimate.n_eff,
        low=estimate.low,
        high=estimate.high,
    )
