"""One tradable contract and its price and size grid.

The only place where a model's price becomes a venue price. Quotes are rounded away from the
spread: bids down, asks up. Source: hyperliquid-protocol.md 3.1 (5 significant figures, at most
``6 - szDecimals`` decimals on perps and ``8 - szDecimals`` on spot, integers always allowed).
"""

import enum
import math
from collections.abc import Iterable

import msgspec

from mmtui.domain.units import Price, Size, UsdMicro, format_units, parse_units

SIGNIFICANT_FIGURES = 5
PERP_DECIMALS = 6
SPOT_DECIMALS = 8
MIN_NOTIONAL_USD_MICRO: UsdMicro = 10_000_000
PRICE_USD_MAX = 1e15

_POWERS: tuple[int, ...] = tuple(10**n for n in range(SPOT_DECIMALS + 1))
_FINEST_BELOW = 10**SIGNIFICANT_FIGURES


class Side(enum.IntEnum):
    """Which way an order trades; the value is the sign of the position change."""

    BUY = 1
    SELL = -1

    @property
    def opposite(self) -> "Side":
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def wire(self) -> str:
        """The venue's letter: ``B`` bid, ``A`` ask."""
        return "B" if self is Side.BUY else "A"


class MarginMode(enum.Enum):
    """What the venue allows on a contract."""

    CROSS = "cross"
    NO_CROSS = "noCross"
    STRICT_ISOLATED = "strictIsolated"


class MarginTier(msgspec.Struct, frozen=True):
    """From ``lower_bound_usd`` of notional on, at most ``max_leverage``."""

    lower_bound_usd: float
    max_leverage: int


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A perp contract as the venue's meta describes it; ``coin`` is the full name, ``hyna:BTC``.

    ``margin_tiers`` ascend and begin at 0; without any there is one, at ``max_leverage``.
    ``open_interest_cap_usd`` is None where the venue names no cap.
    """

    coin: str
    asset_id: int
    size_decimals: int
    max_leverage: int
    dex: str = ""
    collateral: str = "USDC"
    margin_mode: MarginMode = MarginMode.CROSS
    is_delisted: bool = False
    is_spot: bool = False
    growth_mode: bool = False
    deployer_fee_scale: float = 0.0
    margin_tiers: tuple[MarginTier, ...] = ()
    open_interest_cap_usd: float | None = None

    @property
    def tiers(self) -> tuple[MarginTier, ...]:
        """The margin tiers, one at least."""
        return self.margin_tiers or (MarginTier(0.0, self.max_leverage),)

    @property
    def price_decimals(self) -> int:
        """Finest decimals a price may have."""
        return (SPOT_DECIMALS if self.is_spot else PERP_DECIMALS) - self.size_decimals

    @property
    def price_scale(self) -> int:
        """Price units in one USD."""
        return _POWERS[(SPOT_DECIMALS if self.is_spot else PERP_DECIMALS) - self.size_decimals]

    @property
    def size_scale(self) -> int:
        """Size units in one base unit."""
        return _POWERS[self.size_decimals]

    @property
    def asset(self) -> str:
        """The coin without its dex prefix."""
        return self.coin.partition(":")[2] or self.coin

    def tick(self, price: Price) -> Price:
        """Grid step at ``price``, in price units."""
        one = _POWERS[(SPOT_DECIMALS if self.is_spot else PERP_DECIMALS) - self.size_decimals]
        step, limit = 1, _FINEST_BELOW
        while price >= limit and step < one:
            step *= 10
            limit *= 10
        return step

    def floor_price(self, price: Price) -> Price:
        """Largest grid price not above ``price``."""
        step = self.tick(price)
        return price - price % step

    def ceil_price(self, price: Price) -> Price:
        """Smallest grid price not below ``price``."""
        step = self.tick(price)
        return price + -price % step

    def is_price_on_grid(self, price: Price) -> bool:
        """Whether the venue would take ``price``."""
        return price > 0 and price % self.tick(price) == 0

    def quote_price(self, side: Side, price_usd: float) -> Price:
        """Grid price for a quote wanted at ``price_usd``, away from the spread.

        Raises ValueError unless the price is finite and positive.
        """
        return self.quote_prices(side, (price_usd,))[0]

    def quote_prices(self, side: Side, prices_usd: Iterable[float]) -> list[Price]:
        """As ``quote_price`` for the levels of one side at once."""
        scale = self.price_scale
        is_bid = side > 0
        quoted = []
        for price_usd in prices_usd:
            if not 0.0 < price_usd < PRICE_USD_MAX:
                raise ValueError(f"no price: {price_usd}")
            scaled = price_usd * scale
            price = round(scaled)
            if not -1e-9 * scaled <= scaled - price <= 1e-9 * scaled:
                price = int(scaled) if is_bid else int(scaled) + 1
            step, limit = 1, _FINEST_BELOW
            while price >= limit and step < scale:
                step *= 10
                limit *= 10
            quoted.append(price - price % step if is_bid else price + -price % step)
        return quoted

    def step_away(self, side: Side, price: Price) -> Price:
        """The next grid price further from the spread."""
        if side is Side.SELL:
            return self.ceil_price(price + 1)
        return self.floor_price(price - 1)

    def step_toward(self, side: Side, price: Price) -> Price:
        """The next grid price closer to the spread."""
        return self.step_away(side.opposite, price)

    def floor_size(self, size_base: float) -> Size:
        """Size units not above ``size_base`` base units; zero for nothing or nonsense."""
        if not 0.0 < size_base < 1e15:
            return 0
        scaled = size_base * _POWERS[self.size_decimals]
        nearest = round(scaled)
        return nearest if abs(scaled - nearest) <= 1e-9 * max(scaled, 1.0) else math.floor(scaled)

    def min_size(self, price: Price) -> Size:
        """Smallest size whose notional at ``price`` meets the venue's minimum."""
        return -(-MIN_NOTIONAL_USD_MICRO // max(price, 1))

    def price_usd(self, price: Price) -> float:
        """Price in USD."""
        return price / _POWERS[(SPOT_DECIMALS if self.is_spot else PERP_DECIMALS) - self.size_decimals]

    def size_base(self, size: Size) -> float:
        """Size in base units."""
        return size / _POWERS[self.size_decimals]

    def price_units(self, price_usd: float) -> Price:
        """Nearest integer price of a float that came from the venue's grid."""
        return round(price_usd * _POWERS[(SPOT_DECIMALS if self.is_spot else PERP_DECIMALS) - self.size_decimals])

    def size_units(self, size_base: float) -> Size:
        """Nearest integer size of a float that came from the venue's grid."""
        return round(size_base * self.size_scale)

    def parse_price(self, text: str) -> Price:
        """Price units of the venue's text; raises UnitError."""
        return parse_units(text, self.price_decimals)

    def parse_size(self, text: str) -> Size:
        """Size units of the venue's text; raises UnitError."""
        return parse_units(text, self.size_decimals)

    def wire_price(self, price: Price) -> str:
        """Canonical price text for signing."""
        return format_units(price, self.price_decimals)

    def wire_size(self, size: Size) -> str:
        """Canonical size text for signing."""
        return format_units(size, self.size_decimals)
