"""A market without background and a desk to trade on it, for tests of the ledger."""

from collections.abc import Sequence

from mmtui.domain.book import AssetContext
from mmtui.domain.instrument import Instrument, Side
from mmtui.venues.exchange.actions import (
    Action,
    Cancel,
    CancelAction,
    CancelReply,
    Filled,
    OrderAction,
    OrderReply,
    PlaceOrder,
    Rejected,
    Reply,
    Resting,
    Tif,
)
from mmtui.venues.exchange.exchange import Exchange
from mmtui.venues.exchange.executions import BookOrder, MayFill, Settle
from mmtui.venues.exchange.listing import Listing, default_listing
from mmtui.venues.exchange.markets.flow import MarketStep, print_of
from mmtui.venues.exchange.matching import MatchingBook
from mmtui.venues.exchange.records import (
    AccountFill,
    FundingPayment,
    Liquidation,
    OrderUpdate,
    PublicTrade,
)
from mmtui.venues.exchange.rulebook.settings import ExchangeSettings

ALICE = "0x" + "a1" * 20
BOB = "0x" + "b0" * 20
CAROL = "0x" + "ca" * 20
START_MS = 1_790_000_010_000


class QuietMarket:
    """Trades only what a test sends; the oracle is what the test says."""

    def __init__(self, instrument: Instrument, oracle_usd: float) -> None:
        self.instrument = instrument
        self.oracle_usd = oracle_usd
        self.dictated: AssetContext | None = None
        self.queue: list[tuple[int, Side, int, int, bool]] = []
        self._oid = 0

    def send(self, at_ms: int, side: Side, price: int, size: int, *, takes: bool) -> None:
        self.queue.append((at_ms, side, price, size, takes))

    def start(self, now_ms: int, book: MatchingBook) -> None:
        assert not len(book)

    def advance(self, now_ms: int, book: MatchingBook, may_fill: MayFill, settle: Settle) -> MarketStep:
        step = MarketStep([], [], True, now_ms)
        due, self.queue = (
            [one for one in self.queue if one[0] <= now_ms],
            [one for one in self.queue if one[0] > now_ms],
        )
        for _, side, price, size, takes in due:
            self._oid -= 1
            order = BookOrder(self._oid, "", side, price, size)
            if takes:
                result = book.match(order, price, may_fill, settle)
                step.prints.extend(print_of(execution, now_ms) for execution in result.executions)
                step.refused.extend(result.refused)
            else:
                book.rest(order)
        return step

    def oracle(self, now_ms: int) -> float:
        return self.oracle_usd

    def context(self, now_ms: int) -> AssetContext | None:
        return self.dictated

    def next_event_ms(self) -> int | None:
        return min((one[0] for one in self.queue), default=None)

    def outside_open_interest(self) -> float:
        return 0.0

    def is_silent(self, now_ms: int) -> bool:
        return False

    def is_finished(self, now_ms: int) -> bool:
        return False


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.fills: list[tuple[str, AccountFill]] = []
        self.orders: list[tuple[str, OrderUpdate]] = []
        self.trades: list[PublicTrade] = []
        self.books: list[str] = []
        self.contexts: list[str] = []
        self.fundings: list[tuple[str, FundingPayment]] = []
        self.liquidations: list[tuple[str, Liquidation]] = []
        self.blocks: list[int] = []

    def on_fill(self, account: str, fill: AccountFill) -> None:
        self.fills.append((account, fill))

    def on_order(self, account: str, update: OrderUpdate) -> None:
        self.orders.append((account, update))

    def on_trades(self, coin: str, trades: Sequence[PublicTrade]) -> None:
        self.trades.extend(trades)

    def on_book(self, coin: str) -> None:
        self.books.append(coin)

    def on_context(self, coin: str) -> None:
        self.contexts.append(coin)

    def on_funding(self, account: str, payment: FundingPayment) -> None:
        self.fundings.append((account, payment))

    def on_liquidation(self, account: str, liquidation: Liquidation) -> None:
        self.liquidations.append((account, liquidation))

    def on_block(self, now_ms: int) -> None:
        self.blocks.append(now_ms)


class Desk:
    """An exchange of one quiet coin; prices in USD and sizes in base units are given as text."""

    def __init__(
        self,
        coin: str = "BTC",
        oracle_usd: float = 100_000.0,
        *,
        balance_usd: float = 100_000.0,
        listing: Listing | None = None,
        settings: ExchangeSettings | None = None,
    ) -> None:
        listing = listing or default_listing()
        instrument = listing.instrument(coin)
        assert instrument is not None
        self.instrument = instrument
        self.market = QuietMarket(instrument, oracle_usd)
        self.exchange = Exchange(listing, [self.market], balance_usd=balance_usd, start_ms=START_MS, settings=settings)
        self.heard = Heard()
        self.exchange.set_listener(self.heard)

    @property
    def now_ms(self) -> int:
        return self.exchange.now_ms

    def order(
        self,
        side: Side,
        price: str,
        size: str,
        tif: Tif = Tif.GTC,
        *,
        reduce_only: bool = False,
        cloid: str | None = None,
    ) -> PlaceOrder:
        return PlaceOrder(
            self.instrument.asset_id,
            side,
            self.instrument.parse_price(price),
            self.instrument.parse_size(size),
            tif,
            reduce_only,
            cloid,
        )

    def send(self, account: str, action: Action, **envelope: object) -> Reply:
        """Submit and run one block."""
        replies: list[Reply] = []
        self.exchange.submit(self.exchange.now_ms, account, action, replies.append, **envelope)  # type: ignore[arg-type]
        self.exchange.advance(self.exchange.next_block_ms())
        assert len(replies) == 1
        return replies[0]

    def batch(self, account: str, *orders: PlaceOrder) -> tuple[Resting | Filled | Rejected, ...]:
        reply = self.send(account, OrderAction(orders))
        assert isinstance(reply, OrderReply), reply
        return reply.statuses

    def place(
        self,
        account: str,
        side: Side,
        price: str,
        size: str,
        tif: Tif = Tif.GTC,
        *,
        reduce_only: bool = False,
        cloid: str | None = None,
    ) -> Resting | Filled | Rejected:
        return self.batch(account, self.order(side, price, size, tif, reduce_only=reduce_only, cloid=cloid))[0]

    def rest(self, account: str, side: Side, price: str, size: str, **options: object) -> int:
        status = self.place(account, side, price, size, **options)  # type: ignore[arg-type]
        assert isinstance(status, Resting), status
        return status.oid

    def cancel(self, account: str, target: int | str) -> str | None:
        reply = self.send(account, CancelAction((Cancel(self.instrument.asset_id, target),)))
        assert isinstance(reply, CancelReply), reply
        return reply.errors[0]

    def wait(self, milliseconds: int) -> None:
        self.exchange.advance(self.exchange.now_ms + milliseconds)

    def position(self, account: str) -> int:
        rows = self.exchange.statements.statement(account, self.instrument.dex).positions
        return sum(row.size for row in rows if row.coin == self.instrument.coin)

    def raw_micro(self, account: str) -> int:
        return self.exchange.statements.statement(account, self.instrument.dex).total.total_raw_usd_micro

    def status(self, account: str, oid: int) -> OrderUpdate:
        found = self.exchange.statements.order_status(account, oid)
        assert found is not None
        return found

    def fills(self, account: str) -> list[AccountFill]:
        return list(self.exchange.statements.fills(account))
