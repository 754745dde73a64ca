"""Silence of the market data by the engine's clock: quotes pulled first, the end when it lasts."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict


def reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Pulls at ``stale_data_s``, kills at ``stale_kill_s``; before any data there is nothing to measure."""
    pull, kill = settings.number("risk.stale_data_s"), settings.number("risk.stale_kill_s")
    age = facts.data_age_s
    verdict = Verdict.FINE
    if age is not None:
        if not age < kill:
            verdict = Verdict.KILL
        elif not age < pull:
            verdict = Verdict.PULL
    return Reading(
        name="data age",
        value=age or 0.0,
        limit=kill,
        unit="s",
        kills=True,
        verdict=verdict,
        text=f"quotes pulled at {pull:g} s",
    )
