"""What the view shows of one estimate. Pure data."""

import msgspec


class EstimateView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One estimate with its age and how far it may be trusted; ``low`` and ``high`` are its 95 % interval."""

    name: str
    value: float
    unit: str
    provenance: str
    age_s: float | None = None
    n_eff: float = 0.0
    low: float | None = None
    high: float | None = None
