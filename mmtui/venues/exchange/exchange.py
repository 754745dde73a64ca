"""The exchange: accounts, mempool and blocks around one matching book a coin.

Owns the order of everything inside a block. Pure: time is an argument, randomness comes from the
markets' own seeds, replies and events leave through callbacks inside ``advance``.

Block at time t: (1) market flow, (2) actions without a GTC or IOC order, (3) cancels, (4) actions
with one, (5) oracle and mark, funding, scheduled cancels, liquidations (protocol 7.1, 8).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from mmtui.venues.exchange.actions import Action, Reply
from mmtui.venues.exchange.listing import Listing
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.records import (
    AccountFill,
    FundingPayment,
    FundingRecord,
    LedgerEntry,
    Listener,
    MarketContext,
    OrderUpdate,
    PublicTrade,
)
from mmtui.venues.exchange.statements import (
    ActiveAsset,
    DailyVolume,
    DexStatement,
    FeeRates,
    Leverage,
    RateLimit,
)


class ExchangeApi(Protocol):
    """What the server and the in-process venue use.

    Construction: ``Exchange(listing, markets, *, balance_usd=100_000.0, start_ms=0, settings=ExchangeSettings())``.
    """

    listing: Listing
    now_ms: int
    statements: "StatementsApi"

    def set_listener(self, listener: Listener) -> None:
        """Replace the listener."""

    def submit(
        self,
        now_ms: int,
        signer: str,
        action: Action,
        reply: Callable[[Reply], None],
        *,
        expires_after_ms: int | None = None,
        vault: str | None = None,
    ) -> None:
        """Queue a verified action; ``reply`` is called inside the ``advance`` that commits its block.

        ``signer`` is the recovered lower-case address: an account, or an agent of one.
        """

    def advance(self, now_ms: int) -> None:
        """Run every block due until ``now_ms``."""

    def next_block_ms(self) -> int:
        """Time of the next block."""

    def next_event_ms(self) -> int:
        """Time of the next block with anything to do; later blocks may be skipped over."""

    def book(self, coin: str) -> MatchingBook:
        """The live book; read it, never change it."""

    def book_time_ms(self, coin: str) -> int:
        """Exchange time that frames of the present book carry."""

    def is_silent(self, coin: str) -> bool:
        """Whether the coin's recorded feed is down; listeners hear nothing public of it."""

    def is_finished(self) -> bool:
        """Whether every market asks the server to stop."""

    def context(self, coin: str) -> MarketContext:
        """Mark, oracle, funding, volumes."""

    def recent_trades(self, coin: str) -> Sequence[PublicTrade]:
        """The latest prints, ascending."""

    def funding_history(self, coin: str) -> Sequence[FundingRecord]:
        """Hourly rates, ascending."""

    def resolve_signer(self, signer: str) -> str:
        """The account ``signer`` acts for: its master when it is a live agent, else itself."""


class StatementsApi(Protocol):
    """Everything about one account; an address never seen is credited and known from then on.

    Concrete class: ``statements.Statements``, reached as ``exchange.statements``.
    """

    def statement(self, account: str, dex: str) -> DexStatement:
        """Clearinghouse state."""

    def open_orders(self, account: str, dex: str | None = None) -> list[OrderUpdate]:
        """Resting orders, newest first; None for every dex."""

    def order_status(self, account: str, target: int | str) -> OrderUpdate | None:
        """The order by oid or newest by cloid."""

    def order_history(self, account: str) -> list[OrderUpdate]:
        """The latest 2000 orders with their last status, newest first."""

    def fills(self, account: str) -> Sequence[AccountFill]:
        """The latest 10000 fills, ascending."""

    def fundings(self, account: str) -> Sequence[FundingPayment]:
        """Funding payments, ascending."""

    def ledger(self, account: str) -> Sequence[LedgerEntry]:
        """Deposits and other non-funding movements, ascending."""

    def agents(self, account: str) -> list[tuple[str, str, int]]:
        """Live agents: name, address, valid until ms."""

    def leverage(self, account: str, coin: str) -> Leverage:
        """The margin choice of a coin."""

    def active_asset(self, account: str, coin: str) -> ActiveAsset:
        """Room to trade."""

    def fee_rates(self, account: str) -> FeeRates:
        """The user's own rates."""

    def daily_volumes(self, account: str) -> list[DailyVolume]:
        """15 days, today last."""

    def rate_limit(self, account: str) -> RateLimit:
        """Address budget."""
