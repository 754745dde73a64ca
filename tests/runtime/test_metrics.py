"""Metrics: every name of the documents, honest values, on this machine only, never in the way."""

import re
import socket
from pathlib import Path

import msgspec
import pytest

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.queue_view import QueueView
from mmtui.domain.trip_view import TripView
from mmtui.domain.view import (
    Counters,
    EngineView,
    FeedView,
    KillView,
    LadderView,
    LatencyRow,
    MarkoutView,
    Mode,
    PnlView,
    PositionView,
    RiskBar,
    SessionView,
    View,
)
from mmtui.runtime.metrics.collector import COUNTERS, GAUGES, exposition
from mmtui.runtime.metrics.server import MetricsServer, serve_metrics

DOCUMENTED = [
    "mm_position",
    "mm_max_position",
    "mm_inventory_utilization",
    "mm_daily_pnl",
    "mm_realized_pnl",
    "mm_unrealized_pnl",
    "mm_peak_pnl",
    "mm_drawdown_pct",
    "mm_mid_price",
    "mm_spread_bps",
    "mm_sigma",
    "mm_kappa",
    "mm_jump_ratio",
    "mm_microprice_deviation_bps",
    "mm_book_imbalance",
    "mm_flow_imbalance",
    "mm_beta_book",
    "mm_beta_flow",
    "mm_kill_switch_triggered",
    "mm_cascade_severity",
    "mm_adverse_selection_bps",
    "mm_tail_risk_multiplier",
    "mm_data_staleness_secs",
    "mm_quote_cycle_latency_ms",
    "mm_volatility_regime",
    "mm_orders_placed",
    "mm_orders_placed_total",
    "mm_orders_filled",
    "mm_orders_filled_total",
    "mm_orders_cancelled",
    "mm_fill_volume_buy",
    "mm_fill_volume_sell",
    "mm_session_pnl",
    "mm_utc_day_pnl",
    "mm_cascade_severity_raw",
    "mm_kappa_per_bp",
    "mm_market_spread_bps",
    "mm_quoted_spread_bps",
]


def estimate(name: str, value: float) -> EstimateView:
    return EstimateView(name=name, value=value, unit="", provenance="learned")


def a_view(**engine: object) -> View:
    return View(
        session=SessionView(
            run_kind="LIVE",
            network="mainnet",
            account="0x" + "ab" * 20,
            coin="hyna:BTC",
            asset="BTC",
            dex="hyna",
            strategy="ladder",
            run_id="r",
            started_at=0.0,
            price_decimals=1,
            size_decimals=5,
            version="0.1.0",
        ),
        engine=EngineView(at=1.0, **engine),
        latency=(LatencyRow(name="event to intents", p50=0.04, p99=0.1, longest=1.0),),
    )


FULL = a_view(
    mode=Mode.QUOTING,
    kill=KillView(is_fired=True),
    ladder=LadderView(mid=100.0, fair=100.01, spread_bps=2.5, quoted_spread_bps=8.5),
    position=PositionView(size=-0.125, limit=0.5, utilisation=0.25),
    pnl=PnlView(total=15.5, realised=12.3, unrealised=3.2, peak=20.0, drawdown=0.02, utc_day=-3.0),
    estimates=(
        estimate("sigma", 0.00015),
        estimate("kappa_bid", 2000.0),
        estimate("kappa_ask", 3000.0),
        estimate("jump_ratio", 1.2),
        estimate("book_imbalance", 0.15),
        estimate("flow_imbalance", -0.08),
        estimate("beta_book", 0.003),
        estimate("beta_flow", 0.002),
        estimate("adverse_bid_bps", 0.4),
        estimate("adverse_ask_bps", 1.2),
        estimate("cascade", 0.15),
    ),
    feed=FeedView(book_age_ms=500.0),
    counters=Counters(orders_placed=1250, orders_filled=180, volume_bought=1.5),
    risk=(RiskBar(name="daily loss", kills=True, ratio=0.4, value=1.0, limit=2.0, unit="USD"),),
)


