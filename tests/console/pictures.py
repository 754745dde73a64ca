"""Fixed pictures of an engine for console tests: every number is chosen, none is random."""

from typing import Any

import msgspec

from mmtui.domain.estimate_view import EstimateView
from mmtui.domain.history_view import BlotterRow, FillRow, HistoriesView, Sample
from mmtui.domain.parameters import PARAMETERS
from mmtui.domain.queue_view import QueueView
from mmtui.domain.view import (
    Alarm,
    BookRow,
    BudgetView,
    Counters,
    EngineView,
    FeedView,
    GuardView,
    KillView,
    LadderView,
    LatencyRow,
    LevelView,
    LogLine,
    MarkoutView,
    Mode,
    OrderRow,
    ParameterChange,
    PnlView,
    PositionView,
    RiskBar,
    SessionView,
    TermView,
    View,
    WarmupView,
)

AT = 1_795_176_271.25  # 2026-11-20 12:04:31 UTC
SIZES_BID = (0.908, 2.551, 3.18, 5.027, 4.4, 6.9, 3.3, 8.05, 9.9, 4.6, 7.1, 2.2, 5.5, 8.8, 3.9, 6.1, 7.7, 4.2, 9.3, 5.8)
SIZES_ASK = (
    0.412,
    1.334,
    2.006,
    4.12,
    5.91,
    3.77,
    6.15,
    4.02,
    5.88,
    7.31,
    3.3,
    6.6,
    2.9,
    8.1,
    4.7,
    5.2,
    9.1,
    3.6,
    7.9,
    6.4,
)
OWN = {0: 0.05, 2: 0.1, 6: 0.15}
AHEAD = {0: (3.2, 0.41), 2: (8.1, 0.18), 6: (11.2, 0.07)}


def a_session(**changes: Any) -> SessionView:
    fields: dict[str, Any] = {
        "run_kind": "LIVE",
        "network": "mainnet",
        "account": "0x3f7a1c09d2b845e6a1f09b3c7d5e2f8a6b4c91c2",
        "coin": "BTC",
        "asset": "BTC",
        "dex": "",
        "strategy": "glft",
        "run_id": "r-20261120-a",
        "started_at": AT - 11_564,
        "price_decimals": 1,
        "size_decimals": 5,
        "version": "0.1.0",
    }
    return SessionView(**{**fields, **changes})


def a_ladder() -> LadderView:
    def row(place: int, price: float, size: float) -> BookRow:
        ahead, chance = AHEAD.get(place, (None, None))
        return BookRow(price=price, size=size, own_size=OWN.get(place, 0.0), ahead=ahead, fill_probability=chance)

    return LadderView(
        bids=tuple(row(i, 64248.0 - i, size) for i, size in enumerate(SIZES_BID)),
        asks=tuple(row(i, 64250.0 + i, size) for i, size in enumerate(SIZES_ASK)),
        mid=64249.0,
        fair=64249.6,
        reservation=64246.4,
        spread_bps=0.311,
        quoted_spread_bps=0.372,
        half_spread_bps=1.2,
        model_half_spread_bps=1.31,
        tick=1.0,
    )


def some_levels() -> tuple[LevelView, ...]:
    shape = (
        ("half spread", 1.31),
        ("inventory", 0.40),
        ("adverse", 0.22),
        ("min depth", 0.0),
        ("funding", 0.05),
        ("grid", -0.18),
    )
    levels = []
    for number in range(3):
        for side, sign in (("BUY", -1), ("SELL", 1)):
            terms = tuple(TermView(name, round(sign * bps * (1 + number), 4)) for name, bps in shape)
            total = sum(term.bps for term in terms)
            levels.append(
                LevelView(
                    side=side,
                    level=number,
                    price=round(64249.6 * (1 + total / 1e4)),
                    size=0.05,
                    reference=64249.6,
                    terms=terms,
                )
            )
    return tuple(levels)


