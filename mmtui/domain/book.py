"""Public market data: the order book, its touch, trades, and the gate a book must pass.

Prices and sizes are floats as decoded from the wire: they feed models. They become integers in
``instrument`` when a quote is built. The gate (``refusal``) is written in positive form, so that
NaN and infinities fail it.
"""

import enum
from typing import TypeAlias

import msgspec

from mmtui.domain.instrument import Side

PRICE_USD_MAX = 1e12
SIZE_BASE_MAX = 1e15

PriceRow: TypeAlias = tuple[float, ...]


class Book(msgspec.Struct, frozen=True, gc=False):
    """A full snapshot, best level first; ``venue_time_ms`` is the exchange's clock."""

    venue_time_ms: int
    bid_prices: PriceRow
    bid_sizes: PriceRow
    ask_prices: PriceRow
    ask_sizes: PriceRow

    @property
    def mid(self) -> float:
        """Mean of the best prices; call only on a usable book."""
        return (self.bid_prices[0] + self.ask_prices[0]) / 2.0

    @property
    def spread(self) -> float:
        """Best ask less best bid as a fraction of the mid."""
        return (self.ask_prices[0] - self.bid_prices[0]) / self.mid

    @property
    def touch(self) -> "Touch":
        """The best level of each side."""
        return Touch(self.venue_time_ms, self.bid_prices[0], self.bid_sizes[0], self.ask_prices[0], self.ask_sizes[0])


class Touch(msgspec.Struct, frozen=True, gc=False):
    """Best bid and ask; a price of 0 means that side is empty."""

    venue_time_ms: int
    bid: float
    bid_size: float
    ask: float
    ask_size: float

    @property
    def mid(self) -> float:
        """Mean of bid and ask; call only when ``refusal`` is None."""
        return (self.bid + self.ask) / 2.0

    @property
    def spread(self) -> float:
        """Ask less bid as a fraction of the mid."""
        return (self.ask - self.bid) / self.mid


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One public print; ``side`` is the aggressor's. ``order_key`` groups the prints of one order.

    ``buyer`` and ``seller`` are the parties' addresses in lower case where the venue tells them;
    ``is_system`` says that the exchange itself sent the order: a slice of a large one, or a liquidation.
    """

    venue_time_ms: int
    side: Side
    price: float
    size: float
    tid: int
    order_key: str = ""
    buyer: str = ""
    seller: str = ""
    is_system: bool = False


class AssetContext(msgspec.Struct, frozen=True, gc=False):
    """Slow facts of a contract; ``funding_rate`` is hourly, ``open_interest`` in base units.

    ``impact_bid`` and ``impact_ask`` are average prices of selling and buying the venue's impact notional.
    """

    mark: float
    oracle: float
    funding_rate: float
    open_interest: float
    premium: float | None = None
    impact_bid: float | None = None
    impact_ask: float | None = None


class BookRefusal(enum.Enum):
    """Why a book or touch may not be used."""

    EMPTY_SIDE = "a side is empty"
    NOT_FINITE = "a price or size is not a finite positive number"
    CROSSED = "bid is above ask"
    LOCKED = "bid equals ask"
    UNSORTED = "levels are out of order"
    OLD = "older than the last one"
    FUTURE = "the venue's time is ahead of ours"
    JUMP = "the mid moved too far at once"
    OFF_REFERENCE = "away from mark and oracle"


def touch_refusal(touch: Touch) -> BookRefusal | None:
    """Why ``touch`` is unusable, or None. Source: models.md 0.2 rule 3."""
    bid, ask = touch.bid, touch.ask
    if bid == 0.0 or ask == 0.0:
        return BookRefusal.EMPTY_SIDE
    if not (0.0 < bid <= PRICE_USD_MAX and 0.0 < ask <= PRICE_USD_MAX):
        return BookRefusal.NOT_FINITE
    if not (0.0 < touch.bid_size <= SIZE_BASE_MAX and 0.0 < touch.ask_size <= SIZE_BASE_MAX):
        return BookRefusal.NOT_FINITE
    if bid < ask:
        return None
    return BookRefusal.LOCKED if bid == ask else BookRefusal.CROSSED


def book_refusal(book: Book) -> BookRefusal | None:
    """Why ``book`` is unusable on its own evidence, or None. Source: models.md 0.2 rule 3."""
    if not book.bid_prices or not book.ask_prices:
        return BookRefusal.EMPTY_SIDE
    last = PRICE_USD_MAX
    for price in book.bid_prices:
        if not 0.0 < price <= last:
            return _price_refusal(price)
        last = price
    last = book.ask_prices[0]
    if not last > 0.0:
        return BookRefusal.NOT_FINITE
    for price in book.ask_prices:
        if not last <= price <= PRICE_USD_MAX:
            return _price_refusal(price)
        last = price
    for sizes in (book.bid_sizes, book.ask_sizes):
        for size in sizes:
            if not 0.0 < size <= SIZE_BASE_MAX:
                return BookRefusal.NOT_FINITE
    bid, ask = book.bid_prices[0], book.ask_prices[0]
    if bid < ask:
        return None
    return BookRefusal.LOCKED if bid == ask else BookRefusal.CROSSED


def _price_refusal(price: float) -> BookRefusal:
    """What is wrong with a price that does not fit behind the one before it."""
    return BookRefusal.UNSORTED if 0.0 < price <= PRICE_USD_MAX else BookRefusal.NOT_FINITE