def samples(view: View | None) -> dict[str, str]:
    text = exposition(lambda: view)().decode()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def value(name: str, view: View = FULL) -> float:
    return float(samples(view)[name + '{asset="BTC",dex="hyna",network="mainnet"}'])


def test_every_name_of_the_documents_is_exported() -> None:
    names = {sample.split("{")[0] for sample in samples(FULL)}
    assert set(DOCUMENTED) <= names


def test_the_requirement_documents_name_nothing_that_is_missing(shared: Path) -> None:
    texts = "".join(path.read_text() for path in (shared / "requirements").glob("00[134]*"))
    named = {name for name in re.findall(r"`?\b(mm_[a-z_]+)\b", texts) if not name.startswith("mm_hyna")}
    names = {sample.split("{")[0] for sample in samples(FULL)}
    abbreviated = {"mm_data_staleness", "mm_spread"}
    assert {name for name in named if name not in names and name not in abbreviated} - {"mm_", "mm_daily"} == set()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mm_position", -0.125),
        ("mm_inventory_utilization", 0.25),
        ("mm_daily_pnl", 15.5),
        ("mm_utc_day_pnl", -3.0),
        ("mm_drawdown_pct", 0.02),
        ("mm_kappa", 2500.0),
        ("mm_kappa_per_bp", 0.25),
        ("mm_microprice_deviation_bps", 1.0),
        ("mm_adverse_selection_bps", 0.8),
        ("mm_kill_switch_triggered", 1.0),
        ("mm_data_staleness_secs", 0.5),
        ("mm_spread_bps", 2.5),
        ("mm_quoted_spread_bps", 8.5),
        ("mm_orders_placed", 1250.0),
        ("mm_orders_placed_total", 1250.0),
        ("mm_quote_cycle_latency_ms", 0.04),
    ],
)
def test_values_have_the_documents_meaning(name: str, expected: float) -> None:
    assert value(name) == pytest.approx(expected)


def test_second_order_estimates_are_exported_where_they_are_known() -> None:
    names = ("sigma_effective", "sigma_forecast", "jump_rate", "momentum_fast", "filtered_mid", "spread_percentile")
    shown = (*names, "hawkes_ratio", "vpin")
    view = a_view(estimates=tuple(estimate(name, float(i)) for i, name in enumerate(shown, start=1)))
    assert [value(f"mm_{name}", view) for name in shown] == [float(i) for i in range(1, 9)]
    assert not any(sample.startswith("mm_vpin") for sample in samples(FULL))


def test_scores_of_fill_probabilities_are_told_once_there_are_any() -> None:
    view = a_view(queue=QueueView(horizon_s=10.0, n=50, reference=0.09, brier_touch=0.07, brier_intensity=0.08))
    assert value("mm_fill_probability_brier", view) == pytest.approx(0.07)
    assert value("mm_fill_probability_brier_intensity", view) == pytest.approx(0.08)
    assert value("mm_fill_probability_brier_reference", view) == pytest.approx(0.09)
    assert value("mm_fill_predictions", view) == 50.0
    assert not any(name.startswith("mm_fill_probability") for name in samples(FULL))


def test_a_markout_is_the_mean_of_both_sides_by_the_fills_behind_each() -> None:
    def row(side: str, n_eff: float, markout_bps: float, level: int | None = None, n: int = 9) -> MarkoutView:
        return MarkoutView(
            side=side, level=level, horizon_s=5.0, n=n, dropped=0, n_eff=n_eff, edge_bps=1.0, adverse_bps=0.0,
            adverse_error_bps=0.1, markout_bps=markout_bps, low_bps=markout_bps - 1.0, high_bps=markout_bps + 1.0,
        )  # fmt: skip

    rows = (row("BUY", 30.0, 1.0), row("SELL", 10.0, -1.0), row("BUY", 99.0, 50.0, level=0))
    view = msgspec.structs.replace(FULL, engine=msgspec.structs.replace(FULL.engine, markouts=rows))
    assert value("mm_markout_five_seconds_bps", view) == pytest.approx(0.5)
    assert not any(name.startswith("mm_markout_one_second") for name in samples(view))


