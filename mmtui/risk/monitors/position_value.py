"""Value of the position: reducing only at the limit, the end at one and a half times."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import WARN_RATIO, Reading, RiskFacts, Verdict

KILL_RATIO = 1.5


def reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Reduce-only at the limit, kills at ``KILL_RATIO`` times it."""
    soft = settings.number("risk.max_position_value_usd")
    value = facts.position_value_usd
    verdict = Verdict.FINE
    if not value < KILL_RATIO * soft:
        verdict = Verdict.KILL
    elif value > soft:
        verdict = Verdict.REDUCE_ONLY
    elif not value < WARN_RATIO * soft:
        verdict = Verdict.WARN
    return Reading(
        name="position value",
        value=value,
        limit=KILL_RATIO * soft,
        unit="USD",
        kills=True,
        verdict=verdict,
        text=f"reduce-only above {soft:,.0f}",
    )
