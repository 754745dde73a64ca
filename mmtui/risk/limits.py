"""The effective position limit: the smallest of every cap, in size units."""

import msgspec

from mmtui.domain.instrument import Instrument, MarginMode
from mmtui.domain.parameters import Settings
from mmtui.domain.units import Size

MARGIN_SHARE = 0.5


class EffectiveLimit(msgspec.Struct, frozen=True):
    """The largest position either way and the cap that sets it; ``configured`` is the operator's own."""

    size: Size
    binding: str
    configured: Size


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """What the account can carry: equity in USD, and the leverage and margin mode in force."""

    equity_usd: float
    leverage: int
    is_cross: bool


def configured_limit(instrument: Instrument, settings: Settings, price_usd: float) -> Size:
    """The operator's limit; the asset-unit setting overrides the USD one."""
    absolute = settings.number("trading.max_absolute_position_size")
    return instrument.floor_size(absolute or settings.number("trading.max_position_usd") / price_usd)


def effective_limit(
    instrument: Instrument, settings: Settings, *, price_usd: float, funding: Funding | None
) -> EffectiveLimit:
    """The minimum of all caps; nothing is allowed before equity is known. Source: models.md 11."""
    if not 0.0 < price_usd < 1e15:
        return EffectiveLimit(0, "no price", 0)
    configured = configured_limit(instrument, settings, price_usd)
    if funding is None:
        return EffectiveLimit(0, "account unknown", configured)
    equity = max(funding.equity_usd, 0.0)
    values_usd = {
        "max_position_value_usd": settings.number("risk.max_position_value_usd"),
        "max_effective_leverage": settings.number("risk.max_effective_leverage") * equity,
        "margin": MARGIN_SHARE * funding.leverage * equity,
    }
    if not funding.is_cross or instrument.margin_mode is not MarginMode.CROSS:
        values_usd["initial_isolated_margin"] = settings.number("trading.initial_isolated_margin") * funding.leverage
    least, binding = configured, "configured"
    for name, value in values_usd.items():
        size = instrument.floor_size(value / price_usd)
        if size < least:
            least, binding = size, name
    return EffectiveLimit(least, binding, configured)
