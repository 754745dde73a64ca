"""Where one coin trades: its book, its market, its prices and its tape.

Owns the public state of a contract and the background's side of every trade, so that cash and
position balance to zero. Decides nothing about accounts.
"""

from collections import deque

from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size, UsdMicro
from mmtui.venues.exchange.ledger.fees import DAY_MS, FeeScale, fee_scale
from mmtui.venues.exchange.ledger.funding import FundingHour, impact_price
from mmtui.venues.exchange.ledger.mark_price import MarkPrice
from mmtui.venues.exchange.listing import Contract
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.records import FundingRecord, PublicTrade

TRADES_KEPT = 2_000
FUNDING_HOURS_KEPT = 500
IMPACT_LEVELS = 100


class Tape:
    """Public prints of a coin: the latest ones, those of this block, and the day's totals."""

    __slots__ = ("_day", "block", "day_notional", "day_size", "last", "previous_day_price", "recent")

    def __init__(self) -> None:
        self.recent: deque[PublicTrade] = deque(maxlen=TRADES_KEPT)
        self.block: list[PublicTrade] = []
        self.last: Price | None = None
        self.previous_day_price: Price | None = None
        self.day_notional: UsdMicro = 0
        self.day_size: Size = 0
        self._day = -1

    def add(self, trade: PublicTrade, now_ms: int) -> None:
        """Count a print."""
        day = now_ms // DAY_MS
        if day != self._day:
            self._day = day
            self.previous_day_price = trade.price if self.last is None else self.last
            self.day_notional = 0
            self.day_size = 0
        self.last = trade.price
        self.day_notional += trade.price * trade.size
        self.day_size += trade.size
        self.recent.append(trade)
        self.block.append(trade)


class Background:
    """The market's own position and cash against all accounts of this coin."""

    __slots__ = ("raw", "size")

    def __init__(self) -> None:
        self.raw: UsdMicro = 0
        self.size: Size = 0

    def trade(self, signed: Size, price: Price) -> None:
        """Take the other side of an account's trade."""
        self.size += signed
        self.raw -= price * signed


class Pit:
    """One coin's trading place."""

    __slots__ = (
        "background", "book", "book_time_ms", "contract", "fee_scale", "funding", "funding_history",
        "is_book_changed", "is_silent", "market", "price", "tape",
    )  # fmt: skip

    def __init__(self, contract: Contract, market: Market) -> None:
        self.contract = contract
        self.market = market
        self.book = MatchingBook()
        self.price = MarkPrice(contract.instrument)
        self.funding = FundingHour(contract)
        self.funding_history: deque[FundingRecord] = deque(maxlen=FUNDING_HOURS_KEPT)
        self.tape = Tape()
        self.background = Background()
        self.fee_scale: FeeScale = fee_scale(contract.instrument)
        self.book_time_ms = 0
        self.is_book_changed = False
        self.is_silent = False

    @property
    def instrument(self) -> Instrument:
        """The contract's instrument."""
        return self.contract.instrument

    @property
    def coin(self) -> str:
        """Full name of the coin."""
        return self.contract.instrument.coin

    def impact_prices(self) -> tuple[float | None, float | None]:
        """Average prices, in price units, of selling and buying the impact notional."""
        notional = self.contract.impact_notional_micro
        return (
            impact_price(self.book.levels(Side.BUY, IMPACT_LEVELS), notional),
            impact_price(self.book.levels(Side.SELL, IMPACT_LEVELS), notional),
        )

    def bbo_text(self) -> tuple[str, str]:
        """Best bid and ask as the venue writes them, ``0`` for an empty side."""
        instrument = self.contract.instrument
        return (
            instrument.wire_price(self.book.best(Side.BUY) or 0),
            instrument.wire_price(self.book.best(Side.SELL) or 0),
        )
