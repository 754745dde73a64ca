"""Facts of a quiet day on an account of 10,000 USD, with only what differs named."""

from mmtui.risk.readings import RiskFacts

QUIET = {
    "now": 0.0,
    "day_pnl_usd": 0.0,
    "peak_pnl_usd": 0.0,
    "opening_equity_usd": 10_000.0,
    "position_value_usd": 0.0,
    "data_age_s": 0.1,
    "cascade_severity": 0.0,
    "rate_limit_errors": 0,
    "cancel_undelivered_s": 0.0,
    "liquidation_distance": None,
}


def facts(**changes):
    return RiskFacts(**{**QUIET, **changes})
