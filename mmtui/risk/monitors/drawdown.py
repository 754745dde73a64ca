"""Fall from the day's best P&L as a share of equity. Source: models.md 10.5."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict, limit_reading

EQUITY_FLOOR_USD = 100.0


def drawdown(day_pnl_usd: float, peak_pnl_usd: float, opening_equity_usd: float) -> float:
    """(peak - now) / (opening equity + peak), a fraction; the peak is never below zero."""
    # The fall comes first in max: the other order would take what is not a number for no fall.
    fall = max(max(peak_pnl_usd, 0.0) - day_pnl_usd, 0.0)
    return fall / drawdown_base_usd(peak_pnl_usd, opening_equity_usd)


def drawdown_base_usd(peak_pnl_usd: float, opening_equity_usd: float) -> float:
    """What a drawdown is a share of: the equity at the peak, and never less than a floor."""
    return max(opening_equity_usd + max(peak_pnl_usd, 0.0), EQUITY_FLOOR_USD)


def reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Kills at the limit."""
    value = drawdown(facts.day_pnl_usd, facts.peak_pnl_usd, facts.opening_equity_usd)
    limit = settings.number("risk.max_drawdown_pct")
    return limit_reading("drawdown", 100.0 * value, limit, unit="%", breach=Verdict.KILL)
