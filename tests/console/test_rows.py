"""Each pane as text: what it says for an empty, a normal, an extreme, an old, a killed picture."""

import itertools
import re
from collections.abc import Callable

import msgspec
import pytest

from mmtui.console.panes import (
    alarm,
    bottom,
    compact,
    estimators,
    fills,
    ladder,
    markout,
    orders,
    pnl,
    position,
    risk,
    status,
    why,
)
from mmtui.console.rows import ASCII_GLYPHS, Column, bar, cells, fit, join, text_of, title, width_of
from mmtui.console.screens.catalogue import BODIES, PANES, draw
from mmtui.domain.trip_view import TripView
from mmtui.domain.view import BookRow, LogLine, View
from tests.console.conftest import START, a_desk, a_scene
from tests.console.pictures import a_session, a_view, an_engine, empty_view, extreme_view, killed_view, warming_view

PICTURES: dict[str, Callable[[], View | None]] = {
    "none": lambda: None,
    "empty": empty_view,
    "normal": a_view,
    "killed": killed_view,
    "warming": warming_view,
    "extreme": extreme_view,
}


@pytest.mark.fault("F113")
@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("pane", PANES)
def test_every_pane_fills_exactly_its_place_whatever_it_is_given(pane: str, picture: str) -> None:
    sizes = ((20, 1), (33, 5), (47, 10), (80, 24), (131, 40))
    for (width, height), age_s in itertools.product(sizes, (0.0, 30.0)):
        lines = PANES[pane](a_scene(PICTURES[picture](), age_s=age_s), width, height)
        assert len(lines) == height
        assert {width_of(line) for line in lines} == {width}
        assert all(char.isprintable() for line in lines for text, _ in line for char in text)


@pytest.mark.parametrize("page", BODIES)
@pytest.mark.parametrize(("width", "height"), [(30, 3), (60, 14), (80, 24), (100, 30), (120, 40), (200, 60)])
def test_no_page_prints_nan_or_infinity(page: str, width: int, height: int) -> None:
    screen = "\n".join(draw(a_scene(extreme_view(), page=page), page, width, height))
    assert not re.search(r"\b(nan|inf|None)\b", screen)


def test_the_position_pane_says_size_average_mark_gauge_and_where_open_orders_would_lead() -> None:
    assert text_of(position.rows(a_scene(a_view()), 57, 6)) == "\n".join([
        "- POSITION BTC ------------------------------------------",
        " -1 [.......................|<#######......>........] +1",
        " +0.35120  avg 64231.4  mark 64249  22,564 USD",
        " liq 39702 38%  if all fill +0.05120 +0.65120",
        " limit by max_position_usd  ends trading at 0.996",
        " turnover 4.269 BTC",
    ])  # fmt: skip


def test_the_pnl_pane_adds_up_line_by_line() -> None:
    assert text_of(pnl.rows(a_scene(a_view()), 33, 7)) == "\n".join([
        "- P&L USD ----------- session ---",
        " spread               +241.10",
        " adverse               -10.27",
        " inventory             -31.07",
        " fees                  -18.66",
        " funding                +3.12",
        " total                +184.22",
    ])  # fmt: skip


def test_money_that_is_not_explained_has_a_line_of_its_own() -> None:
    engine = an_engine()
    view = a_view(engine=msgspec.structs.replace(engine, pnl=msgspec.structs.replace(engine.pnl, total=190.0)))
    assert " unexplained            +5.78" in text_of(pnl.rows(a_scene(view), 33, 9))


def test_the_ladder_shows_own_size_beside_the_market() -> None:
    assert text_of(ladder.rows(a_scene(a_view()), 49, 8)) == "\n".join([
        "- LADDER tick 1  2 of ours further out ----------",
        "        ############| 64252|  2.006 18%    0.10S",
        "            ########| 64251|  1.334",
        "                  ##| 64250|  0.412 41%    0.05S",
        "-- spread 0.31 bp  ours 0.37  model 2.62 --------",
        "    0.05B 41%  0.908| 64248|######",
        "               2.551| 64247|################",
        "    0.10B 18%  3.180| 64246|####################",
    ])  # fmt: skip


