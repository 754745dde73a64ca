"""The pages for looking back: exact figures, the rules of their lists, and what their keys do."""

import csv
import io
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.acts.browsing import BROWSING
from mmtui.console.keys import ACTIONS
from mmtui.console.pages import blotter, chart, log, orders, report
from mmtui.console.pages.canvas import BRAILLE, Canvas, decimals_of, round_bounds
from mmtui.console.pages.series import RANGES, window
from mmtui.console.panes import explain
from mmtui.console.panes import help as help_pane
from mmtui.console.rows import text_of, width_of
from mmtui.console.scene import Scene
from mmtui.domain.consultations import OrderTold, Reported, ReportSection, StoryLine, TellOrder, WriteReport
from mmtui.domain.history_view import HistoriesView, Sample
from mmtui.domain.view import LogLine, View
from tests.console.conftest import START, Keyboard, a_desk, a_scene
from tests.console.memory_link import MemoryLink
from tests.console.pictures import AT, HISTORIES, a_view, an_engine, some_orders

SIZES = st.tuples(st.integers(1, 220), st.integers(1, 60))
numbers = st.one_of(st.none(), st.floats(-1e12, 1e12), st.sampled_from([0.0, -0.0, 1e-9]))
samples = st.builds(
    Sample, at=st.floats(AT - 90_000, AT), mid=numbers, own_bid=numbers, own_ask=numbers, spread_bps=numbers,
    position=st.floats(-1e9, 1e9), total=st.floats(-1e9, 1e9), sigma=numbers, kappa_bid=numbers,
)  # fmt: skip


def a_long_log(count: int) -> tuple[LogLine, ...]:
    levels = ("INFO", "FILL", "WARN", "ERROR")
    return tuple(LogLine(seq=i, at=AT - 100 + i, level=levels[i % 4], text=f"line {i}") for i in range(1, count + 1))


def on_page(page: str, view: View | None = None) -> Keyboard:
    keyboard = Keyboard(a_desk(view or a_view()))
    keyboard.desk.cursors.open(page)
    return keyboard


def shown(draw: Callable[[Scene, int, int], object], keyboard: Keyboard, width: int = 120, height: int = 20) -> str:
    scene = Scene(keyboard.desk, keyboard.now, a_scene(None).glyphs)
    return text_of(draw(scene, width, height))  # type: ignore[arg-type]


@given(st.lists(samples, max_size=40), SIZES, st.integers(0, 3), st.integers(0, 9), st.integers(0, 300), st.booleans())
def test_the_chart_fills_its_place_whatever_the_past_was(
    past: list[Sample], size: tuple[int, int], span: int, figure: int, back: int, is_unicode: bool
) -> None:
    ordered = tuple(sorted(past, key=lambda sample: sample.at))
    view = a_view(histories=HistoriesView(fine=ordered, coarse=ordered[::2]))
    scene = a_scene(view, page="chart", is_unicode=is_unicode)
    scene.desk.cursors.steps |= {"range": span, "figure": figure, "back": back}
    for draw in (chart.rows, chart.small_rows):
        lines = draw(scene, *size)
        assert len(lines) == size[1]
        assert {width_of(line) for line in lines} == {size[0]}
        assert "nan" not in text_of(lines)


def test_nothing_is_drawn_across_a_gap() -> None:
    found = window(HISTORIES, 1_800.0, 180)
    empty = [x for x, sample in enumerate(found.columns) if sample is None]
    gap = [found.start + (x + 0.5) * 10.0 for x in empty]
    assert gap
    assert all(AT - 400.0 <= at <= AT - 330.0 for at in gap)


def test_a_column_shows_the_newest_sample_in_it_and_the_last_column_the_newest_of_all() -> None:
    found = window(HISTORIES, 300.0, 100)
    assert found.columns[-1] == HISTORIES.fine[-1]
    for x, sample in enumerate(found.columns):
        assert sample is not None
        assert found.start + x * 3.0 - 1.0 <= sample.at < found.start + (x + 1) * 3.0 + 1e-6


def test_a_session_younger_than_a_minute_still_has_a_window() -> None:
    young = HistoriesView(fine=HISTORIES.fine[-3:], coarse=HISTORIES.coarse[-1:])
    found = window(young, 0.0, 60)
    assert found.end - found.start == pytest.approx(60.0)
    assert sum(sample is not None for sample in found.columns) >= 1


