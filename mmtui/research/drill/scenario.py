"""What a seed stands for: market, account, settings, guards and faults, all drawn from the seed alone."""

import random

import msgspec

from mmtui.domain.parameters import Settings, Value
from mmtui.errors import ConfigError
from mmtui.research.drill.faults import PROFILES, Fault, draw
from mmtui.venues.exchange.markets.presets import MakerFlow, PriceProcess, SyntheticParameters, TakerFlow

COIN = "ETH"
PRICE_USD = 4_300.0
LIMIT_BASE = 0.6
START_MS = 1_760_000_000_000
MIDNIGHT_MS = 1_760_054_400_000
WARM_MS = 40_000
MARKETS = ("calm", "trending", "jumpy", "one-sided", "thin")


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How finely time is cut: blocks, ticks, books and contexts in milliseconds, background makers, own levels."""

    block_ms: int
    tick_ms: int
    requotes_per_s: float
    orders_per_side: int
    requote_interval_ms: float
    book_ms: int
    context_ms: int
    levels: int


PACES = {
    "sparse": Pace(
        block_ms=200,
        tick_ms=250,
        requotes_per_s=1.0,
        orders_per_side=5,
        requote_interval_ms=800.0,
        book_ms=1_400,
        context_ms=2_800,
        levels=3,
    ),
    "coarse": Pace(
        block_ms=500,
        tick_ms=500,
        requotes_per_s=0.7,
        orders_per_side=4,
        requote_interval_ms=1_500.0,
        book_ms=1_500,
        context_ms=3_000,
        levels=2,
    ),
    "live": Pace(
        block_ms=70,
        tick_ms=100,
        requotes_per_s=7.0,
        orders_per_side=45,
        requote_interval_ms=250.0,
        book_ms=500,
        context_ms=1_000,
        levels=5,
    ),
}


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """One seed, laid out."""

    seed: int
    profile: str
    hours: float
    intensity: float
    pace: str
    market: str
    has_guard: bool
    has_switch: bool
    must_be_guarded: bool
    is_budget_poor: bool
    finish_on_kill: bool
    faults: dict[Fault, float]

    @property
    def start_ms(self) -> int:
        """When the world begins; one in which a day ends begins shortly before, so that it does under faults."""
        if Fault.MIDNIGHT not in self.faults:
            return START_MS
        share = random.Random(f"{self.seed}:midnight").random()  # noqa: S311 - a simulation
        return MIDNIGHT_MS - WARM_MS - 1_000 * int(share * self.hours * 3_600.0)

    @property
    def replay(self) -> str:
        """The command that plays this seed again."""
        extra = "" if self.pace == "sparse" else f" --pace {self.pace}"
        return (
            f"mmtui drill --seed {self.seed} --profile {self.profile} --hours {self.hours:g} "
            f"--intensity {self.intensity:g}{extra}"
        )

    def settings(self) -> Settings:
        """The settings the engine runs with."""
        changes: dict[str, Value] = {
            "trading.asset": COIN,
            "trading.max_absolute_position_size": LIMIT_BASE,
            "strategy.warmup_on_timeout": "quote",
            "strategy.warmup_timeout_s": 15.0,
            "strategy.ladder_config.num_levels": PACES[self.pace].levels,
            "execution.requote_interval_ms": PACES[self.pace].requote_interval_ms,
            "risk.cancel_undelivered_kill_s": 120.0,
            "risk.max_daily_loss_usd": 5_000.0,
            "risk.max_daily_loss_pct": 20.0,
            "risk.max_drawdown_pct": 20.0,
        }
        return Settings.defaults().with_values(changes)


def make_scenario(
    seed: int, profile: str, *, hours: float = 0.5, intensity: float = 1.0, pace: str = "sparse"
) -> Scenario:
    """Lays a seed out; raises ConfigError for a profile or a pace that does not exist."""
    if profile not in PROFILES:
        raise ConfigError(f"no profile {profile!r}", remedy=f"one of {', '.join(PROFILES)}")
    if pace not in PACES:
        raise ConfigError(f"no pace {pace!r}", remedy=f"one of {', '.join(PACES)}")
    if not (0.0 < hours <= 1_000.0 and 0.0 < intensity <= 100.0):
        raise ConfigError("hours or intensity out of range", remedy="0 to 1000 hours, intensity 0 to 100")
    rng = random.Random(f"{seed}:{profile}:scenario")  # noqa: S311 - a simulation
    return Scenario(
        seed=seed,
        profile=profile,
        hours=hours,
        intensity=intensity,
        pace=pace,
        market=rng.choice(MARKETS),
        has_guard=rng.random() < 0.8,
        has_switch=rng.random() < 0.5,
        must_be_guarded=rng.random() < 0.5,
        is_budget_poor=profile in ("venue", "hostile") and rng.random() < 0.3,
        finish_on_kill=rng.random() < 0.5,
        faults=draw(seed, profile, intensity),
    )


def market_parameters(scenario: Scenario) -> SyntheticParameters:
    """The synthetic market of a kind, at the scenario's pace."""
    pace = PACES[scenario.pace]
    makers = MakerFlow(requotes_per_s=pace.requotes_per_s, orders_per_side=pace.orders_per_side, lag_half_life_s=0.5)
    price, takers = PriceProcess(volatility_pct_year=30.0), TakerFlow(orders_per_s=0.8, sweep_share=0.25)
    if scenario.market == "trending":
        sign = 1.0 if scenario.seed % 2 else -1.0
        price = PriceProcess(volatility_pct_year=40.0, drift_bps_per_minute=1.5 * sign)
    elif scenario.market == "jumpy":
        price = PriceProcess(volatility_pct_year=80.0, jumps_per_hour=120.0, jump_bps=12.0)
    elif scenario.market == "one-sided":
        takers = msgspec.structs.replace(takers, buy_share=0.8 if scenario.seed % 2 else 0.2)
    elif scenario.market == "thin":
        takers = msgspec.structs.replace(takers, orders_per_s=0.5)
        makers = msgspec.structs.replace(
            makers,
            half_spread_bps=2.0,
            depth_bps=10.0,
            order_usd=3_000.0,
            touch_usd=3_000.0,
            orders_per_side=max(3, pace.orders_per_side // 2),
        )
    return SyntheticParameters(price_usd=PRICE_USD, price=price, takers=takers, makers=makers)
