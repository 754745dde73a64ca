"""What the exchange asks of a market: background orders into its book, prints and reference prices out.

A market owns no clock and no account: the exchange calls ``advance`` in every block with the time,
its book and the two callbacks of the matching loop. The market then acts on that book (it rests,
cancels and matches background orders itself) and returns what the public tape shows.
"""

from typing import Protocol

import msgspec

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size
from mmtui.venues.exchange.executions import BookOrder, Execution, MayFill, Settle
from mmtui.venues.exchange.matching import MatchingBook


class Print(msgspec.Struct, frozen=True, gc=False):
    """One public trade; ``side`` is the aggressor's, ``order_key`` groups the prints of one taker order.

    ``buyer`` and ``seller`` are account addresses, empty for background.
    """

    time_ms: int
    side: Side
    price: Price
    size: Size
    tid: int
    order_key: str
    buyer: str = ""
    seller: str = ""


class MarketStep(msgspec.Struct, frozen=True, gc=False):
    """What happened in one ``advance``: prints in order, and account orders refused by ``may_fill``.

    Executions with accounts were already handed to ``settle``; their prints are among ``prints``.
    ``is_book_changed`` covers background changes only. ``book_time_ms`` is the exchange time that
    frames of the present book carry; it trails the block on a recording by the recorded lag.
    """

    prints: list[Print]
    refused: list[BookOrder]
    is_book_changed: bool
    book_time_ms: int


class Market(Protocol):
    """The background of one coin; deterministic for its seed or file and the times it is given."""

    @property
    def instrument(self) -> Instrument:
        """The contract traded."""

    def start(self, now_ms: int, book: MatchingBook) -> None:
        """Fill the empty book and tie market time to ``now_ms``; called once, before any ``advance``."""

    def advance(self, now_ms: int, book: MatchingBook, may_fill: MayFill, settle: Settle) -> MarketStep:
        """Play everything due until ``now_ms`` (never falling) into ``book``."""

    def oracle(self, now_ms: int) -> float:
        """Index price in USD, positive and finite."""

    def context(self, now_ms: int) -> AssetContext | None:
        """Mark, oracle, funding and open interest if the market dictates them; None: compute them."""

    def next_event_ms(self) -> int | None:
        """When ``advance`` next has something to do; None when never again."""

    def outside_open_interest(self) -> float:
        """Base units held long by traders that have no account here; 0 when ``context`` states the whole."""

    def is_silent(self, now_ms: int) -> bool:
        """Whether the recorded feed was down: the server then publishes nothing of this coin."""

    def is_finished(self, now_ms: int) -> bool:
        """Whether the market is over and asks the server to stop (a recording played with ``exit``)."""


def print_of(execution: Execution, time_ms: int) -> Print:
    """The public print of an execution."""
    return Print(
        time_ms, execution.taker_side, execution.price, execution.size, execution.tid,
        order_key(execution.taker_oid), execution.buyer, execution.seller,
    )  # fmt: skip


def order_key(taker_oid: int) -> str:
    """Key of all prints of one taker order: 32 bytes of hex, as the venue's transaction hash looks."""
    return f"0x{taker_oid & ((1 << 256) - 1):064x}" if taker_oid >= 0 else f"0x{'f' * 32}{-taker_oid:032x}"