@given(st.floats(-1e9, 1e9), st.floats(0, 1e9), st.integers(1, 12))
def test_bounds_are_round_and_hold_the_range(low: float, span: float, steps: int) -> None:
    bottom, top, step = round_bounds(low, low + span, steps)
    slack = 1e-6 * max(abs(low), span, 1e-9)
    assert bottom <= low + slack
    assert top >= low + span - slack
    digits = f"{step:.0e}"[0]
    assert digits in "125"
    assert round(bottom / step) == pytest.approx(bottom / step, abs=1e-3)
    assert decimals_of(step) <= 8


def test_a_line_in_braille_has_one_dot_a_column_and_none_where_nothing_is_known() -> None:
    canvas = Canvas(3, 1, is_unicode=True)
    canvas.line([0.0, 0.0, None, None, 3.9, 3.9], 0.0, 4.0, "chart")
    (row,) = [canvas.row(0)]
    text = "".join(part for part, _ in row)
    assert [ord(char) - BRAILLE if char != " " else 0 for char in text] == [0xC0, 0, 0x09]


def test_what_is_drawn_first_stays_on_top_and_marks_stand_over_all() -> None:
    canvas = Canvas(4, 1, is_unicode=False)
    canvas.line([1.0, 1.0, None, None], 0.0, 2.0, "chart", "*")
    canvas.line([1.0] * 4, 0.0, 2.0, "bid", ".")
    canvas.mark(3, 0, "o", "bid")
    assert text_of([canvas.row(0)]) == "**.o"


def test_keys_of_the_chart_choose_range_figure_and_time() -> None:
    keyboard = on_page("chart")
    assert "last 5 min" in shown(chart.rows, keyboard)
    keyboard.press("right", "right", "right", "right")
    assert "last session" in shown(chart.rows, keyboard)
    keyboard.press("left", "left", "left", "left", "v")
    assert "last 5 min" in shown(chart.rows, keyboard)
    assert "KAPPA" in shown(chart.rows, keyboard, height=30)
    keyboard.press("h", "h")
    assert "at 12:04:" in shown(chart.rows, keyboard)
    keyboard.press("G")
    assert "h l look back" in shown(chart.rows, keyboard)


def test_the_values_under_the_cursor_are_those_of_that_time() -> None:
    keyboard = on_page("chart")
    for _ in range(30):
        keyboard.press("h")
    text = shown(chart.rows, keyboard, 120, 30)
    wide = 120 - chart.GUTTER - 1
    sample = window(HISTORIES, RANGES[0].span_s, wide).at((wide - 31 + 1) / wide - 1e-9)
    assert sample is not None
    assert f"+{sample.total:.2f}  =  edge +{sample.spread_capture:.2f}" in text


def test_orders_are_listed_as_in_the_ladder_and_those_over_below_newest_first() -> None:
    over = tuple(
        msgspec.structs.replace(row, cloid=f"0x{place}", state="Cancelled", age_s=100.0 - place)
        for place, row in enumerate(some_orders())
    )
    listed = orders.listed(a_view(engine=an_engine(orders=(*over, *some_orders()))))
    assert [row.price for row in listed[:6]] == [64256.0, 64252.0, 64250.0, 64248.0, 64246.0, 64242.0]
    assert [row.age_s for row in listed[6:]] == [95.0, 96.0, 97.0, 98.0, 99.0, 100.0]


def test_enter_asks_for_the_life_of_the_chosen_order_and_shows_it() -> None:
    keyboard = on_page("orders")
    shown(orders.rows, keyboard)
    keyboard.press("down", "enter")
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    (asked,) = link.consulted
    cloid = orders.listed(a_view())[1].cloid
    assert asked == TellOrder(id="op-c1", cloid=cloid)
    lines = (StoryLine(at=AT - 2, what="SELL sent", detail="0.1"), StoryLine(at=AT - 1.93, what="rests in the book"))
    link.find(OrderTold(id="op-c1", cloid=cloid, lines=lines, at=AT))
    keyboard.wait(0.1)
    text = shown(orders.story_rows, keyboard, 100, 6)
    assert "as of 12:04:31" in text
    assert "    +0.070s  rests in the book" in text


