"""Position and average cost. Source: models.md 10.1 and 10.2."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmtui.domain.instrument import Side
from mmtui.domain.position import Position
from tests.unit.properties import examples

BUY, SELL = Side.BUY, Side.SELL
SCALE = 10

fills = st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(1, 2000), st.integers(1, 50)), max_size=30)


def applied(path, position=None):
    position = position or Position()
    returned = [position.apply(side, price, size) for side, price, size in path]
    assert position.realised == sum(returned)
    return position


def cash_of(path):
    return -sum(side * price * size for side, price, size in path)


def test_the_check_values_of_average_cost_come_out():
    start = Position(1000, 1000 * 100_000 * SCALE)
    path = [(BUY, 99_990, 2000), (SELL, 100_040, 1000), (BUY, 99_950, 3000), (SELL, 100_010, 4000)]
    position = applied([(side, usd * SCALE, size) for side, usd, size in path], start)
    assert position.size == 1000
    assert position.entry(SCALE) == pytest.approx(99_967.333333, abs=1e-4)
    assert position.realised == 2_173_333
    assert position.unrealised(100_020 * SCALE) == 526_667


@given(path=fills, mark=st.integers(1, 3000))
@examples(200)
def test_realised_and_unrealised_together_are_cash_and_value(path, mark):
    position = applied(path)
    assert position.size == sum(side * size for side, _, size in path)
    assert position.realised + position.unrealised(mark) == cash_of(path) + position.size * mark


@given(path=fills)
@examples(200)
def test_the_average_cost_is_the_exact_one_but_for_a_rounding_a_close(path):
    position, size, cost = Position(), 0, Fraction(0)
    closes = 0
    for side, price, amount in path:
        position.apply(side, price, amount)
        signed = side * amount
        if size * signed >= 0:
            size, cost = size + signed, cost + price * signed
        elif amount < abs(size):
            size, cost = size + signed, cost * (abs(size) - amount) / abs(size)
            closes += 1
        else:
            size, closes = size + signed, 0
            cost = Fraction(price * size)
        assert position.size == size
        assert abs(position.cost - cost) <= Fraction(closes, 2)


@given(path=fills)
@examples(200)
def test_a_mirrored_path_gives_the_mirrored_position(path):
    there, back = applied(path), applied([(side.opposite, price, size) for side, price, size in path])
    assert (back.size, back.cost, back.realised) == (-there.size, -there.cost, -there.realised)


@given(path=fills)
@examples(200)
def test_a_flat_position_has_no_cost_no_entry_and_nothing_unrealised(path):
    position = applied(path)
    if position.size:
        position.apply(SELL if position.size > 0 else BUY, 777, abs(position.size))
    assert (position.size, position.cost, position.entry(SCALE)) == (0, 0, None)
    assert position.unrealised(12_345) == 0


@given(
    side=st.sampled_from(list(Side)),
    held=st.integers(1, 50),
    more=st.integers(1, 50),
    prices=st.tuples(*[st.integers(1, 2000)] * 2),
)
@examples(200)
def test_a_flip_realises_all_of_the_old_and_opens_the_rest_at_its_own_price(side, held, more, prices):
    first, second = prices
    position = Position()
    position.apply(side, first, held)
    assert position.apply(side.opposite, second, held + more) == side * held * (second - first)
    assert position.size == -side * more
    assert position.entry(1) == second
    assert position.unrealised(second) == 0


def test_a_partial_close_leaves_the_entry_and_adding_moves_it():
    position = applied([(BUY, 100, 10), (SELL, 130, 4)])
    assert (position.entry(1), position.realised) == (100.0, 120)
    position.apply(BUY, 200, 6)
    assert position.entry(1) == 150.0


@pytest.mark.parametrize(("price", "size"), [(0, 1), (-1, 1), (1, 0), (1, -1)])
def test_a_fill_without_price_or_size_is_a_defect(price, size):
    with pytest.raises(AssertionError, match="size and a price"):
        Position().apply(BUY, price, size)
