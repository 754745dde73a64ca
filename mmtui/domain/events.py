"""Everything that can happen to the engine, in one union.

``received_at`` is the engine's clock: epoch seconds that never go back. Exchange times are
integer milliseconds and are named so. Events are immutable; nothing else enters the engine.
"""

import enum
from typing import TypeAlias

import msgspec

from mmtui.domain.book import AssetContext, Book, Touch, Trade
from mmtui.domain.commands import Command
from mmtui.domain.instrument import Instrument, Side
from mmtui.domain.units import Price, Size, UsdMicro


class Event(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Something that happened, with the engine time at which we learned of it."""

    received_at: float


class BookUpdate(Event, frozen=True):
    """A full order book."""

    book: Book


class TouchUpdate(Event, frozen=True):
    """Best bid and ask."""

    touch: Touch


class TradePrints(Event, frozen=True):
    """Public trades, oldest first."""

    trades: tuple[Trade, ...]


class ContextUpdate(Event, frozen=True):
    """Mark, oracle, funding and open interest."""

    context: AssetContext


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """One own execution. ``fee`` is a cost when positive; ``start_position`` is signed, before the fill.

    ``forced_by`` names what made the venue trade for us, ``auto-deleveraging`` or ``settlement``.
    """

    coin: str
    venue_time_ms: int
    tid: int
    oid: int
    side: Side
    price: Price
    size: Size
    fee: UsdMicro
    start_position: Size
    is_taker: bool
    cloid: str | None = None
    closed_pnl: UsdMicro = 0
    is_liquidation: bool = False
    fee_token: str = "USDC"  # noqa: S105 - the collateral's name, not a secret
    forced_by: str = ""

    @property
    def key(self) -> tuple[str, int, int, int]:
        """What makes a fill unique: coin, time, trade id and order id."""
        return (self.coin, self.venue_time_ms, self.tid, self.oid)


class FillsReceived(Event, frozen=True):
    """Own fills; a snapshot repeats old ones."""

    fills: tuple[Fill, ...]
    is_snapshot: bool = False


class OrderReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue says about one own order.

    ``status`` is the venue's word (``open``, ``filled``, ``canceled``, ``badAloPxRejected`` ...);
    ``filled`` is the filled size it implies.
    """

    coin: str
    oid: int
    cloid: str | None
    side: Side
    price: Price
    size: Size
    filled: Size
    status: str
    status_time_ms: int
    reduce_only: bool = False


class OrderReports(Event, frozen=True):
    """Order updates pushed by the venue."""

    reports: tuple[OrderReport, ...]


class FundingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One funding payment; ``amount`` is positive when received."""

    coin: str
    venue_time_ms: int
    amount: UsdMicro
    rate: float
    position: Size


class FundingReceived(Event, frozen=True):
    """Funding payments; a snapshot repeats old ones."""

    payments: tuple[FundingPayment, ...]
    is_snapshot: bool = False


class Certainty(enum.Enum):
    """What an answer proves about a request."""

    EXECUTED = "executed"
    NOT_EXECUTED = "not executed"
    UNKNOWN = "unknown"


class OutcomeKind(enum.Enum):
    """What the venue answered for one entry of a batch."""

    RESTING = "resting"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    GONE = "already canceled, filled or never placed"
    UNKNOWN = "not understood"


class RefusalReason(enum.Enum):
    """Why the venue refused one entry or a whole action, as far as it matters to the engine."""

    POST_ONLY_WOULD_CROSS = "post-only order would have matched"
    NO_LIQUIDITY = "nothing to match against"
    INSUFFICIENT_MARGIN = "insufficient margin"
    REDUCE_ONLY = "would increase the position"
    MIN_NOTIONAL = "below the minimum order value"
    OFF_GRID = "price or size off the venue's grid"
    PRICE_BAND = "price too far from the reference"
    OPEN_INTEREST_CAP = "open interest is capped"
    OPEN_ORDER_LIMIT = "too many open orders"
    RATE_LIMITED = "rate limited"
    BAD_NONCE = "nonce used before or too old"
    NONCE_AHEAD = "nonce too far ahead of the exchange's time"
    SWITCH_VOLUME = "not enough volume traded for the dead man's switch"
    SWITCH_TOO_SOON = "dead man's switch set too close"
    SWITCH_SPENT = "the dead man's switch has fired too often today"
    DUPLICATE_CLOID = "client order id used twice"
    CLOCK = "our clock is off"
    EXPIRED = "arrived after its expiry"
    SIGNER_UNKNOWN = "the key may not trade for this account"
    VENUE_DOWN = "the venue is not taking orders"
    POST_ONLY_WINDOW = "only post-only orders are taken after an upgrade"
    OTHER = "refused"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one entry, in the order it was sent.

    ``venue_touch`` is the (bid, ask) the venue quotes back with a post-only refusal.
    """

    kind: OutcomeKind
    oid: int | None = None
    filled: Size = 0
    reason: RefusalReason | None = None
    text: str = ""
    venue_touch: tuple[Price, Price] | None = None


class ActionAnswered(Event, frozen=True):
    """The venue answered a request entry by entry."""

    request_id: int
    outcomes: tuple[Outcome, ...]
    latency_ms: float = 0.0


class ActionFailed(Event, frozen=True):
    """A request as a whole failed; ``certainty`` says what that proves."""

    request_id: int
    certainty: Certainty
    reason: RefusalReason
    text: str


class OrderStatusAnswer(Event, frozen=True):
    """What a query by client order id found; ``report`` is None when the venue does not know it.

    ``venue_time_ms`` is the exchange's clock when it answered, as far as we know it.
    """

    request_id: int
    cloid: str
    report: OrderReport | None
    venue_time_ms: int


class AccountSnapshot(Event, frozen=True):
    """The account as the venue states it, for one coin and its dex.

    ``open_orders`` holds every resting order of the coin, own and foreign. ``cash`` is the raw
    balance (account value less the marked positions), micro units of the collateral. Fills since
    the last known one travel in ``fills``. ``instrument`` is the contract as the venue describes it
    now, where it was read again with this answer, and ``account_mode`` how the account keeps its
    money, "" where that was not read.
    """

    request_id: int
    venue_time_ms: int
    position: Size
    entry_cost: UsdMicro
    account_value: UsdMicro
    cash: UsdMicro
    margin_used: UsdMicro
    withdrawable: UsdMicro
    leverage: int
    is_cross: bool
    liquidation_price: Price | None
    open_orders: tuple[OrderReport, ...]
    fills: tuple[Fill, ...]
    funding: tuple[FundingPayment, ...] = ()
    maker_rate: float = 0.00015
    taker_rate: float = 0.00045
    requests_used: int = 0
    requests_cap: int = 0
    traded_volume_usd: float = 0.0
    instrument: Instrument | None = None
    account_mode: str = ""


class QueryFailed(Event, frozen=True):
    """A query did not come back; nothing is known from it, except how the venue describes the contract now."""

    request_id: int
    text: str
    instrument: Instrument | None = None


class Feed(enum.Enum):
    """The connections whose health matters."""

    MARKET = "market data"
    USER = "account stream"
    REST = "requests"


class ConnectionChanged(Event, frozen=True):
    """A feed came up or went down."""

    feed: Feed
    is_up: bool
    text: str = ""


class BudgetUpdate(Event, frozen=True):
    """What the client's own accounting says is left of the venue's request allowances."""

    address_left: int
    address_cap: int
    ip_weight_left: int
    ip_weight_cap: int


class Tick(Event, frozen=True):
    """Time passed; the engine's only clock when nothing else happens."""


class CommandReceived(Event, frozen=True):
    """A person or a script asks for something."""

    command: Command


class JournalStalled(Event, frozen=True):
    """The journal cannot be written: nothing may be sent."""

    text: str


class DiskSlow(Event, frozen=True):
    """A durable write has been waiting for ``waited_s``; 0 once everything is written.

    Sent while the wait grows, about once a second, and once more when it is over.
    """

    waited_s: float


class VenueNotice(Event, frozen=True):
    """Something about the venue's answers that a person should know and nothing else says.

    ``code`` is a stable word such as ``bad-frames`` or ``subscription-refused``, ``count`` how often it
    happened lately; 0 ends the alarm. ``is_blind`` says that a feed cannot be relied on meanwhile.
    """

    code: str
    text: str
    count: int = 1
    is_blind: bool = False


class GuardChanged(Event, frozen=True):
    """A guard outside the engine, such as the guard process, came up or was lost."""

    name: str
    is_armed: bool
    text: str = ""


class LoopStalled(Event, frozen=True):
    """The process did not run for a while."""

    stalled_s: float


AnyEvent: TypeAlias = (
    BookUpdate
    | TouchUpdate
    | TradePrints
    | ContextUpdate
    | FillsReceived
    | OrderReports
    | FundingReceived
    | ActionAnswered
    | ActionFailed
    | OrderStatusAnswer
    | AccountSnapshot
    | QueryFailed
    | ConnectionChanged
    | BudgetUpdate
    | Tick
    | CommandReceived
    | JournalStalled
    | LoopStalled
    | GuardChanged
    | DiskSlow
    | VenueNotice
)
