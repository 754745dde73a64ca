"""What a monitor says: one quantity, its limit, and what must follow."""

import enum

import msgspec

WARN_RATIO = 0.8


class Verdict(enum.IntEnum):
    """What a reading demands, least first."""

    FINE = 0
    WARN = 1
    SLOW = 2
    REDUCE_ONLY = 3
    PULL = 4
    KILL = 5


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """One monitor's value against its limit, both in ``unit``; ``kills`` if the limit ends trading."""

    name: str
    value: float
    limit: float
    unit: str
    kills: bool
    verdict: Verdict
    text: str = ""

    @property
    def ratio(self) -> float:
        """Share of the limit that is used; 0 for a limit of 0."""
        return self.value / self.limit if self.limit > 0.0 else 0.0


class RiskFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the monitors look at. USD, seconds, fractions.

    ``data_age_s`` is None before any data; time in which the process did not run is not in it.
    """

    now: float
    day_pnl_usd: float
    peak_pnl_usd: float
    opening_equity_usd: float
    position_value_usd: float
    data_age_s: float | None
    cascade_severity: float
    rate_limit_errors: int
    cancel_undelivered_s: float
    liquidation_distance: float | None
    cascade_text: str = ""


def limit_reading(name: str, value: float, limit: float, *, unit: str, breach: Verdict, text: str = "") -> Reading:
    """A reading that warns at 80 % of the limit and demands ``breach`` at the limit."""
    verdict = Verdict.FINE
    if not value < limit:
        verdict = breach
    elif not value < WARN_RATIO * limit:
        verdict = Verdict.WARN
    return Reading(
        name=name, value=value, limit=limit, unit=unit, kills=breach is Verdict.KILL, verdict=verdict, text=text
    )
