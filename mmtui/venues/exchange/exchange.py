"""The exchange: accounts, mempool and blocks around one matching book a coin.

Owns the order of everything inside a block. Pure: time is an argument, randomness comes from the
markets' own seeds, replies and events leave through callbacks inside ``advance``.

Block at time t: market flow, actions without a GTC or IOC order, cancels, actions with one, then
reference prices, funding, scheduled cancels and liquidations, at last trades, books and replies.
Source: hyperliquid-protocol.md 7.1, 8.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from mmtui.domain.instrument import Instrument
from mmtui.domain.units import MICRO, Size
from mmtui.errors import ConfigError
from mmtui.venues.exchange.actions import Action, Reply
from mmtui.venues.exchange.listing import Listing
from mmtui.venues.exchange.markets.flow import Market
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.records import FundingRecord, LedgerEntry, Listener, MarketContext, PublicTrade
from mmtui.venues.exchange.rulebook import forced, reference_prices
from mmtui.venues.exchange.rulebook.cancellation import is_switch_spent
from mmtui.venues.exchange.rulebook.dispatch import Submission, run
from mmtui.venues.exchange.rulebook.mempool import Mempool
from mmtui.venues.exchange.rulebook.pit import Pit
from mmtui.venues.exchange.rulebook.public import publish, step_market
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings
from mmtui.venues.exchange.rulebook.settlement import Settlement
from mmtui.venues.exchange.rulebook.slow_clock import SlowClock
from mmtui.venues.exchange.rulebook.state import State, transaction_hash
from mmtui.venues.exchange.statements import Statements


class Exchange:
    """One local exchange; accounts are opened and credited when first seen."""

    __slots__ = (
        "_acts", "_block", "_block_ms", "_floor", "_mempool", "_slow_clock", "_start_ms", "_state",
        "statements",
    )  # fmt: skip

    def __init__(
        self,
        listing: Listing,
        markets: Sequence[Market],
        *,
        balance_usd: float = 100_000.0,
        start_ms: int = 0,
        settings: ExchangeSettings | None = None,
    ) -> None:
        settings = settings or ExchangeSettings()
        if not 0.0 <= balance_usd <= 1e12:
            raise ConfigError(f"balance {balance_usd} is out of range", remedy="give 0 to 1e12")
        pits = {market.instrument.coin: _pit(listing, market) for market in markets}
        if len(pits) != len(markets):
            raise ConfigError("two markets trade the same coin", remedy="give each coin one --market")
        self._state = State(listing, pits, settings, round(balance_usd * MICRO))
        self._state.now_ms = start_ms
        self._floor = {coin: Settlement(self._state, pit) for coin, pit in pits.items()}
        self._slow_clock = SlowClock(self._state, self._floor)
        self._mempool = Mempool()
        self._acts: list[Callable[[], None]] = []
        self._start_ms = start_ms
        self._block_ms = settings.block_ms
        self._block = 0
        self.statements = Statements(self._state)
        for pit in pits.values():
            pit.market.start(start_ms, pit.book)
            pit.book_time_ms = start_ms
        self._slow_clock.start()

    @property
    def listing(self) -> Listing:
        """What is listed."""
        return self._state.listing

    @property
    def now_ms(self) -> int:
        """Time of the latest block."""
        return self._state.now_ms

    @property
    def coins(self) -> tuple[str, ...]:
        """Coins with a market."""
        return tuple(self._state.pits)

    def set_listener(self, listener: Listener) -> None:
        """Replace the listener."""
        self._state.listener = listener

    def submit(
        self,
        now_ms: int,
        signer: str,
        action: Action,
        reply: Callable[[Reply], None],
        *,
        expires_after_ms: int | None = None,
        nonce: int | None = None,
        vault: str | None = None,
    ) -> None:
        """Queue a verified action; ``reply`` is called inside the ``advance`` that commits its block.

        ``signer`` is the recovered lower-case address: an account, or an agent of one. The action
        takes part in the first block at or after ``now_ms``. Without a ``nonce`` none is spent.
        """
        self._mempool.add(Submission(now_ms, signer, action, reply, expires_after_ms, vault, nonce))

    def fresh_nonce(self, signer: str, now_ms: int) -> int:
        """A nonce for a signer in this process, above all that it was given before."""
        marks = self._state.nonce_marks
        marks[signer] = max(marks.get(signer, 0) + 1, now_ms)
        return marks[signer]

    def advance(self, now_ms: int) -> None:
        """Run every block due until ``now_ms``; blocks with nothing to do are passed over."""
        while (block_ms := self.next_event_ms()) <= now_ms:
            self._block = (block_ms - self._start_ms) // self._block_ms
            self._run_block(block_ms)
        passed = (now_ms - self._start_ms) // self._block_ms
        if passed > self._block:
            self._block = passed
            self._state.now_ms = self._start_ms + passed * self._block_ms

    def next_block_ms(self) -> int:
        """Time of the next block."""
        return self._start_ms + (self._block + 1) * self._block_ms

    def next_event_ms(self) -> int:
        """Time of the next block with anything to do."""
        due = self._slow_clock.due_ms()
        arrived_ms = self._mempool.due_ms()
        if arrived_ms is not None:
            due = min(due, arrived_ms)
        for pit in self._state.pits.values():
            event_ms = pit.market.next_event_ms()
            if event_ms is not None and event_ms < due:
                due = event_ms
        blocks = -(-(due - self._start_ms) // self._block_ms)
        return self._start_ms + max(blocks, self._block + 1) * self._block_ms

    @property
    def is_awaited(self) -> bool:
        """Whether an action waits for its block."""
        return not self._mempool.is_empty

    def book(self, coin: str) -> MatchingBook:
        """The live book; read it, never change it."""
        return self._pit(coin).book

    def book_time_ms(self, coin: str) -> int:
        """Exchange time that frames of the present book carry."""
        return self._pit(coin).book_time_ms

    def is_silent(self, coin: str) -> bool:
        """Whether the coin's recorded feed is down; listeners hear nothing public of it."""
        return self._pit(coin).market.is_silent(self._state.now_ms)

    def is_finished(self) -> bool:
        """Whether any market asks the server to stop."""
        return any(pit.market.is_finished(self._state.now_ms) for pit in self._state.pits.values())

    def context(self, coin: str) -> MarketContext:
        """Mark, oracle, funding, volumes."""
        return reference_prices.market_context(self._state, self._pit(coin))

    def recent_trades(self, coin: str) -> Sequence[PublicTrade]:
        """The latest prints, ascending."""
        return self._pit(coin).tape.recent

    def funding_history(self, coin: str) -> Sequence[FundingRecord]:
        """Hourly rates, ascending."""
        return self._pit(coin).funding_history

    def switch_ms(self, account: str) -> int | None:
        """When the account's dead man's switch fires; None while it is not set."""
        return self._state.account(account).scheduled_cancel.at_ms

    def is_switch_spent(self, account: str) -> bool:
        """Whether the account's dead man's switch has fired as often as it may today."""
        return is_switch_spent(self._state, self._state.account(account))

    def credit(self, account: str, dex: str, amount_micro: int) -> None:
        """Brings collateral to an account on ``dex``, or takes it away where the amount is negative."""
        state = self._state
        known = state.account(account)
        known.dexes[dex].raw += amount_micro
        kind = "deposit" if amount_micro > 0 else "withdraw"
        token = next(entry.token for entry in known.ledger if entry.dex == dex)
        mark = transaction_hash(len(state.accounts), len(known.ledger))
        known.ledger.append(LedgerEntry(state.now_ms, kind, dex, token, amount_micro, mark))

    def close_out(self, account: str, coin: str, size: Size, *, is_liquidation: bool) -> None:
        """Closes up to ``size`` of a position at the mark, in the next block: a liquidation, or auto-deleveraging."""
        state = self._state
        owner, pit = state.account(account), self._pit(coin)
        self._acts.append(partial(forced.close_out, state, pit, owner, size, is_liquidation=is_liquidation))

    def grant(self, account: str, coin: str, signed: Size) -> None:
        """Lets an account begin with a position, at the mark; before anybody trades."""
        forced.grant(self._state, self._pit(coin), self._state.account(account), signed)

    def settle(self, coin: str, told: Callable[[], None]) -> None:
        """Ends every order of a contract and every position in it in the next block, as a delisting does."""
        self._acts += [partial(forced.settle, self._state, self._pit(coin)), told]

    def relist(self, instrument: Instrument) -> None:
        """Describes a listed contract anew, delisted say; what rests and what is held stays as it is."""
        self._state.listing = self._state.listing.with_terms(instrument)

    def resolve_signer(self, signer: str) -> str:
        """The account ``signer`` acts for: its master while its approval lives, else itself."""
        return self._state.signer_account(signer).address

    def unaccounted_micro(self, dex: str) -> int:
        """Collateral of ``dex`` created or lost since the start: 0, or the books are wrong."""
        state = self._state
        total = state.fees_micro[dex] - self.statements.net_deposits(dex)
        for pit in state.pits.values():
            if pit.instrument.dex == dex:
                total += pit.background.raw
        for account in state.accounts.values():
            balance = account.dexes[dex]
            total += balance.raw + sum(holding.isolated_raw for holding in balance.holdings.values())
        return total

    def _pit(self, coin: str) -> Pit:
        pit = self._state.pits.get(coin)
        if pit is None:
            raise ConfigError(f"{coin} has no market here", remedy="start one with --market")
        return pit

    def _run_block(self, block_ms: int) -> None:
        state = self._state
        state.now_ms = block_ms
        for settlement in self._floor.values():
            step_market(state, settlement)
        acts, self._acts = self._acts, []
        for act in acts:
            act()
        replies = []
        for index, submission in enumerate(self._mempool.take(block_ms)):
            state.transaction = transaction_hash(block_ms, index)
            replies.append((submission, run(state, self._floor, submission)))
        self._slow_clock.tick()
        publish(state)
        for submission, reply in replies:
            submission.reply(reply)
        if state.listener is not None:
            state.listener.on_block(block_ms)


def listing_for(listing: Listing, instruments: Iterable[Instrument]) -> Listing:
    """``listing`` with every instrument a market trades, at that market's size decimals."""
    for instrument in instruments:
        known = listing.instrument(instrument.coin)
        if known is None or known.size_decimals != instrument.size_decimals:
            listing = listing.with_instrument(
                instrument.coin,
                size_decimals=instrument.size_decimals,
                max_leverage=instrument.max_leverage,
            )
    return listing


def _pit(listing: Listing, market: Market) -> Pit:
    coin = market.instrument.coin
    contract = listing.contract(coin)
    if contract is None or contract.instrument.is_delisted:
        raise ConfigError(f"{coin} is not listed", remedy="list it with Listing.with_instrument first")
    if contract.instrument.size_decimals != market.instrument.size_decimals:
        raise ConfigError(
            f"{coin} is listed with {contract.instrument.size_decimals} size decimals, "
            f"its market has {market.instrument.size_decimals}"
        )
    return Pit(contract, market)