def a_picture_with_far_quotes(levels: int = 5) -> View:
    """As on a deep market: rows a tenth of a basis point apart, our quotes five and more from the mid."""
    engine = an_engine()

    def side(sign: int, touch: float) -> tuple[BookRow, ...]:
        book = [BookRow(price=touch + sign * i, size=1.0 + i % 3) for i in range(20)]
        ours = [
            BookRow(price=touch + sign * (60 + 25 * i), size=0.0, own_size=0.00445, fill_probability=0.12)
            for i in range(levels)
        ]
        return (*book, *ours)

    far = msgspec.structs.replace(engine.ladder, bids=side(-1, 110_001.0), asks=side(1, 110_002.0), mid=110_001.5)
    return a_view(engine=msgspec.structs.replace(engine, ladder=far))


def test_own_quotes_far_from_the_mid_are_on_the_ladder_behind_a_gap() -> None:
    assert text_of(ladder.rows(a_scene(a_picture_with_far_quotes()), 49, 10)) == "\n".join([
        "- LADDER tick 1  6 of ours further out ----------",
        "             +7.8 bp| 110087|        12% 0.00445S",
        "             +5.5 bp| 110062|        12% 0.00445S",
        "                    |    ...|",
        " ###################| 110002|  1.000",
        "-- spread 0.31 bp  ours 0.37  model 2.62 --------",
        "               1.000| 110001|###################",
        "                    |    ...|",
        " 0.00445B 12%       | 109941| -5.5 bp",
        " 0.00445B 12%       | 109916| -7.8 bp",
    ])  # fmt: skip


@pytest.mark.parametrize("levels", [1, 5, 20])
@pytest.mark.parametrize(
    ("width", "height"), [(60, 14), (78, 22), (80, 23), (80, 24), (80, 50), (100, 30), (120, 40), (200, 60), (250, 90)]
)
def test_our_quotes_and_the_touch_are_on_both_sides_at_every_size(width: int, height: int, levels: int) -> None:
    screen = "\n".join(draw(a_scene(a_picture_with_far_quotes(levels)), "main", width, height))
    for price in ("110062", "109941"):
        assert re.search(rf"(?<![\d.]){price}(?![\d.])", screen), price
    if "LADDER" in screen:
        assert re.search(r"\| 110062\|.*0\.00\d+S", screen)
        assert re.search(r"0\.00\d+B.*\| 109941\|", screen)
        assert "| 110002|" in screen
        assert "| 110001|" in screen
        assert screen.count("|    ...|") == 2


@pytest.mark.parametrize("price", [0.012345, 3.1416, 99_999.5, 1_234_567.5])
@pytest.mark.parametrize("width", [49, 62])
def test_prices_of_any_length_stay_whole_and_in_line(price: float, width: int) -> None:
    engine = an_engine()
    tick = 1e-6 if price < 1 else 0.5
    bids = tuple(BookRow(price=price - tick * i, size=1.0, own_size=0.01 * (i == 9)) for i in range(20))
    asks = tuple(BookRow(price=price + tick * (i + 1), size=1.0, own_size=0.01 * (i == 9)) for i in range(20))
    book = msgspec.structs.replace(engine.ladder, bids=bids, asks=asks, mid=price + tick / 2, tick=tick)
    session = a_session(price_decimals=6 if price < 1 else 1)
    view = a_view(session=session, engine=msgspec.structs.replace(engine, ladder=book))
    lines = [line for line in text_of(ladder.rows(a_scene(view), width, 10)).splitlines() if line.count("|") == 2]
    assert len({(line.index("|"), line.rindex("|")) for line in lines}) == 1
    shown = [line.split("|")[1].strip() for line in lines]
    for row in (asks[9], asks[0], bids[0], bids[9]):
        assert ladder.price_text(row.price, view) in shown
    assert sum("0.01S" in line for line in lines) == sum("0.01B" in line for line in lines) == 1


def test_the_risk_pane_marks_what_is_over_and_says_what_kills() -> None:
    assert text_of(risk.rows(a_scene(a_view()), 62, 11)).splitlines()[6:8] == [
        " w order rate      ##########......   61%  732 of 1200 /min",
        "!w ack time        ################  118%  71 of 60 ms",
    ]


def test_what_is_nothing_beside_its_limit_is_shown_as_nothing() -> None:
    bars = tuple(msgspec.structs.replace(one, value=7.3e-5) for one in an_engine().risk if one.name == "drawdown")
    view = a_view(engine=an_engine(risk=bars))
    assert text_of(risk.rows(a_scene(view), 62, 2)).endswith("0 of 5 %")


def test_when_rows_are_few_the_limits_that_kill_stay() -> None:
    text = text_of(risk.rows(a_scene(a_view()), 62, 6))
    assert text.count("\n K ") == 5
    assert "\n w " not in text


