"""The ladder: prices keep their rows, groups hide nothing, and orders on their way do not look like resting ones."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.ladder.axis import Axis, Market
from mmtui.console.ladder.layout import AXIS_ROWS_MIN, lay
from mmtui.console.ladder.rungs import Changes, Rung, grouped, rungs
from mmtui.console.panes import ladder
from mmtui.console.rows import text_of
from mmtui.domain.view import FeedView, View
from tests.console.conftest import Keyboard, a_desk, a_scene
from tests.console.pictures import a_view, an_engine


def a_market(mid: float = 100.0, *, gap: float = 1.0, step: float = 1.0, own_at: tuple[float, ...] = ()) -> Market:
    bids = {mid - gap / 2 - i * step: Rung(mid - gap / 2 - i * step, 1.0 + i) for i in range(20)}
    asks = {mid + gap / 2 + i * step: Rung(mid + gap / 2 + i * step, 1.0 + i) for i in range(20)}
    for price in own_at:
        side = bids if price < mid else asks
        side[price] = side.get(price, Rung(price))._replace(own_size=0.5)
    return Market(
        tuple(bids[price] for price in sorted(bids, reverse=True)), tuple(asks[price] for price in sorted(asks)), 1.0
    )


def prices(side: tuple[Rung, ...]) -> list[float]:
    return [rung.price for rung in side]


def test_prices_keep_their_rows_while_the_mid_stays_in_the_middle_third() -> None:
    axis = Axis()
    first = lay(a_market(100.5), axis, 15, "X")
    second = lay(a_market(102.5), axis, 15, "X")
    assert first.span == second.span
    assert sorted(prices(first.asks.near) + prices(first.bids.near)) == sorted(
        prices(second.asks.near) + prices(second.bids.near)
    )


def test_the_axis_moves_when_the_mid_leaves_the_middle_third_and_on_asking() -> None:
    axis = Axis()
    first = lay(a_market(100.5), axis, 15, "X").span
    moved = lay(a_market(110.5), axis, 15, "X").span
    assert first is not None
    assert moved is not None
    assert moved.low == first.low + 10
    lay(a_market(112.5), axis, 15, "X")
    axis.recentre()
    again = lay(a_market(112.5), axis, 15, "X").span
    assert again is not None
    assert again.low == first.low + 12


def test_a_book_with_holes_gets_rows_of_several_ticks() -> None:
    span = lay(a_market(1_000.0, step=5.0), Axis(), 18, "X").span
    assert span is not None
    assert span.group == 5


def test_rows_get_finer_when_the_known_book_shrinks_to_a_few_of_them() -> None:
    axis = Axis()
    lay(a_market(1_000.0, step=20.0), axis, 18, "X")
    span = lay(a_market(1_000.0), axis, 18, "X").span
    assert span is not None
    assert span.group == 1


def test_a_person_may_group_more_coarsely_and_hand_it_back() -> None:
    axis = Axis()
    lay(a_market(), axis, 15, "X")
    assert axis.regroup(1) == 2
    coarse = lay(a_market(), axis, 15, "X").span
    assert coarse is not None
    assert coarse.group == 2
    axis.recentre()
    fine = lay(a_market(), axis, 15, "X").span
    assert fine is not None
    assert fine.group == 1


def test_a_wide_spread_never_drives_the_touches_off_the_axis_however_fine_a_person_wants_it() -> None:
    axis = Axis()
    axis.regroup(-1)
    laid = lay(a_market(10_000.0, gap=999.0), axis, 15, "X")
    assert any(rung.size for rung in laid.asks.near)
    assert any(rung.size for rung in laid.bids.near)


@given(
    mid=st.integers(200, 100_000),
    gap=st.integers(1, 150),
    step=st.integers(1, 30),
    rows=st.integers(AXIS_ROWS_MIN, 60),
    own=st.lists(st.integers(-180, 180).filter(bool), max_size=12, unique=True),
    moves=st.lists(st.integers(-40, 40), max_size=4),
)
def test_an_axis_fills_its_rows_shows_both_touches_and_counts_every_quote_of_ours(
    mid: int, gap: int, step: int, rows: int, own: list[int], moves: list[int]
) -> None:
    axis = Axis()
    for move in (0, *moves):
        middle = float(max(mid + move, 190))
        offsets = [offset for offset in own if abs(offset) > gap / 2]
        market = a_market(middle, gap=float(gap), step=float(step), own_at=tuple(middle + one for one in offsets))
        laid = lay(market, axis, rows, "X")
        assert laid.span is not None
        assert laid.asks.height + laid.bids.height <= rows
        shown = [rung for side in (laid.asks, laid.bids) for rung in (*side.near, *side.far)]
        touches = {
            laid.span.low <= market.bids[0].price / laid.span.step,
            market.asks[0].price / laid.span.step <= laid.span.high,
        }
        assert touches == {True}
        assert any(rung.size for rung in laid.asks.near)
        assert any(rung.size for rung in laid.bids.near)
        assert prices(laid.asks.near) == sorted(prices(laid.asks.near))
        assert prices(laid.bids.near) == sorted(prices(laid.bids.near), reverse=True)
        hidden = 0.5 * len(set(offsets)) - sum(rung.own_size for rung in shown)
        assert hidden == pytest.approx(0.5 * laid.hidden)


@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.floats(0.01, 9.0)), min_size=1, max_size=20, unique_by=lambda row: row[0]
    )
)
def test_grouping_keeps_every_size_and_never_shows_a_price_as_better_than_it_is(rows: list[tuple[int, float]]) -> None:
    side = [Rung(float(price), size) for price, size in rows]
    for is_bid in (True, False):
        found = grouped(side, 5.0, is_bid=is_bid)
        assert sum(rung.size for rung in found.values()) == pytest.approx(sum(size for _, size in rows))
        worse = [rung.price <= price if is_bid else rung.price >= price for price, _ in rows for rung in
                 [found[int(price // 5) if is_bid else -int(-price // 5)]]]  # fmt: skip
        assert all(worse)


def with_orders(**states: str) -> View:
    """The fixed picture with the state of the inner bid and ask changed."""
    engine = an_engine()
    orders = tuple(
        msgspec.structs.replace(order, state=states.get(order.side.lower(), order.state)) if order.level == 0 else order
        for order in engine.orders
    )
    return a_view(engine=msgspec.structs.replace(engine, orders=orders))


def test_an_order_on_its_way_and_one_being_taken_off_do_not_look_like_one_that_rests() -> None:
    text = text_of(ladder.rows(a_scene(with_orders(buy="CancelPending", sell="Unknown")), 62, 18))
    assert "x0.05B" in text
    assert "?0.05S" in text
    roles = {
        word.strip(): role
        for line in ladder.rows(a_scene(with_orders(buy="CancelPending")), 62, 18)
        for word, role in line
    }
    assert (roles["x0.05B"], roles["0.05S"]) == ("bid", "own-ask")


def test_an_order_that_was_only_sent_stands_at_its_price_before_the_book_has_it() -> None:
    view = with_orders(buy="Submitted")
    book = view.engine.ladder
    bids = tuple(msgspec.structs.replace(row, own_size=0.0) if row.price == 64248.0 else row for row in book.bids)
    ladder_view = msgspec.structs.replace(book, bids=bids)
    sent = msgspec.structs.replace(view, engine=msgspec.structs.replace(view.engine, ladder=ladder_view))
    assert next((rung.own_size, rung.doing) for rung in rungs(sent, is_bid=True)) == (0.05, ">")
    assert ">0.05B" in text_of(ladder.rows(a_scene(sent), 62, 18))


def test_a_size_on_its_way_stays_exact_in_a_narrow_ladder() -> None:
    view = with_orders(buy="CancelPending")
    bids = (msgspec.structs.replace(view.engine.ladder.bids[0], own_size=0.00445), *view.engine.ladder.bids[1:])
    engine = msgspec.structs.replace(view.engine, ladder=msgspec.structs.replace(view.engine.ladder, bids=bids))
    assert " x.00445B" in " " + text_of(ladder.rows(a_scene(msgspec.structs.replace(view, engine=engine)), 49, 9))


def test_a_wide_ladder_has_the_age_of_our_orders() -> None:
    lines = text_of(ladder.rows(a_scene(a_view()), 74, 18)).splitlines()
    assert lines[1].split() == ["own", "age", "ahead", "fill", "bid|", "price|", "ask", "fill", "ahead", "age", "own"]
    assert any("0.05B 2.1s  3.20  41%  0.908|" in line for line in lines)


def test_a_level_that_changed_much_is_marked_for_a_second_and_small_changes_are_not() -> None:
    changes = Changes()
    side = [Rung(100.0, 4.0), Rung(99.0, 4.0), Rung(98.0, 4.0)]
    changes.see(10.0, [side])
    assert not changes.has(99.0)
    changes.see(10.1, [[side[0], Rung(99.0, 1.0), Rung(98.0, 4.2)]])
    assert (changes.has(99.0), changes.has(98.0), changes.has(100.0)) == (True, False, False)
    changes.see(11.0, [[side[0], Rung(99.0, 1.0), Rung(98.0, 4.2)]])
    assert changes.has(99.0)
    changes.see(11.2, [[side[0], Rung(99.0, 1.0), Rung(98.0, 4.2)]])
    assert not changes.has(99.0)


def test_levels_that_come_into_sight_at_the_end_of_the_book_have_not_changed() -> None:
    changes = Changes()
    changes.see(10.0, [[Rung(100.0, 4.0), Rung(99.0, 4.0)]])
    changes.see(10.1, [[Rung(100.0, 4.0), Rung(99.0, 4.0), Rung(98.0, 9.0)]])
    assert not changes.has(98.0)


def test_a_book_that_stopped_moving_looks_old_though_the_engine_lives() -> None:
    feed = FeedView(book_age_ms=4_200.0, market_up=True, user_up=True)
    lines = ladder.rows(a_scene(a_view(engine=an_engine(feed=feed))), 62, 18)
    assert text_of(lines).splitlines()[0].startswith("- LADDER old 4.2 s  tick 1")
    assert {role for line in lines for text, role in line if "64250" in text} == {"stale"}


def test_without_asks_the_ladder_says_so_and_shows_the_bids() -> None:
    engine = an_engine(orders=())
    book = msgspec.structs.replace(engine.ladder, asks=(), spread_bps=None)
    text = text_of(ladder.rows(a_scene(a_view(engine=msgspec.structs.replace(engine, ladder=book))), 62, 18))
    assert "NO ASKS" in text
    assert "| 64248|" in text


def test_prices_beyond_what_the_exchange_sends_are_not_shown_as_empty() -> None:
    engine = an_engine(orders=())
    book = msgspec.structs.replace(engine.ladder, bids=engine.ladder.bids[:3], asks=engine.ladder.asks[:3])
    text = text_of(ladder.rows(a_scene(a_view(engine=msgspec.structs.replace(engine, ladder=book))), 62, 18))
    assert "      .| 64244|" in text


def test_keys_make_the_ladder_coarser_finer_and_centred() -> None:
    desk = a_desk(a_view())
    keys = Keyboard(desk)
    assert keys.press("]").note == "ladder: 2 ticks a row; z lets it choose again"
    assert keys.press("]").press("[").note.startswith("ladder: ")
    keys.press("z")
    assert desk.cursors.axis.chosen == 0


@pytest.mark.parametrize("price", [0.00001234, 1e9 + 0.5])
def test_prices_of_any_size_are_whole_on_the_axis(price: float) -> None:
    tick = 1e-8 if price < 1 else 0.5
    engine = an_engine(orders=())
    rows = engine.ladder.bids
    bids = tuple(msgspec.structs.replace(row, price=price - tick * (i + 1), own_size=0.0) for i, row in enumerate(rows))
    asks = tuple(msgspec.structs.replace(row, price=price + tick * i, own_size=0.0) for i, row in enumerate(rows))
    book = msgspec.structs.replace(engine.ladder, bids=bids, asks=asks, mid=price - tick / 2, tick=tick)
    view = a_view(engine=msgspec.structs.replace(engine, ladder=book))
    session = msgspec.structs.replace(view.session, price_decimals=8 if price < 1 else 1)
    view = msgspec.structs.replace(view, session=session)
    text = text_of(ladder.rows(a_scene(view), 62, 18))
    assert f"| {price:.8f}|" in text if price < 1 else f"| {price:.1f}|" in text
