"""What funding and own fills have taught, in a shape that outlives the process."""

import msgspec


class CarryMemory(msgspec.Struct, frozen=True, kw_only=True):
    """Own fills by side with the time watched, the samples of the running hour, and the outlook beyond it.

    Times in s; ``hour`` counts hours of the epoch.
    """

    at: float
    buys: float
    sells: float
    watched_s: float
    hour: int
    samples: int
    premium_total: float
    outlook_sum: float
    outlook_weight: float
    sampled_at: float
