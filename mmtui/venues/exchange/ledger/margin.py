"""Margin of one account on one dex: value, what is reserved, maintenance, liquidation price.

Owns the formulas; changes nothing. Per coin the initial margin covers the worse of the position
alone, the position with every resting buy filled, and with every resting sell filled; reduce-only
orders need none. Isolated positions carry their own margin, their orders reserve from the cross
balance. All amounts are micro-units, requirements rounded up. Source: hyperliquid-protocol.md 8.1.
"""

from mmtui.domain.instrument import Side
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.venues.exchange.ledger.accounts import DexAccount, Holding
from mmtui.venues.exchange.listing import MarginTable


def exposure(holding: Holding, extra_buy: UsdMicro = 0, extra_sell: UsdMicro = 0) -> UsdMicro:
    """Largest notional the coin may come to, the extra orders included."""
    position = holding.size * holding.price.mark
    bought = position + holding.open_buy + extra_buy
    sold = holding.open_sell + extra_sell - position
    return max(abs(position), bought, sold)


def initial(notional: UsdMicro, leverage: int) -> UsdMicro:
    """Initial margin of a notional, rounded up."""
    return -(-notional // leverage)


def reserved(holding: Holding, extra_buy: UsdMicro = 0, extra_sell: UsdMicro = 0) -> UsdMicro:
    """What the coin takes of the cross balance."""
    worst = initial(exposure(holding, extra_buy, extra_sell), holding.leverage)
    if holding.is_cross:
        return worst
    return worst - initial(abs(holding.size) * holding.price.mark, holding.leverage)


def cross_value(account: DexAccount) -> UsdMicro:
    """Raw balance plus cross positions at mark."""
    value = account.raw
    for holding in account.holdings.values():
        if holding.size and holding.is_cross:
            value += holding.size * holding.price.mark
    return value


def account_value(account: DexAccount) -> UsdMicro:
    """Cross value plus the equity of isolated positions."""
    return cross_value(account) + sum(
        isolated_value(holding) for holding in account.holdings.values() if not holding.is_cross
    )


def isolated_value(holding: Holding) -> UsdMicro:
    """Equity of an isolated position."""
    return holding.isolated_raw + holding.size * holding.price.mark


def free_margin(account: DexAccount) -> UsdMicro:
    """Cross value less everything reserved; negative when positions moved against the account."""
    return cross_value(account) - sum(reserved(holding) for holding in account.holdings.values())


def position_margin(account: DexAccount) -> UsdMicro:
    """Initial margin of cross positions, resting orders aside."""
    return sum(
        initial(abs(holding.size) * holding.price.mark, holding.leverage)
        for holding in account.holdings.values()
        if holding.size and holding.is_cross
    )


def maker_may_open(account: DexAccount, holding: Holding, signed: Size, price: Price) -> bool:
    """Whether a resting order may still trade ``signed``: position margin must be covered afterwards."""
    after = abs(holding.size + signed)
    if after <= abs(holding.size):
        return True
    mark = holding.price.mark
    if not holding.is_cross:
        return cross_value(account) - position_margin(account) >= initial(price * abs(signed), holding.leverage)
    value = cross_value(account) + signed * (mark - price)
    used = position_margin(account) - initial(abs(holding.size) * mark, holding.leverage)
    return value >= used + initial(after * mark, holding.leverage)


def maintenance(table: MarginTable, notional: UsdMicro) -> UsdMicro:
    """Maintenance margin of a notional: half the initial margin at each tier's own leverage, rounded up.

    The venue's rate less deduction equals the sum over tiers of the notional inside each.
    """
    total = 0
    tiers = table.tiers
    for position, tier in enumerate(tiers):
        if notional <= tier.lower_bound_micro:
            break
        last = position + 1 == len(tiers)
        upper = notional if last else min(notional, tiers[position + 1].lower_bound_micro)
        total += -(-(upper - tier.lower_bound_micro) // (2 * tier.max_leverage))
    return total


def holding_maintenance(holding: Holding) -> UsdMicro:
    """Maintenance margin of a position at mark."""
    return maintenance(holding.contract.margin_table, abs(holding.size) * holding.price.mark)


def cross_maintenance(account: DexAccount) -> UsdMicro:
    """Maintenance margin of all cross positions."""
    return sum(
        holding_maintenance(holding) for holding in account.holdings.values() if holding.size and holding.is_cross
    )


def tier_leverage(table: MarginTable, notional: UsdMicro) -> int:
    """Largest leverage allowed at a notional."""
    allowed = table.tiers[0].max_leverage
    for tier in table.tiers:
        if notional >= tier.lower_bound_micro:
            allowed = tier.max_leverage
    return allowed


def liquidation_price(account: DexAccount, holding: Holding) -> float | None:
    """Mark at which the position alone brings a liquidation, in price units; None when there is none."""
    if holding.size == 0:
        return None
    notional = abs(holding.size) * holding.price.mark
    if holding.is_cross:
        available = cross_value(account) - cross_maintenance(account)
    else:
        available = isolated_value(holding) - holding_maintenance(holding)
    side = 1 if holding.size > 0 else -1
    rate = 1 / (2 * tier_leverage(holding.contract.margin_table, notional))
    price = holding.price.mark - side * available / abs(holding.size) / (1 - rate * side)
    return price if price > 0.0 else None


def tradable_micro(account: DexAccount, holding: Holding, side: Side) -> UsdMicro:
    """Margin available to an order of ``side``: free margin, plus what closing and flipping sets free."""
    free = max(0, free_margin(account))
    against = (holding.size > 0) == (side is Side.SELL)
    if holding.size == 0 or not against:
        return free
    return free + 2 * initial(abs(holding.size) * holding.price.mark, holding.leverage)
