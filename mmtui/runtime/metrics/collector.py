"""Metrics: every ``mm_*`` name of the documents, read from the latest view when scraped.

Owns the table of metrics and their Prometheus form. Counters are exported with and without
``_total``, since the documents use both (decisions.md ruling 30); a value that is not known is left
out rather than made up. Labels never hold an address, and no price of an own order is exported.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest

from mmtui.domain.view import EngineView, Mode, View

Reading: TypeAlias = Callable[[View], float | None]
LABELS = ("asset", "dex", "network")


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric of the table."""

    name: str
    help: str
    read: Reading


def _estimate(name: str) -> Reading:
    return lambda view: next((row.value for row in view.engine.estimates if row.name == name), None)


def _mean(first: str, second: str, factor: float = 1.0) -> Reading:
    """The mean of two estimates, or the one there is."""

    def read(view: View) -> float | None:
        values = [row.value for row in view.engine.estimates if row.name in (first, second)]
        return factor * sum(values) / len(values) if values else None

    return read


def _engine(read: Callable[[EngineView], float | None]) -> Reading:
    return lambda view: read(view.engine)


def _latency(name: str) -> Reading:
    return lambda view: next((row.p50 for row in view.latency if row.name == name), None)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000.0


def _fair_deviation_bps(view: View) -> float | None:
    mid, fair = view.engine.ladder.mid, view.engine.ladder.fair
    return None if mid is None or fair is None or mid <= 0.0 else (fair / mid - 1.0) * 1e4


def _optional(count: int | None) -> float | None:
    return None if count is None else float(count)


def _markout(horizon_s: float) -> Reading:
    """The mean markout of both sides at a horizon, by the fills behind each."""

    def read(view: View) -> float | None:
        rows = [row for row in view.engine.markouts if row.level is None and row.horizon_s == horizon_s and row.n]
        weight = sum(row.n_eff for row in rows)
        return sum(row.markout_bps * row.n_eff for row in rows) / weight if weight > 0.0 else None

    return read


