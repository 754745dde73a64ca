"""The effective position limit: the smallest of every cap, in size units, and what free margin still carries."""

import msgspec

from mmtui.domain.instrument import Instrument, MarginMode
from mmtui.domain.parameters import Settings
from mmtui.domain.units import Size
from mmtui.risk import margin

LIQUIDATION_CAP = "liquidation distance"
MARGIN_SHARE = 0.5
SIDES_SHARE = 0.5
# Other positions must be maintained with at most half of what opened them, whatever their leverage.
OTHERS_MAINTENANCE_SHARE = 0.5


class EffectiveLimit(msgspec.Struct, frozen=True):
    """The largest position either way and the cap that sets it; ``configured`` is the operator's own."""

    size: Size
    binding: str
    configured: Size


class Funding(msgspec.Struct, frozen=True, kw_only=True):
    """What the account can carry: equity in USD, and the leverage and margin mode in force.

    ``others_usd`` is the margin that positions in other contracts take.
    """

    equity_usd: float
    leverage: int
    is_cross: bool
    others_usd: float = 0.0


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What else the caps look at: the position, volatility per root second, open interest in base units."""

    position: Size = 0
    sigma: float = 0.0
    open_interest: float | None = None


QUIET = Surroundings()


def configured_limit(instrument: Instrument, settings: Settings, price_usd: float) -> Size:
    """The operator's limit; the asset-unit setting overrides the USD one."""
    absolute = settings.number("trading.max_absolute_position_size")
    return instrument.floor_size(absolute or settings.number("trading.max_position_usd") / price_usd)


def effective_limit(
    instrument: Instrument,
    settings: Settings,
    *,
    price_usd: float,
    funding: Funding | None,
    around: Surroundings = QUIET,
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
    if is_isolated(instrument, funding):
        values_usd["initial_isolated_margin"] = settings.number("trading.initial_isolated_margin") * funding.leverage
    others = {
        LIQUIDATION_CAP: _safe_usd(instrument, settings, funding, around.sigma),
        "open interest": _headroom_usd(instrument, settings, price_usd, around),
    }
    values_usd |= {name: value for name, value in others.items() if value is not None}
    least, binding = configured, "configured"
    for name, value in values_usd.items():
        size = instrument.floor_size(value / price_usd)
        if size < least:
            least, binding = size, name
    return EffectiveLimit(least, binding, configured)


def is_isolated(instrument: Instrument, funding: Funding) -> bool:
    """Whether a position here stands on margin of its own."""
    return not funding.is_cross or instrument.margin_mode is not MarginMode.CROSS


def addable_usd(settings: Settings, funding: Funding, *, position_usd: float, foreign_usd: float) -> float:
    """Notional that orders of one side may add to the position by free margin. Source: models.md 11.3.

    What reduces the position needs no margin. Each side may use half of what is free, so that both together never
    use more; ``foreign_usd`` is the notional of orders that are not ours and use it too.
    """
    used = funding.others_usd + margin.initial_margin(abs(position_usd) + foreign_usd, funding.leverage)
    free = max(0.0, funding.equity_usd - used)
    return SIDES_SHARE * free * funding.leverage / (1.0 + settings.number("trading.margin_buffer"))


def wanted_distance(settings: Settings, sigma: float) -> float:
    """How far the liquidation price must stay away, as a fraction."""
    sigmas, least = settings.number("risk.liquidation_sigmas"), settings.number("risk.liquidation_distance_min_pct")
    return margin.safe_distance(sigma, sigmas, least / 100.0)


def _safe_usd(instrument: Instrument, settings: Settings, funding: Funding, sigma: float) -> float | None:
    """Largest notional after whose fill the liquidation price is still far enough away. Source: models.md 11.2.

    On isolated margin the leverage decides, whatever the size: all or nothing.
    """
    distance = wanted_distance(settings, sigma)
    if is_isolated(instrument, funding):
        return None if funding.leverage <= margin.safe_leverage(instrument.tiers, distance) else 0.0
    equity = funding.equity_usd - OTHERS_MAINTENANCE_SHARE * funding.others_usd
    return margin.safe_notional(instrument.tiers, equity_usd=equity, distance=distance)


def _headroom_usd(instrument: Instrument, settings: Settings, price_usd: float, around: Surroundings) -> float | None:
    """The position and its share of what the venue's cap on open interest leaves; None without a cap."""
    cap, interest = instrument.open_interest_cap_usd, around.open_interest
    if cap is None or interest is None:
        return None
    left = max(0.0, cap - interest * price_usd)
    share = settings.number("risk.open_interest_share_pct") / 100.0
    return instrument.size_base(abs(around.position)) * price_usd + share * left
