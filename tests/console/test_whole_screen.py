"""The main screen at any size and for any picture: nothing raises, no line leaves its pane, and no number is cut."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from mmtui.console.panes import compact, latency, log, pnl, position, quoting, risk, status
from mmtui.console.rows import text_of, width_of
from mmtui.console.screens.catalogue import BODIES, PANES, draw, plan
from mmtui.domain.standing import Standing
from mmtui.domain.trip_view import TripView
from mmtui.domain.view import (
    Alarm,
    BookRow,
    BudgetView,
    EngineView,
    FeedView,
    KillView,
    LogLine,
    Mode,
    PnlView,
    PositionView,
    View,
)
from tests.console.conftest import a_scene
from tests.console.pictures import AT, a_session, a_view, an_engine, killed_view, warming_view

VALUES = st.one_of(
    st.sampled_from([0.0, -0.0, 1e9, -1e9, 1e-8, 1e15, float("nan"), float("inf"), -float("inf"), 0.00001234]),
    st.floats(-1e6, 1e6),
)
SIZES = st.one_of(st.floats(0, 1e6), st.sampled_from([0.0, 1e9, float("nan")]))
MAYBE = st.one_of(st.none(), VALUES)
WORDS = st.one_of(st.sampled_from(["", "kPEPE", "xyz:TSLA-LONG-NAME", "\x1b[31m漢字\u202e"]), st.text(max_size=12))


def structs(kind: Any, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(kind, **fields)


BOOK_ROWS = structs(
    BookRow, price=st.floats(1e-8, 1e7), size=SIZES, own_size=SIZES, ahead=MAYBE, fill_probability=MAYBE
)
POSITIONS = structs(
    PositionView, size=VALUES, limit=VALUES, entry=MAYBE, mark=MAYBE, value_usd=VALUES, liquidation=MAYBE,
    liquidation_distance=MAYBE, leverage=st.integers(0, 999), worst_long=VALUES, worst_short=VALUES,
    margin_used_usd=VALUES, funding_due_usd=MAYBE, funding_due_s=MAYBE, binding_cap=WORDS, is_dust=st.booleans(),
    foreign_orders=st.integers(0, 50),
)  # fmt: skip
MONEY = structs(
    PnlView, total=VALUES, spread_capture=VALUES, adverse_selection=VALUES, inventory=VALUES, fees=VALUES,
    funding=VALUES, realised=VALUES, unrealised=VALUES, utc_day=VALUES, peak=VALUES, drawdown=VALUES,
    drawdown_base=VALUES, equity=VALUES, volume=VALUES,
)  # fmt: skip
FEEDS = structs(FeedView, book_age_ms=MAYBE, venue_age_ms=MAYBE, market_up=st.booleans(), user_up=st.booleans())
BUDGETS = structs(
    BudgetView, actions_last_min=st.integers(0, 9_999), actions_per_min_max=VALUES,
    requests_left=st.none() | st.integers(0, 10**9), requests_per_fill=MAYBE, usd_per_request=MAYBE,
    hours_to_throttle=MAYBE,
)  # fmt: skip


@st.composite
def views(draw_: st.DrawFn) -> View:
    engine = an_engine()
    rows = st.lists(BOOK_ROWS, max_size=8)
    ladder = msgspec.structs.replace(
        engine.ladder,
        bids=tuple(sorted(draw_(rows), key=lambda row: -row.price)),
        asks=tuple(sorted(draw_(rows), key=lambda row: row.price)),
        mid=draw_(MAYBE),
        fair=draw_(MAYBE),
        reservation=draw_(MAYBE),
        spread_bps=draw_(MAYBE),
        quoted_spread_bps=draw_(MAYBE),
        half_spread_bps=draw_(MAYBE),
        model_half_spread_bps=draw_(MAYBE),
        tick=draw_(st.sampled_from([0.0, 1e-8, 0.01, 1.0, 100.0])),
    )
    estimates = tuple(msgspec.structs.replace(one, value=draw_(VALUES)) for one in engine.estimates[:4])
    bars = tuple(msgspec.structs.replace(one, ratio=draw_(VALUES), value=draw_(VALUES)) for one in engine.risk[:4])
    mode = draw_(st.sampled_from(list(Mode)))
    changed: EngineView = msgspec.structs.replace(
        engine, ladder=ladder, estimates=estimates, risk=bars, mode=mode, mode_reason=draw_(WORDS),
        position=draw_(POSITIONS), pnl=draw_(MONEY), feed=draw_(FEEDS), budget=draw_(BUDGETS),
        quote_uptime=draw_(VALUES), gamma=draw_(VALUES), why_no_quotes=draw_(st.lists(WORDS, max_size=3).map(tuple)),
    )  # fmt: skip
    session = a_session(
        run_kind=draw_(st.sampled_from(["LIVE", "PAPER", "DRY-RUN", "SIM", "REPLAY"])),
        coin=draw_(WORDS),
        asset=draw_(WORDS),
        dex=draw_(WORDS),
        network=draw_(WORDS),
        collateral=draw_(st.sampled_from(["USDC", "USDH", ""])),
        price_decimals=draw_(st.integers(0, 8)),
        size_decimals=draw_(st.integers(0, 8)),
    )
    changed = msgspec.structs.replace(
        changed, markouts=(), levels=(), fills=(), parameters={}, orders=engine.orders[:2]
    )
    return View(session=session, engine=changed, ack_ms=draw_(MAYBE), loop_ms=draw_(MAYBE))


PLANS = [place.pane for size in ((30, 6), (60, 14), (80, 24), (120, 40), (200, 60)) for place in plan("main", *size)]
MAIN_PANES = sorted({*PLANS, "quoting", "latency"})


@settings(
    max_examples=40,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(view=views(), width=st.integers(20, 250), height=st.integers(3, 70), age_s=st.sampled_from([0.0, 9.0]))
def test_for_any_picture_and_size_every_pane_fills_its_place_and_prints_no_nonsense(
    view: View, width: int, height: int, age_s: float
) -> None:
    scene = a_scene(view, age_s=age_s)
    for pane in MAIN_PANES:
        lines = PANES[pane](scene, width, height)
        assert [width_of(line) for line in lines] == [width] * height, pane
    screen = draw(scene, "main", width, height)
    assert len(screen) == height
    assert all(len(line) <= width for line in screen)
    nonsense = re.search(r".{0,20}(?<![a-z])(nan|inf|None)(?![a-z]).{0,10}", "\n".join(screen))
    assert nonsense is None or _is_told(view), nonsense[0]


def _is_told(view: View) -> bool:
    """Whether the words of the picture themselves say so."""
    session, engine = view.session, view.engine
    words = " ".join([session.coin, session.asset, session.dex, session.network, engine.mode_reason])
    words += " ".join([engine.position.binding_cap, *engine.why_no_quotes])
    return any(word in words for word in ("nan", "inf", "None"))


FIGURE = re.compile(r"(?<![\w.:])[+-]?\d[\d,]*(?:\.\d+)?(?![\w.])")
MONEY_PANES = ("status", "position", "pnl", "risk", "quoting", "latency", "markout", "estimators", "compact")


@pytest.mark.parametrize("pane", MONEY_PANES)
def test_a_figure_shown_in_a_narrow_pane_is_a_whole_figure_of_the_wide_one(pane: str) -> None:
    """What is left out when a pane gets narrow is left out whole: what remains stands in the wide pane too."""
    scene = a_scene(a_view())
    # A title may count what its pane leaves out, such as 5 of 10.
    wide = {str(count) for count in range(21)} | {
        figure
        for width in (250, 160, 120, 84, 60, 50, 42)
        for figure in FIGURE.findall(text_of(PANES[pane](scene, width, 70)))
    }
    for width in range(20, 120):
        for height in (2, 8, 20):
            narrow = FIGURE.findall(text_of(PANES[pane](scene, width, height)))
            assert set(narrow) <= wide, (width, height, set(narrow) - wide)


def test_a_paused_engine_says_by_whom_and_since_when() -> None:
    engine = an_engine(mode=Mode.PAUSED, mode_reason="by op", mode_since=AT - 180, bids_quoted=0, asks_quoted=0)
    assert " PAUSED by op 12:01 " in text_of(status.rows(a_scene(a_view(engine=engine)), 120, 2))
    assert " PAUSED " in text_of(status.rows(a_scene(a_view(engine=engine)), 50, 2))


def test_a_kill_of_an_earlier_run_is_latched_and_not_fired() -> None:
    session = a_session()
    earlier = KillView(is_fired=True, at=session.started_at - 500, reason="daily loss")
    text = text_of(status.rows(a_scene(a_view(engine=an_engine(kill=earlier))), 120, 2))
    assert "kill LATCHED 08:43:27" in text
    assert "kill FIRED 12:04:27" in text_of(status.rows(a_scene(killed_view()), 120, 2))


def test_a_console_that_looks_on_says_who_is_in_control() -> None:
    scene = a_scene(a_view())
    standing = Standing(is_in_control=False, holder="op/411 on pts/2", consoles=2)
    scene.desk.link.standing = lambda: standing  # type: ignore[method-assign]
    assert " LOOKING ON, in control: op/411 on pts/2 " in text_of(status.rows(scene, 120, 2))
    assert "LOOKING ON" in text_of(status.rows(scene, 80, 2))


def test_a_market_on_another_dex_with_other_collateral_is_named_so() -> None:
    session = a_session(dex="xyz", coin="xyz:TSLA", asset="TSLA", collateral="USDH")
    view = a_view(session=session)
    assert " xyz dex " in text_of(status.rows(a_scene(view), 140, 2))
    assert "- P&L USDH " in text_of(pnl.rows(a_scene(view), 57, 8))
    assert "22,564 USDH" in text_of(position.rows(a_scene(view), 60, 6))


def test_an_answer_slower_than_its_limit_is_marked_and_a_quick_one_is_not() -> None:
    assert "ack 71ms !" in text_of(status.rows(a_scene(a_view()), 120, 2))
    assert "ack 41ms  " in text_of(status.rows(a_scene(a_view(ack_ms=41.0)), 120, 2))


def test_old_market_data_and_a_lost_account_feed_put_a_mark_on_what_they_tell() -> None:
    lost = FeedView(book_age_ms=38.0, market_up=True, user_up=False)
    scene = a_scene(a_view(engine=an_engine(feed=lost)))
    assert text_of(position.rows(scene, 57, 3)).splitlines()[0].startswith("- POSITION account feed down  BTC")
    assert " +0.35120?" in text_of(position.rows(scene, 57, 3))
    assert " pos +0.35120? of 1  P&L +184.22?" in text_of(status.rows(scene, 80, 2))
    old = a_scene(a_view(engine=an_engine(feed=FeedView(book_age_ms=4_200.0, market_up=True, user_up=True))))
    assert "md 4.2s !" in text_of(status.rows(old, 120, 2))
    assert "QUOTE MODEL old 4.2 s" in text_of(quoting.rows(old, 57, 5))


def test_the_last_hour_is_the_session_less_what_was_an_hour_ago_and_adds_up() -> None:
    lines = text_of(pnl.rows(a_scene(a_view()), 57, 8)).splitlines()
    assert lines[0].split()[-6:] == ["session", "last", "hour", "per", "1k", "traded"]
    figures = {line.split("  ")[0].strip(): FIGURE.findall(line)[-3:] for line in lines[1:7]}
    hours = [float(figure[1]) for name, figure in figures.items() if name != "total"]
    assert sum(hours) == pytest.approx(float(figures["total"][1]), abs=0.02)
    young = msgspec.structs.replace(a_view(), session=a_session(started_at=AT - 600))
    assert text_of(pnl.rows(a_scene(young), 57, 8)).splitlines()[6].split()[1:3] == ["+184.22", "+184.22"]


def test_what_moves_the_quotes_is_told_line_by_line() -> None:
    assert text_of(quoting.rows(a_scene(a_view()), 63, 7)).splitlines()[1:] == [
        " reservation 64246.4 (-0.40 bp)  fair 64249.6 (+0.09 bp)",
        " half-spread 1.20 bp quoted  1.31 model  1.50 floor",
        " widened +0.49 bp  ack time +0.42  toxicity +0.07",
        " levels 6 of 6",
        " requests 732/min  quotes rest 12s  one fill in 5.7 orders",
        " gamma 0.3  inventory x1.25  toxicity x1.2",
    ]


def test_while_a_quote_is_missing_the_reasons_take_the_place_of_the_quote_model() -> None:
    assert text_of(quoting.quoting_or_why(a_scene(warming_view()), 57, 5)).startswith("- WHY no quotes")


def test_the_risk_pane_says_in_its_title_what_trips_next_when_it_has_no_lines_for_it() -> None:
    trip = TripView(
        name="actions", follows="nothing placed", value=700, limit=1_200, unit="/min", ratio=0.6, distance=468.0
    )
    view = a_view(engine=an_engine(next_trips=(trip,)))
    assert "next: actions, 468 /min left" in text_of(risk.rows(a_scene(view), 62, 10)).splitlines()[0]
    assert "TRIPS NEXT" in text_of(risk.rows(a_scene(view), 62, 14))


def test_how_long_requests_last_is_told_and_warned_of_when_it_is_soon() -> None:
    budget = BudgetView(requests_left=9_200, hours_to_throttle=1.5, requests_per_fill=27.0, usd_per_request=4.2)
    lines = latency.rows(a_scene(a_view(engine=an_engine(budget=budget))), 63, 20)
    assert " requests left 9200  ends in 90m  27 a fill  4.20 USD each" in text_of(lines)
    assert {role for line in lines for text, role in line if text == "ends in 90m"} == {"warn"}


def a_log(*texts: tuple[str, str]) -> View:
    return a_view(
        log=tuple(LogLine(seq=i, at=AT - 60 + i, level=level, text=text) for i, (level, text) in enumerate(texts))
    )


def test_lines_that_differ_only_in_figures_are_folded_and_fills_never_are() -> None:
    view = a_log(*[("INFO", f"Safety sync orders={n}") for n in (8, 9, 10)], *[("FILL", "BUY 1 @ 5")] * 2)
    lines = text_of(log.rows(a_scene(view), 80, 8)).splitlines()
    assert lines[1:4] == [
        " 12:03:35 FILL  BUY 1 @ 5",
        " 12:03:34 FILL  BUY 1 @ 5",
        " 12:03:33 INFO  x3 since 12:03 Safety sync orders=10",
    ]


def test_a_fill_is_told_in_a_traders_words() -> None:
    raw = "Fill processed side=BUY size=0.00236 price=109809 liquidity=maker fee_usd=0.0388 position=0.00681"
    line = text_of(log.rows(a_scene(a_log(("INFO", raw))), 100, 3)).splitlines()[1]
    assert line.endswith(" FILL  BUY 0.00236 @ 109809  maker  fee 0.0388  position 0.00681")


def test_the_log_shows_a_level_and_worse_and_says_how_many_of_all() -> None:
    scene = a_scene(a_view())
    scene.desk.cursors.log_level = "warn"
    assert text_of(log.rows(scene, 80, 4)).splitlines()[:2] == [
        "- LOG warn and worse: 1 of 9 ---------------------------------------------------",
        " 12:04:12 WARN  ack p99 71 ms over 60 ms, widening x1.5",
    ]


def test_too_small_a_terminal_still_says_what_is_traded_how_much_and_what_is_wrong() -> None:
    assert draw(a_scene(a_view()), "main", 39, 3)[0] == " LIVE  QUOTING +0.35120/1 +184 !!ack"
    assert draw(a_scene(a_view(), age_s=9.0), "main", 39, 3)[0].endswith("!!SILENT")


def test_the_small_body_gives_own_quotes_before_anything_else() -> None:
    first = text_of(compact.rows(a_scene(a_view()), 60, 9)).splitlines()[0]
    assert first == " bid 0.05 64248 41%   ask 0.05 64250 41%"


def test_many_alarms_are_counted() -> None:
    alarms = tuple(Alarm(id=f"a{i}", since=AT - i, severity=1, text=f"trouble {i}") for i in range(4))
    screen = draw(a_scene(a_view(engine=an_engine(alarms=alarms))), "main", 120, 40)
    assert screen[2].endswith("3 more   x acknowledge")


def test_every_page_has_the_status_above_whatever_is_wrong() -> None:
    for page in BODIES:
        assert draw(a_scene(killed_view(), page=page), page, 80, 24)[0].startswith(" LIVE ")