MARKOUTS = (("one_second", 1.0), ("five_seconds", 5.0), ("half_minute", 30.0), ("five_minutes", 300.0))
GAUGES: tuple[Gauge, ...] = (
    Gauge("mm_position", "Position in base units, signed", _engine(lambda e: e.position.size)),
    Gauge("mm_max_position", "Effective position limit in base units", _engine(lambda e: e.position.limit)),
    Gauge("mm_inventory_utilization", "|position| / limit", _engine(lambda e: e.position.utilisation)),
    Gauge("mm_position_value_usd", "|position| x mid in USD", _engine(lambda e: e.position.value_usd)),
    Gauge("mm_daily_pnl", "Profit of the session, realised and unrealised, net, USD", _engine(lambda e: e.pnl.total)),
    Gauge("mm_session_pnl", "Profit of the session, net of fees and funding, USD", _engine(lambda e: e.pnl.total)),
    Gauge("mm_utc_day_pnl", "Profit of the UTC day, kept across restarts, USD", _engine(lambda e: e.pnl.utc_day)),
    Gauge("mm_realized_pnl", "Profit of closed trades, USD", _engine(lambda e: e.pnl.realised)),
    Gauge("mm_unrealized_pnl", "Profit of the open position at the mid, USD", _engine(lambda e: e.pnl.unrealised)),
    Gauge("mm_peak_pnl", "Highest profit so far, USD", _engine(lambda e: e.pnl.peak)),
    Gauge(
        "mm_drawdown_pct", "Fall of equity from its peak, as a ratio: 0.02 is 2 %", _engine(lambda e: e.pnl.drawdown)
    ),
    Gauge("mm_equity_usd", "Account equity, USD", _engine(lambda e: e.pnl.equity)),
    Gauge("mm_pnl_spread_capture_usd", "Profit from the quoted distance, USD", _engine(lambda e: e.pnl.spread_capture)),
    Gauge(
        "mm_pnl_adverse_selection_usd",
        "Profit from moves just after fills, USD",
        _engine(lambda e: e.pnl.adverse_selection),
    ),
    Gauge("mm_pnl_inventory_usd", "Profit from holding, USD", _engine(lambda e: e.pnl.inventory)),
    Gauge("mm_pnl_fees_usd", "Profit share of fees, USD", _engine(lambda e: e.pnl.fees)),
    Gauge("mm_pnl_funding_usd", "Profit share of funding, USD", _engine(lambda e: e.pnl.funding)),
    Gauge("mm_mid_price", "Middle of best bid and ask, USD", _engine(lambda e: e.ladder.mid)),
    Gauge("mm_spread_bps", "Market spread, bps", _engine(lambda e: e.ladder.spread_bps)),
    Gauge("mm_market_spread_bps", "Market spread, bps", _engine(lambda e: e.ladder.spread_bps)),
    Gauge("mm_quoted_spread_bps", "Own best ask less own best bid, bps", _engine(lambda e: e.ladder.quoted_spread_bps)),
    Gauge("mm_sigma", "Volatility, fraction per root second", _estimate("sigma")),
    Gauge("mm_sigma_effective", "Volatility with jumps, fraction per root second", _estimate("sigma_effective")),
    Gauge("mm_sigma_forecast", "Volatility expected over the holding time, the same", _estimate("sigma_forecast")),
    Gauge("mm_jump_rate", "Price jumps per second", _estimate("jump_rate")),
    Gauge("mm_momentum_fast", "Mid over its average of half a second, deviations", _estimate("momentum_fast")),
    Gauge("mm_filtered_mid", "Mid without the bounce of the touch, USD", _estimate("filtered_mid")),
    Gauge("mm_spread_percentile", "Market spread among its recent past, 0 to 1", _estimate("spread_percentile")),
    Gauge("mm_hawkes_ratio", "Order flow activity over its running mean", _estimate("hawkes_ratio")),
    Gauge("mm_vpin", "One-sidedness of traded volume, 0 to 1", _estimate("vpin")),
    Gauge("mm_kappa", "Decay of fill intensity with distance, 1/fraction", _mean("kappa_bid", "kappa_ask")),
    Gauge("mm_kappa_per_bp", "Decay of fill intensity with distance, 1/bp", _mean("kappa_bid", "kappa_ask", 1e-4)),
    Gauge("mm_intensity", "Fills per second and side at distance zero", _mean("A_bid", "A_ask")),
    Gauge("mm_expected_fill_rate_bid", "Fills a second expected of the bid", _estimate("expected_fill_rate_bid")),
    Gauge("mm_expected_fill_rate_ask", "Fills a second expected of the ask", _estimate("expected_fill_rate_ask")),
    Gauge(
        "mm_kappa_gumbel",
        "Decay of fill intensity as interval maxima have it, 1/fraction",
        _mean("kappa_gumbel_bid", "kappa_gumbel_ask"),
    ),
    Gauge("mm_kappa_depth", "Decay of posted depth with distance, 1/fraction", _mean("kappa_l2_bid", "kappa_l2_ask")),
    Gauge("mm_holding_time_seconds", "Holding time expected at the rate of own fills", _estimate("holding_time")),
    Gauge("mm_drift_score", "Lean of the book's depth, smoothed, -1 to 1", _estimate("drift_score")),
    Gauge("mm_premium", "Premium of the contract over its oracle, fraction", _estimate("premium")),
    Gauge("mm_funding_rate_hourly", "Funding predicted for the running hour, fraction", _estimate("funding_hourly")),
    Gauge(
        "mm_funding_due_usd",
        "What the position is predicted to pay at the next funding, negative: receive, USD",
        _engine(lambda e: e.position.funding_due_usd),
    ),
    Gauge("mm_jump_ratio", "Realised over bipower variance", _estimate("jump_ratio")),
    Gauge("mm_microprice_deviation_bps", "Fair price from mid, bps", _fair_deviation_bps),
    Gauge("mm_book_imbalance", "Order book imbalance, -1 to 1", _estimate("book_imbalance")),
    Gauge("mm_flow_imbalance", "Trade flow imbalance, -1 to 1", _estimate("flow_imbalance")),
    Gauge("mm_beta_book", "Learned coefficient of the book imbalance", _estimate("beta_book")),
    Gauge("mm_beta_flow", "Learned coefficient of the flow imbalance", _estimate("beta_flow")),
    Gauge("mm_gamma", "Effective risk aversion", _engine(lambda e: e.gamma)),
    Gauge("mm_kill_switch_triggered", "1 once the kill switch has fired", _engine(lambda e: float(e.kill.is_fired))),
    Gauge("mm_cascade_severity", "Liquidation cascade, 0 to 1", _estimate("cascade")),
    Gauge("mm_cascade_severity_raw", "Liquidation cascade, unbounded", _engine(lambda e: e.cascade_severity_raw)),
    Gauge(
        "mm_adverse_selection_bps",
        "Expected move against a fill, bps",
        _mean("adverse_bid_bps", "adverse_ask_bps"),
    ),
    *(
        Gauge(
            f"mm_markout_{words}_bps",
            f"What own fills were worth {horizon_s:g} s after they happened, fees left out, bps",
            _markout(horizon_s),
        )
        for words, horizon_s in MARKOUTS
    ),
    Gauge("mm_tail_risk_multiplier", "Factor on gamma from tail risk", _engine(lambda e: e.tail_risk_multiplier)),
    Gauge(
        "mm_volatility_regime",
        "0 normal, 1 high, 2 extreme",
        _engine(lambda e: float(e.volatility_regime)),
    ),
    Gauge("mm_data_staleness_secs", "Age of the order book, seconds", _engine(lambda e: _seconds(e.feed.book_age_ms))),
    Gauge("mm_quote_cycle_latency_ms", "Market event to decision, median, ms", _latency("event to intents")),
    Gauge("mm_order_ack_ms", "Order sent to answered, newest, ms", lambda view: view.ack_ms),
    Gauge("mm_loop_stall_ms", "Event loop held, newest, ms", lambda view: view.loop_ms),
    Gauge("mm_quote_uptime_ratio", "Share of time quoted on both sides", _engine(lambda e: e.quote_uptime)),
    Gauge("mm_bids_quoted", "Own resting bids", _engine(lambda e: float(e.bids_quoted))),
    Gauge("mm_asks_quoted", "Own resting asks", _engine(lambda e: float(e.asks_quoted))),
    Gauge(
        "mm_foreign_orders",
        "Resting orders on this market that are not ours",
        _engine(lambda e: float(e.position.foreign_orders)),
    ),
    Gauge(
        "mm_fill_probability_brier",
        "Mean squared error of fill probabilities by touch",
        _engine(lambda e: e.queue.brier_touch),
    ),
    Gauge(
        "mm_fill_probability_brier_intensity",
        "Mean squared error of fill probabilities by intensity",
        _engine(lambda e: e.queue.brier_intensity),
    ),
    Gauge(
        "mm_fill_probability_brier_reference",
        "The same for always saying the rate that was observed",
        _engine(lambda e: e.queue.reference),
    ),
    Gauge("mm_fill_predictions", "Fill probabilities that were decided", _engine(lambda e: float(e.queue.n))),
    Gauge("mm_alarms", "Open alarms", _engine(lambda e: float(len(e.alarms)))),
    Gauge(
        "mm_address_requests_left",
        "Requests the address may still make",
        _engine(lambda e: _optional(e.budget.address_left)),
    ),
    Gauge("mm_market_feed_up", "1 while market data is connected", _engine(lambda e: float(e.feed.market_up))),
    Gauge("mm_user_feed_up", "1 while account data is connected", _engine(lambda e: float(e.feed.user_up))),
)

