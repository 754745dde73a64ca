"""Liquidation cascade: quotes pulled at a severity, the end when it stays extreme."""

from mmtui.domain.parameters import Settings
from mmtui.risk.readings import Reading, RiskFacts, Verdict

RELEASE_RATIO = 0.75
RELEASE_HOLD_S = 2.0


class CascadeMonitor:
    """Remembers since when severity is extreme, and whether quotes are pulled (with hysteresis)."""

    __slots__ = ("_calm_since", "_extreme_since", "_pulled")

    def __init__(self) -> None:
        self._extreme_since: float | None = None
        self._calm_since: float | None = None
        self._pulled = False

    def reading(self, facts: RiskFacts, settings: Settings) -> Reading:
        """Pulls at the pull threshold until well below it for 2 s; kills when extreme is sustained."""
        kill_at = settings.number("risk.cascade_kill_threshold")
        kills = settings.flag("risk.cascade_kill")
        self._update_pull(facts, settings.number("risk.cascade_pull_threshold"))
        if facts.cascade_severity > kill_at:
            self._extreme_since = facts.now if self._extreme_since is None else self._extreme_since
        else:
            self._extreme_since = None
        verdict = Verdict.PULL if self._pulled else Verdict.FINE
        hold = settings.number("risk.cascade_kill_hold_s")
        if kills and self._extreme_since is not None and facts.now - self._extreme_since >= hold:
            verdict = Verdict.KILL
        return Reading(
            name="cascade",
            value=facts.cascade_severity,
            limit=kill_at,
            unit="",
            kills=kills,
            verdict=verdict,
            text=facts.cascade_text,
        )

    def _update_pull(self, facts: RiskFacts, threshold: float) -> None:
        if not facts.cascade_severity < threshold:
            self._pulled, self._calm_since = True, None
        elif self._pulled:
            if facts.cascade_severity >= RELEASE_RATIO * threshold:
                self._calm_since = None
            elif self._calm_since is None:
                self._calm_since = facts.now
            elif facts.now - self._calm_since >= RELEASE_HOLD_S:
                self._pulled, self._calm_since = False, None