def test_orders_are_listed_like_the_ladder_and_the_outermost_give_way() -> None:
    assert text_of(orders.rows(a_scene(a_view()), 57, 4)) == "\n".join([
        "- ORDERS 6 resting, 0 pending, 3 more not shown ---------",
        " SELL      64252      0.10   18%   12s Resting",
        " SELL      64250      0.05   41%  2.1s Resting",
        " BUY       64248      0.05   41%  2.1s Resting",
    ])  # fmt: skip


def test_a_fill_shows_its_edge_and_waits_for_its_markout() -> None:
    lines = text_of(fills.rows(a_scene(a_view()), 80, 4)).splitlines()
    assert lines[2] == " 12:04:31.100 BUY       64248      0.05   +1.13       .   -0.4819    +0.35120"
    assert lines[3] == " 12:03:40.550 SELL      64251      0.05   +0.92   +0.21   -0.4819    +0.35120"


def test_estimates_are_shown_in_the_units_traders_use() -> None:
    text = text_of(estimators.rows(a_scene(a_view(), is_unicode=True), 62, 12))
    assert " sigma                 0.4120 bp/√s      0.3s    840 learned" in text
    assert " kappa bid              1.810 1/bp       8.0s    212 learned" in text
    assert " flow imbalance       -0.140?             71s     12 stale" in text


def test_the_terms_of_a_price_are_shown_with_their_sum() -> None:
    lines = text_of(why.rows(a_scene(a_view()), 40, 12)).splitlines()
    assert lines[1] == " term, bps             bid 0    ask 0"
    assert lines[2] == " half spread           -1.31    +1.31"
    assert " sum                   -1.80    +1.80" in lines
    assert " price                 64238    64261" in lines


def test_how_the_strategy_made_its_quotes_stands_above_their_terms() -> None:
    view = a_view()
    told = msgspec.structs.replace(view, engine=msgspec.structs.replace(view.engine, strategy_note="by the table"))
    lines = text_of(why.rows(a_scene(told), 40, 12)).splitlines()
    assert lines[1] == " by the table"
    assert lines[2] == " term, bps             bid 0    ask 0"


def test_without_quotes_the_reasons_come_first() -> None:
    lines = text_of(why.rows(a_scene(warming_view()), 57, 5)).splitlines()
    assert lines[0].startswith("- WHY no quotes")
    assert lines[1:3] == [" ! warming up: 31 of 50 trades seen", " ! microprice not fitted yet: 12 of 50 points"]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(30, [" LIVE   BTC  QUOTING 3x3"]),
     (80, [" LIVE   mainnet  BTC  QUOTING 3x3  kill armed  guard, switch 24 s     12:04:31Z",
           " pos +0.35120 of 1  P&L +184.22  day loss 12%  md 38ms  ack 71ms !  rate 61%"])],
)  # fmt: skip
def test_status_drops_whole_items_when_narrow(width: int, expected: list[str]) -> None:
    assert text_of(status.rows(a_scene(a_view()), width, 2)).splitlines()[: len(expected)] == expected


@pytest.mark.parametrize("width", range(24, 130, 3))
def test_the_mode_is_visible_at_every_width_and_no_number_is_cut(width: int) -> None:
    first, second = text_of(status.rows(a_scene(a_view()), width, 2)).splitlines()
    assert first.startswith(" LIVE ")
    assert "QUOTING" in first
    for figure in re.findall(r"[+-]?\d[\d.,]*", second):
        assert figure in (
            "+0.35120",
            "1",
            "+184.22",
            "12",
            "38",
            "71",
            "0.4",
            "61",
            "99",
            "212",
            "12,841.55",
            "287,012",
        )


def test_an_old_picture_says_so_in_the_status_the_alarm_and_the_titles() -> None:
    scene = a_scene(a_view(), age_s=7.0)
    screen = "\n".join(draw(scene, "main", 80, 24))
    assert " OLD 7s " in screen.splitlines()[0]
    assert "ENGINE SILENT 7.0 s" in screen.splitlines()[2]
    assert "POSITION OLD 7.0 s" in screen
    roles = {role for line in position.rows(scene, 57, 5) for text, role in line if "0.35120" in text}
    assert roles == {"stale"}


