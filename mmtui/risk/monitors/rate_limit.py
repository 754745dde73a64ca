"""Rate-limit refusals slow the cadence; only cancels that cannot be delivered end trading."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict, limit_reading


def errors_reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Slows quoting at the limit of refusals in a minute."""
    limit = float(settings.count("risk.rate_limit_errors_max"))
    return limit_reading("rate-limit errors", float(facts.rate_limit_errors), limit, unit="/min", breach=Verdict.SLOW)


def delivery_reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Kills when a cancel has been undeliverable for too long."""
    limit = settings.number("risk.cancel_undelivered_kill_s")
    return limit_reading("cancel undelivered", facts.cancel_undelivered_s, limit, unit="s", breach=Verdict.KILL)
