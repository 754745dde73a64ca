"""Rules of the local exchange that a test or a demo may want otherwise.

Owns the defaults, which are the venue's where the venue documents them.
"""

import msgspec


class ExchangeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """``block_ms`` between blocks; ``schedule_cancel_volume_usd`` earns the dead man's switch.

    ``traded_volume_usd`` is what every account has traded before it is first seen.
    ``partial_fill_updates`` emits an ``open`` order update with the reduced size after each partial
    fill or cut of a resting order; the venue's own behaviour is not documented.
    """

    block_ms: int = 70
    request_allowance: int = 10_000
    schedule_cancel_volume_usd: int = 1_000_000
    traded_volume_usd: int = 0
    open_orders_initial: int = 1_000
    open_orders_max: int = 5_000
    partial_fill_updates: bool = True