def test_the_worst_alarm_is_shown_with_how_many_wait() -> None:
    engine = an_engine()
    more = msgspec.structs.replace(engine.alarms[0], id="disk", severity=1, text="disk is slow")
    view = a_view(engine=msgspec.structs.replace(engine, alarms=(more, *engine.alarms)))
    line = text_of(alarm.rows(a_scene(view), 120, 1))
    assert line.startswith(" !! 12:04:12 ack p99")
    assert line.endswith("1 more   x acknowledge")


def test_the_alarm_line_is_empty_when_nothing_is_wrong() -> None:
    assert text_of(alarm.rows(a_scene(a_view(engine=an_engine(alarms=()))), 80, 1)) == ""


def test_a_killed_engine_says_when_why_and_how_to_go_on() -> None:
    line = text_of(bottom.rows(a_scene(killed_view()), 120, 2)).splitlines()[0]
    assert line == " KILLED 12:04:27 daily loss: 6 of 6 cancels acknowledged in 84 ms   :rearm TEXT clears it"


@pytest.mark.fault("F53")
def test_hostile_text_cannot_leave_its_pane() -> None:
    screen = draw(a_scene(extreme_view()), "main", 80, 24)
    assert all(len(line) <= 80 for line in screen)
    assert "\x1b" not in "".join(screen)


def test_a_crossed_book_is_drawn_as_it_is() -> None:
    engine = an_engine()
    crossed = msgspec.structs.replace(engine.ladder, bids=engine.ladder.asks, asks=engine.ladder.bids, spread_bps=-0.31)
    view = a_view(engine=msgspec.structs.replace(engine, ladder=crossed))
    assert "CROSSED -0.31 bp" in text_of(ladder.rows(a_scene(view), 47, 8))


def test_the_screen_names_the_run_kind_whatever_the_size() -> None:
    for kind in ("LIVE", "PAPER", "DRY-RUN", "SIM", "REPLAY"):
        view = a_view(session=a_session(run_kind=kind))
        for size in ((20, 2), (39, 7), (60, 14), (80, 24), (200, 60)):
            assert draw(a_scene(view), "main", *size)[0].startswith(f" {kind} ")


def test_items_are_dropped_whole_and_the_least_important_first() -> None:
    items = [(0, (("aaaa", "text"),)), (2, (("bbbb", "text"),)), (1, (("cccc", "text"),))]
    assert text_of([join(items, 16)]) == "aaaa  bbbb  cccc"
    assert text_of([join(items, 15)]) == "aaaa  cccc"
    assert text_of([join(items, 9)]) == "aaaa"


def test_a_number_wider_than_its_column_is_hashes_not_a_wrong_number() -> None:
    columns = (Column("price", 5),)
    assert cells(columns, (0,), (("123456", "text"),)) == (("#####", "text"),)


def test_a_bar_is_empty_at_nothing_full_at_the_limit_and_visible_just_above_nothing() -> None:
    assert [text_of([bar(v, 4, ASCII_GLYPHS, "text")]) for v in (0.0, 0.01, 0.5, 1.0, 7.0)] == [
        "....",
        "#...",
        "##..",
        "####",
        "####",
    ]


def test_a_title_keeps_its_width() -> None:
    for width in (3, 8, 20):
        assert width_of(title("RISK", "share of limit", width, ASCII_GLYPHS)) == width
    assert width_of(fit((("abc", "text"),), 2)) == 2


def test_a_desk_without_any_picture_says_that_it_waits() -> None:
    desk = a_desk(None)
    scene = a_scene(None, age_s=4.0)
    assert desk.sight.is_silent(START.engine)
    assert text_of(status.rows(scene, 60, 2)).startswith(" NO ENGINE  waiting for the engine, 4 s")


def test_own_quotes_with_many_digits_stay_in_their_column() -> None:
    engine = an_engine()
    bids = tuple(
        msgspec.structs.replace(row, own_size=0.00445 if i < 2 else 0.0) for i, row in enumerate(engine.ladder.bids)
    )
    view = a_view(
        engine=msgspec.structs.replace(engine, ladder=msgspec.structs.replace(engine.ladder, bids=bids, asks=()))
    )
    wide = text_of(ladder.rows(a_scene(view), 62, 9)).splitlines()
    narrow = text_of(ladder.rows(a_scene(view), 47, 9)).splitlines()
    assert " 0.00445B  3.20  41%  0.908| 64248|" in wide[6]
    assert wide[6].index("|") == wide[7].index("|") == wide[8].index("|")
    assert narrow[6].index("|") == narrow[7].index("|") == narrow[8].index("|")