COUNTERS: tuple[Gauge, ...] = (
    Gauge("mm_orders_placed", "Orders placed", _engine(lambda e: float(e.counters.orders_placed))),
    Gauge("mm_orders_filled", "Orders filled", _engine(lambda e: float(e.counters.orders_filled))),
    Gauge("mm_orders_cancelled", "Orders cancelled", _engine(lambda e: float(e.counters.orders_cancelled))),
    Gauge("mm_orders_refused", "Orders refused", _engine(lambda e: float(e.counters.orders_refused))),
    Gauge("mm_fills", "Own fills", _engine(lambda e: float(e.counters.fills))),
    Gauge("mm_fill_volume_buy", "Bought, base units", _engine(lambda e: e.counters.volume_bought)),
    Gauge("mm_fill_volume_sell", "Sold, base units", _engine(lambda e: e.counters.volume_sold)),
    Gauge("mm_quote_cycles", "Quote cycles", _engine(lambda e: float(e.counters.quote_cycles))),
    Gauge(
        "mm_rate_limit_errors", "Refusals for too many requests", _engine(lambda e: float(e.counters.rate_limit_errors))
    ),
    Gauge("mm_denials", "Orders our own controls refused", _engine(lambda e: float(e.counters.denials))),
)


class ViewCollector:
    """A Prometheus collector over the latest view."""

    def __init__(self, latest: Callable[[], View | None]) -> None:
        self._latest = latest

    def collect(self) -> Iterator[Metric]:
        """The metrics of the moment; none before the first view."""
        view = self._latest()
        if view is None:
            return
        labels = (view.session.asset, view.session.dex or "main", view.session.network)
        for gauge in GAUGES:
            yield from _family(GaugeMetricFamily(gauge.name, gauge.help, labels=LABELS), labels, gauge.read(view))
        for counter in COUNTERS:
            value = counter.read(view)
            yield from _family(GaugeMetricFamily(counter.name, counter.help, labels=LABELS), labels, value)
            yield from _family(CounterMetricFamily(counter.name, counter.help, labels=LABELS), labels, value)
        yield _modes(view, labels)
        yield _risk(view, labels)
        yield _moves(view, labels)
        build = GaugeMetricFamily("mm_build_info", "The program's version", labels=(*LABELS, "version", "run_kind"))
        build.add_metric([*labels, view.session.version, view.session.run_kind], 1.0)
        yield build


