"""Every text with which the exchange refuses: the venue's own words, in one place.

Owns the strings; knows no rule. Texts without a public capture are marked ``unconfirmed`` and say
plainly what to change. Source: hyperliquid-protocol.md 4.5, 5.3-5.7, 6.2-6.5.
"""

from mmtui.domain.units import UsdMicro, format_venue

ORDERS_EMPTY = "Orders are empty."
OVER_WEIGHT = "Signed action over weight limit of 200."
ZERO_SIZE = "Order has zero size."
INVALID_SIZE = "Order has invalid size."
INVALID_PRICE = "Order has invalid price."
PRICE_BAND = "Order price cannot be more than 95% away from the reference price"
TRIGGER_COUNT = "Unexpected number of trigger orders"
BUILDER_NOT_APPROVED = "Builder fee has not been approved"
NO_PRIORITY_BALANCE = "Insufficient delegatable balance for priority order"
EXPIRED = "Action already expired"
CANNOT_MODIFY = "Cannot modify canceled or filled order"
LEVERAGE_TYPE_LOCKED = "Cannot switch leverage type with open position."
INVALID_LEVERAGE = "Invalid leverage value"
NOT_ISOLATED = "Position does not use isolated margin."
AGENT_USED = "Extra agent already used."
TOO_MANY_AGENTS = "Too many extra agents for cumulative volume traded. Current limit is 3"
AGENT_EXPIRED = "Agent valid_until already expired."

AGENT_NAME_TOO_LONG = "Agent name may have at most 16 characters."  # unconfirmed
AGENT_VALID_TOO_LONG = "Agent valid_until may be at most 180 days ahead."  # unconfirmed
CROSS_NOT_ALLOWED = "Cross margin is not allowed for this asset."  # unconfirmed
INSUFFICIENT_MARGIN = "Insufficient margin."  # unconfirmed
MARGIN_NOT_REMOVABLE = "Margin cannot be removed from this asset."  # unconfirmed
SCHEDULE_TOO_EARLY = "Scheduled cancel time must be at least 5 seconds in the future."  # unconfirmed
SCHEDULE_TOO_OFTEN = "Too many scheduled cancels triggered today. Limit is 10."  # unconfirmed
TRIGGERS_UNSUPPORTED = "Trigger orders are not supported by the local exchange; use limit orders."


def asset_unknown(asset: int) -> str:
    """An asset id nobody listed (unconfirmed)."""
    return f"Invalid asset. asset={asset}"


def trading_halted(asset: int) -> str:
    """A delisted contract, or one without a market here (unconfirmed)."""
    return f"Trading is halted. asset={asset}"


def min_notional(asset: int) -> str:
    """Opening notional below 10 units of collateral."""
    return f"Order must have minimum value of $10. asset={asset}"


def insufficient_margin(asset: int) -> str:
    """Initial margin, open orders included, exceeds the account value."""
    return f"Insufficient margin to place order. asset={asset}"


def reduce_only(asset: int) -> str:
    """Flat, or the order is on the position's own side."""
    return f"Reduce only order would increase position. asset={asset}"


def post_only(asset: int, bid: str, ask: str) -> str:
    """A post-only order that would have traded; the bbo is the book's at that moment."""
    return f"Post only order would have immediately matched, bbo was {bid}@{ask}. asset={asset}"


def no_match(asset: int) -> str:
    """An IOC that found nothing within its limit."""
    return f"Order could not immediately match against any resting orders. asset={asset}"


def tier_limit(asset: int) -> str:
    """The position's tier does not allow the chosen leverage."""
    return f"Order would cause position to exceed margin tier limit at current leverage. asset={asset}"


def open_order_limit(asset: int, limit: int) -> str:
    """Too many resting orders (unconfirmed)."""
    return f"Too many open orders, limit is {limit}. asset={asset}"


def not_open(asset: int) -> str:
    """The target of a cancel is not resting."""
    return f"Order was never placed, already canceled, or filled. asset={asset}"


def modify_placement(text: str) -> str:
    """The new order of a modify failed after its old one was cancelled."""
    return f"Error placing new order during modify: {text}"


def too_many_requests(used: int, cap: int, volume_micro: UsdMicro) -> str:
    """The address budget is spent."""
    return (
        f"Too many cumulative requests sent ({used} > {cap}) for cumulative volume traded "
        f"${volume_micro / 1e6:.2f}. Place taker orders to free up 1 request per USDC traded."
    )


def schedule_volume(required_usd: int, traded_micro: UsdMicro) -> str:
    """The dead man's switch is not yet earned."""
    return (
        "Cannot set scheduled cancel time until enough volume traded. "
        f"Required: ${required_usd}. Traded: ${format_venue(traded_micro, 6)}."
    )


def must_deposit(user: str) -> str:
    """A user-signed action signed by an agent or an unknown key."""
    return f"Must deposit before performing actions. User: {user}"


def vault_unknown(vault: str) -> str:
    """``vaultAddress`` names no vault or sub-account."""
    return f"Vault not registered: {vault}"
