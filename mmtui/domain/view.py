"""What is shown: one immutable picture of the engine and the process, made at most ten times a second.

The console, the metrics and the control socket read nothing else. Numbers are floats in the unit
their name or docstring gives; ``None`` means not known. Times are engine seconds.
"""

import enum

import msgspec

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.history_view import FillRow, HistoriesView
from mmtui.domain.parameters import Value
from mmtui.domain.queue_view import QueueView
from mmtui.domain.trip_view import RiskBar, TripView

SCHEMA = 1


class Mode(enum.Enum):
    """What the engine is doing; only QUOTING may add risk."""

    BOOTING = "BOOTING"
    WARMING = "WARMING"
    QUOTING = "QUOTING"
    REDUCE_ONLY = "REDUCE-ONLY"
    PAUSED = "PAUSED"
    STALE = "STALE"
    FLATTENING = "FLATTENING"
    KILLED = "KILLED"
    STOPPING = "STOPPING"
    STOPPED = "STOPPED"


class SessionView(msgspec.Struct, frozen=True, kw_only=True):
    """What is traded where. ``run_kind`` is LIVE, PAPER, DRY-RUN, SIM or REPLAY."""

    run_kind: str
    network: str
    account: str
    coin: str
    asset: str
    dex: str
    strategy: str
    run_id: str
    started_at: float
    price_decimals: int
    size_decimals: int
    collateral: str = "USDC"
    version: str = ""


class BookRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One price of the ladder: market size, and our own size there with what is ahead of it."""

    price: float
    size: float
    own_size: float = 0.0
    ahead: float | None = None
    fill_probability: float | None = None


class LadderView(msgspec.Struct, frozen=True, kw_only=True):
    """The book with our quotes in it, best price first on each side.

    ``half_spread_bps`` is what is quoted before the skew, ``model_half_spread_bps`` the model's own before any
    widening; None without quotes.
    """

    bids: tuple[BookRow, ...] = ()
    asks: tuple[BookRow, ...] = ()
    mid: float | None = None
    fair: float | None = None
    reservation: float | None = None
    spread_bps: float | None = None
    quoted_spread_bps: float | None = None
    half_spread_bps: float | None = None
    model_half_spread_bps: float | None = None
    tick: float = 0.0


class TermView(msgspec.Struct, frozen=True, gc=False):
    """One signed term of a price, in bps from the reference; the terms of a level sum to its price."""

    name: str
    bps: float


class LevelView(msgspec.Struct, frozen=True, kw_only=True):
    """Why one level stands where it stands, or why it is absent; ``level`` -1 is a whole side."""

    side: str
    level: int
    price: float | None
    size: float
    reference: float
    reference_name: str = ""
    size_because: str = ""
    terms: tuple[TermView, ...] = ()
    absent_because: str = ""


class PositionView(msgspec.Struct, frozen=True, kw_only=True):
    """Inventory in base units against its limits; ``binding_cap`` names the cap that is smallest.

    ``is_dust`` says that the position is below the venue's minimum order value and waits for the next fill.
    ``funding_due_usd`` is what it is predicted to pay (negative: receive) in ``funding_due_s`` seconds;
    ``maker_rate`` a fraction of notional.
    """

    size: float = 0.0
    is_dust: bool = False
    limit: float = 0.0
    binding_cap: str = ""
    entry: float | None = None
    mark: float | None = None
    value_usd: float = 0.0
    utilisation: float = 0.0
    liquidation: float | None = None
    liquidation_distance: float | None = None
    leverage: int = 0
    worst_long: float = 0.0
    worst_short: float = 0.0
    foreign_orders: int = 0
    margin_used_usd: float = 0.0
    maker_rate: float | None = None
    funding_due_usd: float | None = None
    funding_due_s: float | None = None


class PnlView(msgspec.Struct, frozen=True, kw_only=True):
    """USD. The causes sum to ``total``; ``inventory`` excludes adverse selection.

    ``drawdown`` is a share of ``drawdown_base``, the day's equity at its peak; the session has its own.
    """

    total: float = 0.0
    spread_capture: float = 0.0
    adverse_selection: float = 0.0
    inventory: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    realised: float = 0.0
    unrealised: float = 0.0
    utc_day: float = 0.0
    peak: float = 0.0
    drawdown: float = 0.0
    drawdown_base: float = 0.0
    session_drawdown: float = 0.0
    equity: float = 0.0
    equity_change: float = 0.0
    transfers: float = 0.0
    volume: float = 0.0


class OrderRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One own order; ``confirmed_age_s`` is the time since the venue last confirmed it, None while it never did.

    ``ahead`` is the size before it in its queue as the model has it, ``ahead_cautious`` if no cancel helped.
    Within the horizon of fills: ``fill_share`` of its size is expected to fill, ``keep_bps`` is what keeping it
    is worth and ``move_bps`` what moving it to its level is.
    """

    cloid: str
    oid: int | None
    side: str
    level: int
    price: float
    size: float
    filled: float
    state: str
    age_s: float
    ahead: float | None = None
    ahead_cautious: float | None = None
    fill_probability: float | None = None
    fill_probability_intensity: float | None = None
    fill_share: float | None = None
    keep_bps: float | None = None
    move_bps: float | None = None
    reason: str = ""
    confirmed_age_s: float | None = None