def test_the_moves_that_trip_limits_keep_their_sign_and_flat_limits_have_none() -> None:
    trips = (
        TripView(
            name="day loss", follows="", value=1.0, limit=2.0, unit="USD", ratio=0.5, distance=1.0, move_bps=-83.0
        ),
        TripView(name="actions", follows="", value=1.0, limit=2.0, unit="", ratio=0.5, distance=1.0),
    )
    found = {key: float(text) for key, text in samples(a_view(next_trips=trips)).items() if "mm_limit_move" in key}
    assert list(found.values()) == [-83.0]
    assert 'limit="day loss"' in next(iter(found))


def test_the_main_exchange_is_called_main() -> None:
    session = msgspec.structs.replace(FULL.session, dex="")
    assert 'mm_position{asset="BTC",dex="main",network="mainnet"}' in samples(
        msgspec.structs.replace(FULL, session=session)
    )


def test_what_is_not_known_is_left_out_and_nothing_is_nan() -> None:
    empty = samples(a_view())
    assert not any(name.startswith(("mm_mid_price", "mm_sigma", "mm_data_staleness_secs")) for name in empty)
    broken = a_view(gamma=float("nan"), tail_risk_multiplier=float("inf"))
    assert {"NaN", "+Inf"} & set(samples(broken).values()) == set()
    assert samples(None) == {}


@pytest.mark.fault("F107")
def test_no_address_and_no_order_price_is_exported() -> None:
    assert "abab" not in exposition(lambda: FULL)().decode()


def test_the_mode_is_one_of_its_series() -> None:
    modes = {name: v for name, v in samples(FULL).items() if name.startswith("mm_mode{")}
    assert sum(float(v) for v in modes.values()) == 1.0
    assert len(modes) == len(Mode)


def test_names_are_unique_and_follow_prometheus_rules() -> None:
    names = [row.name for row in (*GAUGES, *COUNTERS)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"mm_[a-z_]+[a-z]", name) for name in names)
    text = exposition(lambda: FULL)().decode()
    types = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    assert len({name for name, _ in types}) == len(types)
    assert ("mm_orders_placed_total", "counter") in types
    assert ("mm_orders_placed", "gauge") in types


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK"),
        (b"GET /metrics?a=b HTTP/1.0\r\n\r\n", b"200 OK"),
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", b"405"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\x00\xff\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"a" * 4_090 + b"\r\n\r\n", b"400"),
    ],
)
def test_the_server_answers_gets_of_metrics_and_survives_the_rest(request_bytes: bytes, status: bytes) -> None:
    server = MetricsServer(0, exposition(lambda: FULL))
    try:
        answer = ask(server.port, request_bytes)
        assert answer.startswith(b"HTTP/1.1 " + status)
        if status == b"200 OK":
            assert b"mm_position{" in answer
        assert b"mm_position{" in ask(server.port, b"GET /metrics HTTP/1.1\r\n\r\n")
    finally:
        server.close()


@pytest.mark.fault("F106")
def test_a_taken_port_is_a_sentence_and_not_an_error() -> None:
    server = MetricsServer(0, lambda: b"")
    try:
        outcome = serve_metrics(server.port, lambda: b"")
        assert isinstance(outcome, str)
        assert f"metrics off: port {server.port} is in use" in outcome
    finally:
        server.close()


@pytest.mark.fault("F107")
def test_only_this_machine_is_served() -> None:
    server = MetricsServer(0, lambda: b"")
    try:
        assert server._server.server_address[0] == "127.0.0.1"
    finally:
        server.close()


@pytest.mark.fault("F107")
def test_a_scrape_that_stands_still_holds_the_others_up_for_its_deadline_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmtui.runtime.metrics.server.DEADLINE_S", 0.05)
    server = MetricsServer(0, exposition(lambda: FULL))
    try:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as idle:
            idle.sendall(b"GET /met")
            assert ask(server.port, b"GET /metrics HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 OK")
    finally:
        server.close()
