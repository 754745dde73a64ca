"""Every number of the synthetic market, with its unit, and one preset per coin.

The presets are livelier than a quiet hour: sweeps reach five bps several times a minute, so that a
maker sees fills within a demo, while spread, print rate and volatility stay inside what the recorded
BTC and ETH sessions show. Builder-dex coins are thinner and wider than the main dex.
"""

import msgspec


class PriceProcess(msgspec.Struct, frozen=True, kw_only=True):
    """The hidden efficient price: diffusion with slowly changing volatility, and jumps."""

    volatility_pct_year: float = 25.0
    volatility_spread: float = 0.25
    """Standard deviation of the log of the volatility factor."""
    volatility_half_life_s: float = 300.0
    jumps_per_hour: float = 12.0
    jump_bps: float = 4.0
    """Mean absolute size of a jump, exponentially distributed."""
    drift_bps_per_minute: float = 0.0
    """A trend, signed."""


class TakerFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Market orders: self-exciting arrivals of small traders, sweeps and informed traders."""

    orders_per_s: float = 1.4
    """Long-run rate, excitation included."""
    branching_ratio: float = 0.6
    """Orders that each order sets off on average, below 1."""
    excitation_half_life_s: float = 1.0
    side_persistence: float = 0.25
    """Probability that an order repeats the last one's side outright rather than tossing a coin."""
    buy_share: float = 0.5
    """Probability that the coin says buy."""
    median_usd: float = 2_500.0
    size_log_sigma: float = 1.3
    sweep_share: float = 0.13
    """Share of orders that take everything up to a limit."""
    sweep_reach_bps: float = 5.5
    """Mean distance of a sweep's limit from the efficient price: exponential, cut at 2.5 times this mean."""
    impact_ratio: float = 0.2
    """Share of an order's reach by which the efficient price follows it."""
    impact_half_life_s: float = 2.0
    informed_share: float = 0.25
    """Share of orders that know the efficient price; they trade only when a quote is stale."""
    informed_edge_bps: float = 0.7
    """Gain an informed trader asks for."""


class MakerFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Background liquidity: how fast it follows, how tight and how deep it stands."""

    requotes_per_s: float = 7.0
    lag_half_life_s: float = 0.25
    """How slowly makers learn the efficient price."""
    half_spread_bps: float = 0.005
    depth_bps: float = 4.0
    """Mean distance of resting orders from the makers' fair price, exponentially distributed."""
    orders_per_side: int = 45
    order_usd: float = 10_000.0
    """Mean size of a resting order, exponentially distributed."""
    touch_usd: float = 40_000.0
    """Mean size of an order that restores the touch."""
    turnover: float = 0.02
    """Share of resting orders withdrawn and replaced at each requote."""
    recovery: float = 0.3
    """Share of missing orders restored at each requote."""


class SyntheticParameters(msgspec.Struct, frozen=True, kw_only=True):
    """One coin's synthetic market."""

    price_usd: float
    open_interest_usd: float = 300e6
    """Held by the rest of the world; what accounts here hold comes on top."""
    price: PriceProcess = PriceProcess()
    takers: TakerFlow = TakerFlow()
    makers: MakerFlow = MakerFlow()


_ETH = SyntheticParameters(
    price_usd=4_300.0,
    price=PriceProcess(volatility_pct_year=36.0),
    makers=MakerFlow(depth_bps=4.5),
)
_SOL = SyntheticParameters(
    price_usd=205.0,
    price=PriceProcess(volatility_pct_year=60.0, jump_bps=6.0),
    takers=TakerFlow(orders_per_s=1.1, median_usd=1_500.0, sweep_reach_bps=6.5),
    makers=MakerFlow(half_spread_bps=0.2, depth_bps=6.0, order_usd=7_000.0, touch_usd=20_000.0),
)
_HYPE = SyntheticParameters(
    price_usd=45.0,
    price=PriceProcess(volatility_pct_year=80.0, jump_bps=8.0),
    takers=TakerFlow(orders_per_s=1.0, median_usd=1_000.0, sweep_reach_bps=7.0, informed_edge_bps=1.0),
    makers=MakerFlow(half_spread_bps=0.5, depth_bps=7.0, order_usd=5_000.0, touch_usd=10_000.0),
)
_THIN = SyntheticParameters(
    price_usd=1.0,
    price=PriceProcess(volatility_pct_year=150.0, jump_bps=15.0),
    takers=TakerFlow(
        orders_per_s=0.5,
        median_usd=400.0,
        sweep_reach_bps=9.0,
        informed_edge_bps=2.0,
    ),
    makers=MakerFlow(
        requotes_per_s=4.0,
        half_spread_bps=1.3,
        depth_bps=12.0,
        orders_per_side=40,
        order_usd=1_000.0,
        touch_usd=2_000.0,
    ),
)

_PRESETS = {
    "BTC": SyntheticParameters(price_usd=110_000.0),
    "ETH": _ETH,
    "SOL": _SOL,
    "HYPE": _HYPE,
    "WLFI": msgspec.structs.replace(_THIN, price_usd=0.2),
    "kPEPE": msgspec.structs.replace(_THIN, price_usd=0.0098),
    "GOLD": msgspec.structs.replace(_SOL, price_usd=3_600.0, price=PriceProcess(volatility_pct_year=18.0)),
    "SPACEX": msgspec.structs.replace(_THIN, price_usd=380.0),
}

_BUILDER_DEPTH = 0.4
_BUILDER_HALF_SPREAD_BPS = 0.3


def preset(coin: str) -> SyntheticParameters:
    """Parameters for a coin by its full name, ``hyna:BTC``; an unknown asset is a thin one at 1 USD."""
    dex, _, asset = coin.rpartition(":")
    found = _PRESETS.get(asset, _THIN)
    if not dex:
        return found
    makers = msgspec.structs.replace(
        found.makers,
        half_spread_bps=found.makers.half_spread_bps + _BUILDER_HALF_SPREAD_BPS,
        order_usd=found.makers.order_usd * _BUILDER_DEPTH,
        touch_usd=found.makers.touch_usd * _BUILDER_DEPTH,
    )
    takers = msgspec.structs.replace(found.takers, median_usd=found.takers.median_usd * _BUILDER_DEPTH)
    return msgspec.structs.replace(found, makers=makers, takers=takers)