def test_a_price_where_only_we_stand_shows_no_market_size() -> None:
    engine = an_engine()
    alone = msgspec.structs.replace(engine.ladder.bids[0], size=0.0)
    view = a_view(
        engine=msgspec.structs.replace(engine, ladder=msgspec.structs.replace(engine.ladder, bids=(alone,), asks=()))
    )
    assert "0.000" not in text_of(ladder.rows(a_scene(view), 62, 9))


@pytest.mark.parametrize(("count", "height"), [(10, 6), (15, 15), (15, 9), (9, 9), (3, 2), (16, 9)])
def test_every_estimate_that_fits_is_shown_once(count: int, height: int) -> None:
    one = an_engine().estimates[0]
    estimates = tuple(msgspec.structs.replace(one, name=f"e{i:02d}x") for i in range(count))
    view = a_view(engine=msgspec.structs.replace(an_engine(), estimates=estimates))
    text = text_of(estimators.rows(a_scene(view), 60, height))
    expected = min(count, (height - 1) * 2)
    assert [text.count(f"e{i:02d}x") for i in range(count)] == [1] * expected + [0] * (count - expected)


def test_the_markout_pane_gives_sides_both_and_levels_with_their_intervals() -> None:
    lines = text_of(markout.rows(a_scene(a_view()), 90, 9)).splitlines()
    assert lines[1].split() == ["edge", "1s", "+-", "5s", "+-", "30s", "+-", "5m", "+-", "n"]
    assert lines[2].split() == [
        "bids",
        "+1.10",
        "+0.52",
        "0.20",
        "+0.20",
        "0.34",
        "-0.41",
        "0.70",
        "-2.90",
        "1.90",
        "104",
    ]
    assert lines[4].split()[:2] == ["both", "+1.10"]
    assert lines[4].split()[-1] == "212"
    assert lines[5].startswith(" bids 0")
    narrow = text_of(markout.rows(a_scene(a_view()), 63, 5)).splitlines()
    assert narrow[2].split() == ["bids", "+1.10", "+0.52", "+0.20", "-0.41", "-2.90", "104"]


def test_a_markout_is_coloured_only_where_its_interval_says_so() -> None:
    spans = {text.strip(): role for line in markout.rows(a_scene(a_view()), 63, 5) for text, role in line}
    assert (spans["+0.52"], spans["+0.20"], spans["-2.90"]) == ("gain", "text", "loss")


def test_before_any_fill_was_judged_the_markout_pane_says_so() -> None:
    view = a_view()
    empty = msgspec.structs.replace(view, engine=msgspec.structs.replace(view.engine, markouts=()))
    assert "no fill judged yet" in text_of(markout.rows(a_scene(empty), 63, 5))


def test_the_pnl_pane_says_over_which_time_adverse_selection_is_measured() -> None:
    view = a_view()
    values = {**view.engine.parameters, "estimators.adverse_horizon_s": 2.5}
    labelled = msgspec.structs.replace(view, engine=msgspec.structs.replace(view.engine, parameters=values))
    assert "adverse 2.5 s" in text_of(pnl.rows(a_scene(labelled), 40, 10))
    assert "edge and after 2.5 s in bp" in text_of(fills.rows(a_scene(labelled), 80, 10))


def test_no_trip_names_a_move_that_no_price_makes() -> None:
    trips = tuple(
        TripView(
            name=f"limit {place}",
            follows="",
            text="",
            value=0.0,
            limit=1.0,
            unit="USD",
            ratio=0.1,
            distance=5.0,
            move_bps=bps,
        )
        for place, bps in enumerate((-250.0, 4_300.0, -39_581.0, 108_744.0))
    )
    view = a_view(engine=an_engine(next_trips=trips))
    lines = text_of(risk.rows(a_scene(view), 80, 20)).splitlines()
    found = [next(line for line in lines if f"limit {place}" in line) for place in range(4)]
    assert "price -250 bp" in found[0]
    assert "price +43%" in found[1]
    assert "price" not in found[2] + found[3]


def test_a_small_screen_tells_fills_as_the_log_does() -> None:
    text = "Fill processed side=SELL size=0.05 price=64250 liquidity=maker fee_usd=0.48"
    view = a_view(log=(LogLine(seq=1, at=START.engine, level="INFO", text=text),))
    assert "FILL SELL 0.05 @ 64250" in text_of(compact.rows(a_scene(view), 60, 8))
