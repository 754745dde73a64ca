"""Request allowances: scarcity changes cadence, level count and patience, never price."""

import msgspec

SCARCE_SHARE = 0.20
DESPERATE_SHARE = 0.05


class Pressure(msgspec.Struct, frozen=True):
    """How far to slow down: a factor on the requote interval and a cap on levels a side.

    ``tolerance_factor`` is on how much further out than wanted a quote may rest. Source: models.md 9.3.
    """

    interval_factor: float
    levels_max: int
    tolerance_factor: float = 1.0


RELAXED = Pressure(1.0, 1000)
SCARCE = Pressure(4.0, 3, 1.5)
DESPERATE = Pressure(40.0, 1, 1.5)


def pressure(left: int | None, cap: int | None) -> Pressure:
    """Pressure for what is left of the address allowance; none while it is unknown."""
    if left is None or not cap:
        return RELAXED
    share = left / cap
    if share < DESPERATE_SHARE:
        return DESPERATE
    return SCARCE if share < SCARCE_SHARE else RELAXED