def test_the_chosen_order_stays_chosen_when_others_come() -> None:
    keyboard = on_page("orders")
    shown(orders.rows, keyboard)
    keyboard.press("down", "down")
    shown(orders.rows, keyboard)
    chosen = orders.chosen_order(keyboard.desk, keyboard.desk.view)
    extra = msgspec.structs.replace(some_orders()[1], cloid="0xnew", price=70_000.0)
    assert isinstance(keyboard.desk.link, MemoryLink)
    keyboard.desk.link.view = a_view(engine=an_engine(orders=(extra, *some_orders())))
    keyboard.wait(0.1)
    shown(orders.rows, keyboard)
    assert orders.chosen_order(keyboard.desk, keyboard.desk.view) == chosen


@pytest.mark.parametrize(
    ("words", "count"),
    [("", 8), ("buy", 4), ("sell", 4), ("sell l1", 2), ("taker", 0), ("maker", 8), ("60s", 2), ("2m buy", 1),
     ("loss", 4), ("gain", 3)],
)  # fmt: skip
def test_words_filter_the_fills(words: str, count: int) -> None:
    found = blotter.select(a_view(), words)
    assert (len(found.rows), found.unknown) == (count, ())


def test_a_word_that_means_nothing_is_said_and_hides_nothing() -> None:
    keyboard = on_page("fills")
    keyboard.desk.cursors.filters["fills"] = "byu"
    assert len(blotter.select(a_view(), "byu").rows) == 8
    assert "not understood: byu" in shown(blotter.rows, keyboard)


def test_sums_of_fills_are_weighted_by_size() -> None:
    total = blotter.sums(blotter.select(a_view(), "buy").rows)
    assert (total.n, total.makers) == (4, 4)
    assert total.size == pytest.approx(0.3)
    assert total.edge_bps == pytest.approx((1.13 * 0.05 + 0.84 * 0.05 + 2.2 * 0.15 + 1.2 * 0.05) / 0.3)
    assert total.markouts_bps[1] == pytest.approx((0.5 * 0.05 - 1.93 * 0.15 + 0.1 * 0.05) / 0.25)
    assert total.markouts_bps[3] is None
    assert total.edge_usd == pytest.approx(sum(
        bps * 1e-4 * size * price for price, bps, size in (
            (64248.0, 1.13, 0.05), (64244.0, 0.84, 0.05), (64240.0, 2.2, 0.15), (64243.0, 1.2, 0.05))
    ), rel=1e-3)  # fmt: skip


def test_a_markout_that_is_not_known_yet_is_a_point() -> None:
    (line,) = [line for line in shown(blotter.rows, on_page("fills")).splitlines() if line.startswith(">12:04:31")]
    assert line.split()[4:9] == ["+1.13", ".", ".", ".", "."]


def test_fills_are_exported_with_every_column_and_no_formula() -> None:
    view = a_view()
    row = msgspec.structs.replace(view.histories.blotter[0].fill, side="=SUM(A1)")
    evil = msgspec.structs.replace(view.histories.blotter[0], fill=row)
    past = HistoriesView(blotter=(evil, *view.histories.blotter[1:]))
    table = list(csv.reader(io.StringIO(blotter.as_csv(a_view(histories=past), ""))))
    assert table[0] == list(blotter.HEAD)
    assert {len(cells) for cells in table} == {len(blotter.HEAD)}
    assert table[1][2] == "'=SUM(A1)"
    assert table[2][:6] == ["211", "2026-11-20T12:03:40.550Z", "SELL", "64251.0", "0.05", "3212.55"]
    assert table[2][11:] == ["0.62", "0.21", "-0.48", ""]


def test_export_is_a_wish_for_lists_there_are_and_a_refusal_for_others() -> None:
    keyboard = on_page("fills")
    keyboard.desk.run_line("export fills", keyboard.now)
    assert keyboard.desk.wishes == [("export", "fills")]
    keyboard.desk.run_line("export keys", keyboard.now)
    assert "cannot be exported" in keyboard.note


def test_the_log_follows_at_the_top_and_stands_still_below_it() -> None:
    keyboard = on_page("log", a_view(log=a_long_log(40)))
    assert "following" in shown(log.rows, keyboard).splitlines()[0]
    keyboard.press("down", "down", "down")
    before = shown(log.rows, keyboard)
    assert "not following: 3 newer lines above" in before
    assert isinstance(keyboard.desk.link, MemoryLink)
    keyboard.desk.link.view = a_view(log=a_long_log(45))
    keyboard.wait(0.1)
    after = shown(log.rows, keyboard)
    assert "not following: 8 newer lines above" in after
    chosen = [line for line in after.splitlines() if line.startswith(">")]
    assert chosen == [line for line in before.splitlines() if line.startswith(">")]
    keyboard.press("g")
    assert "following" in shown(log.rows, keyboard).splitlines()[0]


