"""Distance to the liquidation price: reducing only when it is near."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict

# Distances below this read as this one.
CLOSEST_PCT = 0.01


def reading(facts: RiskFacts, settings: Settings) -> Reading:
    """Reduce-only while the liquidation price is closer than the minimum distance."""
    least = settings.number("risk.liquidation_distance_min_pct")
    distance = facts.liquidation_distance
    near = distance is not None and not 100.0 * distance >= least
    closeness = 0.0 if distance is None else least / max(CLOSEST_PCT, 100.0 * distance)
    return Reading(
        name="liquidation",
        value=100.0 * closeness,
        limit=100.0,
        unit="%",
        kills=False,
        verdict=Verdict.REDUCE_ONLY if near else Verdict.FINE,
        text="flat" if distance is None else f"{100.0 * distance:.1f} % away, least {least:g}",
    )