def some_orders() -> tuple[OrderRow, ...]:
    rows = []
    ages = (2.1, 12.4, 41.0)
    for level, (place, size) in enumerate(OWN.items()):
        ahead, chance = AHEAD[place]
        for side, price in (("BUY", 64248.0 - place), ("SELL", 64250.0 + place)):
            rows.append(
                OrderRow(
                    cloid=f"0x6d6d00000000000000000000000{level}{1 if side == 'BUY' else 2}a1",
                    oid=91_490_942_000 + level,
                    side=side,
                    level=level,
                    price=price,
                    size=size,
                    filled=0.0,
                    state="Resting",
                    age_s=ages[level],
                    ahead=ahead,
                    ahead_cautious=1.4 * ahead,
                    fill_probability=chance,
                    fill_probability_intensity=0.8 * chance,
                    fill_share=0.7 * chance,
                    keep_bps=round(1.8 * chance, 3),
                    move_bps=round(1.5 * chance - 0.02, 3),
                    reason="ladder",
                )
            )
    return tuple(rows)


def some_markouts() -> tuple[MarkoutView, ...]:
    horizons = ((0.1, 0.95, 0.11), (1.0, 0.52, 0.2), (5.0, 0.2, 0.34), (30.0, -0.41, 0.7), (300.0, -2.9, 1.9))
    rows = []
    for number, (side, lean) in enumerate((("BUY", 0.0), ("SELL", -0.21))):
        for level in (None, 0, 1):
            for horizon_s, value, reach in horizons:
                markout = value + lean
                rows.append(
                    MarkoutView(
                        side=side,
                        level=level,
                        horizon_s=horizon_s,
                        n=104 + 4 * number if level is None else 52 + 2 * number,
                        dropped=2,
                        n_eff=60.0,
                        edge_bps=1.1,
                        adverse_bps=1.1 - markout,
                        adverse_error_bps=reach / 1.96,
                        markout_bps=markout,
                        low_bps=markout - reach,
                        high_bps=markout + reach,
                    )
                )
    return tuple(rows)


def some_fills() -> tuple[FillRow, ...]:
    table = (
        (0.15, "BUY", 64248.0, 0.05, 1.13, None, 0),
        (50.7, "SELL", 64251.0, 0.05, 0.92, 0.21, 0),
        (88.3, "SELL", 64254.0, 0.1, 1.41, -0.62, 1),
        (140.0, "BUY", 64244.0, 0.05, 0.84, 0.5, 0),
        (164.2, "BUY", 64240.0, 0.15, 2.2, -1.93, 2),
        (190.6, "SELL", 64249.0, 0.05, 1.0, 0.3, 0),
        (213.1, "BUY", 64243.0, 0.05, 1.2, 0.1, 0),
        (239.8, "SELL", 64250.0, 0.1, 1.5, 0.4, 1),
    )
    return tuple(
        FillRow(
            at=AT - ago,
            side=side,
            price=price,
            size=size,
            fee_usd=price * size * 1.5e-4,
            edge_bps=edge,
            markout_bps=after,
            level=level,
            is_taker=False,
            position=0.3512,
        )
        for ago, side, price, size, edge, after, level in table
    )


def some_estimates() -> tuple[EstimateView, ...]:
    table = (
        ("sigma", 4.12e-5, "1/sqrt(s)", "learned", 0.3, 840),
        ("sigma_effective", 3.6e-5, "1/sqrt(s)", "learned", 0.3, 840),
        ("kappa_bid", 18_100.0, "1/fraction", "learned", 8.0, 212),
        ("kappa_ask", 17_400.0, "1/fraction", "learning", 8.0, 45),
        ("intensity_bid", 0.92, "1/s", "learned", 8.0, 212),
        ("intensity_ask", 0.88, "1/s", "prior", 8.0, 3),
        ("fair", 64249.6, "USD", "learned", 0.05, 500),
        ("jump_ratio", 1.08, "", "learned", 0.3, 300),
        ("book_imbalance", 0.22, "", "learned", 0.1, 900),
        ("flow_imbalance", -0.14, "", "stale", 71.0, 12),
    )
    return tuple(EstimateView(name=n, value=v, unit=u, provenance=p, age_s=a, n_eff=e) for n, v, u, p, a, e in table)


