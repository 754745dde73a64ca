"""Margin and position sizing: models.md 11, 11.1 and 11.2."""

from functools import partial

from mmtui.domain.instrument import Instrument, MarginTier
from mmtui.domain.parameters import Settings
from mmtui.domain.parameters.checks import target_liquidity_max
from mmtui.risk.limits import Funding, effective_limit
from mmtui.risk.margin import liquidation_price, maintenance_margin
from tests.checks.values import CheckValue

BTC = Instrument(
    coin="BTC",
    asset_id=0,
    size_decimals=5,
    max_leverage=40,
    margin_tiers=(MarginTier(0.0, 40), MarginTier(150e6, 20)),
)
ACCOUNT = Funding(equity_usd=10_000.0, leverage=20, is_cross=True)


def _largest(position_value_usd: float) -> float:
    values = {
        "trading.max_absolute_position_size": 1000.0,
        "risk.max_position_value_usd": position_value_usd,
        "risk.max_effective_leverage": 50.0,
    }
    settings = Settings.defaults().with_values(values)
    return BTC.size_base(effective_limit(BTC, settings, price_usd=100_000.0, funding=ACCOUNT).size)


def _liquidation(signed_size: float, equity_usd: float, max_leverage: int) -> float:
    tiers = (MarginTier(0.0, max_leverage),)
    price = liquidation_price(tiers, price_usd=100_000.0, signed_size=signed_size, equity_usd=equity_usd)
    return price or 0.0


CHECKS = (
    CheckValue("11", "max position", 1.0, partial(_largest, 1e9)),
    CheckValue("11", "target liquidity", 0.4, lambda: target_liquidity_max(_largest(1e9))),
    CheckValue("11", "max position under 10,000 USD of value", 0.1, partial(_largest, 10_000.0)),
    *(
        CheckValue(
            "11.1", f"maintenance of {millions} M", expected, partial(maintenance_margin, BTC.tiers, millions * 1e6)
        )
        for millions, expected in ((100, 1_250_000.0), (150, 1_875_000.0), (200, 3_125_000.0))
    ),
    CheckValue("11.2", "long 0.05 at 40x", 81_012.658228, partial(_liquidation, 0.05, 1000.0, 40)),
    CheckValue("11.2", "short 0.05 at 40x", 118_518.518519, partial(_liquidation, -0.05, 1000.0, 40)),
    CheckValue("11.2", "long 0.1 at 20x", 97_435.897436, partial(_liquidation, 0.1, 500.0, 20)),
)