def test_n_goes_to_the_next_warning_and_with_words_to_the_next_match_in_its_surroundings() -> None:
    keyboard = on_page("log", a_view(log=a_long_log(40)))
    shown(log.rows, keyboard)
    keyboard.press("n")
    assert ">" in shown(log.rows, keyboard)
    assert "line 39" in next(line for line in shown(log.rows, keyboard).splitlines() if line.startswith(">"))
    keyboard.desk.cursors.filters["log"] = "line 2"
    assert "filter 'line 2': 11 of 40" in shown(log.rows, keyboard)
    keyboard.press("n")
    text = shown(log.rows, keyboard)
    assert "11 with 'line 2'" in text
    assert "line 29" in next(line for line in text.splitlines() if line.startswith(">"))
    assert "line 30" in text


def test_a_level_hides_what_is_milder() -> None:
    keyboard = on_page("log", a_view(log=a_long_log(8)))
    keyboard.desk.cursors.log_level = "warn"
    assert [line.level for line in log.listed(a_view(log=a_long_log(8)), keyboard.desk.cursors)] == [
        "ERROR", "WARN", "ERROR", "WARN",
    ]  # fmt: skip


def test_the_report_is_asked_for_when_its_page_is_opened_and_shown_when_it_is_there() -> None:
    keyboard = on_page("main")
    keyboard.press("9")
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    assert link.consulted == [WriteReport(id="op-c1")]
    section = ReportSection(
        title="P&L by cause", columns=("cause", "USD"), rows=(("total", "+1.500000"), ("fees", "-20.000001"))
    )
    link.find(Reported(id="op-c1", at=AT - 5, sections=(section,)))
    keyboard.wait(0.1)
    assert shown(report.rows, keyboard, 60, 5).splitlines()[1:] == [
        "- P&L BY CAUSE ---------------------------------------------",
        " cause         USD",
        " total   +1.500000",
        " fees   -20.000001",
    ]


def test_a_written_report_says_where() -> None:
    keyboard = on_page("report")
    keyboard.desk.run_line("report-write", keyboard.now)
    link = keyboard.desk.link
    assert isinstance(link, MemoryLink)
    assert link.consulted == [WriteReport(id="op-c1", to_files=True)]
    link.find(Reported(id="op-c1", at=AT, sections=(), paths=("a/r.txt", "a/r.md", "a/r.json")))
    keyboard.wait(0.1)
    assert keyboard.note == "report written: a/r.{txt,md,json}"


def test_help_says_every_action_with_its_keys_as_mapped_now_and_can_be_searched() -> None:
    keyboard = on_page("help")
    text = shown(help_pane.rows, keyboard, 120, 400)
    assert "mmtui kill" in text.splitlines()[1]
    assert all(f":{action.id}" in text for action in ACTIONS)
    keyboard.desk.keymap.keys_of["pause"] = ("F9",)
    assert " F9         :pause" in shown(help_pane.rows, keyboard, 120, 400)
    keyboard.desk.cursors.filters["help"] = "chart figure"
    found = shown(help_pane.rows, keyboard, 120, 20).splitlines()[2:]
    assert [line.split()[1] for line in found if ":" in line] == [":figure"]


def test_help_is_read_in_screens_of_24_lines() -> None:
    keyboard = on_page("help")
    seen: set[str] = set()
    for _ in range(12):
        seen |= set(shown(help_pane.rows, keyboard, 80, 19).splitlines()[2:])
        keyboard.press("pagedown")
    whole = set(shown(help_pane.rows, keyboard, 80, 400).splitlines()[2:])
    assert seen >= whole - {""}


def test_a_term_has_a_bar_to_its_side() -> None:
    scene = a_scene(a_view())
    assert explain.signed_bar(-2.0, 2.0, scene) == "#####|     "
    assert explain.signed_bar(0.8, 2.0, scene) == "     |##   "
    assert explain.signed_bar(0.0, 0.0, scene) == "     |     "


def test_every_key_of_these_pages_does_something_and_nothing_trades() -> None:
    for name in BROWSING:
        keyboard = on_page("chart")
        keyboard.desk.do(name, "fills", START)
        assert keyboard.sent == []