def exposition(latest: Callable[[], View | None]) -> Callable[[], bytes]:
    """A function that gives the metrics of the moment in Prometheus' text format 0.0.4."""
    registry = CollectorRegistry()
    registry.register(ViewCollector(latest))
    return lambda: generate_latest(registry)


def _family(
    family: GaugeMetricFamily | CounterMetricFamily, labels: tuple[str, ...], value: float | None
) -> Iterator[Metric]:
    if value is not None and math.isfinite(value):
        family.add_metric(labels, value)
        yield family


def _modes(view: View, labels: tuple[str, ...]) -> Metric:
    family = GaugeMetricFamily("mm_mode", "1 for the engine's mode, 0 for the others", labels=(*LABELS, "mode"))
    for mode in Mode:
        family.add_metric([*labels, mode.value], float(view.engine.mode is mode))
    return family


def _risk(view: View, labels: tuple[str, ...]) -> Metric:
    family = GaugeMetricFamily("mm_risk_ratio", "Each limit's use: 1 is reached", labels=(*LABELS, "monitor"))
    for bar in view.engine.risk:
        if math.isfinite(bar.ratio):
            family.add_metric([*labels, bar.name], bar.ratio)
    return family


def _moves(view: View, labels: tuple[str, ...]) -> Metric:
    text = "Move of the price that reaches each limit, bps with its sign; absent where no move does"
    family = GaugeMetricFamily("mm_limit_move_bps", text, labels=(*LABELS, "limit"))
    for trip in view.engine.next_trips:
        if trip.move_bps is not None and math.isfinite(trip.move_bps):
            family.add_metric([*labels, trip.name], trip.move_bps)
    return family