class MarkoutView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What fills of one side were worth ``horizon_s`` after they happened, bps of the mid just before them.

    ``side`` is that of our quotes, ``level`` None is every level. ``edge_bps`` is earned at the fill,
    ``adverse_bps`` what the mid took back, ``markout_bps`` the rest, between ``low_bps`` and ``high_bps`` in
    19 of 20 cases. ``n`` fills were judged and ``dropped`` were not, since the feed was silent at the horizon;
    averages forget: ``n_eff`` fills are behind them.
    """

    side: str
    level: int | None
    horizon_s: float
    n: int
    dropped: int
    n_eff: float
    edge_bps: float
    adverse_bps: float
    adverse_error_bps: float
    markout_bps: float
    low_bps: float
    high_bps: float


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A state that needs a person: since when, what, and what was done about it."""

    id: str
    since: float
    severity: int
    text: str


class KillView(msgspec.Struct, frozen=True, kw_only=True):
    """The kill switch: armed, fired, or latched from an earlier run.

    ``checklist`` is what to look at before it is re-armed: the exchange as it is and what changed since.
    """

    is_fired: bool = False
    at: float = 0.0
    reason: str = ""
    progress: str = ""
    checklist: str = ""


class GuardView(msgspec.Struct, frozen=True, kw_only=True):
    """One guard that takes our orders off if the engine dies: armed, off, not eligible, lost or spent."""

    name: str
    state: str
    detail: str = ""
    expires_in_s: float | None = None


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """Freshness: ages in milliseconds, None before the first message."""

    book_age_ms: float | None = None
    venue_age_ms: float | None = None
    trade_age_ms: float | None = None
    context_age_ms: float | None = None
    market_up: bool = False
    user_up: bool = False
    refused_books: int = 0


class BudgetView(msgspec.Struct, frozen=True, kw_only=True):
    """Requests: what the venue leaves us, what we spent, and when it ends at the pace of the last hour.

    ``requests_left`` counts single orders and cancels, as the venue does; ``requests_per_fill`` and
    ``usd_per_request`` are averages of the session, ``hours_to_throttle`` is None while volume earns
    requests at least as fast as they are spent.
    """

    address_left: int | None = None
    address_cap: int | None = None
    ip_weight_left: int | None = None
    actions_last_min: int = 0
    actions_per_min_max: float = 0.0
    requests_left: int | None = None
    requests_per_fill: float | None = None
    usd_per_request: float | None = None
    hours_to_throttle: float | None = None


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """Totals since the session began; volumes in base units."""

    orders_placed: int = 0
    orders_filled: int = 0
    orders_cancelled: int = 0
    orders_refused: int = 0
    fills: int = 0
    volume_bought: float = 0.0
    volume_sold: float = 0.0
    quote_cycles: int = 0
    rate_limit_errors: int = 0
    denials: int = 0


class WarmupView(msgspec.Struct, frozen=True, kw_only=True):
    """How far warm-up has come: each requirement as (name, seen, needed)."""

    is_ready: bool = False
    is_timed_out: bool = False
    parts: tuple[tuple[str, int, int], ...] = ()


class ParameterChange(msgspec.Struct, frozen=True, kw_only=True):
    """One applied edit, newest first in the view; ``staged_at`` and ``sent_at`` are 0 where nobody said."""

    version: int
    at: float
    by: str
    before: dict[str, Value]
    after: dict[str, Value]
    staged_at: float = 0.0
    sent_at: float = 0.0


class EngineView(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the engine knows that a person may want to see.

    ``gamma_factors`` are the multipliers whose product with the configured gamma is ``gamma``, within its
    bounds and its pace. ``strategy_note`` is what the strategy says of how it made its quotes.
    """

    at: float
    mode: Mode = Mode.BOOTING
    mode_reason: str = ""
    mode_since: float = 0.0
    bids_quoted: int = 0
    asks_quoted: int = 0
    why_no_quotes: tuple[str, ...] = ()
    widened_by: tuple[TermView, ...] = ()
    strategy_note: str = ""
    kill: KillView = KillView()
    ladder: LadderView = LadderView()
    levels: tuple[LevelView, ...] = ()
    position: PositionView = PositionView()
    pnl: PnlView = PnlView()
    estimates: tuple[EstimateView, ...] = ()
    risk: tuple[RiskBar, ...] = ()
    next_trips: tuple[TripView, ...] = ()
    orders: tuple[OrderRow, ...] = ()
    queue: QueueView = QueueView()
    fills: tuple[FillRow, ...] = ()
    markouts: tuple[MarkoutView, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    guards: tuple[GuardView, ...] = ()
    feed: FeedView = FeedView()
    budget: BudgetView = BudgetView()
    counters: Counters = Counters()
    warmup: WarmupView = WarmupView()
    gamma: float = 0.0
    gamma_factors: tuple[tuple[str, float], ...] = ()
    cascade_severity_raw: float = 0.0
    cascade_causes: tuple[str, ...] = ()
    tail_risk_multiplier: float = 1.0
    volatility_regime: int = 0
    quote_uptime: float = 0.0
    parameters: dict[str, Value] = {}
    parameters_version: int = 1
    parameter_changes: tuple[ParameterChange, ...] = ()


class LogLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line for people; ``seq`` rises by one a line."""

    seq: int
    at: float
    level: str
    text: str


class LatencyRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Milliseconds over the last minute."""

    name: str
    p50: float | None
    p99: float | None
    longest: float | None
    limit: float | None = None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """The whole picture: the engine's part and the process around it."""

    session: SessionView
    engine: EngineView
    log: tuple[LogLine, ...] = ()
    latency: tuple[LatencyRow, ...] = ()
    ack_ms: float | None = None
    loop_ms: float | None = None
    sources: dict[str, str] = {}
    histories: HistoriesView = HistoriesView()
    schema: int = SCHEMA