def some_bars() -> tuple[RiskBar, ...]:
    table = (
        ("position", True, 0.35, 22_565.0, 64_000.0, "USD"),
        ("daily_loss", True, 0.12, 60.0, 500.0, "USD"),
        ("drawdown", True, 0.27, 1.35, 5.0, "%"),
        ("market_data_age", True, 0.04, 38.0, 1000.0, "ms"),
        ("margin", True, 0.08, 8.0, 100.0, "%"),
        ("order_rate", False, 0.61, 732.0, 1200.0, "/min"),
        ("ack_time", False, 1.18, 71.0, 60.0, "ms"),
        ("toxicity", False, 0.36, 0.18, 0.5, ""),
        ("cascade", False, 0.02, 0.01, 0.8, ""),
        ("clock_skew", False, 0.0, 0.4, 250.0, "ms"),
    )
    return tuple(RiskBar(name=n, kills=k, ratio=r, value=v, limit=m, unit=u) for n, k, r, v, m, u in table)


def some_log() -> tuple[LogLine, ...]:
    table = (
        (260.0, "INFO", "quoting BTC on mainnet, 3 levels a side"),
        (240.5, "INFO", "funding rate 0.0011% paid in 41 min"),
        (140.0, "FILL", "BUY 0.05 @ 64244.0 maker edge +0.84bp fee -0.48"),
        (88.3, "FILL", "SELL 0.10 @ 64254.0 maker edge +1.41bp fee -0.96"),
        (50.7, "FILL", "SELL 0.05 @ 64251.0 maker edge +0.92bp fee -0.48"),
        (33.2, "INFO", "risk_aversion 0.2 -> 0.3 applied in 0.4 ms by op"),
        (19.0, "WARN", "ack p99 71 ms over 60 ms, widening x1.5"),
        (1.6, "INFO", "quote bid 64248.0 x 0.05  ask 64250.0 x 0.05"),
        (0.15, "FILL", "BUY 0.05 @ 64248.0 maker edge +1.13bp fee -0.48"),
    )
    return tuple(LogLine(seq=i + 1, at=AT - ago, level=level, text=text) for i, (ago, level, text) in enumerate(table))


WAVE = (0, 2, 5, 9, 12, 10, 7, 3, -2, -6, -9, -7, -4, 0, 1, 4, 8, 13, 16, 15, 11, 6, 2, -1)


def a_sample(ago_s: float) -> Sample:
    """Three hours that end at the picture: a wave of the mid, quotes a little around it, P&L that grows in steps."""
    phase = ago_s / 75.0
    here, there = WAVE[int(phase) % len(WAVE)], WAVE[int(phase + 1) % len(WAVE)]
    mid = 64249.0 + round(here + (there - here) * (phase % 1.0), 1)
    share = 1.0 - ago_s / 10_800.0
    return Sample(
        at=AT - ago_s,
        mid=mid,
        bid=mid - 1.0,
        ask=mid + 1.0,
        own_bid=mid - 3.0,
        own_ask=mid + 4.0,
        spread_bps=0.311 + 0.02 * (int(ago_s / 30) % 5),
        half_spread_bps=0.54,
        position=round(0.3512 - 0.05 * (int(ago_s / 120) % 13), 4),
        total=184.22 * share,
        spread_capture=241.10 * share,
        adverse_selection=-10.27 * share,
        inventory=-31.07 * share,
        fees=-18.66 * share,
        funding=3.12 * share,
        gamma=0.3,
        sigma=4.12e-5 + 1e-6 * (int(ago_s / 60) % 4),
        kappa_bid=18_100.0,
        kappa_ask=17_400.0,
        adverse_bid_bps=0.4,
        adverse_ask_bps=0.6,
        limit=1.0,
    )


