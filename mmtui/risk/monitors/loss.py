"""Loss of the UTC day, net of fees and funding."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict, limit_reading

# An account without equity has a limit of nothing, and has not lost that yet.
LEAST_LIMIT_USD = 0.01


def loss_limit_usd(settings: Settings, opening_equity_usd: float) -> float:
    """The smaller of the absolute limit and the share of the day's opening equity."""
    share = settings.number("risk.max_daily_loss_pct") / 100.0 * max(opening_equity_usd, 0.0)
    return min(settings.number("risk.max_daily_loss_usd"), share)


def reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Kills at the limit."""
    limit = loss_limit_usd(settings, facts.opening_equity_usd)
    # The loss comes first in max: the other order would take what is not a number for no loss.
    value = max(0.0 - facts.day_pnl_usd, 0.0)
    return limit_reading("day loss", value, max(limit, LEAST_LIMIT_USD), unit="USD", breach=Verdict.KILL)
