"""Which rows a ladder shows: our nearest quotes whatever the room, then as much of the book as is left."""

from hypothesis import given
from hypothesis import strategies as st

from mmtui.console.ladder.book import ROWS_SENT, choose
from mmtui.console.ladder.rungs import Rung


def a_side(sizes: int, own: dict[int, float] | None = None, *, beyond: int = 0) -> tuple[Rung, ...]:
    """Asks from 100 upwards a step apart; ``beyond`` own quotes follow where nothing of the book is known."""
    mine = own or {}
    book = [Rung(price=100.0 + i, size=1.0 + i, own_size=mine.get(i, 0.0)) for i in range(sizes)]
    return (*book, *(Rung(price=200.0 + i, size=0.0, own_size=0.5) for i in range(beyond)))


def prices(rows: tuple[Rung, ...]) -> list[float]:
    return [row.price for row in rows]


@st.composite
def sides(draw: st.DrawFn) -> tuple[Rung, ...]:
    sizes = draw(st.integers(0, ROWS_SENT))
    own = draw(st.dictionaries(st.integers(0, max(sizes - 1, 0)), st.just(0.1), max_size=8))
    return a_side(sizes, own, beyond=draw(st.integers(0, 12)))


@given(sides(), st.integers(0, 40))
def test_every_choice_fits_keeps_order_and_shows_the_nearest_own_quotes(rows: tuple[Rung, ...], room: int) -> None:
    side = choose(rows, room)
    shown = (*side.near, *side.far)
    own = [row.price for row in rows if row.own_size]
    visible = [row.price for row in shown if row.own_size]
    assert side.height <= room
    assert side.near == rows[: len(side.near)]
    assert prices(shown) == sorted(set(prices(shown)))
    assert visible == own[: len(visible)]
    assert bool(visible) == bool(own and room)
    assert not side.has_gap or side.far
    if room >= 2 and rows and rows[0].size:
        assert side.near


@given(sides(), st.integers(3, 40))
def test_no_line_stays_empty_while_a_row_is_left_out(rows: tuple[Rung, ...], room: int) -> None:
    side = choose(rows, room)
    assert side.height == room or len(side.near) + len(side.far) == len(rows)


@given(sides(), st.integers(3, 40))
def test_rows_left_out_between_book_and_quotes_are_marked(rows: tuple[Rung, ...], room: int) -> None:
    side = choose(rows, room)
    if side.far and rows.index(side.far[0]) > len(side.near):
        assert side.has_gap


def test_quotes_within_the_lines_need_no_gap() -> None:
    side = choose(a_side(20, {0: 0.1, 3: 0.1}), 4)
    assert (prices(side.near), side.far, side.has_gap) == ([100.0, 101.0, 102.0, 103.0], (), False)


def test_in_four_lines_stand_the_touch_a_gap_and_our_two_nearest() -> None:
    side = choose(a_side(20, beyond=5), 4)
    assert (prices(side.near), prices(side.far), side.has_gap) == ([100.0], [200.0, 201.0], True)


def test_in_nine_lines_every_level_and_three_rows_of_the_book() -> None:
    side = choose(a_side(20, beyond=5), 9)
    assert (prices(side.near), prices(side.far)) == ([100.0, 101.0, 102.0], [200.0, 201.0, 202.0, 203.0, 204.0])


def test_many_levels_leave_a_third_to_the_book() -> None:
    side = choose(a_side(20, beyond=20), 12)
    assert (len(side.near), side.has_gap, len(side.far)) == (4, True, 7)


def test_quotes_beyond_the_known_book_are_apart_from_it_also_when_all_fits() -> None:
    side = choose(a_side(20, beyond=5), 40)
    assert (len(side.near), side.has_gap, len(side.far)) == (20, True, 5)


def test_alone_in_the_book_there_is_nothing_to_be_apart_from() -> None:
    side = choose((Rung(price=100.0, size=0.0, own_size=0.5),), 5)
    assert (len(side.near), side.has_gap) == (1, False)