def a_blotter() -> tuple[BlotterRow, ...]:
    """Markouts known as far as the fill is old."""
    rows = []
    for place, fill in enumerate(some_fills()):
        edge, ago = fill.edge_bps or 0.0, AT - fill.at
        marks = ((1.0, edge - 0.3), (5.0, fill.markout_bps), (30.0, edge - 1.4), (300.0, None))
        known = tuple(value if ago >= horizon_s else None for horizon_s, value in marks)
        rows.append(BlotterRow(number=212 - place, fill=fill, markouts_bps=known))
    return tuple(rows)


def some_histories() -> HistoriesView:
    """Half an hour of seconds and three hours of tens; nothing was recorded from 400 to 340 s ago."""
    seconds = [float(ago) for ago in range(1_799, -1, -1) if not 340 <= ago <= 400]
    tens = [float(ago) for ago in range(10_800, -1, -10) if not 340 <= ago <= 400]
    return HistoriesView(
        fine=tuple(a_sample(ago) for ago in seconds),
        coarse=tuple(a_sample(ago) for ago in tens),
        blotter=a_blotter(),
    )


HISTORIES = some_histories()


def an_engine(**changes: Any) -> EngineView:
    fields: dict[str, Any] = {
        "at": AT,
        "mode": Mode.QUOTING,
        "mode_since": AT - 260,
        "bids_quoted": 3,
        "asks_quoted": 3,
        "ladder": a_ladder(),
        "levels": some_levels(),
        "position": PositionView(
            size=0.3512,
            limit=1.0,
            binding_cap="max_position_usd",
            entry=64231.4,
            mark=64249.0,
            value_usd=22_564.2,
            utilisation=0.3512,
            liquidation=39_702.0,
            liquidation_distance=0.382,
            leverage=20,
            worst_long=0.6512,
            worst_short=0.0512,
            margin_used_usd=1_128.2,
        ),
        "pnl": PnlView(
            total=184.22,
            spread_capture=241.10,
            adverse_selection=-10.27,
            inventory=-31.07,
            fees=-18.66,
            funding=3.12,
            realised=178.04,
            unrealised=6.18,
            utc_day=-60.0,
            peak=265.1,
            drawdown=0.006259,
            drawdown_base=12_922.43,
            equity=12_841.55,
            equity_change=184.22,
            volume=287_012.0,
        ),
        "estimates": some_estimates(),
        "risk": some_bars(),
        "orders": some_orders(),
        "queue": QueueView(
            horizon_s=10.0, n=812, abandoned=403, filled=0.11, reference=0.098, brier_touch=0.081, brier_intensity=0.087
        ),
        "fills": some_fills(),
        "markouts": some_markouts(),
        "alarms": (
            Alarm(
                id="ack", since=AT - 19, severity=2, text="ack p99 71 ms over 60 ms for 14 s: widening until it clears"
            ),
        ),
        "guards": (
            GuardView(name="exchange switch", state="armed", expires_in_s=24.0),
            GuardView(name="guard", state="armed"),
        ),
        "feed": FeedView(book_age_ms=38.0, venue_age_ms=212.0, trade_age_ms=640.0, market_up=True, user_up=True),
        "budget": BudgetView(address_left=9_214, address_cap=10_000, actions_last_min=732, actions_per_min_max=1_200.0),
        "counters": Counters(
            orders_placed=1_204,
            orders_cancelled=986,
            orders_refused=3,
            fills=212,
            volume_bought=2.31,
            volume_sold=1.9588,
            quote_cycles=40_112,
            denials=17,
        ),
        "widened_by": (TermView("ack time", 0.42), TermView("toxicity", 0.07)),
        "gamma_factors": (("inventory", 1.25), ("volatility", 1.0), ("toxicity", 1.2)),
        "warmup": WarmupView(is_ready=True),
        "gamma": 0.3,
        "quote_uptime": 0.987,
        "parameters": {p.key: p.default for p in PARAMETERS if p.live},
        "parameters_version": 17,
        "parameter_changes": (
            ParameterChange(
                version=17,
                at=AT - 33,
                by="op",
                before={"trading.risk_aversion": 0.2},
                after={"trading.risk_aversion": 0.3},
            ),
        ),
    }
    return EngineView(**{**fields, **changes})


def a_view(*, session: SessionView | None = None, engine: EngineView | None = None, **changes: Any) -> View:
    latency = tuple(
        LatencyRow(name=n, p50=a, p99=b, longest=c, limit=d)
        for n, a, b, c, d in (
            ("market data age", 21.0, 38.0, 112.0, 1000.0),
            ("tick to quote", 0.3, 0.9, 3.1, 5.0),
            ("order ack", 44.0, 71.0, 180.0, 60.0),
            ("loop stall", 0.1, 0.4, 2.2, 5.0),
        )
    )
    fields: dict[str, Any] = {
        "log": some_log(),
        "latency": latency,
        "ack_ms": 71.0,
        "loop_ms": 0.4,
        "histories": HISTORIES,
        "sources": {"trading.risk_aversion": "file"},
    }
    return View(session=session or a_session(), engine=engine or an_engine(), **{**fields, **changes})


def killed_view() -> View:
    return a_view(
        engine=an_engine(
            mode=Mode.KILLED,
            mode_reason="daily loss 500.12 of 500.00 USD",
            bids_quoted=0,
            asks_quoted=0,
            levels=(),
            orders=(),
            kill=KillView(
                is_fired=True,
                at=AT - 4,
                reason="daily loss",
                progress="6 of 6 cancels acknowledged in 84 ms",
                checklist="position 0.027, 0 own orders, 1 other order; since then 0 edits, 0 fills;"
                " in breach: day loss",
            ),
            why_no_quotes=("killed: daily loss 500.12 of 500.00 USD; :rearm TEXT clears it",),
            alarms=(
                Alarm(
                    id="kill",
                    since=AT - 4,
                    severity=3,
                    text="KILLED: daily loss 500.12 of 500.00 USD; 0 orders rest, position kept",
                ),
            ),
        )
    )


def warming_view() -> View:
    session = a_session(run_kind="SIM", network="sim")
    engine = an_engine(
        mode=Mode.WARMING,
        mode_reason="31 of 50 trades",
        bids_quoted=0,
        asks_quoted=0,
        levels=(),
        orders=(),
        fills=(),
        alarms=(),
        pnl=PnlView(),
        position=PositionView(limit=1.0),
        warmup=WarmupView(parts=(("trades", 31, 50), ("books", 10, 10))),
        why_no_quotes=("warming up: 31 of 50 trades seen", "microprice not fitted yet: 12 of 50 points"),
    )
    return a_view(session=session, engine=engine)


def empty_view() -> View:
    """The first picture of an engine: nothing is known yet."""
    return View(session=a_session(run_kind="PAPER"), engine=EngineView(at=AT))


def extreme_view() -> View:
    """Numbers at the ends of what can arrive, and text of a hostile venue."""
    evil = "a\x1b[31mred\x07\x00 \u202ewide 漢字 tab\tnewline\n end" + "x" * 300
    engine = msgspec.structs.replace(
        an_engine(),
        position=PositionView(
            size=-1e9, limit=0.0, entry=1e-7, mark=1e12, value_usd=-0.0, liquidation=None, leverage=999
        ),
        pnl=PnlView(
            total=-1e9, spread_capture=float("nan"), inventory=float("inf"), fees=-0.0, equity=0.0, volume=1e15
        ),
        mode=Mode.PAUSED,
        mode_reason=evil,
        alarms=(Alarm(id="evil", since=0.0, severity=3, text=evil),),
        why_no_quotes=(evil,),
    )
    return a_view(
        engine=engine, session=a_session(coin=evil, network=evil), log=(LogLine(seq=1, at=-5.0, level=evil, text=evil),)
    )
